"""Verdicts written down: per subject and rule one row with value, limit, how, source, sentence, offending geometry.

Passes and not-applicable rows carry no geometry; a not-checkable row carries the whole feature, so it can be found. It
has a measured value only where that lies between the two numbers of a clause.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....layers.catalogue import layer
from ....layers.messages import LANGUAGES, has, sentence
from ....store.waivers import Waiver
from ..columns import absent, nothing, pick
from ..land.arrays import Geometries
from ..land.soundness import as_multipolygons
from ..land.threads import by_chunks
from ..measures import INPUTS, MEASURES
from ..rulebook.limits import Table
from ..rulebook.rules import MARKLESS, OUTCOMES, Rule
from ..subjects.model import Subjects
from ..table import ColumnTable
from .judge import FAIL, NOT_CHECKABLE, InShort, Verdicts
from .limits_told import limits_told
from .sentences import NOTHING, Piece, each, joined, json_pieces, json_rows, once, sentences
from .standing import EDITION, NO_ROW, Columns

COLUMNS = (
    "rule", "rule_version", "rule_status", "layer", "feature_uid", "feature_code", "outcome", "severity", "measured",
    "limit_value", "margin", "unit", "source", "how", "missing", "message_code", "arguments", "message_vi",
    "message_en",
)  # fmt: skip

# Findings column by column, :data:`COLUMNS` and mostly ``geometry``: a frame is made of all of them at once.
Written = dict[str, NDArray[Any]]

# Offending parts cut by one thread at a time.
_CUTS = 500

# What every finding tells of its feature, as far as its table has it.
_OF_ALL = ("uid", "code", "source", "status", "zone_uid")

# Where the digits of a UUID stand in its text.
_DIGITS = [at for at, sign in enumerate("00000000-0000-0000-0000-000000000000") if sign == "0"]


def _word(code: str, language: str) -> str:
    return sentence(f"zoning.{code}", language)


def _words_of(values: Sequence[Any], prefix: str, language: str) -> list[str]:
    cache = {value: _word(f"{prefix}.{value}", language) for value in dict.fromkeys(values)}
    return [cache[value] for value in values]


def reasons(values: Sequence[str], language: str) -> list[str]:
    """Why a rule does not apply: a condition's words, or the clause of the exception."""

    def told(reason: str) -> str:
        known = has(f"zoning.reason.{reason}")
        return (
            _word(f"reason.{reason}", language) if known else sentence("zoning.reason.clause", language, clause=reason)
        )

    cache = {value: told(value) for value in dict.fromkeys(values)}
    return [cache[value] for value in values]


@dataclass(frozen=True)
class Wording:
    """All that the findings of one rule are put into words from, whole and small enough for another process.

    The ``verdicts`` are about features of ``layer``, of which ``columns`` hold what is told (:func:`_told`); ``others``
    are the limits of other rules on the same measure there. ``brief``: passes have no sentence; their columns say all
    of it, and a province has hundreds of thousands of them.
    """

    verdicts: Verdicts
    layer: str
    columns: ColumnTable
    others: Sequence[InShort]
    brief: bool

    def words(self) -> Written:
        """The findings column by column, without geometry."""
        table = _write_down(self.verdicts, self.layer, Columns(self.columns), brief=self.brief)
        _tell_others(table, self.verdicts.in_short, self.others, brief=self.brief)
        return table


@dataclass(frozen=True)
class Findings:
    """The findings of one rule: what is ``said``, or will be said in so many words, and the ``geometry`` of each."""

    said: Wording | Written
    geometry: Geometries

    def __len__(self) -> int:
        return len(self.geometry)

    def written(self) -> Written:
        """Column by column, with ``geometry``."""
        return in_words(self.said) | {"geometry": self.geometry}

    def among(self, uids: Collection[str]) -> Findings:
        """Those that are about one of the features ``uids``."""
        said = in_words(self.said)
        chosen = np.array([uid in uids for uid in said["feature_uid"].tolist()], dtype=bool)
        return Findings({name: values[chosen] for name, values in said.items()}, self.geometry[chosen])


NO_FINDINGS = Findings({}, nothing(0))


def in_words(said: Wording | Written) -> Written:
    """Findings column by column, without geometry."""
    return said.words() if isinstance(said, Wording) else said


def of_subjects(
    verdicts: Verdicts,
    subjects: Subjects,
    rows: NDArray[np.intp],
    table: ColumnTable,
    others: Sequence[InShort],
    *,
    brief: bool = False,
) -> Findings:
    """The findings of one rule, in the subjects' order.

    ``rows`` are the subjects that ``verdicts`` are about and ``table`` is the subjects' at these; see :class:`Wording`.
    """
    geometry = nothing(len(rows))
    at = np.flatnonzero(verdicts.code == FAIL)
    offending = by_chunks(subjects.offending, rows[at], verdicts.limit[at], size=_CUTS)
    geometry[at] = as_multipolygons(offending, sound=True)
    blind = np.flatnonzero(verdicts.code == NOT_CHECKABLE)
    geometry[blind] = as_multipolygons(subjects.whole[rows[blind]])
    told = table.only(*(name for name in _told(verdicts.rule) if name in table))
    return Findings(Wording(verdicts, subjects.layer, told, others, brief), geometry)


def _told(rule: Rule) -> list[str]:
    """The columns that findings of ``rule`` tell of."""
    measure = MEASURES[rule.measure]
    looked_up = [name for entry in rule.entries for name in entry.limit.by]
    return list(dict.fromkeys([*_OF_ALL, *measure.told, *measure.spoken, *looked_up]))


def _write_down(verdicts: Verdicts, layer_id: str, columns: Columns, *, brief: bool) -> Written:
    rule, count = verdicts.rule, columns.count
    judged = verdicts.code <= FAIL
    failed = verdicts.code == FAIL
    status = _statuses(verdicts, columns, judged)
    source = np.array([entry.source.citation for entry in verdicts.entries], dtype=object)[verdicts.won]
    if (more := columns.plain("source")) is not None:
        source = pick(absent(more), source, source + "; " + more.astype(str))
    mild = [exemption.then == "warning" for exemption in verdicts.exemptions]
    warned = np.array([*mild, False])[verdicts.fired]  # -1, where none fired, is the last
    table: Written = {
        "rule": np.full(count, rule.id, dtype=object),
        "rule_version": np.array([entry.version for entry in verdicts.entries])[verdicts.won],
        "rule_status": status,
        "layer": np.full(count, layer_id, dtype=object),
        "feature_uid": columns.objects("uid"),
        "feature_code": columns.objects("code"),
        "outcome": verdicts.outcome,
        "severity": pick(failed, pick(warned, "warning", rule.severity), "info"),
        "measured": verdicts.measured,
        "limit_value": np.where(judged, verdicts.limit, np.nan),
        "margin": verdicts.margin,
        "unit": np.full(count, rule.unit, dtype=object),
        "source": source,
    }
    table["how"] = _how(verdicts, columns, judged | verdicts.between, failed if brief else judged)
    table["missing"] = _missing(verdicts)
    table |= _say(table, verdicts, columns, warned, brief)
    return table


def identified(tables: Sequence[Written]) -> Written:
    """Findings of several rules, one after the other, each with a new ``uid``."""
    names = (*COLUMNS, "geometry")
    if len(tables) == 1:
        found = {name: tables[0][name] for name in names if name in tables[0]}
    else:
        found = {name: np.concatenate([table[name] for table in tables]) if tables else nothing(0) for name in names}
    return {"uid": np.array(new_uids(len(found["rule"])), dtype=object), **found}


def layer_absent(rule: Rule, layers: Sequence[str]) -> Findings:
    """The one finding of a rule whose ``layers`` are not in the data set: not checkable, about no feature."""
    named = {
        language: {"layers": ", ".join(layer(layer_id).name[language] for layer_id in layers)} for language in LANGUAGES
    }
    missing = [f"layer.{layer_id}" for layer_id in layers]
    return _of_nothing(rule, "layer_absent", missing, {"layers": list(layers)}, named)


def edition_absent(rule: Rule) -> Findings:
    """The one finding of a rule of which no edition is known on the day: not checkable, about no feature."""
    source = {"source": rule.entries[-1].source.citation}
    return _of_nothing(rule, "edition_absent", [EDITION], source, dict.fromkeys(LANGUAGES, source))


def _of_nothing(
    rule: Rule, code: str, missing: list[str], arguments: Mapping[str, Any], named: Mapping[str, Mapping[str, Any]]
) -> Findings:
    told = {
        f"message_{language}": sentence(f"zoning.found.{code}", language, title=rule.title[language], **named[language])
        for language in LANGUAGES
    }
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
        "rule": rule.id,
        "rule_version": rule.version,
        "rule_status": rule.status,
        "layer": rule.layer,
        "outcome": "not_checkable",
        "severity": "info",
        "measured": math.nan,
        "limit_value": math.nan,
        "margin": math.nan,
        "unit": rule.unit,
        "source": rule.source.citation,
        "missing": json.dumps(missing),
        "message_code": f"zoning.found.{code}",
        "arguments": json.dumps(arguments, ensure_ascii=False),
    }
    numbers = ("rule_version", "measured", "limit_value", "margin")
    said = {name: np.array([value], None if name in numbers else object) for name, value in (row | told).items()}
    return Findings(said, nothing(1))


def new_uids(count: int) -> list[str]:
    """``count`` random UUIDs (version 4, RFC 9562), made from one draw; in order, which their index likes."""
    raw = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    in_order = raw[np.argsort(raw.view(">u8")[:, 0])]
    digits = np.frombuffer(in_order.tobytes().hex().encode(), dtype=np.uint8)
    made = np.full((count, 36), ord("-"), dtype=np.uint8)
    made[:, _DIGITS] = digits.reshape(count, 32)
    return made.view("S36").ravel().astype("U36").tolist()


def _statuses(verdicts: Verdicts, columns: Columns, judged: NDArray[np.bool_]) -> NDArray[np.object_]:
    made = np.full(columns.count, verdicts.rule.status, dtype=object)
    if len(verdicts.entries) > 1 or (isinstance(verdicts.rule.limit, Table) and verdicts.rule.limit.cell_status):
        for i in np.flatnonzero(judged):
            made[i] = verdicts.status(int(i))
    if (own := columns.plain("status")) is not None:
        made = pick(absent(own), made, own)
    return made


def _how(
    verdicts: Verdicts, columns: Columns, judged: NDArray[np.bool_], compared: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """JSON: how the limit was found, at which level, the inputs, what other levels say, the exception that fired.

    The other levels are told of the rows that are ``compared``: of a million passes nobody asks it.
    """
    at = np.flatnonzero(judged)
    told = MEASURES[verdicts.rule.measure].told
    inputs = json_pieces({name: values[at] for name, values in columns.those_of(told)})
    named = [entry.level for entry in verdicts.entries]
    levels = once([named[won] for won in verdicts.won[at].tolist()])
    more = _more(verdicts, compared)
    pieces = ['{"limit": ', *limits_told(verdicts, columns, at), ', "level": "', levels, '", "inputs": ', *inputs]
    made = nothing(columns.count)
    made[at] = joined([*pieces, [more.get(i, "") for i in at.tolist()] if more else "", "}"], len(at))
    return made


def _more(verdicts: Verdicts, compared: NDArray[np.bool_]) -> dict[int, str]:
    """What is told of few rows, as JSON that goes on: other levels, both numbers of a clause, the exception."""
    made: dict[int, str] = {}

    def add(i: int, name: str, value: Any) -> None:
        made[i] = made.get(i, "") + ", " + json_rows({name: [value]}, 1)[0][1:-1]

    if len(verdicts.entries) > 1:
        for i in np.flatnonzero(compared).tolist():
            others = verdicts.others(i)
            if others:
                add(i, "others", others)
            if verdicts.conflict[i]:
                add(i, "conflict", True)
    for i in np.flatnonzero(verdicts.between).tolist():
        surely = verdicts.surely(i)
        two = {"limit": float(verdicts.limit[i]), "surely": _or_none(verdicts.strict[i])}
        depends = {language: surely.depends_on[language] for language in LANGUAGES}
        add(i, "two_numbers", two | {"measured": float(verdicts.measured[i]), "depends_on": depends})
    exemptions = verdicts.exemptions
    for i in np.flatnonzero(verdicts.fired >= 0).tolist():
        add(i, "exception", exemptions[verdicts.fired[i]].clause)
    return made


def _or_none(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _tell_others(table: Written, mine: InShort, others: Sequence[InShort], *, brief: bool) -> None:
    """Add to ``how`` in ``table``, the findings of one rule, what other rules on the same measure allow there.

    ``brief``: only of the failed rows; of a million passes nobody asks it.
    """
    how = table["how"]
    asked = np.asarray(table["outcome"] == "fail") if brief else ~np.isnan(mine.limit)
    beside: dict[int, str] = {}
    for other in others:
        at = np.flatnonzero(asked & ~np.isnan(other.limit))
        said = other.beside(at, mine.limit[at])
        for i, told in zip(at.tolist(), json_rows(said | {"limit": np.array(said["limit"])}, len(at)), strict=True):
            beside[i] = f"{beside[i]}, {told}" if i in beside else told
    for i, told in beside.items():
        if '"others": [' in how[i]:
            known = json.loads(how[i])
            known["others"] += json.loads(f"[{told}]")
            how[i] = json.dumps(known, ensure_ascii=False)
        else:
            how[i] = f'{how[i][:-1]}, "others": [{told}]}}'


def _missing(verdicts: Verdicts) -> NDArray[np.object_]:
    cache: dict[Any, str | None] = {None: None}
    for codes in verdicts.missing:
        if codes not in cache:
            cache[codes] = "[" + ", ".join(f'"{code}"' for code in codes) + "]"
    return np.array([cache[codes] for codes in verdicts.missing] + [None], dtype=object)[:-1]


def _say(
    table: Mapping[str, Any], verdicts: Verdicts, columns: Columns, warned: NDArray[np.bool_], brief: bool
) -> dict[str, NDArray[np.object_]]:
    """Message code, arguments and both sentences, outcome by outcome. Arguments are only what no other column holds."""
    rule = verdicts.rule
    said = {column: nothing(columns.count) for column in COLUMNS[-4:]}
    spoken = dict(columns.those_of(MEASURES[rule.measure].spoken))
    for number, outcome in enumerate(OUTCOMES):
        at = np.flatnonzero(verdicts.code == number)
        if len(at) == 0:
            continue
        if brief and outcome == "pass":
            said["message_code"][at] = f"zoning.found.{rule.measure}.pass"
            continue
        plain: dict[str, Any] = {"feature": table["feature_code"][at]}
        own: dict[str, dict[str, Piece]] = {language: {"title": rule.title[language]} for language in LANGUAGES}
        ends: dict[str, list[Piece]] = {language: [] for language in LANGUAGES}
        judged = outcome in ("pass", "fail")
        code = f"zoning.found.{rule.measure}.{outcome}" if judged else f"zoning.found.{outcome}"
        if judged:
            for name, column in (("measured", "measured"), ("limit", "limit_value"), ("margin", "margin")):
                plain[name] = table[column][at]
            plain["source"] = table["source"][at]
            plain |= {name: values[at] for name, values in spoken.items()}
        elif outcome == "not_applicable":
            plain["reason"] = list(verdicts.reason[at])
        else:
            plain["missing"] = [list(codes) for codes in verdicts.missing[at]]
        for language in LANGUAGES:
            if judged:
                ends[language].append(_marks(table["rule_status"][at], language))
                if outcome == "fail" and warned[at].any():
                    ends[language].append(_exempt(verdicts, at, warned, language))
            elif outcome == "not_applicable":
                own[language]["reason"] = reasons(plain["reason"], language)
            else:
                own[language]["missing"] = _lacking(verdicts.missing[at], language)
                ends[language].append(_reasons_more(verdicts, columns, at, language))
        said["message_code"][at] = code
        if outcome == "fail" and spoken:
            said["arguments"][at] = json_rows({name: values[at] for name, values in spoken.items()}, len(at))
        for language, pieces in sentences(code, plain, own).items():
            said[f"message_{language}"][at] = joined([*pieces, *ends[language]], len(at))
    return said


def _reasons_more(verdicts: Verdicts, columns: Columns, at: NDArray[np.intp], language: str) -> Piece:
    """What more there is to say of a verdict that is not checkable: both numbers of a clause, or the row it lacks."""
    rule, between = verdicts.rule, verdicts.between
    made = [""] * len(at)
    for k, i in enumerate(at.tolist()):
        if between[i]:
            made[k] = " " + sentence(
                "zoning.two_numbers",
                language,
                measured=float(verdicts.measured[i]),
                limit=float(verdicts.limit[i]),
                surely=NOTHING if math.isnan(verdicts.strict[i]) else float(verdicts.strict[i]),
                unit=rule.unit,
                source=verdicts.entry(i).source.citation,
                depends=verdicts.surely(i).depends_on[language],
            )
        elif NO_ROW in verdicts.missing[i] and isinstance(verdicts.entry(i).limit, Table):
            name = verdicts.entry(i).limit.by[0]
            value, unit = float(columns.numbers(name)[i]), INPUTS[name].unit
            source = verdicts.entry(i).source.citation
            made[k] = " " + sentence("zoning.no_row", language, value=value, unit=unit, source=source)
    return once(made)


def _lacking(missing: NDArray[np.object_], language: str) -> Piece:
    return each(missing, lambda codes: ", ".join(_words_of(codes, "missing", language)))


def _marks(statuses: NDArray[np.object_], language: str) -> Piece:
    """Nothing unverified is presented as law: the mark of the number follows the sentence."""

    def mark(status: str) -> str:
        words = "" if status in MARKLESS else _word(f"status.{status}", language)
        return " " + sentence("zoning.unverified", language, status=words) if words else ""

    return each(statuses, mark)


def _exempt(verdicts: Verdicts, at: NDArray[np.intp], warned: NDArray[np.bool_], language: str) -> Piece:
    """By which clause a breach is only warned of."""
    clauses = [exemption.clause for exemption in verdicts.exemptions]
    said = {clause: " " + sentence("zoning.exempt", language, clause=clause) for clause in clauses}
    return [said[clauses[verdicts.fired[i]]] if warned[i] else "" for i in at.tolist()]


def with_waivers(findings: Written, waived: Mapping[tuple[str, str], Waiver]) -> Written:
    """``findings`` with the document of the waiver beside each breach that is let stand: it stays a breach."""
    if not waived:
        return findings
    named = nothing(len(findings["rule"]))
    for i, key in enumerate(zip(findings["rule"], findings["feature_uid"], strict=True)):
        if key in waived and findings["outcome"][i] == "fail":
            named[i] = waived[key].document
    return findings | {"waiver": named}

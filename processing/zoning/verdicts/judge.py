"""The one place that joins measure, limit and outcome, for all rules and all subjects at once.

Never silence and never a pass by default: a subject outside a rule is ``not_applicable`` and says by which condition; a
subject with a gap in its information is ``not_checkable`` and says which.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..columns import Mask, Numbers, Words
from ..measures import INPUTS, MEASURES
from ..rulebook.limits import Found, Surely
from ..rulebook.precedence import Settled, settle, stricter
from ..rulebook.rules import OUTCOMES, Case, Exemption, Rule
from ..table import Coded, ColumnTable
from .standing import PLAN_STATE, Columns, Gaps, Standing, edition_gap, in_force, stand

__all__ = [
    "OUTSIDE_TABLE",
    "PLAN_STATE",
    "TWO_NUMBERS",
    "Verdicts",
    "edition_gap",
    "find_limits",
    "judge",
    "run_cases",
    "strictly",
    "try_cases",
]

OUTSIDE_TABLE = "limit.outside_table"
TWO_NUMBERS = "limit.two_numbers"
PASS, FAIL, NOT_APPLICABLE, NOT_CHECKABLE = range(len(OUTCOMES))


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of one rule, one per subject, in the subjects' order.

    ``code`` is the outcome's number in ``rules.OUTCOMES``. ``limit`` is NaN where none was found, ``won`` the number in
    ``entries`` of the one that set it (of the widest level where none did). ``margin`` is negative where the limit is
    broken, in the unit of the rule. ``why`` names the input whose condition a not-applicable subject fails (or the
    clause of the exception), ``gaps`` are those of a not-checkable one; ``fired`` is the number in ``exemptions`` of
    the exception that holds, or -1. ``conflict`` marks where two entries of one level disagree. ``strict`` is the other
    number of a clause with two, where what was measured lies between them and is therefore not checkable; else NaN.
    """

    rule: Rule
    code: NDArray[np.int8]
    measured: Numbers
    margin: Numbers
    limit: Numbers
    won: NDArray[np.intp]
    why: Coded
    gaps: Gaps
    fired: NDArray[np.intp]
    conflict: Mask
    strict: Numbers
    standings: tuple[Standing, ...]

    @cached_property
    def outcome(self) -> Words:
        """The outcomes in words."""
        return np.array(OUTCOMES, dtype=object)[self.code]

    @cached_property
    def reason(self) -> Words:
        """Why the rule does not apply, None where it does."""
        return self.why.words

    @cached_property
    def missing(self) -> Words:
        """What is missing to judge, as tuples of codes; None where nothing is."""
        return self.gaps.lists()

    def at(self, rows: NDArray[np.intp]) -> Verdicts:
        """The verdicts on the subjects ``rows``."""
        columns = ("code", "measured", "margin", "limit", "won", "fired", "conflict", "strict")
        chosen = {name: getattr(self, name)[rows] for name in columns}
        standings = tuple(one.at(rows) for one in self.standings)
        return replace(self, **chosen, why=self.why.at(rows), gaps=self.gaps.at(rows), standings=standings)

    @property
    def entries(self) -> tuple[Rule, ...]:
        """The entries of the rule, one per level and edition."""
        return self.rule.entries

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """The exceptions of all entries, one after the other."""
        return tuple(exemption for entry in self.entries for exemption in entry.exemptions)

    @property
    def between(self) -> Mask:
        """Where what was measured lies between the two numbers of a clause: it is known, and decides nothing."""
        return np.asarray((self.code == NOT_CHECKABLE) & ~np.isnan(self.measured))

    def surely(self, i: int) -> Surely:
        """The clause with two numbers that leaves subject ``i`` open."""
        entries = (self.entry(i), *(one.rule for one in self.standings if one.strict is not None))
        return next(entry.surely for entry in entries if entry.surely is not None)

    @property
    def found(self) -> Found:
        """How the widest level's limits were found."""
        return self.standings[0].found

    def entry(self, i: int) -> Rule:
        """The entry whose limit holds for subject ``i``."""
        return self.entries[int(self.won[i])]

    def explain(self, i: int) -> dict[str, Any]:
        """How limit ``i`` was found, as JSON: a bonus also tells its own share."""
        standing = self.standings[int(self.won[i])]
        told = standing.found.explain(i)
        if standing.rule.mode == "bonus":
            told["bonus"] = float(standing.found.values[i])
        return told

    def status(self, i: int) -> str:
        """How sure limit ``i`` is."""
        standing = self.standings[int(self.won[i])]
        return standing.found.status(i, standing.rule.status)

    def others(self, i: int) -> list[dict[str, Any]]:
        """What the other levels of the rule say of subject ``i``, as JSON."""
        told = []
        for number, one in enumerate(self.standings):
            if number != self.won[i] and one.known[i]:
                told.append(said(one.rule, float(one.found.values[i]), float(self.limit[i])))
        return told

    @property
    def in_short(self) -> InShort:
        """What other rules on the same measure tell of this one."""
        judged = self.code <= FAIL
        return InShort(self.rule, np.where(judged, self.limit, np.nan), self.won.astype(np.int8))


@dataclass(frozen=True)
class InShort:
    """The limits of one rule where it judges (NaN elsewhere), and whose they are: all that others need to tell."""

    rule: Rule
    limit: Numbers
    won: NDArray[np.int8]

    def at(self, rows: NDArray[np.intp]) -> InShort:
        """That of the subjects ``rows``."""
        return InShort(self.rule, self.limit[rows], self.won[rows])

    def among(self, rows: NDArray[np.intp], count: int) -> InShort:
        """The same of ``count`` subjects, of which only ``rows`` were judged."""
        limit, won = np.full(count, np.nan), np.zeros(count, dtype=np.int8)
        limit[rows], won[rows] = self.limit, self.won
        return InShort(self.rule, limit, won)

    def beside(self, at: NDArray[np.intp], held: Numbers) -> dict[str, list[Any]]:
        """What it says of the subjects ``at``, all of which it judges, where ``held`` holds; see :func:`said`."""
        entries, won, limit = self.rule.entries, self.won[at].tolist(), self.limit[at]
        sources = [entry.source.citation for entry in entries]
        plain = np.array([entry.mode != "bonus" for entry in entries], dtype=bool)[won]
        return {
            "rule": [entries[k].id for k in won],
            "level": [entries[k].level for k in won],
            "mode": [entries[k].mode for k in won],
            "limit": np.round(limit, 4).tolist(),
            "source": [sources[k] for k in won],
            "stricter": (plain & stricter(self.rule.op, limit, held)).tolist(),
        }


def said(entry: Rule, limit: float, held: float) -> dict[str, Any]:
    """What ``entry`` says, as JSON, and whether that is stricter than the limit ``held`` to."""
    first, second = np.array([limit]), np.array([held])
    return {
        "rule": entry.id,
        "level": entry.level,
        "mode": entry.mode,
        "limit": round(limit, 4),
        "source": entry.source.citation,
        "stricter": entry.mode != "bonus" and bool(stricter(entry.op, first, second)[0]),
    }


def find_limits(rule: Rule, columns: Columns, on: date) -> tuple[tuple[Standing, ...], Settled]:
    """What each entry of ``rule`` says of the subjects on the day ``on``, and what holds; nothing is measured."""
    pairs = zip(rule.entries, in_force(rule.entries, columns, on), strict=True)
    standings = tuple(stand(entry, columns, force) for entry, force in pairs)
    return standings, _alone(standings[0]) if len(standings) == 1 else settle(standings)


def judge(rule: Rule, subjects: pd.DataFrame | ColumnTable | Columns, on: date) -> Verdicts:
    """The verdicts of ``rule`` on the ``subjects`` on the day ``on``; columns made once serve many rules.

    Their columns are the inputs (``measures.INPUTS``; NaN or None: missing), and may be ``NAME.lacking`` (a more exact
    code for a missing input), ``flaw`` (a code: the subject cannot be judged at all), ``scope`` (a code: the subject is
    outside every rule of its kind), ``plan_state`` and ``approved_on``.
    """
    columns = subjects if isinstance(subjects, Columns) else Columns(subjects)
    measure = MEASURES[rule.measure]
    standings, settled = find_limits(rule, columns, on)
    reason, gaps, limit = settled.reason, settled.gaps, settled.limit
    outside = ~settled.applies
    inside = settled.applies & columns.wordless("flaw")

    inputs = {name: columns.numbers(name) for name in measure.inputs}
    for name in INPUTS:  # in the order of the registry
        if name in inputs:
            gaps.add(columns.lacking(name), inside & np.isnan(inputs[name]))
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = np.array(measure.formula(inputs), dtype=float)  # a copy: a formula may hand a column on
    measured[~np.isfinite(measured)] = np.nan
    gaps.add(OUTSIDE_TABLE, inside & ~gaps.any & np.isnan(limit))

    won = np.maximum(settled.won, 0)
    tolerance = np.array([entry.tolerance for entry in rule.entries])[won]
    sign = 1.0 if rule.op == "at_most" else -1.0
    margin = sign * (limit - measured)
    with np.errstate(invalid="ignore"):
        broken = sign * (settled.sure - measured) < -tolerance  # whatever is missing, this limit is
    sure = inside & gaps.any & broken
    limit = np.where(sure, settled.sure, limit)
    margin = np.where(sure, sign * (settled.sure - measured), margin)
    blind = gaps.any & ~sure
    code = np.where(margin >= -tolerance, PASS, FAIL).astype(np.int8)
    code[outside] = NOT_APPLICABLE
    code[blind] = NOT_CHECKABLE
    for values in (measured, margin):
        values[outside | blind] = np.nan
    gaps.bits[sure] = 0
    strict = strictly(standings)
    with np.errstate(invalid="ignore"):
        between = (code == PASS) & ~(sign * (strict - measured) >= -tolerance) if strict is not None else None
    if between is not None and between.any():
        code[between], margin[between] = NOT_CHECKABLE, np.nan
        gaps.bits[between] = 0
        gaps.add(TWO_NUMBERS, between)
    return Verdicts(
        rule,
        code,
        measured,
        margin,
        limit,
        won,
        reason,
        gaps,
        _fired(standings, won),
        settled.conflict,
        np.full(len(code), np.nan) if between is None or strict is None else np.where(between, strict, np.nan),
        standings,
    )


def strictly(standings: Sequence[Standing]) -> Numbers | None:
    """What holds when every clause with two numbers is read strictly; None where no entry has two."""
    if all(one.strict is None for one in standings):
        return None
    read = [
        one if one.strict is None else replace(one, found=replace(one.found, values=one.strict)) for one in standings
    ]
    return (_alone(read[0]) if len(read) == 1 else settle(read)).limit


def _alone(one: Standing) -> Settled:
    count = len(one.reason)
    nobody, nothing = np.zeros(count, dtype=np.intp), np.full(count, np.nan)
    gaps = Gaps(count)
    gaps.bits, gaps.codes = one.gaps.bits, one.gaps.codes
    return Settled(one.found.values, nobody, one.reason, one.applies, gaps, nothing, np.zeros(count, dtype=bool))


def _fired(standings: Sequence[Standing], won: NDArray[np.intp]) -> NDArray[np.intp]:
    """The exception of the entry that won, numbered through those of all entries."""
    made, before = np.full(len(won), -1, dtype=np.intp), 0
    for number, one in enumerate(standings):
        here = (won == number) & (one.fired >= 0)
        made[here] = one.fired[here] + before
        before += len(one.rule.exemptions)
    return made


def run_cases(rule: Rule, files: Container[Path] | None = None) -> list[str]:
    """The worked examples of the rule that do not come out as written: one line each, none when all hold.

    Those of a lower level are judged together with the wider levels that it changes. ``files``: only of the entries
    that come from these.
    """
    return [
        f"{rule.id} case {tried.number}: {key} {tried.got[key]} ≠ {tried.case.expect[key]}"
        for tried in try_cases(rule, files)
        for key in tried.wrong
    ]


@dataclass(frozen=True)
class Tried:
    """One worked example, counted from 1: what came out, and which of the expected values did not."""

    number: int
    case: Case
    got: Mapping[str, Any]
    wrong: tuple[str, ...]


def try_cases(rule: Rule, files: Container[Path] | None = None) -> list[Tried]:
    """Every worked example with what comes out; see :func:`run_cases`."""
    tried_all: list[Tried] = []
    for last, entry in enumerate(rule.entries):
        if files is not None and entry.path not in files:
            continue
        found: dict[int, Tried] = {}
        upto = rule.entries[: last + 1] if entry.level != rule.level else (entry,)
        tried = replace(upto[0], others=tuple(upto[1:]))
        days: dict[date, list[int]] = {}
        for number, case in enumerate(entry.cases):
            first = max([date(2000, 1, 1), *(one.valid.first for one in upto)])
            days.setdefault(date.fromisoformat(case.given["date"]) if "date" in case.given else first, []).append(
                number
            )
        for on, numbers in days.items():
            rows = [{PLAN_STATE: "approved", **entry.cases[number].given} for number in numbers]
            verdict = judge(tried, pd.DataFrame(rows, dtype=object), on)
            for i, number in enumerate(numbers):
                got = {"limit": verdict.limit[i], "measured": verdict.measured[i], "outcome": verdict.outcome[i]}
                case = entry.cases[number]
                wrong = tuple(key for key, expected in case.expect.items() if not _same(got[key], expected))
                found[number] = Tried(number + 1, case, got, wrong)
        tried_all += [found[number] for number in sorted(found)]
    return tried_all


def _same(got: Any, expected: Any) -> bool:
    return bool(got == expected if isinstance(expected, str) else abs(got - expected) < 5e-4)

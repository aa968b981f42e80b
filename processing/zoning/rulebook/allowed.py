"""What is allowed, without any map: the limit of a measure for stated inputs on a day.

What is not stated is left open. An answer is given only if every value that an open input may take leads to the same
one; else the input is named as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ....layers import catalogue
from ..columns import Numbers
from ..measures import INPUTS, MEASURES
from ..measures.places import PLACES
from ..verdicts.judge import OUTSIDE_TABLE, TWO_NUMBERS, find_limits, strictly
from ..verdicts.standing import PLAN_STATE, Columns, Standing
from .limits import Attribute
from .precedence import Settled, stricter
from .rules import MARKLESS, Rule

NO_RULE = "rule"  # what is missing where no rule speaks of such a case


@dataclass(frozen=True)
class _Spoken:
    """What one rule says of every way to fill the open inputs."""

    rule: Rule
    standings: tuple[Standing, ...]
    settled: Settled

    @cached_property
    def strict(self) -> Numbers:
        """Its limits when every clause with two numbers is read strictly."""
        found = strictly(self.standings)
        return self.settled.limit if found is None else found

    @property
    def applies(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return self.settled.applies


def _askable(rule: Rule, given: Mapping[str, Any]) -> Rule | None:
    """``rule`` without the entries that only the map can answer: attributes nobody stated, places nobody named."""
    kept = []
    for entry in rule.entries:
        asked = {condition.input for condition in entry.conditions} & set(PLACES)
        asked |= set(entry.limit.by) if isinstance(entry.limit, Attribute) else set()
        if all(given.get(name) is not None for name in asked):
            kept.append(entry)
    return replace(kept[0], others=tuple(kept[1:])) if kept else None


def _choices(name: str) -> list[str]:
    domain = "plan_state" if name == PLAN_STATE else INPUTS[name].domain
    return list(catalogue.domains()[domain].values)


def _open(rules: Sequence[Rule], given: Mapping[str, Any]) -> list[str]:
    """Words that decide something and were not stated, but are of a closed list."""
    asked = [name for rule in rules for name in rule.needs if INPUTS[name].is_text and INPUTS[name].domain]
    return [name for name in dict.fromkeys([*asked, PLAN_STATE]) if given.get(name) is None]


def allowed(rules: Sequence[Rule], measure: str, given: Mapping[str, Any], on: date) -> dict[str, Any]:
    """The strictest limit of ``measure`` on the day ``on``, as JSON values with stable keys.

    ``given`` holds inputs (``measures.INPUTS``) and ``plan_state``. ``outcome`` is ``limit`` or ``not_checkable``;
    ``missing`` then names what is missing: a code of ``zoning.missing``, or ``rule`` where none is known for the case.
    """
    asked = {rule.id: _askable(rule, given) for rule in rules if rule.measure == measure}
    known = [rule for rule in asked.values() if rule is not None]
    left_out = [name for name, rule in asked.items() if rule is None]
    sides = list(dict.fromkeys(rule.op for rule in known)) or [""]
    answers = [_answer([rule for rule in known if rule.op == side], given, on) for side in sides]
    answers.sort(key=lambda answer: answer["outcome"] != "limit")
    if not known and left_out:  # the plan alone says it
        said = [rule.limit.by[0] for rule in rules if rule.id in left_out]
        answers[0]["missing"] = list(dict.fromkeys(INPUTS[name].lacking for name in said))
    used = {PLAN_STATE, *(name for rule in known for name in rule.needs)}
    told = answers[0] | {
        "measure": measure,
        "unit": MEASURES[measure].unit,
        "judged_on": on.isoformat(),
        "inputs": {name: value for name, value in given.items() if value is not None and name in used},
        "left_out": left_out,
    }
    return told | ({"also": answers[1:]} if len(answers) > 1 else {})


def _answer(rules: Sequence[Rule], given: Mapping[str, Any], on: date) -> dict[str, Any]:
    names = _open(rules, given)
    ways = list(product(*(_choices(name) for name in names)))
    frame = pd.DataFrame([{**given, **dict(zip(names, way, strict=True))} for way in ways], dtype=object)
    columns = Columns(frame)
    spoken = [_Spoken(rule, *find_limits(rule, columns, on)) for rule in rules]
    results = [_result(spoken, i) for i in range(len(ways))]
    if len({(limit, missing) for limit, missing, _ in results}) == 1:
        limit, missing, who = results[0]
        return _refusal(missing, spoken) if limit is None or who is None else _said(spoken, who, limit, 0)
    shared = set.intersection(*({*missing} for _, missing, _ in results))
    decides = [
        PLAN_STATE if name == PLAN_STATE else INPUTS[name].lacking
        for at, name in enumerate(names)
        if _matters(at, ways, results)
    ]
    return _refusal(tuple(dict.fromkeys([*sorted(shared), *decides])), spoken)


_Result = tuple[float | None, tuple[str, ...], int | None]


def _result(spoken: Sequence[_Spoken], i: int) -> _Result:
    """The limit of one way, or what is missing, and the number of the rule that says it."""
    missing: dict[str, None] = {}
    best: int | None = None
    firm: int | None = None
    for number, one in enumerate(spoken):
        if not one.applies[i]:
            continue
        gaps = one.settled.gaps
        codes = [code for at, code in enumerate(gaps.codes) if gaps.bits[i] >> at & 1]
        if not codes and np.isnan(one.settled.limit[i]):
            codes = [OUTSIDE_TABLE]
        missing |= dict.fromkeys(codes)
        if best is None or stricter(one.rule.op, one.settled.limit[[i]], spoken[best].settled.limit[[i]])[0]:
            best = number
        if firm is None or stricter(one.rule.op, one.strict[[i]], spoken[firm].strict[[i]])[0]:
            firm = number
    if missing or best is None or firm is None:
        return None, tuple(missing) or (NO_RULE,), None
    loose, strict = spoken[best].settled.limit[i], spoken[firm].strict[i]
    if loose != strict:  # a clause with two numbers: which of them holds nobody has said
        return None, (TWO_NUMBERS,), None
    return round(float(spoken[best].settled.limit[i]), 6), (), best


def _matters(at: int, ways: Sequence[tuple[str, ...]], results: Sequence[_Result]) -> bool:
    seen: dict[tuple[str, ...], Any] = {}
    for way, (limit, missing, _) in zip(ways, results, strict=True):
        rest = way[:at] + way[at + 1 :]
        if seen.setdefault(rest, (limit, missing)) != (limit, missing):
            return True
    return False


def _refusal(missing: tuple[str, ...], spoken: Sequence[_Spoken]) -> dict[str, Any]:
    asked = [one.rule.id for one in spoken if one.applies.any()]
    nothing = dict.fromkeys(("rule", "source", "rows", "status", "verified", "level", "op", "title", "exception"))
    told = {"limit": None, "outcome": "not_checkable", "missing": list(missing), **nothing, "others": asked}
    return told | ({"two_numbers": _two_numbers(spoken)} if TWO_NUMBERS in missing else {})


def _two_numbers(spoken: Sequence[_Spoken]) -> list[dict[str, Any]]:
    """Each clause with two numbers that applies: both of them, and what decides."""
    return [
        {
            "rule": standing.rule.id,
            "source": standing.rule.source.citation,
            "op": standing.rule.op,
            "limit": round(float(standing.found.values[0]), 3),
            "surely": None if np.isnan(standing.strict[0]) else round(float(standing.strict[0]), 3),
            "depends_on": {"vi": standing.rule.surely.depends_on.vi, "en": standing.rule.surely.depends_on.en},
        }
        for one in spoken
        for standing in one.standings
        if standing.strict is not None and standing.rule.surely is not None and standing.known[0]
    ]


def _said(spoken: Sequence[_Spoken], who: int, limit: float, i: int) -> dict[str, Any]:
    one = spoken[who]
    standing = one.standings[max(int(one.settled.won[i]), 0)]
    entry = standing.rule
    status = standing.found.status(i, entry.status)
    fired = entry.exemptions[standing.fired[i]] if standing.fired[i] >= 0 else None
    rows = standing.found.explain(i)
    return {
        "limit": round(limit, 3),
        "outcome": "limit",
        "missing": [],
        "rule": entry.id,
        "source": entry.source.citation,
        "rows": {"table": entry.source.table, **rows} if entry.source.table else rows,
        "status": status,
        "verified": status in MARKLESS,
        "level": entry.level,
        "op": entry.op,
        "title": {"vi": entry.title.vi, "en": entry.title.en},
        "exception": {"clause": fired.clause, "then": fired.then} if fired else None,
        "others": _others(spoken, who, i),
    }


def _others(spoken: Sequence[_Spoken], who: int, i: int) -> list[dict[str, Any]]:
    told = []
    for number, one in enumerate(spoken):
        for at, standing in enumerate(one.standings):
            won = number == who and at == max(int(one.settled.won[i]), 0)
            if one.applies[i] and standing.known[i] and not won:
                entry = standing.rule
                value = round(float(standing.found.values[i]), 3)
                told.append(
                    {"rule": entry.id, "level": entry.level, "mode": entry.mode, "limit": value}
                    | {"source": entry.source.citation}
                )
    return told

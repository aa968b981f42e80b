"""The one place that joins measure, limit and outcome, for all rules and all subjects at once.

Never silence and never a pass by default: a subject outside a rule is ``not_applicable`` and says by which condition; a
subject with a gap in its information is ``not_checkable`` and says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .columns import Mask, Numbers, Words, absent, nothing, numbers, pick, words
from .limits import Found, look_up
from .measures import INPUTS, MEASURES
from .rules import Condition, Rule, Validity

OUTSIDE_TABLE = "limit.outside_table"
EDITION = "edition"
PLAN_STATE = "plan_state"
_CONTINUES = ("approved", "appraised")


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of one rule, one per subject, in the subjects' order.

    ``margin`` is negative where the limit is broken, in the unit of the rule. ``reason`` names the input whose
    condition a not-applicable subject fails (or the clause of the exception); ``missing`` the gaps of a not-checkable
    one; ``fired`` is the number of the exception that holds, or -1.
    """

    rule: Rule
    outcome: Words
    measured: Numbers
    margin: Numbers
    found: Found
    reason: Words
    missing: Words
    fired: NDArray[np.intp]

    @property
    def limit(self) -> Numbers:
        """The limits, NaN where none was found."""
        return self.found.values


class _Subjects:
    """Columns of the subjects as arrays; a column that is absent is missing everywhere."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.count = len(frame)

    def numbers(self, name: str) -> Numbers:
        return numbers(self.frame, name)

    def words(self, name: str) -> Words:
        return words(self.frame, name)

    def unknown(self, name: str) -> Mask:
        return absent(self.words(name)) if INPUTS[name].is_text else np.isnan(self.numbers(name))

    def lacking(self, name: str) -> Words:
        """What to name when ``name`` is missing: the column ``name.lacking`` may say it more exactly."""
        exact = self.words(f"{name}.lacking")
        return pick(absent(exact), INPUTS[name].lacking, exact)


class _Gaps:
    """Missing information per subject, kept as bits so that a million rows cost no million lists."""

    def __init__(self, count: int) -> None:
        self.bits = np.zeros(count, dtype=np.int64)
        self.codes: list[str] = []

    def add(self, codes: str | Words, where: Mask) -> None:
        if not where.any():
            return
        named = np.full(len(where), codes, dtype=object) if isinstance(codes, str) else codes
        for code in dict.fromkeys(named[where]):
            if code not in self.codes:
                self.codes.append(code)
            self.bits[where & (named == code)] |= 1 << self.codes.index(code)

    def lists(self) -> Words:
        made = nothing(len(self.bits))
        for bits in np.unique(self.bits[self.bits > 0]):
            codes = tuple(code for i, code in enumerate(self.codes) if bits >> i & 1)
            at = np.flatnonzero(self.bits == bits)
            made[at] = np.fromiter((codes for _ in at), dtype=object, count=len(at))
        return made


def _broken(condition: Condition, subjects: _Subjects) -> Mask:
    """Where the condition is known not to hold."""
    if condition.values:
        return ~np.isin(subjects.words(condition.input).astype(str), condition.values) & ~subjects.unknown(
            condition.input
        )
    x = subjects.numbers(condition.input)
    broken = np.zeros(subjects.count, dtype=bool)
    with np.errstate(invalid="ignore"):
        for bound, outside in (
            (condition.above, np.less_equal),
            (condition.from_, np.less),
            (condition.up_to, np.greater),
            (condition.below, np.greater_equal),
        ):
            if bound is not None:
                broken |= outside(x, bound)
    return broken


def edition_gap(valid: Validity, on: date, plan_state: Words, approved_on: Words) -> tuple[Mask, Mask]:
    """Subjects for which no edition is known on ``on``, and those whose plan state would decide but is missing.

    After the last day the edition goes on only for plans approved or appraised by then (QCVN 01:2026/BXD, 5.4): one
    approved later is not known to have been appraised in time.
    """
    none, every = np.zeros(len(plan_state), dtype=bool), np.ones(len(plan_state), dtype=bool)
    if on < valid.first:
        return every, none
    if on <= valid.last:
        return none, none
    if valid.transition == "none":
        return every, none
    stateless = absent(plan_state)
    late = np.array([isinstance(day, date) and day > valid.last for day in approved_on], dtype=bool)
    continues = np.isin(plan_state.astype(str), _CONTINUES) & ~late
    return ~continues & ~stateless, np.asarray(stateless, dtype=bool)


def judge(rule: Rule, frame: pd.DataFrame, on: date) -> Verdicts:
    """The verdicts of ``rule`` on the subjects in ``frame`` on the day ``on``.

    ``frame`` holds the inputs as columns (``rules.INPUTS``; NaN or None: missing), and may hold ``NAME.lacking`` (a
    more exact code for a missing input), ``flaw`` (a code: the subject cannot be judged at all), ``scope`` (a code:
    the subject is outside every rule of its kind), ``plan_state`` and ``approved_on``.
    """
    subjects, measure = _Subjects(frame), MEASURES[rule.measure]
    gaps = _Gaps(subjects.count)
    reason = subjects.words("scope").copy()
    flaw = subjects.words("flaw")
    flawed = ~absent(flaw)

    unknown_conditions = []
    for condition in rule.conditions:
        reason[_broken(condition, subjects) & absent(reason)] = condition.input
        unknown_conditions.append((condition.input, subjects.unknown(condition.input)))
    fired = np.full(subjects.count, -1, dtype=np.intp)
    for number, exemption in enumerate(rule.exemptions):
        broken = np.zeros(subjects.count, dtype=bool)
        unknown = np.zeros(subjects.count, dtype=bool)
        for condition in exemption.conditions:
            broken |= _broken(condition, subjects)
            unknown |= subjects.unknown(condition.input)
        fired[~broken & ~unknown & (fired < 0)] = number
        if exemption.then == "not_applicable":
            reason[(fired == number) & absent(reason)] = exemption.clause
            unknown_conditions += [(c.input, ~broken & subjects.unknown(c.input)) for c in exemption.conditions]
    reason[flawed] = None
    outside = ~absent(reason)
    inside = ~outside & ~flawed

    gaps.add(flaw, flawed)
    no_edition, no_state = edition_gap(rule.valid, on, subjects.words("plan_state"), subjects.words("approved_on"))
    gaps.add(EDITION, inside & no_edition)
    gaps.add(PLAN_STATE, inside & no_state)
    for name, unknown in unknown_conditions:
        gaps.add(subjects.lacking(name), inside & unknown)
    columns = {name: subjects.numbers(name) for name in INPUTS if not INPUTS[name].is_text and _asked(rule, name)}
    for name in columns:
        if name in measure.inputs or name in getattr(rule.limit, "by", ()):
            gaps.add(subjects.lacking(name), inside & np.isnan(columns[name]))
    found = look_up(rule.limit, columns, subjects.count)
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = np.array(measure.formula(columns), dtype=float)  # a copy: a formula may hand a column on
    measured[~np.isfinite(measured)] = np.nan
    gaps.add(OUTSIDE_TABLE, inside & (gaps.bits == 0) & np.isnan(found.values))

    margin = found.values - measured if rule.op == "at_most" else measured - found.values
    outcome = np.where(margin >= -rule.tolerance, "pass", "fail").astype(object)
    outcome[outside] = "not_applicable"
    outcome[gaps.bits > 0] = "not_checkable"
    unjudged = outside | (gaps.bits > 0)
    for values in (measured, margin):
        values[unjudged] = np.nan
    return Verdicts(rule, outcome, measured, margin, found, reason, gaps.lists(), fired)


def _asked(rule: Rule, name: str) -> bool:
    return name in MEASURES[rule.measure].inputs or name in rule.needs


def run_cases(rule: Rule) -> list[str]:
    """The rule's own worked examples that do not come out as written: one line each, none when all hold."""
    wrong = []
    for number, case in enumerate(rule.cases, start=1):
        given: dict[str, Any] = {"plan_state": "approved", **case.given}
        on = date.fromisoformat(given.pop("date")) if "date" in given else max(rule.valid.first, date(2000, 1, 1))
        verdict = judge(rule, pd.DataFrame([given], dtype=object), on)
        got = {"limit": verdict.limit[0], "measured": verdict.measured[0], "outcome": verdict.outcome[0]}
        for key, expected in case.expect.items():
            same = got[key] == expected if key == "outcome" else abs(got[key] - expected) < 5e-4
            if not same:
                wrong.append(f"{rule.id} case {number}: {key} {got[key]} ≠ {expected}")
    return wrong

"""What one entry of a rule says about every subject: where it is in force, applies, lacks something, and its limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..columns import Mask, Numbers, Words, nothing
from ..measures import INPUTS
from ..rulebook.limits import Found, Table, look_up
from ..rulebook.rules import PLAN_LEVELS, Condition, Exemption, Rule, Validity
from ..table import Coded, ColumnTable, when

EDITION = "edition"
PLAN_STATE = "plan_state"
NO_ROW = "limit.no_row"
PLAN_LATER = "planned_zone.approved_on"
_CONTINUES = ("approved", "appraised")
_FEW = 1_000  # values that are told apart one by one: below that pandas takes longer to begin


class Columns:
    """The inputs of the rules in a table of subjects, as what they are: numbers or words."""

    def __init__(self, table: ColumnTable | pd.DataFrame) -> None:
        self.table = table if isinstance(table, ColumnTable) else ColumnTable.of(table)
        self.count = self.table.count
        self._lacking: dict[tuple[str, str], Coded] = {}

    def numbers(self, name: str) -> Numbers:
        """A column as floats, NaN where it is missing."""
        return self.table.numbers(name)

    def words(self, name: str) -> Words:
        """A column as objects, None where it is missing."""
        return self.table.words(name)

    def coded(self, name: str) -> Coded:
        """A column as words in code."""
        return self.table.coded(name)

    def plain(self, name: str) -> NDArray[Any] | None:
        """A column as it is, None where there is none."""
        return self.table[name] if name in self.table else None  # noqa: SIM401 - no dict

    def objects(self, name: str) -> Words:
        """A column that every table has, as objects."""
        return np.asarray(self.table[name], dtype=object)

    def those_of(self, names: Iterable[str]) -> Iterator[tuple[str, NDArray[Any]]]:
        """The columns among ``names``, as they are."""
        for name in names:
            if name in self.table:
                yield name, self.table[name]

    def values(self, name: str) -> Numbers | Words:
        """An input as what it is."""
        return self.words(name) if INPUTS[name].is_text else self.numbers(name)

    def unknown(self, name: str) -> Mask:
        """Where an input is missing."""
        return self.wordless(name) if INPUTS[name].is_text else self.table.column(name).unknown

    def wordless(self, name: str) -> Mask:
        """Where a column of words holds nothing."""
        return self.coded(name).missing

    def lacking(self, name: str, code: str = "") -> Coded:
        """What to name when ``name`` is missing: the column ``name.lacking`` may say it more exactly."""
        code = code or INPUTS[name].lacking
        if (name, code) not in self._lacking:
            exact = self.coded(f"{name}.lacking")
            self._lacking[name, code] = when(exact.missing, code, exact)
        return self._lacking[name, code]


class Reasons:
    """Why a rule does not apply to each subject, as numbers of words: -1 where it does."""

    def __init__(self, told: Coded) -> None:
        self.code = told.code.copy()
        self.known = list(told.known)

    def because(self, where: Mask, word: str) -> None:
        """Say ``word`` of those that nothing was said of yet: the first reason is told."""
        self.code[where & (self.code < 0)] = self._number(word)

    def take(self, other: Coded, where: Mask) -> None:
        """What ``other`` says, ``where``."""
        numbers = np.array([*map(self._number, other.known), -1], dtype=np.int32)
        self.code[where] = numbers[other.code[where]]

    @property
    def coded(self) -> Coded:
        """The words in code."""
        return Coded(self.code, tuple(self.known))

    def _number(self, word: str) -> int:
        if word not in self.known:
            self.known.append(word)
        return self.known.index(word)


class Gaps:
    """Missing information per subject, kept as bits so that a million rows cost no million lists."""

    def __init__(self, count: int) -> None:
        self.bits = np.zeros(count, dtype=np.int64)
        self.codes: list[str] = []

    @property
    def any(self) -> Mask:
        """Where something is missing."""
        return np.asarray(self.bits > 0)

    def add(self, codes: str | Coded, where: Mask) -> None:
        """Note that ``codes`` (one for all, or one per subject) are missing ``where``."""
        at = np.flatnonzero(where)
        if len(at) == 0:
            return
        if isinstance(codes, str):
            self.bits[at] |= self._bit(codes)
            return
        named = codes.code[at]
        for number in dict.fromkeys(named.tolist()):
            self.bits[at[named == number]] |= self._bit(codes.known[number])

    def _bit(self, code: str) -> int:
        if code not in self.codes:
            self.codes.append(code)
        return 1 << self.codes.index(code)

    def at(self, rows: NDArray[np.intp]) -> Gaps:
        """Those of the subjects ``rows``."""
        made = Gaps(len(rows))
        made.bits, made.codes = self.bits[rows], self.codes
        return made

    def take(self, other: Gaps, where: Mask) -> None:
        """Note what is missing in ``other`` too, ``where``."""
        for i, code in enumerate(other.codes):
            self.add(code, where & (other.bits >> i & 1 > 0))

    def lists(self) -> Words:
        """The codes of each subject as a tuple; None where nothing is missing."""
        made = nothing(len(self.bits))
        some = self.bits[self.bits > 0]
        for bits in pd.unique(some) if len(some) > _FEW else set(some.tolist()):
            codes = tuple(code for i, code in enumerate(self.codes) if bits >> i & 1)
            at = np.flatnonzero(self.bits == bits)
            made[at] = np.fromiter((codes for _ in at), dtype=object, count=len(at))
        return made


def _broken(condition: Condition, columns: Columns) -> Mask:
    """Where the condition is known not to hold."""
    if condition.values:
        given = columns.coded(condition.input)
        return np.asarray(~given.among(condition.values) & ~given.missing)
    x = columns.numbers(condition.input)
    broken = np.zeros(columns.count, dtype=bool)
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


Unknown = list[tuple[str, Mask]]  # inputs, and where their lack leaves something open


def _excepted(exemption: Exemption, columns: Columns) -> tuple[Mask, Unknown]:
    """Where the exception holds for sure, and what must be known elsewhere to say whether it does."""
    broken = np.zeros(columns.count, dtype=bool)
    asked: Unknown = []
    for condition in exemption.conditions:
        broken |= _broken(condition, columns)
        asked.append((condition.input, columns.unknown(condition.input)))
    if exemption.rule:
        if exemption.other is None:
            raise ValueError(f"the exception names {exemption.rule}, but the packs were not joined")
        outside, more = _outside(exemption.other, columns)
        broken |= outside
        asked += more
    open_to = [(name, ~broken & unknown) for name, unknown in asked]
    holds = ~broken
    for _, unknown in open_to:
        holds &= ~unknown
    return holds, open_to


def _outside(rule: Rule, columns: Columns) -> tuple[Mask, Unknown]:
    """Where ``rule`` does not apply for sure, and what must be known elsewhere."""
    outside = np.zeros(columns.count, dtype=bool)
    asked: Unknown = []
    for condition in rule.conditions:
        outside |= _broken(condition, columns)
        asked.append((condition.input, columns.unknown(condition.input)))
    for exemption in rule.exemptions:
        if exemption.then == "not_applicable":
            holds, more = _excepted(exemption, columns)
            outside |= holds
            asked += more
    return outside, [(name, ~outside & unknown) for name, unknown in asked]


def edition_gap(valid: Validity, on: date, plan_state: Coded, approved_on: Coded) -> tuple[Mask, Mask]:
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
    continues = plan_state.among(_CONTINUES) & ~_later(approved_on, valid.last)
    return ~continues & ~plan_state.missing, plan_state.missing


def _later(days: Coded, than: date) -> Mask:
    return days.is_(isinstance(day, date) and day > than for day in days.known)


@dataclass(frozen=True)
class Force:
    """Where an entry is not in force (``out``), and where that is unknown: no edition, no plan state, a later plan."""

    out: Mask
    no_edition: Mask
    no_state: Mask
    later: Mask


def in_force(entries: Sequence[Rule], columns: Columns, on: date) -> list[Force]:
    """Where each of the ``entries`` of one rule, which are sorted by level and edition, is in force on ``on``.

    Of the editions of one authority the earliest that still holds counts, since its transition outlasts it. Where none
    holds, one of the widest level leaves a gap; of a lower level the wider one stands alone.
    """
    state, approved = columns.coded(PLAN_STATE), columns.coded("approved_on")
    none = np.zeros(columns.count, dtype=bool)
    decided: dict[tuple[str, str], Mask] = {}
    last = {_family(entry): entry for entry in entries}
    made = []
    for entry in entries:
        no_edition, no_state = edition_gap(entry.valid, on, state, approved)
        later = _later(approved, on) if entry.level in PLAN_LEVELS else none
        family = _family(entry)
        out = decided.get(family, none)
        decided[family] = out | ~no_edition
        if last[family] is not entry or entry.level != entries[0].level:
            out = out | no_edition | later
        made.append(Force(out, no_edition & ~out, no_state & ~out, later & ~out))
    return made


def _family(entry: Rule) -> tuple[str, str]:
    authority = entry.pack.partition("/")[0] if "/" in entry.pack else str(entry.path)
    return entry.level, authority


@dataclass(frozen=True)
class Standing:
    """What ``rule``, one entry, says about every subject.

    ``reason`` has no word where it ``applies``, else the input whose condition fails (or the clause of an exception);
    ``gaps`` are what is missing where it applies; ``fired`` is the number of the exception that holds, or -1.
    ``strict`` are the limits in the stricter reading of a clause with two numbers (NaN: unknown), None where it has
    one.
    """

    rule: Rule
    reason: Coded
    applies: Mask
    gaps: Gaps
    found: Found
    fired: NDArray[np.intp]
    strict: Numbers | None = None

    def at(self, rows: NDArray[np.intp]) -> Standing:
        """What it says about the subjects ``rows``."""
        return replace(
            self,
            reason=self.reason.at(rows),
            applies=self.applies[rows],
            gaps=self.gaps.at(rows),
            found=self.found.at(rows),
            fired=self.fired[rows],
            strict=self.strict[rows] if self.strict is not None else None,
        )

    @property
    def known(self) -> Mask:
        """Where it applies and its limit was found."""
        return np.asarray(self.applies & ~self.gaps.any & ~np.isnan(self.found.values))


def _set_apart(rule: Rule, columns: Columns, force: Force) -> Reasons:
    """Why the entry ``rule`` does not apply, as far as the kind of subject, the day and its conditions tell."""
    reasons = Reasons(columns.coded("scope"))
    reasons.because(force.out, EDITION)
    for condition in rule.conditions:
        reasons.because(_broken(condition, columns), condition.input)
    return reasons


def out_of_question(rule: Rule, columns: Columns, on: date) -> Coded:
    """Why no entry of ``rule`` applies, no word where one may: most rules are about one use of land, and only what is
    left needs to be measured. The words are those that ``judge.judge`` would say.
    """
    pairs = zip(rule.entries, in_force(rule.entries, columns, on), strict=True)
    told = [_set_apart(entry, columns, force) for entry, force in pairs]
    reasons = without_edition(told[0].coded, [(one.coded, one.code >= 0) for one in told[1:]])
    for one in told:
        reasons.code[one.code < 0] = -1
    reasons.code[~columns.wordless("flaw")] = -1
    return reasons.coded


def without_edition(first: Coded, others: Iterable[tuple[Coded, Mask]]) -> Reasons:
    """Why the entries of a rule do not apply: what the ``first`` says, and of the ``others``, where these do not apply
    either, what says more than that another edition would hold.
    """
    reasons = Reasons(first)
    for reason, outside in others:
        reasons.take(reason, reasons.coded.among((EDITION,)) & outside)
    return reasons


def stand(rule: Rule, columns: Columns, force: Force) -> Standing:
    """What the entry ``rule`` says. ``flaw`` and ``scope`` hold for every rule of its kind (see ``judge.judge``)."""
    gaps, flawed = Gaps(columns.count), ~columns.wordless("flaw")
    reasons = _set_apart(rule, columns, force)
    asked: Unknown = [(condition.input, columns.unknown(condition.input)) for condition in rule.conditions]
    fired = np.full(columns.count, -1, dtype=np.intp)
    for number, exemption in enumerate(rule.exemptions):
        holds, open_to = _excepted(exemption, columns)
        fired[holds & (fired < 0)] = number
        if exemption.then == "not_applicable":
            reasons.because(fired == number, exemption.clause)
            asked += open_to
    found = look_up(rule.limit, {name: columns.values(name) for name in rule.limit.by}, columns.count)
    if isinstance(rule.limit, Table) and rule.limit.outside == "not_applicable" and found.outside is not None:
        reasons.because(found.outside, rule.limit.by[0])
    strict = None
    if rule.surely is not None:
        strict = rule.surely.values({name: columns.values(name) for name in rule.surely.by}, columns.count)
    reasons.code[flawed] = -1  # nobody knows whether it applies: that is told as a gap
    reason = reasons.coded
    inside = reason.missing & ~flawed

    gaps.add(columns.coded("flaw"), flawed)
    gaps.add(EDITION, inside & force.no_edition)
    gaps.add(PLAN_LATER, inside & force.later)
    gaps.add(columns.lacking(PLAN_STATE, PLAN_STATE), inside & force.no_state)
    for name, unknown in asked:
        gaps.add(columns.lacking(name), inside & unknown)
    for name in rule.limit.by:
        gaps.add(columns.lacking(name), inside & columns.unknown(name))
    if found.rowless is not None:
        gaps.add(NO_ROW, inside & found.rowless)
    return Standing(rule, reason, reason.missing, gaps, found, fired, strict)

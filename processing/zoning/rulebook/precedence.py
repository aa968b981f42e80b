"""From the widest level to the narrowest: which limit holds for each subject, and what the other levels say.

A lower entry tightens, replaces, or adds a bonus. Of two entries of one level the stricter wins, and that they disagree
is told. Where a lower level lacks information, only what is sure is said: a limit that is already broken stays broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, product

import numpy as np
from numpy.typing import NDArray

from ..columns import Mask, Numbers
from ..table import Coded
from ..verdicts.standing import Gaps, Standing, without_edition
from .limits import Constant, Limit, Table, look_up
from .rules import Rule


@dataclass(frozen=True)
class Settled:
    """What holds once all levels have spoken.

    ``limit`` is NaN where none is known, ``won`` the number of the entry that set it (-1: none); ``reason`` says why
    nothing applies, no word where something ``applies``; ``sure`` is a limit that holds at least, where ``gaps`` leave
    the limit itself open; ``conflict`` marks two entries of one level that disagree.
    """

    limit: Numbers
    won: NDArray[np.intp]
    reason: Coded
    applies: Mask
    gaps: Gaps
    sure: Numbers
    conflict: Mask


def stricter(op: str, one: Numbers, other: Numbers) -> Mask:
    """Where ``one`` allows less than ``other``; anything known is stricter than nothing."""
    with np.errstate(invalid="ignore"):
        less = one < other if op == "at_most" else one > other
    return np.asarray(less | (~np.isnan(one) & np.isnan(other)))


@dataclass(frozen=True)
class _Together:
    """Entries of one level and mode as one: the strictest of those that are known."""

    limit: Numbers
    who: NDArray[np.intp]
    known: Mask
    gap: Mask
    conflict: Mask


def _together(op: str, members: Sequence[tuple[int, Standing]]) -> _Together:
    count = len(members[0][1].reason)
    limit, who = np.full(count, np.nan), np.full(count, -1, dtype=np.intp)
    gap, conflict = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    for number, one in members:
        known, values = one.known, one.found.values
        conflict |= known & (who >= 0) & (values != limit)
        better = known & stricter(op, values, limit)
        limit[better], who[better] = values[better], number
        gap |= one.applies & ~known
    return _Together(limit, who, who >= 0, gap, conflict)


def settle(standings: Sequence[Standing]) -> Settled:
    """Join what the entries of one rule, sorted by level, say."""
    op, count = standings[0].rule.op, len(standings[0].reason)
    sign = 1.0 if op == "at_most" else -1.0
    limit, sure = np.full(count, np.nan), np.full(count, np.nan)
    won = np.full(count, -1, dtype=np.intp)
    gaps, conflict, applies = Gaps(count), np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    numbered = list(enumerate(standings))
    for _, level in groupby(numbered, key=lambda one: one[1].rule.level):
        members = list(level)
        for mode in ("replace", "tighten", "bonus"):
            chosen = [(number, one) for number, one in members if one.rule.mode == mode]
            if not chosen:
                continue
            said = _together("at_most" if mode == "bonus" else op, chosen)
            conflict |= said.conflict
            speaks = said.known | said.gap
            if mode == "replace":
                gaps.bits[speaks] = 0
                limit[speaks] = sure[speaks] = np.nan
                set_here = said.known
            elif mode == "tighten":
                sure = np.where(said.gap & stricter(op, limit, sure), limit, sure)
                firm = said.known & stricter(op, said.limit, sure)
                sure[firm] = said.limit[firm]
                set_here = said.known & stricter(op, said.limit, limit)
            else:
                speaks &= applies
                sure[speaks] = np.nan
                set_here = said.known & applies & ~np.isnan(limit)
                limit[set_here] += sign * said.limit[set_here]
            if mode != "bonus":
                limit[set_here] = said.limit[set_here]
                applies |= speaks
            won[set_here] = said.who[set_here]
            for _, one in chosen:
                gaps.take(one.gaps, said.gap & one.applies & applies)
    reasons = without_edition(standings[0].reason, [(one.reason, ~one.applies) for one in standings[1:]])
    reasons.code[applies] = -1
    limit[gaps.any] = np.nan
    return Settled(limit, won, reasons.coded, reasons.coded.missing, gaps, sure, conflict)


def _corners(limits: Sequence[Limit], name: str) -> list[float]:
    """Numbers of the input ``name`` among which the limits are straight, with what lies just beside and beyond them."""
    points: set[float] = set()
    for limit in limits:
        for at, by in enumerate(limit.by):
            if by == name and isinstance(limit, Table):
                points |= set(limit.columns if at else limit.rows)
    beside = [number + step for number in points for step in (-1e-6, 1e-6)]
    return sorted({*points, *beside, min(points) - 1.0, max(points) + 1.0})


def may_loosen(entry: Rule, wider: Rule) -> bool:
    """Whether ``entry`` may allow more than ``wider`` anywhere where both say something.

    Tables are compared at all their breakpoints: between these they are straight in each direction. What an attribute
    or a class says is not known beforehand.
    """
    limits = (entry.limit, wider.limit)
    if entry.mode == "bonus" or not all(isinstance(limit, (Constant, Table)) for limit in limits):
        return True
    names = list(dict.fromkeys(name for limit in limits for name in limit.by))
    points = list(product(*(_corners(limits, name) for name in names)))
    inputs = {name: np.array([point[i] for point in points], dtype=float) for i, name in enumerate(names)}
    mine, theirs = (look_up(limit, inputs, len(points)).values for limit in limits)
    known = ~np.isnan(mine) & ~np.isnan(theirs)
    return bool(stricter(entry.op, theirs, mine)[known].any())

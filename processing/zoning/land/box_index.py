"""Which of many boxes meet which: columns of numbers all the way, where a tree would first want a shape of each.

Boxes stand in rows from south to north, as high as two average ones, and in each row from west to east. Who asks for
what meets a box looks at one stretch of each row that the box reaches into.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....store.drawn import spread
from ..columns import Numbers
from .arrays import Indices, together

Boxes = NDArray[np.float64]  # (n, 4): west, south, east, north; NaN where there is none

# What is wider than so many average boxes has rows of its own: others would be looked at in vain as far as it reaches.
_WIDE = 8.0
_AT_ONCE = 200_000  # pairs that are looked at


class BoxIndex:
    """Finds those of ``box`` that meet others, at the border too. ``among``: only these of them."""

    def __init__(self, box: Boxes, among: Indices | None = None) -> None:
        of = np.flatnonzero(np.isfinite(box).all(axis=1)) if among is None else among
        width = box[of, 2] - box[of, 0]
        wide = width > _WIDE * width.mean() if len(of) else np.zeros(0, dtype=bool)
        self._wider = BoxIndex(box, of[wide]) if wide.any() else None
        self._of = of[~wide]
        self._box = box[self._of]
        if len(self._of) == 0:
            return
        west, south, east, north = self._box.T
        self._from, self._until, self._south, self._north = west.min(), east.max(), south.min(), north.max()
        # No more rows than boxes: low ones may lie far apart.
        spread_out = float(self._north - self._south) / len(self._of)
        self._height = max(2.0 * float((north - south).mean()), spread_out) or 1.0
        self._first_row = self._row(south)
        number, row = spread(self._first_row, self._row(north) - self._first_row + 1)
        begins = row + self._place(west.take(number))
        order = np.argsort(begins)
        self._number = number.take(order)
        self._begins = begins.take(order)
        # How far all that stands before in the row reaches.
        self._reached = np.maximum.accumulate((row + self._place(east.take(number))).take(order))

    def _row(self, y: Numbers) -> Indices:
        return np.asarray(np.floor((y - self._south) / self._height), dtype=np.intp)

    def _place(self, x: Numbers) -> Numbers:
        """Where in a row something stands: more than 0, less than 1."""
        share = (x - self._from) / (float(self._until - self._from) or 1.0)
        return np.asarray(np.clip(0.25 + 0.5 * share, 0.1, 0.9))

    def meeting(self, others: Boxes) -> tuple[Indices, Indices]:
        """The pairs of one of the ``others`` and one of these that meet, by the others."""
        found = self._pairs(others) if len(self._of) else []
        other, mine = (np.concatenate(one) for one in zip((_NONE, _NONE), *found, strict=True))
        if self._wider is None:
            return other, mine
        wider = self._wider.meeting(others)
        other, mine = np.concatenate([other, wider[0]]), np.concatenate([mine, wider[1]])
        order = np.argsort(other, kind="stable")
        return other.take(order), mine.take(order)

    def _pairs(self, others: Boxes) -> list[tuple[Indices, Indices]]:
        near = (others[:, 3] >= self._south) & (others[:, 1] <= self._north)  # none where there is no box
        near &= (others[:, 2] >= self._from) & (others[:, 0] <= self._until)
        asked = np.flatnonzero(near)
        if len(asked) == 0:
            return []
        west, south, east, north = others[asked].T
        first_row = self._row(np.maximum(south, self._south))
        number, row = spread(first_row, self._row(np.minimum(north, self._north)) - first_row + 1)
        begin, end = row + self._place(west.take(number)), row + self._place(east.take(number))
        low, high = np.empty_like(row), np.empty_like(row)
        order = np.argsort(begin)  # who searches in order finds the next place near the last
        low[order] = np.searchsorted(self._reached, begin.take(order))
        high[order] = np.searchsorted(self._begins, end.take(order), side="right")
        count = np.maximum(high - low, 0)
        found = []
        for some in together(count, _AT_ONCE):
            run, at = spread(low[some], count[some])
            run += some.start
            other, mine = number.take(run), self._number.take(at)
            # A pair that shares several rows is taken in the first of these.
            met = np.maximum(self._first_row.take(mine), first_row.take(other)) == row.take(run)
            met &= (self._box[:, 2].take(mine) >= west.take(other)) & (self._box[:, 0].take(mine) <= east.take(other))
            met &= (self._box[:, 3].take(mine) >= south.take(other)) & (self._box[:, 1].take(mine) <= north.take(other))
            kept = np.flatnonzero(met)
            found.append((asked.take(other.take(kept)), self._of.take(mine.take(kept))))
        return found


_NONE = np.zeros(0, dtype=np.intp)

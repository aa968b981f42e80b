"""Many boxes, and which of them others meet: what is asked when only a few features of a large layer have changed.

An index of them all answers faster, but takes as long to make as thousands of questions here take together.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .arrays import Indices
from .box_index import Boxes, BoxIndex

# Boxes are grown by so much, that what only touches is found whatever the rounding.
TOUCH_M = 1e-3
# From so many questions or comparisons of two boxes on, an index is worth making.
_QUESTIONS, _COMPARISONS = 5_000, 30_000_000


def grown(boxes: Boxes, by: float | NDArray[np.float64]) -> Boxes:
    """Boxes made larger on all sides."""
    each = np.broadcast_to(np.asarray(by, dtype=float), len(boxes))[:, None]
    return np.asarray(boxes + each * np.array([-1.0, -1.0, 1.0, 1.0]))


class Boxed:
    """Features by their boxes (n, 4: west, south, east, north; NaN: nowhere), sorted from west to east."""

    def __init__(self, box: Boxes) -> None:
        self.box = box
        there = np.flatnonzero(np.isfinite(box).all(axis=1))
        self._order = there[np.argsort(box[there, 0], kind="stable")]
        self._sides = np.ascontiguousarray(box[self._order].T)
        west, _, east, _ = self._sides
        self._widest = float((east - west).max()) if len(west) else 0.0

    def meeting(self, boxes: Boxes, reach: float = 0.0) -> Indices:
        """The features whose boxes lie within ``reach`` of one of ``boxes``, in their order."""
        if len(boxes) == 0 or len(self._order) == 0:
            return np.zeros(0, dtype=np.intp)
        asked = grown(boxes, reach + TOUCH_M)
        west, south, east, north = self._sides
        if len(asked) > _QUESTIONS:
            return self._by_index(asked)
        first = np.searchsorted(west, asked[:, 0] - self._widest)
        last = np.searchsorted(west, asked[:, 2], side="right")
        if (last - first).clip(min=0).sum() > _COMPARISONS:
            return self._by_index(asked)
        found = np.zeros(len(west), dtype=bool)
        for a, b, one in zip(first.tolist(), last.tolist(), asked.tolist(), strict=True):
            here = east[a:b] >= one[0]
            here &= south[a:b] <= one[3]
            here &= north[a:b] >= one[1]
            found[a:b] |= here
        return np.asarray(np.sort(self._order[found]))

    def _by_index(self, asked: Boxes) -> Indices:
        return np.asarray(np.unique(self._index.meeting(asked)[1]))

    def chained(self, rows: Indices, reach: float) -> Indices:
        """``rows`` and what lies within ``reach`` of them, and of that again, as far as it goes, by their boxes."""
        found = fresh = np.unique(rows)
        while len(fresh):
            near = self.meeting(self.box[fresh][np.isfinite(self.box[fresh]).all(axis=1)], reach)
            fresh = np.setdiff1d(near, found, assume_unique=True)
            found = np.union1d(found, fresh)
        return found

    @cached_property
    def _index(self) -> BoxIndex:
        return BoxIndex(self.box)

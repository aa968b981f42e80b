"""Polygons of a layer by their corners: a shape is made of those when somebody first asks for it.

Rules measure a province's lots by their corners alone. As shapes they would take four times the memory, and making them
keeps other threads waiting, though only one in ten is ever cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from .row_hashes import bytes_of

Shapes = NDArray[np.object_]
Points = NDArray[np.float64]
Numbers = NDArray[np.intp]

_AT_ONCE = 8_192  # shapes
# How WKB begins (OGC 06-103r4, 8.2): little-endian, polygon, one ring; and a multipolygon of one such. The number of
# points follows, then these.
_POLYGON = bytes([1, 3, 0, 0, 0, 1, 0, 0, 0])
_MULTIPOLYGON = bytes([1, 6, 0, 0, 0, 1, 0, 0, 0]) + _POLYGON
_COUNT, _POINT = 4, 16  # bytes
_LEAST = 4  # points of a ring


class Drawn:
    """``points`` (n, 2) are the corners of polygons of one closed ring, one polygon after the other, ``size`` of each:
    0 of what is no such polygon. That, and what has been asked for, is among the ``made`` shapes; ``known`` says where.
    A multipolygon of one polygon becomes that polygon.
    """

    def __init__(self, points: Points, size: Numbers, made: Shapes, known: NDArray[np.bool_]) -> None:
        self.points = points
        self.size = size
        self._made = made
        self._known = known

    @classmethod
    def of(cls, wkb: pa.ChunkedArray) -> Drawn:
        """The polygons of WKB; None in place of what nobody can read."""
        size = np.zeros(len(wkb), dtype=np.intp)
        points, filled = np.empty((wkb.nbytes // _POINT, 2)), 0  # what is not filled takes no memory
        for at in range(0, len(wkb), _AT_ONCE):
            for chunk in wkb.slice(at, _AT_ONCE).chunks:
                some, of_each = _corners(chunk)
                size[at : at + len(chunk)] = of_each
                points[filled : filled + len(some)] = some
                at, filled = at + len(chunk), filled + len(some)
        made, known = np.full(len(size), None, dtype=object), size == 0
        others = np.flatnonzero(known)
        made[others] = read_shapes(some_of(wkb, others))
        return cls(points[:filled], size, made, known)

    @cached_property
    def first(self) -> Numbers:
        """Where the corners of each begin, and where all end."""
        return np.concatenate([[0], np.cumsum(self.size)])

    def part(self, rows: slice) -> Drawn:
        """Those of some ``rows`` that follow each other; what is made of them is made of these."""
        start, stop, _ = rows.indices(len(self))
        points = self.points[self.first[start] : self.first[stop]]
        return Drawn(points, self.size[rows], self._made[rows], self._known[rows])

    @property
    def others(self) -> Numbers:
        """Where there are no corners: holes, several parts, heights, no polygon, nothing."""
        return np.flatnonzero(self.size == 0)

    @cached_property
    def box(self) -> Points:
        """(n, 4): west, south, east, north of each; NaN where there is nothing."""
        made = np.full((len(self), 4), np.nan)
        ring = np.flatnonzero(self.size)
        if len(ring):
            made[ring, :2] = np.fmin.reduceat(self.points, self.first[ring], axis=0)
            made[ring, 2:] = np.fmax.reduceat(self.points, self.first[ring], axis=0)
        made[self.others] = shapely.bounds(self[self.others])
        return made

    def __len__(self) -> int:
        return len(self.size)

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:])

    def __getitem__(self, rows: Any) -> Any:
        """The shapes of ``rows``, positions or a mask or a slice, or that of one position."""
        if not isinstance(rows, slice):
            if np.ndim(rows) == 0:
                return self[np.array([rows])][0]
            rows = np.asarray(rows, dtype=None if len(rows) else np.intp)
        unknown = ~self._known[rows]
        if unknown.any():
            at = np.unique(np.arange(len(self))[rows][unknown])
            self._made[at] = self._polygons(at)
            self._known[at] = True  # after the shape is there: another thread may ask meanwhile
        return self._made[rows].copy()

    def _polygons(self, at: Numbers) -> Shapes:
        ring, corner = spread(self.first[at], self.size[at])
        rings = shapely.linearrings(self.points.take(corner, axis=0), indices=ring)
        return np.asarray(shapely.polygons(rings), dtype=object)

    def __array__(self, _dtype: Any = None, copy: bool | None = None) -> Shapes:
        """All shapes, where somebody asks for an array."""
        shapes: Shapes = self[:]
        return shapes


def _corners(wkb: pa.BinaryArray) -> tuple[Points, Numbers]:
    """The corners of the closed rings among polygons as WKB, and how many each has; 0 of the others."""
    data, ends = bytes_of(wkb)
    data, ends = data[ends[0] : ends[-1]], (ends - ends[0]).astype(np.intp)
    start, length = ends[:-1], np.diff(ends)
    size, lead = np.zeros(len(wkb), dtype=np.intp), np.zeros(len(wkb), dtype=np.intp)
    for head in (_POLYGON, _MULTIPOLYGON):
        bytes_before = len(head) + _COUNT
        long = np.flatnonzero(length >= bytes_before + _LEAST * _POINT)
        begin = data[start[long, None] + np.arange(bytes_before)]
        alike = (begin[:, :-_COUNT] == np.frombuffer(head, dtype=np.uint8)).all(axis=1)
        count = np.ascontiguousarray(begin[:, -_COUNT:]).view("<u4")[:, 0].astype(np.intp)
        alike &= length[long] == bytes_before + _POINT * count
        size[long[alike]], lead[long[alike]] = count[alike], bytes_before
    change = np.zeros(len(data) + 1, dtype=np.int8)
    ring = np.flatnonzero(size)
    change[start[ring] + lead[ring]] += 1
    change[start[ring] + length[ring]] -= 1
    points = data[np.cumsum(change[:-1], dtype=np.int8).astype(bool)].view("<f8").reshape(-1, 2)
    first = np.cumsum(size[ring]) - size[ring]
    closed = (points[first] == points[first + size[ring] - 1]).all(axis=1)
    if not closed.all():
        points = points[np.repeat(closed, size[ring])]
        size[ring[~closed]] = 0
    return points.astype(np.float64, copy=False), size


def spread(first: Numbers, count: Numbers) -> tuple[Numbers, Numbers]:
    """Every position of the runs of ``count`` that begin at ``first``: the number of its run, and the position."""
    run = np.repeat(np.arange(len(first)), count)
    return run, np.arange(len(run)) + (first - np.cumsum(count) + count).take(run)


def some_of(column: pa.ChunkedArray, rows: Numbers) -> pa.ChunkedArray:
    """Some ``rows`` of a column; they rise. Arrow's own ``take`` would first copy all of it into one piece."""
    firsts = np.cumsum([0, *map(len, column.chunks)])
    places = np.split(rows, np.searchsorted(rows, firsts[1:-1]))
    parts = zip(column.chunks, places, firsts[:-1], strict=True) if column.num_chunks else ()
    return pa.chunked_array([chunk.take(pa.array(place - first)) for chunk, place, first in parts], column.type)


def read_shapes(wkb: pa.ChunkedArray) -> Shapes:
    """The shapes of WKB; None for one that nobody can read.

    Some at a time: the next objects for WKB take the place of the last, and other threads have their turns.
    """
    pieces = [chunk.slice(at, _AT_ONCE) for chunk in wkb.chunks for at in range(0, len(chunk), _AT_ONCE)]
    with np.errstate(invalid="ignore"):  # a coordinate that is no number is the checks' to name, not numpy's
        made = [shapely.from_wkb(piece.to_numpy(zero_copy_only=False), on_invalid="ignore") for piece in pieces]
    return np.concatenate([np.empty(0, dtype=object), *made])

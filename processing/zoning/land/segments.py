"""Straight pieces of lines and outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ....store.drawn import Drawn, spread
from ..columns import Mask, Numbers
from .arrays import Geometries, Indices


@dataclass(frozen=True)
class Segments:
    """Straight pieces from ``start`` to ``end`` (n, 2), in the order of their ``line``: the number of the line or ring
    that they follow each other in. ``owner`` is the position of the geometry that they belong to, ascending.
    """

    owner: Indices
    line: NDArray[np.integer]
    start: Numbers
    end: Numbers

    @cached_property
    def length(self) -> Numbers:
        """Metres of each."""
        return np.asarray(np.hypot(*(self.end - self.start).T))

    @cached_property
    def along(self) -> Numbers:
        """Unit vectors from start to end (n, 2)."""
        return np.asarray((self.end - self.start) / self.length[:, None])

    @cached_property
    def low(self) -> tuple[Numbers, Numbers]:
        """The western and southern end of each."""
        x, y = np.minimum(self.start, self.end).T.copy()
        return x, y

    @cached_property
    def high(self) -> tuple[Numbers, Numbers]:
        """The eastern and northern end of each."""
        x, y = np.maximum(self.start, self.end).T.copy()
        return x, y

    def lines(self) -> Geometries:
        """Each as a line."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object)


@dataclass(frozen=True)
class Rings:
    """The ``points`` of geometries (n, 2) and the geometry that each is ``of``; those of one begin at ``first``.

    ``alone``: which of these geometries are a single ring, as most lots and buildings are.
    """

    points: Numbers
    of: Indices
    first: Indices
    alone: Mask

    @classmethod
    def of_each(cls, geometries: Geometries | Drawn) -> Rings:
        """The rings of all ``geometries`` (None: none)."""
        if isinstance(geometries, Drawn):
            points, of = _corners(geometries)
        else:
            points, of = shapely.get_coordinates(geometries, return_index=True)
        first = np.flatnonzero(np.diff(of, prepend=-1))
        return cls(points, of, first, _one_ring(geometries, points, of, first))

    @cached_property
    def area(self) -> Numbers:
        """The area of each geometry as if it were a single ring, negative where that runs counter-clockwise.

        That of GEOS (``Area::ofRingSigned``) but for the last bits: seen from the first corner, for coordinates have
        many digits. Of endless coordinates it is anything.
        """
        if len(self.first) == 0:
            return np.zeros(0)
        size = np.diff(self.first, append=len(self.points))
        x, y = self.points.T.copy()
        twice = np.zeros(len(x))
        with np.errstate(invalid="ignore", over="ignore"):
            x -= np.repeat(x[self.first], size)
            np.multiply(x[1:-1], y[:-2] - y[2:], out=twice[1:-1])
            twice[self.first] = twice[self.first + size - 1] = 0.0  # between two rings there is nothing
            return np.asarray(np.add.reduceat(twice, self.first) / 2.0)

    def among(self, chosen: Mask) -> Rings:
        """Those of the ``chosen`` geometries; the others have none."""
        kept = chosen[self.of]
        of = self.of[kept]
        alone = self.alone[chosen[self.of[self.first]]]
        return Rings(self.points[kept], of, np.flatnonzero(np.diff(of, prepend=-1)), alone)


@dataclass(frozen=True)
class Outlines:
    """The straight pieces of many geometries, of which those of some can be had again and again.

    Each leads from one of ``points`` (n, 2), at the position ``begin``, to the next; ``line`` is the number of its line
    or ring. Those of a geometry lie from its number in ``first`` to the next.
    """

    points: Numbers
    begin: NDArray[np.int32]
    line: NDArray[np.int32]
    first: Indices

    @classmethod
    def around(cls, geometries: Any, rings: Rings | None = None) -> Outlines:
        """All straight pieces of polygons or lines (None: none); rings of polygons have the inside to the left.

        With their ``rings`` known, few of ``geometries`` are looked at.
        """
        taken = rings or Rings.of_each(geometries)
        points, of, alone, count = taken.points, taken.of, taken.alone, len(geometries)
        if len(alone) and alone.all():  # as most lots and buildings are
            return _pieces(_counter_clockwise(points, taken.first, taken.area > 0.0), of, np.arange(count), count)
        several = np.ones(count, dtype=bool)
        several[of[taken.first[alone]]] = False
        mine = ~several.take(of)
        points, of = points[mine], of[mine]
        clockwise = taken.area[alone] > 0.0 if alone.any() else alone[alone]
        simple = _counter_clockwise(points, np.flatnonzero(np.diff(of, prepend=-1)), clockwise)
        of_several = np.flatnonzero(several)
        parts, owner = shapely.get_parts(geometries[of_several], return_index=True)
        owner = of_several[owner]
        if (shapely.get_dimensions(parts) == 2).any():
            parts, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
            owner = owner[part]
        others, ring = shapely.get_coordinates(parts, return_index=True)
        owners = np.concatenate([np.arange(count), owner])
        of = np.concatenate([of, ring + count])
        order = np.argsort(owners.take(of), kind="stable")
        together = np.concatenate([simple, others]).take(order, axis=0)
        return _pieces(together, of.take(order), owners, count)

    @classmethod
    def joined(cls, several: Sequence[Outlines], points: Numbers | None = None) -> Outlines:
        """Those of some geometries, and of others after them; ``points`` are those of all where they stand together."""
        if len(several) == 1:
            return several[0]

        def after(sizes: Sequence[int]) -> list[int]:
            return list(accumulate(sizes[:-1], initial=0))

        corners = after([len(one.points) for one in several])
        lines = after([int(one.line.max(initial=-1)) + 1 for one in several])
        pieces = after([len(one.begin) for one in several])
        return cls(
            np.concatenate([one.points for one in several]) if points is None else points,
            np.concatenate([one.begin + np.int32(so_far) for one, so_far in zip(several, corners, strict=True)]),
            np.concatenate([one.line + np.int32(so_far) for one, so_far in zip(several, lines, strict=True)]),
            np.concatenate([[0], *(one.first[1:] + so_far for one, so_far in zip(several, pieces, strict=True))]),
        )

    def at(self, geometries: Indices) -> Segments:
        """The pieces of some geometries; ``owner`` is the position among these."""
        first = self.first.take(geometries)
        owner, piece = spread(first, self.first.take(geometries + 1) - first)
        begin = self.begin.take(piece)
        start, end = self.points.take(begin, axis=0), self.points.take(begin + 1, axis=0)
        return Segments(owner, self.line.take(piece), start, end)


def segments(geometries: Geometries) -> Segments:
    """As :meth:`Outlines.around`, all of them."""
    return Outlines.around(geometries).at(np.arange(len(geometries)))


def _corners(drawn: Drawn) -> tuple[Numbers, Indices]:
    """The points of ``drawn`` and the geometry that each is of."""
    of, others = np.repeat(np.arange(len(drawn)), drawn.size), drawn.others
    if len(others) == 0:
        return drawn.points, of
    points, other = shapely.get_coordinates(drawn[others], return_index=True)
    of = np.concatenate([of, others[other]])
    order = np.argsort(of, kind="stable")
    return np.concatenate([drawn.points, points]).take(order, axis=0), of.take(order)


def _one_ring(geometries: Geometries | Drawn, points: Numbers, of: Indices, first: Indices) -> Mask:
    """Which geometries, whose ``points`` begin at ``first``, are polygons of a single ring that does not touch itself
    there: these come back to their first point at their end alone.
    """
    if len(first) == 0:
        return np.zeros(0, dtype=bool)
    polygon = _polygons(geometries, of[first])
    size = np.diff(first, append=len(of))
    begin, (x, y) = np.repeat(first, size), points.T
    back = (x == x.take(begin)) & (y == y.take(begin))
    return np.asarray(polygon & back[first + size - 1] & (np.add.reduceat(back, first, dtype=np.intp) == 2))


def _polygons(geometries: Geometries | Drawn, at: Indices) -> Mask:
    """Which of the geometries ``at`` are polygons."""
    if isinstance(geometries, Drawn):
        made = geometries.size[at] > 0
        made[~made] = _polygons(geometries[at[~made]], np.arange(np.count_nonzero(~made)))
        return np.asarray(made)
    kind = shapely.get_type_id(geometries[at])
    return np.asarray((kind == shapely.GeometryType.POLYGON) | (kind == shapely.GeometryType.MULTIPOLYGON))


def _counter_clockwise(points: Numbers, first: Indices, clockwise: Mask) -> Numbers:
    """The points of rings, one after the other; each ring begins at one of ``first``."""
    turned = np.flatnonzero(clockwise)
    if len(turned) == 0:
        return points
    size = np.diff(first, append=len(points))
    ring, at = spread(first[turned], size[turned])
    made = points.copy()
    made[at] = points.take((2 * first + size - 1)[turned].take(ring) - at, axis=0)
    return made


def _pieces(points: Numbers, of: Indices, owner: Indices, count: int) -> Outlines:
    """The straight pieces between ``points`` of the same line or ring ``of``, without those of no length.

    The lines belong to the ``owner`` each, of ``count``.
    """
    x, y = points[:, 0], points[:, 1]
    at = np.flatnonzero((of[1:] == of[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1])))
    line = of.take(at)
    size = np.bincount(owner.take(line), minlength=count)
    return Outlines(points, at.astype(np.int32), line.astype(np.int32), np.concatenate([[0], np.cumsum(size)]))


def running_maximum(values: Numbers, group: Indices) -> Numbers:
    """The largest value so far in each group, to the last bit: over ranks, for an offset would round."""
    order = np.argsort(values)
    rank = np.empty(len(values), dtype=np.intp)
    rank[order] = np.arange(len(values))
    count = max(len(values), 1)
    largest: Numbers = values[order[np.maximum.accumulate(group * count + rank) % count]]
    return largest

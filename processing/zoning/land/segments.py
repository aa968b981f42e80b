"""Straight pieces of lines and outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
import shapely
from numpy.typing import NDArray

from ..columns import Mask, Numbers, pick
from .arrays import Geometries, Indices, spread


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
    def of_each(cls, geometries: Geometries) -> Rings:
        """The rings of all ``geometries`` (None: none)."""
        points, of = shapely.get_coordinates(geometries, return_index=True)
        first = np.flatnonzero(np.diff(of, prepend=-1))
        return cls(points, of, first, _one_ring(geometries, points, of, first))


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
    def around(cls, geometries: Geometries, rings: Rings | None = None) -> Outlines:
        """All straight pieces of polygons or lines (None: none); rings of polygons have the inside to the left."""
        taken = rings or Rings.of_each(geometries)
        points, of, alone, count = taken.points, taken.of, taken.alone, len(geometries)
        if len(alone) and alone.all():  # as most lots and buildings are
            return _pieces(_counter_clockwise(points, of, taken.first), of, np.arange(count), count)
        several = np.ones(count, dtype=bool)
        several[of[taken.first[alone]]] = False
        mine = ~several.take(of)
        points, of = points[mine], of[mine]
        simple = _counter_clockwise(points, of, np.flatnonzero(np.diff(of, prepend=-1)))
        parts, owner = shapely.get_parts(pick(several, geometries), return_index=True)
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
    def joined(cls, several: Sequence[Outlines]) -> Outlines:
        """Those of some geometries, and of others after them."""
        if len(several) == 1:
            return several[0]

        def after(sizes: Sequence[int]) -> list[int]:
            return list(accumulate(sizes[:-1], initial=0))

        points = after([len(one.points) for one in several])
        lines = after([int(one.line.max(initial=-1)) + 1 for one in several])
        pieces = after([len(one.begin) for one in several])
        return cls(
            np.concatenate([one.points for one in several]),
            np.concatenate([one.begin + np.int32(so_far) for one, so_far in zip(several, points, strict=True)]),
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


def _one_ring(geometries: Geometries, points: Numbers, of: Indices, first: Indices) -> Mask:
    """Which geometries, whose ``points`` begin at ``first``, are polygons of a single ring that does not touch itself
    there: these come back to their first point at their end alone.
    """
    if len(first) == 0:
        return np.zeros(0, dtype=bool)
    kind = shapely.get_type_id(geometries[of[first]])
    polygon = (kind == shapely.GeometryType.POLYGON) | (kind == shapely.GeometryType.MULTIPOLYGON)
    size = np.diff(first, append=len(of))
    begin, (x, y) = np.repeat(first, size), points.T
    back = (x == x.take(begin)) & (y == y.take(begin))
    return np.asarray(polygon & back[first + size - 1] & (np.add.reduceat(back, first, dtype=np.intp) == 2))


def _counter_clockwise(points: Numbers, of: Indices, first: Indices) -> Numbers:
    """The points of rings, one after the other; each ring begins at one of ``first``."""
    if len(first) == 0:
        return points
    size = np.diff(first, append=len(of))
    x, y = (points - np.repeat(points.take(first, axis=0), size, axis=0)).T
    twice = np.zeros(len(of))
    twice[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    turned = np.flatnonzero(np.add.reduceat(twice, first) < 0.0)
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

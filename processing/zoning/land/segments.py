"""Straight pieces of lines and outlines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from ..columns import Mask, Numbers, pick
from .arrays import Geometries, Indices, spread


@dataclass(frozen=True)
class Segments:
    """Straight pieces from ``start`` to ``end`` (n, 2), in the order of their ``line``: the number of the line or ring
    that they follow each other in. ``owner`` is the position of the geometry that they belong to, ascending.
    """

    owner: Indices
    line: Indices
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


def segments(geometries: Geometries) -> Segments:
    """All straight pieces of polygons or lines (None: none); rings of polygons have the inside to the left."""
    points, of = shapely.get_coordinates(geometries, return_index=True)
    first = np.flatnonzero(np.diff(of, prepend=-1))
    alone = one_ring(geometries, points, of, first)
    if len(first) and alone.all():  # as most lots and buildings are
        return _pieces(_counter_clockwise(points, of, first), of, np.arange(len(geometries)))
    several = np.ones(len(geometries), dtype=bool)
    several[of[first[alone]]] = False
    mine = ~several.take(of)
    points, of = points[mine], of[mine]
    simple = _counter_clockwise(points, of, np.flatnonzero(np.diff(of, prepend=-1)))
    parts, owner = shapely.get_parts(pick(several, geometries), return_index=True)
    if (shapely.get_dimensions(parts) == 2).any():
        parts, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
        owner = owner[part]
    others, ring = shapely.get_coordinates(parts, return_index=True)
    owners = np.concatenate([np.arange(len(geometries)), owner])
    of = np.concatenate([of, ring + len(geometries)])
    order = np.argsort(owners.take(of), kind="stable")
    return _pieces(np.concatenate([simple, others]).take(order, axis=0), of.take(order), owners)


def one_ring(geometries: Geometries, points: Numbers, of: Indices, first: Indices) -> Mask:
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


def _pieces(points: Numbers, of: Indices, owner: Indices) -> Segments:
    """The straight pieces between ``points`` of the same line or ring ``of``, without those of no length."""
    x, y = points[:, 0], points[:, 1]
    at = np.flatnonzero((of[1:] == of[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1])))
    line = of.take(at)
    return Segments(owner.take(line), line, points.take(at, axis=0), points.take(at + 1, axis=0))


def running_maximum(values: Numbers, group: Indices) -> Numbers:
    """The largest value so far in each group, to the last bit: over ranks, for an offset would round."""
    order = np.argsort(values)
    rank = np.empty(len(values), dtype=np.intp)
    rank[order] = np.arange(len(values))
    count = max(len(values), 1)
    largest: Numbers = values[order[np.maximum.accumulate(group * count + rank) % count]]
    return largest

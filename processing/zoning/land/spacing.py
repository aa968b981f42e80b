"""How buildings stand to each other: which sides face, how far apart, and which houses form a terraced row.

QCVN 01:2021/BXD 2.6.1 asks for distances between long sides and gables and between the backs of terraced rows. What it
leaves open is our reading:

- The sides of a building are those of its smallest rotated rectangle. Nearly square ones (under 1 : 1.05) have four
  long sides, the stricter case.
- Long sides and gables are judged between buildings of one lot: they are planned together. Across lots the code speaks
  of backs of terraced rows, of setbacks and of what the detailed plan says.
- Two buildings face each other where the rectangles overlap as seen along a side of either, and no third building
  stands between them. Parts of one building (they touch or overlap) do not hide each other.
- A terraced row is a chain of houses, at most 0.5 m apart, whose lots border each other at their sides. Backs face
  where the lots of two houses of different rows border each other at their backs. A border is 1.5 m long or longer:
  lots that meet at a corner do not share one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ..columns import Mask, Words, absent, nothing, pick
from .graphs import components
from .overlay import Geometries, Indices
from .streets import LEAST_FRONTAGE_M, SAME_LINE_M

# Twice the greatest distance that the code asks for: a provincial pack may ask for more.
REACH_M = 50.0
BACKS_REACH_M = 10.0
# Nearer ones are one building drawn in parts: cadastral maps hold 0.05 m at best.
JOINED_M = 0.05
ADJOINING_M = 0.5
SQUARE = 1.05
# Sides that overlap by less only pass each other at the corner.
LEAST_OVERLAP_M = 0.1
# Two houses whose distances to their border differ by less stand as near to it: the noise of a turned map is no order.
SAME_DISTANCE_M = 0.001
_NONE, _LONG, _GABLE = 0, 1, 2
_MANY = 5_000_000  # pairs of buildings that are looked at one by one


@dataclass(frozen=True)
class Pairs:
    """Positions of two buildings each, the ``gap`` between them in metres, and ``facing`` (``long``, ``gable``)."""

    one: Indices
    other: Indices
    gap: NDArray[np.float64]
    facing: Words


@dataclass(frozen=True)
class _Boxes:
    """Smallest rotated rectangles: corners (n, 4, 2), unit long axes (n, 2), and which are nearly square."""

    corners: NDArray[np.float64]
    long: NDArray[np.float64]
    square: Mask


def _boxes(shapes: Geometries) -> _Boxes:
    corners = shapely.get_coordinates(shapely.oriented_envelope(shapes)).reshape(-1, 5, 2)[:, :4]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1]
    a, b = np.hypot(*first.T), np.hypot(*second.T)
    long = np.where((a >= b)[:, None], first, second) / np.maximum(a, b)[:, None]
    return _Boxes(corners, long, np.maximum(a, b) < SQUARE * np.minimum(a, b))


def _side(mine: _Boxes, theirs: _Boxes) -> NDArray[np.int8]:
    """The side of each of ``mine`` that the one of ``theirs`` lies before; none where it only lies off a corner."""
    across = np.column_stack([-mine.long[:, 1], mine.long[:, 0]])

    def overlap(axis: NDArray[np.float64]) -> NDArray[np.float64]:
        at = [np.einsum("nij,nj->ni", boxes.corners, axis) for boxes in (mine, theirs)]
        return np.asarray(
            np.minimum(at[0].max(axis=1), at[1].max(axis=1)) - np.maximum(at[0].min(axis=1), at[1].min(axis=1))
        )

    along, beside = overlap(mine.long), overlap(across)
    # In an angle both overlap: the larger share of the view decides.
    side = np.where(along >= beside, _LONG, _GABLE)
    side[(along < LEAST_OVERLAP_M) & (beside < LEAST_OVERLAP_M)] = _NONE
    side[(side == _GABLE) & mine.square] = _LONG
    return side.astype(np.int8)


def _at(boxes: _Boxes, at: Indices) -> _Boxes:
    return _Boxes(boxes.corners[at], boxes.long[at], boxes.square[at])


def facing_pairs(shapes: Geometries, lot: Indices, main: Mask) -> Pairs:
    """Pairs of buildings of one lot that face each other, at most 50 m apart.

    ``lot`` is the position of each building's lot (-1: none); ``main`` marks the buildings that count.
    """
    counted = pick(main & (lot >= 0), shapes)
    one, other = _of_one_lot(counted, lot)
    gap = shapely.distance(shapes[one], shapes[other])
    apart = (gap > JOINED_M) & (gap <= REACH_M)
    one, other, gap = one[apart], other[apart], gap[apart]
    if len(one) == 0:
        return Pairs(one, other, gap, nothing(0))
    used, at = np.unique(np.concatenate([one, other]), return_inverse=True)
    boxes = _boxes(shapes[used])
    first, second = _at(boxes, at[: len(one)]), _at(boxes, at[len(one) :])
    sides = np.column_stack([_side(first, second), _side(second, first)])
    seen = (sides != _NONE).any(axis=1) & ~_hidden(shapes, counted, one, other)
    # A side that the other only passes counts as a gable: it does not look at it.
    facing = np.where((sides == _LONG).all(axis=1), "long", "gable").astype(object)
    return Pairs(one[seen], other[seen], gap[seen], facing[seen])


def _of_one_lot(counted: Geometries, lot: Indices) -> tuple[Indices, Indices]:
    """Pairs of buildings of one lot, those that cannot face each other among them; first the one that comes first."""
    order = np.flatnonzero(~absent(counted))
    order = order[np.argsort(lot[order], kind="stable")]
    start = np.flatnonzero(np.diff(lot[order], prepend=-1))
    size = np.diff(start, append=len(order))
    later = np.repeat(start + size, size) - 1 - np.arange(len(order))  # how many of its lot come after each
    if later.sum() > _MANY:  # a lot with thousands of buildings: most of them lie far from each other
        one, other = shapely.STRtree(counted).query(counted, predicate="dwithin", distance=REACH_M)
        mine = (one < other) & (lot[one] == lot[other])
        return one[mine], other[mine]
    first = np.repeat(np.arange(len(order)), later)
    after = np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    return order[first], order[first + 1 + after]


def _hidden(shapes: Geometries, counted: Geometries, one: Indices, other: Indices) -> Mask:
    """Where a third building, no part of either, stands on the shortest way between two."""
    way = shapely.shortest_line(shapes[one], shapes[other])
    pair, third = shapely.STRtree(counted).query(way, predicate="intersects")
    strange = (third != one[pair]) & (third != other[pair])
    pair, third = pair[strange], third[strange]
    for end in (one, other):
        apart = shapely.distance(shapes[third], shapes[end[pair]]) > JOINED_M
        pair, third = pair[apart], third[apart]
    hidden = np.zeros(len(one), dtype=bool)
    hidden[pair] = True
    return hidden


def between(shapes: Geometries, one: Indices, other: Indices, limit: NDArray[np.float64]) -> Geometries:
    """The ground between two buildings that is nearer to both than ``limit`` metres."""
    hull = shapely.convex_hull(shapely.union(shapes[one], shapes[other]))
    near = shapely.intersection(shapely.buffer(shapes[one], limit), shapely.buffer(shapes[other], limit))
    strip: Geometries = shapely.intersection(hull, near)
    for end in (one, other):
        strip = shapely.difference(strip, shapes[end])
    return strip


@dataclass(frozen=True)
class Terraces:
    """Terraced houses: ``row`` is the number of each building's row (-1: it stands in none); ``backs`` are the pairs of
    terraced houses whose backs face, first the one that stands nearer to the border between them.
    """

    row: Indices
    backs: Pairs


def terraces(shapes: Geometries, lot: Indices, house: Mask, sides: Geometries, backs: Geometries) -> Terraces:
    """Rows of the buildings marked ``house``. ``sides`` and ``backs`` are the edges of the lots, None where none."""
    counted = pick(house & (lot >= 0), shapes)
    one, other = shapely.STRtree(counted).query(counted, predicate="dwithin", distance=BACKS_REACH_M)
    mine = (one < other) & (lot[one] != lot[other])
    one, other = one[mine], other[mine]
    gap = shapely.distance(shapes[one], shapes[other])
    adjoining = gap <= ADJOINING_M
    adjoining[adjoining] = _border(sides[lot[one[adjoining]]], sides[lot[other[adjoining]]])
    _, number = components(one[adjoining], other[adjoining], len(shapes))
    size = np.bincount(number, minlength=1)
    row = np.where(house & (size[number] > 1), number, -1).astype(np.intp)

    behind = (row[one] >= 0) & (row[other] >= 0) & (row[one] != row[other])
    behind[behind] = _border(backs[lot[one[behind]]], backs[lot[other[behind]]])
    one, other, gap = one[behind], other[behind], gap[behind]
    away_from_border = [shapely.distance(shapes[end], backs[lot[end]]) for end in (one, other)]
    swap = away_from_border[0] > away_from_border[1] + SAME_DISTANCE_M
    first, second = np.where(swap, other, one), np.where(swap, one, other)
    return Terraces(row, Pairs(first, second, gap, np.full(len(first), "back", dtype=object)))


def _border(mine: Geometries, theirs: Geometries) -> Mask:
    """Where edges of two lots run along each other: a border that both share."""
    found: Mask = shapely.dwithin(mine, theirs, SAME_LINE_M)
    band = shapely.buffer(theirs[found], SAME_LINE_M, cap_style="flat")
    found[found] = shapely.length(shapely.intersection(mine[found], band)) >= LEAST_FRONTAGE_M
    return found


def extent(lots: Geometries, group: Indices, count: int) -> NDArray[np.float64]:
    """The longer side of the smallest rotated rectangle around each group of lots, in metres; NaN without any."""
    made = np.full(count, np.nan)
    there = (group >= 0) & ~absent(lots)
    order = np.flatnonzero(there)[np.argsort(group[there], kind="stable")]
    if len(order) == 0:
        return made
    groups, index = np.unique(group[order], return_inverse=True)
    hulls = shapely.convex_hull(lots[order])
    together = shapely.oriented_envelope(shapely.geometrycollections(hulls, indices=index))
    corners = shapely.get_coordinates(together).reshape(-1, 5, 2)
    made[groups] = np.hypot(*np.diff(corners[:, :3], axis=1).transpose(2, 0, 1)).max(axis=1)
    return made

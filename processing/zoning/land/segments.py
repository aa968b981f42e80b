"""Straight pieces of lines and outlines, and the stretches of one that lie near another: exact, without buffers.

What of a straight piece lies within a distance of another straight piece is one interval, for the ground around a
straight piece is convex. Between such intervals a piece keeps that distance from the whole outline, so each gap lies
entirely inside or entirely outside of the area: its middle tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely

from ..columns import Mask, Numbers, absent, pick
from .arrays import Geometries, Indices, spread
from .threads import each

_NOTHING_M = 1e-6  # shorter stretches are rounding
_CHUNK = 4_000  # areas looked at by one thread at a time


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

    def lines(self) -> Geometries:
        """Each as a line."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)), dtype=object)


def segments(geometries: Geometries) -> Segments:
    """All straight pieces of polygons or lines (None: none); rings of polygons have the inside to the left."""
    points, of = shapely.get_coordinates(geometries, return_index=True)
    first = np.flatnonzero(np.diff(of, prepend=-1))
    alone = _one_ring(geometries, points, of, first)
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


def _one_ring(geometries: Geometries, points: Numbers, of: Indices, first: Indices) -> Mask:
    """Which geometries, whose ``points`` begin at ``first``, are polygons of a single ring.

    No valid ring comes back to its first point before its end.
    """
    if len(first) == 0:
        return np.zeros(0, dtype=bool)
    kind = shapely.get_type_id(geometries[of[first]])
    polygon = (kind == shapely.GeometryType.POLYGON) | (kind == shapely.GeometryType.MULTIPOLYGON)
    size = np.diff(first, append=len(of))
    back = (points == np.repeat(points.take(first, axis=0), size, axis=0)).view(np.uint8).prod(axis=1)
    ends = points.take(first + size - 1, axis=0) == points.take(first, axis=0)
    return np.asarray(polygon & (np.add.reduceat(back, first, dtype=np.intp) == 2) & ends.all(axis=1))


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


@dataclass(frozen=True)
class Stretches:
    """What of lines lies near areas: the ``part`` of the line ``line`` near the area ``area``, in their order."""

    area: Indices
    line: Indices
    part: Geometries


def stretches_near(lines: Geometries, areas: Geometries, distance: float, least: float) -> Stretches:
    """What of each of ``lines`` lies within ``distance`` of each of ``areas`` (both metres; None: nowhere), or inside.

    Only where it is at least ``least`` long in all.
    """
    of_lines = segments(lines)
    tree = shapely.STRtree(of_lines.lines())
    runs = [slice(at, at + _CHUNK) for at in range(0, max(len(areas), 1), _CHUNK)]
    found = list(each(lambda run: _near(of_lines, tree, areas[run], distance, least), runs))
    return Stretches(
        np.concatenate([one.area + run.start for one, run in zip(found, runs, strict=True)]),
        np.concatenate([one.line for one in found]),
        np.concatenate([one.part for one in found]),
    )


def _near(of_lines: Segments, tree: shapely.STRtree, areas: Geometries, distance: float, least: float) -> Stretches:
    piece, area = _candidates(tree, areas, distance)
    here = np.unique(area)
    outlines = segments(areas[here])
    outlines = replace(outlines, owner=here[outlines.owner])
    pair, edge = _each_edge(area, outlines)
    close = _boxes_meet(of_lines, piece[pair], outlines, edge, distance)
    pair, edge = pair[close], edge[close]
    first, last = _intervals(of_lines, outlines, piece[pair], edge, distance)
    kept = np.flatnonzero(last > first)
    pair, first, last = _united(pair[kept], first[kept], last[kept])
    inside = _gaps_inside(of_lines, areas, piece, area, (pair, first, last))
    if len(inside[0]):
        pair, first, last = _united(*(np.concatenate(both) for both in zip((pair, first, last), inside, strict=True)))
    kept = np.flatnonzero(last - first > _NOTHING_M)
    pair, first, last = pair[kept], first[kept], last[kept]
    return _along(of_lines, area[pair], piece[pair], first, last, least)


def _boxes_meet(one: Segments, at: Indices, other: Segments, to: Indices, distance: float) -> Mask:
    """Whether the boxes of pieces lie within ``distance`` of each other."""
    meet = np.ones(len(at), dtype=bool)
    for axis in (0, 1):
        ends = [one.start[at, axis], one.end[at, axis], other.start[to, axis], other.end[to, axis]]
        meet &= np.minimum(ends[0], ends[1]) - distance <= np.maximum(ends[2], ends[3])
        meet &= np.minimum(ends[2], ends[3]) - distance <= np.maximum(ends[0], ends[1])
    return meet


def _candidates(tree: shapely.STRtree, areas: Geometries, distance: float) -> tuple[Indices, Indices]:
    """Pieces of lines and areas whose boxes, widened by ``distance``, meet."""
    there = np.flatnonzero(~(absent(areas) | shapely.is_empty(areas)))
    west, south, east, north = shapely.bounds(areas[there]).T
    boxes = shapely.box(west - distance, south - distance, east + distance, north + distance)
    area, piece = tree.query(boxes)
    return piece, there[area]


def _each_edge(area: Indices, outlines: Segments) -> tuple[Indices, Indices]:
    """Every pair number with every edge of its area."""
    begin = np.searchsorted(outlines.owner, area)
    return spread(begin, np.searchsorted(outlines.owner, area, side="right") - begin)


def _intervals(
    of_lines: Segments, outlines: Segments, piece: Indices, edge: Indices, distance: float
) -> tuple[Numbers, Numbers]:
    """From where to where each piece lies within ``distance`` of the edge, in metres from its start; nowhere: 0, 0.

    Near a straight edge is the strip beside it and the discs around its ends.
    """
    origin = of_lines.start[piece]
    along, length = _direction(of_lines.end[piece] - origin)
    start = outlines.start[edge] - origin
    side, width = _direction(outlines.end[edge] - outlines.start[edge])
    # The place at t metres is t * along: its distance along and across the edge is linear in t.
    strip = _linear(_cross(side, along), _cross(start, side), -distance, distance)
    between = _linear(_dot(side, along), -_dot(start, side), np.zeros_like(width), width)
    first, last = np.maximum(strip[0], between[0]), np.minimum(strip[1], between[1])
    for centre in (start, start + side * width[:, None]):
        middle = _dot(centre, along)
        half = distance**2 - _cross(along, centre) ** 2
        reach = np.sqrt(np.maximum(half, 0.0))
        # Where a disc is not met, an interval that is none is not widened.
        met = half > 0.0
        known = last > first
        first = np.where(met, np.where(known, np.minimum(first, middle - reach), middle - reach), first)
        last = np.where(met, np.where(known, np.maximum(last, middle + reach), middle + reach), last)
    first, last = np.maximum(first, 0.0), np.minimum(last, length)
    some = last > first
    return np.where(some, first, 0.0), np.where(some, last, 0.0)


def _direction(step: Numbers) -> tuple[Numbers, Numbers]:
    length = np.hypot(*step.T)
    return step / length[:, None], length


def _cross(one: Numbers, other: Numbers) -> Numbers:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _dot(one: Numbers, other: Numbers) -> Numbers:
    return np.asarray((one * other).sum(axis=1))


def _linear(slope: Numbers, offset: Numbers, low: Numbers | float, high: Numbers | float) -> tuple[Numbers, Numbers]:
    """Where ``low`` <= ``offset`` + ``slope`` t <= ``high``; everywhere or nowhere where the slope is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - offset) / slope, (high - offset) / slope
    level, within = slope == 0.0, (offset >= low) & (offset <= high)
    first = np.where(level, np.where(within, -np.inf, np.inf), np.minimum(one, other))
    last = np.where(level, np.where(within, np.inf, -np.inf), np.maximum(one, other))
    return first, last


def running_maximum(values: Numbers, group: Indices) -> Numbers:
    """The largest value so far in each group, to the last bit: over ranks, for an offset would round."""
    known, rank = np.unique(values, return_inverse=True)
    largest: Numbers = known[np.maximum.accumulate(group * len(known) + rank) % len(known)]
    return largest


def _united(pair: Indices, first: Numbers, last: Numbers) -> tuple[Indices, Numbers, Numbers]:
    """Intervals of one pair that touch each other as one, by pair and place."""
    if len(pair) == 0:
        return pair, first, last
    order = np.lexsort((first, pair))
    pair, first, last = pair[order], first[order], last[order]
    new = np.diff(pair, prepend=-1) != 0
    reached = running_maximum(last, np.cumsum(new))
    at = np.flatnonzero(new | (first > np.concatenate([[-np.inf], reached[:-1]])))
    end = np.concatenate([at[1:], [len(pair)]]) - 1
    return pair[at], first[at], reached[end]


def _gaps_inside(
    of_lines: Segments,
    areas: Geometries,
    piece: Indices,
    area: Indices,
    known: tuple[Indices, Numbers, Numbers],
) -> tuple[Indices, Numbers, Numbers]:
    """What the intervals ``known`` leave of the pieces, where it lies inside the area."""
    pair, first, last = known
    length = of_lines.length[piece]
    heads = np.flatnonzero(np.diff(pair, prepend=-1))
    until = length.copy()  # one gap from the start of each piece to where its first interval begins
    until[pair[heads]] = first[heads]
    after = length[pair]  # and one after each interval
    follows = pair[1:] == pair[:-1]
    after[:-1][follows] = first[1:][follows]
    of = np.concatenate([np.arange(len(piece)), pair])
    begin, end = np.concatenate([np.zeros(len(piece)), last]), np.concatenate([until, after])
    at = np.flatnonzero(end > begin)
    of, begin, end = of[at], begin[at], end[at]
    start, along = of_lines.start[piece[of]], _direction((of_lines.end - of_lines.start)[piece[of]])[0]
    middle = start + along * ((begin + end) / 2)[:, None]
    inside = _contains(areas[area[of]], middle)
    return of[inside], begin[inside], end[inside]


def _contains(areas: Geometries, points: Numbers) -> Mask:
    west, south, east, north = shapely.bounds(areas).T
    x, y = points.T
    within = (x > west) & (x < east) & (y > south) & (y < north)
    at = np.flatnonzero(within)
    within[at] = shapely.contains_xy(areas[at], x[at], y[at])
    return np.asarray(within)


def _along(of_lines: Segments, area: Indices, piece: Indices, first: Numbers, last: Numbers, least: float) -> Stretches:
    """Intervals of pieces as one geometry per area and line, those that follow each other as one line."""
    line = of_lines.owner[piece]
    order = np.lexsort((first, piece, line, area))
    area, piece, line, first, last = area[order], piece[order], line[order], first[order], last[order]
    new = (np.diff(area, prepend=-1) != 0) | (np.diff(line, prepend=-1) != 0)
    group = np.cumsum(new) - 1
    long = np.bincount(group, last - first)[group] >= least if len(group) else np.zeros(0, dtype=bool)
    area, piece, line, first, last, new = (one[long] for one in (area, piece, line, first, last, new))
    if len(area) == 0:
        return Stretches(area, line, np.zeros(0, dtype=object))
    start, along = of_lines.start[piece], _direction((of_lines.end - of_lines.start)[piece])[0]
    whole = of_lines.length[piece]
    begin = start + along * first[:, None]
    end = np.where((last >= whole)[:, None], of_lines.end[piece], start + along * last[:, None])
    before = np.concatenate([[False], (last[:-1] >= whole[:-1]) & (piece[1:] == piece[:-1] + 1)])
    goes_on = before & ~new & (first == 0.0) & (of_lines.line[piece] == np.roll(of_lines.line[piece], 1))
    number = np.cumsum(~goes_on) - 1
    points = np.concatenate([begin[~goes_on], end])
    place = np.concatenate([number[~goes_on], number])
    by_line = np.argsort(place, kind="stable")
    pieces: Geometries = np.asarray(shapely.linestrings(points[by_line], indices=place[by_line]), dtype=object)
    heads = np.flatnonzero(~goes_on)
    group = np.cumsum(new)[heads] - 1
    several = np.bincount(group) > 1
    made = np.empty(len(several), dtype=object)
    alone = ~several[group]
    made[group[alone]] = pieces[alone]
    if several.any():
        made[several] = shapely.multilinestrings(
            pieces[~alone], indices=np.unique(group[~alone], return_inverse=True)[1]
        )
    at = np.flatnonzero(new)
    return Stretches(area[at], line[at], made)

"""The stretches of lines that lie near areas: exact, without buffers.

What of a straight piece lies within a distance of another straight piece is one interval, for the ground around a
straight piece is convex. Between such intervals a piece keeps that distance from the whole outline, so each gap lies
entirely inside or entirely outside of the area: its middle tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from ....store.drawn import spread
from ..columns import Mask, Numbers
from .arrays import Geometries, Indices
from .box_index import BoxIndex
from .segments import Segments, running_maximum, segments
from .shapes import Shapes
from .threads import each

_NOTHING_M = 1e-6  # shorter stretches are rounding
_CHUNK = 2_000  # areas looked at by one thread at a time


@dataclass(frozen=True)
class Stretches:
    """What of lines lies near areas: the ``part`` of the line ``line`` near the area ``area``, in their order."""

    area: Indices
    line: Indices
    part: Geometries


def stretches_near(
    lines: Geometries, areas: Geometries | Shapes, distance: float, least: float, *, among: Indices | None = None
) -> Stretches:
    """What of each of ``lines`` lies within ``distance`` of each of ``areas`` (both metres; None: nowhere), or inside.

    Only where it is at least ``least`` long in all; ``among`` are the areas asked about, ascending (None: all).
    """
    of_lines, shapes = segments(lines), Shapes.of(areas)
    low, high = np.stack(of_lines.low, axis=1) - distance, np.stack(of_lines.high, axis=1) + distance
    index = BoxIndex(np.concatenate([low, high], axis=1))
    asked = np.arange(len(shapes)) if among is None else among
    runs = [asked[at : at + _CHUNK] for at in range(0, max(len(asked), 1), _CHUNK)]
    found = list(each(lambda run: _near(of_lines, index, shapes, run, distance, least), runs))
    return Stretches(*(np.concatenate([getattr(one, name) for one in found]) for name in ("area", "line", "part")))


def _near(
    of_lines: Segments, index: BoxIndex, areas: Shapes, asked: Indices, distance: float, least: float
) -> Stretches:
    area, piece = index.meeting(areas.box[asked])
    area = asked[area]
    here = area[np.diff(area, prepend=-1) != 0]  # asked about one after the other
    outlines = areas.outlines.at(here)
    outlines = replace(outlines, owner=here[outlines.owner])
    pair, edge = _each_edge(area, outlines)
    for axis in (0, 1):  # whose boxes meet
        at = piece.take(pair)
        close = of_lines.low[axis].take(at) - distance <= outlines.high[axis].take(edge)
        close &= outlines.low[axis].take(edge) - distance <= of_lines.high[axis].take(at)
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
    along, length = of_lines.along.take(piece, axis=0), of_lines.length.take(piece)
    start = outlines.start.take(edge, axis=0) - of_lines.start.take(piece, axis=0)
    side, width = outlines.along.take(edge, axis=0), outlines.length.take(edge)
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


def _cross(one: Numbers, other: Numbers) -> Numbers:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _dot(one: Numbers, other: Numbers) -> Numbers:
    return np.asarray(one[:, 0] * other[:, 0] + one[:, 1] * other[:, 1])


def _linear(slope: Numbers, offset: Numbers, low: Numbers | float, high: Numbers | float) -> tuple[Numbers, Numbers]:
    """Where ``low`` <= ``offset`` + ``slope`` t <= ``high``; everywhere or nowhere where the slope is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - offset) / slope, (high - offset) / slope
    level, within = slope == 0.0, (offset >= low) & (offset <= high)
    first = np.where(level, np.where(within, -np.inf, np.inf), np.minimum(one, other))
    last = np.where(level, np.where(within, np.inf, -np.inf), np.maximum(one, other))
    return first, last


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
    areas: Shapes,
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
    middle = _point(of_lines, piece[of], (begin + end) / 2)
    inside = _contains(areas, area[of], middle)
    return of[inside], begin[inside], end[inside]


def _point(of_lines: Segments, piece: Indices, at: Numbers) -> Numbers:
    """The points ``at`` metres from the starts of pieces."""
    return of_lines.start.take(piece, axis=0) + of_lines.along.take(piece, axis=0) * at[:, None]


def _contains(areas: Shapes, area: Indices, points: Numbers) -> Mask:
    west, south, east, north = areas.box[area].T
    x, y = points.T
    within = (x > west) & (x < east) & (y > south) & (y < north)
    at = np.flatnonzero(within)
    within[at] = shapely.contains_xy(areas.given[area[at]], x[at], y[at])
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
    whole = of_lines.length[piece]
    begin = _point(of_lines, piece, first)
    end = np.where((last >= whole)[:, None], of_lines.end.take(piece, axis=0), _point(of_lines, piece, last))
    before = np.concatenate([[False], (last[:-1] >= whole[:-1]) & (piece[1:] == piece[:-1] + 1)])
    goes_on = before & ~new & (first == 0.0) & (of_lines.line[piece] == np.roll(of_lines.line[piece], 1))
    number = np.cumsum(~goes_on) - 1
    heads = np.flatnonzero(~goes_on)
    points = np.concatenate([begin.take(heads, axis=0), end])
    place = np.concatenate([number[heads], number])
    by_line = np.argsort(place, kind="stable")
    pieces: Geometries = np.asarray(
        shapely.linestrings(points.take(by_line, axis=0), indices=place[by_line]), dtype=object
    )
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

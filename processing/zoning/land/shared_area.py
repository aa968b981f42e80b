"""How much area two polygons share, without cutting one with the other: a sum over pairs of their straight edges.

Below an edge that runs west a polygon has ground, below one that runs east it has none: the polygon is the sum of the
strips below its edges, each with its sign, and what two polygons share is the sum over pairs of edges of what lies
below both. Every term is continuous in the coordinates, so borders that touch, coincide or cross in a vertex are no
special cases, and the sum is as exact as the coordinates are.

Most lots lie far from the outline of a zone: then the edges above one corner tell on which side. Else the edges that
pass the lot's box take part, and what of the outline lies above the box is replaced by level lines on its top.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....store.drawn import spread
from ..columns import Numbers
from .arrays import Areas, Indices, together
from .segments import Segments
from .shapes import Shapes

# Of so few edges of a zone all are looked at; of more, those above, below or beside the lot.
_FEW = 24
# Edges that reach further from west to east than so many average ones of their zone are always looked at.
_WIDE = 8.0
# So many pairs of edges are computed at a time: their numbers fit into the cache of a processor.
_TOGETHER = 50_000
# A pair whose edges make more pairs than that is cut faster.
_MANY = 2_000
# A lot of which less than this share lies elsewhere is wholly inside: the rest is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Edges:
    """Straight edges from ``x0``, ``y0`` to ``x1``, ``y1``, with the ground to the left."""

    x0: Numbers
    y0: Numbers
    x1: Numbers
    y1: Numbers

    @classmethod
    def along(cls, outlines: Segments) -> _Edges:
        (x0, y0), (x1, y1) = outlines.start.T, outlines.end.T
        return cls(*(np.ascontiguousarray(values) for values in (x0, y0, x1, y1)))

    def take(self, at: Indices) -> _Edges:
        return _Edges(self.x0.take(at), self.y0.take(at), self.x1.take(at), self.y1.take(at))

    def seen_from(self, x: Numbers, y: Numbers) -> _Edges:
        return _Edges(self.x0 - x, self.y0 - y, self.x1 - x, self.y1 - y)

    @cached_property
    def west(self) -> Numbers:
        return np.asarray(np.minimum(self.x0, self.x1))

    @cached_property
    def east(self) -> Numbers:
        return np.asarray(np.maximum(self.x0, self.x1))

    @cached_property
    def south(self) -> Numbers:
        return np.asarray(np.minimum(self.y0, self.y1))

    @cached_property
    def north(self) -> Numbers:
        return np.asarray(np.maximum(self.y0, self.y1))

    @cached_property
    def sign(self) -> Numbers:
        """1 where the ground lies below, else -1."""
        return np.where(self.x1 < self.x0, 1.0, -1.0)

    @cached_property
    def slope(self) -> Numbers:
        width = self.x1 - self.x0  # an upright edge has nothing below it
        return np.divide(self.y1 - self.y0, width, out=np.zeros_like(width), where=width != 0.0)

    def heights(self, at: Indices, *places: Numbers) -> list[Numbers]:
        """How high the edges stand at each of ``places``."""
        x0, y0, slope = self.x0.take(at), self.y0.take(at), self.slope.take(at)
        return [y0 + (x - x0) * slope for x in places]


class _Outlines:
    """The edges of ``count`` zones, to be found by what lies above, below or beside a lot.

    Of each zone those that are always looked at stand first, then the others, from west to east.
    """

    def __init__(self, outlines: Segments, count: int) -> None:
        edges, owner = _Edges.along(outlines), outlines.owner
        width = edges.east - edges.west
        size = np.bincount(owner, minlength=count)
        mean = np.bincount(owner, width, minlength=count) / np.maximum(size, 1)
        searched = (size > _FEW).take(owner) & (width <= (_WIDE * mean).take(owner))
        self._first = np.cumsum(size) - size
        self._searched = np.bincount(owner[searched], minlength=count)
        self._always = size - self._searched
        if searched.any():
            self._reach = np.zeros(count)
            np.maximum.at(self._reach, owner[searched], width[searched])
            self._from, self._extent = float(edges.west.min()), max(float(np.ptp(edges.west)), 1.0)
            order = np.lexsort((edges.west, searched, owner))
            edges = edges.take(order)
            self._keys = self._key(owner.take(order), np.where(searched.take(order), edges.west, -np.inf))
        self.edges = edges

    def _key(self, zone: Indices, x: Numbers) -> Numbers:
        """Numbers in the order of the zones, and within a zone from west to east."""
        return np.asarray(zone + np.clip(0.25 + 0.5 / self._extent * (x - self._from), 0.1, 0.9))

    def runs(self, zone: Indices, west: Numbers, east: Numbers) -> tuple[Indices, Indices, Indices]:
        """Where the edges stand that may lie between ``west`` and ``east``: position in ``zone``, first edge, number.

        A position has one run of edges or two.
        """
        pair, first, count = np.arange(len(zone)), self._first.take(zone), self._always.take(zone)
        if not self._searched.any():
            return pair, first, count
        slack = 8.0 * np.spacing(float(len(self._first))) * self._extent
        low = np.searchsorted(self._keys, self._key(zone, west - self._reach.take(zone) - slack))
        high = np.searchsorted(self._keys, self._key(zone, east + slack), side="right")
        low = np.maximum(low, first + count)
        found = np.maximum(high - low, 0)
        return np.concatenate([pair, pair]), np.concatenate([first, low]), np.concatenate([count, found])


def shared_areas(lots: Shapes, zones: Shapes, lot: Indices, zone: Indices) -> Areas:
    """The area (m²) that each pair of a lot and a zone shares; NaN where cutting them is faster.

    ``lots`` and ``zones`` may also be flat collections with some polygons in them; ``lot`` and ``zone`` are positions
    in them, by zone. It is exactly the lot's area where the lot lies inside, 0 where they are apart.
    """
    whole = lots.area
    new = np.diff(zone, prepend=-1) != 0
    outlines = _Outlines(zones.outlines.at(zone[new]), int(new.sum()))
    box = lots.box.take(lot, axis=0).T.copy()
    winding, pair, edge = _around(outlines, np.cumsum(new) - 1, box)
    shared = np.where(winding > 0, whole.take(lot), 0.0)
    passing = np.bincount(pair, minlength=len(lot))
    crossed = np.flatnonzero(passing)
    mine, at = np.unique(lot[crossed], return_inverse=True)
    own = lots.outlines.at(mine)
    much = passing[crossed] * np.bincount(own.owner, minlength=len(mine)).take(at) > _MANY
    shared[crossed[much]] = np.nan
    crossed, at = crossed[~much], at[~much]
    number = np.full(len(lot), -1)
    number[crossed] = np.arange(len(crossed))
    pair = number.take(pair)
    near = np.flatnonzero(pair >= 0)
    if len(near) == 0:
        return shared
    of, borders = _over_box(outlines.edges.take(edge[near]), pair[near], winding[crossed], box[:, crossed])
    area = _sums(own, at, of, borders, box[:, crossed])
    full = whole.take(lot[crossed])
    shared[crossed] = np.where(np.abs(area - full) <= _ROUNDING * full, full, np.maximum(area, 0.0))
    return shared


def _around(outlines: _Outlines, zone: Indices, box: Numbers) -> tuple[Indices, Indices, Indices]:
    """How often the outline winds above the north-west corner of each box, and the edges that pass the box.

    These as positions in ``zone`` and in the outlines; they are left out of the winding. Without any, it is 1 inside of
    the zone and 0 outside.
    """
    west, south, east, north = box
    run, first, count = outlines.runs(zone, west, east)
    edges = outlines.edges
    winding = np.zeros(len(zone))
    pairs, passing = [_NONE], [_NONE]
    for some in together(count, _TOGETHER):
        of, edge = spread(first[some], count[some])
        pair = run[some].take(of)
        kept = edges.north.take(edge) >= south.take(pair)
        kept &= edges.east.take(edge) >= west.take(pair)
        kept &= edges.west.take(edge) <= east.take(pair)
        at = np.flatnonzero(kept)
        pair, edge = pair.take(at), edge.take(at)
        passes = edges.south.take(edge) <= north.take(pair)
        pairs.append(pair[passes])
        passing.append(edge[passes])
        corner = west.take(pair)
        at = np.flatnonzero(~passes & (edges.west.take(edge) <= corner) & (edges.east.take(edge) > corner))
        winding += np.bincount(pair.take(at), edges.sign.take(edge.take(at)), minlength=len(zone))
    return winding.astype(np.intp), np.concatenate(pairs), np.concatenate(passing)


def _over_box(edges: _Edges, pair: Indices, winding: Indices, box: Numbers) -> tuple[Indices, _Edges]:
    """The passing ``edges`` of each pair, and level lines on the top of its box in place of what lies above.

    Where an edge rises above the box, the outline goes on there: a line from there to the eastern side stands for it.
    """
    west, _, east, north = box
    made = [(pair, edges)]
    left, right, top = west.take(pair), east.take(pair), north.take(pair)
    for x, y, begins in ((edges.x0, edges.y0, True), (edges.x1, edges.y1, False)):
        at = np.flatnonzero((y > top) & (x > left) & (x < right))
        level, here, side = top[at], x[at], right[at]
        made.append((pair[at], _Edges(side, level, here, level) if begins else _Edges(here, level, side, level)))
    at = np.repeat(np.arange(len(winding)), np.abs(winding))
    level, ends = north[at], np.stack([west[at], east[at]])
    eastward = winding[at] < 0
    made.append((at, _Edges(np.where(eastward, *ends), level, np.where(eastward, *ends[::-1]), level)))
    columns = zip(*((line.x0, line.y0, line.x1, line.y1) for _, line in made), strict=True)
    return np.concatenate([of for of, _ in made]), _Edges(*(np.concatenate(column) for column in columns))


def _sums(outlines: Segments, lot: Indices, of: Indices, borders: _Edges, box: Numbers) -> Areas:
    """What lies below both, an edge of the lot and a border, summed up over all of these for each pair.

    ``lot`` is the lot of each pair in the ``outlines``, ``of`` the pair of each border.
    """
    corner = np.zeros((2, outlines.owner[-1] + 1))
    corner[:, lot] = box[:2]  # far from it, coordinates have fewer digits
    mine = _Edges.along(outlines).seen_from(*corner.take(outlines.owner, axis=1))
    borders = borders.seen_from(*box[:2].take(of, axis=1))
    size = np.bincount(outlines.owner)
    first, count = (np.cumsum(size) - size).take(lot), size.take(lot)
    area = np.zeros(len(lot))
    for some in together(count.take(of), _TOGETHER):
        line, edge = spread(first.take(of[some]), count.take(of[some]))
        line += some.start
        west = np.maximum(mine.west.take(edge), borders.west.take(line))
        east = np.minimum(mine.east.take(edge), borders.east.take(line))
        at = np.flatnonzero((east > west) & (mine.south.take(edge) < borders.north.take(line)))
        line, edge, west, east = line.take(at), edge.take(at), west.take(at), east.take(at)
        # Over a closed outline what lies below the border alone cancels out: the rest is where the lot's edge is lower.
        both = zip(mine.heights(edge, west, east), borders.heights(line, west, east), strict=True)
        one, other = (edges - lines for edges, lines in both)
        lower, upper = np.minimum(np.minimum(one, other), 0.0), np.maximum(one, other)
        span = np.maximum(upper, 0.0) - lower
        share = np.divide(-lower, span, out=np.zeros_like(span), where=span > 0.0)  # of the way the edge is lower
        below = 0.5 * (east - west) * share * (lower + np.minimum(upper, 0.0))
        below *= mine.sign.take(edge) * borders.sign.take(line)
        area += np.bincount(of.take(line), below, minlength=len(lot))
    return area


_NONE = np.zeros(0, dtype=np.intp)

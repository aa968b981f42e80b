"""The edges of a lot by kind: on a street, at its sides, at its back. A planner's corrections go before.

SimPLU3D types parcel boundaries in the same way (road, lateral, back, public). Vietnamese codes do not define the
words; this is our reading of them:

- *street*: what of the outline runs along the red line of a street, within 0.3 m and less than 45° off its direction.
- The *main front* of a lot is the one on its widest street; of equal widths, the longest.
- *back*: what looks away from the main front (outward normal less than 45° off the opposite one). A corner lot has one
  back, opposite its main front; a lot that runs through from street to street has none.
- *side*: all other edges. So is the edge of a flag lot that looks to the street from behind another lot: what lies
  there is a neighbour.
- *other*: all edges of a lot that lies on no street: nothing tells its front. So too where it may lie on a street whose
  red line is unknown (``doubtful``).
- *public* is only ever said by a planner: what lies beyond an edge is not on these layers.

Lengths in metres, one projected system. Collinear vertices, the order of vertices and the place change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely

from ..columns import Mask, Numbers, Words, absent, nothing, pick, words
from .overlay import Geometries, Indices
from .segments import Segments, running_maximum, segments
from .streets import LEAST_FRONTAGE_M, SAME_LINE_M, Streets

KINDS = ("street", "side", "back", "public", "other")
_ACROSS = np.cos(np.radians(45.0)) - 1e-9

_CORNER, _KINK_M = np.cos(np.radians(30.0)), 0.1
_NOTHING_M = 1e-6  # shorter pieces are rounding
_SAME_LENGTH_M = 0.01  # fronts whose lengths differ by less are equally long: the first street's is the main one


@dataclass(frozen=True)
class Edges:
    """Straight pieces of the outlines of lots, all together the whole outlines.

    Per piece: position of the ``lot``, ``kind``, position of the ``street`` (-1: none), ``start`` and ``end`` (n, 2),
    the lot to the left, and ``corrected`` where a planner decided. Per lot: ``front`` the unit outward normal of its
    main front (NaN without one), ``through`` whether the side opposite it lies on a street too, ``doubtful`` whether it
    may lie on a street whose red line is unknown.
    """

    lot: Indices
    kind: Words
    street: Indices
    start: Numbers
    end: Numbers
    corrected: Mask
    front: Numbers
    through: Mask
    doubtful: Mask

    @property
    def length(self) -> Numbers:
        """Metres of each piece."""
        return np.asarray(np.hypot(*(self.end - self.start).T))

    @property
    def outward(self) -> Numbers:
        """Unit normals away from the lots (n, 2)."""
        along = (self.end - self.start) / self.length[:, None]
        return np.column_stack([along[:, 1], -along[:, 0]])

    def by_street(self, pieces: Indices, values: Numbers) -> tuple[Indices, Indices, Numbers]:
        """The sums of ``values`` (n, k) of the chosen ``pieces`` (n) for each lot and street, and these, in order."""
        order = np.lexsort((self.street[pieces], self.lot[pieces]))
        lot, street = self.lot[pieces[order]], self.street[pieces[order]]
        start = np.flatnonzero((np.diff(lot, prepend=-1) != 0) | (np.diff(street, prepend=-1) != 0))
        return lot[start], street[start], np.add.reduceat(values[order], start, axis=0)

    def united(self, pieces: Indices, group: Indices, count: int) -> Geometries:
        """The chosen ``pieces`` as one MultiLineString per ``group`` number 0 … ``count`` - 1; None without any."""
        made = nothing(count)
        if len(pieces):
            order = np.argsort(group, kind="stable")
            names, index = np.unique(group[order], return_inverse=True)
            at = pieces[order]
            made[names] = shapely.multilinestrings(_straight(self.start[at], self.end[at]), indices=index)
        return made

    def of_kind(self, kind: str, count: int) -> Geometries:
        """The edges of one kind of each of ``count`` lots; None where a lot has none."""
        at = np.flatnonzero(self.kind == kind)
        return self.united(at, self.lot[at], count)

    def continuous(self) -> pd.DataFrame:
        """Alike pieces that follow each other as one: ``lot``, ``kind``, ``street``, ``corrected``, ``line``.

        The lot lies to the left of its lines.
        """
        code = pd.factorize(pd.Series(self.kind))[0]
        keys, group = np.unique(
            np.column_stack([self.lot, code, self.street, self.corrected]), axis=0, return_inverse=True
        )
        merged = shapely.line_merge(self.united(np.arange(len(self.lot)), group.ravel(), len(keys)), directed=True)
        lines, of = shapely.get_parts(merged, return_index=True)
        first = np.unique(group.ravel(), return_index=True)[1][of]
        columns = {name: getattr(self, name)[first] for name in ("lot", "kind", "street", "corrected")}
        return pd.DataFrame(columns).assign(line=pd.Series(lines, dtype=object))

    def from_corner_to_corner(self) -> pd.DataFrame:
        """As :meth:`continuous`, cut where the outline turns by more than 30°: what a person calls one edge."""
        table = self.continuous()
        lines = [_between_corners(line) for line in table["line"]]
        made = table.drop(columns="line").loc[np.repeat(table.index, [len(pieces) for pieces in lines])]
        return made.reset_index(drop=True).assign(line=pd.Series([one for some in lines for one in some], dtype=object))


def _between_corners(line: shapely.LineString) -> list[shapely.LineString]:
    """Pieces of a line between its corners. Kinks of less than 0.1 m are no corners; a ring begins at one."""
    kept = shapely.get_coordinates(shapely.simplify(line, _KINK_M))
    along = np.diff(kept, axis=0)
    along /= np.hypot(*along.T)[:, None]
    ring = len(kept) > 2 and bool((kept[0] == kept[-1]).all())
    turns = np.append((along * np.roll(along, 1, axis=0)).sum(axis=1) < _CORNER, False)
    turns[0] &= ring
    points = shapely.get_coordinates(line)
    corners = {tuple(point) for point in kept[turns].tolist()}
    cut = [at for at, point in enumerate(points[:-1].tolist()) if tuple(point) in corners]
    if ring and cut:
        points = np.concatenate([points[cut[0] : -1], points[: cut[0] + 1]])
        cut = [at - cut[0] for at in cut]
    starts = cut if cut and cut[0] == 0 else [0, *cut]
    ends = [*starts[1:], len(points) - 1]
    return [shapely.LineString(points[first : last + 1]) for first, last in zip(starts, ends, strict=True)]


def _straight(start: Numbers, end: Numbers) -> Geometries:
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)


@dataclass(frozen=True)
class _Stretches:
    """Stretches of segments, in metres from their start."""

    segment: Indices
    key: Indices
    first: Numbers
    last: Numbers


def _beside(outline: Segments, lines: Segments) -> _Stretches:
    """Stretches of ``outline`` along one of ``lines``, whose owner is their ``key``; overlapping ones joined."""
    segment, line = shapely.STRtree(lines.lines()).query(outline.lines(), predicate="dwithin", distance=SAME_LINE_M)
    start = outline.start[segment]
    step = outline.end[segment] - start
    length = np.hypot(*step.T)
    along = step / length[:, None]
    left = np.column_stack([-along[:, 1], along[:, 0]])
    ends = (lines.start[line] - start, lines.end[line] - start)
    t0, t1 = ((end * along).sum(axis=1) for end in ends)
    d0, d1 = ((end * left).sum(axis=1) for end in ends)
    reach = np.hypot(*(ends[1] - ends[0]).T)
    with np.errstate(divide="ignore", invalid="ignore"):
        # The distance is linear along the line: where does it stay within reach?
        near = [np.where(d1 == d0, np.where(s > 0, 1.0, 0.0), (s * SAME_LINE_M - d0) / (d1 - d0)) for s in (-1.0, 1.0)]
        inside = (np.abs(d1 - d0) > 0) | (np.abs(d0) <= SAME_LINE_M)
        low, high = np.clip(np.minimum(*near), 0.0, 1.0), np.clip(np.maximum(*near), 0.0, 1.0)
        a, b = t0 + (t1 - t0) * low, t0 + (t1 - t0) * high
        parallel = np.abs(t1 - t0) / reach > _ACROSS
    first, last = np.clip(np.minimum(a, b), 0.0, length), np.clip(np.maximum(a, b), 0.0, length)
    kept = parallel & inside & (last - first > _NOTHING_M)
    return _merged(
        _Stretches(segment[kept], lines.owner[line[kept]], first[kept], last[kept]),
        np.hypot(*(outline.end - outline.start).T),
    )


def _merged(found: _Stretches, length: Numbers) -> _Stretches:
    """Stretches of one segment and key that leave at most 0.3 m between them, or to its ends, as one."""
    if len(found.segment) == 0:
        return found
    order = np.lexsort((found.first, found.key, found.segment))
    segment, key = found.segment[order], found.key[order]
    first, last = found.first[order], found.last[order]
    new = (np.diff(segment, prepend=-1) != 0) | (np.diff(key, prepend=-2) != 0)
    reached = running_maximum(last, np.cumsum(new))
    starts = new | (first > np.concatenate([[-np.inf], reached[:-1]]) + SAME_LINE_M)
    at = np.flatnonzero(starts)
    end = np.concatenate([at[1:], [len(segment)]]) - 1
    segment, key, first, last = segment[at], key[at], first[at], reached[end]
    whole = length[segment]
    first = np.where(first <= SAME_LINE_M, 0.0, first)
    last = np.where(whole - last <= SAME_LINE_M, whole, last)
    return _Stretches(segment, key, first, last)


def _left_over(found: _Stretches, length: Numbers) -> _Stretches:
    """What the stretches leave of the segments."""
    all_keys = _merged(replace(found, key=np.zeros_like(found.key)), length)
    every = np.arange(len(length))
    segment = np.concatenate([all_keys.segment, every])
    position = np.concatenate([all_keys.first, length])
    order = np.lexsort((position, segment))
    resume = np.concatenate([all_keys.last, np.zeros(len(length))])[order]
    segment, position = segment[order], position[order]
    before = np.where(np.diff(segment, prepend=-1) != 0, 0.0, np.concatenate([[0.0], resume[:-1]]))
    there = position - before > _NOTHING_M
    return _Stretches(segment[there], np.full(int(there.sum()), -1), before[there], position[there])


def _cut(outline: Segments, found: _Stretches) -> tuple[Indices, Numbers, Numbers]:
    """The lot, start and end of each stretch."""
    start, step = outline.start[found.segment], (outline.end - outline.start)[found.segment]
    along = step / np.hypot(*step.T)[:, None]
    return outline.owner[found.segment], start + along * found.first[:, None], start + along * found.last[:, None]


def typed_edges(lots: Geometries, known: Streets, corrections: pd.DataFrame | None = None) -> Edges:
    """The edges of ``lots`` (None: not measurable, no edges) on the ``known`` streets.

    ``corrections`` have ``lot`` (position), ``kind``, ``street`` (position or -1) and ``geometry``, a line along the
    outline: that stretch is of that kind.
    """
    outline = segments(lots)
    length = np.hypot(*(outline.end - outline.start).T)
    found = _beside(outline, segments(known.red))
    found = _long_enough(found, outline.owner)
    rest = _left_over(found, length)
    both = _Stretches(*(np.concatenate([getattr(one, name) for one in (found, rest)]) for name in _FIELDS))
    lot, start, end = _cut(outline, both)
    count = len(lots)
    doubtful = np.zeros(count, dtype=bool)
    unplaced = pick(absent(known.red), known.doubtful)
    doubtful[shapely.STRtree(unplaced).query(lots, predicate="intersects")[0]] = True
    edges = Edges(
        lot, np.where(both.key >= 0, "street", "other").astype(object), both.key, start, end,
        np.zeros(len(lot), dtype=bool), np.full((count, 2), np.nan), np.zeros(count, dtype=bool), doubtful,
    )  # fmt: skip
    edges = _facing(edges, known)
    return edges if corrections is None or corrections.empty else _corrected(edges, corrections)


_FIELDS = ("segment", "key", "first", "last")


def _long_enough(found: _Stretches, lot: Indices) -> _Stretches:
    """Contacts of a lot with a street that are more than a corner."""
    if len(found.segment) == 0:
        return found
    _, pair = np.unique(np.column_stack([lot[found.segment], found.key]), axis=0, return_inverse=True)
    kept = np.bincount(pair.ravel(), found.last - found.first)[pair.ravel()] >= LEAST_FRONTAGE_M
    return _Stretches(*(getattr(found, name)[kept] for name in _FIELDS))


def _facing(edges: Edges, known: Streets) -> Edges:
    """``edges`` with main fronts, sides and backs."""
    count = len(edges.front)
    at = np.flatnonzero(edges.street >= 0)
    length, normal = edges.length, edges.outward
    along = np.column_stack([length[at], normal[at] * length[at, None]])
    lot, street, front = edges.by_street(at, along)
    main = np.full((count, 2), np.nan)
    if len(lot):
        width = np.round(np.nan_to_num(known.table["road_width"].to_numpy(dtype=float)[street], nan=0.0), 2)
        begin = np.flatnonzero(np.diff(lot, prepend=-1))
        size = np.diff(begin, append=len(lot))
        on_widest = np.where(width == np.repeat(np.maximum.reduceat(width, begin), size), front[:, 0], -np.inf)
        longest = on_widest > np.repeat(np.maximum.reduceat(on_widest, begin), size) - _SAME_LENGTH_M
        chosen = np.flatnonzero(longest)
        first = chosen[np.diff(lot[chosen], prepend=-1) != 0]  # of equally long ones the first street's
        mean = front[first, 1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            main[lot[first]] = mean / np.hypot(*mean.T)[:, None]
    cosine = (normal * main[edges.lot]).sum(axis=1)
    on_street = edges.street >= 0
    kind = np.where(cosine < -_ACROSS, "back", "side").astype(object)
    kind[np.isnan(cosine)] = "other"
    kind[on_street] = "street"
    through = np.zeros(count, dtype=bool)
    through[edges.lot[on_street & (cosine < -_ACROSS)]] = True
    return replace(edges, kind=kind, front=main, through=through)


def _corrected(edges: Edges, corrections: pd.DataFrame) -> Edges:
    """``edges`` with the stretches that the corrections name in their kind; of two on one stretch the later holds."""
    doubtful = edges.doubtful.copy()
    kinds = words(corrections, "kind")
    streets = np.where(kinds == "street", corrections["street"].to_numpy(dtype=np.intp), -1)
    lots = corrections["lot"].to_numpy(dtype=np.intp)
    doubtful[lots[(kinds == "street") & (streets < 0)]] = True  # on a street, but nobody says on which
    for position, line in enumerate(corrections["geometry"]):
        mine = edges.lot == lots[position]
        outline = Segments(np.flatnonzero(mine), np.flatnonzero(mine), edges.start[mine], edges.end[mine])
        found = _beside(outline, segments(np.array([line], dtype=object)))
        rest = _left_over(found, np.hypot(*(outline.end - outline.start).T))
        new, start, end = _cut(outline, found)
        old, old_start, old_end = _cut(outline, rest)
        kept = np.flatnonzero(~mine)
        origin = np.concatenate([kept, old, new])
        decided = np.arange(len(origin)) >= len(kept) + len(old)
        edges = replace(
            edges,
            lot=edges.lot[origin],
            kind=np.where(decided, kinds[position], edges.kind[origin]),
            street=np.where(decided, streets[position], edges.street[origin]),
            start=np.concatenate([edges.start[kept], old_start, start]),
            end=np.concatenate([edges.end[kept], old_end, end]),
            corrected=decided | edges.corrected[origin],
        )
    return replace(edges, doubtful=doubtful)


def positions(corrections: pd.DataFrame, lots: pd.Series, streets: pd.Series) -> pd.DataFrame:
    """Rows of the layer ``lot_edge`` with positions of lots and streets; those without lot or sound line left out."""
    shapes = shapely.force_2d(corrections.geometry.to_numpy())
    made = pd.DataFrame(
        {
            "lot": pd.Index(lots).get_indexer(pd.Index(words(corrections, "parcel"))),
            "kind": words(corrections, "kind"),
            "street": pd.Index(streets).get_indexer(pd.Index(words(corrections, "street"))),
            "geometry": pd.Series(shapes, dtype=object),
        }
    )
    usable = (made["lot"] >= 0) & made["kind"].isin(KINDS) & ~absent(shapes) & ~shapely.is_empty(shapes)
    return made[usable].reset_index(drop=True)

"""Walking distances along streets: how far it is from each place to the nearest of some goals.

Streets are walked in both directions and meet wherever their lines touch or cross: an overpass drawn as two crossing
lines counts as a crossing. The way from a place to its street is straight and counts too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from ..columns import Mask, Numbers
from .graphs import nearest
from .overlay import Geometries, Indices

# Ends closer than this are one crossing: coordinates are kept to the millimetre.
JOINT_M = 0.01
# A place farther than this from every street has no known way to one (our judgement).
OFF_STREET_M = 200.0


@dataclass(frozen=True)
class Network:
    """``edges``: lines between crossings, of ``length`` metres; ``ends``: their node numbers, of ``nodes`` in all."""

    edges: Geometries
    ends: NDArray[np.intp]
    length: Numbers
    nodes: int


@dataclass(frozen=True)
class Ways:
    """For each place the metres to the nearest goal (NaN: no way known) and the number of that goal (-1: none)."""

    distance: Numbers
    goal: Indices


def network(lines: Geometries) -> Network:
    """The streets ``lines`` (metres; None and empty are left out) cut where they meet.

    The last few are kept: of one house after the other the streets are the same. Nobody writes to a network.
    """
    usable = lines[~shapely.is_missing(lines) & ~shapely.is_empty(lines)]
    return _cut(tuple(shapely.to_wkb(usable)))


@lru_cache(maxsize=2)
def _cut(lines: tuple[bytes, ...]) -> Network:
    usable = shapely.from_wkb(lines)
    if len(usable) == 0:
        return Network(np.zeros(0, dtype=object), np.zeros((0, 2), dtype=np.intp), np.zeros(0), 0)
    edges = shapely.get_parts(shapely.node(shapely.geometrycollections(usable)))
    ends = np.stack([shapely.get_point(edges, 0), shapely.get_point(edges, -1)], axis=1)
    joints = np.round(shapely.get_coordinates(ends.ravel()) / JOINT_M).astype(np.int64)
    _, number = np.unique(joints, axis=0, return_inverse=True)
    return Network(edges, number.reshape(-1, 2), shapely.length(edges), int(number.max()) + 1)


@dataclass(frozen=True)
class _Foot:
    """Where places come to the street: edge number (-1: too far), metres along it, metres to it."""

    edge: Indices
    along: Numbers
    off: Numbers


def _feet(streets: Network, places: Geometries) -> _Foot:
    edge = np.full(len(places), -1, dtype=np.intp)
    there = np.flatnonzero(~shapely.is_missing(places) & ~shapely.is_empty(places))
    if len(streets.edges) and len(there):
        tree = shapely.STRtree(streets.edges)
        place, nearest = tree.query_nearest(places[there], max_distance=OFF_STREET_M, all_matches=False)
        edge[there[place]] = nearest
    on = np.flatnonzero(edge >= 0)
    along, off = np.zeros(len(places)), np.full(len(places), np.nan)
    foot = shapely.shortest_line(places[on], streets.edges[edge[on]])
    along[on] = shapely.line_locate_point(streets.edges[edge[on]], shapely.get_point(foot, -1))
    off[on] = shapely.length(foot)
    return _Foot(edge, along, off)


def ways(streets: Network, places: Geometries, goals: Geometries) -> Ways:
    """The shortest way from each of ``places`` to any of ``goals``: points in metres, None where there is none.

    Points, because of a wall along a street no one point is the nearest.
    """
    count = len(places)
    none = Ways(np.full(count, np.nan), np.full(count, -1, dtype=np.intp))
    home, aim = _feet(streets, places), _feet(streets, goals)
    reached = np.flatnonzero(aim.edge >= 0)
    if len(reached) == 0:
        return none
    to_node, nearest_goal = _fields(streets, aim, reached)
    on = home.edge >= 0
    ends = streets.ends[home.edge]
    beyond = streets.length[home.edge] - home.along
    by_end = np.stack([home.along + to_node[ends[:, 0]], beyond + to_node[ends[:, 1]]], axis=1)
    side = np.argmin(by_end, axis=1)
    distance = by_end[np.arange(count), side] + home.off
    goal = nearest_goal[ends[np.arange(count), side]]
    _along_one_edge(home, aim, reached, distance, goal)
    known: Mask = on & np.isfinite(distance)
    return Ways(np.where(known, distance, np.nan), np.where(known, goal, -1))


def _fields(streets: Network, aim: _Foot, reached: Indices) -> tuple[Numbers, Indices]:
    """From every crossing the distance to the nearest goal, and which it is: one search from all goals at once."""
    start = streets.nodes + np.arange(len(reached))
    edge, along = aim.edge[reached], aim.along[reached]
    first, last = streets.ends[edge, 0], streets.ends[edge, 1]
    off = aim.off[reached]
    a, b = streets.ends[:, 0], streets.ends[:, 1]
    rows = np.concatenate([a, b, start, start])
    columns = np.concatenate([b, a, first, last])
    weights = np.concatenate([streets.length, streets.length, off + along, off + streets.length[edge] - along])
    size = streets.nodes + len(reached)
    # Of two streets between the same crossings the shorter counts; a sparse array would add them up.
    order = np.lexsort((weights, columns, rows))
    rows, columns, weights = rows[order], columns[order], weights[order]
    first_of = np.ones(len(rows), dtype=bool)
    first_of[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    length = np.maximum(weights[first_of], 1e-9)
    distance, source = nearest(rows[first_of], columns[first_of], length, size, start)
    at = np.where(source >= streets.nodes, source - streets.nodes, 0)
    return distance[: streets.nodes], reached[at][: streets.nodes]


def _along_one_edge(home: _Foot, aim: _Foot, reached: Indices, distance: Numbers, goal: Indices) -> None:
    """A goal between the same two crossings may be nearer than either of them."""
    for one in reached:
        same = np.flatnonzero(home.edge == aim.edge[one])
        straight = np.abs(home.along[same] - aim.along[one]) + home.off[same] + aim.off[one]
        nearer = same[straight < distance[same]]
        distance[nearer] = straight[straight < distance[same]]
        goal[nearer] = one

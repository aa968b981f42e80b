"""The pipes of the simulated water supply as a network: mains along the streets, branches to hydrants, leads.

Mains run parallel to the centrelines by one common shift, so they meet where streets meet. Every hydrant stands on a
branch that leaves the main at a node; the main is split there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray
from shapely import LineString, Point

from .shapes import piece_of
from .streets import Street

_SHIFT = (1.9, -1.5)  # metres from the centreline
_DN = {"main": 315.0, "area_main": 250.0, "area": 200.0, "distributor": 160.0, "housing_group": 110.0, "path": 110.0}
_HYDRANT_EVERY = 105.0  # metres; with the play to both sides at most 145, QCVN 01:2021/BXD 2.10.5 asks for 150
_PLAY = 20.0
_BEHIND_KERB = 0.4


@dataclass(frozen=True)
class Pipe:
    """A pipe between two nodes; ``valve`` marks where valves stand on it."""

    line: LineString
    dn: float
    function: str = "distribution"
    valve: tuple[str, ...] = ()


def mains_along(streets: tuple[Street, ...]) -> list[Pipe]:
    """Pipes between the street crossings that hang together, each as wide as its street's class asks."""
    served = [s for s in streets if s.place == "town" or s.settled]
    net = shapely.node(shapely.GeometryCollection([s.line for s in served]))
    merged = shapely.get_parts(shapely.line_merge(shapely.set_precision(net, 0.001)))
    edges: list[LineString] = [e for e in merged if e.length > 6.0]
    keep = _connected(edges)
    tree = shapely.STRtree([s.line for s in served])
    classes = [served[int(k)].road_class for k in tree.nearest([e.interpolate(0.5, normalized=True) for e in edges])]
    moved = [shapely.set_precision(shapely.affinity.translate(e, *_SHIFT), 0.001) for e in edges]
    return [Pipe(line, _DN.get(c, 110.0)) for line, c, ok in zip(moved, classes, keep, strict=True) if ok]


def _connected(edges: list[LineString]) -> np.ndarray:
    """Which edges belong to the largest connected part."""
    ends = np.array([[e.coords[0], e.coords[-1]] for e in edges]).reshape(-1, 2)
    _, node = np.unique(np.round(ends, 3), axis=0, return_inverse=True)
    parent = np.arange(node.max() + 1)

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = int(parent[k])
        return k

    pairs = node.reshape(-1, 2)
    for a, b in pairs:
        parent[root(int(a))] = root(int(b))
    roots = np.array([root(int(a)) for a in pairs[:, 0]])
    values, counts = np.unique(roots, return_counts=True)
    return np.asarray(roots == values[np.argmax(counts)])


def with_hydrants(
    mains: list[Pipe], streets: tuple[Street, ...], walls: NDArray[np.object_]
) -> tuple[list[Pipe], list[tuple[int, Point]]]:
    """Mains split where hydrant branches leave, with the branches; and for each hydrant its branch and place.

    Hydrants stand along every street with mains, each where the ``walls`` around leave most room.
    """
    cuts: list[list[tuple[float, Point]]] = [[] for _ in mains]
    tree = shapely.STRtree([main.line for main in mains])
    for place, foot in _posts(streets, mains, walls):
        k = int(tree.nearest(foot))
        cuts[k].append((mains[k].line.project(foot), place))
    pipes: list[Pipe] = []
    hydrants: list[tuple[int, Point]] = []
    for main, found in zip(mains, cuts, strict=True):
        posts = sorted(found, key=lambda one: one[0])
        length = main.line.length
        stops = [0.0, *(min(max(at, 0.5), length - 0.5) / length for at, _ in posts), 1.0]
        pieces: list[LineString] = [shapely.set_precision(piece_of(main.line, a, b), 0.001) for a, b in pairwise(stops)]
        for k, piece in enumerate(pieces):
            pipes.append(replace(main, line=piece, valve=("isolation",) if k == 0 else ()))
            if k:
                place = posts[k - 1][1]
                hydrants.append((len(pipes), place))
                branch = LineString([Point(piece.coords[0]), place])
                pipes.append(Pipe(branch, 110.0, "hydrant_branch", ("hydrant",)))
    return pipes, hydrants


def _posts(streets: tuple[Street, ...], mains: list[Pipe], walls: NDArray[np.object_]) -> Iterator[tuple[Point, Point]]:
    """Places for hydrants behind the kerb, and the points of the streets' mains where their branches leave."""
    near_main = shapely.STRtree([main.line for main in mains])
    lines = [street.line for street in streets]
    roads, houses = shapely.STRtree(lines), shapely.STRtree(walls)
    for s, street in enumerate(streets):
        count = max(1, math.ceil(street.line.length / _HYDRANT_EVERY))
        for n in range(count):
            middle = (n + 0.5) * street.line.length / count
            best: tuple[float, Point, Point] | None = None
            for at in middle + np.linspace(-_PLAY, _PLAY, 9):
                foot, place_of = _beside(street, float(np.clip(at, 1.0, street.line.length - 1.0)))
                main_at = Point(foot.x + _SHIFT[0], foot.y + _SHIFT[1])
                if mains[int(near_main.nearest(main_at))].line.distance(main_at) > 1.0:
                    continue
                for place in place_of:
                    if int(roads.nearest(place)) != s:  # beside a crossing it would count on the other street
                        continue
                    room = float(walls[int(houses.nearest(place))].distance(place))
                    if best is None or min(room, 8.0) > best[0] + 0.05:
                        best = (min(room, 8.0), place, main_at)
            if best is not None:
                yield best[1], best[2]


def _beside(street: Street, at: float) -> tuple[Point, tuple[Point, Point]]:
    """A point of the centreline, and the places behind the kerb on both sides of it."""
    here, ahead = street.line.interpolate(at), street.line.interpolate(at + 0.5)
    along = np.array([ahead.x - here.x, ahead.y - here.y])
    along /= np.hypot(*along)
    off = street.carriageway_m / 2 + _BEHIND_KERB
    left, right = (Point(np.round([here.x - side * along[1], here.y + side * along[0]], 3)) for side in (off, -off))
    return here, (left, right)


def lead(mains: list[Pipe], place: Point, walls: NDArray[np.object_], clear_m: float) -> LineString | None:
    """A straight pipe to the nearest node of the mains from which it stays ``clear_m`` from ``walls``; None without."""
    ends = [Point(c) for m in mains for c in (m.line.coords[0], m.line.coords[-1])]
    tree = shapely.STRtree(walls)
    for end in sorted(ends, key=place.distance):
        made = LineString([place, end])
        if len(tree.query(made, predicate="dwithin", distance=clear_m)) == 0:
            return made
    return None

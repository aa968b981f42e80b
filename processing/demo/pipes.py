"""The pipes of the simulated water supply as a network: mains along the streets, branches to hydrants, leads.

Mains run parallel to the centrelines by one common shift, so they meet where streets meet. Every hydrant stands on a
branch that leaves the main at a node; the main is split there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
import shapely.affinity
from shapely import LineString, Point

from .shapes import piece_of
from .streets import Street

_SHIFT = (1.9, -1.5)  # metres from the centreline
_DN = {"main": 315.0, "area_main": 250.0, "area": 200.0, "distributor": 160.0, "housing_group": 110.0, "path": 110.0}
_HYDRANT_EVERY = 140.0  # metres; QCVN 01:2021/BXD 2.10.5 asks for at most 150
_HYDRANT_OFF = 2.0


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


def with_hydrants(mains: list[Pipe]) -> tuple[list[Pipe], list[tuple[int, Point]]]:
    """Mains split where hydrant branches leave, with the branches; and for each hydrant its branch and place."""
    pipes: list[Pipe] = []
    hydrants: list[tuple[int, Point]] = []
    for main in mains:
        count = round(main.line.length / _HYDRANT_EVERY) if main.line.length > 60.0 else 0
        cuts = [(k + 0.5) / count for k in range(count)]
        stops = [0.0, *cuts, 1.0]
        pieces: list[LineString] = [shapely.set_precision(piece_of(main.line, a, b), 0.001) for a, b in pairwise(stops)]
        for k, piece in enumerate(pieces):
            pipes.append(replace(main, line=piece, valve=("isolation",) if k == 0 else ()))
            if k:
                start = np.array(piece.coords[0])
                along = np.array(piece.coords[1]) - start
                along /= np.hypot(*along)
                place = np.round(start + _HYDRANT_OFF * np.array([along[1], -along[0]]), 3)
                hydrants.append((len(pipes), Point(place)))
                pipes.append(Pipe(LineString([start, place]), 110.0, "hydrant_branch", ("hydrant",)))
    return pipes, hydrants


def lead(mains: list[Pipe], place: Point) -> LineString:
    """A straight pipe from ``place`` to the nearest node of the mains."""
    ends = [Point(c) for m in mains for c in (m.line.coords[0], m.line.coords[-1])]
    nearest = ends[int(shapely.STRtree(ends).nearest(place))]
    return LineString([place, nearest])

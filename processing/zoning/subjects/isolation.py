"""Segments of a water network between its valves, and the hydrants that shutting one of them cuts off.

Ends of pipes and pieces of pipes between valves are the vertices of a graph; a piece hangs on the end of its pipe
unless a valve sits there. Its connected components are the isolation segments: what must be shut for a repair anywhere
in it. Behind a shut segment lies what then reaches no tank any more. A valve is a border whether it stands open or
closed; water passes only through open ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import Mask, Numbers, absent, nothing, pick, words
from ..land.graphs import components
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..table import named, when
from .model import Kind, Subjects
from .pipes import nodes_of
from .separation import areal

# A valve, hydrant or tank this near to a pipe belongs to it, and to its end: the accuracy of surveyed networks (our
# judgement).
NEAR_M = 1.0
# What stops water in either direction when somebody shuts it.
_STOPS = ("isolation", "boundary", "hydrant", "bypass")
# Pipes without water in them.
_DRY = ("planned", "design", "construction", "abandoned", "removed")
NO_TANK = "water_tank"


@dataclass(frozen=True)
class Network:
    """Pieces of pipes: row of the ``pipe``, ``start`` and ``end`` along it (m), and the ``segment`` of each.

    ``joints`` are pairs of segments on both sides of an open valve; ``at_node`` is the segment of every pipe end.
    """

    pipe: Indices
    start: Numbers
    end: Numbers
    segment: Indices
    joints: Indices
    count: int

    def piece_at(self, pipe: Indices, along: Numbers) -> Indices:
        """The piece of each ``pipe`` at the place ``along`` it (m); -1 where the pipe is not in the network."""
        made = np.full(len(pipe), -1, dtype=np.intp)
        last = np.full(int(self.pipe.max(initial=-1)) + 1, -1, dtype=np.intp)
        first = last.copy()
        for piece, row in enumerate(self.pipe):  # the pieces of a pipe follow each other
            first[row] = piece if first[row] < 0 else first[row]
            last[row] = piece
        for i, (row, place) in enumerate(zip(pipe, along, strict=True)):
            if 0 <= row < len(first) and first[row] >= 0:
                mine = slice(first[row], last[row] + 1)
                made[i] = first[row] + min(int((self.end[mine] < place).sum()), last[row] - first[row])
        return made


def network(lines: Geometries, valves: pd.DataFrame) -> Network:
    """The segments of ``lines`` (None: not in the network) cut at ``valves``: ``pipe``, ``along`` (m), ``closed``."""
    there = np.flatnonzero(~absent(lines))
    length = np.zeros(len(lines))
    length[there] = shapely.length(lines[there])
    ends = np.full((len(lines), 2), -1, dtype=np.intp)
    ends[there] = nodes_of(lines[there])
    nodes = int(ends.max(initial=-1)) + 1
    pieces: list[tuple[int, float, float]] = []
    ties: list[tuple[int, int]] = []  # a node and a piece that hangs on it
    borders: list[tuple[int, int, bool]] = []  # two vertices with a valve between, and if it lets water pass
    by_pipe = {pipe: mine.sort_values("along") for pipe, mine in valves.groupby("pipe")}
    for pipe in there:
        mine = by_pipe.get(pipe)
        places = [] if mine is None else list(zip(mine["along"], ~mine["closed"].astype(bool), strict=True))
        at_start = [opened for place, opened in places if place <= NEAR_M]
        at_end = [opened for place, opened in places if place >= length[pipe] - NEAR_M and place > NEAR_M]
        inner = [(place, opened) for place, opened in places if NEAR_M < place < length[pipe] - NEAR_M]
        cuts = [0.0, *(place for place, _ in inner), float(length[pipe])]
        first = len(pieces)
        pieces += [(int(pipe), low, high) for low, high in pairwise(cuts)]
        borders += [(nodes + first + i, nodes + first + i + 1, opened) for i, (_, opened) in enumerate(inner)]
        for node, piece, shut in ((ends[pipe, 0], first, at_start), (ends[pipe, 1], len(pieces) - 1, at_end)):
            if shut:
                borders.append((int(node), nodes + piece, all(shut)))
            else:
                ties.append((int(node), nodes + piece))
    size = nodes + len(pieces)
    tied = np.array(ties, dtype=np.intp).reshape(-1, 2)
    count, of = components(tied[:, 0], tied[:, 1], size)
    joints = np.array([(of[a], of[b]) for a, b, opened in borders if opened], dtype=np.intp).reshape(-1, 2)
    table = np.array(pieces, dtype=float).reshape(-1, 3)
    return Network(table[:, 0].astype(np.intp), table[:, 1], table[:, 2], of[nodes:].astype(np.intp), joints, count)


def cut_off(count: int, joints: Indices, fed: Mask, own: Numbers) -> Numbers:
    """What each of ``count`` segments cuts off when it is shut: its ``own`` and all that then reaches no ``fed`` one.

    NaN for segments that reach no fed one at all. Linear in time: one depth-first search from a source behind all fed
    segments; a segment cuts off a subtree that has no way round it (R. Tarjan, Depth-first search and linear graph
    algorithms, SIAM J. Comput. 1, 1972).
    """
    root = count
    beside: list[list[int]] = [[] for _ in range(count + 1)]
    for a, b in joints:
        if a != b:
            beside[a].append(int(b))
            beside[b].append(int(a))
    beside[root] = [int(one) for one in np.flatnonzero(fed)]
    for one in beside[root]:
        beside[one].append(root)
    found = np.full(count + 1, -1, dtype=np.intp)
    parent = np.full(count + 1, -1, dtype=np.intp)
    order, waiting = [root], [(root, iter(beside[root]))]
    found[root] = 0
    while waiting:
        here, following = waiting[-1]
        for other in following:
            if found[other] < 0:
                found[other], parent[other] = len(order), here
                order.append(other)
                waiting.append((other, iter(beside[other])))
                break
        else:
            waiting.pop()
    weight = np.append(own, 0.0)
    low, cut = found.copy(), weight.copy()
    for here in reversed(order):
        low[here] = min([low[here], *(found[other] for other in beside[here])])
        up = parent[here]
        if up >= 0:
            if low[here] >= found[up]:
                cut[up] += weight[here]
            weight[up] += weight[here]
            low[up] = min(low[up], low[here])
    made: Numbers = np.where(found[:count] >= 0, cut[:count], np.nan)
    return made


def isolated(scene: Scene) -> Subjects:
    """One subject per isolation segment: the hydrants that a repair in it cuts off.

    Its feature is the pipe that has most of it. Nothing can be said where no tank feeds the segment, nor where a
    hydrant lies so far from every pipe that it cannot be told what it hangs on.
    """
    pipes, hydrants = scene.layers["water_pipe"], scene.layers["hydrant"]
    lines = _lines(scene)
    net = network(lines, _valves(scene, lines))
    hydrant, unsure = _on_pieces(scene, net, lines, "hydrant", "branch_pipe_id")
    own = np.bincount(net.segment[hydrant[hydrant >= 0]], minlength=net.count).astype(float)
    tank, _ = _on_pieces(scene, net, lines, "water_tank", "")
    fed = np.zeros(net.count, dtype=bool)
    fed[net.segment[tank[tank >= 0]]] = True
    hydrants_off = cut_off(net.count, net.joints, fed, own)
    astray = np.zeros(net.count, dtype=bool)
    astray[net.segment[unsure[unsure >= 0]]] = True

    length = net.end - net.start
    best = pd.DataFrame({"segment": net.segment, "length": length, "piece": np.arange(len(length))})
    best = best.sort_values(["segment", "length", "piece"], ascending=[True, False, True]).drop_duplicates("segment")
    piece, segment = best["piece"].to_numpy(dtype=np.intp), best["segment"].to_numpy(dtype=np.intp)
    rows = net.pipe[piece]
    table = named(pipes).at(rows)
    table["cut_off"] = np.where(astray[segment], np.nan, hydrants_off[segment])
    table["cut_off.lacking"] = when(astray[segment], "hydrant.branch_pipe_id", NO_TANK)
    table["segment_length"] = np.round(np.bincount(net.segment, length, minlength=net.count)[segment], 1)
    table["own_hydrants"] = own[segment]
    table["hydrants_total"] = np.full(len(rows), float(len(hydrants)))

    def whole(at: Indices, _limit: NDArray[np.float64]) -> Geometries:
        made = nothing(len(at))
        for i, row in enumerate(at):
            made[i] = shapely.union_all(lines[np.unique(net.pipe[net.segment == segment[row]])])
        return areal(made)

    return Subjects("water_pipe", table, areal(pipes.geometry.to_numpy())[rows], whole)


def _lines(scene: Scene) -> Geometries:
    """Pipes with water in them as single lines, None for the others."""
    pipes = scene.layers["water_pipe"]
    shapes, flaw = scene.sound("water_pipe")
    wet = absent(flaw) & ~np.isin(words(pipes, "lifecycle").astype(str), _DRY)
    wet &= words(pipes, "function") != "drain"
    return pick(wet, shapely.line_merge(shapes), None)


def _valves(scene: Scene, lines: Geometries) -> pd.DataFrame:
    layer = scene.layers["water_valve"]
    points, flaw = scene.sound("water_valve")
    stops = absent(flaw) & np.isin(words(layer, "valve_function").astype(str), _STOPS)
    closed = (words(layer, "closed") == True) | (words(layer, "normal_position") == "closed")  # noqa: E712 - elementwise
    pipe = _pipe_of(scene, layer, "pipe_id", points, lines)
    kept = np.flatnonzero(stops & (pipe >= 0))
    along = shapely.line_locate_point(lines[pipe[kept]], points[kept])
    return pd.DataFrame({"pipe": pipe[kept], "along": along, "closed": closed[kept]})


def _pipe_of(scene: Scene, layer: pd.DataFrame, field: str, points: Geometries, lines: Geometries) -> Indices:
    """The row of the pipe that each feature names, else of the nearest within reach; -1 where there is none."""
    made = np.full(len(points), -1, dtype=np.intp)
    if field:
        made = pd.Index(words(scene.layers["water_pipe"], "uid")).get_indexer(pd.Index(words(layer, field)))
        made = np.where((made >= 0) & ~absent(lines[made]), made, -1).astype(np.intp)
    left = np.flatnonzero((made < 0) & ~absent(points))
    at, near = shapely.STRtree(lines).query_nearest(points[left], max_distance=NEAR_M, all_matches=False)
    made[left[at]] = near
    return made


def _on_pieces(scene: Scene, net: Network, lines: Geometries, layer_id: str, field: str) -> tuple[Indices, Indices]:
    """The piece that each feature hangs on (-1: none), and the piece nearest to those that hang on none."""
    layer = scene.layers[layer_id]
    points, _ = scene.sound(layer_id)
    pipe = _pipe_of(scene, layer, field, points, lines)
    on = np.flatnonzero(pipe >= 0)
    made = np.full(len(points), -1, dtype=np.intp)
    made[on] = net.piece_at(pipe[on], shapely.line_locate_point(lines[pipe[on]], points[on]))
    left = np.flatnonzero((made < 0) & ~absent(points))
    at, near = shapely.STRtree(lines).query_nearest(points[left], all_matches=False)
    return made, net.piece_at(near, shapely.line_locate_point(lines[near], points[left[at]]))


ISOLATED = Kind(
    isolated,
    {
        "water_pipe": ("code", "function", "lifecycle"),
        "water_valve": ("code", "valve_function", "pipe_id", "closed", "normal_position"),
        "hydrant": ("code", "branch_pipe_id"),
        "water_tank": ("code",),
    },
    required=("water_pipe", "water_valve", "hydrant", "water_tank"),
)

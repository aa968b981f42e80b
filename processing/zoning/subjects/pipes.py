"""Pipes as a graph: branches that end, and how far their end is from the loop that feeds them."""

from __future__ import annotations

from collections import deque

import numpy as np
import shapely

from ..columns import Mask, Numbers, absent, pick, words
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..table import named, when
from .model import Kind, Subjects
from .separation import areal

# Ends nearer than this are one node: half of the least accuracy of surveyed pipes (our judgement).
SNAP_M = 0.01
# Pipes whose own end is no dead end of the network: they lead to a hydrant, a house, a drain.
_TWIGS = ("hydrant_branch", "service", "drain")


def ending(scene: Scene) -> Subjects:
    """One subject per pipe: of the last pipe of a dead end its length back to a loop; the others are outside."""
    pipes = scene.layers["water_pipe"]
    shapes, flaw = scene.sound("water_pipe")
    function = words(pipes, "function")
    part = absent(flaw) & ~np.isin(function.astype(str), _TWIGS)
    ends = np.full((len(shapes), 2), -1, dtype=np.intp)
    ends[part] = nodes_of(shapes[part])
    length, ends_here = dead_ends(ends, np.nan_to_num(shapely.length(shapes)))
    table = named(pipes)
    table["flaw"] = flaw
    table["scope"] = when(absent(flaw) & ~ends_here, "no_dead_end")
    table["dead_end"] = np.where(ends_here, length, np.nan)
    whole = areal(pipes.geometry.to_numpy())
    return Subjects("water_pipe", table, whole, lambda rows, _limit: whole[rows])


def dead_ends(ends: Indices, length: Numbers) -> tuple[Numbers, Mask]:
    """For each pipe (two nodes; -1: not in the graph) the length from its free end back to a loop, and if it has one.

    Leaves are cut off one after the other; what is cut hangs on a loop as trees. A network without any loop is one dead
    end: its lengths run to the last node that is left.
    """
    count = int(ends.max(initial=-1)) + 1
    at: list[list[int]] = [[] for _ in range(count)]
    for pipe, (a, b) in enumerate(ends):
        if a >= 0 and a != b:
            at[a].append(pipe)
            at[b].append(pipe)
    left = np.array([len(pipes) for pipes in at])
    leaves = deque(int(node) for node in np.flatnonzero(left == 1))
    first = [(at[node][0], node) for node in leaves]
    towards: dict[int, tuple[int, int]] = {}  # node → pipe and node on the way to the loop
    cut: set[int] = set()
    while leaves:
        node = leaves.popleft()
        kept = [pipe for pipe in at[node] if pipe not in cut]
        if not kept:  # the last node of a network without any loop
            continue
        pipe = kept[0]
        other = int(ends[pipe].sum()) - node
        towards[node] = (pipe, other)
        cut.add(pipe)
        left[other] -= 1
        if left[other] == 1:
            leaves.append(other)
    way = np.zeros(len(ends))
    free = np.zeros(len(ends), dtype=bool)
    for last, leaf in first:
        node, total = leaf, 0.0
        while node in towards:
            step, node = towards[node]
            total += length[step]
        way[last], free[last] = max(way[last], total), True
    return way, free


def nodes_of(shapes: Geometries) -> Indices:
    """Two node numbers per pipe; ends within :data:`SNAP_M` are one node."""
    lines = shapely.line_merge(shapes)
    single = np.array([line.geom_type == "LineString" for line in lines], dtype=bool)
    lines = pick(single, lines, None)
    for i in np.flatnonzero(~single):  # drawn in pieces that do not meet: its first and last vertex
        lines[i] = shapely.LineString(shapely.get_coordinates(shapes[i]))
    points = np.vstack([shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1)])
    _, node = np.unique(np.round(points / SNAP_M), axis=0, return_inverse=True)
    return np.asarray(node.reshape(2, -1).T, dtype=np.intp)


ENDING = Kind(ending, {"water_pipe": ("code", "function")}, required=("water_pipe",))

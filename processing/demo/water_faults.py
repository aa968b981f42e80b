"""Truth about the water supply: hydrants that stand by a wall because the street is narrow, and long dead ends.

Nobody planted these; the town is as narrow as it is. They are worked out here by other means than those of the check.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from .cadastre import Frames
from .protected import Book

_WALL_M = 5.0  # QCVN 01:2021/BXD, 2.10.5; QCVN 10:2025/BCA asks for 1 m
_DEAD_END_M = 200.0  # QCVN 10:2025/BCA, H.1.4.2
_CUT_OFF = 5  # hydrants; QCVN 10:2025/BCA, H.1.4.3
_TWIGS = ("hydrant_branch", "service", "drain")


def water_faults(frames: Frames) -> pd.DataFrame:
    """Rows of truth about hydrants and pipes."""
    book = Book()
    hydrants, walls = frames["hydrant"], frames["building"].geometry.to_numpy()
    _, apart = shapely.STRtree(walls).query_nearest(
        hydrants.geometry.to_numpy(), return_distance=True, all_matches=False
    )
    for row in np.flatnonzero(apart < _WALL_M - 0.005).tolist():
        book.note("hydrant_by_wall", "hydrant", hydrants.iloc[row], "qcvn01.hydrant.wall")
    pipes = frames["water_pipe"]
    for row in _long_dead_ends(pipes):
        book.note("dead_end_long", "water_pipe", pipes.iloc[row], "qcvn10.dead_end")
    for row in _repairs_that_cut_off(frames):
        book.note("repair_cuts_off", "water_pipe", pipes.iloc[row], "qcvn10.isolation")
    return pd.DataFrame(book.rows)


def _long_dead_ends(pipes: gpd.GeoDataFrame) -> list[int]:
    """Rows of the last pipes of dead ends: their free end lies farther than allowed from every loop."""
    part = np.flatnonzero(~pipes["function"].isin(_TWIGS).to_numpy())
    names = pipes[["from_node", "to_node"]].iloc[part].to_numpy()
    nodes, ends = np.unique(names, return_inverse=True)
    ends = ends.reshape(-1, 2)
    count = len(nodes)
    kept = ends[:, 0] != ends[:, 1]
    degree = np.bincount(ends[kept].ravel(), minlength=count)
    free = degree == 1
    while (degree[ends] == 1).any(axis=1)[kept].any():
        kept &= ~(degree[ends] == 1).any(axis=1)
        degree = np.bincount(ends[kept].ravel(), minlength=count)
    length = shapely.length(pipes.geometry.to_numpy()[part])
    graph = csr_array((length, (ends[:, 0], ends[:, 1])), shape=(count, count))
    way = dijkstra(graph, directed=False, indices=np.flatnonzero(degree > 0), min_only=True)
    far = (free & (way > _DEAD_END_M))[ends].any(axis=1)
    return [int(row) for row in part[far]]


def _repairs_that_cut_off(frames: Frames) -> list[int]:
    """Rows of pipes whose repair leaves more hydrants without a tank than allowed.

    Between valves at its ends lies one pipe or a few, or nothing but the short ends of pipes around a joint; each such
    part is taken out in turn, and what a tank still reaches is counted anew. Named is the pipe that has most of it.
    """
    pipes, valves = frames["water_pipe"], frames["water_valve"]
    shapes = pipes.geometry.to_numpy()
    row_of = {uid: row for row, uid in enumerate(pipes["uid"])}
    nodes, ends = np.unique(pipes[["from_node", "to_node"]].to_numpy(), return_inverse=True)
    ends = ends.reshape(-1, 2)
    valved = np.zeros(ends.shape, dtype=bool)
    stub = np.zeros(ends.shape)  # metres from a valve to the end of its pipe
    for uid, place in zip(valves["pipe_id"], valves.geometry, strict=True):
        row = row_of[uid]
        along = shapely.line_locate_point(shapely.line_merge(shapes[row]), place)
        length = shapely.length(shapes[row])
        end = int(along > length / 2)
        valved[row, end], stub[row, end] = True, length - along if end else along
    vertices = len(nodes) + len(pipes)  # nodes, then pipes
    pipe = np.repeat(np.arange(len(pipes)), 2).reshape(-1, 2) + len(nodes)
    tied = csr_array((np.ones((~valved).sum()), (ends[~valved], pipe[~valved])), shape=(vertices, vertices))
    count, part = connected_components(tied, directed=False)
    across = np.column_stack([part[ends[valved]], part[pipe[valved]]])
    hydrants = np.bincount(
        [part[len(nodes) + row_of[uid]] for uid in frames["hydrant"]["branch_pipe_id"]], minlength=count
    )
    on, _ = shapely.STRtree(shapes).query_nearest(frames["water_tank"].geometry.to_numpy(), return_distance=True)
    tanks = np.unique(part[on[1] + len(nodes)])
    far = []
    for shut in range(count):
        left = across[(across != shut).all(axis=1)]
        graph = csr_array((np.ones(len(left)), (left[:, 0], left[:, 1])), shape=(count, count))
        _, of = connected_components(graph, directed=False)
        reached = np.isin(of, of[tanks[tanks != shut]]) & (np.arange(count) != shut)
        if hydrants[~reached].sum() > _CUT_OFF:
            mine = np.flatnonzero(part[len(nodes) :] == shut)
            around = np.where(valved & (part[ends] == shut), stub, 0.0).max(axis=1)
            if len(mine):
                far.append(int(mine[np.argmax(shapely.length(shapes[mine]))]))
            elif around.max() > 0.0:
                far.append(int(np.argmax(around.round(6))))
    return far

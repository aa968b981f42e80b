"""Truth about the water supply: hydrants that stand by a wall because the street is narrow, and long dead ends.

Nobody planted these; the town is as narrow as it is. They are worked out here by other means than those of the check.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .cadastre import Frames
from .protected import Book

_WALL_M = 5.0  # QCVN 01:2021/BXD, 2.10.5; QCVN 10:2025/BCA asks for 1 m
_DEAD_END_M = 200.0  # QCVN 10:2025/BCA, H.1.4.2
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

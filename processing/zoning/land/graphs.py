"""Graphs over numbered vertices. scipy is imported when a rule needs one: that takes a fifth of a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..columns import Numbers
from .overlay import Indices


def components(one: Indices, other: Indices, vertices: int) -> tuple[int, NDArray[np.int32]]:
    """How many connected parts the undirected edges ``one``-``other`` make, and the number of each vertex' part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(one)), (one, other)), shape=(vertices, vertices))
    count, part = connected_components(graph, directed=False)
    return int(count), part


def nearest(
    one: Indices, other: Indices, length: Numbers, vertices: int, goals: Indices
) -> tuple[Numbers, NDArray[np.int32]]:
    """How far each vertex is from the nearest of ``goals`` along edges from ``one`` to ``other``, each given once, and
    which goal that is (negative where there is no way).
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    graph = csr_array((length, (one, other)), shape=(vertices, vertices))
    distance, _, source = dijkstra(graph, indices=goals, min_only=True, return_predecessors=True)
    return distance, source

"""How large changed ground is, at least, about and at most: a pixel at the edge may belong to it or not.

Outlines move mitred, so that a square of pixels stays a square: with ± 5 m, 0.1 ha becomes 0.05 to 0.17 ha.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray


def grown(geometry: Any, distance_m: float) -> Any:
    """Polygons (one or an array) with their outline moved out by ``distance_m``, in where it is negative."""
    return shapely.buffer(geometry, distance_m, join_style="mitre")


def interval(geometry: NDArray[np.object_], edge_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest area (m²) when the outline lies within ``edge_m`` (half a pixel) of where it is drawn."""
    low: NDArray[np.float64] = shapely.area(grown(geometry, -edge_m))
    high: NDArray[np.float64] = shapely.area(grown(geometry, edge_m))
    return low, high


def outside_interval(
    geometry: NDArray[np.object_], licences: NDArray[np.object_], tolerance_m: NDArray[np.float64], edge_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest area (m²) beyond all ``licences``; each boundary is known to its ``tolerance_m``."""
    if not len(licences):
        return interval(geometry, edge_m)
    widest = shapely.union_all(shapely.buffer(licences, tolerance_m))
    tightest = shapely.union_all(shapely.buffer(licences, -tolerance_m))
    low: NDArray[np.float64] = shapely.area(shapely.difference(grown(geometry, -edge_m), widest))
    high: NDArray[np.float64] = shapely.area(shapely.difference(grown(geometry, edge_m), tightest))
    return low, high


def real_growth(now: Any, before: Any, edge_m: float) -> Any:
    """What of ``now`` (a polygon) goes beyond ``before`` by more than a pixel's width: slivers along the common
    outline, which every image draws a little differently, are no growth. Empty where nothing does.
    """
    new = shapely.difference(now, before)
    core = grown(new, -edge_m)
    return shapely.intersection(new, grown(core, edge_m * 1.001))

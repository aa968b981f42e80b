"""What the map says around an object: roads it covers, licences it lies in, pits that were known, ponds that went.

All geometries are polygons or lines in one projected system, metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

# A road without a width is taken as this wide (m): two lanes of a rural road with shoulders.
ROAD_WIDTH = 9.0
# An object that close (m) to an earlier pit is its growth.
_TOUCHING = 20.0


def _nothing() -> NDArray[np.object_]:
    return np.array([], object)


@dataclass(frozen=True)
class Map:
    """Layers of the data set in the alerts' system. ``road_names`` has a name or code per road."""

    roads: NDArray[np.object_] = field(default_factory=_nothing)
    road_names: tuple[str, ...] = ()
    road_widths: NDArray[np.float64] = field(default_factory=lambda: np.array([]))
    licences: NDArray[np.object_] = field(default_factory=_nothing)
    known_pits: NDArray[np.object_] = field(default_factory=_nothing)


@dataclass(frozen=True)
class Neighbours:
    """Features per object, and the names of the roads that each covers, the longest stretch first."""

    features: dict[str, NDArray[np.float64]]
    roads: tuple[tuple[tuple[str, float], ...], ...]


def neighbours(objects: NDArray[np.object_], around: Map) -> Neighbours:
    """``road_m`` (length of centreline under the object), ``in_licence`` (share 0 to 1), ``known_pit`` (0 or 1)."""
    covered = _roads(objects, around)
    features = {
        "road_m": np.array([sum(length for _, length in roads) for roads in covered], float),
        "in_licence": _share_inside(objects, around.licences),
        "known_pit": _near(objects, around.known_pits),
    }
    return Neighbours(features, covered)


def distance_to(objects: NDArray[np.object_], others: NDArray[np.object_]) -> NDArray[np.float64]:
    """Distance of each object to the nearest of ``others``, m; infinite where there are none."""
    if not len(others) or not len(objects):
        return np.full(len(objects), np.inf)
    found = np.full(len(objects), np.inf)
    (rows, _), apart = shapely.STRtree(others).query_nearest(objects, return_distance=True, all_matches=False)
    found[rows] = apart
    return found


def _roads(objects: NDArray[np.object_], around: Map) -> tuple[tuple[tuple[str, float], ...], ...]:
    lengths: list[dict[str, float]] = [{} for _ in objects]
    if len(around.roads) and len(objects):
        widths = np.where(np.isfinite(around.road_widths) & (around.road_widths > 0), around.road_widths, ROAD_WIDTH)
        tree = shapely.STRtree(around.roads)
        rows, found = tree.query(shapely.buffer(objects, widths.max() / 2.0), predicate="intersects")
        for row, road in zip(rows.tolist(), found.tolist(), strict=True):
            under = shapely.length(shapely.intersection(around.roads[road], objects[row]))
            if under > 0.0:
                name = around.road_names[road]
                lengths[row][name] = lengths[row].get(name, 0.0) + float(under)
    return tuple(tuple(sorted(one.items(), key=lambda item: -item[1])) for one in lengths)


def _share_inside(objects: NDArray[np.object_], areas: NDArray[np.object_]) -> NDArray[np.float64]:
    if not len(areas) or not len(objects):
        return np.zeros(len(objects))
    inside = shapely.area(shapely.intersection(objects, shapely.union_all(areas)))
    return np.asarray(inside / np.maximum(shapely.area(objects), 1e-9))


def _near(objects: NDArray[np.object_], others: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.asarray(distance_to(objects, others) <= _TOUCHING, float)

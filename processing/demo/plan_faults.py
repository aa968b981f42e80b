"""Truth about the simulated plan as a whole: whether it gives enough land to streets.

Nobody planted it; the villages' lanes are as narrow as they are. It is worked out on a grid of points, not by the
overlay of the check.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .cadastre import Frames
from .protected import Book

_SHARES = {"inter_area": 6.0, "area": 13.0, "distributor": 18.0}  # %; QCVN 01:2021/BXD, 2.9.3.1
_CLASSES = (("expressway", "main_urban", "main", "inter_area"), ("area_main", "area"), ("distributor",))
_OPEN = ("CLN", "LUC", "SON")  # what the simulated plan does not build on
_BETWEEN_M = 40.0
_GRID_M = 4.0


def plan_faults(frames: Frames) -> pd.DataFrame:
    """Rows of truth about plans."""
    book = Book()
    zones, streets = frames["planned_zone"], frames["street_centreline"].set_index("uid")
    land = frames["street_boundary"]
    level = land["street"].map(streets["road_class"]).map({name: i for i, of in enumerate(_CLASSES) for name in of})
    for _, plan in zones.dropna(subset="plan_name").groupby("plan_name"):
        built = plan[~plan["land_use"].isin(_OPEN)]
        share, lowest = _share(built, land.geometry.to_numpy(), level.to_numpy(dtype=float))
        rule = list(_SHARES)[lowest]
        if share < _SHARES[rule]:
            largest = built.loc[built.area.idxmax()]
            book.note("few_streets", "planned_zone", largest, f"qcvn01.road_share.{rule}")
    return pd.DataFrame(book.rows)


def _share(built: gpd.GeoDataFrame, land: np.ndarray, level: np.ndarray) -> tuple[float, int]:
    """Per cent of street land, and the lowest level of streets, by points on a grid."""
    zones = built.geometry.to_numpy()
    west, south, east, north = built.total_bounds
    x, y = np.meshgrid(np.arange(west, east, _GRID_M), np.arange(south, north, _GRID_M))
    points = np.asarray(shapely.points(x.ravel(), y.ravel()), dtype=object)
    between = shapely.union_all(shapely.buffer(zones, _BETWEEN_M, join_style="mitre"))
    between = shapely.buffer(between, -_BETWEEN_M, join_style="mitre")
    tree = shapely.STRtree(points)
    within = np.zeros(len(points), dtype=bool)
    within[tree.query(between, predicate="intersects")] = True
    of, at = tree.query(land, predicate="intersects")
    of, at = of[within[at]], at[within[at]]
    ground = np.zeros(len(points), dtype=bool)
    ground[tree.query(zones, predicate="intersects")[1]] = True
    ground[at] = True
    lowest = int(np.nanmax(level[of]))
    roads = np.unique(at[level[of] <= lowest])
    return 100.0 * len(roads) / ground.sum(), lowest

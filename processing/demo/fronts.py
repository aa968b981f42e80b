"""Where lots meet streets: the side a house looks to, and every street that passes a lot."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

_TOUCH = 0.01  # metres; sealed borders are equal, this only forgives the last millimetre


def fronts(lots: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row per lot and street that touch: ``lot`` and ``street`` (positions), ``length_m`` of the shared border,
    ``x``, ``y`` the middle of its longest straight piece, ``nx``, ``ny`` the unit normal into the lot."""
    lot, points = _corners(lots)
    start, end = points[:-1], points[1:]
    same = lot[:-1] == lot[1:]
    start, end, lot = start[same], end[same], lot[:-1][same]
    middle = (start + end) / 2
    tree = shapely.STRtree(boundaries.geometry.to_numpy())
    edge, street = tree.query(shapely.points(middle), predicate="dwithin", distance=_TOUCH)
    along = (end - start)[edge]
    length = np.hypot(*along.T)
    # Outer rings are wound clockwise by coverage.seal (normalised), so the land lies to the right.
    normal = np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None]
    table = pd.DataFrame(
        {
            "lot": lot[edge],
            "street": street,
            "length": length,
            "x": middle[edge, 0],
            "y": middle[edge, 1],
            "nx": normal[:, 0],
            "ny": normal[:, 1],
        }
    )
    total = table.groupby(["lot", "street"])["length"].sum().rename("length_m")
    longest = table.loc[table.groupby(["lot", "street"])["length"].idxmax()]
    return longest.drop(columns="length").merge(total.reset_index(), on=["lot", "street"]).reset_index(drop=True)


def main_fronts(table: pd.DataFrame) -> pd.DataFrame:
    """The longest front of every lot that has one, by lot."""
    return table.loc[table.groupby("lot")["length_m"].idxmax()].set_index("lot")


def _corners(lots: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    rings, part = shapely.get_rings(shapely.get_parts(lots.geometry.to_numpy()), return_index=True)
    owner = shapely.get_parts(lots.geometry.to_numpy(), return_index=True)[1][part]
    points, ring = shapely.get_coordinates(rings, return_index=True)
    return owner[ring], points

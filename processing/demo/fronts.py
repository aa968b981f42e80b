"""Where lots meet streets: the side a house looks to, and every street that passes a lot."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

_GRID = 1000.0  # coverage.seal puts all corners on a millimetre grid: counted in millimetres they are whole numbers


def fronts(lots: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row per lot and street that share a border, both sealed together (``coverage.seal``).

    ``lot`` and ``street`` are positions, ``length_m`` the length of the shared border; ``x``, ``y`` the middle of its
    longest straight piece and ``nx``, ``ny`` the unit normal into the lot there.
    """
    mine, of_street = _edges(lots), _edges(boundaries).drop(columns=["x0", "y0", "x1", "y1"])
    shared = mine.merge(of_street, on=["key_low", "key_high"], suffixes=("_lot", "_street"))
    dx, dy = shared.x1 - shared.x0, shared.y1 - shared.y0
    length = np.hypot(dx, dy)
    table = pd.DataFrame(
        {
            "lot": shared.owner_lot,
            "street": shared.owner_street,
            "length": length,
            "x": (shared.x0 + shared.x1) / 2,
            "y": (shared.y0 + shared.y1) / 2,
            # Sealed outer rings run clockwise, so the lot lies to the right.
            "nx": dy / length,
            "ny": -dx / length,
        }
    )
    total = table.groupby(["lot", "street"])["length"].sum().rename("length_m")
    longest = table.loc[table.groupby(["lot", "street"])["length"].idxmax()]
    return longest.drop(columns="length").merge(total.reset_index(), on=["lot", "street"]).reset_index(drop=True)


def main_fronts(table: pd.DataFrame) -> pd.DataFrame:
    """The longest front of every lot that has one, by lot."""
    return table.loc[table.groupby("lot")["length_m"].idxmax()].set_index("lot")


def _edges(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Every straight piece of the outlines: its owner, its ends, and two keys that do not depend on its direction."""
    parts, owner = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[:-1] == ring[1:]
    start, end = points[:-1][same], points[1:][same]
    first, second = _key(start), _key(end)
    return pd.DataFrame(
        {
            "owner": owner[part][ring[:-1][same]],
            "x0": start[:, 0],
            "y0": start[:, 1],
            "x1": end[:, 0],
            "y1": end[:, 1],
            "key_low": np.minimum(first, second),
            "key_high": np.maximum(first, second),
        }
    )


def _key(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """One whole number per corner: millimetres east and north."""
    counted = np.rint(points * _GRID).astype(np.int64)
    return np.asarray(counted[:, 0] * 10_000_000_000 + counted[:, 1])

"""What a case is, from the alerts that belong to it: its ground, its size with interval, its licence."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .areas import interval, outside_interval
from .licences import in_force, largest_share, not_in_force, relate
from .matching import UNKNOWN

# What sightings of old runs do not say: half a Sentinel-2 pixel.
EDGE_M = 5.0


def described(sightings: gpd.GeoDataFrame, licences: gpd.GeoDataFrame | None, tolerance_m: float) -> dict[str, Any]:
    """The columns of ``case`` that follow from its ``sightings`` (at least one), its ``geometry`` among them.

    The ground is all that was ever seen to change. ``licences`` (None: none are known), in the same system, are taken
    as they stood on the day of the last image; a licence's own tolerance goes before ``tolerance_m`` (m).
    """
    ground = footprint(sightings)
    edge = float(pd.to_numeric(sightings["edge_m"]).fillna(EDGE_M).max())
    shape = np.array([ground], dtype=object)
    low, high = interval(shape, edge)
    last = pd.to_datetime(sightings["date_after"]).max()
    seen = sightings[sightings["change_class"].fillna(UNKNOWN) != UNKNOWN]
    largest = (seen if len(seen) else sightings).sort_values(["area_m2", "key"]).iloc[-1]
    kind = largest["change_class"]
    first = pd.to_datetime(sightings["date_after"]).min()
    return {
        "geometry": ground,
        "change_class": kind if isinstance(kind, str) else None,
        "first_seen": None if pd.isna(first) else first.date(),
        "last_seen": None if pd.isna(last) else last.date(),
        "area_m2": round(float(ground.area), 1),
        "area_low_m2": round(float(low[0]), 1),
        "area_high_m2": round(float(high[0]), 1),
        "confidence": round(float(pd.to_numeric(sightings["confidence"]).max()), 4),
        "sightings": len(sightings),
        **_licence(shape, licences, None if pd.isna(last) else last, tolerance_m, edge),
    }


def footprint(sightings: gpd.GeoDataFrame) -> Any:
    """All ground of ``sightings`` as one valid MultiPolygon."""
    whole = shapely.make_valid(shapely.union_all(sightings.geometry.to_numpy()), method="structure")
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


def _licence(
    shape: Any, licences: gpd.GeoDataFrame | None, last: pd.Timestamp | None, tolerance_m: float, edge: float
) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(
        ("concession", "concession_code", "distance_m", "outside_m2", "outside_low_m2", "outside_high_m2")
    )
    if licences is None or licences.empty or last is None:
        return told | {"relation": "none", "licence_state": "none"}
    valid = in_force(licences, last.date())
    own = pd.to_numeric(valid["tolerance_m"], errors="coerce").to_numpy(float)
    ring = np.where(np.isnan(own), tolerance_m, own)
    bounds = valid.geometry.to_numpy()
    pixel_m2 = (2 * edge) ** 2
    found = relate(shape, bounds, ring, pixel_m2, without="outside")
    low, high = outside_interval(shape, bounds, ring, edge)
    told |= {
        "relation": str(found.relation[0]),
        "outside_m2": round(float(found.outside_m2[0]), 1),
        "outside_low_m2": round(float(low[0]), 1),
        "outside_high_m2": round(float(high[0]), 1),
        "licence_state": "in_force" if found.inside_m2[0] >= pixel_m2 else "none",
    }
    nearest = int(found.nearest[0])
    if nearest >= 0:
        told["concession"], told["concession_code"] = (str(valid[name].iloc[nearest]) for name in ("uid", "code"))
        told["distance_m"] = round(float(found.distance_m[0]), 1)
    if told["licence_state"] == "none":
        former = not_in_force(licences, last.date())
        row = int(largest_share(shape, former.geometry.to_numpy(), pixel_m2)[0])
        if row >= 0:
            told["licence_state"] = str(former["state"].iloc[row])
    return told

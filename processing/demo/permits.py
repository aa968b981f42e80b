"""Building permits, and buildings that were not built as their permit says."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
import shapely.affinity
from shapely import MultiPolygon

from . import labels
from .cadastre import Frames
from .protected import Book
from .shapes import polygons_of

# Houses older than this have no permit in the data.
_FIRST_PERMIT = "2006-01-01"
_EACH = 3  # buildings of each kind of fault
_WIDER_M, _MOVED_M, _HIGHER_M = 0.6, 0.9, 3.4


def permits(seed: int, frames: Frames, faulty: set[str], book: Book) -> Frames:
    """Layer ``building_permit``, and ``building`` whose older houses name none; the ``faulty`` break no more rules."""
    buildings = frames["building"].copy()
    old = (buildings["built_on"] < _FIRST_PERMIT).to_numpy()
    buildings.loc[old, "permit_no"] = None
    named = np.flatnonzero(~old)
    allowed = buildings.iloc[named].reset_index(drop=True)
    whole = (shapely.get_num_geometries(allowed.geometry.to_numpy()) == 1) & (allowed.area.to_numpy() > 45.0)
    fit = np.flatnonzero(
        whole & (allowed["use"] == "detached").to_numpy() & (allowed["floors"] >= 2).to_numpy()
        & ~allowed["uid"].isin(faulty).to_numpy() & allowed["height_m"].notna().to_numpy()
    )  # fmt: skip
    chosen = np.sort(np.random.default_rng([seed, 12]).choice(fit, size=3 * _EACH, replace=False))
    wider, moved, higher = chosen[:_EACH], chosen[_EACH : 2 * _EACH], chosen[2 * _EACH :]
    shapes = allowed.geometry.to_numpy().copy()
    height, floors = allowed["height_m"].to_numpy(dtype=float).copy(), allowed["floors"].to_numpy().copy()
    for k in wider.tolist():
        shapes[k] = _multi(shapes[k].buffer(-_WIDER_M, join_style="mitre"))
        book.note("permit_footprint_over", "building", allowed.iloc[k], "plan.permit.footprint")
        if shapely.distance(shapes[k].centroid, allowed.geometry[k].centroid) > 0.2:
            book.note("permit_footprint_over", "building", allowed.iloc[k], "plan.permit.position")
    for k in moved.tolist():
        shapes[k] = _multi(shapely.affinity.translate(shapes[k], _MOVED_M * 0.8, _MOVED_M * 0.6))
        for rule in ("plan.permit.position", "plan.permit.footprint"):
            book.note("permit_position_off", "building", allowed.iloc[k], rule)
    for k in higher.tolist():
        height[k], floors[k] = height[k] - _HIGHER_M, floors[k] - 1
        book.note("permit_height_over", "building", allowed.iloc[k], "plan.permit.height")
    unknown = np.isnan(height)
    height[unknown] = 3.6 * floors[unknown].astype(float)
    for k in np.flatnonzero(unknown).tolist():
        book.note("height_missing", "building", allowed.iloc[k], "plan.permit.height", outcome="not_checkable")
    made = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "building_permit", number) for number in allowed["permit_no"]],
            "permit_no": allowed["permit_no"],
            "issued_on": allowed["built_on"],
            "use": allowed["use"],
            "height_m": np.round(height, 1),
            "floors": floors,
            "floor_area_m2": np.round(shapely.area(shapes) * floors.astype(float), 1),
            "parcel": allowed["parcel"],
            "source": labels.SOURCE,
        },
        geometry=shapes,
        crs=buildings.crs,
    )
    return {"building": buildings, "building_permit": made}


def _multi(shape: shapely.Geometry) -> MultiPolygon:
    return MultiPolygon(polygons_of(shapely.set_precision(shape, 0.001)))

"""Alerts: changed ground in the province's own coordinates, with area, certainty, dates and licence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform as warp_points

from ....layers import crs as pinned
from ....layers.errors import InputError
from ....layers.report import Report
from ....store.coordinates import to, transform
from ..change.objects import Objects
from ..scenes.grid import Grid, operation
from .areas import interval, outside_interval
from .law import LawTable, propose
from .licences import Relations, in_force, largest_share, not_in_force, relate
from .surroundings import Around, missing, surroundings

# The 3° zones of the provinces, and the part of the Earth they are meant for (degrees).
_ZONES = ("EPSG:5896", "EPSG:5897", "EPSG:9210", "EPSG:5899", "EPSG:5898", "EPSG:9218")
_VIET_NAM = (102.0, 8.0, 118.0, 24.0)


@dataclass(frozen=True)
class Provenance:
    """What every alert of a run shares."""

    method: str
    date_before: date | None
    date_after: date | None


def alerts(
    objects: Objects,
    grid: Grid,
    crs: str,
    min_area: float,
    concessions: gpd.GeoDataFrame | None,
    tolerance: float,
    provenance: Provenance,
    report: Report,
    around: Around | None = None,
    law: LawTable | None = None,
    kinds: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Alerts of at least ``min_area`` (m², measured in ``crs``), the largest first; columns as the layer ``alert`` has
    them.

    ``concessions`` None: no licences are known, the relation is ``none``. A licence's own ``tolerance_m`` goes before
    ``tolerance`` (m). Areas come with the interval that half a pixel at the edge leaves open. ``around`` are the layers
    of :mod:`.surroundings` (None: not asked), ``law`` the table that a band is proposed by,
    ``kinds`` the columns of class and reason, a row per object.
    Raises :class:`InputError` where licences have validity and the date after is not known.
    """
    geometry = to_map(objects.geometry, grid, crs)
    area = shapely.area(geometry)
    order = np.lexsort((np.arange(len(area)), -area))
    order = order[area[order] >= min_area]
    geometry, area = geometry[order], area[order]
    pixel_m2, edge = float(np.prod(grid.pixel_m)), max(grid.pixel_m) / 2
    licences = _licences(concessions, provenance.date_after, crs, report)
    ring = np.array([])
    if licences is None:
        found = relate(geometry, np.array([], object), ring, pixel_m2)
    else:
        own = pd.to_numeric(licences["tolerance_m"], errors="coerce").to_numpy(float)
        ring = np.where(np.isnan(own), tolerance, own)
        # licences are known, and none is in force: nothing may be dug anywhere
        found = relate(geometry, licences.geometry.to_numpy(), ring, pixel_m2, without="outside")
    made = _frame(geometry, area, objects.confidence[order], found, licences, provenance, crs)
    made["area_low_m2"], made["area_high_m2"] = (np.round(part, 1) for part in interval(geometry, edge))
    made["edge_m"] = edge
    bounds = np.array([], object) if licences is None else licences.geometry.to_numpy()
    outside = outside_interval(geometry, bounds, ring, edge)
    made["outside_low_m2"], made["outside_high_m2"] = (np.round(part, 1) for part in outside)
    states, codes = _states(geometry, concessions, found, provenance.date_after, crs, pixel_m2)
    made["licence_state"], made["expired_code"] = states, codes
    if around is not None:
        absent = missing(around)
        if absent and len(made):
            report.message("case.surroundings_missing", layers=absent)
        made["surroundings"] = surroundings(geometry, around)
    if kinds is not None:
        for column in kinds:
            made[column] = kinds[column].iloc[order].to_numpy()
    made["law"] = _law(made, law, ring, found)
    return made


def _states(
    geometry: NDArray[np.object_],
    concessions: gpd.GeoDataFrame | None,
    found: Relations,
    on: date | None,
    crs: str,
    pixel_m2: float,
) -> tuple[list[str], list[str | None]]:
    """Per alert the state of the licence that it lies in, and the code of one that was not in force."""
    states = ["in_force" if inside >= pixel_m2 else "none" for inside in found.inside_m2]
    codes: list[str | None] = [None] * len(states)
    if concessions is None or concessions.empty or on is None:
        return states, codes
    former = not_in_force(concessions, on)
    former = former[former.geometry.notna() & former.geometry.is_valid].reset_index(drop=True)
    if former.empty:
        return states, codes
    shapes = to(former, crs).geometry.to_numpy()
    for place, row in enumerate(largest_share(geometry, shapes, pixel_m2)):
        if row >= 0:
            codes[place] = str(former["code"].iloc[row])
            if states[place] == "none":
                states[place] = str(former["state"].iloc[row])
    return states, codes


def _law(
    made: gpd.GeoDataFrame, law: LawTable | None, ring: NDArray[np.float64], found: Relations
) -> list[dict[str, Any] | None]:
    """Per alert the proposal of its own area beyond the boundary of the licence it belongs to or lies nearest to."""
    if law is None:
        return [None] * len(made)
    told: list[dict[str, Any] | None] = []
    areas = made[["outside_low_m2", "outside_m2", "outside_high_m2"]].to_numpy(float)
    for row, place in enumerate(found.nearest):
        kind = made["change_class"].iloc[row] if "change_class" in made.columns else None
        if place < 0 or made["relation"].iloc[row] == "inside" or not law.concerns(kind):
            told.append(None)
            continue
        touching = bool(found.distance_m[row] <= ring[place])
        proposal = propose(law, *areas[row], contiguous=touching)
        told.append(proposal.plain() if proposal else None)
    return told


def to_map(geometry: NDArray[np.object_], grid: Grid, crs: str) -> NDArray[np.object_]:
    """Polygons from the raster's grid to ``crs`` (``EPSG:n``), through the pinned operation, as valid MultiPolygons."""

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(_transform(points[:, 0], points[:, 1], grid, crs))

    if not len(geometry):
        return geometry
    moved = shapely.make_valid(shapely.transform(geometry, move), method="structure", keep_collapsed=False)
    return np.array([shapely.MultiPolygon(shapely.get_parts(one).tolist()) for one in moved], dtype=object)


def working_crs(grid: Grid) -> str:
    """The VN-2000 zone of 3° whose meridian is nearest to the middle of the image. Raises :class:`InputError`."""
    x, y = grid.transform @ (grid.width / 2, grid.height / 2)
    longitude, latitude = (float(v[0]) for v in _transform(np.array([x]), np.array([y]), grid, pinned.WGS84))
    west, south, east, north = _VIET_NAM
    if not (west <= longitude <= east and south <= latitude <= north):
        raise InputError("change.outside_vietnam", longitude=round(longitude, 2), latitude=round(latitude, 2))
    return min(_ZONES, key=lambda code: abs(pinned.GRIDS[code].central_meridian - longitude))


def _transform(
    x: NDArray[np.float64], y: NDArray[np.float64], grid: Grid, target: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if pinned.knows(grid.code):
        return transform(x, y, grid.code, target)
    # Another UTM zone on WGS 84, say: to longitude and latitude there is nothing to choose.
    degrees = CRS.from_string(pinned.WGS84)
    operation(grid.crs, degrees)
    try:
        longitude, latitude = warp_points(grid.crs, degrees, x, y)[:2]
    except RasterioError as error:
        raise InputError("crs.unknown", crs=grid.code) from error
    return transform(longitude, latitude, pinned.WGS84, target)


def _licences(
    concessions: gpd.GeoDataFrame | None, on: date | None, crs: str, report: Report
) -> gpd.GeoDataFrame | None:
    """Licences in force with a valid boundary, in ``crs``; None where none are known or no boundary can be used."""
    if concessions is None or concessions.empty:
        return None
    if on is None:
        raise InputError("change.date_missing")
    valid = in_force(concessions, on)
    if len(valid) < len(concessions):
        report.message("change.licences_not_in_force", count=len(concessions) - len(valid), date=on.isoformat())
    whole = valid.geometry.notna() & ~valid.geometry.is_empty & valid.geometry.is_valid
    if not whole.all():
        report.message("change.licences_invalid", "warning", codes=[str(code) for code in valid.loc[~whole, "code"]])
        if not whole.any():
            return None
    return to(valid[whole].reset_index(drop=True), crs)


def _frame(
    geometry: NDArray[np.object_],
    area: NDArray[np.float64],
    confidence: NDArray[np.float64],
    found: Relations,
    licences: gpd.GeoDataFrame | None,
    provenance: Provenance,
    crs: str,
) -> gpd.GeoDataFrame:
    count = len(area)
    stamp = f"{provenance.date_after:%Y%m%d}-" if provenance.date_after else ""

    def of_licence(column: str) -> list[Any]:
        if licences is None or licences.empty:
            return [None] * count
        values = licences[column].to_list()
        return [values[row] if row >= 0 else None for row in found.nearest]

    return gpd.GeoDataFrame(
        {
            "code": [f"BD-{stamp}{number:04d}" for number in range(1, count + 1)],
            "status": ["new"] * count,
            "area_m2": np.round(area, 1),
            "confidence": np.round(confidence, 4),
            "date_before": [provenance.date_before] * count,
            "date_after": [provenance.date_after] * count,
            "relation": found.relation,
            "concession": of_licence("uid"),
            "concession_code": of_licence("code"),
            "inside_m2": np.round(found.inside_m2, 1),
            "outside_m2": np.round(found.outside_m2, 1),
            "distance_m": np.round(found.distance_m, 1),
            "method": [provenance.method] * count,
        },
        geometry=gpd.GeoSeries(geometry, crs=crs),
    )

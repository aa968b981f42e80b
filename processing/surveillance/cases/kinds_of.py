"""What the kinds of change ask of a data set's map, and the layer of what is no alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ....layers.report import Report
from ....store import coordinates
from ..kinds.judged import Judged
from ..kinds.naming import NEEDED
from ..kinds.neighbours import Map
from ..scenes.grid import Grid
from .alerts import to_map
from .licences import in_force


def set_aside(judged: Judged, grid: Grid, crs: str) -> gpd.GeoDataFrame:
    """The layer ``set_aside``: what changed and is no alert, in ``crs``."""
    placed = to_map(judged.aside.geometry, grid, crs)
    return gpd.GeoDataFrame(
        judged.causes.assign(area_m2=np.round(shapely.area(placed), 1) if len(placed) else []),
        geometry=gpd.GeoSeries(placed, crs=crs),
    )


def map_around(
    around: Mapping[str, gpd.GeoDataFrame | None] | None, licences: gpd.GeoDataFrame | None, on: date | None, crs: str
) -> Map:
    """What the rules of kinds may ask of the map: roads, and licences in force on the day of the second image."""
    roads = (around or {}).get("road")
    fields: dict[str, Any] = {}
    if roads is not None and len(roads):
        names = roads["name"].where(roads["name"].notna(), roads["code"])
        fields["roads"] = roads.geometry.to_numpy()
        fields["road_names"] = tuple(str(name) for name in names)
        fields["road_widths"] = roads["width_m"].to_numpy(float, na_value=np.nan)
    if licences is not None and on is not None and not licences.empty:
        valid = in_force(licences, on)
        valid = valid[valid.geometry.notna() & valid.geometry.is_valid]
        fields["licences"] = coordinates.to(valid, crs).geometry.to_numpy()
    return Map(**fields)


def tell_of_kinds(judged: Judged, aside: gpd.GeoDataFrame, report: Report) -> None:
    """Say how much was set aside, what is narrower than a pixel, and where nothing could be told."""
    if len(aside):
        report.message("kinds.set_aside", count=len(aside))
    traces = aside[aside["cause"] == "below_resolution"]
    if len(traces):
        longest = max(reason["arguments"]["length_m"] for one in traces["reasons"] for reason in one[:1])
        report.message("kinds.below_resolution", "warning", count=len(traces), length_m=longest)
    first = {one[0]["code"] for one in judged.kinds["reasons"]}
    if first == {"kinds.reason.no_bands"}:
        report.message("kinds.no_bands", "warning", bands=list(NEEDED))
    if first == {"kinds.reason.no_reflectance"}:
        report.message("kinds.no_reflectance", "warning")

"""Small maps for the tests of the planning code: a street, lots along it, buildings on them. Metres, EPSG:9210."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPolygon, box

from dothi.processing.zoning.land.layers import Layers

CRS = "EPSG:9210"
EAST, NORTH = 600_000.0, 1_220_000.0


def uid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def rectangle(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon([box(EAST + west, NORTH + south, EAST + east, NORTH + north)])


def line(*points: tuple[float, float]) -> MultiLineString:
    return MultiLineString([LineString([(EAST + x, NORTH + y) for x, y in points])])


def frame(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    made = pd.DataFrame(rows, columns=["uid", *columns, "geometry"], dtype=object)
    return gpd.GeoDataFrame(made, geometry="geometry", crs=CRS)


def parcels(**shapes) -> gpd.GeoDataFrame:
    """``name=shape`` or ``name=(shape, {"land_use": …})``."""
    return frame(_rows(shapes), ("code", "land_use", "area_legal_m2"))


def buildings(**shapes) -> gpd.GeoDataFrame:
    return frame(_rows(shapes), ("code", "use", "height_m", "floors", "floor_area_m2", "parcel", "part", "part_of"))


def zones(**shapes) -> gpd.GeoDataFrame:
    return frame(_rows(shapes), ("code", "land_use", "area_state", "plan_state", "approved_on"))


def centrelines(**shapes) -> gpd.GeoDataFrame:
    return frame(_rows(shapes), ("code", "name", "road_class", "width_m"))


def of_streets(**shapes) -> gpd.GeoDataFrame:
    """Boundaries or red lines: the name of a row is the street it belongs to."""
    rows = [{"uid": uid("of " + name), "street": uid(name), "geometry": shape} for name, shape in shapes.items()]
    return frame(rows, ("street",))


def _rows(shapes: dict[Any, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, given in shapes.items():
        shape, values = given if isinstance(given, tuple) else (given, {})
        rows.append({"uid": uid(name), "code": name, "geometry": shape} | values)
    return rows


STREET = {"road_class": "area", "width_m": 15.0}


def street_scene(
    building: MultiPolygon, lot: MultiPolygon | None = None, *, street: dict[Any, Any] | None = None, **values
) -> Layers:
    """One lot of 20 x 30 m north of an east-west street of 15 m, whose northern red line is y = 0."""
    return {
        "parcel": parcels(lot=(lot or rectangle(0, 0, 20, 30), {"land_use": "ODT"})),
        "building": buildings(house=(building, {"use": "mixed", "height_m": 20.0, "floors": 5} | values)),
        "planned_zone": zones(zone=(rectangle(-50, 0, 200, 200), {"land_use": "ODT", "area_state": "new"})),
        "street_centreline": centrelines(first=(line((-100, -7.5), (300, -7.5)), STREET | (street or {}))),
        "street_boundary": of_streets(first=rectangle(-100, -15, 300, 0)),
    }


def moved(layers: Layers, change) -> Layers:
    """Every geometry of the scene changed by ``change``."""
    made = {}
    for name, one in layers.items():
        if one is not None:
            shapes = [change(shape) if shape is not None else None for shape in one.geometry]
            made[name] = one.set_geometry(gpd.GeoSeries(shapes, index=one.index, crs=one.crs))
    return dict(**made)


def area(found: gpd.GeoDataFrame) -> float:
    return float(shapely.area(found.geometry.to_numpy()).sum())

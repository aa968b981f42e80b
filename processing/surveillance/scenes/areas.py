"""Areas of interest as people give them: the polygons of a layer, or a box of degrees; here always WGS 84."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from ....layers.crs import WGS84
from ....layers.errors import InputError
from ....store import coordinates, sources
from ....store.layer_source import LayerSource
from ....store.troubles import told


def area_of_layer(value: str | Mapping[str, Any]) -> BaseGeometry:
    """All valid polygons of a layer, as one geometry. Raises :class:`InputError` where there is none."""
    source = LayerSource.of(value)
    path = sources.local_file(source.path)
    with told(path, writing=False):
        frame = pyogrio.read_dataframe(
            path, layer=sources.layer_name(path, source.layer), where=source.subset or None, on_invalid="ignore"
        )
    if source.uids is not None:
        frame = frame[frame["uid"].isin(source.uids)]
    polygons = frame.geometry[frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]) & frame.geometry.is_valid]
    if polygons.empty:
        raise InputError("change.area_empty", path=str(path))
    moved = coordinates.transform_geometries(polygons.to_numpy(), coordinates.code_of(frame.crs), WGS84)
    return shapely.union_all(shapely.force_2d(moved))


def box_of(text: str) -> BaseGeometry:
    """``west,south,east,north`` in degrees. Raises :class:`InputError`."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError("scene.area_wrong", value=text[:100]) from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90 and math.isfinite(west + south + east + north)):
        raise InputError("scene.area_wrong", value=text[:100])
    return shapely.box(west, south, east, north)

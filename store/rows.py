"""Frames made fit for a declared table: columns, types, identifiers, geometry. Nothing is read or written here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from ..layers import catalogue
from ..layers.errors import InputError
from ..layers.model import Field, Layer
from . import coordinates
from .values import blank, cast

# Geometry types that a declared type takes, the single one being promoted to the multiple one.
TAKES = {
    "Point": (GeometryType.POINT,),
    "MultiLineString": (GeometryType.LINESTRING, GeometryType.MULTILINESTRING),
    "MultiPolygon": (GeometryType.POLYGON, GeometryType.MULTIPOLYGON),
}
_PROMOTE: dict[GeometryType, Callable[..., Any]] = {
    GeometryType.LINESTRING: shapely.multilinestrings,
    GeometryType.POLYGON: shapely.multipolygons,
}


def promote(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """2D geometries with single lines and polygons made multiple; null stays null."""
    flat = np.array(geometries, dtype=object)
    if shapely.has_z(flat).any():
        flat = shapely.force_2d(flat)
    kinds = shapely.get_type_id(flat)
    for kind, make in _PROMOTE.items():
        chosen = np.flatnonzero(kinds == kind)
        if len(chosen):
            flat[chosen] = make(flat[chosen], indices=np.arange(len(chosen)))
    promoted: NDArray[np.object_] = flat
    return promoted


def misfits(geometries: NDArray[np.object_], layer: Layer) -> NDArray[np.bool_]:
    """Where a geometry that is there has a type that ``layer`` does not take."""
    kinds = shapely.get_type_id(geometries)
    wrong: NDArray[np.bool_] = (kinds >= 0) & ~np.isin(kinds, [int(kind) for kind in TAKES[layer.geometry]])
    return wrong


def fit(frame: pd.DataFrame, layer: Layer, crs: str = "", extra: Path | None = None) -> pd.DataFrame:
    """``frame`` as the table of ``layer`` in ``crs`` stores it, a new frame.

    Unknown columns are refused, types cast, defaults and missing ``uid`` filled, geometries made 2D and multiple and
    brought to ``crs`` through the pinned operation. Raises :class:`InputError` that names layer, field and an example.
    """
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name else None
    known = {field.id for field in layer.fields}
    given = [str(name) for name in frame.columns if name not in (geometry, "fid")]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise InputError("schema.column_unknown", layer=layer.id, columns=unknown)
    made = {field.id: _column(frame, field, layer, extra) for field in layer.fields if _wanted(field, given)}
    table = pd.DataFrame(made, index=frame.index).reset_index(drop=True)
    if not layer.is_spatial:
        return table
    if geometry is None:
        raise InputError("schema.geometry_missing", layer=layer.id, geometry=layer.geometry)
    placed = coordinates.to(frame, crs).geometry.to_numpy()
    wrong = misfits(placed, layer)
    if wrong.any():
        found = placed[wrong][0].geom_type
        raise InputError("schema.geometry_wrong", layer=layer.id, geometry=layer.geometry, found=found)
    placed_table: pd.DataFrame = gpd.GeoDataFrame(table, geometry=promote(placed), crs=crs)
    return placed_table


def _wanted(field: Field, given: list[str]) -> bool:
    """Whether a column is written: given, or one that must not be empty and has no default of its own."""
    return field.id in given or field.id == "uid" or (field.required and field.default is None)


def _column(frame: pd.DataFrame, field: Field, layer: Layer, extra: Path | None) -> pd.Series:
    raw = frame[field.id] if field.id in frame.columns else pd.Series(None, index=frame.index, dtype=object)
    if field.id == "uid":
        raw = raw.astype(object).copy()
        empty = blank(raw)
        raw[empty] = [str(uuid4()) for _ in range(int(empty.sum()))]
    domain = catalogue.domain(field, extra) if field.type == "choice" else None
    values, wrong = cast(raw, field, domain)
    if wrong.any():
        example = str(raw[wrong].iloc[0])[:80]
        raise InputError(
            "schema.value_wrong",
            layer=layer.id,
            field=field.id,
            count=int(wrong.sum()),
            type=field.type,
            example=example,
        )
    empty = values.isna().to_numpy()
    if field.default is not None and empty.any():
        values = cast(values.astype(object).where(~empty, field.default), field, domain)[0]
    elif field.required and empty.any():
        raise InputError("schema.value_missing", layer=layer.id, field=field.id, count=int(empty.sum()))
    if field.unique:
        twice = values[values.notna() & values.duplicated()]
        if len(twice):
            raise InputError("schema.not_unique", layer=layer.id, field=field.id, example=str(twice.iloc[0]))
    return values

"""Coordinates of arrays and frames through the one pinned operation of ``layers.crs``."""

from __future__ import annotations

from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from ..layers import crs
from ..layers.errors import InputError


@cache
def _transformer(code: str) -> Transformer:
    return Transformer.from_pipeline(crs.to_wgs84(code))


def code_of(system: Any) -> str:
    """``EPSG:n`` of a CRS as data bring it. Raises :class:`InputError` where it is missing or not known here."""
    if system is None:
        raise InputError("crs.missing")
    found = CRS.from_user_input(system)
    authority = found.to_authority(min_confidence=70)
    code = f"{authority[0]}:{authority[1]}" if authority else ""
    if code == "OGC:CRS84":
        code = crs.WGS84
    if not crs.knows(code):
        raise InputError("crs.unknown", crs=code or found.name)
    return code


def transform(x: ArrayLike, y: ArrayLike, source: str, target: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``x``, ``y`` (east, north or longitude, latitude; any shape) from ``source`` to ``target``.

    Always through WGS 84 by the pinned pipelines; within one system nothing changes. Raises :class:`InputError` for a
    system that is not known.
    """
    for code in (source, target):
        if not crs.knows(code):
            raise InputError("crs.unknown", crs=code)
    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if source == target:
        return east, north
    if source != crs.WGS84:
        east, north = _transformer(source).transform(east, north)
    if target != crs.WGS84:
        east, north = _transformer(target).transform(east, north, direction="INVERSE")
    return np.asarray(east), np.asarray(north)


def transform_geometries(geometries: Any, source: str, target: str) -> NDArray[np.object_]:
    """Shapely geometries from ``source`` to ``target`` (2D; a height is kept as it is)."""
    if source == target:
        return np.asarray(geometries, dtype=object)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transform(points[:, 0], points[:, 1], source, target))

    moved: NDArray[np.object_] = shapely.transform(np.asarray(geometries, dtype=object), move)
    return moved


def to(frame: gpd.GeoDataFrame, target: str) -> gpd.GeoDataFrame:
    """``frame`` in ``target`` (``EPSG:n``), a new frame. Raises :class:`InputError` as :func:`code_of` does."""
    source = code_of(frame.crs)
    if source == target:
        return frame
    moved = transform_geometries(frame.geometry.to_numpy(), source, target)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=target))

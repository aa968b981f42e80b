"""Coordinates of arrays and frames through the one pinned operation of ``layers.crs``."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError

from ..layers import crs
from ..layers.errors import InputError


@cache
def _transformer(code: str) -> Transformer:
    return Transformer.from_pipeline(crs.to_wgs84(code))


def code_of(system: Any) -> str:
    """``EPSG:n`` of a CRS as data bring it: an authority's, or one that only spells out the numbers of a known grid.

    Raises :class:`InputError` where it is missing or not known here.
    """
    if system is None:
        raise InputError("crs.missing")
    if isinstance(system, CRS):
        return _code_of_text(system.srs)
    if isinstance(system, str):
        return _code_of_text(system)
    return _code_of(system)


@lru_cache(maxsize=256)
def _code_of_text(system: str) -> str:
    return _code_of(system)


def _code_of(system: Any) -> str:
    try:
        found = CRS.from_user_input(system)
    except CRSError as error:
        raise InputError("crs.unknown", crs=str(system)[:80]) from error
    authority = found.to_authority(min_confidence=70)
    code = f"{authority[0]}:{authority[1]}" if authority else _grid_code(found)
    if code == "OGC:CRS84":
        code = crs.WGS84
    if not crs.knows(code):
        raise InputError("crs.unknown", crs=code or found.name)
    return code


def _grid_code(system: CRS) -> str:
    """The known grid with the same numbers, or nothing: old files name VN-2000 only by meridian and scale.

    Scale 0.9999 on the ellipsoid WGS 84 is VN-2000's alone, whatever datum the file claims (often WGS 84, with or
    without ``towgs84``); 0.9996 is shared with UTM, so there the datum decides.
    """
    bare = system.source_crs if system.is_bound and system.source_crs else system
    operation = bare.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator" or bare.ellipsoid is None:
        return ""
    if abs(bare.ellipsoid.inverse_flattening - 298.257223563) > 1e-6:
        return ""
    numbers = {parameter.name: float(parameter.value) for parameter in operation.params}
    if numbers["False easting"] != 500000 or numbers["False northing"] or numbers["Latitude of natural origin"]:
        return ""
    is_wgs84 = bare.datum is not None and "World Geodetic" in bare.datum.name and not system.is_bound
    for code, grid in crs.GRIDS.items():
        same = (grid.central_meridian, grid.scale) == (
            numbers["Longitude of natural origin"],
            numbers["Scale factor at natural origin"],
        )
        if same and (grid.scale == 0.9999 or (grid.datum == "WGS 84") == is_wgs84):
            return code
    return ""


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


def convergence(longitude: float, latitude: float, code: str) -> float:
    """Degrees by which the grid's north lies clockwise of true north at a place (degrees); ``code`` names a grid.

    Raises :class:`InputError` for a system that is no grid in metres.
    """
    if code not in crs.GRIDS:
        raise InputError("crs.unknown", crs=code)
    return float(Proj(crs.GRIDS[code].projection).get_factors(longitude, latitude).meridian_convergence)


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

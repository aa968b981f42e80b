"""The one grid that all scenes of a library are brought to, and outlines between it and the globe.

Two products of one ground may lie in UTM zones 48 and 49; arrays of the two are never compared by index. Grids are laid
on whole multiples of their pixel, as Sentinel-2's are, so a scene of the grid's own zone is copied pixel by pixel.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pyproj
import shapely
from affine import Affine
from rasterio.crs import CRS
from shapely.geometry.base import BaseGeometry

from ....layers import crs as pinned
from ....layers.errors import InputError
from ....store.coordinates import transform_geometries
from .grid import Grid, operation

_SPACING_M = 1_000.0  # outlines bend between systems; between points this far apart by less than a centimetre
_SLACK = 0.01  # pixels: a border that went to degrees and back lies where it was
_MOST_PIXELS = 2 * 10**9  # of an area of interest: twenty Sentinel-2 tiles


@cache
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def moved(geometry: BaseGeometry, source: CRS, target: CRS) -> BaseGeometry:
    """``geometry`` from ``source`` to ``target``, through the pinned operation or within one datum.

    Raises :class:`InputError` for a pair of systems without a certain operation.
    """
    if source == target:
        return geometry
    codes = [f"EPSG:{system.to_epsg()}" for system in (source, target)]
    if all(pinned.knows(code) for code in codes):
        found: BaseGeometry = transform_geometries([geometry], *codes)[0]
    else:
        operation(source, target)  # refuses what has no certain operation
        between = _transformer(source.to_wkt(), target.to_wkt())
        found = shapely.transform(geometry, lambda points: np.column_stack(between.transform(*points.T)))
    if not np.isfinite(shapely.get_coordinates(found)).all():
        raise InputError("crs.unknown", crs=" / ".join(codes))
    return found


WGS84 = CRS.from_user_input(pinned.WGS84)


def footprint(grid: Grid) -> shapely.MultiPolygon:
    """The outline of ``grid`` in longitude and latitude of WGS 84."""
    return _multi(moved(shapely.Polygon(np.column_stack(grid.corners(32))), grid.crs, WGS84))


def in_grid(area: BaseGeometry, grid: Grid) -> BaseGeometry:
    """``area`` (WGS 84, degrees) in the coordinates of ``grid``."""
    return moved(shapely.segmentize(area, _SPACING_M / 111_000.0), WGS84, grid.crs)


def area_grid(area: BaseGeometry, crs: str, pixel: float) -> Grid:
    """The smallest grid of ``crs`` on whole multiples of ``pixel`` (units of ``crs``) that covers ``area`` (WGS 84).

    Raises :class:`InputError` for an area that is empty or larger than any that is watched.
    """
    system = CRS.from_user_input(crs)
    if area.is_empty:
        raise InputError("scene.area_empty")
    outline = moved(shapely.segmentize(area, _SPACING_M / 111_000.0), WGS84, system)
    west, south, east, north = outline.bounds
    columns = math.floor(west / pixel + _SLACK), math.ceil(east / pixel - _SLACK)
    rows = math.floor(south / pixel + _SLACK), math.ceil(north / pixel - _SLACK)
    width, height = columns[1] - columns[0], rows[1] - rows[0]
    if not 0 < width * height <= _MOST_PIXELS:
        raise InputError("scene.area_too_large", width=width, height=height)
    return Grid(system, Affine(pixel, 0.0, columns[0] * pixel, 0.0, -pixel, rows[1] * pixel), width, height)


def grid_system(grid: Grid) -> tuple[str, float]:
    """Code and pixel of the library's grid as a first scene on ``grid`` suggests them: its own where it is in metres
    and known by a code, else UTM at its middle.
    """
    pixel = round(min(grid.pixel_m), 3)
    if grid.crs.to_epsg() and not grid.crs.is_geographic and grid.crs.linear_units_factor[1] == 1.0:
        return grid.code, round(abs(grid.transform.a), 6) if grid.transform.b == 0 else pixel
    middle = footprint(grid).centroid
    return f"EPSG:{(32600 if middle.y >= 0 else 32700) + int((middle.x + 180.0) // 6.0) % 60 + 1}", pixel


def _multi(geometry: Any) -> shapely.MultiPolygon:
    return geometry if isinstance(geometry, shapely.MultiPolygon) else shapely.MultiPolygon([geometry])

"""Raster grids: pixel sizes in metres, blocks to work through, and the one operation between coordinate systems."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from affine import Affine
from rasterio.crs import CRS
from rasterio.windows import Window

from ....layers import crs as pinned
from ....layers.errors import InputError

# A block of at most one million pixels: some 30 MB for two dates of four bands. Both sides are multiples of the tiles
# that are written.
BLOCK_ROWS = 256
BLOCK_COLUMNS = 4096
# Mean radius of the Earth, metres: only to say how large a degree is, never to measure an area.
_EARTH = 6_371_008.8


@dataclass(frozen=True)
class Grid:
    """A coordinate system, a transform from (column, row) to it, and a size in pixels."""

    crs: CRS
    transform: Affine
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def code(self) -> str:
        """``EPSG:n``, or the WKT where there is no code."""
        epsg = self.crs.to_epsg()
        return f"EPSG:{epsg}" if epsg else str(self.crs.to_wkt())

    @property
    def pixel_m(self) -> tuple[float, float]:
        """Width and height of the middle pixel in metres; degrees are turned to metres at the middle latitude."""
        x, y = math.hypot(self.transform.a, self.transform.d), math.hypot(self.transform.b, self.transform.e)
        if not self.crs.is_geographic:
            unit = float(self.crs.linear_units_factor[1])
            return x * unit, y * unit
        _, latitude = self.transform @ (self.width / 2, self.height / 2)
        degree = math.radians(1.0) * _EARTH
        return x * degree * math.cos(math.radians(latitude)), y * degree

    def corners(self, steps: int = 8) -> tuple[list[float], list[float]]:
        """Points along the outline, ``steps`` to a side: x and y."""
        along = [step / steps for step in range(steps)]
        outline = [(t, 0.0) for t in along] + [(1.0, t) for t in along]
        outline += [(1.0 - t, 1.0) for t in along] + [(0.0, 1.0 - t) for t in along]
        points = [self.transform @ (u * self.width, v * self.height) for u, v in outline]
        return [x for x, _ in points], [y for _, y in points]

    def moved(self, columns: float, rows: float) -> Grid:
        """The same grid laid ``columns`` to the right and ``rows`` down."""
        return Grid(self.crs, self.transform @ Affine.translation(columns, rows), self.width, self.height)

    def offset_in(self, other: Grid) -> tuple[int, int] | None:
        """Whole columns and rows from ``other``'s corner to this one's, where both share their pixels; else None."""
        if self.crs != other.crs:
            return None
        a, b = self.transform, other.transform
        size = max(abs(b.a), abs(b.e))
        reach = max(self.width, self.height, other.width, other.height)
        if max(abs(a.a - b.a), abs(a.b - b.b), abs(a.d - b.d), abs(a.e - b.e)) * reach > 0.01 * size:
            return None
        column, row = ~b @ (a.c, a.f)
        if abs(column - round(column)) > 0.01 or abs(row - round(row)) > 0.01:
            return None
        return round(column), round(row)

    def blocks(self, rows: int = 0, columns: int = 0) -> list[Window]:
        """Windows of at most ``rows`` × ``columns`` pixels that cover the grid, row by row; 0 is the usual size."""
        rows, columns = rows or BLOCK_ROWS, columns or BLOCK_COLUMNS
        return [
            Window(column, row, min(columns, self.width - column), min(rows, self.height - row))
            for row in range(0, self.height, rows)
            for column in range(0, self.width, columns)
        ]

    def window(self, window: Window) -> Grid:
        """The part of the grid under ``window`` (which may reach over the edge)."""
        shifted = self.transform @ Affine.translation(window.col_off, window.row_off)
        return Grid(self.crs, shifted, int(window.width), int(window.height))


def grid_of(dataset: Any, path: str) -> Grid:
    """The grid of an open raster. Raises :class:`InputError` where it lies nowhere."""
    if dataset.crs is None or dataset.transform == Affine.identity() or dataset.transform.determinant == 0:
        raise InputError("change.no_position", path=path)
    return Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)


def widened(window: Window, pixels: int) -> Window:
    """``window`` with a rim of ``pixels`` on every side."""
    return Window(
        window.col_off - pixels, window.row_off - pixels, window.width + 2 * pixels, window.height + 2 * pixels
    )


def clipped(window: Window, grid: Grid) -> Window:
    """What of ``window`` lies on the grid."""
    left, top = max(window.col_off, 0), max(window.row_off, 0)
    right = min(window.col_off + window.width, grid.width)
    bottom = min(window.row_off + window.height, grid.height)
    return Window(left, top, right - left, bottom - top)


def operation(source: CRS, target: CRS) -> str | None:
    """The PROJ pipeline from ``source`` to ``target`` as GDAL wants it, None where nothing has to be chosen.

    Between VN-2000 and WGS 84 it is the pinned one. Two systems on the same datum need no choice; any other pair is
    refused, because a default could be off by hundreds of metres. Raises :class:`InputError`.
    """
    if source == target:
        return None
    codes = [f"EPSG:{system.to_epsg()}" for system in (source, target)]
    if all(pinned.knows(code) for code in codes):
        return "+proj=pipeline " + " ".join([*_steps(codes[0]), *(_inverse(s) for s in reversed(_steps(codes[1])))])
    import pyproj  # slow to import, and seldom needed

    datums = [pyproj.CRS.from_user_input(system.to_wkt()).geodetic_crs for system in (source, target)]
    if datums[0] is None or not datums[0].equals(datums[1], ignore_axis_order=True):
        raise InputError("crs.unknown", crs=" / ".join(codes))
    return None


# GDAL hands a pipeline the axes as the registry orders them: latitude first in geographic systems.
_LATITUDE_FIRST = "+step +proj=axisswap +order=2,1"


def _steps(code: str) -> list[str]:
    """From ``code`` to longitude and latitude of WGS 84."""
    if code == pinned.WGS84:
        return [_LATITUDE_FIRST]
    steps = [f"+step {step.strip()}" for step in pinned.to_wgs84(code).split("+step")[1:]]
    return [_LATITUDE_FIRST, *steps] if code == pinned.VN2000_GEOGRAPHIC else steps


def _inverse(step: str) -> str:
    return step.replace("+step +inv ", "+step ") if "+step +inv " in step else step.replace("+step ", "+step +inv ")

"""Places on the grid of a series: the pixels of a point, a polygon or an area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ....layers.errors import InputError
from ..scenes.grid import Grid

# A place of more pixels is a map, not a chart.
MOST_PIXELS = 250_000


@dataclass(frozen=True)
class Place:
    """Pixels of a place on the series' grid: the window around them and which of it they are."""

    window: Window
    inside: NDArray[np.bool_]


def place_of(geometry: BaseGeometry, grid: Grid) -> Place:
    """The pixels of a point or polygon in the coordinates of ``grid``. Raises :class:`InputError`."""
    window = window_around(shapely.get_coordinates(geometry), grid)
    if window is None:
        raise InputError("series.place_outside")
    if window.width * window.height > MOST_PIXELS:
        raise InputError("series.place_too_large", pixels=int(window.width * window.height), most=MOST_PIXELS)
    shape = (int(window.height), int(window.width))
    if geometry.area == 0.0:
        return Place(window, np.ones(shape, bool))
    inside = geometry_mask([geometry], shape, grid.window(window).transform, invert=True)
    if not inside.any():  # smaller than a pixel: those it touches
        inside = geometry_mask([geometry], shape, grid.window(window).transform, invert=True, all_touched=True)
    return Place(window, np.asarray(inside))


def window_around(points: NDArray[np.float64], grid: Grid) -> Window | None:
    """The pixels between the outermost of ``points`` (n, 2; coordinates of ``grid``); None where none is on it."""
    columns, rows = ~grid.transform @ points.T
    left, right = max(int(np.floor(columns.min())), 0), min(int(np.floor(columns.max())) + 1, grid.width)
    top, bottom = max(int(np.floor(rows.min())), 0), min(int(np.floor(rows.max())) + 1, grid.height)
    return Window(left, top, right - left, bottom - top) if left < right and top < bottom else None

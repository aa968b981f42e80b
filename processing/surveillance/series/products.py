"""From states to alerts: polygons of the pixels in alert, with first date, duration, count and confidence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.windows import Window
from scipy.ndimage import binary_erosion, maximum_filter
from shapely.geometry.base import BaseGeometry

from ....layers.report import Report
from ..change.change_raster import RASTER_NODATA, ChangeRaster
from ..change.objects import Objects, changed_objects
from ..scenes.grid import Grid, clipped, widened
from .season import day_of
from .series_file import SeriesFile
from .states import CONFIRMED, STATES, SUSPECTED

# The first date of an object: that by which a twentieth of its pixels had departed; one pixel's noise does not date it.
_BEGUN = 0.05
# Pixels from the edge of an object inward that optics and resampling may have smeared.
_EDGE = 2
COLUMNS = ("series_state", "first_on", "last_on", "duration_d", "observations")


@dataclass(frozen=True)
class Found:
    """Objects on the series' grid, and for each a row of :data:`COLUMNS`."""

    objects: Objects
    facts: pd.DataFrame

    def rows(self, rows: NDArray[np.intp]) -> Found:
        """Those of ``rows``."""
        objects = Objects(self.objects.geometry[rows], self.objects.pixels[rows], self.objects.confidence[rows])
        return Found(objects, self.facts.iloc[rows].reset_index(drop=True))


def objects_of(
    series: SeriesFile, raster: Path, fewest: int, report: Report, states: Collection[int] = (CONFIRMED,)
) -> Found:
    """Groups of at least ``fewest`` touching pixels in one of ``states``, written as a change raster at ``raster``."""
    tags = {"METHOD": f"series {series.record.name}", "SIMULATED": "yes" if series.record.simulated else ""}
    with ChangeRaster(raster, series.grid, {name: text for name, text in tags.items() if text}) as out:
        for window in series.grid.blocks():
            state, sure = series.band("state", window), series.band("confidence", window)
            changed = _changed(series, window, states)
            decision = np.where(np.isnan(state), RASTER_NODATA, changed).astype(np.float32)
            confidence = np.where(np.isnan(state), RASTER_NODATA, np.nan_to_num(sure) * (decision == 1))
            out.write(window, decision, confidence.astype(np.float32))
    found = changed_objects(raster, series.grid, fewest, report)
    rows = [_facts(series, outline, states) for outline in found.geometry]
    return Found(found, pd.DataFrame(rows, columns=list(COLUMNS)))


def _changed(series: SeriesFile, window: Window, states: Collection[int]) -> NDArray[np.bool_]:
    """Pixels of a window in one of ``states``, less those at an edge of which less than half changed.

    A long series is so sure that it finds pixels of which a tenth changed; counted whole, they would double a small
    pit. An edge pixel counts where its departure is half of the largest beside it.
    """
    wide = clipped(widened(window, _EDGE), series.grid)
    chosen = np.isin(series.band("state", wide), list(states))
    size = np.where(chosen, np.abs(np.nan_to_num(series.band("magnitude", wide))), 0.0)
    around = np.ones((2 * _EDGE + 1, 2 * _EDGE + 1), bool)
    heart = binary_erosion(chosen, around, border_value=1)
    kept = chosen & (heart | (size >= 0.5 * maximum_filter(size, footprint=around)))
    row, column = int(window.row_off - wide.row_off), int(window.col_off - wide.col_off)
    return np.asarray(kept[row : row + int(window.height), column : column + int(window.width)])


def _facts(series: SeriesFile, outline: BaseGeometry, states: Collection[int]) -> dict[str, Any]:
    window, inside = _around(outline, series.grid)
    state = series.band("state", window)
    inside &= _changed(series, window, states)
    first, last = series.band("first", window)[inside], series.band("last", window)[inside]
    began, ended = float(np.quantile(first, _BEGUN, method="lower")), float(last.max())
    confirmed = bool((state[inside] == CONFIRMED).any())
    return {
        "series_state": STATES[CONFIRMED if confirmed else SUSPECTED],
        "first_on": day_of(began),
        "last_on": day_of(ended),
        "duration_d": round(ended - began),
        "observations": int(np.median(series.band("count", window)[inside])),
    }


def _around(outline: BaseGeometry, grid: Grid) -> tuple[Window, NDArray[np.bool_]]:
    """The window of the pixels of an outline drawn along them, and which of it they are."""
    columns, rows = ~grid.transform @ shapely.get_coordinates(outline).T
    left, top = round(columns.min()), round(rows.min())
    window = Window(left, top, round(columns.max()) - left, round(rows.max()) - top)
    shape = (int(window.height), int(window.width))
    return window, np.asarray(geometry_mask([outline], shape, grid.window(window).transform, invert=True))

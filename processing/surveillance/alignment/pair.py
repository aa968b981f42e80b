"""Two scenes made one pair: the bands both have, the first one's grid, the shift between them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.warp import transform as warp_points
from rasterio.windows import Window

from ....layers.errors import InputError
from ....layers.report import Report
from ..scenes.grid import Grid, operation
from ..scenes.image import Image
from ..scenes.scene import Band, Scene
from .registration import Shift, measure_shift

# Shifts above this are corrected by resampling the second date (Dai and Khorram 1998: a fifth of a pixel already costs
# a tenth of the accuracy; a third is the usual requirement). Smaller ones are not worth the blur.
CORRECTED_ABOVE = 0.3

# Pixels that differ by less are the same for two products of one sensor (degrees on another latitude, say).
SAME_PIXEL = 0.05


class Pair(AbstractContextManager["Pair"]):
    """Both dates open on the first one's grid. ``read`` gives blocks of stacked pixels."""

    def __init__(self, before: Scene, after: Scene) -> None:
        self.grid: Grid = before.grid
        self.before = Image(before, self.grid)
        self.after = Image(after, self.grid)
        self.shift = Shift()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.before.close()
        self.after.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the common bands, the first date's."""
        return self.before.scene.names

    def read(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Stacked bands (2p, rows, columns), before then after, and where both dates can be used."""
        count = len(self.names)
        stacked = np.empty((2 * count, int(window.height), int(window.width)), np.float32)
        _, valid = self.before.read(window, stacked[:count])
        _, also = self.after.read(window, stacked[count:])
        valid &= also
        return stacked, valid

    def align(self, most: float, report: Report) -> None:
        """Measure the shift and correct it.

        Raises :class:`InputError` above ``most`` pixels, and where clear patches contradict each other.
        """
        shift = measure_shift(self._pictures, self.grid)
        self.shift = shift
        told: dict[str, Any] = {"shift": round(shift.length, 2), **self.metres()}
        if shift.torn:
            raise InputError("change.shift_disagrees", patches=shift.patches, spread=round(shift.spread, 2))
        if not shift.known:
            report.message("change.shift_unknown", "warning")
        elif shift.length > most:
            raise InputError("change.shift_too_large", maximum=most, **told)
        elif shift.length > CORRECTED_ABOVE:
            self.after.shift = (shift.columns, shift.rows)
            report.message("change.shift_corrected", **told)

    def metres(self) -> dict[str, float]:
        """What the second date has to be moved by, in metres east and north."""
        across, down = self.grid.pixel_m
        return {"east_m": round(self.shift.columns * across, 2), "north_m": round(-self.shift.rows * down, 2)}

    def _pictures(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        stacked, valid = self.read(window)
        half = len(stacked) // 2
        return stacked[:half].sum(axis=0), stacked[half:].sum(axis=0), valid


def pair_of(before: Scene, after: Scene, report: Report) -> Pair:
    """The pair, if they show the same ground in bands that both have. Raises :class:`InputError`."""
    first, second = common_bands(before, after, report)
    if not _meet(before.grid, after.grid):
        raise InputError("change.no_overlap", before=str(before.path), after=str(after.path))
    first_m, second_m = (max(scene.grid.pixel_m) for scene in (before, after))
    if abs(first_m - second_m) > SAME_PIXEL * min(first_m, second_m):
        report.message("change.resolutions_differ", "warning", before=round(first_m, 2), after=round(second_m, 2))
    return Pair(replace(before, bands=first), replace(after, bands=second))


def common_bands(before: Scene, after: Scene, report: Report) -> tuple[tuple[Band, ...], tuple[Band, ...]]:
    """Bands of both scenes that belong together: by name, else by common name, else by order.

    By order only where the names tell nothing and both have the same number. Raises :class:`InputError`.
    """
    names = {band.name: band for band in after.bands}
    if before.named and after.named:
        by_name = [(band, names[band.name]) for band in before.bands if band.name in names]
        commons = {band.common: band for band in after.bands if band.common}
        by_common = [(band, commons[band.common]) for band in before.bands if band.common in commons]
        pairs = by_name if len(by_name) >= len(by_common) else by_common
        if pairs:
            left = [b.name for b in (*before.bands, *after.bands) if not any(b in pair for pair in pairs)]
            if left:
                report.message("change.bands_left", used=[band.name for band, _ in pairs], left=sorted(set(left)))
            return tuple(first for first, _ in pairs), tuple(second for _, second in pairs)
    if len(before.bands) != len(after.bands) or any(b.common for b in (*before.bands, *after.bands)):
        raise InputError("change.no_common_bands", before=list(before.names), after=list(after.names))
    if before.named or after.named:
        report.message("change.bands_by_order", "warning", count=len(before.bands))
    return before.bands, after.bands


def _meet(first: Grid, second: Grid) -> bool:
    """Whether the second's outline, drawn in the first's pixels, touches the first."""
    operation(second.crs, first.crs)  # refuses what has no certain operation
    x, y = second.corners()
    if first.crs != second.crs:
        try:
            x, y = warp_points(second.crs, first.crs, x, y)[:2]
        except RasterioError as error:
            raise InputError("crs.unknown", crs=f"{second.code} / {first.code}") from error
    if not np.all(np.isfinite([x, y])):
        return False
    pixels = [~first.transform @ point for point in zip(x, y, strict=True)]
    columns, rows = [p[0] for p in pixels], [p[1] for p in pixels]
    return bool(max(columns) > 0 and min(columns) < first.width and max(rows) > 0 and min(rows) < first.height)

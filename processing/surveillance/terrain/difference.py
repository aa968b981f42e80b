"""The whole way over two elevation models: one grid, aligned, differenced, with error, volumes and bodies of change.

Works block by block on the older model's grid; memory does not depend on the size of the models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.windows import Window, from_bounds
from scipy.ndimage import uniform_filter

from ....layers.errors import InputError
from ....layers.report import Report, Stage
from ..scenes.grid import Grid, widened
from ..scenes.image import Image
from ..scenes.opening import reading
from ..scenes.raster_file import RasterFile
from .alignment import Fit, Stable, check_units, fit, gradient, take, without_identical
from .elevation import Elevation, datum_key
from .error import T95, Error, measured, stated
from .volume import Sum, Volume, Zone, volume_of, within

BANDS = ("difference_m", "detection_m", "direction")
NODATA = -9999.0
EVERYTHING = ""  # the key of the zone that is the whole common ground
_SAMPLED = 16  # every so many cells tell the median level of detection
_CELLS_A_STRIP = 10_000_000  # looked at in one piece when bodies are drawn
_RIM = 1  # cells around a block: slope and the mean of nine


@dataclass(frozen=True)
class Settings:
    """How to compare. ``align``: shift and height, height alone, or nothing. Metres, ``steepest`` in degrees.

    ``sigma_before`` and ``sigma_after`` are the surveys' own statements, taken where no stable ground is named;
    ``systematic`` (one sigma of a bias) and ``range_m`` go before what is measured.
    """

    align: Literal["full", "height", "none"] = "full"
    most_shift: float = 100.0
    most_residual: float = 3.0
    steepest: float = 45.0
    sigma_before: float | None = None
    sigma_after: float | None = None
    systematic: float | None = None
    range_m: float | None = None
    min_area: float = 1000.0


@dataclass(frozen=True)
class Compared:
    """What came out: the raster (difference, level of detection, direction −1/0/1), how it was aligned, its error,
    volumes by zone and name, and bodies of significant change in the older model's system.
    """

    path: Path
    grid: Grid
    fit: Fit
    error: Error
    volumes: Mapping[str, Mapping[str, Volume]]
    missing_m2: Mapping[str, float]
    bodies: gpd.GeoDataFrame
    detection_m: float


def compare(
    before: Elevation,
    after: Elevation,
    out: Path,
    settings: Settings,
    *,
    stable: NDArray[np.object_] | None = None,
    unstable: NDArray[np.object_] | None = None,
    zones: Mapping[str, Any] | None = None,
    report: Report,
) -> Compared:
    """Difference ``after`` − ``before`` on the grid of ``before``, written to ``out``.

    ``stable`` polygons (None: everywhere) without ``unstable`` ones are the ground that did not move; ``zones`` are
    polygons by key whose volumes are told apart. All in the system of ``before``. Raises :class:`InputError`: feet,
    height systems that differ, too little stable ground, a residual beyond ``most_residual``, no known error.
    """
    _check_datums(before, after, settings, report)
    grid = before.grid
    with Image(before.scene, grid) as older, Image(after.scene, grid) as newer:
        report.progress(0.0, "terrain.step_align")
        check_units(older, newer)
        if stable is None and unstable is None:
            report.message("terrain.no_mask", "warning")
        ground, repeated = without_identical(older, newer, _stable(grid, stable, unstable), report)
        found, error = _aligned(older, newer, ground, settings, stable is not None, report)
        report.progress(0.3, "terrain.step_difference")
        across, down = grid.pixel_m
        areas = [Zone(EVERYTHING), *(Zone(key, shape) for key, shape in (zones or {}).items())]
        with Image(after.scene, grid, (found.east / across, -found.north / down)) as moved:
            models = _Models(older, moved, newer if repeated else None, found.up)
            detection = _write(out, models, error, areas, Stage(report, 0.3, 0.85))
    report.progress(0.85, "terrain.step_bodies")
    bodies = _bodies(out, grid, error, settings.min_area)
    cell = across * down
    return Compared(
        out, grid, found, error,
        {zone.key: zone.volumes(error, cell) for zone in areas},
        {zone.key: zone.missing * cell for zone in areas},
        bodies, detection,
    )  # fmt: skip


def _check_datums(before: Elevation, after: Elevation, settings: Settings, report: Report) -> None:
    for one in (before, after):
        if not one.unit_stated:
            report.message("terrain.metres_assumed", "warning", path=str(one.scene.path))
    if not (before.datum and after.datum):
        report.message("terrain.datum_unknown", "warning")
    elif datum_key(before.datum) != datum_key(after.datum):
        if settings.align == "none":
            raise InputError("terrain.datums_differ", before=before.datum, after=after.datum)
        report.message("terrain.datums_levelled", "warning", before=before.datum, after=after.datum)


def _stable(grid: Grid, stable: NDArray[np.object_] | None, unstable: NDArray[np.object_] | None) -> Stable:
    def ground(window: Window) -> NDArray[np.bool_]:
        part = grid.window(window)
        whole = np.ones((part.height, part.width), bool)
        found = whole if stable is None else within(stable, part)
        return found if unstable is None else found & ~within(unstable, part)

    return ground


def _aligned(
    older: Image, newer: Image, ground: Stable, settings: Settings, named: bool, report: Report
) -> tuple[Fit, Error]:
    """How the newer model is moved, and the error of the difference; ``named``: somebody said what is stable."""
    across, down = older.grid.pixel_m
    found = Fit()
    if settings.align != "none":
        found = fit(
            older, newer, ground, most_shift=settings.most_shift, height_only=settings.align == "height",
            steepest=settings.steepest, report=report,
        )  # fmt: skip
        if found.nmad > settings.most_residual:
            raise InputError("terrain.residual_too_large", nmad=found.nmad, maximum=settings.most_residual)
    s1, s2, bias, reach = settings.sigma_before, settings.sigma_after, settings.systematic, settings.range_m
    if settings.align == "none" and not named and s1 is not None and s2 is not None:
        if bias is None or reach is None:
            raise InputError("terrain.no_error_known")
        report.message("terrain.error_stated", "warning")
        return found, stated(s1, s2, bias, reach)
    error = measured(take(older, newer, ground, found, settings.steepest), (across + down) / 2)
    return found, replace(
        error,
        systematic_m=error.systematic_m if bias is None else bias,
        range_m=error.range_m if reach is None else reach,
    )


@dataclass(frozen=True)
class _Models:
    """The older model, the newer one moved into place, and as it was where it repeats the older one outside its survey
    (else None); ``up`` (m) is added to the newer heights.
    """

    older: Image
    moved: Image
    repeating: Image | None
    up: float

    def read(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Older heights (NaN: none), difference (0: none), and where both surveys are."""
        first, known = self.older.read(window)
        second, also = self.moved.read(window)
        known = known & also
        if self.repeating is not None:
            known &= self.repeating.read(window)[0][0] != first[0]
        heights = np.where(known, first[0], np.nan).astype(np.float32)
        return heights, np.where(known, second[0] + np.float32(self.up) - first[0], np.float32(0.0)), known


def _write(out: Path, models: _Models, error: Error, zones: Sequence[Zone], report: Report) -> float:
    """Write the raster block by block, its cells added to ``zones``; the median level of detection (m)."""
    grid, moved = models.older.grid, models.moved.shift
    tags = {"UNIT": "m", "SHIFT_PX": f"{moved[0]:.5f} {moved[1]:.5f}", "UP_M": f"{models.up:.4f}"}
    blocks = grid.blocks()
    seen = []
    with RasterFile(out, grid, BANDS, tags, nodata=NODATA) as raster:
        for number, window in enumerate(blocks):
            report.progress(number / len(blocks))
            bands = _block(window, grid, models, error, zones)
            raster.write_bands(window, bands)
            sampled = bands[1][::_SAMPLED, ::_SAMPLED]
            seen.append(sampled[sampled != NODATA])
    every = np.concatenate(seen)
    return float(np.median(every)) if len(every) else float("nan")


def _block(
    window: Window, grid: Grid, models: _Models, error: Error, zones: Sequence[Zone]
) -> tuple[NDArray[np.float32], ...]:
    """The three bands of a block."""
    core = (slice(_RIM, -_RIM), slice(_RIM, -_RIM))
    heights, difference, known = models.read(widened(window, _RIM))
    sigma = error.of_slope(np.hypot(*gradient(heights, grid)))
    detection = np.float32(T95) * sigma
    weight = uniform_filter(known.astype(np.float32), 3, mode="constant")
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = uniform_filter(difference, 3, mode="constant") / weight  # lone cells of noise make no body
    # … and a cell beside a deep pit, whose mean it shares, is none of it
    surely = known & (np.abs(mean) >= detection) & (difference * np.sign(mean) >= detection / 2)
    direction = np.where(surely, np.sign(mean), 0.0).astype(np.float32)
    inner = known[core]
    for zone in zones:
        zone.add(window, grid, difference[core], inner, sigma[core], detection[core])
    bands = (difference[core], detection[core], direction[core])
    return tuple(np.where(inner, band, np.float32(NODATA)).astype(np.float32) for band in bands)


def _bodies(path: Path, grid: Grid, error: Error, min_area: float) -> gpd.GeoDataFrame:
    """Connected significant cut and fill of at least ``min_area`` m² with their volumes, the largest first."""
    cell = float(np.prod(grid.pixel_m))
    least = min_area / cell * abs(grid.transform.determinant)  # in squared units of the system
    with reading(path), rasterio.open(path) as raster:
        rows = [
            _body(raster, grid, body, kind, error, cell)
            for kind, direction in (("cut", -1), ("fill", 1))
            for body in _outlines(raster, grid, direction, least)
        ]
    rows.sort(key=lambda row: -abs(row["volume_m3"]))
    columns = ("kind", "area_m2", "volume_m3", "low_m3", "high_m3", "mean_m", "extreme_m")
    bodies = [row.pop("geometry") for row in rows]
    return gpd.GeoDataFrame({name: [row[name] for row in rows] for name in columns}, geometry=bodies, crs=grid.crs)


def _outlines(raster: Any, grid: Grid, direction: int, least: float) -> list[Any]:
    """Polygons of at least ``least`` where band 3 has ``direction``; drawn strip by strip, joined over the seams."""
    rows = max(1, _CELLS_A_STRIP // grid.width)
    whole: list[Any] = []
    cut: list[Any] = []
    for top in range(0, grid.height, rows):
        window = Window(0, top, grid.width, min(rows, grid.height - top))
        part = grid.window(window)
        chosen = raster.read(3, window=window) == direction
        for shape, _ in shapes(chosen.view(np.uint8), chosen, connectivity=8, transform=part.transform):
            body = shapely.geometry.shape(shape)
            on_seam = rows < grid.height and _touches_seam(body, part)
            (cut if on_seam else whole).append(body)
    joined = shapely.get_parts(shapely.union_all(cut)).tolist() if cut else []
    return [body for body in (*whole, *joined) if body.area >= least]


def _touches_seam(body: Any, part: Grid) -> bool:
    """Whether a body reaches the upper or lower edge of a strip."""
    _, row_high = ~part.transform @ (body.bounds[0], body.bounds[3])
    _, row_low = ~part.transform @ (body.bounds[0], body.bounds[1])
    return bool(min(row_high, row_low) < 0.5 or max(row_high, row_low) > part.height - 0.5)


def _body(raster: Any, grid: Grid, body: Any, kind: str, error: Error, cell: float) -> dict[str, Any]:
    window = from_bounds(*body.bounds, transform=grid.transform).round_offsets().round_lengths()
    part = grid.window(window)
    inside = within(body, part)
    difference, detection = raster.read(1, window=window), raster.read(2, window=window)
    total = Sum()
    total.add(difference[inside], detection[inside] / np.float32(T95))
    volume = volume_of(total, error, cell)
    low, high = volume.error.interval(volume.volume_m3)
    extreme = difference[inside].min() if kind == "cut" else difference[inside].max()
    return {
        "kind": kind, "area_m2": volume.area_m2, "volume_m3": volume.volume_m3, "low_m3": low, "high_m3": high,
        "mean_m": volume.volume_m3 / volume.area_m2, "extreme_m": float(extreme),
        "geometry": shapely.MultiPolygon([body]),
    }  # fmt: skip

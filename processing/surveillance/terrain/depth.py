"""One elevation model against licensed levels: where the ground lies deeper than allowed, by the law's steps.

A step is claimed only where the survey can show it: its level of detection, 1.96 √(σ² + σ_level²), must not exceed the
step. The depth counts as a mean over an area: what is deep for a cell or two is no breach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.features import shapes
from rasterio.windows import Window
from scipy.ndimage import maximum_filter, uniform_filter

from ....layers.errors import InputError
from ....layers.report import Report, steps
from ..scenes.grid import Grid
from ..scenes.image import Image
from .elevation import Elevation, datum_key
from .error import T95, correlated_mean, largest_sigma
from .volume import within

_FINEST = 1.0  # m: finer cells are averaged, a breach of 0.1 ha has a thousand of these
_MOST_CELLS = 40_000_000  # of one licence; a larger one is looked at in coarser cells
_WINDOWS_A_SIDE = 3  # the ground is averaged over a third of the least area's side before a step is looked for
_CERTAIN = 0.975

COLUMNS = (
    "concession", "concession_code", "step_m", "depth_m", "low_m", "high_m", "deepest_m", "area_m2", "certainty",
    "certain",
)  # fmt: skip


@dataclass(frozen=True)
class Licence:
    """A licence with the level down to which it allows digging (m) in the height system ``datum``."""

    uid: str
    code: str
    geometry: Any
    level_m: float
    datum: str


@dataclass(frozen=True)
class Survey:
    """What is known of the model's heights: σ (m), the range of its correlated error and one sigma of a bias (m).

    ``level_sigma`` is the licensed level's own error; None: as good as the survey, which is the facts' *two surveys of
    equal quality*.
    """

    sigma: float
    range_m: float
    systematic: float
    level_sigma: float | None = None

    @property
    def detection(self) -> float:
        """The level of detection (m) against a licensed level."""
        return T95 * math.hypot(self.sigma, self.sigma if self.level_sigma is None else self.level_sigma)


@dataclass(frozen=True)
class Provable:
    """Whether a step (m) can be claimed from this survey, and the largest σ (m) of a survey that could."""

    step_m: float
    provable: bool
    largest_sigma_m: float


def provable(wanted: Sequence[float], survey: Survey) -> list[Provable]:
    """Each step with what it asks of a survey. Raises :class:`InputError` where none can be claimed."""
    found = [
        Provable(step, survey.detection <= step, _largest(step, survey.level_sigma)) for step in sorted(set(wanted))
    ]
    if not any(one.provable for one in found):
        raise InputError(
            "terrain.depth_not_provable",
            sigma=survey.sigma,
            detection=round(survey.detection, 2),
            steps=[one.step_m for one in found],
            largest=[round(one.largest_sigma_m, 2) for one in found],
        )
    return found


def _largest(step: float, level_sigma: float | None) -> float:
    if level_sigma is None:
        return largest_sigma(step)
    return math.sqrt(max((step / T95) ** 2 - level_sigma**2, 0.0))


def check_datums(dem: Elevation, licences: Sequence[Licence], report: Report) -> list[Licence]:
    """The licences whose level is in the model's height system; the others are told.

    Raises :class:`InputError` where the model's own system is not known, or no licence is left.
    """
    if not dem.datum:
        raise InputError("terrain.depth_datum_missing", path=str(dem.scene.path))
    same = [one for one in licences if one.datum and datum_key(one.datum) == datum_key(dem.datum)]
    other = [one.code for one in licences if one not in same]
    if not same:
        raise InputError("terrain.depth_datum_differs", codes=other, datum=dem.datum)
    if other:
        report.message("terrain.depth_datum_left", "warning", codes=other, datum=dem.datum)
    return same


def breaches(
    dem: Elevation,
    licences: Sequence[Licence],
    crs: str,
    wanted: Sequence[float],
    least_area: float,
    survey: Survey,
    report: Report,
) -> gpd.GeoDataFrame:
    """Ground of at least ``least_area`` m² that lies at least a step below its licensed level, in ``crs``; one row per
    step and place, the steps nested; columns :data:`COLUMNS`.

    ``certainty`` is the probability that the mean depth reaches the step, judged by the error of the mean over the
    smaller area that was looked at, so rather too low than too high.
    """
    rows: list[dict[str, Any]] = []
    claimed = [one.step_m for one in provable(wanted, survey) if one.provable]
    for licence in steps(report, licences, len(licences), "terrain.step_depth"):
        grid = _working_grid(licence.geometry, crs, max(dem.grid.pixel_m))
        with Image(dem.scene, grid) as image:
            heights, known = image.read(Window(0, 0, grid.width, grid.height))
        known &= within(licence.geometry, grid)
        if not known.any():
            report.message("terrain.depth_not_surveyed", "warning", concession=licence.code)
            continue
        depth = np.where(known, np.float32(licence.level_m) - heights[0], np.float32(0.0))
        for step in claimed:
            rows += _of_step(depth, known, grid, licence, step, least_area, survey)
    shapes_ = [row.pop("geometry") for row in rows]
    return gpd.GeoDataFrame({name: [row[name] for row in rows] for name in COLUMNS}, geometry=shapes_, crs=crs)


def _working_grid(geometry: Any, crs: str, pixel: float) -> Grid:
    west, south, east, north = shapely.bounds(geometry)
    cell = max(pixel, _FINEST, math.sqrt((east - west) * (north - south) / _MOST_CELLS))
    columns, rows = math.ceil((east - west) / cell), math.ceil((north - south) / cell)
    return Grid(CRS.from_string(crs), Affine(cell, 0, west, 0, -cell, north), max(columns, 1), max(rows, 1))


def _of_step(
    depth: NDArray[np.float32],
    known: NDArray[np.bool_],
    grid: Grid,
    licence: Licence,
    step: float,
    least_area: float,
    survey: Survey,
) -> Iterator[dict[str, Any]]:
    cell = grid.pixel_m[0]
    side = math.sqrt(least_area) / _WINDOWS_A_SIDE
    window = max(1, round(side / cell))
    narrow = _mean(depth, known, 3)
    broad = maximum_filter(_mean(depth, known, window) >= step, window)  # the mean of its edge is half wall
    deep = known & broad & (narrow >= step)
    error = mean_sigma(survey, max(side, cell) ** 2)
    for shape, _ in shapes(deep.astype(np.uint8), deep, connectivity=8, transform=grid.transform):
        polygon = shapely.geometry.shape(shape)
        if polygon.area < least_area:
            continue
        inside = within(polygon, grid)
        cells = depth[inside]
        mean = float(cells.mean(dtype=np.float64))
        certainty = NormalDist().cdf((mean - step) / error) if error > 0 else float(mean >= step)
        yield {
            "concession": licence.uid, "concession_code": licence.code, "step_m": step, "depth_m": round(mean, 2),
            "low_m": round(mean - T95 * error, 2), "high_m": round(mean + T95 * error, 2),
            "deepest_m": round(float(narrow[inside].max()), 2), "area_m2": round(polygon.area, 1),
            "certainty": round(certainty, 4), "certain": certainty >= _CERTAIN,
            "geometry": shapely.multipolygons([polygon]),
        }  # fmt: skip


def mean_sigma(survey: Survey, area: float) -> float:
    """σ (m) of a mean depth over ``area`` m²: the correlated part, the survey's bias and the level's own error.

    The level's error is one for the whole licence and never averages out; where it is not known it has been counted in
    the level of detection and is not counted twice.
    """
    correlated = survey.sigma * correlated_mean(area, survey.range_m)
    return math.hypot(correlated, survey.systematic, survey.level_sigma or 0.0)


def _mean(depth: NDArray[np.float32], known: NDArray[np.bool_], size: int) -> NDArray[np.float32]:
    """Mean over ``size`` × ``size`` cells, of those that are known."""
    weight = uniform_filter(known.astype(np.float32), size, mode="constant")
    total = uniform_filter(np.where(known, depth, np.float32(0.0)), size, mode="constant")
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float32] = np.where(weight > 1e-6, total / weight, np.float32(-np.inf))
    return found

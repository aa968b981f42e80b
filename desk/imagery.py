"""Both dates of a run around a point, cut out with one stretch at two zooms; the map's pixel that is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray

from ..layers.errors import InputError
from ..processing.documents.map_sheet import View
from ..processing.surveillance.cases.chips import Look, look, stretched
from ..processing.surveillance.cases.provenance import located
from ..processing.surveillance.scenes.grid import Grid, grid_of
from ..processing.surveillance.scenes.opening import reading
from ..processing.surveillance.scenes.reading import open_scene
from ..store import coordinates, runs

DATES = ("before", "after")
# The second zoom shows so many times the ground of the first: a pit is read by what lies around it.
WIDER = 4.0
# Common names of the bands that show plants in red.
_INFRARED = (("nir", "nir08"), ("red",), ("green",))


@dataclass(frozen=True)
class Scene:
    """One date of the run: its image as found now; ``same``: it has the size that the run noted (None: unknown)."""

    path: Path
    day: date | None
    same: bool | None
    infrared: tuple[str, ...]


@dataclass(frozen=True)
class Chip:
    """A picture (rows, columns, 3) of ``half_m`` metres to each side of the point."""

    day: date | None
    picture: NDArray[np.uint8]
    half_m: float
    simulated: bool
    seen: float  # share of the ground that the image shows


@dataclass(frozen=True)
class Chips:
    """Both dates at both zooms, near ones first: before, after, before wide, after wide. ``outline`` (n, 2): the map's
    pixel in metres from the point, x east, y north.
    """

    near: tuple[Chip, Chip]
    wide: tuple[Chip, Chip]
    outline: NDArray[np.float64]


def data_set_of(sample: Path) -> Path | None:
    """The data set beside which the sample lies; None where it lies beside a run alone."""
    folder = sample.resolve().parent.parent
    data = folder.with_suffix(".gpkg")
    return data if folder.suffix == ".dothi" and data.is_file() else None


def run_of(sample: Path, name: str) -> Path:
    """The run that the sample was drawn from. Raises :class:`InputError` where it is gone: nothing can be shown."""
    folder = sample.resolve().parent.parent
    found = next((path for path in (folder / "runs" / name, folder / name) if path.is_file()), None)
    if found is None:
        raise InputError("desk.run_gone", run=name, path=str(sample))
    return found


def scenes_of(run: Path, data: Path | None) -> tuple[Scene, Scene]:
    """The two images that the run compared. Raises :class:`InputError` (``desk.scene_missing``, or not two dates)."""
    row = runs.row(run)
    found = []
    for name in DATES:
        given = row["parameters"].get(name)
        if not isinstance(given, str):
            raise InputError("desk.no_scenes", run=run.name)
        path = _found(given, run, data)
        noted = row["inputs"].get(name) or {}
        same = path.stat().st_size == noted["bytes"] if "bytes" in noted and path.is_file() else None
        scene = open_scene(path)
        named = row["parameters"].get(f"date_{name}")
        day = date.fromisoformat(str(named)[:10]) if named else scene.acquired_on
        common = {band.common: band.name for band in scene.bands if band.common}
        bands = [next((common[one] for one in names if one in common), "") for names in _INFRARED]
        found.append(Scene(path, day, same, tuple(bands) if all(bands) else ()))
    return found[0], found[1]


def _found(given: str, run: Path, data: Path | None) -> Path:
    """Where the image lies now: as given, in the library, or below a folder above the run (all was moved together)."""
    path = located({"path": given, "given": given}, data or run)
    if path is None:
        names = (given, Path(given).name)
        below = [folder / name for folder in run.parents[:5] for name in names]
        path = next((one for one in below if one.exists()), None)
    if path is None:
        raise InputError("desk.scene_missing", name=given, run=run.name)
    return path


def pixels(run: Path, places: NDArray[np.float64], crs: str) -> list[NDArray[np.float64]]:
    """For each place (n, 2) in ``crs`` the corners (5, 2) of the map's pixel that holds it, in ``crs``."""
    raster = run.with_suffix(".tif")
    with reading(raster), rasterio.open(raster) as file:
        grid: Grid = grid_of(file, str(raster))
    there = coordinates.transform_geometries([shapely.Point(place) for place in places], crs, grid.code)
    columns, rows = ~grid.transform @ tuple(shapely.get_coordinates(there).T)
    boxes = []
    for column, row in zip(np.floor(columns), np.floor(rows), strict=True):
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        boxes.append(shapely.Polygon([grid.transform @ corner for corner in corners]))
    return [shapely.get_coordinates(one) for one in coordinates.transform_geometries(boxes, grid.code, crs)]


def cut(
    scenes: tuple[Scene, Scene],
    place: tuple[float, float],
    half_m: float,
    pixel: NDArray[np.float64],
    crs: str,
    *,
    infrared: bool = False,
) -> Chips:
    """Cut both dates out around ``place`` (``crs``, metres). All four pictures have one stretch.

    Raises :class:`InputError` for an image that cannot be read.
    """
    sides = tuple(_whole_pixels(side, pixel) for side in (half_m, half_m * WIDER))
    looks = [
        look(scene.path, _view(place, side), crs, scene.infrared if infrared else ())
        for side in sides
        for scene in scenes
    ]
    days = [scene.day for scene in scenes] * 2
    halves = [side for side in sides for _ in scenes]
    chips = [
        Chip(day, picture, half, one.simulated, float(one.valid.mean()))
        for one, picture, day, half in zip(looks, _pictures(looks), days, halves, strict=True)
    ]
    return Chips((chips[0], chips[1]), (chips[2], chips[3]), pixel - np.asarray(place))


def _pictures(looks: Sequence[Look]) -> list[NDArray[np.uint8]]:
    """One stretch, taken from the wide pictures as well: in a chip of bare sand alone noise would fill the range."""
    return [np.ascontiguousarray(one) for one in stretched(looks)]


def _whole_pixels(half_m: float, pixel: NDArray[np.float64]) -> float:
    """``half_m`` or a little more: so that the pixel in the middle of the chip is the map's, not the seam of two."""
    size = float(np.hypot(*(pixel[1] - pixel[0])))
    return float((np.ceil(half_m / size - 0.5) + 0.5) * size)


def _view(place: tuple[float, float], half_m: float) -> View:
    return View(place[0], place[1], 1000, 2 * half_m, 2 * half_m)  # at 1:1000 a millimetre is a metre

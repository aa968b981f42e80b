"""How much of an area a scene shows: cloud, usable share, a small picture; sampled, so nothing is decoded whole.

Pixels are picked from overviews (JPEG 2000 and COG have them). Shares are those of the masks themselves; the rim grown
around cloud when pixels are compared is not counted.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import geometry_mask
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ....store.whole import made_whole
from .common_grid import in_grid
from .grid import Grid, grid_of
from .masks import OUTSIDE, cloud, missing, usable
from .opening import open_raster, reading
from .scene import Band, Mask, Scene

_MOST_SAMPLES = 1_000  # along the longer side: shares to a tenth of a percent
_PICTURE = 320  # pixels of the longer side of a thumbnail
MUCH_CLOUD = 30.0  # percent of the picture (a proposal of the project)


@dataclass(frozen=True)
class Quality:
    """Percent of the area: ``cloud`` of what the scene shows of it (None: no mask says), ``valid`` usable of all of it,
    ``shown`` inside the picture at all.
    """

    cloud: float | None
    valid: float
    shown: float


def assess(scene: Scene, area: BaseGeometry | None = None) -> Quality:
    """Shares over ``area`` (WGS 84; None: the whole scene). Raises :class:`InputError` where a file is damaged."""
    grid = _coarse(scene, area, _MOST_SAMPLES)
    inside = np.ones((grid.height, grid.width), bool)
    if area is not None:
        inside = geometry_mask([in_grid(area, grid)], inside.shape, grid.transform, invert=True, all_touched=True)
    band = _picked(scene.bands[0], grid)
    shown = inside & np.isfinite(band)
    valid, clouded = shown.copy(), np.zeros_like(shown)
    for mask in scene.masks:
        classes = _classes(mask, grid)
        shown &= ~missing(classes, mask.kind)
        valid &= usable(classes, mask.kind, mask.most)
        clouded |= cloud(classes, mask.kind, mask.most)
    valid &= shown
    count = max(1, int(inside.sum()))
    return Quality(
        None if not scene.masks or not shown.any() else round(100.0 * float(clouded[shown].mean()), 2),
        round(100.0 * float(valid.sum()) / count, 2),
        round(100.0 * float(shown.sum()) / count, 2),
    )


def write_thumbnail(scene: Scene, path: Path, area: BaseGeometry | None = None) -> None:
    """A small PNG: true colour where the bands are there, else grey; transparent outside the picture."""
    grid = _coarse(scene, area, _PICTURE)
    by_common = {band.common: band for band in scene.bands}
    colours = [by_common.get(name) for name in ("red", "green", "blue")]
    bands = [band for band in colours if band] if all(colours) else [scene.bands[0]] * 3
    layers = [_picked(band, grid) for band in bands]
    seen = np.isfinite(layers).all(axis=0)
    picture = np.zeros((4, grid.height, grid.width), np.uint8)
    for layer, into in zip(layers, picture, strict=False):
        into[seen] = _stretched(layer[seen], logarithmic=scene.kind == "radar")
    picture[3] = np.where(seen, 255, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with made_whole(path) as temporary, warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED="NO"):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a picture lies nowhere, and need not
        with rasterio.open(
            temporary, "w", driver="PNG", width=grid.width, height=grid.height, count=4, dtype="uint8"
        ) as file:
            file.write(picture)


def _stretched(values: NDArray[np.float32], *, logarithmic: bool) -> NDArray[np.uint8]:
    """2nd to 98th percentile to 0 … 255."""
    if not values.size:
        return values.astype(np.uint8)
    if logarithmic:
        values = np.log10(np.maximum(values, np.float32(1e-6)))
    low, high = np.percentile(values, (2, 98))
    return np.asarray(np.clip((values - low) / max(float(high - low), 1e-6), 0.0, 1.0) * 255.0, np.uint8)


def _coarse(scene: Scene, area: BaseGeometry | None, most: int) -> Grid:
    """The scene's own grid, cut to the area and thinned to at most ``most`` pixels a side."""
    grid = scene.grid
    left, top, right, bottom = 0.0, 0.0, float(grid.width), float(grid.height)
    if area is not None:
        west, south, east, north = in_grid(area, grid).bounds
        corners = [~grid.transform @ point for point in ((west, south), (west, north), (east, south), (east, north))]
        left, right = math.floor(min(c for c, _ in corners)), math.ceil(max(c for c, _ in corners))
        top, bottom = math.floor(min(r for _, r in corners)), math.ceil(max(r for _, r in corners))
    step = max(1.0, max(right - left, bottom - top) / most)
    width, height = max(1, math.ceil((right - left) / step)), max(1, math.ceil((bottom - top) / step))
    return replace(
        grid,
        transform=grid.transform @ Affine.translation(left, top) @ Affine.scale(step),
        width=width,
        height=height,
    )


def _picked(band: Band, grid: Grid) -> NDArray[np.float32]:
    """Values at ``grid``, NaN where there are none."""
    with reading(band.path), open_raster(band.path) as dataset:
        numbers, there = _at(dataset, band.path, band.index, grid)
    values = numbers.astype(np.float32)
    nodata = band.nodata if band.nodata is not None else (0.0 if numbers.dtype.kind in "ui" else None)
    if nodata is not None and not math.isnan(nodata):
        there &= values != np.float32(nodata)
    with np.errstate(invalid="ignore", over="ignore"):
        values = values * np.float32(band.scale) + np.float32(band.offset)
        if band.decibels:
            values = np.power(np.float32(10.0), values / np.float32(10.0))
    values[~(there & np.isfinite(values))] = np.nan
    return values


def _classes(mask: Mask, grid: Grid) -> NDArray[np.integer]:
    with reading(mask.path), open_raster(mask.path) as dataset:
        classes, there = _at(dataset, mask.path, mask.index, grid)
    found: NDArray[np.integer] = np.where(there, classes, OUTSIDE[mask.kind]).astype(np.uint16)
    return found


def _at(dataset: Any, path: str, index: int, grid: Grid) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Numbers picked at the pixels of ``grid`` (of the same system, turned by nothing), and where the file has any."""
    own = grid_of(dataset, path)
    to_own = ~own.transform @ grid.transform
    columns = to_own.c + to_own.a * (np.arange(grid.width) + 0.5)
    rows = to_own.f + to_own.e * (np.arange(grid.height) + 0.5)
    in_columns, in_rows = (columns >= 0) & (columns < own.width), (rows >= 0) & (rows < own.height)
    numbers = np.zeros((grid.height, grid.width), dataset.dtypes[index - 1])
    there = in_rows[:, None] & in_columns[None, :]
    if there.any():
        columns, rows = columns[in_columns], rows[in_rows]
        left, top = int(columns.min()), int(rows.min())
        window = Window(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)
        # Thinned by whole steps only, so that the overview is picked from where the pixel lies.
        thinner = max(1.0, math.floor(abs(to_own.a)))
        shape = math.ceil(window.height / thinner), math.ceil(window.width / thinner)
        read = dataset.read(index, window=window, out_shape=shape, resampling=Resampling.nearest)
        down = ((rows - top) * shape[0] / window.height).astype(int).clip(0, shape[0] - 1)
        across = ((columns - left) * shape[1] / window.width).astype(int).clip(0, shape[1] - 1)
        numbers[there] = read[np.ix_(down, across)].ravel()
    return numbers, there

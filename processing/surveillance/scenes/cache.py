"""Decode once: the area of interest of a scene as a tiled local file, because JPEG 2000 decoding is the physical limit.

A decoded copy is a Cloud Optimized GeoTIFF of the scene's bands and one band USABLE (1 where all masks agreed, cloud
grown) on the library's grid. A scene of the grid's own zone keeps its numbers; one of another zone is resampled once,
bilinearly, and keeps what came out as float32. Either way an :class:`Image` of the copy gives the very values an Image
of the product gives on that grid. Copies are named by what made them, appear whole or not at all, and may be deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.shutil import copy as copy_raster

from ....layers.report import SILENT, Report
from ....store.whole import made_whole, remove, sweep, temporary_name
from .grid import Grid
from .image import Image
from .opening import open_raster, processors, raster_session, writing
from .scene import Scene

# Raised whenever what is written changes, so that copies of former versions are made anew.
_VERSION = 1
# Number for "no ground" in copies that keep the product's numbers; in Sentinel-2 it means saturated, no ground either.
_NODATA = 65_535
_TILE = 512
# Rows and columns of a block: tiles of JPEG 2000 are 1024 pixels, and none is decoded twice.
_BLOCK = (1024, 2048)
# What all copies of a data set may take on disk, unless told otherwise.
MOST_BYTES = 20 * 1024**3


def key(checksum: str, grid: Grid, scene: Scene) -> str:
    """The name of the copy: of product, grid and area, bands with their scaling, and masks."""
    told = {
        "version": _VERSION,
        "product": checksum,
        "grid": [grid.code, *grid.transform[:6], grid.width, grid.height],
        "bands": [[band.name, band.scale, band.offset, band.decibels] for band in scene.bands],
        "masks": [[mask.kind, mask.most] for mask in scene.masks],
    }
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def decoded(scene: Scene, checksum: str, grid: Grid, folder: Path, report: Report = SILENT) -> Path:
    """The decoded copy of ``scene`` on ``grid``, made in ``folder`` unless it is there. Raises :class:`InputError`."""
    path = folder / f"{key(checksum, grid, scene)}.tif"
    if path.is_file():
        with suppress(OSError):  # a folder that may only be read serves as well
            os.utime(path)  # what was used last is pruned last
        return path
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    with made_whole(path) as temporary:
        _write(scene, checksum, grid, temporary, report)
    return path


def _write(scene: Scene, checksum: str, grid: Grid, path: Path, report: Report) -> None:
    """Blocks to a plain tiled file first: the COG driver lays overviews before the pixels, so it needs them whole."""
    numbers = _keeps_numbers(scene, grid)
    plain = temporary_name(path.with_suffix(".tif"))
    profile = {
        "driver": "GTiff", "width": grid.width, "height": grid.height, "count": len(scene.bands) + 1,
        "dtype": "uint16" if numbers else "float32", "crs": grid.crs, "transform": grid.transform,
        "tiled": True, "blockxsize": _TILE, "blockysize": _TILE, "nodata": _NODATA if numbers else np.nan,
        "BIGTIFF": "IF_SAFER",
    }  # fmt: skip
    try:
        with raster_session(processors()), writing(path), Image(scene, grid) as image:
            with rasterio.open(plain, "w", **profile) as file:
                blocks = grid.blocks(*_BLOCK)
                for done, window in enumerate(blocks, start=1):
                    file.write(_numbers(image, window, numbers), window=window)
                    report.progress(0.9 * done / len(blocks), "scene.step_decode")
                file.descriptions = (*scene.names, "USABLE")
                if numbers:
                    file.scales = (*(band.scale for band in scene.bands), 1.0)
                    file.offsets = (*(band.offset for band in scene.bands), 0.0)
                file.update_tags(**_tags(scene, checksum))
            copy_raster(
                plain, path, driver="COG", COMPRESS="DEFLATE", LEVEL="1", PREDICTOR="YES", BLOCKSIZE=str(_TILE),
                RESAMPLING="NEAREST", BIGTIFF="IF_SAFER", NUM_THREADS=str(processors()),
            )  # fmt: skip
    finally:
        remove(plain)
    report.progress(1.0)


def _numbers(image: Image, window: rasterio.windows.Window, numbers: bool) -> NDArray[np.generic]:
    """Bands and USABLE of one block as they are stored."""
    values, valid = image.read(window)
    if not numbers:
        values[:, ~valid] = np.nan
        return np.concatenate([values, valid[None].astype(np.float32)])
    found = np.empty((len(values) + 1, *valid.shape), np.uint16)
    for layer, stored, band in zip(values, found, image.scene.bands, strict=False):
        stored[:] = np.rint((layer.astype(np.float64) - band.offset) / band.scale)
        stored[~valid] = _NODATA
    found[-1] = valid
    return found


def _keeps_numbers(scene: Scene, grid: Grid) -> bool:
    """Whether every band lies on the grid's pixels in whole numbers of at most 16 bits without a sign."""
    for band in scene.bands:
        if band.decibels:
            return False
        with open_raster(band.path) as dataset:
            own = Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
            if dataset.dtypes[band.index - 1] not in ("uint8", "uint16") or grid.offset_in(own) is None:
                return False
    return True


def _tags(scene: Scene, checksum: str) -> dict[str, str]:
    told = {
        "SENSOR": scene.sensor,
        "DATE": scene.acquired_on.isoformat() if scene.acquired_on else "",
        "PROCESSING_BASELINE": scene.baseline,
        "SIMULATED": "yes" if scene.simulated else "",
        "PRODUCT": scene.product,
        "TILE": scene.tile,
        "ORBIT": str(scene.orbit or ""),
        "SENSED": scene.sensed,
        "COMMON_NAMES": ",".join(band.common for band in scene.bands),
        "PRODUCT_SHA256": checksum,
    }
    return {name: value for name, value in told.items() if value.strip(",")}


def prune(folder: Path, most: int = MOST_BYTES) -> tuple[int, int]:
    """Delete the copies used longest ago until all take at most ``most`` bytes. Returns (files deleted, bytes left)."""
    files = sorted(((path.stat(), path) for path in folder.glob("*.tif")), key=lambda one: one[0].st_mtime)
    left, gone = sum(state.st_size for state, _ in files), 0
    for state, path in files:
        if left <= most:
            break
        path.unlink(missing_ok=True)
        left, gone = left - state.st_size, gone + 1
    return gone, left

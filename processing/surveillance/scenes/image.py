"""The pixels of a scene on a grid, window by window: scaled, masked, resampled only where they must be."""

from __future__ import annotations

import math
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.warp import reproject
from rasterio.windows import Window

from .grid import Grid, grid_of, operation, widened
from .masks import GROWN_M, OUTSIDE, cloud, grow, usable
from .opening import open_raster, reading
from .scene import Band, Mask, Scene


class Image:
    """An open scene seen on ``grid``; close it, or use it in a ``with``.

    Bands on the same pixels are read as they are. Others come bilinearly, masks by nearest neighbour, both through the
    pinned operation; ``shift`` (columns, rows of ``grid``) is where the scene's ground is drawn: it moves the picture.
    """

    def __init__(self, scene: Scene, grid: Grid, shift: tuple[float, float] = (0.0, 0.0)) -> None:
        self.scene = scene
        self.grid = grid
        self.shift = shift
        self._stack = ExitStack()
        self._open: dict[str, Any] = {}

    def __enter__(self) -> Image:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._stack.close()
        self._open.clear()

    def read(
        self, window: Window, into: NDArray[np.float32] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Reflectance (bands, rows, columns; ``into`` if given) and what of it can be used (rows, columns).

        ``window`` may reach over the edge of the grid. Not usable: outside the scene, nodata in any band, NaN or
        infinite, cloud and what else the mask excludes. Values there are 0. Raises :class:`InputError`.
        """
        target = self.grid.moved(-self.shift[0], -self.shift[1]).window(window)
        shape = (len(self.scene.bands), target.height, target.width)
        values = np.empty(shape, np.float32) if into is None else into
        valid = np.ones(shape[1:], bool)
        for path, places in self._by_file().items():
            with reading(path):
                self._read_file(path, places, target, values, valid)
        for mask in self.scene.masks:
            if valid.any():
                with reading(mask.path):
                    valid &= self._ground(mask, target)
        if not valid.all():
            values[:, ~valid] = 0.0
        return values, valid

    @property
    def tiled(self) -> bool:
        """Whether the file of the first band holds tiles; else strips, of which a narrow window reads whole ones."""
        path = self.scene.bands[0].path
        with reading(path):
            dataset = self._dataset(path)
            return bool(dataset.block_shapes[0][1] < dataset.width)

    def _by_file(self) -> dict[str, list[int]]:
        files: dict[str, list[int]] = {}
        for place, band in enumerate(self.scene.bands):
            files.setdefault(band.path, []).append(place)
        return files

    def _dataset(self, path: str) -> Any:
        if path not in self._open:
            # Not entered as a context: rasterio ties that to the thread, and blocks are read in another one.
            self._open[path] = open_raster(path)
            self._stack.callback(self._open[path].close)
        return self._open[path]

    def _read_file(
        self, path: str, places: list[int], target: Grid, values: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> None:
        dataset = self._dataset(path)
        bands = [self.scene.bands[place] for place in places]
        source = grid_of(dataset, path)
        offset = target.offset_in(source)
        if offset is not None:
            numbers = _read_aligned(dataset, bands, offset, target, valid)
        else:
            numbers = _read_warped(dataset, bands, source, target)
        for place, band, layer in zip(places, bands, numbers, strict=True):
            with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are sorted out just below
                if (band.scale, band.offset) == (1.0, 0.0):
                    values[place] = layer
                else:
                    np.multiply(layer, np.float32(band.scale), out=values[place], casting="unsafe")
                    values[place] += np.float32(band.offset)
                if band.decibels:
                    np.power(np.float32(10.0), values[place] / np.float32(10.0), out=values[place])
            if layer.dtype.kind == "f":
                valid &= np.isfinite(values[place])

    def _ground(self, mask: Mask, target: Grid) -> NDArray[np.bool_]:
        """What the mask leaves, cloud grown; read with a rim so that cloud beyond the window grows into it."""
        rim = math.ceil(GROWN_M[mask.kind] / max(target.pixel_m))
        wide = target.window(widened(Window(0, 0, target.width, target.height), rim))
        classes = np.full((wide.height, wide.width), OUTSIDE[mask.kind], np.uint16)
        dataset = self._dataset(mask.path)
        source = grid_of(dataset, mask.path)
        offset = wide.offset_in(source)
        if offset is not None:
            _paste(dataset, [mask.index], offset, classes[None])
        else:
            _warp(dataset, [mask.index], source, classes[None], wide, Resampling.nearest)
        ground = usable(classes, mask.kind, mask.most)
        if rim:
            ground &= ~grow(cloud(classes, mask.kind, mask.most), rim)
            ground = ground[rim:-rim, rim:-rim]
        return ground


def _read_aligned(
    dataset: Any, bands: list[Band], offset: tuple[int, int], target: Grid, valid: NDArray[np.bool_]
) -> NDArray[Any]:
    """Numbers as they lie in the file; clears ``valid`` where there are none."""
    indexes = [band.index for band in bands]
    kind = np.result_type(*(dataset.dtypes[index - 1] for index in indexes))
    raw = np.zeros((len(bands), target.height, target.width), kind)
    area = _paste(dataset, indexes, offset, raw)
    if area is None:
        valid[:] = False
        return raw
    rows, columns, window = area
    if (window.height, window.width) != valid.shape:
        beyond = np.ones(valid.shape, bool)
        beyond[rows, columns] = False
        valid &= ~beyond
    declared = [band.nodata for band in bands]
    if all(value is None for value in declared):
        if kind.kind in "ui" and not raw[0].all():
            valid &= raw.any(axis=0)
    else:
        for layer, value in zip(raw, declared, strict=True):
            if value is not None and not math.isnan(value):
                valid &= layer != value
    if MaskFlags.per_dataset in dataset.mask_flag_enums[indexes[0] - 1]:
        valid[rows, columns] &= dataset.dataset_mask(window=window) > 0
    return raw


def _paste(
    dataset: Any, indexes: list[int], offset: tuple[int, int], into: NDArray[Any]
) -> tuple[slice, slice, Window] | None:
    """Read what of the window lies in the file into its place of ``into``; None where nothing does."""
    column, row = offset
    left, top = max(column, 0), max(row, 0)
    right, bottom = min(column + into.shape[2], dataset.width), min(row + into.shape[1], dataset.height)
    if left >= right or top >= bottom:
        return None
    window = Window(left, top, right - left, bottom - top)
    rows, columns = slice(top - row, bottom - row), slice(left - column, right - column)
    if (bottom - top, right - left) == into.shape[1:] and dataset.dtypes[indexes[0] - 1] == into.dtype.name:
        dataset.read(indexes, window=window, out=into)
    else:
        into[:, rows, columns] = dataset.read(indexes, window=window)
    return rows, columns, window


def _read_warped(dataset: Any, bands: list[Band], source: Grid, target: Grid) -> NDArray[np.float32]:
    """Numbers resampled to ``target``; NaN where there are none."""
    values = np.full((len(bands), target.height, target.width), np.nan, np.float32)
    declared = [band.nodata for band in bands]
    if len(set(declared)) == 1:
        # without a declared nodata, 0 in all bands at once is nodata; with one, each band stands for itself
        _warp(dataset, [b.index for b in bands], source, values, target, Resampling.bilinear, declared[0])
    else:
        for band, layer in zip(bands, values, strict=True):
            _warp(dataset, [band.index], source, layer[None], target, Resampling.bilinear, band.nodata)
    return values


def _warp(
    dataset: Any,
    indexes: list[int],
    source: Grid,
    into: NDArray[Any],
    target: Grid,
    resampling: Resampling,
    nodata: float | None = None,
) -> None:
    from rasterio import band as band_of

    options: dict[str, Any] = {}
    pipeline = operation(source.crs, target.crs)
    if pipeline:
        options["COORDINATE_OPERATION"] = pipeline
    if resampling is not Resampling.nearest:
        integers = np.dtype(dataset.dtypes[indexes[0] - 1]).kind in "ui"
        options["UNIFIED_SRC_NODATA"] = "YES" if nodata is None else "NO"
        options["src_nodata"] = nodata if nodata is not None else (0 if integers else np.nan)
        options["dst_nodata"] = np.nan
    reproject(
        band_of(dataset, indexes),
        into,
        dst_transform=target.transform,
        dst_crs=target.crs,
        resampling=resampling,
        init_dest_nodata=False,
        warp_mem_limit=64,
        **options,
    )

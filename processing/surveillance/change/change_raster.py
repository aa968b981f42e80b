"""The change raster: band 1 the decision (0, 1, 255 nodata), band 2 the confidence (0 to 1, 255 nodata).

A tiled, compressed GeoTIFF, with overviews where it is large; named only when it is whole.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.windows import Window

from ....layers.errors import EnvironmentTroubleError
from ..scenes.grid import Grid
from ..scenes.opening import write_trouble, writing

RASTER_NODATA = 255.0
TILE = 256
# Confidence is kept in steps of 1/256: finer digits are noise, and noise does not compress.
CONFIDENCE_STEPS = 256
# Overviews pay from this size on; below it the whole raster is drawn as fast.
_LARGE = 4096
_OVERVIEWS = (2, 4, 8, 16, 32, 64)


class ChangeRaster:
    """Writes the raster block by block; leaving the ``with`` normally gives it its name, an error removes it."""

    def __init__(self, path: Path, grid: Grid, tags: dict[str, str]) -> None:
        self.path = path
        self._grid = grid
        self._temporary = path.with_name(f".part-{uuid4().hex[:8]}-{path.name}")  # as store.whole names its own
        self._complaints = _Complaints()
        logging.getLogger("rasterio").addHandler(self._complaints)
        try:
            with writing(path):
                self._dataset = rasterio.open(
                    self._temporary,
                    "w",
                    driver="GTiff",
                    width=grid.width,
                    height=grid.height,
                    count=2,
                    dtype="float32",
                    crs=grid.crs,
                    transform=grid.transform,
                    nodata=RASTER_NODATA,
                    tiled=True,
                    blockxsize=TILE,
                    blockysize=TILE,
                    interleave="band",
                    compress="deflate",
                    zlevel=1,
                    bigtiff="if_safer",
                )
                self._dataset.descriptions = ("decision", "confidence")
                self._dataset.update_tags(**tags)
        except BaseException:
            self._remove()
            raise

    def write(self, window: Window, decision: NDArray[np.float32], confidence: NDArray[np.float32]) -> None:
        """One block. Confidence is rounded to :data:`CONFIDENCE_STEPS`."""
        with writing(self.path):
            self._write_band(1, decision, window)
            self._write_band(
                2, np.rint(confidence * CONFIDENCE_STEPS).astype(np.float32) / np.float32(CONFIDENCE_STEPS), window
            )
        self._complaints.raise_for(self.path)

    def _write_band(self, band: int, values: NDArray[np.float32], window: Window) -> None:
        self._dataset.write(values, band, window=window)

    def __enter__(self) -> ChangeRaster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._finish()
        finally:
            self._remove()

    def _finish(self) -> None:
        size = max(self._grid.width, self._grid.height)
        with writing(self.path):
            if size > _LARGE:
                factors = [factor for factor in _OVERVIEWS if size > TILE * factor]
                self._dataset.build_overviews(factors, Resampling.nearest)
            self._dataset.close()
        self._complaints.raise_for(self.path)  # a full disk at the last flush is only logged by GDAL
        if not self._is_whole():
            raise EnvironmentTroubleError("engine.disk_full", path=str(self.path))
        with self._temporary.open("rb+") as file:
            os.fsync(file.fileno())
        self._temporary.replace(self.path)

    def _is_whole(self) -> bool:
        """Whether every tile lies in the file: GDAL compresses in threads of its own, whose complaints nobody hears."""
        length = self._temporary.stat().st_size
        try:
            with rasterio.open(self._temporary) as made:
                rows, columns = (-(-side // TILE) for side in made.shape)
                tiles = [f"{column}_{row}" for row in range(rows) for column in range(columns)]
                return all(
                    0
                    < _number(made, f"BLOCK_OFFSET_{tile}", band)
                    <= length - _number(made, f"BLOCK_SIZE_{tile}", band)
                    for band in made.indexes
                    for tile in tiles
                )
        except rasterio.errors.RasterioError:
            return False

    def _remove(self) -> None:
        logging.getLogger("rasterio").removeHandler(self._complaints)
        dataset = getattr(self, "_dataset", None)
        if dataset is not None and not dataset.closed:
            try:
                dataset.close()
            except (rasterio.errors.RasterioError, OSError) as trouble:  # the first error is the one to tell
                logging.getLogger(__name__).debug("closing: %s", trouble)
        self._temporary.unlink(missing_ok=True)


def _number(made: Any, item: str, band: int) -> int:
    """An entry of the tile directory, 0 where there is none."""
    return int(made.get_tag_item(item, "TIFF", bidx=band) or 0)


class _Complaints(logging.Handler):
    """What GDAL says while it writes and does not raise."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())

    def raise_for(self, path: Path) -> None:
        """Raise the first complaint as an error."""
        if self.heard:
            raise write_trouble(path, self.heard[0])

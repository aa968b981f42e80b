"""A raster of named bands, written block by block: tiled, compressed GeoTIFF, named only when it is whole.

Large ones get overviews. What GDAL only logs while it writes (a full disk at the last flush) is raised here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.windows import Window

from ....layers.errors import EnvironmentTroubleError
from .grid import Grid
from .opening import write_trouble, writing

TILE = 256
# Overviews pay from this size on; below it the whole raster is drawn as fast.
_LARGE = 4096
# In steps of eight: overviews of a half and a quarter cost GDAL more time than the raster itself.
_OVERVIEWS = (8, 64)


class RasterFile:
    """Writes ``bands`` (their names) on ``grid``; leaving the ``with`` normally names the file, an error removes it.

    Raises the machine's troubles: a full disk, or a file that cannot be written.
    """

    def __init__(
        self,
        path: Path,
        grid: Grid,
        bands: Sequence[str],
        tags: Mapping[str, str],
        *,
        dtype: str = "float32",
        nodata: float | None = None,
    ) -> None:
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
                    count=len(bands),
                    dtype=dtype,
                    crs=grid.crs,
                    transform=grid.transform,
                    nodata=nodata,
                    tiled=True,
                    blockxsize=TILE,
                    blockysize=TILE,
                    interleave="band",
                    compress="deflate",
                    zlevel=1,
                    bigtiff="if_safer",
                )
                self._dataset.descriptions = tuple(bands)
                self._dataset.update_tags(**tags)
        except BaseException:
            self._remove()
            raise

    def write_bands(self, window: Window, values: Sequence[NDArray[Any]]) -> None:
        """One block of every band, (rows, columns) each, in the order of ``bands``."""
        with writing(self.path):
            for number, layer in enumerate(values, start=1):
                self._write_band(number, layer, window)
        self._complaints.raise_for(self.path)

    def _write_band(self, band: int, values: NDArray[Any], window: Window) -> None:
        self._dataset.write(values, band, window=window)

    def __enter__(self) -> Self:
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

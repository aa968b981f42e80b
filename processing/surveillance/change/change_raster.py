"""The change raster: band 1 the decision (0, 1, 255 nodata), band 2 the confidence (0 to 1, 255 nodata)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..scenes.grid import Grid
from ..scenes.raster_file import RasterFile

RASTER_NODATA = 255.0
# Confidence is kept in steps of 1/256: finer digits are noise, and noise does not compress.
CONFIDENCE_STEPS = 256


class ChangeRaster(RasterFile):
    """Writes the raster block by block; see :class:`.raster_file.RasterFile`."""

    def __init__(self, path: Path, grid: Grid, tags: dict[str, str]) -> None:
        super().__init__(path, grid, ("decision", "confidence"), tags, nodata=RASTER_NODATA)

    def write(self, window: Window, decision: NDArray[np.float32], confidence: NDArray[np.float32]) -> None:
        """One block. Confidence is rounded to :data:`CONFIDENCE_STEPS`."""
        self.write_bands(window, (decision, rounded(confidence)))


def rounded(confidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """``confidence`` in :data:`CONFIDENCE_STEPS`."""
    return np.rint(confidence * CONFIDENCE_STEPS).astype(np.float32) / np.float32(CONFIDENCE_STEPS)

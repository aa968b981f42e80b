"""Simulated ground with known shape, shift and digging, as elevation models on disk. Deterministic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

CRS = "EPSG:9218"
EAST, NORTH = 456_000.0, 1_209_000.0


def relief(x: NDArray[Any], y: NDArray[Any], steep: float = 1.0) -> NDArray[np.float64]:
    """Height (m) at metres east and north of the corner: dunes in all directions, analytic so that shifts are exact."""
    z = 60.0 + 14.0 * np.sin(x / 37.0 + 0.4) * np.cos(y / 53.0) + 9.0 * np.cos((x + 0.7 * y) / 71.0)
    found: NDArray[np.float64] = 60.0 + steep * (z - 60.0 + 4.0 * np.sin((x - 1.3 * y) / 29.0 + 1.0))
    return found


def model(
    rows: int = 400,
    columns: int = 400,
    pixel: float = 2.0,
    *,
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
    steep: float = 1.0,
    noise: float = 0.0,
    blur: float = 0.0,
    seed: int = 1,
) -> NDArray[np.float32]:
    """Cell-centre heights. ``shift`` (east, north, up; m) is how far the model lies beside the ground; ``noise`` (m) is
    made smooth over ``blur`` cells at the same spread.
    """
    x = (np.arange(columns) + 0.5) * pixel
    y = -(np.arange(rows) + 0.5) * pixel
    z = relief(x[None, :] - shift[0], y[:, None] - shift[1], steep) + shift[2]
    error = np.random.default_rng(seed).normal(0.0, 1.0, z.shape)
    if blur:
        error = gaussian_filter(error, blur)
        error /= error.std()
    found: NDArray[np.float32] = (z + noise * error).astype(np.float32)
    return found


def write(
    path: Path,
    heights: NDArray[Any],
    *,
    pixel: float = 2.0,
    crs: str = CRS,
    corner: tuple[float, float] = (EAST, NORTH),
    nodata: float | None = -9999.0,
    unit: str = "m",
) -> Path:
    """The model as GeoTIFF."""
    profile = {
        "driver": "GTiff", "height": heights.shape[0], "width": heights.shape[1], "count": 1, "dtype": heights.dtype,
        "crs": crs, "transform": Affine(pixel, 0, corner[0], 0, -pixel, corner[1]), "nodata": nodata,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(heights, 1)
        if unit:
            file.units = (unit,)
    return path

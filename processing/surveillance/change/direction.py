"""Where a change went: the direction of the change vector of every changed pixel, as an extra raster.

Band 1 ``magnitude``: length of the change vector, in standard deviations of the bands. Band 2 ``angle``: degrees from
the direction in which all bands grow alike (0: brighter in all, 180: darker in all, 90: as much up as down), the polar
form of Bovolo, Marchesi and Bruzzone 2012 (IEEE TGRS 50, 2196-2212), which holds for any number of bands. Band 3
``signs``: the sector (Malila 1980), bit k set where band k (the order is in the tag ``bands``) grew. -1 is where
nothing changed, or nothing was compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from ....layers.report import Report
from ..scenes.grid import Grid
from ..scenes.opening import reading
from ..scenes.raster_file import RasterFile
from .blocks import Block, Source, Workers
from .score import Pixels
from .scoring import Linear, chosen_rows

BANDS = ("magnitude", "angle", "signs")
NODATA = -1.0
# A sector is kept as a number in single precision, which counts bits exactly up to here.
MOST_SIGNS = 24


@dataclass(frozen=True)
class Direction:
    """Polar form of change vectors (n each): length, angle (degrees, 0 to 180), sector (bits of the rising bands)."""

    magnitude: NDArray[np.float32]
    angle: NDArray[np.float32]
    signs: NDArray[np.float32]


def polar(vectors: Pixels) -> Direction:
    """Polar form of change vectors (p, n), second date less first. A vector without length has an angle of 90°."""
    bands = len(vectors)
    magnitude = np.sqrt(np.einsum("kn,kn->n", vectors, vectors))
    along = vectors.sum(axis=0) / np.maximum(np.sqrt(bands) * magnitude, np.finfo(np.float32).tiny)
    angle = np.degrees(np.arccos(np.clip(along, -1.0, 1.0))).astype(np.float32)
    bits = (2.0 ** np.arange(min(bands, MOST_SIGNS))).astype(np.float32)
    signs = bits @ (vectors[: len(bits)] > 0).astype(np.float32)
    return Direction(magnitude, angle, signs)


def write_directions(
    out: Path,
    changed: Path,
    grid: Grid,
    vectors: Linear,
    names: Sequence[str],
    source: Source,
    workers: Workers,
    windows: Sequence[tuple[int, Window]],
    report: Report,
) -> None:
    """Write ``out`` for the pixels that the change raster ``changed`` flags."""
    tags = {"bands": ",".join(names)}
    found = workers.map(partial(_directions, vectors), source, windows, 0)
    with reading(changed), rasterio.open(changed) as raster, RasterFile(out, grid, BANDS, tags, nodata=NODATA) as made:
        for (number, window), layers in zip(windows, found, strict=True):
            flagged = raster.read(1, window=window) == 1
            made.write_bands(window, [np.where(flagged, layer, np.float32(NODATA)) for layer in layers])
            report.progress((number + 1) / len(windows), "change.step_direction")


def _directions(vectors: Linear, block: Block) -> NDArray[np.float32]:
    """Polar form of a block's own window (3, rows, columns); :data:`NODATA` where nothing was compared."""
    stacked = block.stacked[:, *block.inside]
    seen = block.valid[block.inside]
    found = np.full((len(BANDS), *seen.shape), NODATA, np.float32)
    pixels = chosen_rows(stacked, vectors.rows)[:, seen]
    told = polar(vectors.linear.variates(pixels))
    for layer, values in zip(found, (told.magnitude, told.angle, told.signs), strict=True):
        layer[seen] = values
    return found

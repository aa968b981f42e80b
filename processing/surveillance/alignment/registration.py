"""How far the second date lies beside the first: phase correlation on a grid of patches, and whether to trust it.

Method: Guizar-Sicairos, Thurman, Fienup 2008 (Opt. Lett. 33, 156-158), as scikit-image has it. Sentinel-2 dates lie up
to 12 m apart before geometric refinement; multi-date work needs 0.3 pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..scenes.grid import Grid

# Two pictures of one date each: rows, columns; and where both can be used.
ReadPatch = Callable[[Window], tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]]

PATCH = 256
SMALLEST_PATCH = 64
PATCHES_A_SIDE = 5
# A patch with more gaps than this measures the gaps' outline.
_MOST_GAPS = 0.02
# Patches agree that lie within half a pixel of the median; fewer than five, or not half of them, prove nothing.
_AGREE = 0.5
_FEWEST = 5
# As many patches without a dissenter end the measurement.
_ENOUGH = 9
_SEED = 20160616


@dataclass(frozen=True)
class Shift:
    """What to move the second date by to lay it on the first, in pixels: ``columns`` to the right, ``rows`` down.

    ``patches`` agree on it, ``spread`` (pixels) is their interquartile range; ``known`` False: it could not be
    measured.
    """

    columns: float = 0.0
    rows: float = 0.0
    patches: int = 0
    spread: float = 0.0
    known: bool = False

    @property
    def length(self) -> float:
        """Pixels."""
        return float(np.hypot(self.columns, self.rows))


def measure_shift(read: ReadPatch, grid: Grid) -> Shift:
    """The shift between two dates on ``grid`` from up to 25 patches, to about a twentieth of a pixel."""
    size = PATCH
    while size > SMALLEST_PATCH and size * 2 > min(grid.width, grid.height):
        size //= 2
    if size > min(grid.width, grid.height):
        return Shift()
    places = [(row, column) for row in _starts(grid.height, size) for column in _starts(grid.width, size)]
    np.random.default_rng(_SEED).shuffle(places)  # a stop half-way has then seen the whole area
    found: list[tuple[float, float]] = []
    for row, column in places:
        shift = patch_shift(*read(Window(column, row, size, size)))
        if shift is None:
            continue
        found.append(shift)
        if len(found) == _ENOUGH and (sure := agreed(np.array(found))).patches == _ENOUGH:
            return sure
    return agreed(np.array(found))


def patch_shift(
    before: NDArray[np.float32], after: NDArray[np.float32], valid: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """(rows, columns) that lay ``after`` on ``before``; None where the patch has gaps, or no pattern at all."""
    if (~valid).mean() > _MOST_GAPS:
        return None
    from skimage.registration import phase_cross_correlation  # slow to import, and not every run comes here

    taper = np.outer(np.hanning(valid.shape[0]), np.hanning(valid.shape[1])).astype(np.float32)
    pair = []
    for picture in (before, after):
        flat = np.where(valid, picture - picture[valid].mean(), 0.0)
        if not float(flat.std()) > 0.0:
            return None
        pair.append(flat * taper)
    (rows, columns), _, _ = phase_cross_correlation(*pair, upsample_factor=20)
    if max(abs(rows), abs(columns)) > min(valid.shape) / 4:
        return None
    return float(rows), float(columns)


def agreed(found: NDArray[np.float64]) -> Shift:
    """What most of the patches (n, 2: rows, columns) say."""
    if len(found) < _FEWEST:
        return Shift()
    middle = np.median(found, axis=0)
    near = found[np.hypot(*(found - middle).T) <= _AGREE]
    if len(near) < max(_FEWEST, len(found) / 2):
        return Shift(patches=len(near))
    rows, columns = np.median(near, axis=0)
    spread = float(np.max(np.percentile(near, 75, axis=0) - np.percentile(near, 25, axis=0)))
    return Shift(float(columns), float(rows), len(near), spread, known=True)


def _starts(length: int, size: int) -> list[int]:
    count = min(PATCHES_A_SIDE, max(1, length // (size // 2) - 1))
    return sorted({int(start) for start in np.linspace(0, length - size, count)})

"""How far the second date lies beside the first: phase correlation on a grid of patches, and whether to trust it.

Method: Guizar-Sicairos, Thurman, Fienup 2008 (Opt. Lett. 33, 156-158), as scikit-image has it. Sentinel-2 dates lie up
to 12 m apart before geometric refinement; multi-date work needs 0.3 pixel. How far the correlation's peak stands above
its surface (Foroosh, Zerubia and Berthod 2002, IEEE TIP 11, 188-200) weighs each patch, so that cloud and change, which
have no peak in common, say little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy.fft import fft2, fftfreq, ifft2

from ..scenes.grid import Grid

# Two pictures of one date each: rows, columns; and where both can be used.
ReadPatch = Callable[[Window], tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]]

Spectrum = NDArray[np.complex64]

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
# A peak of so many standard deviations of its surface is a match: of 65,536 values of noise the largest has 4.7.
CLEAR_PEAK = 8.0
# Cycles a pixel. Finer detail is mostly folded back from beyond what a pixel can hold, and biases shifts within a
# pixel: it is left out (Stone, Orchard, Chang and Martucci 2001, IEEE TGRS 39, 2235-2243). On means of 5 × 5
# pixels of a real image the error falls from 0.1 pixel to 0.03.
FINEST = 0.35
# So many clear patches that still do not agree are no bad measurement, but ground that no single shift brings together.
_SURE = 9
_SEED = 20160616


@dataclass(frozen=True)
class Shift:
    """What to move the second date by to lay it on the first, in pixels: ``columns`` to the right, ``rows`` down.

    ``patches`` agree on it, ``spread`` (pixels) is their interquartile range; ``known`` False: it could not be
    measured. ``torn``: clear patches enough, but they contradict each other, ``spread`` apart.
    """

    columns: float = 0.0
    rows: float = 0.0
    patches: int = 0
    spread: float = 0.0
    known: bool = False
    torn: bool = False

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
    found: list[tuple[float, float, float]] = []
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
) -> tuple[float, float, float] | None:
    """(rows, columns, peak): what lays ``after`` on ``before``, and how many standard deviations the peak is high.

    None where the patch has gaps, no pattern, or no clear peak.
    """
    if (~valid).mean() > _MOST_GAPS:
        return None
    from skimage.registration import phase_cross_correlation  # slow to import, and not every run comes here

    taper = np.outer(np.hanning(valid.shape[0]), np.hanning(valid.shape[1])).astype(np.float32)
    spectra = []
    for picture in (before, after):
        flat = np.where(valid, picture - picture[valid].mean(), 0.0)
        if not float(flat.std()) > 0.0:
            return None
        spectra.append(fft2(flat * taper))
    peak = _peak(*spectra)
    if peak < CLEAR_PEAK:
        return None
    sound = _not_folded(valid.shape)
    shown = [spectrum * sound for spectrum in spectra]
    (rows, columns), _, _ = phase_cross_correlation(*shown, upsample_factor=20, space="fourier")
    if max(abs(rows), abs(columns)) > min(valid.shape) / 4:
        return None
    return float(rows), float(columns), peak


def _not_folded(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where a spectrum of ``shape`` holds frequencies up to :data:`FINEST`."""
    down, across = (fftfreq(length) for length in shape)
    return np.hypot(down[:, None], across[None, :]) <= FINEST


def _peak(before: Spectrum, after: Spectrum) -> float:
    """The highest value of the phase correlation's surface, in its standard deviations."""
    cross = before * after.conj()
    cross /= np.maximum(np.abs(cross), np.finfo(np.float32).tiny)
    surface = ifft2(cross).real
    return float(surface.max() / max(float(surface.std()), np.finfo(np.float32).tiny))


def agreed(found: NDArray[np.float64]) -> Shift:
    """What most of the patches (n, 3: rows, columns, peak) say, each by the weight of its peak."""
    if len(found) < _FEWEST:
        return Shift()
    places, peaks = found[:, :2], found[:, 2]
    middle = weighted_median(places, peaks)
    close = np.hypot(*(places - middle).T) <= _AGREE
    near = places[close]
    if len(near) < max(_FEWEST, len(found) / 2):
        apart = float(np.max(np.percentile(places, 75, axis=0) - np.percentile(places, 25, axis=0)))
        return Shift(patches=len(found), spread=apart, torn=len(found) >= _SURE)
    rows, columns = weighted_median(near, peaks[close])
    spread = float(np.max(np.percentile(near, 75, axis=0) - np.percentile(near, 25, axis=0)))
    return Shift(float(columns), float(rows), len(near), spread, known=True)


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each column of ``values`` (n, k) the middle by weight (n): half of the weight lies on either side."""
    order = np.argsort(values, axis=0, kind="stable")
    ordered, share = np.take_along_axis(values, order, axis=0), np.cumsum(weights[order], axis=0)
    share = (share - weights[order] / 2.0) / weights.sum()
    return np.array([np.interp(0.5, share[:, k], ordered[:, k]) for k in range(values.shape[1])])


def _starts(length: int, size: int) -> list[int]:
    count = min(PATCHES_A_SIDE, max(1, length // (size // 2) - 1))
    return sorted({int(start) for start in np.linspace(0, length - size, count)})

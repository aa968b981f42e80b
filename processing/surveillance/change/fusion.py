"""Fusion: change vectors and PCA difference at three scales, after the dates were brought together locally.

No label enters, and no setting depends on the place. What it does, and why:

1. Both dates are z-scored band by band, the scores clipped where glints begin; their difference loses its mean over 121
   pixels around (1.2 km at 10 m): haze, illumination and the season of whole slopes go, what is smaller stays. This is
   a relative radiometric normalisation whose gain and offset may change from place to place.
2. Each band's difference is put in units of its own spread (median absolute deviation), so that change itself does not
   set the measure.
3. Two witnesses speak: the length of the change vector (Malila 1980), and the length of its leading principal
   components (95 % of the variance), which forgets what only one noisy band says.
4. Each is averaged over 3, 9 and 27 pixels, each average less its median divided by how far its upper tail reaches
   (95 % quantile less the median), and the witnesses are averaged scale by scale. The largest of the three scales is
   the score: change comes in patches of unknown size, and counts as much as it stands out at its own. The mean of the
   scales does as well on cities and loses a third of the pits of 0.1 to 0.3 ha.

Ablation and figures: ``docs/surveillance/change.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ..alignment.normalisation import Normalisation
from .blocks import Block
from .score import LEADING, Pixels

Fields = NDArray[np.float32]
Mask = NDArray[np.bool_]
# What each block chosen for estimation gives, in order; the blocks come with a rim of so many pixels.
OverBlocks = Callable[[Callable[[Block], Pixels], int], Sequence[Pixels]]

# Pixels around over which the difference loses its mean.
LOCAL = 121
# Sides of the windows a witness is averaged over, in pixels: each three times the one before.
SCALES = (3, 9, 27)
# Share of pixels at each end of a date's histogram that only count as the last value before it.
_GLINTS = 0.002
# A difference in one band counts for at most so many spreads.
_MOST_SPREADS = 8.0
# The tail by which the averages are made comparable.
_TAIL = (0.5, 0.95)
# From the median absolute deviation to a standard deviation (normal distribution).
_MAD = 1.4826
_TINY = 1e-6
_WITNESSES = 2

RIM = LOCAL // 2 + max(SCALES) // 2


@dataclass(frozen=True)
class Fusion:
    """A fitted fusion: a function of stacked pixels and their validity. Bands are those of ``rows`` (both dates).

    ``low``, ``high``, ``mean``, ``scale`` (2p) z-score the dates; ``centre``, ``spread`` (p) standardise the local
    difference; ``components`` (p, k) are its leading ones; ``middles`` and ``reaches`` (6) the medians and the
    tails of the averages.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    centre: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    spread: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    components: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    middles: tuple[float, ...] = ()
    reaches: tuple[float, ...] = ()

    @property
    def degrees(self) -> int:
        """Number of bands."""
        return len(self.mean) // 2

    def differences(self, stacked: Fields, valid: Mask) -> Fields:
        """Local differences (p, rows, columns) of stacked bands (2p, rows, columns), not yet standardised."""
        count = self.degrees
        found = np.empty((count, *valid.shape), np.float32)
        for band in range(count):
            found[band] = self._z(stacked[count + band], count + band)
            found[band] -= self._z(stacked[band], band)
            found[band] -= local_mean(found[band], valid, LOCAL)
        return found

    def witnesses(self, stacked: Fields, valid: Mask) -> tuple[Fields, Fields]:
        """Length of the change vector, and of its leading components, (rows, columns) each."""
        standard = self.standardised(self.differences(stacked, valid))
        flat = standard.reshape(self.degrees, -1)
        leading = self.components.T @ flat
        both = [np.sqrt(np.einsum("kn,kn->n", part, part)).reshape(valid.shape) for part in (flat, leading)]
        return both[0], both[1]

    def standardised(self, differences: Fields) -> Fields:
        """Differences in units of their spread, at most :data:`_MOST_SPREADS` of them; changed in place."""
        differences -= self.centre[:, None, None]
        differences /= self.spread[:, None, None]
        np.clip(differences, -_MOST_SPREADS, _MOST_SPREADS, out=differences)
        return differences

    def averages(self, stacked: Fields, valid: Mask) -> list[Fields]:
        """The six averages, witness by witness."""
        return [local_mean(one, valid, size) for one in self.witnesses(stacked, valid) for size in SCALES]

    def score(self, stacked: Fields, valid: Mask) -> Fields:
        """The fused score (rows, columns); only what lies :data:`RIM` pixels from the edge of the array is final.

        0 is where nothing differs at any scale, up to the medians, which are taken as one for all scales.
        """
        averages = self.averages(stacked, valid)
        level = float(np.mean(np.divide(self.middles, self.reaches)))
        best = np.zeros(valid.shape, np.float32)
        for scale in range(len(SCALES)):
            total = np.zeros(valid.shape, np.float32)
            for place in range(scale, len(averages), len(SCALES)):
                averages[place] -= np.float32(self.middles[place])
                averages[place] *= np.float32(1.0 / (_WITNESSES * self.reaches[place]))
                total += averages[place]
            total += np.float32(level)
            np.maximum(best, total, out=best)
        return best

    def _z(self, band: Fields, row: int) -> Fields:
        found = np.clip(band, self.low[row], self.high[row])
        found -= self.mean[row]
        found /= self.scale[row]
        return found


def fit(
    sample: Pixels, rows: Sequence[int], over: OverBlocks, most: int, normal: Normalisation | None = None
) -> Fusion:
    """The fusion of a pair. ``sample`` (2p, n): stacked pixels from all over it, of the bands ``rows`` alone.

    With ``normal`` the second date is measured in the first one's units by it, and not by its own spread.

    ``over`` works on the blocks chosen for estimation; at most about ``most`` pixels of them are used, evenly spread.
    """
    low, high = (np.quantile(sample, share, axis=1).astype(np.float32) for share in (_GLINTS, 1.0 - _GLINTS))
    clipped = np.clip(sample, low[:, None], high[:, None])
    scale = np.maximum(clipped.std(axis=1, dtype=np.float64), _TINY)
    mean = clipped.mean(axis=1, dtype=np.float64)
    if normal is not None:
        count = len(scale) // 2
        scale[count:] = scale[:count] * normal.gain
        mean[count:] = mean[:count] * normal.gain + normal.offset
    first = Fusion(low, high, mean.astype(np.float32), scale.astype(np.float32))
    drawn = np.concatenate(over(partial(_drawn_differences, first, tuple(rows), most), LOCAL // 2), axis=1)
    centre = np.median(drawn, axis=1)
    spread = _MAD * np.median(np.abs(drawn - centre[:, None]), axis=1)
    spread = np.maximum(spread, _TINY + 1e-3 * drawn.std(axis=1))
    second = Fusion(first.low, first.high, first.mean, first.scale, centre, spread.astype(np.float32))
    components = _leading(second.standardised(drawn[:, None, :])[:, 0, :])
    third = Fusion(first.low, first.high, first.mean, first.scale, centre, second.spread, components)
    averages = np.concatenate(over(partial(_drawn_averages, third, tuple(rows), most), RIM), axis=1)
    middle, upper = np.quantile(averages, _TAIL, axis=1)
    reaches = tuple(float(reach) for reach in np.maximum(upper - middle, _TINY))
    middles = tuple(float(one) for one in middle)
    return Fusion(first.low, first.high, first.mean, first.scale, centre, second.spread, components, middles, reaches)


def local_mean(values: Fields, valid: Mask, size: int) -> Fields:
    """Mean over ``size`` × ``size`` pixels (odd), valid pixels only, at edges over what is there; cost knows no size.

    Where no pixel is valid the mean is 0.
    """
    whole = bool(valid.all())
    total = _sums(values if whole else np.where(valid, values, np.float32(0.0)), size)
    count = _sums(np.ones((values.shape[0], 1), np.float32), size, (0,)) if whole else _sums(_ones(valid), size)
    if whole:
        count = count * _sums(np.ones((1, values.shape[1]), np.float32), size, (1,))
    total /= np.maximum(count, np.float32(0.5 / size**2))
    if not whole:
        total[~valid] = 0.0
    return total


def _sums(values: Fields, size: int, axes: Sequence[int] = (0, 1)) -> Fields:
    for axis in axes:
        values = uniform_filter1d(values, size, axis=axis, mode="constant")
    return values


def _ones(valid: Mask) -> Fields:
    return valid.astype(np.float32)


def _leading(standard: Pixels) -> NDArray[np.float32]:
    """Principal components (p, k) of standardised differences (p, n) that hold :data:`LEADING` of the variance."""
    values, vectors = np.linalg.eigh(standard.astype(np.float64) @ standard.T / standard.shape[1])
    share = np.cumsum(values[::-1]) / max(float(values.sum()), _TINY)
    kept = int(np.searchsorted(share, LEADING)) + 1
    return np.ascontiguousarray(vectors[:, ::-1][:, :kept]).astype(np.float32)


def _drawn_differences(fusion: Fusion, rows: tuple[int, ...], most: int, block: Block) -> Pixels:
    return _drawn(list(fusion.differences(block.stacked[list(rows)], block.valid)), block, most)


def _drawn_averages(fusion: Fusion, rows: tuple[int, ...], most: int, block: Block) -> Pixels:
    return _drawn(fusion.averages(block.stacked[list(rows)], block.valid), block, most)


def _drawn(layers: list[Fields], block: Block, most: int) -> Pixels:
    """Every so-manieth valid pixel of the block's own window, at most ``most`` of them."""
    seen = np.flatnonzero(block.valid[block.inside])
    chosen = seen[:: max(1, -(-len(seen) // max(most, 1)))]
    return np.stack([layer[block.inside].ravel()[chosen] for layer in layers])

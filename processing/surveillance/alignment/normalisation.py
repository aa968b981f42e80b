"""Relative radiometric normalisation: the second date in the first one's units, judged by ground that did not change.

Method: Canty and Nielsen 2008 (RSE 112, 1025-1036). Pixels that IR-MAD holds to be unchanged are the invariant ones;
per band an orthogonal regression through them, because both dates carry noise, gives gain and offset. A part of them is
held back, and the regression counts only if, without them, it fits them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Normalise = Literal["off", "auto", "on"]

# Invariant pixels: P(no change) above this (Canty and Nielsen's choice).
INVARIANT = 0.95
# Fewer of them than this (and per band) fix no line: at a correlation of 0.95 a hundred give the gain to 3 %.
FEWEST, FEWEST_PER_BAND = 100, 20
# Every third invariant pixel is held back (Canty and Nielsen hold back a third).
_HELD_BACK = 3
# What the held-back pixels must show: correlation, mean (in standard deviations of the first date) and variance ratio.
LEAST_CORRELATION = 0.8
MOST_BIAS = 0.1
MOST_RATIO = 1.25
# Residuals beyond three robust standard deviations are no invariant ground, whatever IR-MAD says; refitted this often.
_OUTLIERS, _ROUNDS = 3.0, 5
# From the median absolute deviation to a standard deviation (normal distribution).
_MAD = 1.4826

Trouble = Literal["", "too_few", "not_linear"]


@dataclass(frozen=True)
class Normalisation:
    """``after ≈ gain · before + offset`` on ground that did not change, per band (p).

    ``correlation`` (p) and ``pixels`` tell how well it is known; ``trouble`` why it must not be used, empty where it
    may.
    """

    gain: NDArray[np.float64]
    offset: NDArray[np.float64]
    correlation: NDArray[np.float64]
    pixels: int
    trouble: Trouble = ""

    @property
    def trusted(self) -> bool:
        """Whether it may be used."""
        return not self.trouble

    def applied(self, after: Pixels) -> Pixels:
        """The second date (p, n) in the first one's units."""
        found: Pixels = ((after - self.offset[:, None]) / self.gain[:, None]).astype(np.float32)
        return found

    def lines(self, names: Sequence[str]) -> list[str]:
        """Gain and offset of every band, to be told: ``B02 × 1.04 + 0.0012``."""
        told = zip(names, self.gain, self.offset, strict=True)
        return [f"{name} × {gain:.3g} {'+' if offset >= 0 else '-'} {abs(offset):.3g}" for name, gain, offset in told]


def normalisation(pixels: Pixels, no_change: NDArray[np.float32]) -> Normalisation:
    """Gain and offset of every band of stacked pixels (2p, n) from those with a high probability of no change (n)."""
    bands = len(pixels) // 2
    chosen = pixels[:, no_change > INVARIANT].astype(np.float64)
    count = chosen.shape[1]
    held = np.arange(count) % _HELD_BACK == 0
    one = np.ones(bands)
    if count < max(FEWEST, FEWEST_PER_BAND * bands):
        return Normalisation(one, 0.0 * one, 0.0 * one, count, "too_few")
    gain, offset, correlation = (np.zeros(bands) for _ in range(3))
    trouble: Trouble = ""
    for band in range(bands):
        before, after = chosen[band], chosen[bands + band]
        fits, correlation[band] = _fits(before[held], after[held], *robust_line(before[~held], after[~held]))
        if not fits:
            trouble = "not_linear"
        gain[band], offset[band] = robust_line(before, after)
    return Normalisation(gain, offset, correlation, count, trouble)


def orthogonal_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and intercept of the line with the smallest squared distances to it (Kendall and Stuart 1979, ch. 29).

    Slope 0 where ``x`` and ``y`` have nothing to do with each other.
    """
    covariance = np.cov(x, y)
    apart, cross = covariance[1, 1] - covariance[0, 0], covariance[0, 1]
    if cross == 0.0:
        return 0.0, float(y.mean())
    slope = float((apart + np.hypot(apart, 2.0 * cross)) / (2.0 * cross))
    return slope, float(y.mean() - slope * x.mean())


def robust_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """:func:`orthogonal_line` of what lies within three robust standard deviations of it.

    The first line is drawn through the medians with the ratio of the median deviations, which outliers do not move.
    """
    kept = np.ones(len(x), bool)
    across, up = x - np.median(x), y - np.median(y)
    wide = float(np.median(np.abs(across)))
    slope, intercept = orthogonal_line(x, y)
    if wide > 0.0:
        slope = float(np.copysign(np.median(np.abs(up)) / wide, np.median(across * up)))
        intercept = float(np.median(y) - slope * np.median(x))
    for _ in range(_ROUNDS):
        residual = y - slope * x - intercept
        middle = np.median(residual)
        spread = _MAD * float(np.median(np.abs(residual - middle)))
        near = np.abs(residual - middle) <= _OUTLIERS * spread
        if near.sum() < FEWEST // 2:
            break
        slope, intercept = orthogonal_line(x[near], y[near])
        if bool((near == kept).all()):
            break
        kept = near
    return slope, intercept


def _fits(before: NDArray[np.float64], after: NDArray[np.float64], gain: float, offset: float) -> tuple[bool, float]:
    """Whether the line brings held-back pixels together in mean and variance; and their correlation."""
    spread = float(before.std())
    if not (gain > 0.0 and spread > 0.0 and after.std() > 0.0):
        return False, 0.0
    correlation = float(np.corrcoef(before, after)[0, 1])
    brought = (after - offset) / gain
    bias = abs(float(np.median(brought - before))) / spread
    ratio = float(brought.var() / before.var())
    good = correlation >= LEAST_CORRELATION and bias <= MOST_BIAS and 1.0 / MOST_RATIO <= ratio <= MOST_RATIO
    return good, correlation

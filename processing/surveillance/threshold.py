"""Where change begins: by false-alarm rate, by a share of area, or automatically; and how certain each pixel is.

All rules work on one histogram of the score, so the image itself is never held. The score is a length; its square
follows g·χ²ₕ where nothing changed (Box 1954, Ann. Math. Stat. 25, 290-302), that is a gamma distribution. Theory gives
χ²ₚ for MAD only while the pixels are Gaussian, unsmoothed and unclipped, which real pairs are not; so the distribution
is fitted to the lower half of the scores, where change does not reach (the empirical null: Efron 2004, JASA 99,
96-104).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc, gammaincinv

from .score import tabled

Rule = Literal["auto", "false_alarm", "budget"]

BINS = 1 << 16
# The two quantiles that fix the no-change distribution: valid while less than about a third of the area changed.
_LOW, _MIDDLE = 0.25, 0.5
# Expected share of false alerts among all alerts that the automatic rule accepts.
FALSE_DISCOVERY = 0.05
# Scores are clipped here before smoothing, so that one glint cannot colour its neighbours (share of pixels above).
_CLIPPED = 0.002
# Differences below one hundredth of a standard deviation per band are rounding, not ground.
_ROUNDING = 0.01
# Largest distance between fitted and observed share at the upper quartile that still counts as a fit.
MISFIT = 0.05


@dataclass(frozen=True)
class NoChange:
    """Distribution of the squared score where nothing changed: gamma with ``shape`` and ``scale``.

    ``misfit`` is the distance, in share of pixels, between fit and data at the fit's upper quartile; real change makes
    it positive too, so it is a warning and no proof.
    """

    shape: float
    scale: float
    misfit: float = 0.0

    def confidence(self, score: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
        """Probability (0 to 1) that unchanged ground scores lower than ``score``; scores lie in 0 to ``reach``."""
        return tabled(lambda r: gammainc(self.shape, r**2 / self.scale), reach, score)

    def score_at(self, false_alarm: float) -> float:
        """The score that unchanged ground exceeds with probability ``false_alarm``."""
        tail = gammaincinv(self.shape, 1.0 - false_alarm)
        return float(np.sqrt(tail * self.scale))


@dataclass
class ScoreHistogram:
    """Counts of scores from 0 to ``reach``; scores above were clipped to it."""

    reach: float
    counts: NDArray[np.int64]

    @classmethod
    def empty(cls, reach: float) -> ScoreHistogram:
        """A histogram without counts."""
        return cls(reach, np.zeros(BINS, np.int64))

    def add(self, score: NDArray[np.float32]) -> None:
        """Count ``score`` (any shape, valid pixels only)."""
        index = np.minimum(score.ravel() * np.float32(BINS / self.reach), BINS - 1).astype(np.uint16)
        self.counts += np.bincount(index, minlength=BINS)

    @property
    def total(self) -> int:
        """Number of scores counted."""
        return int(self.counts.sum())

    @property
    def edges(self) -> NDArray[np.float64]:
        """Lower edges of the bins, and ``reach``."""
        return np.linspace(0.0, self.reach, BINS + 1)

    def quantile(self, share: float) -> float:
        """The score that ``share`` of the pixels stay below."""
        below = np.concatenate([[0], np.cumsum(self.counts)])
        return float(np.interp(share * below[-1], below, self.edges))

    def share_below(self, score: float) -> float:
        """Share of pixels below ``score``."""
        below = np.concatenate([[0], np.cumsum(self.counts)])
        return float(np.interp(score, self.edges, below) / max(below[-1], 1))


def reach_of(sample: NDArray[np.float32], degrees: int) -> float:
    """Where scores are clipped: the 99.8th percentile, but never inside what unchanged ground can score.

    ``sample`` holds unsmoothed scores of valid pixels.
    """
    most = float(sample.max())
    histogram = ScoreHistogram.empty(max(most, _ROUNDING) * 1.0001)
    histogram.add(sample)
    unchanged = fit_no_change(histogram, degrees).score_at(1e-9)
    return max(float(np.quantile(sample, 1.0 - _CLIPPED)), unchanged)


def fit_no_change(histogram: ScoreHistogram, degrees: int) -> NoChange:
    """The no-change distribution from the lower half of the scores."""
    low, middle = histogram.quantile(_LOW) ** 2, histogram.quantile(_MIDDLE) ** 2
    least = degrees * _ROUNDING**2
    if middle <= least:  # both dates are the same picture, but for rounding
        shape = degrees / 2.0
        return NoChange(shape, least / float(gammaincinv(shape, _MIDDLE)))
    shapes = np.geomspace(0.05, 1000.0, 1024)
    ratios = gammaincinv(shapes, _LOW) / gammaincinv(shapes, _MIDDLE)
    shape = float(np.interp(low / middle, ratios, shapes))
    fitted = NoChange(shape, middle / float(gammaincinv(shape, _MIDDLE)))
    misfit = 0.75 - histogram.share_below(fitted.score_at(0.25))
    return NoChange(fitted.shape, fitted.scale, misfit)


def threshold(histogram: ScoreHistogram, unchanged: NoChange, rule: Rule, value: float | None) -> float:
    """The score above which a pixel counts as changed.

    ``rule`` is ``budget`` (``value``: share of valid pixels, 0 to 1), ``false_alarm`` (``value``: probability that
    unchanged ground is flagged) or ``auto``: the stricter of Otsu's threshold and false-discovery control.
    """
    if rule == "budget":
        if value is None:
            raise TypeError("a budget needs its share")
        return histogram.quantile(1.0 - value)
    if rule == "false_alarm":
        if value is None:
            raise TypeError("a false-alarm rule needs its rate")
        return unchanged.score_at(value)
    return max(otsu(histogram), false_discovery(histogram, unchanged, FALSE_DISCOVERY))


def otsu(histogram: ScoreHistogram) -> float:
    """The threshold with the largest variance between two groups (Otsu 1979, IEEE SMC 9, 62-66).

    It always finds two groups, also where nothing changed: never use it alone.
    """
    counts = histogram.counts.reshape(512, -1).sum(axis=1).astype(float)
    width = histogram.reach / 512
    centres = (np.arange(512) + 0.5) * width
    weight, moment = np.cumsum(counts), np.cumsum(counts * centres)
    total = weight[-1]
    other = total - weight
    between = np.zeros(512)
    np.divide(
        (moment[-1] * weight / max(total, 1) - moment) ** 2, weight * other, out=between, where=weight * other > 0
    )
    return float((np.argmax(between) + 1) * width)


def false_discovery(histogram: ScoreHistogram, unchanged: NoChange, rate: float) -> float:
    """The lowest score at which at most ``rate`` of the flagged pixels are expected to be unchanged ground.

    Benjamini and Hochberg 1995 (J. R. Stat. Soc. B 57, 289-300) on the fitted no-change distribution. Where no score
    stands out, the threshold is the end of the histogram: nothing is flagged.
    """
    edges = histogram.edges[:-1]
    flagged = np.cumsum(histogram.counts[::-1])[::-1]
    expected = histogram.total * gammaincc(unchanged.shape, edges**2 / unchanged.scale)
    accepted = (flagged > 0) & (expected <= rate * flagged)
    return float(edges[np.argmax(accepted)]) if accepted.any() else histogram.reach

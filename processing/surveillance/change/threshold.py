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

from .score import Table

Rule = Literal["auto", "false_alarm", "budget", "otsu", "kapur"]

BINS = 1 << 16
# The two quantiles that fix the no-change distribution: valid while less than about a third of the area changed.
_LOW, _MIDDLE = 0.25, 0.5
# Expected share of false alerts among all alerts that the automatic rule accepts.
FALSE_DISCOVERY = 0.05
# Where the tail of the scores is taken from (shares below), and how far beyond it is followed: scores are clipped there
# before smoothing, so that one glint cannot colour its neighbours.
_TAIL = (0.9, 0.99)
_CLIPPED = 1e-7
# Otsu's threshold is sensitive to outliers: it sees scores only up to this share.
_OTSU_SHARE = 0.995
# The valley: classes of equal ratio, how much more must lie above a class than in it, and how many pixels at least.
_CLASSES, _STANDS_APART, _LEAST = 16, 8, 30
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

    def confidence(self, reach: float) -> Table:
        """Probability (0 to 1) that unchanged ground scores lower than a pixel, for scores from 0 to ``reach``."""
        return Table.of(lambda r: gammainc(self.shape, r**2 / self.scale), reach)

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

    @classmethod
    def of_codes(cls, reach: float, counts: NDArray[np.int64]) -> ScoreHistogram:
        """From counts of codes (see :mod:`.scoring`), of which 0 stands for no pixel."""
        return cls(reach, counts[1:])

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
        return np.linspace(0.0, self.reach, len(self.counts) + 1)

    def quantile(self, share: float) -> float:
        """The score that ``share`` of the pixels stay below."""
        below = np.concatenate([[0], np.cumsum(self.counts)])
        return float(np.interp(share * below[-1], below, self.edges))

    def share_below(self, score: float) -> float:
        """Share of pixels below ``score``."""
        below = np.concatenate([[0], np.cumsum(self.counts)])
        return float(np.interp(score, self.edges, below) / max(below[-1], 1))


def reach_of(sample: NDArray[np.float32], degrees: int) -> float:
    """Where scores are clipped: beyond what unchanged ground can score, by its fitted distribution and by the tail.

    ``sample`` holds unsmoothed scores of valid pixels. The tail is followed as an exponential one (Pickands 1975, Ann.
    Stat. 3, 119-131, with shape 0).
    """
    histogram = ScoreHistogram.empty(max(float(sample.max()), _ROUNDING) * 1.0001)
    histogram.add(sample)
    low, high = (histogram.quantile(share) for share in _TAIL)
    scale = (high - low) / np.log((1.0 - _TAIL[0]) / (1.0 - _TAIL[1]))
    tail = low + scale * np.log((1.0 - _TAIL[0]) / _CLIPPED)
    return max(float(tail), fit_no_change(histogram, degrees).score_at(1e-9))


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
    unchanged ground is flagged), ``otsu``, ``kapur``, or ``auto``: the stricter of Otsu's threshold and false-discovery
    control, raised to the valley where one stands out above it.
    """
    if rule == "otsu":
        return otsu(histogram)
    if rule == "kapur":
        return kapur(histogram)
    if rule == "budget":
        if value is None:
            raise TypeError("a budget needs its share")
        return histogram.quantile(1.0 - value)
    if rule == "false_alarm":
        if value is None:
            raise TypeError("a false-alarm rule needs its rate")
        return unchanged.score_at(value)
    return valley(histogram, max(otsu(histogram), false_discovery(histogram, unchanged, FALSE_DISCOVERY)))


def otsu(histogram: ScoreHistogram) -> float:
    """The threshold with the largest variance between two groups (Otsu 1979, IEEE SMC 9, 62-66), scores clipped.

    It always finds two groups, also where nothing changed: never use it alone.
    """
    edges, counts = _classes(histogram)
    centres = (edges[1:] + edges[:-1]) / 2
    weight, moment = np.cumsum(counts), np.cumsum(counts * centres)
    other = weight[-1] - weight
    between = np.zeros(len(counts))
    apart = (moment[-1] * weight / max(weight[-1], 1) - moment) ** 2
    np.divide(apart, weight * other, out=between, where=(weight > 0) & (other > 0.5))
    return float(edges[np.argmax(between) + 1])


def kapur(histogram: ScoreHistogram) -> float:
    """The threshold where both groups have the largest entropy (Kapur, Sahoo, Wong 1985, CVGIP 29, 273-285).

    Like Otsu's it always finds two groups, but a small one is no worse than a large one.
    """
    edges, counts = _classes(histogram)
    share = counts / max(counts.sum(), 1.0)
    below = np.cumsum(share)
    above = 1.0 - below
    spread = np.cumsum(np.where(share > 0, share * np.log(np.maximum(share, 1e-300)), 0.0))
    entropy = np.full(len(share), -np.inf)
    both = (below > 0) & (above > 1e-12)
    low, high = below[both], above[both]
    entropy[both] = np.log(low) - spread[both] / low + np.log(high) - (spread[-1] - spread[both]) / high
    return float(edges[np.argmax(entropy) + 1])


def _classes(histogram: ScoreHistogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges and counts of 512 equal classes; what lies beyond the last edge counts in the last class."""
    edges = np.linspace(0.0, max(histogram.quantile(_OTSU_SHARE), histogram.reach / len(histogram.counts)), 513)
    below = np.interp(edges, histogram.edges, np.concatenate([[0], np.cumsum(histogram.counts)]))
    below[-1] = histogram.total
    return edges, np.diff(below)


def valley(histogram: ScoreHistogram, start: float) -> float:
    """Where a group of high scores stands apart from all below it; ``start`` where none does.

    Unchanged ground is seldom of one kind: sea and fields scatter differently, and the bulk says nothing of the tail. A
    tail without change thins out from class to class of equal ratio (on five real pairs each class held at least a
    third of what lay above it); a class that holds less than an eighth of it is a valley between two modes (Prewitt and
    Mendelsohn 1966, Ann. N. Y. Acad. Sci. 128, 1035-1053).
    """
    filled = np.flatnonzero(histogram.counts)
    top = histogram.edges[filled[-1] + 1] if len(filled) else 0.0
    if not 0.0 < start < top:
        return start
    edges = np.geomspace(start, top, _CLASSES + 1)
    below = np.interp(edges, histogram.edges, np.concatenate([[0], np.cumsum(histogram.counts)]))
    counts, above = np.diff(below), below[-1] - below[1:]
    found = np.flatnonzero((above >= _LEAST) & (counts * _STANDS_APART <= above))
    return float(edges[found[0]]) if len(found) else start


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

"""Change scores of two dates, each one linear transform and a sum of squares: MAD, IR-MAD, change vectors, PCA.

Pixels are columns of a stacked matrix, the bands of the first date above those of the second: shape (2p, n), p bands,
as images lie in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from ..alignment.normalisation import Normalisation

Pixels = NDArray[np.float32]

# Share of the mean variance added to both covariances; keeps nearly dependent bands from blowing up.
RIDGE = 1e-6
# Nielsen 2007: iterate until no canonical correlation moves more than this.
CONVERGED = 1e-3
MOST_ITERATIONS = 50
# A band of which less than this share of variance is its own (not explained by the bands kept) repeats the others.
OWN_VARIANCE = 1e-6
# Share of the variance of the difference that the components kept hold.
LEADING = 0.95
# Pixels worked on at a time: single precision sums stay exact to 10⁻⁶.
_CHUNK = 1 << 13
# Variance of a MAD variate below which two dates are the same picture.
_TINY = 1e-9


@dataclass(frozen=True)
class Moments:
    """Weighted count, mean (2p) and covariance (2p, 2p) of stacked pixels; adds up over blocks."""

    weight: float
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, pixels: Pixels, weights: NDArray[np.float32] | None = None) -> Moments:
        """Moments of ``pixels`` (2p, n). Sums run in chunks: single precision inside, double across."""
        bands, count = pixels.shape
        total, first, second = 0.0, np.zeros(bands), np.zeros((bands, bands))
        centre = pixels[:, : 1 << 12].mean(axis=1, keepdims=True) if count else np.zeros((bands, 1), np.float32)
        for start in range(0, count, _CHUNK):
            part = pixels[:, start : start + _CHUNK] - centre
            if weights is None:
                total += part.shape[1]
                first += part.sum(axis=1)
                second += part @ part.T
            else:
                w = weights[start : start + _CHUNK]
                total += float(w.sum(dtype=np.float64))
                first += part @ w
                second += (part * w) @ part.T
        if total <= 0.0:
            return cls(0.0, np.zeros(bands), np.zeros((bands, bands)))
        mean = first / total
        return cls(total, mean + centre[:, 0], second / total - np.outer(mean, mean))

    def __add__(self, other: Moments) -> Moments:
        """Moments of both sets of pixels together (Chan, Golub, LeVeque 1983)."""
        total = self.weight + other.weight
        if self.weight == 0.0 or total == 0.0:
            return other
        share = other.weight / total
        step = other.mean - self.mean
        covariance = (
            (1 - share) * self.covariance + share * other.covariance + share * (1 - share) * np.outer(step, step)
        )
        return Moments(total, self.mean + share * step, covariance)


@dataclass(frozen=True)
class LinearScore:
    """``matrix.T @ pixels + offset`` gives standardised variates; the score is the length of that vector.

    ``matrix`` (2p, k), ``offset`` (k); ``correlations`` are the canonical ones (empty for change vectors);
    ``iterations`` counts re-weightings.
    """

    method: str
    matrix: NDArray[np.float32]
    offset: NDArray[np.float32]
    correlations: tuple[float, ...] = ()
    iterations: int = 0

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the squared score where nothing changed."""
        return int(self.matrix.shape[1])

    def variates(self, pixels: Pixels) -> Pixels:
        """Standardised variates (k, n) of stacked pixels (2p, n)."""
        variates = self.matrix.T @ pixels
        variates += self.offset[:, None]
        return variates

    def score(self, pixels: Pixels) -> NDArray[np.float32]:
        """Length of the variates (n); its square follows χ² with ``degrees`` where nothing changed (MAD, IR-MAD)."""
        length = np.empty(pixels.shape[1], np.float32)
        for start in range(0, len(length), _CHUNK):  # a chunk fits the processor's cache
            variates = self.variates(pixels[:, start : start + _CHUNK])
            np.einsum("kn,kn->n", variates, variates, out=length[start : start + _CHUNK])
        return np.sqrt(length, out=length)


def usable_bands(moments: Moments, names: Sequence[str]) -> tuple[list[int], dict[str, str]]:
    """Bands that carry something of their own on both dates, and why the others are left out.

    Returns indices into ``names`` and ``{name: "constant" | "duplicate"}``. A band is constant where its variance
    vanishes on either date, a duplicate where the bands already kept explain it entirely on either date.
    """
    count = len(names)
    kept: list[int] = []
    dropped: dict[str, str] = {}
    for band in range(count):
        reason = ""
        for date in (0, count):
            covariance = moments.covariance[date : date + count, date : date + count]
            variance = covariance[band, band]
            noise = 1e-12 * max(float(moments.mean[date + band]) ** 2, 1e-12)
            if variance <= noise:
                reason = "constant"
                break
            if kept:
                cross = covariance[np.ix_(kept, [band])]
                explained = cross.T @ np.linalg.lstsq(covariance[np.ix_(kept, kept)], cross, rcond=1e-12)[0]
                if variance - float(explained[0, 0]) < OWN_VARIANCE * variance:
                    reason = "duplicate"
                    break
        if reason:
            dropped[names[band]] = reason
        else:
            kept.append(band)
    return kept, dropped


def change_vector(moments: Moments, normal: Normalisation | None = None) -> LinearScore:
    """Length of the difference of z-scored bands (CVA, Malila 1980).

    With ``normal`` the second date is brought to the first one's units by it and both are measured in the first one's
    standard deviations: unchanged ground, and not the mean of all ground, is then what does not differ.
    """
    count = len(moments.mean) // 2
    scale = 1.0 / np.sqrt(np.diag(moments.covariance))
    if normal is not None:
        scale[count:] = scale[:count] / normal.gain
    matrix = np.zeros((2 * count, count))
    matrix[:count] = np.diag(-scale[:count])
    matrix[count:] = np.diag(scale[count:])
    found = _linear("cva", matrix, moments)
    return found if normal is None else replace(found, offset=(-normal.offset * scale[count:]).astype(np.float32))


def pca_difference(moments: Moments, normal: Normalisation | None = None) -> LinearScore:
    """Length of the leading principal components of the difference of z-scored bands (:data:`LEADING` of its variance).

    What one noisy band says alone is left out; where all bands matter it is the change vector, with ``normal`` too.
    """
    vectors = change_vector(moments, normal)
    matrix = vectors.matrix.astype(np.float64)
    values, components = np.linalg.eigh(matrix.T @ moments.covariance @ matrix)
    share = np.cumsum(values[::-1]) / max(float(values.sum()), _TINY)
    kept = components[:, ::-1][:, : int(np.searchsorted(share, LEADING)) + 1]
    return replace(
        vectors,
        method="pca",
        matrix=(matrix @ kept).astype(np.float32),
        offset=(vectors.offset @ kept).astype(np.float32),
    )


def mad(moments: Moments) -> LinearScore:
    """Multivariate alteration detection (Nielsen, Conradsen, Simpson 1998, RSE 64, 1-19).

    Canonical variates of the two dates with positive correlation ρ; their difference has variance 2(1 - ρ).
    """
    count = len(moments.mean) // 2
    before, after = moments.covariance[:count, :count], moments.covariance[count:, count:]
    cross = moments.covariance[:count, count:]
    # Solve in z-scores: bands in reflectance and in counts then meet the same ridge.
    scale_before, scale_after = np.sqrt(np.diag(before)), np.sqrt(np.diag(after))
    ridge = RIDGE * np.eye(count)
    lower_before = np.linalg.cholesky(before / np.outer(scale_before, scale_before) + ridge)
    lower_after = np.linalg.cholesky(after / np.outer(scale_after, scale_after) + ridge)
    standard_cross = cross / np.outer(scale_before, scale_after)
    whitened = np.linalg.solve(lower_before, np.linalg.solve(lower_after, standard_cross.T).T)
    left, correlations, right = np.linalg.svd(whitened)
    a = np.linalg.solve(lower_before.T, left) / scale_before[:, None]
    b = np.linalg.solve(lower_after.T, right.T) / scale_after[:, None]
    spread = np.sqrt(np.maximum(2.0 * (1.0 - correlations), _TINY))
    return _linear("mad", np.vstack([a, -b]) / spread, moments, correlations)


def irmad(sample: Pixels) -> LinearScore:
    """Iteratively re-weighted MAD (Nielsen 2007, IEEE TIP 16, 463-478) on a sample of stacked pixels (2p, n).

    Weights are the probability of no change, P(χ²ₚ > Z); ends when no correlation moves more than 10⁻³.
    """
    found = mad(Moments.of(sample))
    for iteration in range(1, MOST_ITERATIONS + 1):
        weights = no_change_probability(found.score(sample), found.degrees)
        moments = Moments.of(sample, weights)
        if moments.weight < 10 * sample.shape[0]:  # everything changed: the last estimate is all there is
            break
        following = mad(moments)
        moved = max(abs(x - y) for x, y in zip(following.correlations, found.correlations, strict=True))
        found = LinearScore("irmad", following.matrix, following.offset, following.correlations, iteration)
        if moved < CONVERGED:
            break
    return found


def no_change_probability(score: NDArray[np.float32], degrees: int) -> NDArray[np.float32]:
    """P(χ² > score²) where nothing changed, from a table (error below 10⁻⁴)."""
    return _survival(degrees)(score)


@dataclass(frozen=True)
class Table:
    """A function of a score from 0 to ``reach`` (larger ones count as ``reach``) in 2¹⁶ steps.

    A thousand times faster than the incomplete gamma function itself, pixel by pixel.
    """

    reach: float
    values: NDArray[np.float32]

    @classmethod
    def of(cls, function: Callable[[NDArray[np.float64]], Any], reach: float) -> Table:
        """Tabulate ``function``."""
        return cls(reach, np.asarray(function(np.linspace(0.0, reach, 1 << 16)), np.float32))

    def __call__(self, score: NDArray[np.float32]) -> NDArray[np.float32]:
        """The function of every score, any shape."""
        last = np.float32(len(self.values) - 1)
        index = np.minimum(score * (last / np.float32(self.reach)) + np.float32(0.5), last)
        found: NDArray[np.float32] = self.values[index.astype(np.uint16)]
        return found


@cache
def _survival(degrees: int) -> Table:
    return Table.of(lambda r: gammaincc(degrees / 2.0, r**2 / 2.0), float(np.sqrt(degrees) + 8.0))


def _linear(
    method: str, matrix: NDArray[np.float64], moments: Moments, correlations: NDArray[np.float64] | None = None
) -> LinearScore:
    return LinearScore(
        method,
        matrix.astype(np.float32),
        (-moments.mean @ matrix).astype(np.float32),
        () if correlations is None else tuple(float(c) for c in correlations),
    )

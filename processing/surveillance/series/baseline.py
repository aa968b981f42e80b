"""What each pixel is expected to show on a day: ordinary least squares on the season, again without outliers.

All pixels of a block at once, each with its own missing dates. The normal equations are solved by the sweep operator
(Goodnight 1979, Am. Stat. 33, 149-158): sweeping [X'X X'y; y'X y'y] on the first p pivots leaves (X'X)⁻¹, the
coefficients and the residual sum of squares in one go, as vector operations over the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .season import DATES_PER_COEFFICIENT, MOST_LEVERAGE, beside, design, months

# A regressor that the others explain to more than 999 in 1000 cannot be told from them (Goodnight's tolerance).
_TOLERANCE = 1e-3
# Residuals beyond this many robust standard deviations are left out of the second fit: undetected cloud and shadow.
OUTLIER = 3.0
_MAD = 1.4826  # median absolute deviation to standard deviation of a normal distribution


@dataclass(frozen=True)
class Baseline:
    """Per pixel: ``coefficients`` (p, pixels), ``inverse`` (p·(p+1)/2, pixels; upper triangle of (X'X)⁻¹ by rows),
    ``sigma`` (residual standard deviation with n − p degrees of freedom), ``count`` (dates it rests on) and ``seen``
    (their months as bits, January the lowest).

    ``count`` is 0 and all else NaN where the dates cannot carry it. float32, as it is kept.
    """

    coefficients: NDArray[np.float32]
    inverse: NDArray[np.float32]
    sigma: NDArray[np.float32]
    count: NDArray[np.float32]
    seen: NDArray[np.float32]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Where there is one."""
        return self.count > 0

    @property
    def freedom(self) -> NDArray[np.float32]:
        """Degrees of freedom of ``sigma``."""
        return self.count - np.float32(len(self.coefficients))

    def expected(self, row: NDArray[np.float64]) -> NDArray[np.float32]:
        """The mean on the day whose design row is ``row`` (p)."""
        return _weighted(row, self.coefficients)

    def leverage(self, row: NDArray[np.float64]) -> NDArray[np.float32]:
        """x'(X'X)⁻¹x of the day: the mean's variance in units of sigma²."""
        first, second = np.triu_indices(len(row))
        weights = row[first] * row[second] * np.where(first == second, 1.0, 2.0)
        return _weighted(weights, self.inverse)

    def knows(self, day: int, leverage: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where the history has seen the season of ``day``, and the mean there is sure enough."""
        season = beside(int(months(np.array([day]))[0]))
        seen = np.nan_to_num(self.seen).astype(np.int64) & season
        return np.asarray((seen > 0) & (leverage <= MOST_LEVERAGE))

    def part(self, chosen: NDArray[np.intp]) -> Baseline:
        """The pixels ``chosen``."""
        return Baseline(
            self.coefficients[:, chosen],
            self.inverse[:, chosen],
            self.sigma[chosen],
            self.count[chosen],
            self.seen[chosen],
        )


def _weighted(weights: NDArray[np.float64], layers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum of ``layers`` (n, pixels) by ``weights`` (n), layer by layer: a matrix product rounds by its own size."""
    total = np.zeros(layers.shape[1], np.float32)
    for weight, layer in zip(weights.astype(np.float32), layers, strict=True):
        total += weight * layer
    return total


def fit(
    days: NDArray[np.int64],
    values: NDArray[np.float32],
    rows: NDArray[np.float64] | int,
    outlier: float | None = OUTLIER,
) -> tuple[Baseline, NDArray[np.bool_]]:
    """The baseline of ``values`` (n, pixels; NaN where masked) seen on ``days`` (n), and what it rests on (n, pixels).

    ``rows`` is the number of harmonics, or the design itself (n, p). ``outlier`` None: one fit of all dates. A pixel
    has none with fewer than three dates for each coefficient, with dates that leave the coefficients open, or without
    any scatter.
    """
    rows = design(days, rows) if isinstance(rows, int) else rows
    used = np.isfinite(values)
    filled = np.where(used, values, 0.0).astype(np.float64)
    swept, sound = _solve(rows, filled, used)
    if outlier is not None:
        used &= ~_outliers(filled - rows @ swept[:-1, -1], used, rows.shape[1], outlier)
        swept, sound = _solve(rows, filled, used)
    return _baseline(swept, sound, used, months(days)), used


def _solve(
    rows: NDArray[np.float64], filled: NDArray[np.float64], used: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The swept matrix (p+1, p+1, pixels) and where it may be trusted (pixels)."""
    count, pixels = rows.shape[1], filled.shape[1]
    weight = used.astype(np.float64)
    first, second = np.triu_indices(count)
    products = (rows[:, first] * rows[:, second]).T @ weight
    matrix = np.empty((count + 1, count + 1, pixels))
    matrix[first, second] = matrix[second, first] = products
    kept = filled * weight
    matrix[:count, count] = matrix[count, :count] = rows.T @ kept
    matrix[count, count] = np.einsum("np,np->p", kept, filled)
    sound = used.sum(axis=0) >= DATES_PER_COEFFICIENT * count
    for pivot in range(count):
        sound &= _sweep(matrix, pivot, products[_place(pivot, count)])
    return matrix, sound


def _place(index: int, count: int) -> int:
    """Where the diagonal element ``index`` stands in an upper triangle kept by rows."""
    return index * count - index * (index - 1) // 2


def _sweep(matrix: NDArray[np.float64], pivot: int, before: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Sweep on ``pivot`` in place; returns where the pivot is large enough beside what it was ``before``."""
    enough: NDArray[np.bool_] = matrix[pivot, pivot] > _TOLERANCE * np.maximum(before, 1e-12)
    divisor = np.where(enough, matrix[pivot, pivot], 1.0)
    row = matrix[pivot] / divisor
    for other in range(len(matrix)):
        if other != pivot:
            factor = matrix[other, pivot].copy()
            matrix[other] -= factor * row
            matrix[other, pivot] = -factor / divisor
    matrix[pivot] = row
    matrix[pivot, pivot] = 1.0 / divisor
    return enough


def _outliers(
    residuals: NDArray[np.float64], used: NDArray[np.bool_], coefficients: int, limit: float
) -> NDArray[np.bool_]:
    """Residuals (n, pixels) beyond ``limit`` times the median absolute one, scaled for the freedom the fit has used."""
    size = np.abs(residuals).astype(np.float32)
    counted = used.sum(axis=0)
    ordered = np.sort(np.where(used, size, np.float32(np.finfo(np.float32).max)), axis=0)
    middle = np.take_along_axis(ordered, (np.maximum(counted, 1) // 2)[None].clip(max=len(size) - 1), axis=0)[0]
    middle[counted == 0] = 0.0
    freedom = np.maximum(counted - coefficients, 1)
    scale = _MAD * middle * np.sqrt(counted / freedom).astype(np.float32)
    return np.asarray(used & (size > limit * scale) & (scale > 0.0))


def _baseline(
    swept: NDArray[np.float64], sound: NDArray[np.bool_], used: NDArray[np.bool_], month: NDArray[np.int64]
) -> Baseline:
    count = len(swept) - 1
    seen = np.zeros(used.shape[1], np.int64)
    for number in np.unique(month):
        seen |= used[month == number].any(axis=0).astype(np.int64) << (number - 1)
    counted = used.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = np.sqrt(np.maximum(swept[count, count], 0.0) / (counted - count)).astype(np.float32)
    sound = sound & np.isfinite(sigma) & (sigma > 0.0)

    def where_sound(values: NDArray[np.float64]) -> NDArray[np.float32]:
        return np.where(sound, values, np.nan).astype(np.float32)

    first, second = np.triu_indices(count)
    return Baseline(
        where_sound(swept[:count, count]),
        where_sound(swept[first, second]),
        where_sound(sigma),
        np.where(sound, counted, 0).astype(np.float32),
        where_sound(seen.astype(np.float64)),
    )

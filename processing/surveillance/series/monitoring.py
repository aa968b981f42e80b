"""Monitoring by sums of residuals: has the ground left its baseline? Processes, boundaries, and normal scores.

OLS-based CUSUM and MOSUM with monitoring boundaries: Chu, Stinchcombe and White 1996 (Econometrica 64, 1045-1065);
Leisch, Hornik and Kuan 2000 (Econometric Theory 16, 835-854); Zeileis, Leisch, Kleiber and Hornik 2005 (J. Appl.
Econom. 20, 99-121); for satellite series Verbesselt, Zeileis and Herold 2012 (Remote Sens. Environ. 123, 98-108).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Method = Literal["cusum", "mosum"]
Values = NDArray[np.floating[Any]]

# Critical values of the MOSUM monitoring process (maximum functional, monitoring up to ten times the history) by window
# as share of the history and by significance: simulated, as R's strucchange and bfast keep them.
_MOSUM: dict[float, dict[float, float]] = {
    0.25: {0.05: 1.34182451, 0.01: 1.52164497, 0.001: 1.74550949},
    0.5: {0.05: 1.90200318, 0.01: 2.20907283, 0.001: 2.57025529},
    1.0: {0.05: 2.74592761, 0.01: 3.27693246, 0.001: 3.94102916},
}
WINDOWS = tuple(_MOSUM)
SIGNIFICANCES = tuple(_MOSUM[0.25])


def critical(method: Method, significance: float, window: float = 0.25) -> float:
    """λ of the boundary at one of :data:`SIGNIFICANCES` (the probability that unchanged ground ever crosses it).

    CUSUM: 2·(Φ(λ) − λ·φ(λ)) = 2 − α (Chu et al. 1996); MOSUM: simulated values.
    """
    if method == "mosum":
        return _MOSUM[window][significance]
    normal = stats.norm

    def beyond(value: float) -> float:
        return float(2.0 * (normal.cdf(value) - value * normal.pdf(value)) + significance - 2.0)

    return float(optimize.brentq(beyond, 0.0, 20.0))


def boundary(method: Method, ratio: Values, value: float) -> NDArray[np.float32]:
    """What the size of the process must reach after ``ratio`` = all dates / dates of the history (above 1).

    ``value`` is :func:`critical`.
    """
    x = ratio.astype(np.float64)
    if method == "mosum":
        return np.asarray(value * np.sqrt(2.0 * np.log(np.maximum(x, np.e))), dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sqrt(x * (x - 1.0) * (value**2 + np.log(x / (x - 1.0))))
    return np.asarray(np.where(x > 1.0, found, np.inf), dtype=np.float32)


def window_sizes(count: Values, share: float) -> NDArray[np.int64]:
    """Dates in the moving window of pixels with ``count`` dates of history."""
    return np.asarray(np.floor(count * share), dtype=np.int64)


def first_window(
    residuals: NDArray[np.float32], used: NDArray[np.bool_], sizes: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The moving window (longest size, pixels) at the end of the history: the last residuals used, the oldest first.

    ``residuals`` and ``used`` are (n, pixels), in order of dates.
    """
    window = np.zeros((max(int(sizes.max(initial=0)), 1), residuals.shape[1]), np.float32)
    seen = np.zeros(residuals.shape[1], np.int64)
    for layer, there in zip(residuals[::-1], used[::-1], strict=True):
        chosen = np.flatnonzero(there & (seen < sizes))
        window[sizes[chosen] - 1 - seen[chosen], chosen] = layer[chosen]
        seen[chosen] += 1
    return window


def normal_scores(t: NDArray[np.float32], freedom: NDArray[np.float32]) -> NDArray[np.float32]:
    """Student's t with ``freedom`` degrees as a normal score of the same probability (Wallace 1959, Ann. Math. Stat.
    30, 1121-1130; off by less than 0.07 from 4 degrees on, up to a score of 5).
    """
    factor = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0)
    return np.asarray(np.sign(t) * factor * np.sqrt(freedom * np.log1p(t * t / freedom)), dtype=np.float32)

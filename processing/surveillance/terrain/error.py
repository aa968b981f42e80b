"""How far a difference of two elevation models can be trusted: per cell, as a mean over an area, as a volume.

Spread by slope class on stable ground (NMAD; after Hugonnet et al. 2022), level of detection 1.96 σ (Brasington 2003,
Wheaton et al. 2010), and the error of a mean from three parts kept apart (Anderson 2019, ESPL 44, 1015-1033): random
from cell to cell, correlated up to a range L (Rolstad, Haug and Denby 2009, J. Glaciology 55; spherical model), and
systematic, which no area averages out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ....layers.errors import InputError
from .alignment import Sample, nmad

T95 = NormalDist().inv_cdf(0.975)  # 1.96
SLOPES = (0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 90.0)  # degrees, edges of the classes
FEWEST = 300  # stable cells that tell a spread to about 5 %
_CELLS_A_CLASS = 200
_LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)  # cells
_PAIRS_A_LAG = 500
_PIECE = 32  # cells a side of the pieces of stable ground whose medians are compared
_CELLS_A_PIECE, _FEWEST_PIECES = 200, 5


@dataclass(frozen=True)
class Error:
    """The error of a difference. ``sigma`` (m) by class of slope (edges in degrees); ``correlated`` is the share of the
    variance that hangs together up to ``range_m``, the rest is random; ``systematic_m`` is one sigma of a bias.

    ``cells`` of stable ground told it, 0 where the surveys' stated errors did.
    """

    edges: tuple[float, ...]
    sigma: tuple[float, ...]
    range_m: float
    correlated: float
    systematic_m: float
    cells: int

    def of_slope(self, tangent: NDArray[np.float32]) -> NDArray[np.float32]:
        """σ (m) of each cell by the tangent of its slope; the steepest class where it is not known."""
        degrees = np.degrees(np.arctan(tangent))
        place = np.digitize(np.where(np.isfinite(degrees), degrees, 90.0), self.edges[1:-1])
        return np.array(self.sigma, np.float32)[place]


@dataclass(frozen=True)
class Parts:
    """One sigma of a volume (m³), its three parts apart."""

    random: float
    correlated: float
    systematic: float

    @property
    def sigma(self) -> float:
        """All three together, as independent."""
        return math.sqrt(self.random**2 + self.correlated**2 + self.systematic**2)

    def interval(self, value: float) -> tuple[float, float]:
        """The 95 % interval around ``value``."""
        return value - T95 * self.sigma, value + T95 * self.sigma

    def plus(self, other: Parts) -> Parts:
        """Both, as independent."""
        return Parts(
            *(math.hypot(getattr(self, one), getattr(other, one)) for one in ("random", "correlated", "systematic"))
        )


def level_of_detection(before: float, after: float) -> float:
    """The least change (m) that two surveys of these errors (σ, m) show with 95 % confidence."""
    return T95 * math.hypot(before, after)


def largest_sigma(step: float) -> float:
    """The largest σ (m) of each of two equal surveys that still show ``step`` metres: 0.18 for 0.5 m."""
    return step / (T95 * math.sqrt(2.0))


def correlated_mean(area: float, range_m: float) -> float:
    """σ of a mean over ``area`` (m²) as a share of σ of one place, errors correlated up to ``range_m``.

    Rolstad et al. 2009, spherical model without nugget over a disc of radius R: √(L²/5R²) for R ≥ L, and
    √(1 − R/L + R³/5L³) below.
    """
    if range_m <= 0 or area <= 0:
        return 0.0 if area > 0 else 1.0
    ratio = math.sqrt(area / math.pi) / range_m
    return math.sqrt(1.0 / (5.0 * ratio**2) if ratio >= 1.0 else 1.0 - ratio + ratio**3 / 5.0)


def volume_error(error: Error, cells: int, sum_sigma: float, sum_variance: float, cell_area: float) -> Parts:
    """The error of Σ difference × cell area over ``cells`` whose σ add up to ``sum_sigma`` (m) and whose variances to
    ``sum_variance`` (m²).
    """
    area = cells * cell_area
    return Parts(
        random=math.sqrt((1.0 - error.correlated) * sum_variance) * cell_area,
        correlated=math.sqrt(error.correlated) * sum_sigma * cell_area * correlated_mean(area, error.range_m),
        systematic=error.systematic_m * area,
    )


def mean_error(error: Error, sigma: float, area: float, cell_area: float) -> float:
    """σ (m) of a mean difference over ``area`` (m²) where each cell has ``sigma``."""
    cells = max(round(area / cell_area), 1)
    return volume_error(error, cells, sigma * cells, sigma**2 * cells, cell_area).sigma / (cells * cell_area)


def stated(before: float, after: float, systematic: float, range_m: float) -> Error:
    """The error where the surveys' own statements are all there is: σ of each (m), wholly correlated up to L."""
    return Error((0.0, 90.0), (math.hypot(before, after),), range_m, 1.0, systematic, 0)


def measured(sample: Sample, pixel_m: float) -> Error:
    """The error that stable ground shows. Raises :class:`InputError` for too little of it."""
    difference, east, north = sample.flat()
    if len(difference) < FEWEST:
        raise InputError("terrain.stable_too_small", cells=len(difference), least=FEWEST)
    edges, sigma = _by_slope(difference, np.hypot(east, north))
    error = Error(edges, sigma, 0.0, 0.0, 0.0, len(difference))
    middle = float(np.median(difference))
    standard = [
        (patch - middle) / error.of_slope(np.hypot(*slope))
        for patch, slope in zip(sample.patches, sample.gradients, strict=True)
    ]
    range_cells, correlated = _variogram(standard)
    return replace(
        error, range_m=range_cells * pixel_m, correlated=correlated, systematic_m=_systematic(sample, middle)
    )


def _by_slope(
    difference: NDArray[np.float32], tangent: NDArray[np.float32]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """NMAD by class; a class with too few cells joins the one below it."""
    degrees = np.degrees(np.arctan(tangent))
    edges, sigma = [SLOPES[0]], []
    start = SLOPES[0]
    for end in SLOPES[1:]:
        inside = (degrees >= start) & (degrees < end)
        if inside.sum() >= _CELLS_A_CLASS:
            edges.append(end)
            sigma.append(nmad(difference[inside]))
            start = end
    if not sigma:
        return (0.0, 90.0), (nmad(difference),)
    edges[-1] = 90.0
    floor = 1e-3 * max(nmad(difference), 1e-6)  # a class of equal cells would divide by nought
    return tuple(edges), tuple(max(one, floor) for one in sigma)


def _variogram(patches: list[NDArray[np.float32]]) -> tuple[float, float]:
    """Range (cells) and correlated share of the spherical model with nugget that fits the standardised residuals.

    Half of the squared NMAD of the differences at each lag, along rows and columns. Where too few lags have pairs
    enough all is taken as correlated as far as anything was seen: rather too much than too little.
    """
    lags, gammas, weights = [], [], []
    for lag in _LAGS:
        pairs = [
            d[np.isfinite(d)]
            for patch in patches
            for d in (patch[lag:] - patch[:-lag], patch[:, lag:] - patch[:, :-lag])
            if d.size
        ]
        found = np.concatenate(pairs) if pairs else np.empty(0, np.float32)
        if len(found) >= _PAIRS_A_LAG:
            lags.append(float(lag))
            gammas.append(0.5 * nmad(found) ** 2)
            weights.append(1.0 / math.sqrt(len(found)))
    if len(lags) < 4:
        return float(max([*lags, 1.0])), 1.0
    from scipy.optimize import curve_fit

    sill = max(gammas)
    (nugget, partial, reach), _ = curve_fit(
        _spherical, lags, gammas, p0=(0.3 * sill, 0.7 * sill, lags[len(lags) // 2]),
        bounds=((0.0, 0.0, 1.0), (2 * sill + 1e-9, 2 * sill + 1e-9, 2 * lags[-1])), sigma=weights,
    )  # fmt: skip
    whole = nugget + partial
    return float(reach), float(partial / whole) if whole > 0 else 1.0


def _spherical(lag: NDArray[np.float64], nugget: float, partial: float, reach: float) -> NDArray[np.float64]:
    ratio = np.minimum(np.asarray(lag) / reach, 1.0)
    found: NDArray[np.float64] = nugget + partial * (1.5 * ratio - 0.5 * ratio**3)
    return found


def _systematic(sample: Sample, middle: float) -> float:
    """How far the zero of a piece of ground lies off: the median of all, and the spread of the medians of pieces."""
    medians = []
    for patch in sample.patches:
        for row in range(0, patch.shape[0], _PIECE):
            for column in range(0, patch.shape[1], _PIECE):
                piece = patch[row : row + _PIECE, column : column + _PIECE]
                known = piece[np.isfinite(piece)]
                if len(known) >= _CELLS_A_PIECE:
                    medians.append(float(np.median(known)))
    if len(medians) < _FEWEST_PIECES:  # one place alone cannot tell how much another differs
        return math.hypot(middle, nmad(sample.flat()[0]))
    return math.hypot(middle, nmad(np.array(medians, np.float32)))

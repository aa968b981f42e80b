"""Accuracy and area from a labelled stratified sample, with 95 % intervals (Olofsson et al. 2014, equations 4 to 11).

The strata are the map's classes. Rows of the error matrix are the map, columns the reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....layers.errors import InputError

# Half-width of a 95 % interval in standard errors.
Z = 1.96


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error."""

    value: float
    error: float

    @property
    def half(self) -> float:
        """Half of the 95 % interval."""
        return Z * self.error

    def plain(self) -> dict[str, float | None]:
        """As JSON holds it; None where there is nothing to divide by."""
        if not np.isfinite(self.value):
            return {"value": None, "low": None, "high": None, "error": None}
        return {
            "value": round(self.value, 6),
            "low": round(self.value - self.half, 6),
            "high": round(self.value + self.half, 6),
            "error": round(self.error, 6),
        }


@dataclass(frozen=True)
class Accuracy:
    """``matrix`` holds the counts, ``shares`` the estimated shares of area (cells); areas are in the unit given."""

    classes: tuple[str, ...]
    matrix: NDArray[np.int64]
    shares: NDArray[np.float64]
    mapped: tuple[float, ...]
    overall: Estimate
    users: tuple[Estimate, ...]
    producers: tuple[Estimate, ...]
    areas: tuple[Estimate, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "classes": list(self.classes),
            "matrix": self.matrix.tolist(),
            "shares": np.round(self.shares, 8).tolist(),
            "mapped": list(self.mapped),
            "overall": self.overall.plain(),
            "users": [one.plain() for one in self.users],
            "producers": [one.plain() for one in self.producers],
            "areas": [one.plain() for one in self.areas],
        }


def error_matrix(mapped: Sequence[str], labels: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64]:
    """Counts (map, reference) of points whose map class and label are in ``classes``."""
    place = {name: row for row, name in enumerate(classes)}
    found = np.zeros((len(classes), len(classes)), np.int64)
    for stratum, label in zip(mapped, labels, strict=True):
        found[place[stratum], place[label]] += 1
    return found


def estimate(matrix: NDArray[np.int64], areas: Mapping[str, float]) -> Accuracy:
    """Accuracy and area from counts (map, reference) and the mapped area of each class, in the order of ``areas``.

    Raises :class:`InputError` (``accuracy.too_few``) where a class that the map holds has fewer than two points: its
    variance cannot be told.
    """
    classes = tuple(areas)
    mapped = np.array([areas[name] for name in classes], float)
    counts = matrix.astype(float)
    in_row = counts.sum(axis=1)
    short = [name for name, area, n in zip(classes, mapped, in_row, strict=True) if area > 0 and n < 2]
    if short:
        raise InputError("accuracy.too_few", classes=short)
    weight = mapped / mapped.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(in_row[:, None] > 0, counts / in_row[:, None], 0.0)  # n_ij / n_i.
        shares = weight[:, None] * rate
        users = np.where(in_row > 0, np.diag(rate), np.nan)
        users_variance = users * (1.0 - users) / (in_row - 1.0)
        column = shares.sum(axis=0)
        producers = np.diag(shares) / column
        spread = np.where(in_row[:, None] > 1, rate * (1.0 - rate) / (in_row[:, None] - 1.0), 0.0)
    known = np.nan_to_num(users)
    overall = Estimate(
        float(np.trace(shares)),
        float(np.sqrt(np.nansum(weight**2 * known * (1.0 - known) / np.maximum(in_row - 1, 1)))),
    )
    area_error = np.sqrt((weight[:, None] ** 2 * spread).sum(axis=0))
    total = mapped.sum()
    return Accuracy(
        classes,
        matrix,
        shares,
        tuple(float(area) for area in mapped),
        overall,
        tuple(Estimate(float(u), float(np.sqrt(v))) for u, v in zip(users, users_variance, strict=True)),
        tuple(Estimate(float(p), _producers_error(j, mapped, rate, in_row, float(p))) for j, p in enumerate(producers)),
        tuple(Estimate(float(total * c), float(total * e)) for c, e in zip(column, area_error, strict=True)),
    )


def _producers_error(
    j: int, mapped: NDArray[np.float64], rate: NDArray[np.float64], in_row: NDArray[np.float64], producers: float
) -> float:
    """Standard error of a producer's accuracy (Olofsson et al. 2014, equation 7)."""
    found = float((mapped * rate[:, j]).sum())  # estimated area of the class
    if found <= 0.0 or in_row[j] < 2:
        return float("nan")
    own = mapped[j] ** 2 * (1.0 - producers) ** 2 * rate[j, j] * (1.0 - rate[j, j]) / (in_row[j] - 1.0)
    others = [i for i in range(len(mapped)) if i != j and in_row[i] > 1]
    rest = sum(mapped[i] ** 2 * rate[i, j] * (1.0 - rate[i, j]) / (in_row[i] - 1.0) for i in others)
    return float(np.sqrt(own + producers**2 * rest) / found)

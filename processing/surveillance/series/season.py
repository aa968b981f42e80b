"""The season as sines and cosines of the year: days to rows of a design matrix, and whether days are fit to be asked.

Trend is left out: a history of one or two years cannot tell a trend from a wet and a dry year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

# Days: mean length of the Gregorian year.
YEAR = 365.2425
EPOCH = date(1970, 1, 1)
# Clear dates that a fit needs for each of its coefficients: three, as CCDC asks (Zhu and Woodcock 2014, Remote Sens.
# Environ. 144, 152-171).
DATES_PER_COEFFICIENT = 3
# The mean expected on a day must be no less certain than one image of that day: leverage x'(X'X)⁻¹x of at most 1 (Cook
# 1979, J. Am. Stat. Assoc. 74, 169-174). That trusts the sines; a month is known only if the history has seen it, or a
# month beside it, too: the dry season does not tell what the rains do.
MOST_LEVERAGE = 1.0


def days(dates: Sequence[date]) -> NDArray[np.int64]:
    """Days since 1 January 1970."""
    return np.array([(one - EPOCH).days for one in dates], dtype=np.int64)


def day_of(number: float) -> date:
    """The date of a number of :func:`days`."""
    return date.fromordinal(EPOCH.toordinal() + round(number))


def apart_in_year(one: date, other: date) -> int:
    """Days between two dates as if they were of one year, at most half a year."""
    apart = abs(one.timetuple().tm_yday - other.timetuple().tm_yday)
    return min(apart, 365 - apart)


def months(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Months (1 to 12) of days."""
    return np.asarray(np.asarray(numbers).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1)


def beside(month: int) -> int:
    """``month`` (1 to 12) and the two beside it as bits, January the lowest."""
    return (1 << (month - 1)) | (1 << (month % 12)) | (1 << ((month - 2) % 12))


def design(numbers: NDArray[np.int64], harmonics: int) -> NDArray[np.float64]:
    """Rows (n, 1 + 2·harmonics) for days: constant, then cosine and sine of the year and of its parts."""
    phase = 2.0 * np.pi * np.asarray(numbers, dtype=float) / YEAR
    waves = [wave(order * phase) for order in range(1, harmonics + 1) for wave in (np.cos, np.sin)]
    return np.column_stack([np.ones(len(phase)), *waves])


def fewest_dates(harmonics: int) -> int:
    """Clear dates without which nothing is fitted."""
    return DATES_PER_COEFFICIENT * (1 + 2 * harmonics)


def unknown_months(numbers: NDArray[np.int64], harmonics: int) -> list[int]:
    """Months (1 to 12) that dates ``numbers``, all clear, would not know: not seen, or mid-month leverage above 1.

    All twelve where the dates cannot carry the fit at all.
    """
    rows = design(numbers, harmonics)
    if len(rows) < fewest_dates(harmonics) or np.linalg.matrix_rank(rows) < rows.shape[1]:
        return list(range(1, 13))
    inverse = np.linalg.inv(rows.T @ rows)
    middle = design(days([date(2001, month, 15) for month in range(1, 13)]), harmonics)
    leverage = np.einsum("ij,jk,ik->i", middle, inverse, middle)
    seen = int(np.bitwise_or.reduce(1 << (months(numbers) - 1)))
    return [m for m in range(1, 13) if leverage[m - 1] > MOST_LEVERAGE or not seen & beside(m)]

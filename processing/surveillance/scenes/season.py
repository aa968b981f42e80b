"""The season of a date and of a pair: ground that is bare by nature swings within a year without any mining.

Bare ground swings by 0.2 to 0.66 (NDVI, Sentinel-2 series of 68 dates: between the 5th and the 95th percentile of one
pixel 0.56). The dry season of Bình Thuận is November to April; two dates of one season compare.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ....layers.report import Report

DRY_MONTHS = frozenset({11, 12, 1, 2, 3, 4})
# Days of the year that two dates may lie apart, across New Year too (a proposal of the project, no published limit).
MOST_DAYS = 45
_YEAR = 365


def season(day: date, dry: Collection[int] = DRY_MONTHS) -> str:
    """``dry`` or ``rainy``; ``dry`` names the months (1 to 12) of the dry season."""
    return "dry" if day.month in dry else "rainy"


def days_apart(first: date, second: date) -> int:
    """How far two dates lie apart within the year, 0 to 182: 28 December and 3 January are 6 days apart.

    The 29th of February counts as the 28th, so the same day of two years is 0 apart.
    """
    apart = abs(_day(first) - _day(second))
    return min(apart, _YEAR - apart)


def _day(day: date) -> int:
    return date(2001, day.month, 28 if (day.month, day.day) == (2, 29) else day.day).timetuple().tm_yday


def same_season(first: date, second: date) -> bool:
    """Whether the dates are at most :data:`MOST_DAYS` apart within the year."""
    return days_apart(first, second) <= MOST_DAYS


def warn_of_season(before: date | None, after: date | None, report: Report) -> None:
    """Tell the user where a pair is not of one season: of other months, or of unknown dates nothing."""
    if before is None or after is None or same_season(before, after):
        return
    code = "change.seasons_differ" if season(before) != season(after) else "change.days_of_year_differ"
    report.message(code, "warning", before=before, after=after, days=days_apart(before, after), most=MOST_DAYS)

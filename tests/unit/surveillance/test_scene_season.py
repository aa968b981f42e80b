"""Season of a date and of a pair, across New Year and leap days."""

from __future__ import annotations

from datetime import date

import pytest

from dothi.layers.messages import has
from dothi.processing.surveillance.scenes.season import days_apart, same_season, season, warn_of_season

from .scenes import Told


@pytest.mark.parametrize(
    ("first", "second", "days"),
    [
        (date(2025, 12, 28), date(2026, 1, 3), 6),
        (date(2024, 2, 29), date(2026, 2, 28), 0),
        (date(2024, 12, 31), date(2025, 12, 31), 0),
        (date(2025, 1, 1), date(2025, 7, 2), 182),
        (date(2024, 3, 1), date(2025, 2, 28), 1),
    ],
)
def test_days_apart_within_the_year(first, second, days):
    assert days_apart(first, second) == days_apart(second, first) == days


def test_the_dry_season_is_november_to_april():
    assert [season(date(2025, month, 1)) for month in range(1, 13)] == ["dry"] * 4 + ["rainy"] * 6 + ["dry"] * 2


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (date(2025, 2, 16), date(2026, 2, 21), None),
        (date(2025, 2, 16), date(2026, 8, 21), "change.seasons_differ"),
        (date(2025, 11, 5), date(2026, 2, 21), "change.days_of_year_differ"),
        (None, date(2026, 2, 21), None),
    ],
)
def test_a_pair_of_other_seasons_is_told(before, after, code):
    told = Told()
    warn_of_season(before, after, told)
    assert told.codes == ([code] if code else [])
    assert code is None or has(code)
    assert before is None or same_season(before, after) == (code is None)

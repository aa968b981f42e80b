"""Baselines with gaps and outliers, and the life of an alert: known answers on single pixels."""

from __future__ import annotations

import datetime as dt
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dothi.processing.surveillance.series import season
from dothi.processing.surveillance.series.baseline import fit
from dothi.processing.surveillance.series.states import CONFIRMED, ENDED, NONE, SUSPECTED, Monitor, Rules

START = dt.date(2023, 1, 5)
SIGMA = 0.01


def every(step: int, count: int, start: dt.date = START) -> np.ndarray:
    return season.days([start + dt.timedelta(days=step * index) for index in range(count)])


def history(pixels: int = 1, count: int = 40, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    days = every(10, count)
    phase = 2 * np.pi * days / season.YEAR
    truth = 0.3 + 0.1 * np.cos(phase) + 0.05 * np.sin(phase)
    noise = np.random.default_rng(seed).normal(0.0, SIGMA, (count, pixels))
    return days, (truth[:, None] + noise).astype(np.float32)


def monitor(rules: Rules, pixels: int = 1) -> tuple[Monitor, int]:
    days, values = history(pixels)
    rows = season.design(days, 1)
    known, used = fit(days, values, 1)
    residuals = values - (rows @ known.coefficients).astype(np.float32)
    return Monitor.begin(known, rules, residuals, used), int(days[-1])


def follow(one: Monitor, last: int, departures: list[float]) -> list[int]:
    """The state after each date, ten days apart; a departure is in sigmas, NaN is a cloud."""
    found = []
    for number, size in enumerate(departures, start=1):
        day = last + 10 * number
        row = season.design(np.array([day]), 1)[0]
        one.update(row, day, one.baseline.expected(row) + np.float32(size) * one.baseline.sigma)
        found.append(int(one.states.state[0]))
    return found


CLOUD = float("nan")


def test_a_fit_with_gaps_is_that_of_the_dates_left():
    days, values = history(pixels=50)
    values[np.random.default_rng(1).random(values.shape) < 0.4] = np.nan
    rows = season.design(days, 1)
    found, _ = fit(days, values, 1, None)
    for pixel in range(50):
        there = np.isfinite(values[:, pixel])
        exact, squares, _, _ = np.linalg.lstsq(rows[there], values[there, pixel].astype(float))
        np.testing.assert_allclose(found.coefficients[:, pixel], exact, atol=1e-6)
        assert found.sigma[pixel] == pytest.approx(np.sqrt(squares[0] / (there.sum() - 3)), rel=1e-5)
        inverse = np.linalg.inv(rows[there].T @ rows[there])
        row = season.design(np.array([int(days[-1]) + 40]), 1)[0]
        assert found.leverage(row)[pixel] == pytest.approx(row @ inverse @ row, rel=1e-5)


def test_an_undetected_cloud_is_left_out_of_the_second_fit():
    days, values = history()
    clean, _ = fit(days, values, 1)
    values[7] += 0.5
    spoiled, used = fit(days, values, 1)
    assert not used[7, 0]
    np.testing.assert_allclose(spoiled.coefficients, clean.coefficients, atol=0.004)
    assert spoiled.sigma[0] == pytest.approx(clean.sigma[0], rel=0.2)


@pytest.mark.parametrize("count", [0, 1, 8])
def test_fewer_than_three_dates_for_each_coefficient_give_no_baseline(count):
    days, values = history()
    values[count:] = np.nan
    found, _ = fit(days, values, 1)
    assert found.count[0] == 0
    assert np.isnan(found.sigma[0])
    # and the pixel stays not checkable for ever
    one = Monitor.begin(found, Rules(), np.zeros_like(values), np.isfinite(values))
    row = season.design(np.array([20_000]), 1)[0]
    assert one.update(row, 20_000, np.array([0.9], np.float32)) == 0
    assert np.isnan(one.states.state[0])


def test_a_constant_or_twice_seen_pixel_gives_no_baseline():
    days, values = history(pixels=2)
    values[:, 0] = 0.25
    values[:, 1] = np.where(np.arange(40) < 20, values[:, 1], np.nan)
    rows = season.design(days, 1)
    rows[:20] = rows[0]  # the same day of the year, twenty times
    found, _ = fit(days, values, rows)
    assert list(found.count) == [0, 0]


def test_the_rains_are_not_judged_from_the_dry_season():
    """Dates of November to April: August would be extrapolated, and the pixel is left as it is."""
    days, values = history(count=72)
    months = np.array([season.day_of(day).month for day in days])
    values[(months > 4) & (months < 11)] = np.nan
    found, used = fit(days, values, 1)
    one = Monitor.begin(found, Rules(needed=1), values, used)
    for date, judged in ((dt.date(2025, 8, 15), 0), (dt.date(2026, 2, 1), 1)):
        day = int(season.days([date])[0])
        row = season.design(np.array([day]), 1)[0]
        assert one.update(row, day, np.array([0.9], np.float32)) == judged
    assert one.states.first[0] == season.days([dt.date(2026, 2, 1)])[0]
    dry = [day for day, month in zip(days, months, strict=True) if month in (12, 1, 2)]
    assert 8 in season.unknown_months(np.array(dry), 1)
    assert season.unknown_months(days, 1) == []
    assert season.unknown_months(days[:8], 1) == list(range(1, 13))


def test_suspected_then_confirmed_then_ended():
    rules = Rules(needed=3, memory=4)
    one, last = monitor(rules)
    found = follow(one, last, [0, 8, 8, 8, 8, 0, 0, 0, 0, 0])
    assert found == [NONE, SUSPECTED, SUSPECTED, CONFIRMED, CONFIRMED, CONFIRMED, CONFIRMED, CONFIRMED, ENDED, ENDED]
    states = one.states
    assert (states.first[0], states.last[0], states.count[0]) == (last + 20, last + 50, 4)
    assert states.magnitude[0] == pytest.approx(8 * one.baseline.sigma[0], rel=1e-4)
    assert 0.99 < states.confidence()[0] <= 1.0


def test_one_strange_date_is_forgotten():
    one, last = monitor(Rules(needed=3, memory=4))
    assert follow(one, last, [8, 0, 0, 0, 0]) == [SUSPECTED, SUSPECTED, SUSPECTED, SUSPECTED, NONE]
    assert (one.states.first[0], one.states.count[0]) == (0, 0)
    assert np.isnan(one.states.confidence()[0])


def test_clouds_between_change_nothing_but_the_dates():
    one, last = monitor(Rules())
    assert follow(one, last, [8, CLOUD, CLOUD, 8, CLOUD, 8]) == [1, 1, 1, 1, 1, CONFIRMED]
    assert (one.states.first[0], one.states.last[0], one.states.clear[0]) == (last + 10, last + 60, 3)
    seen = astuple(one.states)
    follow(one, last + 60, [CLOUD] * 5)
    assert all(np.array_equal(was, now) for was, now in zip(seen, astuple(one.states), strict=True))


def test_a_departure_to_the_other_side_does_not_confirm():
    one, last = monitor(Rules(needed=2, memory=3))
    assert follow(one, last, [8, -8, -8]) == [SUSPECTED, SUSPECTED, SUSPECTED]


@pytest.mark.parametrize("method", ["cusum", "mosum"])
def test_a_slow_change_is_found_by_its_sum(method):
    """Two sigmas are within what one date may show; together they are not."""
    rules = Rules(method=method)
    one, last = monitor(rules)
    found = follow(one, last, [2.0] * 24)
    assert rules.limit > 2.5
    assert CONFIRMED in found
    quiet, last = monitor(rules)
    assert set(follow(quiet, last, [0.9, -0.9] * 12)) == {NONE}


def test_unchanged_ground_is_rarely_suspected_and_hardly_ever_confirmed():
    pixels = 20_000
    one, last = monitor(Rules(significance=0.001), pixels)
    rng = np.random.default_rng(5)
    for number in range(1, 25):
        day = last + 10 * number
        row = season.design(np.array([day]), 1)[0]
        truth = 0.3 + 0.1 * row[1] + 0.05 * row[2]
        one.update(row, day, (truth + rng.normal(0.0, SIGMA, pixels)).astype(np.float32))
    assert (one.states.state == CONFIRMED).mean() < 0.001
    assert (one.states.state == SUSPECTED).mean() < 0.01


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 1.5, -1.5, 8.0, -8.0, CLOUD]), max_size=30),
    st.integers(1, 4),
    st.sampled_from(["cusum", "mosum"]),
)
def test_whatever_comes_the_numbers_agree(departures, needed, method):
    one, last = monitor(Rules(needed=needed, memory=4, method=method))
    found = follow(one, last, departures)
    states = one.states
    clear = [number for number, size in enumerate(departures, start=1) if size == size]
    assert set(found) <= {NONE, SUSPECTED, CONFIRMED, ENDED}
    assert states.seen[0] == (last + 10 * clear[-1] if clear else 0)
    if found and found[-1] != NONE:
        assert last < states.first[0] <= states.last[0] <= states.seen[0]
        assert 1 <= states.count[0] <= states.clear[0] <= len(clear)
        assert 0.0 <= states.confidence()[0] <= 1.0
    if found and found[-1] in (CONFIRMED, ENDED):
        assert states.count[0] >= needed

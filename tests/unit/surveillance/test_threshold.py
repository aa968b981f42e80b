from __future__ import annotations

import numpy as np
import pytest

from dothi.processing.surveillance.change.smoothing import box_mean, smoothed
from dothi.processing.surveillance.change.threshold import (
    ScoreHistogram,
    fit_no_change,
    kapur,
    otsu,
    reach_of,
    threshold,
)


def histogram_of(scores: np.ndarray, degrees: int = 4) -> ScoreHistogram:
    found = ScoreHistogram.empty(reach_of(scores, degrees))
    found.add(scores)
    return found


def unchanged(count: int = 200_000, degrees: int = 4, seed: int = 0) -> np.ndarray:
    return np.sqrt(np.random.default_rng(seed).chisquare(degrees, count)).astype(np.float32)


def test_the_fit_finds_chi_square_again():
    found = fit_no_change(histogram_of(unchanged()), 4)
    assert found.shape == pytest.approx(2.0, rel=0.05)
    assert found.scale == pytest.approx(2.0, rel=0.05)
    assert abs(found.misfit) < 0.01


@pytest.mark.parametrize("rate", [0.05, 0.001])
def test_the_false_alarm_rate_is_kept(rate):
    scores = unchanged()
    histogram = histogram_of(scores)
    limit = threshold(histogram, fit_no_change(histogram, 4), "false_alarm", rate)
    assert (scores > limit).mean() == pytest.approx(rate, rel=0.25)


@pytest.mark.parametrize("rate", [0.05, 0.001])
def test_the_false_alarm_rate_is_not_exceeded_though_a_tenth_changed(rate):
    scores = unchanged()
    histogram = histogram_of(np.concatenate([scores, 12.0 + unchanged(20_000, seed=1)]))
    limit = threshold(histogram, fit_no_change(histogram, 4), "false_alarm", rate)
    assert rate / 10 < (scores > limit).mean() <= rate


def test_the_budget_is_the_share_flagged():
    scores = unchanged()
    histogram = histogram_of(scores)
    limit = threshold(histogram, fit_no_change(histogram, 4), "budget", 0.04)
    assert (scores > limit).mean() == pytest.approx(0.04, abs=2e-4)


def test_automatic_flags_nothing_where_nothing_changed_and_otsu_alone_would():
    scores = unchanged()
    histogram = histogram_of(scores)
    limit = threshold(histogram, fit_no_change(histogram, 4), "auto", None)
    assert (scores > limit).mean() < 1e-4
    assert (scores > otsu(histogram)).mean() > 0.3


def test_automatic_finds_a_distinct_change_whole():
    scores, change = unchanged(), 12.0 + unchanged(2_000, seed=1)
    histogram = histogram_of(np.concatenate([scores, change]))
    limit = threshold(histogram, fit_no_change(histogram, 4), "auto", None)
    assert (change > limit).all()
    assert (scores > limit).mean() < 1e-3


def test_automatic_tells_restless_land_beside_a_calm_sea_from_change():
    # half sea, half land that scatters three times as much, one pixel in a thousand dug up
    sea, land, pit = unchanged(), 3.0 * unchanged(seed=1), 60.0 + unchanged(400, seed=2)
    histogram = histogram_of(np.concatenate([sea, land, pit]))
    limit = threshold(histogram, fit_no_change(histogram, 4), "auto", None)
    assert (pit > limit).all()
    assert (land > limit).mean() < 1e-3


def test_two_equal_dates_flag_nothing():
    scores = np.full(10_000, 1e-4, np.float32)
    histogram = histogram_of(scores)
    limit = threshold(histogram, fit_no_change(histogram, 4), "auto", None)
    assert not (scores > limit).any()


def test_confidence_rises_with_the_score_from_0_to_1():
    histogram = histogram_of(unchanged())
    certain = fit_no_change(histogram, 4).confidence(histogram.reach)
    steps = certain(np.linspace(0, histogram.reach, 50, dtype=np.float32))
    assert steps[0] == 0.0
    assert steps[-1] == pytest.approx(1.0)
    assert (np.diff(steps) >= 0).all()
    assert certain(np.array([np.sqrt(9.488)], np.float32))[0] == pytest.approx(
        0.95, abs=0.01
    )  # χ² with 4 degrees, 95 %


def test_box_mean_averages_valid_pixels_only_also_at_edges():
    rng = np.random.default_rng(0)
    score, valid = rng.random((9, 11)).astype(np.float32), rng.random((9, 11)) > 0.3
    found = box_mean(score, valid, 3)
    for row in range(9):
        for column in range(11):
            part = np.s_[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            expected = score[part][valid[part]].mean() if valid[row, column] else 0.0
            assert found[row, column] == pytest.approx(expected, abs=1e-6)
    everything = np.ones_like(valid)
    assert box_mean(score, everything, 3)[0, 0] == pytest.approx(score[:2, :2].mean())


def test_smoothing_fills_a_gap_but_grows_no_rim():
    score = np.full((20, 20), 0.5, np.float32)
    score[5:15, 5:15] = 10.0
    score[9, 9] = 6.0
    found = smoothed(score, np.ones(score.shape, bool), 3)
    assert found[9, 9] > 9.0
    assert (found > 2.0).sum() == 100


def test_kapur_parts_two_groups_where_their_entropy_is_largest():
    counts = np.zeros(1 << 16, np.int64)
    counts[:16_384], counts[49_152:] = 90, 10  # two flat groups with nothing between
    histogram = ScoreHistogram(1.0, counts)
    assert 0.2 < kapur(histogram) < 0.8
    scores = np.concatenate([unchanged(), 12.0 + unchanged(4_000, seed=1)])
    found = kapur(histogram_of(scores))
    assert (scores[-4_000:] > found).mean() > 0.95

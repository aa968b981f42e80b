from __future__ import annotations

import numpy as np
import pytest

from dothi.processing.surveillance.change.score import (
    Moments,
    change_vector,
    irmad,
    mad,
    no_change_probability,
    usable_bands,
)


def correlated(count: int = 20_000, bands: int = 3, seed: int = 0) -> np.ndarray:
    """Two dates that share a signal: (2p, n), float32."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(bands, count))
    mixed = rng.normal(size=(bands, bands)) @ signal
    return np.vstack([mixed, 1.7 * mixed + 0.3 * rng.normal(size=mixed.shape) + 5.0]).astype(np.float32)


def test_moments_are_those_of_numpy():
    pixels = correlated()
    found = Moments.of(pixels)
    assert found.mean == pytest.approx(pixels.mean(axis=1), abs=1e-4)
    assert found.covariance == pytest.approx(np.cov(pixels, bias=True), rel=1e-4, abs=1e-5)


def test_moments_add_up_over_blocks():
    pixels = correlated()
    parts = Moments.of(pixels[:, :7_000]) + Moments.of(pixels[:, 7_000:7_000]) + Moments.of(pixels[:, 7_000:])
    whole = Moments.of(pixels)
    assert parts.weight == whole.weight
    assert parts.covariance == pytest.approx(whole.covariance, rel=1e-5, abs=1e-6)


def test_weights_count_like_repetitions():
    pixels = correlated(2_000)
    weights = np.zeros(2_000, np.float32)
    weights[:1_000] = 2.0
    assert Moments.of(pixels, weights).covariance == pytest.approx(
        Moments.of(pixels[:, :1_000]).covariance, rel=1e-4, abs=1e-5
    )


def test_mad_variates_are_standardised_and_uncorrelated():
    pixels = correlated()
    score = mad(Moments.of(pixels))
    assert np.cov(score.variates(pixels), bias=True) == pytest.approx(np.eye(3), abs=2e-3)
    assert all(0.0 <= rho <= 1.0 for rho in score.correlations)
    assert list(score.correlations) == sorted(score.correlations, reverse=True)


def test_mad_does_not_see_gain_offset_or_mixing_of_either_date():
    pixels = correlated()
    other = pixels.copy()
    other[3:] = np.array([[3, 1, 0], [0, 2, 1], [1, 0, 1]], np.float32) @ pixels[3:] + 40.0
    first, second = mad(Moments.of(pixels)), mad(Moments.of(other))
    assert second.correlations == pytest.approx(first.correlations, abs=1e-5)
    assert second.score(other) == pytest.approx(first.score(pixels), abs=0.02)


def test_where_nothing_changed_the_squared_score_follows_chi_square():
    pixels = correlated(100_000)
    score = mad(Moments.of(pixels))
    assert (no_change_probability(score.score(pixels), score.degrees) < 0.05).mean() == pytest.approx(0.05, abs=0.005)


def test_irmad_finds_change_that_mad_takes_for_noise():
    pixels = correlated(50_000)
    changed = np.zeros(50_000, bool)
    changed[:5_000] = True
    pixels[3:, changed] += np.array([[1.0], [-1.5], [1.2]], np.float32)
    once, iterated = mad(Moments.of(pixels)), irmad(pixels)
    assert iterated.iterations > 1

    def contrast(score):
        return np.median(score.score(pixels)[changed]) / np.median(score.score(pixels)[~changed])

    assert contrast(iterated) > contrast(once)


def test_change_vector_is_the_difference_of_z_scores():
    pixels = correlated()
    z = (pixels - pixels.mean(axis=1, keepdims=True)) / pixels.std(axis=1, keepdims=True)
    expected = np.sqrt(((z[:3] - z[3:]) ** 2).sum(axis=0))
    assert change_vector(Moments.of(pixels)).score(pixels) == pytest.approx(expected, abs=1e-3)


def test_constant_and_repeated_bands_are_left_out_by_name():
    pixels = correlated(bands=4)
    pixels[1] = 7.0  # constant on the first date
    pixels[7] = 2.0 * pixels[4] + 1.0  # on the second date the fourth repeats the first
    kept, dropped = usable_bands(Moments.of(pixels), ("B02", "B03", "B04", "B08"))
    assert [("B02", "B03", "B04", "B08")[i] for i in kept] == ["B02", "B04"]
    assert dropped == {"B03": "constant", "B08": "duplicate"}


def test_two_equal_dates_score_nothing():
    pixels = correlated()
    pixels[3:] = pixels[:3]
    assert irmad(pixels).score(pixels).max() < 0.2

"""Gain and offset between two dates from ground that did not change, with change, noise and bad ground in the way."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from dothi.layers.errors import InputError
from dothi.processing.surveillance.alignment.normalisation import normalisation, orthogonal_line, robust_line
from dothi.processing.surveillance.change.change_map import Settings, change_map
from dothi.processing.surveillance.change.score import Moments, change_vector, irmad, no_change_probability

from .scenes import BANDS, Told, pair, write, write_pair

GAIN, OFFSET = np.array([0.8, 1.0, 1.15, 1.4]), np.array([0.02, -0.01, 0.0, 0.05])


def dates(changed: float, count: int = 40_000, noise: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """Two dates of four bands (8, n), the second with :data:`GAIN` and :data:`OFFSET`; and where it changed (n)."""
    rng = np.random.default_rng(4)
    mixed = np.array([[1.0, 0.2], [0.9, 0.4], [0.8, -0.5], [0.3, 1.0]]) @ rng.normal(0.0, 0.05, (2, count))
    ground = 0.3 + mixed + rng.normal(0.0, 0.02, mixed.shape)
    after = ground.copy()
    gone = rng.random(count) < changed
    after[:, gone] = 0.55 + 0.03 * rng.normal(size=(4, int(gone.sum())))
    after = GAIN[:, None] * after + OFFSET[:, None]
    noisy = [date + noise * rng.normal(size=date.shape) for date in (ground, after)]
    return np.vstack(noisy).astype(np.float32), gone


def found_in(pixels: np.ndarray):
    fit = irmad(pixels)
    return normalisation(pixels, no_change_probability(fit.score(pixels), fit.degrees))


@pytest.mark.parametrize("changed", [0.0, 0.05, 0.3])
def test_known_gains_and_offsets_are_found_with_and_without_change(changed):
    pixels, gone = dates(changed)
    found = found_in(pixels)
    assert found.trusted
    assert found.gain == pytest.approx(GAIN, rel=0.04)
    assert found.gain * 0.3 + found.offset == pytest.approx(GAIN * 0.3 + OFFSET, abs=0.003)
    brought = found.applied(pixels[4:])
    assert np.median(brought[:, ~gone] - pixels[:4, ~gone], axis=1) == pytest.approx(np.zeros(4), abs=0.004)


def test_change_does_not_pull_unchanged_ground_apart_as_it_does_by_the_means_of_all_ground():
    pixels, gone = dates(0.3)
    moments, normal = Moments.of(pixels), found_in(pixels)
    plain, brought = (np.median(change_vector(moments, n).score(pixels)[~gone]) for n in (None, normal))
    assert brought < 0.5 * plain
    differences = change_vector(moments, normal).variates(pixels)
    assert (np.median(differences[:, gone], axis=1) > 2.0).all()  # second date less first: brighter is positive


def test_an_orthogonal_line_forgives_noise_on_both_axes_and_outliers():
    rng = np.random.default_rng(0)
    truth = rng.normal(0.0, 1.0, 20_000)
    x, y = truth + 0.5 * rng.normal(size=truth.shape), 1.0 * truth + 3.0 + 0.5 * rng.normal(size=truth.shape)
    assert orthogonal_line(x, y) == pytest.approx((1.0, 3.0), abs=0.03)
    assert np.polyfit(x, y, 1)[0] == pytest.approx(0.8, abs=0.02)  # what least squares makes of it
    y[:600] += 40.0
    assert robust_line(x, y) == pytest.approx((1.0, 3.0), abs=0.05)
    assert orthogonal_line(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])) == (0.0, 0.5)


def test_too_few_invariant_pixels_and_no_line_are_not_trusted():
    pixels, _ = dates(0.0)
    few = np.zeros(pixels.shape[1], np.float32)
    few[:99] = 1.0
    assert (normalisation(pixels, few).trouble, normalisation(pixels, few).pixels) == ("too_few", 99)
    rng = np.random.default_rng(1)
    pixels[4:] = rng.normal(size=pixels[4:].shape)
    every = np.ones(pixels.shape[1], np.float32)
    assert normalisation(pixels, every).trouble == "not_linear"
    pixels[4:] = -pixels[:4]
    assert normalisation(pixels, every).trouble == "not_linear"


def test_it_is_used_where_it_can_be_trusted_and_told(tmp_path):
    images = write_pair(tmp_path)
    told = Told()
    found = change_map(*images, tmp_path / "o.tif", Settings(method="cva"), told)
    assert told.arguments["change.normalised"]["pixels"] >= 100
    assert [line.split()[0] for line in told.arguments["change.normalised"]["bands"]] == list(BANDS)
    assert found.fit.normal.gain == pytest.approx(np.full(4, 1.04), abs=0.01)
    for given in (Settings(method="cva", normalise="off"), Settings(method="irmad"), Settings(method="fusion")):
        silent = Told()
        plain = change_map(*images, tmp_path / "o.tif", given, silent)
        assert plain.fit.normal is None
        assert not {"change.normalised", "change.not_normalised"} & {*silent.codes}


@pytest.mark.parametrize("method", ["cva", "pca", "fusion"])
def test_demanded_it_finds_the_pit_or_refuses_with_a_sentence(tmp_path, method):
    images = write_pair(tmp_path)
    settings = Settings(method=method, normalise="on", rule="budget", value=0.006)
    assert change_map(*images, tmp_path / "o.tif", settings, Told()).fit.normal is not None
    with rasterio.open(tmp_path / "o.tif") as raster:
        assert (raster.read(1)[100:115, 60:80] == 1).mean() > 0.9
    first, second = (write(tmp_path / f"{n}.tif", date[:, 60:90, 60:90]) for n, date in enumerate(pair(pit=None)))
    with pytest.raises(InputError) as refused:
        change_map(first, second, tmp_path / "p.tif", settings, Told())
    assert refused.value.code == "change.invariant_too_few"
    assert refused.value.arguments["pixels"] < 100
    assert not (tmp_path / "p.tif").exists()


def test_where_it_cannot_be_trusted_cva_goes_on_without_and_says_so(tmp_path):
    first, second = (write(tmp_path / f"{n}.tif", date[:, 60:90, 60:90]) for n, date in enumerate(pair(pit=None)))
    told = Told()
    assert change_map(first, second, tmp_path / "o.tif", Settings(method="cva"), told).fit.normal is None
    assert "change.not_normalised" in told.codes

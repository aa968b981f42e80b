"""Radar stacks, and the ratio test on simulated speckle of a known number of looks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window
from scipy import stats

from dothi.engine.contract import JOBS
from dothi.engine.jobs import radar as jobs
from dothi.layers.errors import InputError, UsageError
from dothi.processing.surveillance.change.backscatter import looks_of, unchanged_probability
from dothi.processing.surveillance.scenes.image import Image
from dothi.processing.surveillance.scenes.reading import open_scene

from .scenes import Told, ground, numbers, write

ENL = 4.4  # of Sentinel-1 IW GRD high resolution (ESA product definition)
PIT = (slice(100, 115), slice(60, 75))


def speckled(seed: int, change_db: float = 0.0, size: int = 240, shift_db: float = 0.0) -> np.ndarray:
    """VV and VH power of dunes and sea with gamma speckle; in the pit it differs by ``change_db``."""
    rng = np.random.default_rng(seed)
    clean = np.array([0.08, 0.02])[:, None, None] * np.ones((2, size, size))
    clean[:, :, 160:] *= 0.2
    clean[:, *PIT] *= 10 ** (change_db / 10)
    return (clean * 10 ** (shift_db / 10) * rng.gamma(ENL, 1 / ENL, clean.shape)).astype(np.float32)


def pair(folder: Path, change_db: float = 0.0, shift_db: float = 0.0) -> tuple[Path, Path]:
    first = write(folder / "a.tif", speckled(1), ("VV", "VH"), tags={"DATE": "2025-07-01"})
    power = speckled(2, change_db, shift_db=shift_db)
    second = write(folder / "b.tif", power, ("VV", "VH"), tags={"DATE": "2026-07-03"})
    return first, second


def mapped(folder: Path, before: Path, after: Path, **given) -> tuple[dict, np.ndarray]:
    values = {"before": str(before), "after": str(after), "out": str(folder / "o.tif"), **given}
    found = jobs.map_(JOBS["radar.map"].read(values), Told())
    json.dumps(found, allow_nan=False)
    with rasterio.open(folder / "o.tif") as file:
        assert file.descriptions == ("decision", "confidence", "ratio_db")
        return found, file.read()


def test_linear_and_decibels_are_the_same_scene(tmp_path):
    power = speckled(1)
    linear = open_scene(write(tmp_path / "l.tif", power, ("VV", "VH")))
    decibels = 10 * np.log10(power)
    by_tag = open_scene(write(tmp_path / "t.tif", decibels, ("VV", "VH"), tags={"BACKSCATTER_UNIT": "dB"}))
    by_name = open_scene(write(tmp_path / "n.tif", decibels, ("VV_dB", "VH_dB")))
    by_word = open_scene(write(tmp_path / "w.tif", decibels, ("vv", "vh")), decibels=True)
    for scene in (linear, by_tag, by_name, by_word):
        assert (scene.kind, scene.names) == ("radar", ("VV", "VH"))
        with Image(scene, scene.grid) as image:
            values, valid = image.read(Window(0, 0, 240, 240))
        assert valid.all()
        np.testing.assert_allclose(values, power, rtol=1e-5)


def test_zero_power_is_no_measurement(tmp_path):
    power = speckled(1)
    power[:, 5, 5] = 0.0
    scene = open_scene(write(tmp_path / "l.tif", power, ("VV", "VH")))
    with Image(scene, scene.grid) as image:
        assert np.argwhere(~image.read(Window(0, 0, 240, 240))[1]).tolist() == [[5, 5]]


@pytest.mark.parametrize("looks", [1.0, 4.4, 50.0, 110.0])
def test_looks_are_found_from_the_quartiles(looks):
    rng = np.random.default_rng(4)
    ratio = np.log(rng.gamma(looks, 1, 100_000) / rng.gamma(looks, 1, 100_000))
    lower, upper = np.percentile(ratio, (25, 75))
    assert looks_of(upper - lower) == pytest.approx(looks, rel=0.03)


def test_one_polarisation_is_the_likelihood_ratio_test_of_conradsen_and_others():
    """For n looks each: ln Q = n (2 ln 2 + ln x + ln y - 2 ln(x + y)); Q falls as the ratio leaves 1, and its exact
    probability is that of the F ratio.
    """
    looks, rng = 20.0, np.random.default_rng(5)
    x, y = rng.gamma(looks, 1, (2, 200_000))
    statistic = looks * (2 * math.log(2) + np.log(x) + np.log(y) - 2 * np.log(x + y))
    for ratio in (1.2, 1.6, 2.0):
        observed = looks * (2 * math.log(2) + math.log(ratio) - 2 * math.log(1 + ratio))
        probability = unchanged_probability(np.full((1, 1, 1), math.log(ratio), np.float32), [looks])[0, 0]
        assert probability == pytest.approx((statistic <= observed).mean(), rel=0.05, abs=2e-4)
        # and the paper's chi-square approximation of -2 rho ln Q
        rho = 1 - (1 / looks + 1 / looks - 1 / (2 * looks)) / 6
        assert probability == pytest.approx(stats.chi2.sf(-2 * rho * observed, 1), rel=0.03)


def test_false_alarms_are_as_many_as_asked_for(tmp_path):
    found, bands = mapped(tmp_path, *pair(tmp_path), false_alarm=0.01)
    assert found["changed_share"] == pytest.approx(0.01, abs=0.004)
    assert all(70 < looks < 120 for looks in found["looks"].values())  # 25 pixels of 4.4 independent looks: 110
    assert (bands[1][bands[0] == 1] > 0.98).all()


def test_a_pit_is_found_under_any_sky_and_a_shift_of_the_whole_scene_is_none(tmp_path):
    found, bands = mapped(tmp_path, *pair(tmp_path, change_db=3.0, shift_db=0.8), false_alarm=1e-4)
    assert bands[0][PIT].mean() > 0.85  # the window mixes its rim with the ground around it
    assert bands[0][102:113, 62:73].mean() > 0.97
    outside = np.ones(bands[0].shape, bool)
    outside[95:120, 55:80] = False
    assert (bands[0][outside] == 1).mean() < 5e-4
    assert all(0.7 < shift < 0.9 for shift in found["shift_db"].values())
    assert bands[2][PIT].mean() == pytest.approx(3.0, abs=0.5)


def test_blocks_join_without_a_seam(tmp_path, monkeypatch):
    before, after = pair(tmp_path, change_db=3.0)
    _, whole = mapped(tmp_path, before, after)
    from dothi.processing.surveillance.scenes import grid as grids

    monkeypatch.setattr(grids, "BLOCK_ROWS", 64)
    monkeypatch.setattr(grids, "BLOCK_COLUMNS", 96)
    _, parts = mapped(tmp_path, before, after)
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_what_is_refused(tmp_path):
    before, _ = pair(tmp_path)
    optical = write(tmp_path / "o.tif", numbers(ground(240)))
    with pytest.raises(InputError, match=r"radar\.no_backscatter"):
        mapped(tmp_path / "x", before, optical)
    with pytest.raises(UsageError, match=r"change\.smooth_even"):
        mapped(tmp_path, before, before, window=4)
    empty = write(tmp_path / "e.tif", np.zeros((2, 240, 240), np.float32), ("VV", "VH"))
    with pytest.raises(InputError, match=r"change\.nothing_valid"):
        mapped(tmp_path, before, empty)

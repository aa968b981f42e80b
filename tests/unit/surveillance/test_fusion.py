"""Fusion: local means against their definition, small pits among large ones, and the three cities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.features import rasterize
from scipy.stats import kstest

from dothi.layers.report import SILENT
from dothi.processing.demo import trial_coast
from dothi.processing.surveillance.change.change_map import Settings, change_map
from dothi.processing.surveillance.change.fusion import local_mean

from .scenes import BANDS, Told, pair, write
from .test_real_data import f1, labels, stack


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("size", [3, 9])
def test_a_local_mean_is_the_mean_of_the_valid_pixels_around(gaps, size):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(20, 25)).astype(np.float32)
    valid = rng.random(values.shape) > 0.3 if gaps else np.ones(values.shape, bool)
    valid[4:16, 4:16] &= not gaps  # a hole larger than the window
    mean, half = local_mean(values, valid, size), size // 2
    for row, column in [(0, 0), (3, 20), (10, 10), (19, 24), (12, 2)]:
        around = np.s_[max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1]
        expected = values[around][valid[around]].mean() if valid[row, column] else 0.0
        assert mean[row, column] == pytest.approx(expected, abs=1e-5)


def changed_pair(folder: Path, sides: list[int], haze: float = 250.0) -> tuple[Path, Path, list[tuple[slice, slice]]]:
    """Two dates of which the second has square pits, a slope of haze and another gain."""
    before, after = pair(size=480, pit=None)
    moved = after.astype(float) + np.linspace(0.0, haze, 480)
    rng = np.random.default_rng(3)
    pits = []
    for number, side in enumerate(sides):
        row, column = 40 + 100 * (number // 4) + rng.integers(0, 40), 40 + 110 * (number % 4) + rng.integers(0, 40)
        pits.append((slice(row, row + side), slice(column, column + side)))
        moved[(slice(None), *pits[-1])] += 900.0
    first = write(folder / "a.tif", before)
    return first, write(folder / "b.tif", np.rint(moved).astype(np.uint16)), pits


def test_pits_of_a_tenth_of_a_hectare_are_kept_beside_large_ones(tmp_path):
    first, second, pits = changed_pair(tmp_path, [4, 4, 3, 5, 4, 20, 30, 4, 5, 3, 4, 12])
    settings = Settings(method="fusion", rule="budget", value=0.04)
    change_map(first, second, tmp_path / "o.tif", settings, SILENT)
    with rasterio.open(tmp_path / "o.tif") as raster:
        decision, confidence = raster.read()
    assert (decision == 1).mean() == pytest.approx(0.04, abs=2e-3)
    assert all((decision[pit] == 1).mean() > 0.5 for pit in pits)
    assert all(confidence[pit].mean() > 0.95 for pit in pits)


def test_small_pits_of_the_simulated_coast_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(trial_coast, "_PITS", 8)
    monkeypatch.setattr(trial_coast, "_SMALLEST", 1_000.0)
    monkeypatch.setattr(trial_coast, "_LARGEST", 3_000.0)
    kept = []
    for seed in (100, 101):  # the setting was looked at on 0 to 3
        made = trial_coast.trial(seed)
        first, second, _ = trial_coast.write(made, tmp_path)
        change_map(first, second, tmp_path / "o.tif", Settings(method="fusion", rule="budget", value=0.04), SILENT)
        with rasterio.open(tmp_path / "o.tif") as raster:
            flagged, transform = raster.read(1) == 1, raster.transform
        for pit in made.events:
            if pit.kind == "new_pit" and pit.outside and pit.seen >= trial_coast.SEEN:
                inside = rasterize([(pit.shape, 1)], flagged.shape, transform=transform) > 0
                kept.append(flagged[inside].mean() >= 0.5)
    assert len(kept) >= 12
    assert np.mean(kept) >= 0.8


def test_confidence_is_about_uniform_where_nothing_changed(tmp_path):
    first, second, _ = changed_pair(tmp_path, [], haze=0.0)
    change_map(first, second, tmp_path / "o.tif", Settings(method="fusion"), SILENT)
    with rasterio.open(tmp_path / "o.tif") as raster:
        decision, confidence = raster.read()
    assert (decision == 1).mean() < 5e-3
    assert kstest(confidence[::15, ::15].ravel(), "uniform").statistic < 0.1


def test_bands_of_the_air_are_left_out_and_told_unless_asked_for(tmp_path):
    before, after = pair()
    names = ("B01", *BANDS, "B10")
    extra = np.random.default_rng(1).integers(900, 1100, (2, 240, 240)).astype(np.uint16)
    first = write(tmp_path / "a.tif", np.vstack([extra[:1], before, extra[1:]]), names)
    second = write(tmp_path / "b.tif", np.vstack([extra[1:], after, extra[:1]]), names)
    told = Told()
    found = change_map(first, second, tmp_path / "o.tif", Settings(method="fusion"), told)
    assert found.bands == BANDS
    assert told.arguments["change.bands_of_the_air"]["bands"] == ["B01", "B10"]
    asked = change_map(first, second, tmp_path / "o.tif", Settings(bands=names), Told())
    assert asked.bands == names


@pytest.mark.parametrize("haze", [250.0, 1_000.0])
def test_the_automatic_threshold_flags_no_haze_where_nothing_changed(tmp_path, haze):
    first, second, _ = changed_pair(tmp_path, [], haze=haze)
    told = Told()
    found = change_map(first, second, tmp_path / "o.tif", Settings(method="fusion"), told)
    assert found.changed_share <= 0.002
    assert "change.threshold_raised" in told.codes


def test_pits_under_haze_are_still_found_by_the_automatic_threshold(tmp_path):
    first, second, pits = changed_pair(tmp_path, [4, 4, 3, 5, 4, 20, 30, 4, 5, 3, 4, 12])
    change_map(first, second, tmp_path / "o.tif", Settings(method="fusion"), Told())
    with rasterio.open(tmp_path / "o.tif") as raster:
        decision = raster.read(1) == 1
    assert all(decision[pit].mean() > 0.5 for pit in pits)
    truth = np.zeros(decision.shape, bool)
    for pit in pits:
        truth[pit] = True
    assert (decision & ~truth).mean() <= 0.002


@pytest.mark.real_data
def test_three_oscd_cities_within_a_budget_of_four_percent(satellite, tmp_path):
    hits = flagged = true = 0
    for city in ("abudhabi", "mumbai", "rennes"):
        folder = satellite / "oscd" / city
        before, after = (stack(folder / f"imgs_{n}", tmp_path / f"{city}{n}.tif") for n in (1, 2))
        change_map(before, after, tmp_path / "o.tif", Settings(method="fusion", rule="budget", value=0.04), SILENT)
        with rasterio.open(tmp_path / "o.tif") as raster:
            decision = raster.read(1) == 1
        changed = labels(folder / "cm" / f"{city}-cm.tif") == 2
        hits, flagged, true = hits + (decision & changed).sum(), flagged + decision.sum(), true + changed.sum()
    assert f1(hits, flagged, true) >= 0.45

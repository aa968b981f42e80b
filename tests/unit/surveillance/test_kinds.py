"""Indices beside spyndex, rules as declared, objects taken apart and outlined, and two trials of the coast."""

from __future__ import annotations

import numpy as np
import pyogrio
import pytest
import shapely
import spyndex
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.crs import CRS

from dothi.layers import catalogue
from dothi.layers.messages import has
from dothi.processing.demo.cover import BANDS, SPECTRA
from dothi.processing.demo.trial_score import poisson, wilson
from dothi.processing.surveillance.kinds import indices, parts
from dothi.processing.surveillance.kinds.ground import cover_masks
from dothi.processing.surveillance.kinds.neighbours import Map, neighbours
from dothi.processing.surveillance.kinds.rules import Condition, rulebook
from dothi.processing.surveillance.kinds.shape import shape_features
from dothi.processing.surveillance.scenes.grid import Grid
from dothi.scripts.bench_coast import trial

NAMES = dict(zip(("B", "G", "R", "N", "S1", "S2"), indices.BANDS, strict=True))
# Our names beside those of spyndex.
SAME = {"ndvi": "NDVI", "bsi": "BI", "mndwi": "MNDWI", "ndwi": "NDWI", "ndti": "NDTI"}


@pytest.mark.parametrize("ours", SAME)
def test_indices_are_those_of_spyndex(ours):
    rng = np.random.default_rng(1)
    planes = {name: rng.uniform(0.005, 0.7, (40, 50)) for name in NAMES}
    expected = spyndex.computeIndex(SAME[ours], planes)
    found = indices.INDICES[ours]({NAMES[name]: plane for name, plane in planes.items()})
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_a_missing_band_and_an_empty_sum_are_not_known():
    red = np.array([0.2, 0.0])
    assert np.isnan(indices.bsi({"red": red, "nir": red, "blue": red})).all()
    assert np.isnan(indices.ndvi({"red": red, "nir": np.zeros(2)})[1])


def test_the_angle_tells_colour_and_not_light():
    sand = np.array([[0.1], [0.2], [0.3]])
    assert indices.spectral_angle(sand, 0.5 * sand)[0] == pytest.approx(0.0, abs=1e-5)
    assert indices.spectral_angle(np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]]))[0] == pytest.approx(90.0)


@pytest.mark.parametrize(
    ("cover", "kind"),
    [
        ("sea", "water"),
        ("pond", "water"),
        ("plume", "water"),
        ("casuarina", "green"),
        ("pit", "bright"),
        ("wet_sand", "bare"),
    ],
)
def test_typical_covers_are_what_they_are(cover, kind):
    bands = dict(zip(indices.BANDS, np.array(SPECTRA[cover])[:, None], strict=True))
    assert len(BANDS) == len(indices.BANDS)
    masks = cover_masks(bands, rulebook().cover)
    assert masks[kind][0]


FEATURES = (
    {f"{kind}_{when}" for kind in ("water", "green", "bare", "bright") for when in ("before", "after")}
    | {f"ring_{kind}_{when}" for kind in ("water", "bright") for when in ("before", "after")}
    | {f"{index}_{part}" for index in indices.INDICES for part in ("before", "after", "change", "own")}
    | {"ndvi_settled", "plants_turned", "gain", "angle", "unlike_ring", "blue_share", "hidden", "open_water", "red_own"}
    | {"drying", "infrared_gain", "fill", "near_pit", "pond_lost_m", "trace", "road_m", "in_licence", "known_pit"}
    | set(shape_features(np.array([shapely.box(0, 0, 1, 1)], object), 10.0))
)


def test_every_rule_is_told_in_both_languages_and_asks_for_known_features():
    known = {field for rule in rulebook().rules for field in [one.feature for one in rule.conditions]}
    for rule in rulebook().rules:
        assert has(rule.reason), rule.reason
        assert rule.kind in catalogue.domains()["change_class"].values
        assert not rule.aside or rule.aside in catalogue.domains()["set_aside_cause"].values
        assert rule.status in ("published", "described", "proposal")
    assert known <= FEATURES
    classes = {rule.kind for rule in rulebook().rules}
    assert classes == set(catalogue.domains()["change_class"].values)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_more_of_a_feature_never_meets_a_condition_less(low, high):
    condition = Condition("x", 1, 0.2, 0.1, "")
    met = condition.met({"x": np.array(sorted((low, high)))}, 2)
    assert met[0] <= met[1]
    assert ((met >= 0) & (met <= 1)).all()


def test_what_is_not_known_meets_nothing():
    assert Condition("x", -1, 0.2, 0.1, "").met({"x": np.array([np.nan])}, 1) == 0
    assert Condition("x", -1, 0.2, 0.1, "").met({}, 1) == 0


def test_shapes_as_numbers():
    square, strip = shapely.box(0, 0, 100, 100), shapely.box(0, 0, 1000, 20)
    found = shape_features(np.array([square, strip], object), 10.0)
    assert found["elongation"][0] == pytest.approx(1.0)
    assert found["elongation"][1] > 20
    assert found["width_px"][1] == pytest.approx(2.5, rel=0.1)
    assert found["compactness"][0] > 0.9


def test_a_road_is_measured_under_the_object_and_named():
    road = shapely.LineString([(-500, 5), (500, 5)])
    around = Map(roads=np.array([road], object), road_names=("ĐT719",), road_widths=np.array([np.nan]))
    found = neighbours(np.array([shapely.box(0, 0, 300, 70), shapely.box(0, 20, 300, 70)], object), around)
    assert found.features["road_m"].tolist() == [300.0, 0.0]
    assert found.roads[0][0][0] == "ĐT719"


@pytest.mark.parametrize("radius", [3.0, 6.0, 12.0])
def test_the_outline_stands_where_the_step_is(radius):
    """A blurred disc under a foot that the map drew too wide: its area comes back."""
    from scipy import ndimage

    rows, columns = np.mgrid[0:60, 0:60]
    fine = np.hypot(*(np.mgrid[0:300, 0:300] / 5.0 - 29.9)) < radius
    disc = ndimage.gaussian_filter(fine.reshape(60, 5, 60, 5).mean(axis=(1, 3)), 0.65) * 0.3
    change = np.abs(disc + np.random.default_rng(2).normal(0, 0.004, disc.shape)).astype(np.float32)
    foot = np.hypot(rows - 29.5, columns - 29.5) < radius + 2.0
    kept = parts.half_way(foot, change)
    assert np.count_nonzero(kept) == pytest.approx(np.pi * radius**2, rel=0.15 if radius < 4 else 0.07)
    assert np.count_nonzero(foot) > 1.3 * np.pi * radius**2


def test_intervals_of_a_share_and_a_rate():
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-3)
    assert poisson(0, 2.0) == pytest.approx((0.0, 1.844), abs=1e-3)
    assert poisson(10, 1.0) == pytest.approx((4.795, 18.39), abs=1e-2)


@pytest.mark.parametrize("seed", [2001, 2002])
def test_a_trial_of_the_coast(seed):
    """Two pairs of the benchmark's kind: the pits are found and named, the traps raise next to nothing."""
    found = trial(seed)
    assert len(found.pits) >= 2
    assert all(hit for _, hit, _, _ in found.pits)
    assert sum(found.false.values()) <= 1
    assert found.aside["season"] > 0
    for hectares, _, _, ratio in found.pits:
        assert ratio == pytest.approx(1.0, abs=0.5 if hectares < 0.2 else 0.3)


def test_the_change_map_s_grid_is_kept():
    grid = Grid(CRS.from_epsg(32649), Affine(10, 0, 0, 0, -10, 0), 5, 5)
    mask = np.zeros((5, 5), bool)
    mask[1:3, 2:4] = True
    assert shapely.bounds(parts._outline(mask, grid)).tolist() == [20.0, -30.0, 40.0, -10.0]


def test_without_reflectance_nothing_is_named(tmp_path):
    from .scenes import write_pair
    from .test_job import detect

    before, after = write_pair(tmp_path)
    found = detect(before=before, after=after, out=tmp_path)
    rows = pyogrio.read_dataframe(found["run"], layer="alert")
    assert set(rows["change_class"]) == {"unknown"}
    assert rows["class_confidence"].tolist() == [0.0]
    assert "hệ số phản xạ" in rows["reason_vi"].iloc[0]

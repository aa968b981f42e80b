from __future__ import annotations

import json

import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.features import geometry_mask

from dothi.processing.demo import coast
from dothi.store import dataset
from dothi.store.coordinates import to

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12", "SCL")


@pytest.fixture(scope="module")
def pair(demo):
    read = {}
    for which in ("before", "after"):
        with rasterio.open(demo / "scenes" / f"{which}.tif") as file:
            read[which] = (file.read(), file.profile, file.descriptions, file.tags(), file.transform)
    return read


@pytest.fixture(scope="module")
def events(demo):
    return pyogrio.read_dataframe(demo / "truth.gpkg", layer="event").set_index("id")


def reflectance(pair, which, band, shape, shrink=8.0):
    numbers, _, _, _, transform = pair[which]
    inside = geometry_mask([shape.buffer(-shrink)], numbers.shape[1:], transform, invert=True)
    return (numbers[BANDS.index(band)][inside].astype(float) - 1000) / 10_000


def test_the_format_is_that_of_level_2a(pair):
    for numbers, profile, names, tags, _ in pair.values():
        assert names == BANDS
        assert profile["dtype"] == "uint16"
        assert profile["tiled"]
        assert profile["crs"].to_epsg() == 32649
        assert numbers.shape == (7, coast.SIZE, coast.SIZE)
        assert tags["SIMULATED"] == "yes"
        assert tags["BOA_ADD_OFFSET"] == "-1000"
        assert set(np.unique(numbers[6])) <= {3, 4, 5, 6, 8, 9, 10}
    assert pair["before"][4] == pair["after"][4]


def test_scenes_are_listed_with_dates_and_relative_paths(demo):
    listed = dataset.read(demo / "dothi.gpkg", "scene").set_index("path")
    assert set(listed.index) == {"scenes/before.tif", "scenes/after.tif"}
    assert all((demo / path).is_file() for path in listed.index)
    assert dataset.crs_of(demo / "dothi.gpkg", "scene") == "EPSG:9218"


def test_a_new_pit_turns_ground_to_bright_sand_and_water(pair, events):
    pit = events.geometry["pit_outside"]
    rim = pit.difference(pit.buffer(-30.0))
    assert reflectance(pair, "after", "B11", rim).mean() > reflectance(pair, "before", "B11", rim).mean() + 0.04
    assert reflectance(pair, "after", "B11", pit.buffer(-60.0), 0.0).mean() < 0.1


def test_the_pond_dries_and_the_spill_is_bright(pair, events):
    pond, spill = events.geometry["pond_lost"], events.geometry["tailings_spill"]
    assert reflectance(pair, "before", "B11", pond).mean() < 0.05
    assert reflectance(pair, "after", "B11", pond).mean() > 0.18
    assert reflectance(pair, "after", "B04", spill).mean() > reflectance(pair, "before", "B04", spill).mean() + 0.15


def test_the_dune_shift_is_weak(pair, events):
    dune = events.geometry["dune_shift"]
    moved = reflectance(pair, "after", "B11", dune) - reflectance(pair, "before", "B11", dune)
    assert np.abs(moved - np.median(moved)).mean() < 0.03


def test_clouds_are_classed_as_clouds(pair, events):
    for name, event in events[events.kind == "cloud"].iterrows():
        numbers, _, _, _, transform = pair[str(name).split("_")[1]]
        middle = geometry_mask([event.geometry.buffer(-150.0)], numbers.shape[1:], transform, invert=True)
        assert np.isin(numbers[6][middle], (8, 9)).mean() > 0.8, name


@pytest.mark.parametrize("seed", [2026, 7, 99])
def test_events_stand_to_the_licences_as_the_truth_says(seed):
    made = coast.coast(seed)
    licences = coast.concessions(seed, made)
    on_grid = to(licences, coast.GRID_CRS).set_index("code").geometry
    shape = {event.id: event.shape for event in made.events}
    assert on_grid["SN-01"].contains(shape["pit_inside"])
    assert on_grid["SN-02"].contains(shape["pond_lost"])
    assert on_grid["SN-02"].intersects(shape["tailings_spill"])
    assert not on_grid["SN-02"].contains(shape["tailings_spill"])
    assert on_grid.distance(shape["pit_outside"]).min() > 50.0
    assert not any(made.sea.intersects(event.shape) for event in made.events)
    assert made.road.intersects(shape["tailings_spill"])


def test_one_licence_has_expired_by_the_second_date():
    licences = coast.concessions(2026, coast.coast(2026))
    assert licences[licences.valid_to < coast.AFTER].code.tolist() == ["SN-03"]


def test_the_truth_lists_what_must_not_alert(demo):
    told = json.loads((demo / "truth.json").read_text(encoding="utf-8"))["events"]
    assert {event["kind"] for event in told if not event["expected"]} == {"dune_shift", "cloud"}
    assert {event["id"] for event in told if event["expected"]} == {
        "pit_inside", "pit_outside", "pond_lost", "tailings_spill",
    }  # fmt: skip

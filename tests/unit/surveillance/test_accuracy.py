"""The published worked examples of Olofsson et al., and a sample from a map to the page."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import rasterio
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import perform
from dothi.layers.errors import InputError, UsageError
from dothi.layers.report import SILENT
from dothi.processing.surveillance.accuracy.design import allocation, expected_error, sample_size
from dothi.processing.surveillance.accuracy.estimate import error_matrix, estimate
from dothi.processing.surveillance.accuracy.strata import NO_CHANGE, points, strata_of
from dothi.processing.surveillance.scenes.grid import grid_of
from dothi.store import dataset, samples

from .scenes import grid, write

# Olofsson et al. 2014, section 5: Landsat pixels of 0.09 ha mapped, and the error matrix (map, reference).
PIXELS = {"deforestation": 200_000, "gain": 150_000, "forest": 3_200_000, "other": 6_450_000}
HECTARES = {name: pixels * 0.09 for name, pixels in PIXELS.items()}
COUNTS = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
SHARES = {name: pixels / sum(PIXELS.values()) for name, pixels in PIXELS.items()}
USERS = {"deforestation": 0.70, "gain": 0.60, "forest": 0.90, "other": 0.95}


def test_accuracies_of_the_published_example():
    found = estimate(COUNTS, HECTARES)
    assert (round(found.overall.value, 2), round(found.overall.half, 2)) == (0.95, 0.02)
    told = [(round(one.value, 2), round(one.half, 2)) for one in found.users]
    assert told == [(0.88, 0.07), (0.73, 0.10), (0.93, 0.04), (0.96, 0.02)]
    told = [(round(one.value, 2), round(one.half, 2)) for one in found.producers]
    assert told == [(0.75, 0.21), (0.85, 0.25), (0.93, 0.03), (0.96, 0.02)]


def test_areas_of_the_published_example():
    found = estimate(COUNTS, HECTARES)
    told = [(round(one.value), round(one.half)) for one in found.areas]
    assert told == [(21_158, 6_158), (11_686, 3_756), (285_770, 15_510), (581_386, 16_282)]
    assert sum(one.value for one in found.areas) == pytest.approx(sum(HECTARES.values()))


def test_accuracies_of_the_example_of_2013():
    """Olofsson et al. 2013 (Remote Sens. Environ. 129, 122-131), table 4."""
    counts = np.array([[97, 0, 3], [3, 279, 18], [2, 1, 97]])
    found = estimate(counts, {"deforestation": 22_353, "forest": 1_122_543, "other": 610_228})
    assert [round(one.value, 2) for one in found.users] == [0.97, 0.93, 0.97]
    assert [round(one.value, 2) for one in found.producers] == [0.48, 0.99, 0.90]


def test_sample_size_and_allocation_of_the_published_example():
    size = sample_size(SHARES, USERS, 0.01)
    assert size == 641
    found = allocation(size, SHARES, 75)
    assert (found["deforestation"], found["gain"], sum(found.values())) == (75, 75, 641)
    assert found["other"] > found["forest"] > 150
    assert 0.010 < expected_error(found, SHARES, USERS) < 0.012


def test_every_stratum_gets_its_least_even_where_the_sample_grows():
    assert allocation(20, {"a": 0.001, "b": 0.999}, 50) == {"a": 50, "b": 50}
    assert allocation(1000, {"a": 0.5, "b": 0.5}, 50) == {"a": 500, "b": 500}


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """A map with known errors, sampled 400 times: the 95 % interval of the area holds the true area."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        change, rest = rng.binomial(100, 0.8), rng.binomial(300, 0.96)
        found = estimate(np.array([[change, 100 - change], [300 - rest, rest]]), {"change": 10.0, "rest": 90.0})
        held += abs(found.areas[0].value - (10 * 0.8 + 90 * 0.04)) <= found.areas[0].half
    assert 0.92 <= held / 400 <= 0.98


def test_a_class_nobody_mapped_still_has_an_area():
    classes = {"pit": 10.0, "rest": 90.0, "pond": 0.0}
    counts = error_matrix(
        ["pit", "pit", "rest", "rest", "rest"], ["pit", "pond", "rest", "rest", "pond"], tuple(classes)
    )
    found = estimate(counts, classes)
    assert found.areas[2].value == pytest.approx(10 * 0.5 + 90 / 3)
    assert found.plain()["users"][2]["value"] is None


def test_a_stratum_with_one_point_is_refused():
    with pytest.raises(InputError) as told:
        estimate(np.array([[1, 0], [0, 9]]), {"change": 1.0, "rest": 9.0})
    assert told.value.code == "accuracy.too_few"
    assert told.value.arguments["classes"] == ["change"]


@pytest.fixture
def map_of_change(tmp_path):
    """Two squares of change on 300 × 5000 pixels (several blocks), a strip of nodata."""
    decision = np.zeros((300, 5000), np.float32)
    decision[:, :10] = 255.0
    path = write(tmp_path / "change.tif", np.stack([decision, decision]), ("decision", "confidence"), nodata=255.0)
    east, north = grid() @ (0, 0)
    squares = [
        shapely.box(east + 3000, north - 2700, east + 3400, north - 2300),
        shapely.box(east + 45_000, north - 500, east + 45_300, north - 200),
    ]
    return path, np.array(squares, object)


def test_points_lie_in_their_strata_and_come_again_with_the_seed(map_of_change):
    path, squares = map_of_change
    found = strata_of(path, squares, ["new_pit", "pond_lost"])
    assert found.names == ("new_pit", "pond_lost", NO_CHANGE)
    assert found.pixels == (1600, 900, 300 * 4990 - 2500)
    places, named = points(found, {"new_pit": 40, "pond_lost": 2000, NO_CHANGE: 60}, seed=5)
    assert (named.count("new_pit"), named.count("pond_lost"), named.count(NO_CHANGE)) == (40, 900, 60)
    assert len(np.unique(places, axis=0)) == 1000
    with rasterio.open(path) as file:
        assert grid_of(file, str(path)).pixels == 1_500_000
    for place, name in zip(places, named, strict=True):
        inside = [bool(shapely.contains(square, shapely.Point(place))) for square in squares]
        assert inside == [name == "new_pit", name == "pond_lost"]
        assert place[0] > squares[0].bounds[0] - 3000 + 100
    again = points(found, {"new_pit": 40, "pond_lost": 2000, NO_CHANGE: 60}, seed=5)
    assert again[1] == named
    assert np.array_equal(again[0], places)
    assert named[:40] != ["new_pit"] * 40


@pytest.fixture(scope="module")
def detected(tmp_path_factory):
    """The event of 2016 built and detected through the jobs."""
    folder = tmp_path_factory.mktemp("event")
    made = perform(JOBS["demo.event"], {"out": str(folder)}, SILENT)
    found = perform(
        JOBS["change.detect"], {"before": made["before"], "after": made["after"], "data": made["data"]}, SILENT
    )
    return made, found


def test_a_sample_is_drawn_labelled_and_reported(detected, tmp_path):
    made, found = detected
    sample = perform(JOBS["accuracy.design"], {"data": made["data"], "name": "thu"}, SILENT)
    assert sample["allocation"]["change"] == 50
    path = samples.path_of(dataset_path(made), dataset_path(made), "thu")
    points_, about = samples.read(path)
    assert about["run"] == found["run"].rsplit("/", 1)[-1]
    assert sum(about["area_m2"]) == pytest.approx(512 * 512 * 100, rel=0.003)
    with pytest.raises(InputError) as told:
        perform(JOBS["accuracy.report"], {"sample": str(path)}, SILENT)
    assert told.value.code == "accuracy.no_labels"
    labels = points_["stratum"].replace({"change": "pond_lost"}).tolist()
    labels[0], labels[1] = "cannot_tell", "natural_dune_shift"
    day = date(2026, 11, 20)
    rows = [samples.Label(uid, label, "Trần Thị B", day) for uid, label in zip(points_["uid"], labels, strict=True)]
    assert samples.put_labels(path, rows) == len(points_)
    out = tmp_path / "độ chính xác.pdf"
    reported = perform(JOBS["accuracy.report"], {"sample": str(path), "out": str(out)}, SILENT)
    assert reported["labelled"] == len(points_) - 1
    assert out.read_bytes()[:4] == b"%PDF"
    kept = samples.accuracy_of(dataset_path(made).parent / found["run"])
    assert kept is not None
    assert kept["overall"] == reported["overall"]
    assert kept["cannot_tell"] == 1


def test_a_sample_is_never_written_over(detected):
    made, _ = detected
    perform(JOBS["accuracy.design"], {"data": made["data"], "name": "hai", "by": "classes"}, SILENT)
    with pytest.raises(InputError) as told:
        perform(JOBS["accuracy.design"], {"data": made["data"], "name": "hai"}, SILENT)
    assert told.value.code == "accuracy.sample_exists"
    with pytest.raises(UsageError) as wrong:
        perform(JOBS["accuracy.design"], {"data": made["data"], "name": "../x"}, SILENT)
    assert wrong.value.code == "accuracy.name_wrong"


def test_labels_are_of_the_list(detected):
    made, _ = detected
    perform(JOBS["accuracy.design"], {"data": made["data"], "name": "ba"}, SILENT)
    path = samples.path_of(dataset_path(made), dataset_path(made), "ba")
    with pytest.raises(InputError) as told:
        samples.put_labels(path, [samples.Label("x", "moong", "A", date(2026, 1, 1))])
    assert told.value.code == "accuracy.label_unknown"
    with pytest.raises(InputError) as wrong:
        samples.read(dataset_path(made))
    assert wrong.value.code == "accuracy.not_a_sample"


def dataset_path(made):
    from pathlib import Path

    path = Path(made["data"])
    assert dataset.meta(path)["simulated"]
    return path

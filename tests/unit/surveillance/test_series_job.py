"""The jobs of series, as the command line and QGIS reach them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio

from dothi.engine.contract import JOBS
from dothi.engine.jobs import perform
from dothi.engine.serve import answer
from dothi.layers.errors import InputError, UsageError
from dothi.layers.messages import has
from dothi.processing.demo import year
from dothi.processing.surveillance.series.measure import NEEDS
from dothi.store import dataset, runs

from .scenes import Told

PIT = year.Pit(20, 24, 3.0, date(2024, 1, 20))
DAYS = [date(2023, 1, 9) + timedelta(days=14 * number) for number in range(36)]
BEGINS = "2024-01-01"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chuỗi")
    path = folder / "tỉnh.gpkg"
    dataset.create(path, ["concession"], "EPSG:9218", simulated=True)
    year.write(folder / "ảnh", year.land(1, 48, (PIT,)), DAYS)
    return path


def build(data: Path, **more: object) -> dict[str, object]:
    values = {"data": str(data), "name": "cồn", "scenes": [str(data.parent / "ảnh")], "begins": BEGINS, **more}
    return perform(JOBS["series.build"], values, Told())


def test_a_build_writes_the_series_and_a_run_with_dated_alerts(data):
    found = build(data)
    assert Path(str(found["series"])).is_file()
    rows = dataset.read(Path(str(found["run"])), "alert")
    pit = rows[rows["change_class"] == "new_pit"].iloc[0]
    assert pit["series_state"] == "confirmed"
    assert PIT.dug <= pit["first_on"].date() <= PIT.dug + timedelta(days=40)
    assert pit["duration_d"] == (pit["last_on"] - pit["first_on"]).days
    assert pit["observations"] >= 3
    # 0.28 ha in truth: the interval that half a pixel at the edge leaves open holds it
    assert pit["area_low_m2"] < np.pi * (10 * PIT.radius) ** 2 < pit["area_high_m2"]
    row = runs.row(Path(str(found["run"])))
    assert (row["job"], row["parameters"]["series"]) == ("series.build", "cồn")
    assert found["simulated"]


def test_status_and_chart_are_answered_warm(data):
    build(data)
    told = answer({"job": "series.status", "parameters": {"data": str(data)}})
    assert [one["name"] for one in told["series"]] == ["cồn"]
    with rasterio.open(next((data.parent / "ảnh").glob("*.tif"))) as file:
        x, y = file.transform @ (PIT.column + 0.5, PIT.row + 2.5)
    asked = {"data": str(data), "name": "cồn", "x": x, "y": y, "crs": "EPSG:32649"}
    found = answer({"job": "series.chart", "parameters": asked})
    assert found["state"] == "confirmed"
    assert len(found["points"]) == len(DAYS)
    # the chart follows the series: one that was built anew is read anew
    build(data, index="ndvi")
    assert answer({"job": "series.chart", "parameters": asked})["measure"] == "ndvi"


@pytest.mark.parametrize(
    ("more", "error", "code"),
    [
        ({"needed": 5, "memory": 4}, UsageError, "series.needed_more"),
        ({"significance": "0.2"}, UsageError, "engine.parameter_choice"),
        ({"name": "a/b"}, InputError, "series.name_wrong"),
        ({"begins": "2023-03-01"}, InputError, "series.too_few_dates"),
        ({"index": "B99"}, InputError, "series.band_missing"),
    ],
)
def test_what_cannot_be_built_is_told(data, more, error, code):
    with pytest.raises(error) as caught:
        build(data, **more)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"wkt": "POLYGON((0 0,1 1"}, "series.place_wrong"),
        ({"wkt": "LINESTRING(0 0, 1 1)"}, "series.place_wrong"),
        ({"x": 1.0}, "engine.parameter_missing"),
        ({"x": 0.0, "y": 0.0}, "series.place_outside"),
        ({"x": 0.0, "y": 0.0, "crs": "nowhere"}, "crs.unknown"),
    ],
)
def test_places_that_are_none_are_told(data, place, code):
    build(data)
    with pytest.raises((InputError, UsageError)) as caught:
        perform(JOBS["series.chart"], {"data": str(data), "name": "cồn", "crs": "EPSG:32649", **place}, Told())
    assert caught.value.code == code


def test_every_index_of_the_contract_is_one():
    from dothi.engine.contract.series import INDICES

    assert set(INDICES) == set(NEEDS)


def test_the_watch_is_one_word():
    assert JOBS["watch.run"].command == ("watch",)
    assert has("job.watch.title")

"""Watches: what is worth an alert, kept by name, and which alerts they take."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import perform
from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.layers.report import SILENT
from dothi.processing.surveillance.cases.watching import matches
from dothi.store import dataset, watches
from dothi.store.coordinates import transform_geometries

CRS = "EPSG:9218"
HERE = shapely.box(400_000, 1_190_000, 401_000, 1_191_000)


def found(**columns):
    boxes = [shapely.box(x, 1_190_100, x + 40, 1_190_140) for x in (400_100, 400_300, 405_000)]
    values = {
        "area_m2": [1600.0, 800.0, 1600.0],
        "relation": ["outside", "inside", "straddling"],
        "change_class": ["new_pit", None, "plume"],
        "date_after": [date(2026, 2, 21), date(2026, 7, 1), None],
    }
    return gpd.GeoDataFrame(values | columns, geometry=boxes, crs=CRS)


@pytest.fixture
def data(tmp_path):
    return dataset.create(tmp_path / "tỉnh.gpkg", ["concession"], CRS)


def test_a_watch_is_kept_found_by_its_name_and_ended_but_never_lost(data):
    made = watches.add(
        data, "  Bàu Trắng  mùa khô ", area=HERE, crs=CRS, classes=["new_pit"], min_area_m2=1000, relations=["outside"],
        months=[4, 1, 1], receivers=["thanh.tra"], author="An",
    )  # fmt: skip
    assert made.name == "Bàu Trắng mùa khô"
    assert made.months == (1, 4)
    assert watches.find(data, "bàu trắng mùa khô") == made
    with pytest.raises(EnvironmentTroubleError) as taken:
        watches.add(data, "BÀU TRẮNG mùa khô")
    assert taken.value.code == "case.watch_taken"
    watches.end(data, made.uid)
    assert watches.watches(data) == []
    assert [one.name for one in watches.watches(data, ended=True)] == [made.name]
    watches.add(data, made.name)  # the name is free again
    with pytest.raises(InputError) as unknown:
        watches.end(data, "khác")
    assert unknown.value.code == "case.watch_unknown"


def test_each_condition_takes_its_alerts(data):
    def taken(**conditions):
        return matches(found(), watches.add(data, str(conditions), **conditions)).tolist()

    assert taken() == [True, True, True]
    assert taken(min_area_m2=1000) == [True, False, True]
    assert taken(classes=["unknown", "plume"]) == [False, True, True]
    assert taken(relations=["outside", "straddling"]) == [True, False, True]
    assert taken(months=[2]) == [True, False, True]  # without a date nobody can say that it is out of season
    assert taken(area=HERE, crs=CRS) == [True, True, False]


def test_the_area_may_be_drawn_in_another_system(data):
    seen = transform_geometries([HERE], CRS, "EPSG:4326")[0]
    watch = watches.add(data, "độ", area=seen, crs="EPSG:4326")
    assert matches(found(), watch).tolist() == [True, True, False]


def test_an_expired_licence_is_a_relation_of_its_own(data):
    watch = watches.add(data, "hết hạn", relations=["expired"])
    assert matches(found(licence_state=["expired", "in_force", None]), watch).tolist() == [True, False, False]
    assert not matches(found(), watch).any()
    assert matches(found().iloc[:0], watch).shape == (0,)
    assert matches(found(), watch).dtype == np.bool_


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": "  "}, "case.watch_name"),
        ({"name": "a\x07"}, "case.watch_name"),
        ({"name": "a" * 121}, "case.watch_name"),
        ({"name": "a", "months": [13]}, "case.watch_month"),
        ({"name": "a", "area": shapely.Point(1, 1), "crs": CRS}, "case.watch_area"),
        ({"name": "a", "area": HERE}, "case.watch_area"),
        ({"name": "a", "note": "x" * 1001}, "case.text_wrong"),
        ({"name": "a", "receivers": ["a\x00b"]}, "case.text_wrong"),
    ],
)
def test_what_is_no_watch_is_refused_with_its_reason(data, wrong, code):
    with pytest.raises(InputError) as told:
        watches.add(data, **wrong)
    assert told.value.code == code
    assert watches.watches(data) == []


def test_the_alerts_of_a_run_that_a_watch_takes_are_named(data, tmp_path):
    frame = found(uid=["a", "b", "c"], code=["BD-1", "BD-2", "BD-3"], status=["new"] * 3, run=["r"] * 3)
    run = dataset.create(tmp_path / "lần chạy.gpkg", ["alert"], CRS)
    dataset.append(run, "alert", frame)
    watches.add(data, "moong", classes=["new_pit"])
    asked = {"data": str(data), "name": "Moong", "run": str(run)}
    assert perform(JOBS["watches.match"], asked, SILENT) == {"alerts": ["a"], "count": 1}
    with pytest.raises(InputError) as caught:
        perform(JOBS["watches.match"], asked | {"run": str(data)}, SILENT)
    assert caught.value.code == "case.run_without_alerts"

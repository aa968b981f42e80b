"""The jobs behind envelope and shadow: their runs, what they say, and what they refuse."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import zoning
from dothi.layers.errors import InputError, UsageError
from dothi.layers.report import Silent
from dothi.store import dataset, runs

from .scenes import CRS, EAST, NORTH, frame, rectangle, uid, zones
from .test_job import write


class Heard(Silent):
    def __init__(self) -> None:
        self.codes: list[str] = []

    def message(self, code, level="info", **arguments):
        self.codes.append(code)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("Tân Uyên") / "đô thị.gpkg")


def envelope(data: Path, name: str, report=None, **values):
    asked = JOBS["zoning.envelope"].read({"data": str(data), "uid": uid(name), **values})
    return zoning.envelope(asked, report or Heard())


def shadow(data: Path, report=None, **values):
    asked = JOBS["zoning.shadow"].read({"data": str(data), "date": "2026-12-22", **values})
    return zoning.shadow(asked, report or Heard())


def test_the_envelope_of_a_lot_is_a_run_with_its_bands(data):
    before = data.read_bytes()
    heard = Heard()
    told = envelope(data, "lot1", heard)
    assert data.read_bytes() == before
    rows = dataset.read(told["run"], "envelope_tier")
    assert list(rows["from_m"]) == [0, 19, 22, 28]
    assert rows["to_m"].isna().tolist() == [False, False, False, True]
    assert (rows["top_m"] > rows["from_m"]).all()
    assert list(rows["setback_m"]) == [0, 3, 4, 6]
    assert set(rows["rule"]) == {"qcvn01.setback"}
    assert "chưa kiểm chứng" in rows["message_vi"][1]
    assert "Bảng 2.7" in rows["source"][1]
    lot = told["envelope"]["lots"][0]
    assert lot["volume_m3"] is None
    assert "planned_zone.max_height_m" in lot["missing"]
    assert "zoning.missing.planned_zone.max_height_m" in heard.codes
    assert {quota["measure"] for quota in lot["quotas"]} == {"net_density", "far"}
    outside = dataset.read(told["run"], "envelope_breach")
    assert list(outside["kind"]) == ["setback"]  # house1 is 20 m high, 1 m behind the line: 2 m too close
    assert outside["area_m2"][0] == pytest.approx(16 * 2)
    assert (outside["from_m"][0], outside["to_m"][0]) == (19, 20)
    assert runs.row(told["run"])["job"] == "zoning.envelope"
    json.dumps(told, allow_nan=False)


def test_asked_about_a_building_it_is_the_envelope_of_its_lot(data):
    told = envelope(data, "house1")
    assert [lot["code"] for lot in told["envelope"]["lots"]] == ["lot1"]
    assert len(told["envelope"]["outside"]) == 1


def test_the_envelope_agrees_with_the_run_of_the_check(data):
    run = zoning.check(JOBS["zoning.check"].read({"data": str(data), "rules": "qcvn01.setback"}), Silent())["run"]
    found = dataset.read(run, "finding")
    failed = set(found["feature_uid"][found["outcome"] == "fail"])
    for name in (f"house{i}" for i in range(5)):
        parts = envelope(data, name)["envelope"]["outside"]
        assert bool([part for part in parts if part["kind"] == "setback"]) == (uid(name) in failed)


def test_no_edition_is_said_and_the_run_is_empty(data):
    heard = Heard()
    told = envelope(data, "lot1", heard, date="2027-02-01", plan_state="not_appraised", rules="qcvn01.setback")
    assert len(dataset.read(told["run"], "envelope_tier")) == 0
    assert "edition" in told["envelope"]["lots"][0]["missing"]
    assert "zoning.missing.edition" in heard.codes


def test_an_unknown_feature_is_said_to_be_unknown(data):
    with pytest.raises(InputError, match="uid_unknown"):
        envelope(data, "nobody")


def test_what_is_no_uid_is_refused(data):
    with pytest.raises(InputError, match="uid_wrong"):
        zoning.envelope(JOBS["zoning.envelope"].read({"data": str(data), "uid": "x' OR 1=1"}), Silent())


def test_the_shadow_of_a_building_takes_sun_from_its_neighbours(data):
    heard = Heard()
    told = shadow(data, heard, uids=[uid("house2")])
    shades = dataset.read(told["run"], "shadow")
    assert list(shades["code"]) == [f"{hour:02}:00" for hour in range(8, 17)]
    assert {"morning", "noon", "afternoon"} == set(shades["day_part"])
    lost = dataset.read(told["run"], "shadow_effect")
    assert {"lot", "building"} <= set(lost["kind"])
    assert uid("house2") not in set(lost["feature_uid"])
    assert (lost["after_h"] <= lost["before_h"]).all()
    assert (lost["before_h"] <= told["counted_h"] + 1e-6).all()
    assert "giờ nắng" in lost["message_vi"][0]
    assert told["left_out_h"] == 0
    assert "zoning.shadow.prisms" in heard.codes
    assert told["sun"][1]["elevation_deg"] == pytest.approx(35.5, abs=0.5)
    json.dumps(told, allow_nan=False)


def test_a_higher_plan_takes_more_and_a_drawn_one_counts_the_same(data):
    low = shadow(data, uids=[uid("house2")], height_m=10.0)
    high = shadow(data, uids=[uid("house2")], height_m=40.0)
    assert sum(row["lost_h"] for row in high["lost"]) > sum(row["lost_h"] for row in low["lost"])
    shape = shapely.box(EAST + 500, NORTH - 60, EAST + 520, NORTH - 40)
    told = shadow(data, footprint=shape.wkt, height_m=30.0, first_hour=11, last_hour=12, step_min=60)
    assert dataset.read(told["run"], "shadow").geometry.area.min() > shape.area


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "shadow_of_what"),
        ({"uids": ["nonsense"]}, "uid_wrong"),
        ({"uids": [uid("nobody")]}, "uid_unknown"),
        ({"uids": [uid("house1")], "first_hour": 20, "last_hour": 23}, "no_daylight"),
        ({"uids": [uid("house1")], "first_hour": 12, "last_hour": 12}, "shadow_hours"),
        ({"footprint": "POLYGON((0 0", "height_m": 10}, "shadow_geometry"),
        ({"footprint": "POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))", "height_m": 10}, "shadow_geometry"),
        ({"footprint": "POLYGON EMPTY", "height_m": 10}, "shadow_geometry"),
        ({"footprint": "POINT(1 1)", "height_m": 10}, "shadow_geometry"),
        (
            {"footprint": f"POLYGON(({EAST} {NORTH}, {EAST} {NORTH + 9}, {EAST + 9} {NORTH}, {EAST} {NORTH}))"},
            "no_height",
        ),
    ],
)
def test_what_throws_no_shadow_is_refused_with_a_reason(data, values, code):
    before = runs.runs(data)
    with pytest.raises(InputError, match=code):
        shadow(data, **values)
    assert runs.runs(data) == before


@pytest.mark.parametrize("height", [0, 0.0, -3, math.nan, math.inf])
def test_a_height_of_nothing_is_no_height(data, height):
    with pytest.raises(UsageError):
        shadow(data, uids=[uid("house1")], height_m=height)


def test_hours_below_the_cut_off_are_told(data):
    heard = Heard()
    told = shadow(data, heard, uids=[uid("house1")], first_hour=4, last_hour=9, step_min=30)
    assert told["left_out_h"] + told["counted_h"] == 5
    assert told["left_out_h"] > 1.5
    assert "zoning.shadow.left_out" in heard.codes
    assert [row["shadow_of_1_m"] is None for row in told["sun"]][:3] == [True, True, True]


# ---- a building that is drawn and not saved ----


def a_drawing(west: float, south: float, east: float, north: float, height: float, **more) -> dict[str, object]:
    shape = shapely.MultiPolygon([shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)])
    return {"layer": "building", "wkt": shape.wkt, "values": {"use": "mixed", "height_m": height}, **more}


def test_a_drawn_building_has_the_envelope_of_the_lot_it_is_drawn_on(data):
    """Drawn 1 m behind the line of the 15 m street, 21 m high: 2 m too close from 19 m on."""
    before = data.read_bytes()
    asked = JOBS["zoning.envelope"].read({"data": str(data), "drawn": a_drawing(62, 1, 78, 20, 21.0)})
    told = zoning.envelope(asked, Heard())["envelope"]
    assert [lot["code"] for lot in told["lots"]] == ["lot3"]
    assert [(part["kind"], part["from_m"], part["to_m"]) for part in told["outside"]] == [("setback", 19, 21)]
    assert data.read_bytes() == before


def test_what_is_drawn_stands_in_for_the_saved_building_of_its_uid(data):
    moved = a_drawing(2, 6, 18, 20, 20.0, uid=uid("house0"))
    told = envelope(data, "house0", drawn=moved)["envelope"]
    assert told["outside"] == []
    assert [part["kind"] for part in envelope(data, "house0")["envelope"]["outside"]] == ["setback"]


def test_the_envelope_needs_something_to_be_asked_about(data):
    with pytest.raises(UsageError, match="parameter_missing"):
        zoning.envelope(JOBS["zoning.envelope"].read({"data": str(data)}), Silent())


def test_that_distances_between_buildings_are_not_drawn_is_said(data):
    heard = Heard()
    told = envelope(data, "lot1", heard)
    assert any("2.6.1" in source for source in told["envelope"]["not_drawn"]["building_gap"])
    assert "zoning.envelope.remark.building_gap" in heard.codes


def test_the_shadow_of_what_is_drawn_is_that_of_the_same_building_saved(data):
    saved = shadow(data, uids=[uid("house2")], step_min=60)
    drawn = shadow(data, drawn=a_drawing(42, 2, 58, 20, 20.0, uid=uid("house2")), step_min=60)
    assert drawn["lost"] == saved["lost"]
    higher = shadow(data, drawn=a_drawing(42, 2, 58, 20, 20.0, uid=uid("house2")), height_m=30.0, step_min=60)
    assert sum(row["lost_h"] for row in higher["lost"]) > sum(row["lost_h"] for row in saved["lost"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"values": {}}, "no_height"),
        ({"wkt": "POLYGON EMPTY"}, "shadow_geometry"),
        ({"layer": "parcel", "values": {}}, "drawn_layer"),
        ({"layer": "nothing"}, "layer_missing"),
    ],
)
def test_a_drawing_that_throws_no_shadow_is_refused(data, change, code):
    with pytest.raises(InputError, match=code):
        shadow(data, drawn=a_drawing(42, 2, 58, 20, 20.0) | change)


def test_public_green_is_a_neighbour_once_and_water_or_private_green_is_none(tmp_path):
    """Four green spaces north of house2, in its shadow at noon in December; one lies in a planned park."""
    path = write(tmp_path / "xanh.gpkg")
    dataset.add_layer(path, "green_space", CRS)
    park = rectangle(56, 21, 60, 29)
    dataset.append(path, "planned_zone", zones(cong_vien=(park, {"land_use": "DKV"})))
    rows = [
        {"uid": uid(name), "name": name, "kind": kind, "access": access, "geometry": rectangle(x, 21, x + 4, 29)}
        for name, kind, access, x in (
            ("vườn hoa", "planted", "public", 42),
            ("hồ", "water", "public", 47),
            ("sân trong", "planted", "limited", 52),
            ("trong công viên", "planted", "public", 56),
        )
    ]
    dataset.append(path, "green_space", frame(rows, ("name", "kind", "access")))
    told = shadow(path, uids=[uid("house2")], first_hour=11, last_hour=13, step_min=60)
    assert sorted(row["code"] for row in told["lost"] if row["kind"] == "park") == ["cong_vien", "vườn hoa"]


def test_a_data_set_of_buildings_alone_has_shadows(data, tmp_path):
    """Neighbours are then the other buildings."""
    path = tmp_path / "nhà.gpkg"
    dataset.create(path, ("building",), CRS)
    dataset.append(path, "building", dataset.read(data, "building"))
    told = shadow(path, uids=[uid("house2")], first_hour=8, last_hour=16, step_min=60)
    assert {row["kind"] for row in told["lost"]} == {"building"}

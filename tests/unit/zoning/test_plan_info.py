"""Public planning information: what the rules allow at a place, in words for citizens, and nothing about anyone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import rules, zoning
from dothi.layers import catalogue
from dothi.layers.errors import DothiError
from dothi.layers.report import SILENT
from dothi.store import coordinates, dataset

from ..documents.sample import texts
from .scenes import CRS, EAST, NORTH, parcels, rectangle, uid
from .test_job import data, write  # noqa: F401  data is a fixture

CANARY = "Nguyễn Văn Bí Mật 0903123456"


def ask(path: Path, **values) -> dict[str, Any]:
    return zoning.plan_info(JOBS["zoning.plan_info"].read({"data": str(path), **values}), SILENT)["information"]


def test_a_lot_is_told_what_the_rules_allow(data):  # noqa: F811
    told = ask(data, uid=uid("lot1"))
    assert told["lot"] == {
        "code": "lot1", "sheet_no": None, "parcel_no": None, "land_use": "ODT", "ward_code": None, "area_m2": 600.0
    }  # fmt: skip
    assert [(zone["code"], zone["share_pct"], zone["area_state"]) for zone in told["zones"]] == [("zone", 100.0, "new")]
    quotas = {quota["measure"]: quota["cases"] for quota in told["quotas"]}
    given = {"use": "detached", "plot_area": 600.0, "area": "new", "plan_state": "approved", "date": "2026-06-01"}
    asked = rules.limit(JOBS["rules.limit"].read({"measure": "net_density", **given}), SILENT)
    (detached,) = [case for case in quotas["net_density"] if case["use"] == "detached"]
    assert (detached["limit"], detached["source"]) == (asked["limit"], asked["source"])
    (street,) = told["streets"]
    assert (street["name"], street["width_m"]) == ("first", 15.0)
    assert [(case["height"], case["limit"]) for case in street["setback"]] == [(0, 0), (19, 3), (22, 4), (28, 6)]


def test_a_point_finds_its_lot_in_any_system(data):  # noqa: F811
    here = ask(data, x=EAST + 30, y=NORTH + 10)
    assert here["lot"]["code"] == "lot1"
    east, north = coordinates.transform([EAST + 30], [NORTH + 10], CRS, "EPSG:4326")
    assert ask(data, x=float(east[0]), y=float(north[0]), crs="EPSG:4326") == here


def test_a_point_without_a_lot_is_told_its_zone(data):  # noqa: F811
    told = ask(data, x=EAST + 300, y=NORTH + 300)
    assert told["lot"] is None
    assert [zone["land_use"] for zone in told["zones"]] == ["ODT"]


def test_a_lot_without_a_street_says_so(data, tmp_path):  # noqa: F811
    ask(data, uid=uid("far"), out=str(tmp_path / "a.pdf"))
    text = " ".join("\n".join(texts(tmp_path / "a.pdf")).split())
    assert "không giáp đường nào" in text
    assert "Chưa đủ căn cứ để nói loại đất" in text  # another use than planned, and no matrix


def test_the_sheet_reads_as_people_speak(data, tmp_path):  # noqa: F811
    ask(data, uid=uid("house1"), out=str(tmp_path / "a.pdf"))
    text = " ".join("\n".join(texts(tmp_path / "a.pdf")).split())
    for words in (
        "Thông tin quy hoạch", "được quy hoạch là đất ở tại đô thị (ODT)", "Loại đất đang ghi phù hợp với quy hoạch",
        "lộ giới 15 m", "cao dưới 19 m: được xây sát chỉ giới đường đỏ", "lùi ít nhất 3 m", "Nhà ở riêng lẻ",
        "Quy chuẩn quốc gia", "chưa kiểm chứng", "Đồ án không ghi mật độ xây dựng tối đa", "DỮ LIỆU MÔ PHỎNG",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("kind", ["pdf", "html", "json"])
def test_nothing_personal_is_told_in_any_form(tmp_path, kind):
    path = write(tmp_path / "a.gpkg")
    rows = parcels(mine=(rectangle(100, 0, 120, 30), {"land_use": "ODT"}))
    personal = [field.id for field in catalogue.layer("parcel").fields if field.personal]
    assert personal
    for name in personal:
        rows[name] = CANARY
    dataset.append(path, "parcel", rows)
    out = tmp_path / f"a.{kind}"
    told = ask(path, uid=uid("mine"), out=str(out))
    said = json.dumps(told, ensure_ascii=False)
    said += "\n".join(texts(out)) if kind == "pdf" else out.read_text(encoding="utf-8")
    assert "Bí Mật" not in said
    assert "0903123456" not in said
    if kind == "json":
        assert json.loads(out.read_text(encoding="utf-8")) == told


def test_after_the_edition_ends_nothing_is_promised(data):  # noqa: F811
    told = zoning.plan_info(
        JOBS["zoning.plan_info"].read({"data": str(data), "uid": uid("lot1"), "date": date(2027, 6, 1)}), SILENT
    )["information"]
    assert told["judged_on"] == "2027-06-01"
    assert all(zone["plan_state"] == "approved" for zone in told["zones"])  # so the old edition goes on


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "zoning.plan_info.no_place"),
        ({"x": 1.0}, "zoning.plan_info.no_place"),
        ({"uid": "x"}, "zoning.uid_unknown"),
        ({"x": EAST + 5000, "y": NORTH + 5000}, "zoning.plan_info.nothing_here"),
        ({"x": 1.0, "y": 2.0, "crs": "EPSG:99999"}, "crs.unknown"),
    ],
)
def test_a_place_that_is_none_is_refused(data, values, code):  # noqa: F811
    with pytest.raises(DothiError) as told:
        ask(data, **values)
    assert told.value.code == code


def test_a_lot_whose_border_crosses_itself_is_refused_by_name(data):  # noqa: F811
    bow = shapely.Polygon([(EAST + x, NORTH + y) for x, y in ((200, 0), (220, 20), (220, 0), (200, 20))])
    dataset.append(data, "parcel", parcels(bow=(shapely.MultiPolygon([bow]), {"land_use": "ODT"})))
    with pytest.raises(DothiError, match="unsound"):
        ask(data, uid=uid("bow"))

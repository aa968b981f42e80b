"""Existing against planned land use, worked out by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import load_workbook

from dothi.engine.contract import JOBS
from dothi.engine.jobs import plan
from dothi.layers.errors import InputError
from dothi.layers.report import SILENT
from dothi.processing.zoning.plans.land_statistics import land_statistics
from dothi.store import dataset

from .scenes import CRS, frame, rectangle, zones


def wards(**shapes) -> gpd.GeoDataFrame:
    rows = [{"uid": None, "code": "25888", "name": name, "geometry": shape} for name, shape in shapes.items()]
    return frame(rows, ("code", "name"))


def existing(*pieces) -> gpd.GeoDataFrame:
    rows = [{"uid": None, "land_use": code, "year": year, "geometry": shape} for code, year, shape in pieces]
    return frame(rows, ("land_use", "year"))


def test_areas_by_code_and_what_turns_into_what():
    ward = wards(phuong=rectangle(0, 0, 100, 100))
    now = existing(("LUA", 2025, rectangle(0, 0, 60, 100)), ("ODT", 2025, rectangle(60, 0, 90, 100)))
    plan_zones = zones(
        a=(rectangle(-20, 0, 50, 100), {"land_use": "ODT"}), b=(rectangle(50, 0, 100, 100), {"land_use": "LUA"})
    )
    found = land_statistics(ward, now, plan_zones, 2025)
    table = found.table.set_index("land_use")
    assert list(table.loc["LUA", ["existing_m2", "planned_m2", "change_m2"]]) == [6000, 5000, -1000]
    assert list(table.loc["ODT", ["existing_m2", "planned_m2", "change_m2"]]) == [3000, 5000, 2000]
    changes = found.changes.set_index(["land_use_from", "land_use_to"])["area_m2"]
    assert changes.to_dict() == {("LUA", "ODT"): pytest.approx(5000), ("ODT", "LUA"): pytest.approx(3000)}
    cover = found.cover.iloc[0]
    assert list(cover[["existing_uncovered_m2", "planned_uncovered_m2", "existing_twice_m2"]]) == [1000, 0, 0]


def test_ground_drawn_twice_is_told():
    ward = wards(phuong=rectangle(0, 0, 10, 10))
    now = existing(("LUA", 2025, rectangle(0, 0, 8, 10)), ("ODT", 2025, rectangle(5, 0, 10, 10)))
    found = land_statistics(ward, now, zones(), 2025)
    assert found.cover.iloc[0]["existing_twice_m2"] == pytest.approx(30)
    assert found.cover.iloc[0]["planned_uncovered_m2"] == pytest.approx(100)
    assert found.changes.empty


@pytest.fixture
def data(tmp_path):
    path = dataset.create(tmp_path / "a.gpkg", ["admin_unit", "existing_land_use", "planned_zone"], CRS)
    units = wards(moi=rectangle(0, 0, 100, 100), cu=rectangle(0, 0, 100, 100)).drop(columns="uid")
    units["level"] = "commune"
    units["valid_from"] = [pd.Timestamp("2025-07-01"), None]
    units["valid_to"] = [None, pd.Timestamp("2025-06-30")]
    dataset.append(path, "admin_unit", units)
    now = existing(("LUA", 2020, rectangle(0, 0, 90, 100)), ("LUA", 2025, rectangle(0, 0, 60, 100)))
    dataset.append(path, "existing_land_use", now.drop(columns="uid"))
    dataset.append(path, "planned_zone", zones(a=(rectangle(0, 0, 50, 100), {"land_use": "ODT"})))
    return path


def run(path, **values):
    return plan.statistics(JOBS["plan.statistics"].read({"data": str(path), **values}), SILENT)


def test_the_newest_inventory_by_the_wards_of_the_day(data):
    told = run(data, date="2026-06-01")
    table = dataset.read(told["run"], "land_statistic")
    assert set(table["ward_name"]) == {"moi"}
    assert told["year"] == 2025
    assert table.set_index("land_use")["existing_m2"].to_dict() == {"LUA": 6000.0, "ODT": 0.0}
    assert set(dataset.read(run(data, date="2025-01-01", year=2020)["run"], "land_statistic")["ward_name"]) == {"cu"}


def test_a_year_without_an_inventory_is_an_error(data):
    with pytest.raises(InputError, match="year_unknown"):
        run(data, date="2026-06-01", year=2024)


def test_areas_in_degrees_are_refused(data):
    with closing(sqlite3.connect(data)) as file, file:
        file.execute("UPDATE gpkg_geometry_columns SET srs_id = 4326")
        file.execute("UPDATE gpkg_contents SET srs_id = 4326")
    with pytest.raises(InputError, match="needs_metres"):
        run(data, date="2026-06-01")


def test_the_form_has_codes_as_rows_and_wards_as_columns_in_hectares(data, tmp_path):
    """One ward of 1 ha: 0.6 ha of rice land, where 0.5 ha of urban dwelling land are planned."""
    told = run(data, date="2026-06-01", table=str(tmp_path / "biểu.xlsx"))
    book = load_workbook(told["table"])
    assert book.sheetnames == ["Hiện trạng", "Quy hoạch", "Tăng giảm", "Lần kiểm tra"]
    now, planned, change = (list(sheet.values) for sheet in book.worksheets[:3])
    assert now[0] == ("STT", "Loại đất", "Mã", "Tổng diện tích (ha)", "moi")
    assert now[1] == (1, "Đất trồng lúa", "LUA", 0.6, 0.6)
    assert [row[1:] for row in now[-4:]] == [
        ("Tổng cộng", None, 0.6, 0.6),
        ("Phần chưa vẽ", None, 0.4, 0.4),
        ("Phần vẽ trùng", None, 0.0, 0.0),
        ("Diện tích đơn vị hành chính", None, 1.0, 1.0),
    ]
    assert {row[2]: row[3] for row in planned[1:3]} == {"LUA": 0.0, "ODT": 0.5}
    assert {row[2]: row[3] for row in change[1:3]} == {"LUA": -0.6, "ODT": 0.5}


def test_the_csv_is_the_form_of_what_is_there(data, tmp_path):
    told = run(data, date="2026-06-01", table=str(tmp_path / "biểu.csv"))
    text = Path(told["table"]).read_text(encoding="utf-8-sig")
    assert text.splitlines()[1] == "1,Đất trồng lúa,LUA,0.6,0.6"

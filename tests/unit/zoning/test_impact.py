"""What a street takes, worked out by hand, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon

from dothi.engine.contract import JOBS
from dothi.engine.jobs import plan
from dothi.layers.errors import EnvironmentTroubleError, InputError, UsageError
from dothi.layers.report import SILENT
from dothi.processing.zoning.plans.impact import Minimum, impact, land_of_lines
from dothi.store import dataset, runs

from .scenes import CRS, EAST, NORTH, buildings, centrelines, frame, line, of_streets, parcels, rectangle


def land(**shapes) -> gpd.GeoDataFrame:
    return frame([{"uid": name, "label": name, "geometry": shape} for name, shape in shapes.items()], ("label",))


def row_of(frame: gpd.GeoDataFrame, code: str):
    return frame[frame["code"] == code].iloc[0]


def test_a_widened_street_cuts_a_strip_of_every_lot_along_it():
    lots = parcels(first=rectangle(0, 0, 20, 30), second=rectangle(20, 0, 25, 10), far=rectangle(0, 40, 20, 60))
    houses = buildings(
        front=(rectangle(2, 2, 12, 12), {"use": "detached", "floors": 2}),
        whole=(rectangle(21, 0, 24, 5), {"use": "other", "floors": 1}),
        far=(rectangle(2, 45, 12, 55), {"use": "detached"}),
    )
    found = impact(lots, houses, land(duong=rectangle(-50, -20, 100, 6)), Minimum(36.0, 4.0))
    first = row_of(found.lots, "first")
    assert first["area_m2"] == pytest.approx(600)
    assert first["cut_m2"] == pytest.approx(20 * 6)
    assert first["cut_pct"] == pytest.approx(20)
    assert (first["remaining_m2"], first["remaining_parts"]) == (pytest.approx(480), 1)
    assert first["largest_width_m"] == pytest.approx(20)
    assert (first["remainder"], first["streets"]) == ("buildable", "duong")
    assert (first["buildings"], first["buildings_whole"]) == (1, 0)
    assert first["building_cut_m2"] == pytest.approx(10 * 4)
    second = row_of(found.lots, "second")
    assert second["remaining_m2"] == pytest.approx(5 * 4)
    assert second["remainder"] == "too_small"
    assert (second["buildings"], second["buildings_whole"]) == (1, 1)
    assert list(found.lots["code"]) == ["first", "second"]
    assert set(found.buildings["code"]) == {"front", "whole"}
    assert row_of(found.buildings, "whole")["parcels"] == "second"
    assert row_of(found.buildings, "whole")["cut_pct"] == pytest.approx(100)


def test_a_street_through_the_middle_is_judged_by_the_largest_half():
    lots = parcels(lot=rectangle(0, 0, 10, 40))
    found = impact(lots, None, land(duong=rectangle(-5, 15, 30, 27)), Minimum(36.0, 5.0))
    lot = found.lots.iloc[0]
    assert lot["remaining_m2"] == pytest.approx(10 * 15 + 10 * 13)
    assert (lot["remaining_parts"], lot["largest_m2"]) == (2, pytest.approx(150))
    assert lot["remainder"] == "buildable"
    strip = impact(lots, None, land(duong=rectangle(3, -5, 30, 50)), Minimum(36.0, 4.0)).lots.iloc[0]
    assert (strip["largest_width_m"], strip["remainder"]) == (pytest.approx(3), "too_narrow")


def test_without_the_provinces_numbers_nothing_is_said_of_the_rest():
    lots = parcels(some=rectangle(0, 0, 20, 30), all=rectangle(20, 0, 30, 5))
    found = impact(lots, None, land(duong=rectangle(-50, -20, 100, 6)), Minimum()).lots.set_index("code")
    assert found["remainder"].to_dict() == {"some": "not_checkable", "all": "none"}
    narrow = impact(lots, None, land(duong=rectangle(-50, -20, 100, 6)), Minimum(width_m=25.0)).lots.set_index("code")
    assert narrow.loc["some", "remainder"] == "too_narrow"


def test_two_streets_take_the_ground_they_share_once():
    lots = parcels(lot=rectangle(0, 0, 20, 20))
    found = impact(lots, None, land(nam=rectangle(-50, -20, 100, 5), tay=rectangle(-20, -50, 5, 100)), Minimum())
    assert found.lots.iloc[0]["cut_m2"] == pytest.approx(5 * 20 + 5 * 15)
    assert found.lots.iloc[0]["streets"] == "nam, tay"


def test_what_cannot_be_measured_is_named_and_the_rest_goes_on():
    bow = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])
    lots = parcels(good=rectangle(0, 0, 20, 20), bad=MultiPolygon([bow]), none=None)
    found = impact(lots, buildings(house=(None, {})), land(duong=rectangle(-50, -20, 100, 5)), Minimum())
    assert list(found.lots["code"]) == ["good"]
    assert len(found.unsound) == 3
    assert found.buildings.empty


def test_a_line_drawn_twice_is_no_cut():
    lots = parcels(lot=rectangle(0, 0, 20, 20))
    assert impact(lots, None, land(duong=rectangle(-50, -20, 100, 0.02)), Minimum()).lots.empty


def test_a_centreline_takes_half_of_its_width_to_either_side():
    lines = centrelines(first=(line((0, 0), (100, 0)), {}))
    assert land_of_lines(lines, [12.0]).geometry.iloc[0].area == pytest.approx(1200)


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 360), st.floats(-5000, 5000), st.floats(1, 25))
def test_the_cut_does_not_depend_on_place_or_direction(angle, shift, depth):
    def turned(shape):
        return affinity.translate(affinity.rotate(shape, angle, origin=(EAST, NORTH)), shift, -shift)

    lots = parcels(lot=MultiPolygon([turned(rectangle(0, 0, 20, 30)).geoms[0]]))
    street = land(duong=MultiPolygon([turned(rectangle(-50, -20, 100, depth)).geoms[0]]))
    assert impact(lots, None, street, Minimum()).lots.iloc[0]["cut_m2"] == pytest.approx(20 * depth, abs=1e-4)


@pytest.fixture
def data(tmp_path):
    path = dataset.create(tmp_path / "đô thị.gpkg", ["parcel", "building", "street_boundary", "street_centreline"], CRS)
    owner = {"owner_name": "Nguyễn Văn Kín", "address": "12 Đường Kín"}
    dataset.append(path, "parcel", frame_of(parcels(lot=(rectangle(0, 0, 20, 30), {"land_use": "ODT"})), owner))
    dataset.append(path, "building", buildings(house=(rectangle(2, 2, 12, 12), {"use": "detached"})))
    dataset.append(path, "street_centreline", centrelines(first=(line((-50, -7), (100, -7)), {"name": "Đường số 1"})))
    dataset.append(path, "street_boundary", of_streets(first=rectangle(-50, -20, 100, 6)))
    return path


def frame_of(frame: gpd.GeoDataFrame, values) -> gpd.GeoDataFrame:
    return frame.assign(**values)


def run(path, **values):
    return plan.impact(JOBS["plan.impact"].read({"data": str(path), **values}), SILENT)


def test_the_list_of_affected_lots_names_nobody(data):
    told = run(data, least_area=36, least_width=4)
    assert told["counts"] == {"lots": 1, "cut_m2": 120.0, "buildings": 1, "remainder": {"buildable": 1}}
    lots = dataset.read(told["run"], "affected_lot")
    assert lots["streets"].iloc[0] == "Đường số 1"
    assert "Kín".encode() not in Path(told["run"]).read_bytes()


def test_a_planned_centreline_needs_a_width(data):
    with pytest.raises(InputError, match="width_missing"):
        run(data, centrelines=f"{data}|layername=street_centreline")
    assert run(data, centrelines=f"{data}|layername=street_centreline", width=20)["counts"]["cut_m2"] == 60.0
    with pytest.raises(UsageError, match="one_of_two"):
        run(data, centrelines=f"{data}|layername=street_centreline", street_land=f"{data}|layername=street_boundary")


def test_the_list_is_a_table_of_words_without_names(data, tmp_path):
    told = run(data, table=str(tmp_path / "danh sách.xlsx"))
    book = load_workbook(told["table"])
    assert book.sheetnames[:2] == ["Thửa đất bị ảnh hưởng", "Công trình bị ảnh hưởng"]
    rows = list(book.worksheets[0].values)
    assert rows[0][:6] == ("STT", "Số tờ bản đồ", "Số thửa", "Mã thửa", "Mã phường, xã", "Loại đất")
    assert len(rows) == 1 + told["counts"]["lots"]
    lots = dataset.read(told["run"], "affected_lot")
    cut = rows[0].index("Diện tích bị cắt (m²)")
    assert [row[cut] for row in rows[1:]] == pytest.approx(list(lots["cut_m2"]), abs=0.05)
    words = {str(value) for sheet in book.worksheets for row in sheet.values for value in row}
    assert not [word for word in words if "Nguyễn" in word]
    assert any("không đọc và không ghi họ tên" in word for word in words)


def test_a_list_that_is_there_already_is_not_written_over(data, tmp_path):
    before, there = runs.runs(data), tmp_path / "có rồi.csv"
    there.write_text("của người khác", encoding="utf-8")
    with pytest.raises(EnvironmentTroubleError, match="exists"):
        run(data, table=str(there))
    assert (there.read_text(encoding="utf-8"), runs.runs(data)) == ("của người khác", before)
    run(data, table=str(there), replace=True)
    assert "Số thửa" in there.read_text(encoding="utf-8-sig")

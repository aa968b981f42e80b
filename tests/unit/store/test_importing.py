"""Data of another program come in through a mapping that is shown first; nothing is lost in silence."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import runner
from dothi.layers import catalogue
from dothi.layers.errors import InputError
from dothi.layers.report import SILENT
from dothi.store import dataset
from dothi.store.coordinates import to
from dothi.store.importing import bring_in
from dothi.store.mapping import key, propose

from .conftest import NORTH, parcels, square


def job(name, **values):
    return runner(name)(JOBS[name].read(values), SILENT)


@pytest.fixture
def old(folder):
    """Parcels as cadastral software keeps them, in UTM, with its own names."""
    frame = gpd.GeoDataFrame(
        {
            "maThua": ["A1", "A2", "A3"],
            "SoTo": [12, 12, 13],
            "SH_THUA": ["1", "2", "3"],
            "KHLOAIDAT": ["ODT", "COC", "Đất ở tại nông thôn"],
            "DienTich": ["400,5", "400", None],
            "mau": ["đỏ", "xanh", "vàng"],
        },
        geometry=[square(0), square(1), square(2)],
        crs="EPSG:9210",
    )
    path = folder / "địa chính.gpkg"
    to(frame, "EPSG:32648").to_file(path, layer="thua_dat")
    return path


def test_the_mapping_is_shown_before_anything_is_written(old, data):
    shown = job("schema.map", source=str(old), layer="parcel")
    assert {row["target"]: row["source"] for row in shown["mapping"]} == {
        "code": "maThua",
        "sheet_no": "SoTo",
        "parcel_no": "SH_THUA",
        "land_use": "KHLOAIDAT",
        "area_legal_m2": "DienTich",
    }
    assert all(row["reason"] == "alias" and row["vi"] and row["confidence"] > 0.9 for row in shown["mapping"])
    assert shown["unmapped"] == ["mau"]
    assert "owner_name" in shown["missing"]
    assert dataset.read(data, "parcel").empty


def test_data_come_in_by_the_shown_mapping(old, data):
    shown = job("schema.map", source=str(old), layer="parcel")["mapping"]
    done = job("schema.import", source=str(old), data=str(data), layer="parcel", mapping=shown)
    assert (done["imported"], done["rejected"]) == (3, [])
    assert [row["arguments"]["value"] for row in done["noticed"]] == ["COC"]
    back = dataset.read(data, "parcel")
    assert back["sheet_no"].tolist() == ["12", "12", "13"]
    assert back["land_use"].tolist() == ["ODT", "COC", "ONT"]
    assert back["area_legal_m2"].tolist()[:2] == [400.5, 400.0]
    assert back.crs.to_epsg() == 9210
    moved = shapely.distance(shapely.centroid(back.geometry[0]), shapely.centroid(square(0)))
    assert moved < 0.001


def test_rows_that_do_not_fit_are_rejected_by_name_and_the_rest_comes_in(folder, data):
    frame = gpd.GeoDataFrame(
        {"code": ["B1", "B2", "B3", "B4", None], "area_legal_m2": ["1", "hai", "3", "4", "5"]},
        geometry=[square(0), square(1), None, shapely.Point(1, NORTH), square(4)],
        crs="EPSG:9210",
    )
    frame.to_file(folder / "a.gpkg", layer="a")
    done = bring_in(folder / "a.gpkg", data, "parcel")
    assert done.count == 1
    assert done.rejected_count == 4
    assert {(row["uid"], row["code"].rsplit(".", 1)[1]) for row in done.rejected} == {
        ("fid 2", "type"),
        ("fid 3", "geometry_null"),
        ("fid 4", "geometry_type"),
        ("fid 5", "required"),
    }


def test_the_same_data_do_not_come_in_twice(old, data):
    assert bring_in(old, data, "parcel").count == 3
    again = bring_in(old, data, "parcel")
    assert (again.count, again.rejected_count) == (0, 3)
    assert {row["code"] for row in again.rejected} == {"schema.problem.unique"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"no_field": "SoTo"}, "schema.mapping_wrong"),
        ({"code": "no_column"}, "schema.mapping_wrong"),
        ({"code": "SoTo", "sheet_no": "SoTo"}, "schema.mapping_wrong"),
        ([{"target": "code"}], "schema.mapping_wrong"),
        ({"sheet_no": "SoTo"}, "schema.mapping_incomplete"),
    ],
)
def test_a_wrong_mapping_is_refused(old, data, given, code):
    with pytest.raises(InputError) as caught:
        bring_in(old, data, "parcel", given=given)
    assert caught.value.code == code
    assert dataset.read(data, "parcel").empty


def test_a_wrong_zone_is_noticed_before_anything_is_written(folder, data):
    frame = gpd.GeoDataFrame({"code": ["a"]}, geometry=[square(0)], crs="EPSG:9218")
    frame.to_file(folder / "sai.gpkg", layer="a")
    with pytest.raises(InputError) as caught:
        bring_in(folder / "sai.gpkg", data, "parcel")
    assert (caught.value.code, caught.value.arguments["zone"]) == ("schema.crs_wrong_zone", "EPSG:9210")
    assert bring_in(folder / "sai.gpkg", data, "parcel", source_crs="EPSG:9210").count == 1


def test_a_file_without_a_system_needs_one(folder, data):
    frame = gpd.GeoDataFrame({"code": ["a"]}, geometry=[square(0)])
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(folder / "a.shp")
    with pytest.raises(InputError) as caught:
        bring_in(folder / "a.shp", data, "parcel")
    assert caught.value.code == "crs.missing"
    assert bring_in(folder / "a.shp", data, "parcel", source_crs="EPSG:9210").count == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.vrt", "<OGRVRTDataSource/>", "schema.remote_path"),
        ("a.shp", "<!-- x --><OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource>", "schema.remote_path"),
        ("a.geojson", "{", "schema.not_readable"),
        ("a.gpkg", "không phải GeoPackage", "schema.not_geopackage"),
        ("a.zip", "PK", "schema.remote_path"),
    ],
)
def test_untrusted_files_are_refused(folder, data, name, content, code):
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        bring_in(folder / name, data, "parcel")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/vsicurl/https://example.org/a.gpkg", "schema.remote_path"),
        ("https://example.org/a.geojson", "schema.remote_path"),
        ("PG:dbname=x", "schema.remote_path"),
        ("không có.gpkg", "engine.file_missing"),
    ],
)
def test_only_files_of_this_machine_are_opened(data, path, code):
    with pytest.raises(InputError) as caught:
        bring_in(path, data, "parcel")
    assert caught.value.code == code


def test_a_file_with_several_layers_asks_which(folder, data):
    frame = gpd.GeoDataFrame({"code": ["a"]}, geometry=[square(0)], crs="EPSG:9210")
    for name in ("x", "y"):
        frame.to_file(folder / "hai.gpkg", layer=name)
    with pytest.raises(InputError) as caught:
        bring_in(folder / "hai.gpkg", data, "parcel")
    assert (caught.value.code, caught.value.arguments["known"]) == ("schema.source_layer_needed", ["x", "y"])
    assert bring_in(folder / "hai.gpkg", data, "parcel", source_layer="y").count == 1


def test_words_of_a_list_become_its_codes(folder, data):
    frame = gpd.GeoDataFrame(
        {"Pole code": ["C1", "C2"], "Loại cột": ["Cột thép", "cot be tong"]},
        geometry=[shapely.Point(square(0).centroid)] * 2,
        crs="EPSG:9210",
    )
    frame.to_file(folder / "cột.gpkg", layer="cot")
    assert bring_in(folder / "cột.gpkg", data, "lighting_pole").count == 2
    assert dataset.read(data, "lighting_pole")["pole_type"].tolist() == ["steel_column", "concrete"]


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("SH_TO", "sheet_no"),
        ("shto", "sheet_no"),
        ("Số thửa", "parcel_no"),
        ("MaDVHC", "ward_code"),
        ("Legal area", "area_legal_m2"),
        ("dien_tich_", "area_legal_m2"),
        ("ghiChu", "remark"),
        ("mau_to", None),
    ],
)
def test_names_are_compared_without_diacritics_case_and_signs(column, target):
    matches = propose([column], catalogue.layer("parcel"))
    assert (matches[0].target if matches else None) == target


def test_each_column_is_used_once():
    matches = propose(["DienTich", "area_legal_m2"], catalogue.layer("parcel"))
    assert [(match.target, match.source) for match in matches] == [("area_legal_m2", "area_legal_m2")]
    assert key("Đất Ở – số 1") == "datoso1"


def test_an_old_shapefile_with_short_names_comes_in(folder, data):
    frame = gpd.GeoDataFrame(
        {"SHTO": ["1"], "SOTHUA": ["7"], "MATHUA": ["1-7"], "LOAIDAT": ["LUC"], "DIENTICH": [400.0]},
        geometry=[square(0)],
        crs="EPSG:9210",
    )
    frame.to_file(folder / "thửa.shp")
    assert bring_in(folder / "thửa.shp", data, "parcel").count == 1
    back = dataset.read(data, "parcel")
    assert back[["sheet_no", "parcel_no", "land_use"]].values.tolist() == [["1", "7", "LUC"]]


def test_dates_of_both_ways_of_writing_are_read(folder, data):
    frame = gpd.GeoDataFrame(
        {"code": ["M1", "M2", "M3"], "valid_from": ["01/07/2025", "2025-07-01", "tháng bảy"]},
        geometry=[shapely.box(456302, 1208633, 456402, 1208733)] * 3,
        crs="EPSG:9218",
    )
    frame.to_file(folder / "mỏ.gpkg", layer="mo")
    done = bring_in(folder / "mỏ.gpkg", data, "concession")
    assert (done.count, [row["uid"] for row in done.rejected]) == (2, ["fid 3"])
    assert set(dataset.read(data, "concession")["valid_from"]) == {pd.Timestamp(2025, 7, 1)}


def test_a_target_without_a_system_is_told_and_left_alone(folder, old):
    path = folder / "không hệ.gpkg"
    with pytest.warns(UserWarning, match="projection"):
        parcels(1).set_crs(None, allow_override=True).to_file(path, layer="parcel")
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        bring_in(old, path, "parcel")
    assert caught.value.code == "crs.missing"
    assert path.read_bytes() == before

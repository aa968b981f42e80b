"""A data set keeps its promises by itself, whatever program writes to it."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from dothi.layers import catalogue
from dothi.layers.errors import DothiError, InputError
from dothi.store import dataset

from .conftest import EAST, NORTH, opened, parcels, square

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_what_is_written_is_read_back(data):
    assert dataset.append(data, "parcel", parcels(area_legal_m2=[400, 399.5, None])) == 3
    back = dataset.read(data, "parcel")
    assert [field.id for field in catalogue.layer("parcel").fields] == list(back.columns[:-1])
    assert back["code"].tolist() == ["T0", "T1", "T2"]
    assert back["area_legal_m2"].tolist()[:2] == [400, 399.5]
    assert back.crs.to_epsg() == 9210
    assert set(back.geom_type) == {"MultiPolygon"}
    assert shapely.equals(back.geometry[0], square(0))
    assert back["uid"].map(lambda uid: bool(UUID4.fullmatch(uid))).all()


def test_a_frame_in_another_system_goes_through_the_pinned_operation(data):
    point = gpd.GeoDataFrame({"code": ["C1"]}, geometry=[shapely.Point(106.780, 11.035)], crs="EPSG:4326")
    dataset.append(data, "lighting_pole", point)
    placed = dataset.read(data, "lighting_pole").geometry[0]
    assert (placed.x, placed.y) == pytest.approx((EAST, NORTH), abs=0.001)


def test_every_layer_has_a_system_of_its_own(data):
    assert dataset.crs_of(data, "parcel") == "EPSG:9210"
    assert dataset.crs_of(data, "concession") == "EPSG:9218"
    assert dataset.crs_of(data, "run") == ""


def test_the_database_gives_the_uid_to_whoever_writes(data):
    for code in ("C1", "C2"):  # GDAL leaves the column out, as any other program would
        frame = gpd.GeoDataFrame({"code": [code]}, geometry=[shapely.Point(1, 2)], crs="EPSG:9210")
        pyogrio.write_dataframe(frame, data, layer="lighting_pole", append=True)
    poles = dataset.read(data, "lighting_pole")
    assert poles["uid"].is_unique
    assert all(UUID4.fullmatch(uid) for uid in poles["uid"])
    assert set(poles["lifecycle"]) == {"in_service"}
    with opened(data) as database:  # and one that writes NULL
        database.execute("INSERT INTO run (uid, job, started_at, status) VALUES (NULL, 'x', '2026-06-01', 'failed')")
        (uid,) = database.execute("SELECT uid FROM run").fetchone()
    assert UUID4.fullmatch(uid)


def test_a_number_is_never_used_again(data):
    dataset.append(data, "parcel", parcels(2))
    with opened(data) as database:
        for trigger in ("delete", "insert"):  # sqlite3 lacks the functions of the spatial index
            database.execute(f"DROP TRIGGER rtree_parcel_geom_{trigger}")
        highest = database.execute("SELECT max(fid) FROM parcel").fetchone()[0]
        database.execute("DELETE FROM parcel WHERE fid = ?", (highest,))
        database.execute("INSERT INTO parcel (code) VALUES ('mới')")
        assert database.execute("SELECT max(fid) FROM parcel").fetchone()[0] == highest + 1


@pytest.mark.parametrize("column", ["uid", "code"])
def test_the_database_refuses_what_is_there_twice(data, column):
    dataset.append(data, "parcel", parcels(1))
    uid = dataset.read(data, "parcel")["uid"][0]
    again = parcels(1, code=["T9"]).assign(uid=[uid]) if column == "uid" else parcels(1)
    with pytest.raises(InputError) as caught:
        dataset.append(data, "parcel", again)
    assert (caught.value.code, caught.value.arguments["field"]) == ("schema.not_unique", column)
    assert len(dataset.read(data, "parcel")) == 1


def test_one_bad_row_keeps_all_out(data):
    frame = parcels(3)
    frame.loc[2, "code"] = "T0"
    with pytest.raises(InputError):
        dataset.append(data, "parcel", frame)
    assert dataset.read(data, "parcel").empty


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"sheet": ["1"]}, "schema.column_unknown"),
        ({"area_legal_m2": ["lớn"]}, "schema.value_wrong"),
        ({"code": [None]}, "schema.value_missing"),
        ({"code": ["  "]}, "schema.value_missing"),
    ],
)
def test_data_that_do_not_fit_are_named(data, columns, code):
    with pytest.raises(InputError) as caught:
        dataset.append(data, "parcel", parcels(1, **columns))
    assert caught.value.code == code


def test_a_code_outside_a_closed_list_is_refused_and_in_an_open_one_kept(data):
    with pytest.raises(InputError, match=r"schema\.value_wrong"):
        dataset.append(
            data,
            "lighting_pole",
            gpd.GeoDataFrame({"code": ["C"], "phase": ["L9"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:9210"),
        )
    dataset.append(data, "parcel", parcels(1, land_use=["COC"]))
    assert dataset.read(data, "parcel")["land_use"].tolist() == ["COC"]


@pytest.mark.parametrize(
    ("geometry", "code"), [(shapely.Point(1, 2), "schema.geometry_wrong"), (None, "schema.geometry_missing")]
)
def test_another_geometry_is_refused(data, geometry, code):
    frame = pd.DataFrame({"code": ["T0"]})
    if geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=[geometry], crs="EPSG:9210")
    with pytest.raises(InputError) as caught:
        dataset.append(data, "parcel", frame)
    assert caught.value.code == code


def test_days_numbers_and_yes_no_keep_their_types(data):
    frame = gpd.GeoDataFrame(
        {
            "code": ["C1", "C2"],
            "install_date": [date(2020, 1, 2), None],
            "earthing": [True, None],
            "arm_count": [2, None],
        },
        geometry=[shapely.Point(1, 2)] * 2,
        crs="EPSG:9210",
    )
    dataset.append(data, "lighting_pole", frame)
    back = dataset.read(data, "lighting_pole")
    assert back["install_date"][0] == pd.Timestamp(2020, 1, 2)
    assert pd.isna(back["install_date"][1])
    assert back["earthing"][0] == 1
    assert back["arm_count"].tolist()[0] == 2
    assert np.isnan(back["arm_count"][1])


def test_features_are_chosen_by_uid(data):
    dataset.append(data, "parcel", parcels(3))
    every = dataset.read(data, "parcel")
    assert dataset.read(data, "parcel", ["code"], every["uid"][1:2])["code"].tolist() == ["T1"]
    assert dataset.read(data, "parcel", ["code"], []).empty
    with pytest.raises(InputError, match=r"store\.uid_wrong"):
        dataset.read(data, "parcel", uids=["' OR 1=1 --"])


def test_columns_that_a_file_lacks_are_null_but_asked_for_by_name_an_error(data):
    dataset.append(data, "parcel", parcels(1))
    with opened(data) as database:
        database.execute("ALTER TABLE parcel DROP COLUMN owner_name")
    assert dataset.read(data, "parcel")["owner_name"].isna().all()
    with pytest.raises(InputError) as caught:
        dataset.read(data, "parcel", ["owner_name"])
    assert caught.value.code == "schema.column_missing"


def test_a_data_set_speaks_of_itself(data):
    assert dataset.meta(data) == {"province": "binh_duong", "simulated": False}
    dataset.set_meta(data, simulated=True, judged_on=date(2026, 6, 1))
    dataset.set_meta(data, simulated=True)
    assert dataset.meta(data)["judged_on"] == "2026-06-01"
    with opened(data) as database:
        (text,) = database.execute("SELECT description FROM gpkg_contents WHERE table_name = 'parcel'").fetchone()
    assert text == "Thửa đất theo bản đồ địa chính (mô phỏng)"


def test_an_existing_file_is_not_overwritten(data):
    before = data.read_bytes()
    with pytest.raises(DothiError) as caught:
        dataset.create(data, ["parcel"], "EPSG:9210")
    assert caught.value.code == "store.exists"
    assert data.read_bytes() == before


def test_a_province_adds_a_layer_by_one_file(folder):
    own = folder / "Tỉnh.dothi" / "catalogue"
    own.mkdir(parents=True)
    text = (catalogue.HERE / "village_facility.toml").read_text(encoding="utf-8")
    (own / "shrine.toml").write_text(text.replace('id = "village_facility"', 'id = "shrine"', 1), encoding="utf-8")
    path = dataset.create(folder / "Tỉnh.gpkg", ["shrine"], "EPSG:9210")
    frame = gpd.GeoDataFrame(
        {"code": ["M1"], "name": ["Miếu Bà"], "kind": ["temple"]}, geometry=[shapely.Point(EAST, NORTH)], crs=9210
    )
    assert dataset.append(path, "shrine", frame) == 1
    assert dataset.read(path, "shrine")["name"].tolist() == ["Miếu Bà"]


def test_a_layer_is_added_later(folder):
    path = dataset.create(folder / "a.gpkg", ["parcel"], "EPSG:9210")
    dataset.add_layer(path, "building", "EPSG:9210")
    assert dataset.layers_in(path) == ("parcel", "building")
    with pytest.raises(InputError, match=r"schema\.layer_exists"):
        dataset.add_layer(path, "building", "EPSG:9210")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A data set with every layer of the catalogue."""
    path = tmp_path_factory.mktemp("whole") / "tỉnh.gpkg"
    return dataset.create(path, catalogue.ids(), "EPSG:9210", {"concession": "EPSG:9218"}, "binh_duong")


def test_the_file_is_a_geopackage_to_the_letter(whole):
    with opened(whole) as database:
        assert database.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        registered = {name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}
    ours = {name for name in tables if not name.startswith(("gpkg_", "rtree_", "sqlite_"))}
    assert ours == registered


@pytest.mark.skipif(not shutil.which("ogrinfo"), reason="ogrinfo of the system is not installed")
def test_gdal_of_the_system_opens_it_without_a_word(whole):
    dataset.append(whole, "parcel", parcels(2))
    done = subprocess.run(["ogrinfo", "-so", "-al", str(whole)], capture_output=True, text=True, check=True)
    assert "warning" not in (done.stdout + done.stderr).lower()
    assert done.stderr == ""
    assert "uid: String (36.0) UNIQUE NOT NULL DEFAULT (lower(hex(randomblob(4))" in done.stdout

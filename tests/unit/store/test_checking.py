"""Every problem is told with its feature; one bad row hides no other."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from dothi.layers.errors import InputError
from dothi.store import dataset
from dothi.store.checking import check
from dothi.store.coordinates import transform_geometries
from dothi.store.place import misplaced
from dothi.store.problems import LISTED
from dothi.store.rows import promote

from .conftest import EAST, NORTH, parcels, square

BOW_TIE = shapely.Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])


def foreign(data, layer, frame):
    """Write as another program does: past every check of ours."""
    if frame.active_geometry_name and frame.geom_type.isin(["Polygon", "MultiPolygon"]).any():
        frame = frame.set_geometry(gpd.GeoSeries(promote(frame.geometry.to_numpy()), index=frame.index, crs=frame.crs))
    pyogrio.write_dataframe(frame, data, layer=layer, append=True)


def codes(problems, layer="parcel"):
    return sorted((row["code"].rsplit(".", 1)[1], row["field"]) for row in problems.rows if row["layer"] == layer)


def test_good_data_have_no_problems(data):
    dataset.append(data, "parcel", parcels(5))
    assert check(data).count == 0


def test_bad_geometries_are_named_and_the_rest_still_checked(data):
    frame = parcels(5, area_legal_m2=[-1, 1, 1, 1, 1])
    frame.geometry = [square(0), BOW_TIE, None, shapely.Polygon(), square(4)]
    foreign(data, "parcel", frame)
    problems = check(data)
    assert codes(problems) == [
        ("geometry_empty", ""),
        ("geometry_invalid", ""),
        ("geometry_null", ""),
        ("range", "area_legal_m2"),
    ]
    uid = dataset.read(data, "parcel")["uid"][1]
    (crossed,) = [row for row in problems.rows if row["code"].endswith("invalid")]
    assert crossed["uid"] == uid
    assert uid in crossed["vi"]
    assert "Self-intersection" in crossed["en"]


def test_values_are_held_against_the_declaration(data):
    frame = gpd.GeoDataFrame(
        {
            "code": ["C 1", "C2", "C3"],
            "lifecycle": ["in_service", "broken", "removed"],
            "height_m": [9.0, 400.0, 9.0],
            "install_date": pd.to_datetime(["2020-01-01", "2020-01-01", "2020-01-01"]),
            "removal_date": pd.to_datetime(["", "", "2019-01-01"]),
            "cabinet_id": ["", "6e2a2f0e-0000-4000-8000-000000000000", ""],
        },
        geometry=[shapely.Point(EAST, NORTH)] * 3,
        crs="EPSG:9210",
    )
    foreign(data, "lighting_pole", frame)
    assert codes(check(data, ["lighting_pole"]), "lighting_pole") == [
        ("check", "code"),
        ("check", "removal_date"),
        ("domain", "lifecycle"),
        ("range", "height_m"),
        ("reference", "cabinet_id"),
    ]


def test_old_land_codes_are_noticed_not_refused(data):
    dataset.append(data, "parcel", parcels(1, land_use=["COC"]))
    (row,) = check(data).rows
    assert (row["code"], row["level"]) == ("schema.problem.domain_open", "warning")
    assert "COC" in row["vi"]


def test_a_table_of_another_program_is_checked_as_far_as_it_goes(folder):
    path = folder / "khác.gpkg"
    frame = gpd.GeoDataFrame({"code": ["a", "a", None]}, geometry=[square(0)] * 3, crs="EPSG:9210")
    pyogrio.write_dataframe(frame, path, layer="parcel")
    found = codes(check(path))
    assert ("column_missing", "uid") in found
    assert found.count(("unique", "code")) == 2
    assert ("required", "code") in found
    assert any(row["uid"] == "fid 3" for row in check(path).rows)


def test_many_equal_problems_are_counted_and_the_first_listed(data):
    count = LISTED + 50
    foreign(data, "parcel", parcels(count, area_legal_m2=[-1.0] * count))
    problems = check(data)
    assert problems.by_code() == {"schema.problem.range": count}
    assert len(problems.rows) == LISTED


def test_a_layer_asked_for_and_missing_is_told(folder):
    path = dataset.create(folder / "a.gpkg", ["parcel"], "EPSG:9210")
    assert [row["code"] for row in check(path, ["building"]).rows] == ["schema.problem.layer_missing"]
    with pytest.raises(InputError, match=r"schema\.unknown_layer"):
        check(path, ["nothing"])


def table(path, crs, geometries):
    frame = gpd.GeoDataFrame({"code": [str(n) for n in range(len(geometries))]}, geometry=geometries, crs=crs)
    pyogrio.write_dataframe(frame, path, layer="parcel")
    return [row["code"].removeprefix("schema.problem.") for row in check(path).rows if "crs" in row["code"]]


def test_systems_that_cannot_be_judged_in_are_told(folder):
    plot = shapely.box(106.78, 11.03, 106.79, 11.04)
    with pytest.warns(UserWarning, match="crs"):
        assert table(folder / "none.gpkg", None, [square(0)]) == ["crs_missing"]
    assert table(folder / "degrees.gpkg", "EPSG:4326", [plot]) == ["crs_geographic"]
    assert table(folder / "other.gpkg", "EPSG:2154", [square(0)]) == ["crs_unknown"]
    assert table(folder / "mixed.gpkg", "EPSG:9210", [plot]) == ["crs_degrees"]


@pytest.mark.parametrize(
    ("place", "right", "wrong"),
    [
        ((106.78, 11.035), "EPSG:9210", "EPSG:5899"),
        ((106.78, 11.035), "EPSG:9210", "EPSG:9218"),
        ((106.78, 11.035), "EPSG:9210", "EPSG:3405"),
        ((108.102, 10.929), "EPSG:9218", "EPSG:9210"),
        ((108.004, 10.79), "EPSG:9218", "EPSG:5899"),  # Suối Nhum, 82 km off
    ],
)
def test_a_wrong_zone_is_noticed_and_the_right_one_named(place, right, wrong):
    plots = transform_geometries([shapely.Point(place).buffer(0.001)], "EPSG:4326", right)
    own = "binh_duong" if right == "EPSG:9210" else "binh_thuan"
    assert misplaced(plots, right, own) is None
    assert misplaced(plots, right, "binh_duong") is None  # a data set may hold layers of both provinces
    found = misplaced(plots, wrong, own)
    assert found is not None
    assert (found.code, found.zone) == ("crs_wrong_zone", right)


def test_a_few_strays_are_not_a_wrong_zone():
    plots = np.array([square(n) for n in range(9)] + [shapely.box(900000, NORTH, 900010, NORTH + 10)])
    found = misplaced(plots, "EPSG:9210")
    assert found is not None
    assert (found.code, found.count) == ("outside_province", 1)

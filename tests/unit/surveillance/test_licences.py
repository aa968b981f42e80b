"""A licence as it stood on the day of the scene: begun, ended, ended early, extended, reduced."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pytest
import shapely

from dothi.processing.surveillance.cases.licences import in_force, not_in_force

ROWS = {  # code: valid_from, valid_to, ended_on, replaces
    "A": ("2010-01-01", "2020-01-01", None, None),
    "A2": ("2015-06-01", "2030-01-01", None, "A"),  # the same mine, reduced
    "B": ("2012-01-01", "2030-01-01", "2018-03-15", None),  # revoked
    "C": (None, None, None, None),
}


@pytest.fixture
def licences() -> gpd.GeoDataFrame:
    columns = ("valid_from", "valid_to", "ended_on", "replaces")
    rows = {name: [row[at] for row in ROWS.values()] for at, name in enumerate(columns)}
    return gpd.GeoDataFrame({"code": list(ROWS), **rows}, geometry=[shapely.box(0, 0, 1, 1)] * 4, crs="EPSG:9218")


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2009, 12, 31), "C"),
        (date(2010, 1, 1), "AC"),
        (date(2015, 5, 31), "ABC"),
        (date(2015, 6, 1), ["A2", "B", "C"]),  # the former is over where the new one begins
        (date(2018, 3, 14), ["A2", "B", "C"]),
        (date(2018, 3, 15), ["A2", "C"]),
        (date(2030, 1, 1), ["A2", "C"]),  # its last day
        (date(2030, 1, 2), "C"),
    ],
)
def test_what_is_in_force(licences, day, codes):
    assert in_force(licences, day)["code"].tolist() == list(codes)


def test_why_another_is_not(licences):
    found = not_in_force(licences, date(2014, 1, 1)).set_index("code")["state"].to_dict()
    assert found == {"A2": "not_yet"}
    assert not_in_force(licences, date(2019, 1, 1)).set_index("code")["state"].to_dict() == {
        "A": "expired",
        "B": "expired",
    }


def test_a_data_set_without_the_newer_columns(licences):
    old = licences.drop(columns=["ended_on", "replaces"])
    assert in_force(old, date(2019, 1, 1))["code"].tolist() == ["A", "A2", "B", "C"]

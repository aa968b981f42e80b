"""Indicators of small plans, reckoned by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Polygon

from dothi.processing.zoning.plans.comparison import fates, side_by_side, verdict_rows
from dothi.processing.zoning.plans.indicators import Assumptions, indicators

from ..zoning.scenes import EAST, NORTH, buildings, frame, rectangle, uid, zones


def plan() -> dict[str, gpd.GeoDataFrame]:
    """A housing zone of 100 × 100 m and a park of 50 × 100 m east of it.

    A podium of 20 × 20 m and a tower of 10 × 10 m upon it (300 and 1,000 m² of floor), a house of 10 × 10 m (200 m²)
    and a pavilion of 10 × 20 m (200 m²) that stands half in the park.
    """
    return {
        "planned_zone": zones(
            housing=(rectangle(0, 0, 100, 100), {"land_use": "ODT"}),
            park=(rectangle(100, 0, 150, 100), {"land_use": "DKV"}),
        ),
        "building": buildings(
            podium=(rectangle(10, 10, 30, 30), {"use": "mixed", "floor_area_m2": 300.0}),
            tower=(rectangle(10, 10, 20, 20), {"use": "apartment", "floor_area_m2": 1000.0}),
            house=(rectangle(50, 50, 60, 60), {"use": "detached", "floor_area_m2": 200.0}),
            pavilion=(rectangle(90, 40, 110, 50), {"use": "public", "floor_area_m2": 200.0}),
        ),
        "existing_land_use": frame(
            [
                {"uid": uid("a"), "land_use": "LUC", "geometry": rectangle(0, 0, 100, 100)},
                {"uid": uid("b"), "land_use": "LUC", "geometry": rectangle(100, 0, 120, 100)},
                {"uid": uid("c"), "land_use": "CLN", "geometry": rectangle(120, 0, 150, 100)},
            ],
            ("land_use",),
        ),
    }


def told(table: pd.DataFrame, indicator: str, label: str = "") -> pd.Series:
    rows = table[(table["indicator"] == indicator) & (table["label"] == label)]
    assert len(rows) == 1, (indicator, label)
    return rows.iloc[0]


def value(table: pd.DataFrame, indicator: str, label: str = "") -> float:
    return float(told(table, indicator, label)["value"])


def test_areas_by_land_use():
    found = indicators(plan())
    assert value(found, "planned_area", "ODT") == pytest.approx(10_000)
    assert value(found, "planned_area", "DKV") == pytest.approx(5_000)
    assert value(found, "planned_area_total") == pytest.approx(15_000)
    assert value(found, "existing_area", "LUC") == pytest.approx(12_000)
    assert value(found, "existing_area", "CLN") == pytest.approx(3_000)


def test_coverage_unites_podium_and_tower_and_divides_what_stands_on_two_zones():
    found = indicators(plan())
    # housing: 400 (tower within the podium) + 100 + 100 of the pavilion = 600; park: 100
    assert value(found, "zone_coverage", "housing") == pytest.approx(6.0)
    assert value(found, "zone_coverage", "park") == pytest.approx(2.0)
    assert value(found, "coverage") == pytest.approx(100 * 700 / 15_000)
    # floor: 300 + 1,000 + 200 + 100 = 1,600 in the housing zone, 100 in the park
    assert value(found, "zone_far", "housing") == pytest.approx(0.16)
    assert value(found, "zone_far", "park") == pytest.approx(0.02)
    assert value(found, "far") == pytest.approx(1_700 / 15_000)
    assert value(found, "floor_area") == pytest.approx(1_700)
    assert value(found, "buildings") == 4


def test_what_says_nothing_of_its_floor_is_left_out_and_counted():
    layers = plan()
    layers["building"].loc[layers["building"]["code"] == "house", "floor_area_m2"] = None
    found = indicators(layers)
    assert told(found, "floor_area")[["value", "left_out"]].tolist() == [1_500, 1]
    assert told(found, "zone_far", "housing")["left_out"] == 1
    assert told(found, "zone_far", "park")["left_out"] == 0
    assert told(found, "far")["left_out"] == 1


def test_people_and_green_are_not_computed_from_nothing():
    found = indicators(plan())
    for indicator, missing in (
        ("population", "population"),
        ("green_area", "green_space"),
        ("green_per_person", "green_space"),
    ):
        row = told(found, indicator)
        assert pd.isna(row["value"])
        assert row["missing"] == missing
        assert not row["assumed"]


def test_assumptions_are_marked_and_flats_in_mixed_buildings_counted_as_left_out():
    found = indicators(plan(), Assumptions(floor_per_person=24.0, green_uses=("DKV",)))
    people = told(found, "population")
    assert people["value"] == pytest.approx((1_000 + 200) / 24)  # 50 people
    assert people["assumed"]
    assert people["left_out"] == 1
    assert told(found, "green_area")[["value", "assumed"]].tolist() == [pytest.approx(5_000), True]
    each = told(found, "green_per_person")
    assert each["value"] == pytest.approx(100.0)
    assert each["assumed"]


def test_what_the_plan_states_goes_before_what_is_assumed():
    layers = plan()
    layers["planned_zone"]["population"] = [250.0, None]
    green = [
        {"uid": uid("g"), "kind": "planted", "access": "public", "geometry": rectangle(0, 0, 50, 50)},
        {"uid": uid("s"), "kind": "planted", "access": "special", "geometry": rectangle(0, 50, 50, 100)},
        {"uid": uid("w"), "kind": "water", "geometry": rectangle(50, 50, 100, 100)},
    ]
    layers["green_space"] = frame(green, ("kind", "access"))
    found = indicators(layers, Assumptions(floor_per_person=24.0, green_uses=("DKV",)))
    assert told(found, "population")[["value", "assumed"]].tolist() == [250.0, False]
    assert value(found, "green_area") == pytest.approx(2_500)  # neither water nor a tree nursery is green for people
    assert value(found, "green_per_person") == pytest.approx(10.0)


def test_a_layer_that_is_not_there_is_named():
    found = indicators({})
    for indicator in ("planned_area", "existing_area", "buildings", "coverage", "far", "floor_area", "population"):
        row = told(found, indicator)
        assert pd.isna(row["value"])
        assert row["missing"]
    without = indicators({"building": plan()["building"]})
    assert told(without, "coverage")["missing"] == "planned_zone"
    assert value(without, "floor_area") == pytest.approx(1_700)


def test_a_geometry_that_cannot_be_measured_is_left_out_and_counted():
    layers = plan()
    bow = MultiPolygon([Polygon([(EAST + x, NORTH + y) for x, y in ((0, 0), (9, 9), (9, 0), (0, 9))])])
    layers["building"].loc[3, "geometry"] = bow
    found = indicators(layers)
    assert told(found, "coverage")["left_out"] == 1
    assert value(found, "zone_coverage", "park") == 0.0


def findings(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["rule", "feature_uid", "outcome"])


def test_the_fate_of_breaches():
    base = findings(
        ("setback", "a", "fail"),
        ("setback", "a", "fail"),  # from two streets
        ("setback", "b", "fail"),
        ("density", "a", "pass"),
        ("far", "a", "not_checkable"),
    )
    other = findings(
        ("setback", "a", "fail"),
        ("setback", "b", "pass"),
        ("density", "a", "fail"),
        ("far", "a", "fail"),
        ("far", "new", "fail"),
    )
    assert fates(base, other) == {"fixed": 2, "new": 3, "unchanged": 1}
    assert fates(base, base) == {"fixed": 0, "new": 0, "unchanged": 3}


def test_states_stand_side_by_side():
    base, other = plan(), plan()
    other["planned_zone"] = zones(
        housing=(rectangle(0, 0, 100, 100), {"land_use": "TMD"}),
        school=(rectangle(100, 0, 150, 100), {"land_use": "DGD"}),
    )
    verdicts = findings(("r", "a", "fail")), findings(("r", "b", "fail"), ("r", "a", "pass"))
    rows = side_by_side(
        [
            pd.concat([indicators(base), verdict_rows(verdicts[0])]),
            pd.concat([indicators(other), verdict_rows(verdicts[1], verdicts[0])]),
        ]
    )
    by_name = {(row["indicator"], row["label"]): row for row in rows}
    assert by_name["planned_area", "ODT"]["values"] == [pytest.approx(10_000), 0.0]
    assert by_name["planned_area", "DGD"]["values"] == [0.0, pytest.approx(5_000)]
    assert by_name["zone_coverage", "park"]["values"] == [pytest.approx(2.0), None]
    assert by_name["verdicts", "pass"]["values"] == [0.0, 1.0]
    assert by_name["findings", "fixed"]["values"] == [None, 1.0]
    assert by_name["findings", "new"]["values"] == [None, 1.0]
    assert by_name["population", ""]["missing"] == ["population", "population"]
    names = [row["indicator"] for row in rows]
    assert names == sorted(names, key=names.index)  # each indicator's rows together

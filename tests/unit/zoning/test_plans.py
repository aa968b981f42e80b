"""A lower plan against the one above, and finished buildings against their permits, worked out by hand."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon

from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.rules import Compatibility, Source, Validity
from dothi.processing.zoning.verdicts.check import check

from .scenes import EAST, NORTH, frame, moved, rectangle, uid

RULES = packs.load()[0]
DAY = date(2026, 6, 1)
ZONE = ("code", "land_use", "max_density_pct", "max_far", "max_height_m", "plan_state", "approved_on")


def layer(columns, **shapes):
    rows = [{"uid": uid(name), "code": name, "geometry": shape} | values for name, (shape, values) in shapes.items()]
    return frame(rows, columns)


def plans(lower, upper):
    return {
        "planned_zone": layer(
            ZONE, **{name: (shape, {"plan_state": "approved"} | v) for name, (shape, v) in lower.items()}
        ),
        "upper_zone": layer(
            ZONE,
            **{
                name: (shape, {"plan_state": "approved", "approved_on": date(2024, 1, 1)} | v)
                for name, (shape, v) in upper.items()
            },
        ),
    }


def found(scene, *wanted, **options):
    return check(scene, packs.select(RULES, wanted), DAY, **options).set_index(["rule", "feature_code"])


def test_a_lower_plan_may_not_allow_more_than_the_one_above():
    scene = plans(
        {
            "A1": (
                rectangle(0, 0, 50, 100),
                {"land_use": "ODT", "max_density_pct": 60.0, "max_far": 3.0, "max_height_m": 40.0},
            ),
            "A2": (rectangle(50, 0, 100, 100), {"land_use": "ODT", "max_density_pct": 45.0, "max_far": 4.0}),
        },
        {
            "U": (
                rectangle(0, 0, 100, 100),
                {"land_use": "ODT", "max_density_pct": 50.0, "max_far": 3.5, "max_height_m": 40.0},
            )
        },
    )
    told = found(scene, "plan.upper")
    assert told["outcome"].to_dict() == {
        ("plan.upper.density", "A1"): "fail",
        ("plan.upper.density", "A2"): "pass",
        ("plan.upper.far", "A1"): "pass",
        ("plan.upper.far", "A2"): "fail",
        ("plan.upper.height", "A1"): "pass",
        ("plan.upper.height", "A2"): "not_checkable",
        ("plan.upper.land_use", "A1"): "pass",
        ("plan.upper.land_use", "A2"): "pass",
    }
    breach = told.loc[("plan.upper.density", "A1")]
    assert (breach["measured"], breach["limit_value"], breach["margin"]) == (60.0, 50.0, -10.0)
    assert breach.geometry.area == pytest.approx(5000)
    assert json.loads(told.loc[("plan.upper.height", "A2"), "missing"]) == ["planned_zone.max_height_m"]


def test_a_use_that_the_plan_above_refuses_is_shown_where_it_lies():
    scene = plans(
        {"A1": (rectangle(0, 0, 100, 100), {"land_use": "SKK"})},
        {
            "U1": (rectangle(0, 0, 70, 100), {"land_use": "SKK"}),
            "U2": (rectangle(70, 0, 100, 100), {"land_use": "ODT"}),
        },
    )
    unknown = found(scene, "plan.upper.land_use").iloc[0]
    assert json.loads(unknown["missing"]) == ["compatibility"]
    matrix = Compatibility("m", 1, Source("Quyết định", "1"), "simulated", Validity(), {"ODT": frozenset({"ODT"})})
    refused = found(scene, "plan.upper.land_use", matrix=matrix).iloc[0]
    assert (refused["outcome"], refused["measured"]) == ("fail", pytest.approx(3000))
    assert refused.geometry.bounds[0] == pytest.approx(EAST + 70)


def test_ground_outside_the_plan_above_cannot_be_checked():
    scene = plans(
        {"A1": (rectangle(0, 0, 100, 100), {"land_use": "ODT", "max_far": 3.0})},
        {"U1": (rectangle(0, 0, 40, 100), {"land_use": "ODT"})},
    )
    told = found(scene, "plan.upper.land_use", "plan.upper.far")
    assert json.loads(told.loc[("plan.upper.land_use", "A1"), "missing"]) == ["upper_zone"]
    assert json.loads(told.loc[("plan.upper.far", "A1"), "missing"]) == ["upper_zone.max_far"]


def built(**houses):
    allowed = {"permit_no": "12/GPXD", "height_m": 12.0, "issued_on": date(2024, 5, 1)}
    return {
        "building": layer(("code", "use", "height_m", "permit_no"), **houses),
        "building_permit": layer(("permit_no", "issued_on", "height_m"), phep=(rectangle(0, 0, 10, 20), allowed)),
    }


def house(shape, number="12/GPXD", height=12.0):
    return shape, {"permit_no": number, "height_m": height}


def test_a_building_as_permitted_passes():
    told = found(built(house=house(rectangle(0, 0, 10, 20))), "plan.permit")
    assert set(told["outcome"]) == {"pass"}


def test_what_reaches_over_the_permit_is_measured_and_shown():
    told = found(built(house=house(rectangle(0, -1.5, 10, 20), height=15.6)), "plan.permit").reset_index("feature_code")
    footprint = told.loc["plan.permit.footprint"]
    assert footprint["measured"] == pytest.approx(1.5)
    assert footprint.geometry.area == pytest.approx(15)
    assert told.loc["plan.permit.position", "measured"] == pytest.approx(0.75)
    height = told.loc["plan.permit.height"]
    assert (height["outcome"], height["margin"]) == ("fail", pytest.approx(-3.6))
    assert "vượt chiều cao được phép 12 m (Giấy phép xây dựng, chiều cao công trình 12/GPXD)" in height["message_vi"]


def test_a_notch_in_the_permit_is_not_filled():
    notched = Polygon([(0, 0), (10, 0), (10, 10), (6, 10), (6, 4), (4, 4), (4, 10), (0, 10)])
    scene = built(house=house(rectangle(0, 0, 10, 10)))
    shape = MultiPolygon([affinity.translate(notched, EAST, NORTH)])
    scene["building_permit"] = scene["building_permit"].set_geometry([shape], crs=scene["building"].crs)
    # The farthest point of the filled notch (2 m wide) is a metre from either side.
    assert found(scene, "plan.permit.footprint").iloc[0]["measured"] == pytest.approx(1.0, abs=0.13)


def test_without_a_permit_nothing_is_compared_and_an_unknown_number_is_told():
    scene = built(
        none=house(rectangle(0, 0, 10, 20), None),
        lost=house(rectangle(0, 0, 10, 20), "99/GPXD"),
        low=house(rectangle(0, 0, 10, 20), height=None),
        bow=house(MultiPolygon([Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])])),
    )
    told = found(scene, "plan.permit.height", "plan.permit.footprint")
    outcome = told["outcome"].to_dict()
    assert outcome[("plan.permit.height", "none")] == "not_applicable"
    assert "không ghi số giấy phép" in told.loc[("plan.permit.height", "none"), "message_vi"]
    assert json.loads(told.loc[("plan.permit.footprint", "lost"), "missing"]) == ["building_permit"]
    assert json.loads(told.loc[("plan.permit.height", "low"), "missing"]) == ["building.height_m"]
    assert json.loads(told.loc[("plan.permit.footprint", "bow"), "missing"]) == ["building.geometry"]


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 360), st.floats(-3000, 3000))
def test_verdicts_do_not_depend_on_place_or_direction(angle, shift):
    scene = built(house=house(rectangle(0, -1.5, 10, 20)))
    turned = moved(scene, lambda s: affinity.translate(affinity.rotate(s, angle, origin=(EAST, NORTH)), shift, shift))
    before, after = found(scene, "plan.permit"), found(turned, "plan.permit")
    assert list(before["outcome"]) == list(after["outcome"])
    assert list(before["measured"]) == pytest.approx(list(after["measured"]), abs=1e-6)

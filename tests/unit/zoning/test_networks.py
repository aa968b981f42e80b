"""Hydrants, dead ends, cross-sections, ports and industrial parks on small maps, worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import Point

from dothi.processing.zoning.land.layers import Layers
from dothi.processing.zoning.land.lots import States
from dothi.processing.zoning.rulebook.packs import select
from dothi.processing.zoning.subjects.pipes import dead_ends
from dothi.processing.zoning.verdicts.check import check

from .scenes import EAST, NORTH, buildings, line, moved, rectangle, uid, zones
from .test_separations import AXIS, DAY, RULES, house, one, run, things


def at(x: float, y: float) -> Point:
    return Point(EAST + x, NORTH + y)


ALONG: Layers = {
    "hydrant": things(
        first=(at(0, 4), {"hydrant_type": "pillar"}),
        second=(at(140, 4), {"hydrant_type": "pillar"}),
        third=(at(300, 7), {"hydrant_type": "underground"}),
        lonely=(at(0, 400), {"hydrant_type": "pillar"}),
    ),
    "street_centreline": things(le_loi=(AXIS, {"carriageway_m": 7.0, "road_class": "area", "width_m": 15.0})),
}


def test_the_gap_between_two_hydrants_is_measured_along_the_street():
    found = run(ALONG, "qcvn01.hydrant.spacing").set_index("feature_code")
    assert found.outcome.to_dict() == {
        "first": "pass",
        "second": "fail",
        "third": "not_applicable",
        "lonely": "not_applicable",
    }
    assert found.measured["second"] == 160.0
    assert found.geometry["second"].bounds == pytest.approx((EAST + 139, NORTH - 1, EAST + 301, NORTH + 1))
    assert "trụ third" in found.message_vi["second"]


def test_a_bend_makes_the_way_longer_than_the_flight():
    bent = line((0, 0), (100, 0), (100, 100))
    layers = {
        "hydrant": things(a=(at(0, 1), {}), b=(at(101, 100), {})),
        "street_centreline": things(street=(bent, {"carriageway_m": 6.0})),
    }
    assert one(run(layers, "qcvn01.hydrant.spacing")).measured == 200.0


def test_hydrants_at_the_kerb_and_buried_ones_in_the_carriageway():
    found = run(ALONG, "qcvn10.hydrant.kerb").set_index("feature_code")
    assert found.measured["first"] == 0.5
    assert found.outcome.to_dict() == {
        "first": "pass",
        "second": "pass",
        "third": "not_applicable",
        "lonely": "not_applicable",
    }
    blind = {**ALONG, "street_centreline": things(le_loi=(AXIS, {"carriageway_m": None}))}
    missing = run(blind, "qcvn01.hydrant.kerb").missing.dropna()
    assert {tuple(json.loads(row)) for row in missing} == {("street_centreline.carriageway_m",)}


@pytest.mark.parametrize(("diameter", "outcome"), [(110, "pass"), (80, "fail"), (-80, "not_checkable")])
def test_the_pipe_of_a_hydrant(diameter, outcome):
    layers = {
        "hydrant": things(tcc=(at(0, 0), {"branch_pipe_id": uid("branch")})),
        "water_pipe": things(branch=(AXIS, {"dn_mm": diameter, "function": "hydrant_branch"})),
    }
    assert one(run(layers, "qcvn01.hydrant.pipe")).outcome == outcome


def test_a_hydrant_reaches_a_building_only_with_its_farthest_corner():
    """A building 10 m wide from y = 390 to y = 400: its far corners are 400.12 m away, its near ones less."""
    layers = {"building": house(390, 400, use="public"), "hydrant": things(tcc=(at(0, 0), {}))}
    found = one(run(layers, "qcvn10.hydrant.reach"))
    assert (found.outcome, found.measured) == ("fail", pytest.approx(np.hypot(400, 10)))
    assert found.geometry.area < 2.0
    assert one(run({**layers, "building": house(380, 390, use="public")}, "qcvn10.hydrant.reach")).outcome == "pass"


def test_a_branch_is_as_long_as_its_way_back_to_the_loop():
    """A triangle 0-1-2, a branch 2-3-4, at 3 a twig 3-5."""
    ends = np.array([[0, 1], [1, 2], [2, 0], [2, 3], [3, 4], [3, 5]])
    way, free = dead_ends(ends, np.array([100.0, 100, 100, 60, 50, 20]))
    assert list(free) == [False, False, False, False, True, True]
    assert list(way[free]) == [110.0, 80.0]


def test_a_single_pipe_and_a_ring_are_no_riddle():
    way, free = dead_ends(np.array([[0, 1]]), np.array([70.0]))
    assert (way[0], free[0]) == (70.0, True)
    assert not dead_ends(np.array([[0, 0]]), np.array([9.0]))[1].any()
    assert not dead_ends(np.array([[-1, -1]]), np.array([9.0]))[1].any()


def test_dead_end_pipes():
    pipes = things(
        a=(line((0, 0), (100, 0)), {"function": "distribution"}),
        b=(line((100, 0), (100, 100)), {"function": "distribution"}),
        c=(line((100, 100), (0, 0)), {"function": "distribution"}),
        d=(line((100, 0), (250, 0)), {"function": "distribution"}),
        e=(line((250, 0), (330, 0)), {"function": "distribution"}),
        twig=(line((330, 0), (330, 3)), {"function": "hydrant_branch"}),
    )
    found = run({"water_pipe": pipes}, "qcvn10.dead_end").set_index("feature_code")
    assert found.measured["e"] == 230.0
    assert found.outcome["e"] == "fail"
    assert set(found.outcome.drop("e")) == {"not_applicable"}


STREET = {"road_class": "area", "area_state": "new", "width_m": 16.0, "sidewalk_m": 3.0, "design_speed_kmh": None}


@pytest.mark.parametrize(
    ("change", "rule", "outcome"),
    [
        ({}, "qcvn07_4.street_width", "pass"),
        ({"width_m": 15.9}, "qcvn07_4.street_width", "fail"),
        ({"width_m": None}, "qcvn07_4.street_width", "not_checkable"),
        ({"width_m": -16.0}, "qcvn07_4.street_width", "not_checkable"),
        ({"area_state": "existing", "width_m": 3.0}, "qcvn07_4.street_width", "not_applicable"),
        ({"area_state": None}, "qcvn07_4.street_width", "not_checkable"),
        ({"road_class": "rural"}, "qcvn07_4.street_width", "not_applicable"),
        ({}, "qcvn07_4.street_width_at_speed.area", "not_applicable"),
        ({"design_speed_kmh": 40}, "qcvn07_4.street_width_at_speed.area", "pass"),
        ({"design_speed_kmh": 50}, "qcvn07_4.street_width_at_speed.area", "fail"),
        ({"sidewalk_m": 2.9}, "qcvn07_4.sidewalk", "fail"),
        ({"sidewalk_m": None}, "qcvn07_4.sidewalk", "not_checkable"),
    ],
)
def test_cross_sections(change, rule, outcome):
    assert list(run({"street_centreline": things(d1=(AXIS, STREET | change))}, rule).outcome) == [outcome]


def test_the_area_state_of_the_job_goes_before_that_of_the_street():
    layers = {"street_centreline": things(d1=(AXIS, STREET | {"width_m": 3.0}))}
    found = check(layers, select(RULES, ["qcvn07_4.street_width"]), DAY, states=States(area="existing"))
    assert list(found.outcome) == ["not_applicable"]


@pytest.mark.parametrize(
    ("kind", "area", "quay", "outcome"),
    [
        ("inland_port", 25.0, 1000.0, "pass"),
        ("inland_port", 24.9, 1000.0, "fail"),
        ("landing", 0.4, 60.0, "fail"),
        ("landing", 0.4, 0.0, "not_checkable"),
        ("dry_port", 0.1, 1.0, "not_applicable"),
    ],
)
def test_land_of_ports(kind, area, quay, outcome):
    port = {"port_kind": kind, "area_ha": area, "quay_m": quay}
    assert list(run({"logistics_port": things(port=(at(0, 0), port))}, "qcvn01.port_land").outcome) == [outcome]


def park(belt: float, **more: tuple[Any, str]) -> Layers:
    """A park of 400 x 250 m: a green belt of ``belt`` metres, a road of 30 m, a technical lot, lots."""
    whole, inner = rectangle(0, 0, 400, 250), rectangle(belt, belt, 400 - belt, 250 - belt)
    road, works = rectangle(belt, 100, 400 - belt, 130), rectangle(belt + 20, 140, belt + 60, 170)
    parts: dict[str, tuple[Any, dict[str, Any]]] = {
        "belt": (whole.difference(inner), {"land_use": "DKV"}),
        "road": (road, {"land_use": "DGT"}),
        "works": (works, {"land_use": "DNL"}),
        "lots": (inner.difference(road).difference(works), {"land_use": "SKK"}),
    }
    return {"industrial_park": things(park=(whole, {})), "planned_zone": zones(**parts, **more)}


def test_the_plan_of_an_industrial_park():
    """A belt of 10 m: 400·250 − 380·230 = 12,600 m² green, 380·30 = 11,400 m² road, 1,200 m² works of 100,000 m²."""
    found = run(park(10), "qcvn01.park").set_index("rule")
    assert set(found.outcome) == {"pass"}
    assert found.measured.to_dict() == pytest.approx(
        {
            "qcvn01.park.green": 12.6,
            "qcvn01.park.roads": 11.4,
            "qcvn01.park.technical": 1.2,
            "qcvn01.park.buffer": 10.0,
        }
    )


def test_a_narrow_belt_is_too_little_green_and_no_buffer():
    found = run(park(6), "qcvn01.park").set_index("rule")
    assert found.outcome.to_dict() == {
        "qcvn01.park.green": "fail",
        "qcvn01.park.buffer": "fail",
        "qcvn01.park.roads": "pass",
        "qcvn01.park.technical": "pass",
    }
    assert found.measured["qcvn01.park.buffer"] == 6.0


def test_a_park_that_its_zones_do_not_cover_is_not_judged():
    layers = park(10)
    layers = {**layers, "planned_zone": layers["planned_zone"].iloc[:2].reset_index(drop=True)}
    assert {tuple(json.loads(row)) for row in run(layers, "qcvn01.park").missing} == {("planned_zone.cover",)}


def summary(found: gpd.GeoDataFrame) -> dict[Any, Any]:
    return {
        (row.rule, row.feature_code): (row.outcome, None if np.isnan(row.measured) else round(row.measured, 3))
        for row in found.itertuples()
    }


SCENE: Layers = {**ALONG, **park(8), "building": buildings(house=(rectangle(0, 8, 10, 18), {"use": "public"}))}
WANTED = ("qcvn01.hydrant", "qcvn10.hydrant", "qcvn01.park", "qcvn07_4")
EXPECTED = summary(run(SCENE, *WANTED))


@settings(max_examples=15, deadline=None)
@given(st.floats(-20_000, 20_000), st.floats(-20_000, 20_000), st.floats(0, 360), st.floats(3, 90))
def test_a_verdict_does_not_depend_on_place_direction_or_vertices(east, north, angle, step):
    def change(shape):
        turned = affinity.translate(affinity.rotate(shape, angle, origin=(EAST, NORTH)), east, north)
        return turned if turned.geom_type == "Point" else shapely.segmentize(turned, step)

    assert summary(run(moved(SCENE, change), *WANTED)) == EXPECTED

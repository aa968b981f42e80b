"""Ways on foot and housing units, worked out by hand."""

from __future__ import annotations

import json
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, MultiLineString, Point

from dothi.processing.zoning.land.walking import network, ways
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.verdicts.check import check

from .scenes import EAST, NORTH, buildings, centrelines, frame, line, moved, parcels, rectangle, uid, zones

RULES = packs.load()[0]
DAY = date(2026, 6, 1)


def array(*shapes):
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


# A block of 100 x 200 m with streets on its four sides.
BLOCK = array(LineString([(0, 0), (100, 0), (100, 200), (0, 200), (0, 0)]))


def test_a_way_follows_the_streets_and_takes_the_shorter_side():
    found = ways(network(BLOCK), array(Point(0, 50)), array(Point(100, 50)))
    assert found.distance[0] == pytest.approx(50 + 100 + 50)
    found = ways(network(BLOCK), array(Point(0, 120)), array(Point(100, 120)))
    assert found.distance[0] == pytest.approx(80 + 100 + 80)


def test_the_steps_to_the_street_count_and_the_nearest_goal_is_named():
    goals = array(Point(110, 50), Point(50, 215))
    found = ways(network(BLOCK), array(Point(-20, 50), Point(-20, 150)), goals)
    assert found.distance.tolist() == pytest.approx([20 + 50 + 100 + 50 + 10, 20 + 50 + 50 + 15])
    assert found.goal.tolist() == [0, 1]


def test_a_goal_on_the_same_stretch_is_reached_along_it():
    street = array(LineString([(0, 0), (1000, 0)]))
    found = ways(network(street), array(Point(400, 5)), array(Point(430, -5)))
    assert found.distance[0] == pytest.approx(5 + 30 + 5)


def test_crossing_streets_are_joined_and_separate_ones_are_not():
    cross = array(LineString([(-50, 0), (50, 0)]), LineString([(0, -50), (0, 50)]))
    assert ways(network(cross), array(Point(-50, 0)), array(Point(0, 50))).distance[0] == pytest.approx(100)
    apart = array(LineString([(-50, 0), (50, 0)]), LineString([(0, 10), (0, 50)]))
    assert np.isnan(ways(network(apart), array(Point(-50, 0)), array(Point(0, 50))).distance[0])


def test_of_two_streets_between_the_same_crossings_the_shorter_is_walked():
    bend, straight = LineString([(0, 0), (50, 80), (100, 0)]), LineString([(0, 0), (100, 0)])
    streets = array(bend, straight, LineString([(-10, 0), (0, 0)]), LineString([(100, 0), (110, 0)]))
    assert ways(network(streets), array(Point(-10, 0)), array(Point(110, 0))).distance[0] == pytest.approx(120)


def test_what_is_far_from_every_street_has_no_known_way():
    found = ways(network(BLOCK), array(Point(-500, 0), None), array(Point(0, 0)))
    assert np.isnan(found.distance).all()
    assert found.goal.tolist() == [-1, -1]
    assert np.isnan(ways(network(array(None)), array(Point(0, 0)), array(Point(0, 0))).distance).all()
    assert np.isnan(ways(network(BLOCK), array(Point(0, 0)), array()).distance).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=8, unique=True))
def test_on_a_grid_the_way_is_that_of_a_taxi(corners):
    grid = array(*[LineString([(0, i * 50), (300, i * 50)]) for i in range(7)],
                 *[LineString([(i * 50, 0), (i * 50, 300)]) for i in range(7)])  # fmt: skip
    here, *goals = [Point(x * 50, y * 50) for x, y in corners]
    found = ways(network(grid), array(here), array(*goals)).distance[0]
    assert found == pytest.approx(min(abs(here.x - g.x) + abs(here.y - g.y) for g in goals), abs=1e-6)


def facility(**given) -> gpd.GeoDataFrame:
    rows = [
        {"uid": uid(name), "code": name, "name": f"Cơ sở {name}", "kind": kind, "capacity": capacity,
         "geometry": Point(EAST + x, NORTH + y)}
        for name, (kind, x, y, capacity) in given.items()
    ]  # fmt: skip
    return frame(rows, ("code", "name", "kind", "capacity"))


def town():
    """A straight street of 1500 m; a house at its beginning, another in the middle, a factory beside it."""
    return {
        "parcel": parcels(a=rectangle(0, 10, 20, 30), b=rectangle(900, 10, 920, 30), c=rectangle(920, 10, 960, 30)),
        "building": buildings(
            far=(rectangle(0, 10, 10, 20), {"use": "detached"}),
            near=(rectangle(900, 10, 910, 20), {"use": "apartment"}),
            works=(rectangle(930, 10, 950, 20), {"use": "factory"}),
        ),
        "planned_zone": zones(z=(rectangle(-50, 0, 2000, 100), {"area_state": "new", "plan_state": "approved"})),
        "street_centreline": centrelines(first=(line((0, 0), (1500, 0)), {"road_class": "area"})),
        "service_facility": facility(tieu_hoc=("primary", 1200, 0, 650)),
    }


def judged(scene, *wanted):
    return check(scene, packs.select(RULES, wanted), DAY).set_index(["rule", "feature_code"])


def test_homes_too_far_from_a_school_are_found():
    told = judged(town(), "qcvn01.service_radius.primary", "qcvn01.service_radius.clinic")
    rule = "qcvn01.service_radius.primary"
    assert told.loc[(rule, "near"), ["outcome", "measured"]].tolist() == ["pass", pytest.approx(295 + 15)]
    assert told.loc[(rule, "far"), ["outcome", "measured"]].tolist() == ["fail", pytest.approx(1195 + 15)]
    assert "Cơ sở tieu_hoc" in told.loc[(rule, "far"), "message_vi"]
    assert told.loc[(rule, "works"), "outcome"] == "not_applicable"
    missing = told.loc[("qcvn01.service_radius.clinic", "near"), "missing"]
    assert json.loads(missing) == ["service_facility.clinic"]


def test_in_an_existing_area_twice_the_way_is_allowed():
    scene = town()
    scene["planned_zone"] = zones(
        z=(rectangle(-50, 0, 2000, 100), {"area_state": "existing", "plan_state": "approved"})
    )
    scene["service_facility"] = facility(tieu_hoc=("primary", 700, 0, 650))
    told = judged(scene, "qcvn01.service_radius.primary")
    assert told.loc[("qcvn01.service_radius.primary", "far"), ["outcome", "limit_value"]].tolist() == ["pass", 1000.0]


@settings(max_examples=10, deadline=None)
@given(st.floats(0, 360), st.floats(-3000, 3000))
def test_the_way_does_not_depend_on_place_or_direction(angle, shift):
    turned = moved(town(), lambda s: affinity.translate(affinity.rotate(s, angle, origin=(EAST, NORTH)), shift, shift))
    rule = "qcvn01.service_radius.primary"
    assert judged(turned, rule)["measured"].to_list()[:2] == pytest.approx([1210, 310], abs=1e-5)


def test_collinear_vertices_and_the_drawing_direction_change_nothing():
    scene = town()
    points = [(EAST + x, NORTH) for x in range(1500, -1, -30)]
    scene["street_centreline"] = centrelines(first=(MultiLineString([points]), {"road_class": "area"}))
    assert judged(scene, "qcvn01.service_radius.primary")["measured"].to_list()[:2] == pytest.approx([1210, 310])


def unit(park=5200.0, people=(3000, 2000), role="public_green", **facilities):
    """A housing unit of two housing zones and a park 100 m wide, beside a city's other ground."""
    return {
        "planned_zone": _zones(
            O1=(rectangle(0, 0, 200, 100), {"role": "housing", "population": people[0]}),
            O2=(rectangle(200, 0, 400, 100), {"role": "housing", "population": people[1]}),
            CX=(rectangle(0, 100, 100, 100 + park / 100), {"role": role}),
            P1=(rectangle(300, 100, 400, 180), {"role": "parking"}),
            far=(rectangle(900, 0, 1000, 100), {"unit": None, "role": "public_green"}),
        ),
        "admin_unit": frame(
            [{"uid": uid("city"), "code": "79", "population": 400_000, "geometry": rectangle(-900, -900, 2000, 2000)}],
            ("code", "population"),
        ),
        "service_facility": facility(**facilities),
    }


def _zones(**shapes):
    rows = [
        {"uid": uid(name), "code": name, "unit": "Đơn vị ở 1", "plan_state": "approved", "geometry": shape} | values
        for name, (shape, values) in shapes.items()
    ]
    return frame(rows, ("code", "unit", "role", "population", "plan_state", "approved_on", "area_state"))


def test_a_unit_is_measured_over_all_of_its_zones():
    scene = unit(truong=("primary", 50, 50, 300), ngoai=("primary", 950, 50, 900))
    told = judged(scene, "qcvn01.unit_population", "qcvn01.unit_green", "qcvn01.unit_park", "qcvn01.parking",
                  "qcvn01.school_places.primary").reset_index()  # fmt: skip
    assert set(told["feature_code"]) == {"Đơn vị ở 1"}
    measured = told.set_index("rule")["measured"].to_dict()
    assert measured["qcvn01.unit_population.least"] == 5000
    assert measured["qcvn01.unit_green"] == pytest.approx(5200 / 5000)
    assert measured["qcvn01.unit_park"] == pytest.approx(5200)
    assert measured["qcvn01.parking"] == pytest.approx(8000 / 5000)
    assert measured["qcvn01.school_places.primary"] == pytest.approx(300 / 5)
    outcome = told.set_index("rule")["outcome"].to_dict()
    assert outcome == {
        "qcvn01.unit_population.least": "pass",
        "qcvn01.unit_population.most": "pass",
        "qcvn01.unit_green": "fail",
        "qcvn01.unit_park": "pass",
        "qcvn01.parking": "fail",
        "qcvn01.school_places.primary": "fail",
    }
    assert told.set_index("rule").loc["qcvn01.parking", "limit_value"] == 4.0


def test_a_zone_without_role_or_people_makes_the_unit_uncheckable():
    rules = ("qcvn01.unit_green", "qcvn01.unit_population.least")
    roleless = judged(unit(role=None), *rules).reset_index().set_index("rule")
    assert json.loads(roleless.loc["qcvn01.unit_green", "missing"]) == ["planned_zone.role"]
    unpeopled = judged(unit(people=(3000, None)), *rules).reset_index().set_index("rule")
    assert json.loads(unpeopled.loc["qcvn01.unit_population.least", "missing"]) == ["planned_zone.population"]
    assert "planned_zone.population" in json.loads(unpeopled.loc["qcvn01.unit_green", "missing"])


def test_a_unit_of_nobody_has_nothing_for_each():
    told = judged(unit(people=(0, 0)), "qcvn01.unit_green", "qcvn01.parking").reset_index()
    assert set(told["outcome"]) == {"not_checkable"}
    assert all("planned_zone.population" in json.loads(missing) for missing in told["missing"])


def test_a_plan_without_units_is_not_judged_as_one():
    scene = unit()
    scene["planned_zone"] = scene["planned_zone"].assign(unit=None)
    assert judged(scene, "qcvn01.unit_green").empty


def test_the_breach_is_the_whole_unit():
    told = judged(unit(), "qcvn01.unit_green").iloc[0]
    assert shapely.area(told.geometry) == pytest.approx(20000 + 20000 + 5200 + 8000)

"""Corridors and protective distances on small maps, worked out by hand; and what must never change a verdict."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Point, Polygon

from dothi.layers import catalogue
from dothi.processing.zoning.land.layers import Layers
from dothi.processing.zoning.land.separations import SEPARATIONS
from dothi.processing.zoning.measures import INPUTS
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.limits import Attribute, Classes, Constant, Table
from dothi.processing.zoning.subjects.separation import stream_sides
from dothi.processing.zoning.verdicts.check import check

from .scenes import CRS, EAST, NORTH, buildings, line, moved, rectangle, uid

RULES = packs.load()[0]
DAY = date(2026, 6, 1)
HOUSE = {"use": "detached"}


def things(**shapes: Any) -> gpd.GeoDataFrame:
    """``name=(shape, {field: value})`` as features of any layer."""
    rows = []
    for name, (shape, values) in shapes.items():
        rows.append({"uid": uid(name), "code": name, "name": None, "geometry": shape} | values)
    return gpd.GeoDataFrame(pd.DataFrame(rows, dtype=object), geometry="geometry", crs=CRS)


def house(south: float, north: float | None = None, **values: Any) -> gpd.GeoDataFrame:
    """A house 10 m wide from ``south`` to ``north`` metres north of the line y = 0."""
    return buildings(house=(rectangle(0, south, 10, north or south + 10), HOUSE | values))


def run(layers: Layers, *wanted: str, on: date = DAY) -> gpd.GeoDataFrame:
    return check(layers, packs.select(RULES, wanted), on)


def one(found: gpd.GeoDataFrame) -> Any:
    """The one verdict about a feature."""
    judged = found[(found.outcome != "not_applicable") & found.feature_uid.notna()]
    assert len(judged) == 1, judged[["rule", "outcome", "missing"]]
    return judged.iloc[0]


AXIS = line((-500, 0), (500, 0))
ROAD = {"road_grade": "class_iii", "setting": "rural", "roadbed_m": 12.0}


def test_a_road_corridor_starts_at_the_strip_beside_the_roadbed():
    """A class III road with a roadbed of 12 m: 2 + 13 m from its edge, which is y = 6."""
    found = one(run({"building": house(16), "street_centreline": things(ql=(AXIS, ROAD))}, "corridor.road"))
    assert (found.outcome, found.measured, found.limit_value) == ("fail", 10.0, 15.0)
    assert found.geometry.area == pytest.approx(10 * 5)
    assert found.geometry.bounds == pytest.approx((EAST, NORTH + 16, EAST + 10, NORTH + 21))
    assert "chỉ cách mép nền đường ql 10 m" in found.message_vi
    far = one(run({"building": house(21), "street_centreline": things(ql=(AXIS, ROAD))}, "corridor.road"))
    assert (far.outcome, far.measured) == ("pass", 15.0)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"roadbed_m": None}, ["street_centreline.roadbed_m"]),
        ({"roadbed_m": -3.0}, ["street_centreline.roadbed_m"]),
        ({"setting": None}, ["object.setting"]),
        ({"road_grade": "class_ix"}, ["limit.outside_table"]),
    ],
)
def test_what_is_not_on_the_map_is_named(change, missing):
    found = one(run({"building": house(16), "street_centreline": things(ql=(AXIS, ROAD | change))}, "corridor.road"))
    assert found.outcome == "not_checkable"
    assert json.loads(found.missing) == missing


def test_far_things_and_urban_streets_are_outside_the_rule():
    for layers in (
        {"building": house(300), "street_centreline": things(ql=(AXIS, ROAD))},
        {"building": house(16), "street_centreline": things(ql=(AXIS, ROAD | {"setting": "urban"}))},
        {"building": house(16), "street_centreline": things(ql=(AXIS, ROAD | {"road_grade": None}))},
        {"building": house(16), "street_centreline": things(ql=(AXIS, ROAD)).iloc[:0]},
    ):
        assert set(run(layers, "corridor.road").outcome) == {"not_applicable"}


def test_each_class_is_judged_and_the_nearest_of_each_counts():
    roads = things(
        near=(AXIS, ROAD | {"road_grade": "class_vi"}),
        far=(line((-500, -30), (500, -30)), ROAD | {"road_grade": "class_i"}),
        same=(line((-500, -60), (500, -60)), ROAD | {"road_grade": "class_i"}),
    )
    found = run({"building": house(10), "street_centreline": roads}, "corridor.road")
    told = {json.loads(row.how)["inputs"]["object"]: (row.outcome, row.measured) for row in found.itertuples()}
    assert told == {"near": ("fail", 4.0), "far": ("pass", 34.0)}


WIRE = {"voltage_kv": 110.0, "conductor": "bare", "installation": "overhead", "outer_wire_m": 3.0}


def test_a_replaced_decree_judges_old_days_and_no_new_ones():
    layers = {"building": house(6), "power_line": things(dz=(AXIS, WIRE))}
    old = one(run(layers, "corridor.power_line", on=date(2024, 6, 1)))
    assert (old.outcome, old.measured, old.limit_value) == ("fail", 3.0, 4.0)
    now = run(layers, "corridor.power_line")
    assert list(now.outcome) == ["not_checkable"] * 2
    assert {tuple(json.loads(row)) for row in now.missing} == {("edition",)}
    assert now.feature_uid.isna().all()
    assert "NĐ 14/2014" in now.message_vi.iloc[0]


def test_a_railway_on_a_fill_cannot_be_judged_but_on_level_ground_it_can():
    rail = {"rail_class": "conventional", "ground": "level", "gauge_mm": 1000, "setting": "rural"}
    day = date(2025, 6, 1)
    layers = {"building": house(8.5), "railway": things(track=(AXIS, rail))}
    found = one(run(layers, "corridor.railway", on=day))
    assert (found.outcome, found.measured, found.limit_value) == ("fail", 8.0, 8.6)
    layers["railway"] = things(track=(AXIS, rail | {"ground": "embankment"}))
    assert one(run(layers, "corridor.railway", on=day)).outcome == "not_checkable"


def test_a_river_bank_is_as_wide_as_the_province_decided():
    river = {"water_kind": "river", "bank_function": "bank", "setting": "urban", "corridor_m": 20.0}
    layers = {"building": house(12), "watercourse": things(song=(rectangle(-500, -100, 500, 0), river))}
    found = one(run(layers, "corridor.bank"))
    assert (found.outcome, found.measured, found.limit_value, found.rule_status) == ("fail", 12.0, 20.0, "plan")
    assert found.geometry.area == pytest.approx(10 * 8)
    before = one(run(layers, "corridor.bank", on=date(2023, 6, 1)))
    assert (before.outcome, before.limit_value) == ("pass", 10.0)
    for width in (None, -5.0, 400.0):
        layers["watercourse"] = things(song=(rectangle(-500, -100, 500, 0), river | {"corridor_m": width}))
        assert json.loads(one(run(layers, "corridor.bank")).missing) == ["watercourse.corridor_m"]


def test_a_gas_pipeline_without_an_approved_distance_is_not_passed():
    layers = {"building": house(20), "gas_pipeline": things(pipe=(AXIS, {"safety_m": None}))}
    assert json.loads(one(run(layers, "corridor.gas_pipeline")).missing) == ["gas_pipeline.safety_m"]
    layers["gas_pipeline"] = things(pipe=(AXIS, {"safety_m": 30.0}))
    assert one(run(layers, "corridor.gas_pipeline")).margin == pytest.approx(-10)


@pytest.mark.parametrize(
    ("flow", "lining", "outcome"), [(8, "earth", "fail"), (8, "lined", "not_checkable"), (11, "lined", "fail")]
)
def test_irrigation_canals_by_flow_and_lining(flow, lining, outcome):
    canal = {"water_kind": "irrigation_canal", "flow_m3s": flow, "lining": lining}
    layers = {"building": house(1.5), "watercourse": things(kenh=(rectangle(-500, -5, 500, 0), canal))}
    assert one(run(layers, "corridor.irrigation")).outcome == outcome


@pytest.mark.parametrize(
    ("diameter", "outcome"), [(300, "fail"), (250, "not_applicable"), (1000, "fail"), (-300, "not_checkable")]
)
def test_water_mains_by_diameter(diameter, outcome):
    layers = {"building": house(6), "water_pipe": things(oc=(AXIS, {"dn_mm": diameter, "function": "transmission"}))}
    assert list(run(layers, "qcvn01.water_main").outcome) == [outcome]


def test_upstream_of_an_intake_twice_the_distance_is_asked():
    """Water flows east at the intake: a house 150 m west of it is upstream, one 150 m east downstream."""
    intake = things(q=(Point(EAST, NORTH), {"source_type": "river", "flow_bearing_deg": 90.0}))
    houses = buildings(west=(rectangle(-160, -5, -150, 5), HOUSE), east=(rectangle(150, -5, 160, 5), HOUSE))
    found = run({"building": houses, "water_source": intake}, "qcvn01.intake").set_index("feature_code")
    judged = found[found.outcome != "not_applicable"]
    assert judged.outcome.to_dict() == {"west": "fail", "east": "pass"}
    intake["flow_bearing_deg"] = None
    found = run({"building": houses, "water_source": intake}, "qcvn01.intake.river")
    assert {tuple(json.loads(row)) for row in found.missing} == {("water_source.flow_bearing_deg",)}


@given(st.floats(0, 359), st.floats(1, 300))
def test_which_side_of_an_intake_turns_with_the_stream(bearing, far):
    angle = np.radians(bearing)
    ahead = Point(far * np.sin(angle), far * np.cos(angle))
    sides = stream_sides(
        np.array([ahead, affinity.scale(ahead, -1, -1, origin=(0, 0)), Point(-ahead.x, -ahead.y)], dtype=object)[
            [0, 2]
        ],
        np.array([Point(0, 0)] * 2, dtype=object),
        np.array([bearing] * 2, dtype=object),
    )
    assert list(sides) == ["downstream", "upstream"]


def test_cemeteries_keep_from_houses_and_from_water():
    graves = {"site_kind": "burial", "capacity_m3d": None}
    layers = {
        "building": house(900),
        "safety_site": things(nt=(rectangle(-50, -50, 50, 0), graves)),
        "watercourse": things(song=(rectangle(-500, -400, 500, -250), {"water_kind": "river"})),
        "water_source": things(q=(Point(EAST, NORTH - 1300), {"source_type": "river", "flow_bearing_deg": 0.0})),
    }
    found = run(layers, "qcvn01.cemetery").set_index("rule")
    assert found.loc["qcvn01.cemetery", ["outcome", "measured", "limit_value"]].tolist() == ["fail", 900.0, 1000.0]
    assert found.loc["qcvn01.cemetery.water", ["outcome", "measured", "limit_value"]].tolist() == ["fail", 200.0, 300.0]
    assert found.loc["qcvn01.cemetery.intake", ["outcome", "measured"]].tolist() == ["fail", 1250.0]
    assert found.loc["qcvn01.cemetery.road", "message_code"] == "zoning.found.layer_absent"


def test_a_factory_may_stand_by_a_cemetery():
    graves = {"site_kind": "burial", "capacity_m3d": None}
    layers = {"building": house(100, use="factory"), "safety_site": things(nt=(rectangle(0, -50, 50, 0), graves))}
    found = run(layers, "qcvn01.cemetery")
    assert list(found[found.layer == "building"].outcome) == ["not_applicable"]


@pytest.mark.parametrize(("capacity", "limit"), [(100, 80), (200, 100), (5000, 100), (5001, 250), (50_001, 350)])
def test_wastewater_plants_by_capacity(capacity, limit):
    site = {"site_kind": "wastewater_plant", "capacity_m3d": capacity}
    layers = {"building": house(90), "safety_site": things(tram=(rectangle(0, -50, 50, 0), site))}
    found = one(run(layers, "qcvn01.wastewater"))
    assert found.limit_value == limit
    assert found.outcome == ("pass" if limit == 80 else "fail")


def test_petrol_stations_keep_from_each_other_but_not_from_themselves():
    pump = {"site_kind": "petrol_station", "capacity_m3d": None}
    sites = things(a=(rectangle(0, 0, 20, 20), pump), b=(rectangle(270, 0, 290, 20), pump))
    found = run({"safety_site": sites}, "qcvn01.petrol.spacing")
    assert list(found.measured) == [250.0, 250.0]
    assert set(found.severity) == {"warning"}
    alone = run({"safety_site": sites.iloc[:1]}, "qcvn01.petrol.spacing")
    assert list(alone.outcome) == ["not_applicable"]


def test_two_codes_disagree_about_a_hydrant_by_a_wall():
    layers = {"hydrant": things(tcc=(Point(EAST, NORTH), {})), "building": house(3)}
    found = run(layers, "qcvn01.hydrant.wall", "qcvn10.hydrant.wall").set_index("rule")
    assert found.outcome.to_dict() == {"qcvn01.hydrant.wall": "fail", "qcvn10.hydrant.wall": "pass"}
    assert found.geometry["qcvn01.hydrant.wall"].area == pytest.approx(np.pi, rel=0.01)
    old = run(layers, "qcvn10.hydrant.wall", on=date(2025, 6, 1))
    assert json.loads(old.missing.iloc[0]) == ["edition"]


def test_who_is_near_a_broken_object_is_not_passed():
    bow = MultiPolygon([Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])])
    graves = {"site_kind": "burial", "capacity_m3d": None}
    layers = {"building": house(100), "safety_site": things(nt=(bow, graves), none=(None, graves))}
    assert json.loads(one(run(layers, "qcvn01.cemetery").query("layer == 'building'")).missing) == [
        "safety_site.geometry"
    ]
    layers = {"building": buildings(house=(bow, HOUSE)), "safety_site": things(nt=(rectangle(0, 0, 9, 9), graves))}
    found = run(layers, "qcvn01.cemetery")
    assert json.loads(one(found[found.layer == "building"]).missing) == ["building.geometry"]


def test_no_rule_asks_for_more_than_is_looked_at():
    reach = {each.id: each.reach_m for each in SEPARATIONS}
    for rule in RULES:
        for entry in rule.entries if rule.measure in reach else ():
            limit = entry.limit
            most = 0.0
            if isinstance(limit, Constant):
                most = limit.value
            elif isinstance(limit, Classes):
                most = max(limit.values.values())
            elif isinstance(limit, Table):
                most = max(max(row) for row in (*limit.values, limit.above or (0.0,)))
            else:
                assert isinstance(limit, Attribute)
            assert most <= reach[rule.measure], rule.id


def test_classes_of_the_packs_are_those_of_the_catalogue():
    for rule in RULES:
        for entry in rule.entries:
            if isinstance(entry.limit, Classes) and INPUTS[entry.limit.name].domain:
                assert set(entry.limit.values) <= set(catalogue.domains()[INPUTS[entry.limit.name].domain].values)


SCENE: Layers = {
    "building": buildings(a=(rectangle(0, 16, 10, 26), HOUSE), b=(rectangle(40, 23, 50, 33), HOUSE)),
    "street_centreline": things(ql=(AXIS, ROAD)),
    "watercourse": things(
        song=(
            rectangle(-200, 40, 200, 90),
            {"water_kind": "river", "bank_function": "bank", "setting": "urban", "corridor_m": 12.0},
        )
    ),
    "safety_site": things(tram=(rectangle(80, 20, 90, 30), {"site_kind": "transfer_station", "capacity_m3d": None})),
}
WANTED = ("corridor.road", "corridor.bank", "qcvn01.waste")


def summary(found: gpd.GeoDataFrame) -> dict[Any, Any]:
    return {
        (row.rule, row.feature_code): (row.outcome, None if np.isnan(row.measured) else round(row.measured, 4))
        for row in found.itertuples()
    }


EXPECTED = summary(run(SCENE, *WANTED))


@settings(max_examples=15, deadline=None)
@given(st.floats(-20_000, 20_000), st.floats(-20_000, 20_000), st.floats(0, 360))
def test_a_verdict_does_not_depend_on_place_or_direction(east, north, angle):
    def change(shape):
        return affinity.translate(affinity.rotate(shape, angle, origin=(EAST, NORTH)), east, north)

    assert summary(run(moved(SCENE, change), *WANTED)) == EXPECTED


@settings(max_examples=15, deadline=None)
@given(st.booleans(), st.floats(0.7, 9))
def test_a_verdict_does_not_depend_on_vertex_order_or_collinear_vertices(backwards, step):
    def change(shape):
        denser = shapely.segmentize(shape, step)
        return shapely.reverse(denser) if backwards else denser

    assert summary(run(moved(SCENE, change), *WANTED)) == EXPECTED

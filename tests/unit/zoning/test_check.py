"""Verdicts on small maps: what a planner would say of each."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon

from dothi.processing.zoning.land.layers import Layers
from dothi.processing.zoning.land.lots import States
from dothi.processing.zoning.land.soundness import as_multipolygons
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.rules import Compatibility, Source, Validity
from dothi.processing.zoning.verdicts.check import check

from .scenes import (
    EAST,
    NORTH,
    STREET,
    area,
    buildings,
    centrelines,
    line,
    moved,
    of_streets,
    parcels,
    rectangle,
    street_scene,
    uid,
    zones,
)

RULES = packs.load()[0]
DAY = date(2026, 6, 1)


def run(layers: Layers, *wanted: str, **options) -> gpd.GeoDataFrame:
    options.setdefault("on", DAY)
    return check(layers, packs.select(RULES, wanted), **options)


def one(found: gpd.GeoDataFrame):
    assert len(found) == 1
    return found.iloc[0]


# ---- setback ----


def test_a_building_too_close_fails_with_the_strip_that_is_too_close():
    found = one(run(street_scene(rectangle(2, 1.5, 18, 20)), "qcvn01.setback"))
    assert (found.outcome, found.measured, found.limit_value) == ("fail", 1.5, 3.0)
    assert found.margin == pytest.approx(-1.5)
    assert found.geometry.area == pytest.approx(16 * 1.5)
    assert json.loads(found.how)["limit"]["cell"] == {"road_width": [0.0, 19.0], "height": [19.0, 22.0]}
    assert "chưa kiểm chứng" in found.message_vi
    assert "1,5 m" in found.message_vi


@pytest.mark.parametrize(
    ("values", "street", "missing"),
    [
        ({"height_m": None}, {}, ["building.height_m"]),
        ({}, {"width_m": None}, ["street_centreline.width_m"]),
        ({}, {"width_m": 0.0}, ["street_centreline.width_m"]),
        ({}, {"road_class": None}, ["street_centreline.road_class"]),
    ],
)
def test_what_is_missing_is_named_and_never_passed(values, street, missing):
    found = one(run(street_scene(rectangle(2, 0, 18, 20), street=street, **values), "qcvn01.setback"))
    assert found.outcome == "not_checkable"
    assert json.loads(found.missing) == missing
    assert found.geometry.area == pytest.approx(16 * 20)


def test_a_street_below_area_level_is_outside_the_table():
    found = one(run(street_scene(rectangle(2, 0, 18, 20), street={"road_class": "housing_group"}), "qcvn01.setback"))
    assert found.outcome == "not_applicable"
    assert found.geometry is None
    assert "cấp đường" in found.message_vi


def corner() -> Layers:
    """A lot on the corner of a street of 15 m (south, y = 0) and one of 30 m (west, x = 0)."""
    return {
        "parcel": parcels(
            lot=(rectangle(0, 0, 30, 30), {"land_use": "ODT"}),
            behind=rectangle(30, 30, 60, 60),
            row=rectangle(30, 0, 60, 30),
        ),
        "building": buildings(
            house=(rectangle(4, 1, 20, 20), {"use": "mixed", "height_m": 20.0}),
            back=(rectangle(40, 40, 50, 50), {"use": "mixed", "height_m": 20.0}),
        ),
        "planned_zone": zones(zone=(rectangle(-50, -50, 200, 200), {"land_use": "ODT", "area_state": "new"})),
        "street_centreline": centrelines(
            south=(line((-100, -7.5), (300, -7.5)), STREET),
            west=(line((-15, 0), (-15, 300)), STREET | {"width_m": 30.0}),
        ),
        "street_boundary": of_streets(south=rectangle(-100, -15, 300, 0), west=rectangle(-30, 0, 0, 300)),
    }


def test_a_corner_lot_is_judged_towards_both_streets():
    found = run(corner(), "qcvn01.setback")
    house = found[found.feature_code == "house"]
    told = {json.loads(row.how)["inputs"]["street"]: (row.outcome, row.measured) for row in house.itertuples()}
    assert told == {"south": ("fail", 1.0), "west": ("pass", 4.0)}


def test_a_lot_that_touches_no_street_has_no_setback():
    found = run(corner(), "qcvn01.setback")
    assert one(found[found.feature_code == "back"]).outcome == "not_applicable"


def test_a_building_on_two_lots_is_judged_once_per_street():
    scene = street_scene(rectangle(10, 1, 30, 20))
    scene = dict(**{**scene, "parcel": parcels(lot=rectangle(0, 0, 20, 30), next=rectangle(20, 0, 40, 30))})
    assert one(run(scene, "qcvn01.setback")).measured == 1.0


def test_a_building_wholly_beyond_the_red_line_does_not_pass():
    scene = street_scene(rectangle(2, -8, 18, -4))
    scene = dict(**{**scene, "parcel": parcels(lot=rectangle(0, -15, 20, 30))})
    found = run(scene, "qcvn01.setback", "qcvn01.red_line").set_index("rule")
    assert found.loc["qcvn01.setback", "measured"] == 0.0
    assert found.loc["qcvn01.setback", "outcome"] == "fail"
    assert found.loc["qcvn01.red_line", "measured"] == pytest.approx(64)


def test_in_an_existing_area_the_detailed_plan_may_set_another_setback():
    found = one(run(street_scene(rectangle(2, 1, 18, 20)), "qcvn01.setback", states=States(area="existing")))
    assert (found.outcome, found.severity) == ("fail", "warning")
    assert json.loads(found.how)["exception"] == "2.7.5"
    assert "2.7.5" in found.message_vi


def test_a_building_on_no_lot_is_named():
    found = one(run(street_scene(rectangle(102, 0, 118, 20)), "qcvn01.setback"))
    assert json.loads(found.missing)[0] == "parcel"


# ---- red line ----


def test_the_part_beyond_the_red_line_is_cut_out():
    found = one(run(street_scene(rectangle(2, -0.5, 18, 20)), "qcvn01.red_line"))
    assert (found.outcome, found.measured) == ("fail", pytest.approx(8.0))
    assert found.geometry.bounds == (EAST + 2, NORTH - 0.5, EAST + 18, NORTH)


def test_without_a_boundary_the_land_lies_between_red_line_and_centreline():
    scene = street_scene(rectangle(2, -0.5, 18, 20))
    scene = dict(**{**scene, "street_boundary": None, "red_line": of_streets(first=line((300, 0), (-100, 0)))})
    assert one(run(scene, "qcvn01.red_line")).measured == pytest.approx(8.0)
    assert one(run(scene, "qcvn01.setback")).measured == 0.0
    within = dict(**{**scene, "building": buildings(house=(rectangle(2, -6, 18, -1), {"height_m": 20.0}))})
    assert one(run(within, "qcvn01.red_line")).measured == pytest.approx(80.0)


def test_a_street_without_red_line_cannot_be_judged():
    scene = street_scene(rectangle(2, -0.5, 18, 20))
    scene = dict(**{**scene, "street_boundary": None})
    found = run(scene, "qcvn01.red_line", "qcvn01.setback")
    assert list(found.outcome) == ["not_checkable"] * 2
    assert {tuple(json.loads(missing)) for missing in found.missing} == {("red_line",)}


# ---- density and floor-area ratio ----


def lots_with(*houses: tuple[MultiPolygon | None, dict[str, Any]], lot: MultiPolygon | None = None, **values) -> Layers:
    named = {f"b{i}": house for i, house in enumerate(houses)}
    return {
        "parcel": parcels(lot=(lot or rectangle(0, 0, 10, 15), values)),
        "building": buildings(**named),
        "planned_zone": zones(zone=(rectangle(-50, -50, 200, 200), {"land_use": "ODT", "area_state": "new"})),
    }


def judged(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return found[found.outcome != "not_applicable"]


def test_density_is_the_covered_share_of_the_lot():
    house = {"use": "detached", "height_m": 12.0}
    found = one(judged(run(lots_with((rectangle(0, 0, 10, 12.6), house)), "qcvn01.net_density")))
    assert (found.outcome, found.measured, found.limit_value) == ("fail", pytest.approx(84), pytest.approx(80))
    assert found.geometry.area == pytest.approx(126)


def test_podium_and_tower_cover_the_ground_once():
    tall, low = {"use": "mixed", "height_m": 40.0}, {"use": "mixed", "height_m": 10.0}
    scene = lots_with((rectangle(0, 0, 10, 10), low), (rectangle(2, 2, 8, 8), tall))
    found = one(judged(run(scene, "qcvn01.net_density")))
    assert found.measured == pytest.approx(100 * 100 / 150)
    assert json.loads(found.how)["inputs"]["height"] == pytest.approx((10 * 100 + 40 * 36) / 136, abs=1e-3)


def test_a_building_counts_on_each_of_its_lots_by_what_stands_there():
    house = {"use": "detached", "height_m": 9.0, "floor_area_m2": 300.0}
    scene = {
        "parcel": parcels(left=rectangle(0, 0, 10, 15), right=rectangle(10, 0, 20, 15)),
        "building": buildings(house=(rectangle(5, 0, 20, 10), house)),
        "planned_zone": zones(zone=(rectangle(-5, -5, 50, 50), {"land_use": "ODT", "area_state": "new"})),
    }
    found = judged(run(scene, "qcvn01.far", "qcvn01.net_density.detached")).set_index(["rule", "feature_code"])
    assert found.loc[("qcvn01.net_density.detached", "left"), "measured"] == pytest.approx(100 / 3)
    assert found.loc[("qcvn01.far.detached", "left"), "measured"] == pytest.approx(100 / 150)
    assert found.loc[("qcvn01.far.detached", "right"), "measured"] == pytest.approx(200 / 150)


def test_a_neighbours_sliver_does_not_change_the_use_of_a_lot():
    scene = lots_with(
        (rectangle(1, 1, 9, 9), {"use": "detached", "height_m": 9.0}),
        (rectangle(9.9, 0, 30, 15), {"use": "apartment", "height_m": 40.0}),
    )
    assert one(judged(run(scene, "qcvn01.net_density"))).rule == "qcvn01.net_density.detached"


@pytest.mark.parametrize(
    ("uses", "rule", "missing"),
    [
        (("detached", "other"), "qcvn01.net_density.detached", None),
        (("apartment", "mixed"), "qcvn01.net_density.mixed", None),
        (("detached", "factory"), None, ["building.use.several"]),
        (("detached", None), None, ["building.use"]),
    ],
)
def test_which_use_governs_a_lot_of_several(uses, rule, missing):
    values = [{"use": use, "height_m": 9.0, "floors": 2} for use in uses]
    scene = lots_with((rectangle(0, 0, 5, 5), values[0]), (rectangle(5, 5, 10, 9), values[1]))
    found = judged(run(scene, "qcvn01.net_density", states=States(area="new")))
    if rule:
        assert one(found).rule == rule
    else:
        assert set(found.outcome) == {"not_checkable"}
        assert all(json.loads(row)[0] == missing[0] for row in found.missing)


def test_an_empty_lot_is_outside_the_rules_about_buildings():
    scene = lots_with((rectangle(100, 100, 105, 105), {"use": "detached"}))
    found = run(scene, "qcvn01.net_density", "qcvn01.far")
    assert set(found.outcome) == {"not_applicable"}
    assert "chưa có công trình" in found.message_vi.iloc[0]


def test_a_legal_area_that_contradicts_the_drawing_is_not_judged():
    house = (rectangle(0, 0, 10, 5), {"use": "detached", "height_m": 9.0})
    assert one(judged(run(lots_with(house, area_legal_m2=152.0), "qcvn01.net_density"))).outcome == "pass"
    found = judged(run(lots_with(house, area_legal_m2=120.0), "qcvn01.net_density"))
    assert json.loads(one(found).missing) == ["parcel.area_legal_m2"]


def test_floor_area_ratio_of_table_2_12_only_in_existing_areas():
    flats = {"use": "apartment", "height_m": 25.0, "floor_area_m2": 39_000.0}
    scene = lots_with((rectangle(0, 0, 50, 60), flats), lot=rectangle(0, 0, 65, 100))
    assert set(run(scene, "qcvn01.far.existing").outcome) == {"not_applicable"}
    found = one(run(scene, "qcvn01.far.existing", states=States(area="existing")))
    assert (found.outcome, found.measured, found.limit_value) == ("fail", 6.0, pytest.approx(5.52))


def test_where_zones_disagree_about_the_area_nothing_is_guessed():
    scene = lots_with((rectangle(0, 0, 5, 5), {"use": "detached", "height_m": 9.0}))
    halves = zones(
        a=(rectangle(0, 0, 5, 15), {"land_use": "ODT", "area_state": "new"}),
        b=(rectangle(5, 0, 10, 15), {"land_use": "ODT", "area_state": "existing"}),
    )
    found = run(dict(**{**scene, "planned_zone": halves}), "qcvn01.net_density.detached")
    assert json.loads(one(found).missing) == ["area_state.conflict"]


def test_green_share_says_that_planted_areas_are_missing():
    scene = lots_with((rectangle(0, 0, 5, 5), {"use": "apartment", "height_m": 9.0}))
    found = run(scene, "qcvn01.green_share")  # the data set has no layer of green spaces
    assert {tuple(json.loads(missing)) for missing in found.missing} == {("layer.green_space",)}
    assert len(found) == 3  # once for each rule, not once for each lot


# ---- land use ----

MATRIX = Compatibility(
    "test.use", 1, Source("Ma trận thử", "1"), "simulated", Validity(), {"ODT": frozenset({"ODT", "TMD"})}
)


def use_scene(use: str | None, *planned: tuple[MultiPolygon, str | None]) -> Layers:
    shapes = {f"z{i}": (shape, {"land_use": code}) for i, (shape, code) in enumerate(planned)}
    return {"parcel": parcels(lot=(rectangle(0, 0, 10, 10), {"land_use": use})), "planned_zone": zones(**shapes)}


WHOLE, LEFT, RIGHT = rectangle(0, 0, 10, 10), rectangle(0, 0, 6, 10), rectangle(6, 0, 10, 10)


@pytest.mark.parametrize(
    ("use", "planned", "matrix", "outcome", "told"),
    [
        ("ODT", [(WHOLE, "ODT")], None, "pass", 0.0),
        ("TMD", [(WHOLE, "ODT")], None, "not_checkable", ["compatibility"]),
        ("TMD", [(WHOLE, "ODT")], MATRIX, "pass", 0.0),
        ("SKC", [(WHOLE, "ODT")], MATRIX, "fail", 100.0),
        ("TMD", [(WHOLE, "SKK")], MATRIX, "not_checkable", ["compatibility"]),
        ("SKC", [(LEFT, "SKC"), (RIGHT, "ODT")], MATRIX, "fail", 40.0),
        ("SKC", [(LEFT, "ODT"), (RIGHT, "SKK")], MATRIX, "fail", 60.0),
        ("ODT", [(LEFT, "ODT")], MATRIX, "not_checkable", ["planned_zone"]),
        ("ODT", [(WHOLE, None)], MATRIX, "not_checkable", ["planned_zone.land_use"]),
        (None, [(WHOLE, "ODT")], MATRIX, "not_checkable", ["parcel.land_use"]),
        ("ODT", [(rectangle(0, 0, 9.95, 10), "ODT")], None, "pass", 0.0),
        ("ODT", [(LEFT, "ODT"), (rectangle(0, 0, 5, 10), "ODT")], None, "not_checkable", ["planned_zone"]),
        ("ODT", [(WHOLE, "ODT"), (LEFT, "ODT")], None, "pass", 0.0),
    ],
)
def test_land_use_against_zones(use, planned, matrix, outcome, told):
    found = one(run(use_scene(use, *planned), "plan.land_use", matrix=matrix))
    assert found.outcome == outcome
    if outcome == "not_checkable":
        assert json.loads(found.missing) == told
    else:
        assert found.measured == pytest.approx(told, abs=1e-6)
        assert (
            area(found.to_frame().T) == pytest.approx(told, abs=1e-6) if outcome == "fail" else found.geometry is None
        )


def test_a_verdict_by_a_simulated_matrix_says_so():
    found = one(run(use_scene("SKC", (WHOLE, "ODT")), "plan.land_use", matrix=MATRIX))
    assert found.rule_status == "simulated"
    assert "Ma trận thử" in found.source
    assert "mô phỏng" in found.message_vi


def test_without_zones_the_rule_is_not_checkable():
    found = one(run({"parcel": use_scene("ODT")["parcel"]}, "plan.land_use"))
    assert json.loads(found.missing) == ["planned_zone"]


# ---- bad geometry ----


def test_one_bad_geometry_is_named_and_the_rest_is_checked():
    bow = MultiPolygon([Polygon([(EAST, NORTH), (EAST + 10, NORTH + 10), (EAST + 10, NORTH), (EAST, NORTH + 10)])])
    scene = {
        "parcel": parcels(
            good=(rectangle(0, 0, 10, 10), {"land_use": "ODT"}), crossed=bow, null=None, empty=MultiPolygon()
        ),
        "building": buildings(house=(rectangle(0, 0, 5, 5), {"use": "detached", "height_m": 5.0})),
        "planned_zone": zones(zone=(rectangle(-5, -5, 50, 50), {"land_use": "ODT", "area_state": "new"})),
    }
    found = run(scene, "plan.land_use", "qcvn01.net_density.detached").set_index(["rule", "feature_code"])
    for rule in ("plan.land_use", "qcvn01.net_density.detached"):
        assert found.loc[(rule, "good"), "outcome"] == "pass"
        for name in ("crossed", "null", "empty"):
            assert found.loc[(rule, name), "outcome"] == "not_checkable"
            assert json.loads(found.loc[(rule, name), "missing"]) == ["parcel.geometry"]
            assert found.loc[(rule, name), "feature_uid"] == uid(name)


def test_a_lot_under_an_unmeasurable_building_is_not_passed():
    bow = MultiPolygon([Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])])
    for broken in ((bow, {"use": "detached"}), (None, {"use": "detached", "parcel": uid("lot")})):
        found = run(lots_with(broken), "qcvn01.net_density.detached")
        assert json.loads(one(found).missing) == ["building.geometry"]
    assert json.loads(one(run(street_scene(bow), "qcvn01.setback")).missing)[0] == "building.geometry"


# ---- properties ----


def inputs(how) -> dict[Any, Any]:
    return json.loads(how)["inputs"] if isinstance(how, str) else {}


def summary(found: gpd.GeoDataFrame) -> dict[Any, Any]:
    return {
        (
            row.rule,
            row.feature_uid,
            json.loads(row.how)["inputs"].get("street") if isinstance(row.how, str) else None,
        ): (
            row.outcome,
            None if np.isnan(row.measured) else round(row.measured, 4),
            None if np.isnan(row.limit_value) else round(row.limit_value, 4),
        )
        for row in found.itertuples()
    }


SCENE = corner()
EXPECTED = summary(run(SCENE))


@settings(max_examples=20, deadline=None)
@given(st.floats(-20_000, 20_000), st.floats(-20_000, 20_000), st.floats(0, 360))
def test_a_verdict_does_not_depend_on_place_or_direction(east, north, angle):
    def change(shape):
        turned = affinity.rotate(shape, angle, origin=(EAST, NORTH))
        return affinity.translate(turned, east, north)

    assert summary(run(moved(SCENE, change))) == EXPECTED


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.booleans(), st.floats(0.7, 9))
def test_a_verdict_does_not_depend_on_vertex_order_or_collinear_vertices(shift, backwards, step):
    def change(shape):
        denser = shapely.segmentize(shape, step)
        if shape.geom_type != "MultiPolygon":
            return denser
        ring = list(shapely.get_parts(denser)[0].exterior.coords)[:-1]
        ring = ring[shift:] + ring[:shift]
        return MultiPolygon([Polygon(ring[::-1] if backwards else ring)])

    assert summary(run(moved(SCENE, change))) == EXPECTED


def test_a_ring_with_infinite_or_missing_numbers_is_no_area_and_stops_nobody():
    with np.errstate(invalid="ignore"):
        rings = [shapely.Polygon([(1, 1), (wrong, 21), (21, 1), (1, 1)]) for wrong in (float("nan"), float("inf"))]
    given = np.array([*rings, shapely.MultiPolygon([rings[0]]), shapely.box(0, 0, 1, 1)], dtype=object)
    made = as_multipolygons(given)
    assert [one is None for one in made] == [True, True, True, False]

"""Frontage, edges, building lines, distances, rows, green and gross density on small maps: what a planner would say."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon

from dothi.processing.zoning.land.inputs import gather
from dothi.processing.zoning.land.layers import Layers
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.rules import Rule
from dothi.processing.zoning.verdicts.check import check

from .scenes import (
    EAST,
    NORTH,
    STREET,
    buildings,
    centrelines,
    frame,
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
HOUSE: dict[str, Any] = {"use": "detached", "height_m": 9.0, "floors": 2}
FLATS: dict[str, Any] = {"use": "apartment", "height_m": 30.0, "floors": 9}


def run(layers: Layers, *wanted: str, rules=RULES) -> gpd.GeoDataFrame:
    return check(layers, packs.select(rules, wanted), DAY)


def one(found: gpd.GeoDataFrame):
    assert len(found) == 1
    return found.iloc[0]


def judged(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return found[found.outcome.isin(["pass", "fail", "not_checkable"])]


def own_rule(folder, measure: str, unit: str, limit: float, given: str) -> tuple[Rule, ...]:
    """A province's rule, as a province would write it; simulated."""
    (folder / "own.toml").write_text(
        f'''id = "tinh.{measure}"
version = 1
title = {{ vi = "Quy định của tỉnh (mô phỏng)", en = "A province's rule (simulated)" }}
source = {{ document = "Quyết định mô phỏng", clause = "1" }}
status = "simulated"
severity = "error"
measure = "{measure}"
tolerance = 0.005

[applies_to]
layer = "{"parcel" if measure.startswith("lot") else "building"}"

[limit]
op = "at_least"
unit = "{unit}"
constant = {limit}

[[case]]
given = {{ {given} = {limit} }}
expect = {{ outcome = "pass" }}
''',
        encoding="utf-8",
    )
    return tuple(rule for rule in packs.load(folder)[0] if rule.id.startswith("tinh."))


# ---- lots ----


def street_row(width: float, **street) -> Layers:
    scene = street_scene(rectangle(0.5, 1, width - 0.5, 15), rectangle(0, 0, width, 20), street=street, **HOUSE)
    return dict(**scene)


@pytest.mark.parametrize(
    ("width", "road", "outcome", "limit"), [(4.5, 18.0, "pass", 4), (4.5, 19.0, "fail", 5), (3.9, 18.0, "fail", 4)]
)
def test_frontage_in_a_new_area_follows_the_width_of_the_street(width, road, outcome, limit):
    found = one(run(street_row(width, width_m=road), "qcvn01.frontage"))
    assert (found.outcome, found.limit_value) == (outcome, limit)
    assert found.measured == pytest.approx(width)


def test_frontage_needs_the_width_of_the_street():
    found = one(run(street_row(4.5, width_m=None), "qcvn01.frontage"))
    assert json.loads(found.missing) == ["street_centreline.width_m"]


def test_a_vacant_lot_has_no_house_to_judge():
    scene = street_row(3.0)
    assert one(run({**scene, "building": buildings()}, "qcvn01.frontage")).outcome == "not_applicable"


@pytest.mark.parametrize(
    ("measure", "unit", "limit", "given", "measured"),
    [
        ("lot_area", "m2", 100, "plot_area", 600.0),
        ("lot_depth", "m", 20, "lot_depth", 30.0),
        ("side_distance", "m", 1, "edge_distance", 2.0),
        ("back_distance", "m", 1, "edge_distance", 10.0),
    ],
)
def test_a_province_adds_the_numbers_that_the_code_lacks(tmp_path, measure, unit, limit, given, measured):
    rules = own_rule(tmp_path, measure, unit, limit, given)
    found = one(run(street_scene(rectangle(2, 1, 18, 20)), rules=rules))
    assert (found.outcome, found.measured) == ("pass", pytest.approx(measured))


def test_the_edge_between_two_lots_of_one_building_is_inside_it(tmp_path):
    rules = own_rule(tmp_path, "side_distance", "m", 1, "edge_distance")
    scene = street_scene(rectangle(3, 1, 36, 20))
    scene = {**scene, "parcel": parcels(a=rectangle(0, 0, 20, 30), b=rectangle(20, 0, 40, 30))}
    assert one(run(scene, rules=rules)).measured == pytest.approx(3.0)


# ---- building line ----


def lined(building: MultiPolygon, *points: tuple[float, float], **values) -> Layers:
    made = frame([{"uid": uid("line"), "street": uid("first"), "geometry": line(*points)}], ("street",))
    return {**street_scene(building, **values), "building_line": made}


def test_what_stands_before_the_building_line_is_cut_out():
    found = one(run(lined(rectangle(2, 1, 18, 20), (-10, 3), (50, 3)), "qcvn01.building_line"))
    assert (found.outcome, found.measured) == ("fail", pytest.approx(32.0))
    assert found.geometry.area == pytest.approx(32.0)


def test_a_wall_on_the_building_line_is_within_it():
    assert one(run(lined(rectangle(2, 3, 18, 20), (0, 3), (20, 3)), "qcvn01.building_line")).outcome == "pass"


def test_a_building_line_that_ends_in_the_lot_divides_nothing():
    found = one(run(lined(rectangle(2, 1, 18, 20), (-10, 3), (12, 3)), "qcvn01.building_line"))
    assert json.loads(found.missing) == ["building_line"]


def test_where_no_building_line_passes_there_is_none_to_cross():
    found = one(run(lined(rectangle(2, 1, 18, 20), (100, 3), (150, 3)), "qcvn01.building_line"))
    assert found.outcome == "not_applicable"


def test_a_shed_may_stand_before_the_building_line():
    found = one(run(lined(rectangle(2, 1, 18, 20), (-10, 3), (50, 3), use="other"), "qcvn01.building_line"))
    assert found.outcome == "not_applicable"


# ---- distances ----


def two(first, second, *, state: str = "new", **more) -> Layers:
    """Two buildings of one lot of 100 by 100 m."""
    return {
        "parcel": parcels(lot=(rectangle(0, 0, 100, 100), {"land_use": "ODT"})),
        "building": buildings(a=first, b=second, **more),
        "planned_zone": zones(zone=(rectangle(-50, -50, 200, 200), {"land_use": "ODT", "area_state": state})),
    }


SLAB = rectangle(10, 10, 50, 22)


@pytest.mark.parametrize(
    ("gap", "height", "outcome", "limit"),
    [(14.9, 30.0, "fail", 15), (15, 30.0, "pass", 15), (7, 9.0, "pass", 7), (24.9, 46.0, "fail", 25)],
)
def test_long_sides_keep_half_the_height(gap, height, outcome, limit):
    tall = FLATS | {"height_m": height}
    scene = two((SLAB, FLATS | {"height_m": 5.0}), (rectangle(10, 22 + gap, 50, 34 + gap), tall))
    found = one(judged(run(scene, "qcvn01.distance")))
    assert (found.outcome, found.limit_value) == (outcome, limit)
    assert found.measured == pytest.approx(gap)
    assert found.feature_code == "b"  # about the taller one
    if outcome == "fail":
        assert found.geometry.area == pytest.approx(40 * gap, rel=1e-6)


@pytest.mark.parametrize(("gap", "outcome", "limit"), [(9.9, "fail", 10), (10, "pass", 10)])
def test_a_gable_keeps_a_third_of_the_height(gap, outcome, limit):
    scene = two((SLAB, FLATS), (rectangle(50 + gap, 10, 90, 22), FLATS))
    found = one(judged(run(scene, "qcvn01.distance")))
    assert (found.rule, found.outcome, found.limit_value) == ("qcvn01.distance.gable", outcome, limit)


def test_buildings_off_each_others_corner_do_not_face():
    assert judged(run(two((SLAB, FLATS), (rectangle(51, 23, 91, 35), FLATS)), "qcvn01.distance")).empty


def test_a_third_building_between_hides():
    far = (rectangle(10, 44, 50, 56), FLATS)
    scene = two((SLAB, FLATS), far, c=(rectangle(5, 30, 60, 36), FLATS))
    found = judged(run(scene, "qcvn01.distance"))
    assert sorted(round(gap, 3) for gap in found.measured) == [8, 8]


def test_a_missing_height_is_named():
    found = judged(run(two((SLAB, FLATS), (rectangle(10, 30, 50, 40), FLATS | {"height_m": None})), "qcvn01.distance"))
    assert {tuple(json.loads(missing)) for missing in found.missing} == {("building.height_m",)}


def test_in_an_existing_area_the_plan_may_set_less():
    scene = two((SLAB, FLATS), (rectangle(10, 30, 50, 40), FLATS), state="existing")
    found = one(judged(run(scene, "qcvn01.distance")))
    assert (found.outcome, found.severity) == ("fail", "warning")


def test_podium_and_tower_are_one_building():
    tower = (rectangle(15, 12, 30, 20), FLATS | {"height_m": 60.0, "part": "tower"})
    assert judged(run(two((SLAB, FLATS | {"part": "podium"}), tower), "qcvn01.distance")).empty


# ---- terraced rows ----


def terraces(gap: float, *, through: bool = False, houses: int = 3) -> Layers:
    """Two rows of lots of 5 by 20 m, back to back between two streets; or one row from street to street."""
    depth = 20.0
    lots, homes = {}, {}
    for k in range(houses):
        west = 5.0 * k
        lots[f"s{k}"] = (rectangle(west, 0, west + 5, depth), {"land_use": "ODT"})
        homes[f"s{k}"] = (rectangle(west + 0.1, 0, west + 4.9, depth - gap / 2), HOUSE)
        if not through:
            lots[f"n{k}"] = (rectangle(west, depth, west + 5, 2 * depth), {"land_use": "ODT"})
            homes[f"n{k}"] = (rectangle(west + 0.1, depth + gap / 2, west + 4.9, 2 * depth), HOUSE)
    north = depth if through else 2 * depth
    return {
        "parcel": parcels(**lots),
        "building": buildings(**homes),
        "planned_zone": zones(zone=(rectangle(-50, -50, 200, 200), {"land_use": "ODT", "area_state": "new"})),
        "street_centreline": centrelines(
            s=(line((-100, -7.5), (300, -7.5)), STREET), n=(line((-100, north + 7.5), (300, north + 7.5)), STREET)
        ),
        "street_boundary": of_streets(s=rectangle(-100, -15, 300, 0), n=rectangle(-100, north, 300, north + 15)),
    }


@pytest.mark.parametrize(("gap", "outcome"), [(4.0, "pass"), (3.9, "fail")])
def test_backs_of_rows_stand_four_metres_apart(gap, outcome):
    found = run(terraces(gap), "qcvn01.distance.backs")
    assert set(found.outcome) == {outcome}
    assert found.measured.tolist() == [pytest.approx(gap)] * 3  # each with the one right behind it


@pytest.mark.parametrize("angle", [7, 33, 61, 123, 200, 301])
def test_of_two_houses_as_near_to_the_border_it_is_the_same_one_however_the_map_is_turned(angle):
    """Half a gap of 2.999 m lies on the edge between two millimetres, where rounding falls either way."""
    turned = moved(terraces(2.999), lambda shape: affinity.rotate(shape, angle, origin=(EAST, NORTH)))
    before, after = (run(scene, "qcvn01.distance.backs") for scene in (terraces(2.999), turned))
    assert sorted(after.feature_code) == sorted(before.feature_code)


def test_lone_houses_are_no_rows():
    assert judged(run(terraces(3.0, houses=1), "qcvn01.distance.backs")).empty


@pytest.mark.parametrize(("houses", "outcome"), [(12, "pass"), (13, "fail")])
def test_a_row_from_street_to_street_is_at_most_sixty_metres_long(houses, outcome):
    found = one(run(terraces(2.0, through=True, houses=houses), "qcvn01.row_length"))
    assert (found.outcome, found.measured) == (outcome, pytest.approx(5.0 * houses))
    assert found.feature_code == "s0"


def test_a_row_with_one_front_may_be_longer():
    assert set(run(terraces(4.0, houses=13), "qcvn01.row_length").outcome) == {"not_applicable"}


# ---- green and gross density ----


def planted(**shapes) -> gpd.GeoDataFrame:
    rows = [{"uid": uid(f"green {name}"), "geometry": shape, "kind": kind} for name, (shape, kind) in shapes.items()]
    return frame(rows, ("kind",))


def flats(**green) -> Layers:
    return {**street_scene(rectangle(2, 7, 18, 20), **FLATS), "green_space": planted(**green)}


def test_water_and_what_lies_under_a_building_is_not_green():
    scene = flats(
        yard=(rectangle(0, 25, 20, 30), "planted"),  # 100 m²
        again=(rectangle(0, 26, 20, 30), "planted"),  # the same ground
        under=(rectangle(2, 7, 18, 10), "planted"),
        pond=(rectangle(0, 0, 20, 5), "water"),
    )
    found = one(run(scene, "qcvn01.green_share.apartment"))
    assert (found.outcome, found.measured) == ("fail", pytest.approx(100 * 100 / 600))
    assert found.geometry.area == pytest.approx(600 - 100 - 16 * 13)  # what is neither built nor planted


def test_a_planted_yard_is_enough():
    assert one(run(flats(yard=(rectangle(0, 24, 20, 30), "planted")), "qcvn01.green_share.apartment")).outcome == "pass"


def test_a_layer_that_nobody_drew_in_says_nothing():
    scene = flats()
    layers = gather(set(scene), dict.fromkeys(scene, scene.__getitem__))
    found = one(run(layers, "qcvn01.green_share.apartment"))
    assert json.loads(found.missing) == ["layer.green_space"]


def test_a_broken_green_space_leaves_its_lot_open():
    bow = MultiPolygon([Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])])
    found = one(run(flats(bow=(bow, "planted")), "qcvn01.green_share.apartment"))
    assert found.outcome == "not_checkable"


@pytest.mark.parametrize(("side", "outcome"), [(22.0, "pass"), (23.0, "fail")])
def test_a_park_is_built_over_by_a_twentieth(side, outcome):
    park = zones(park=(rectangle(0, 0, 100, 100), {"land_use": "DKV"})).assign(gross_kind="park")
    scene = two((rectangle(10, 10, 10 + side, 10 + side), {"use": "other"}), (rectangle(200, 0, 210, 10), FLATS))
    found = one(run({**scene, "planned_zone": park}, "qcvn01.gross_density"))
    assert (found.layer, found.outcome, found.measured) == ("planned_zone", outcome, pytest.approx(side**2 / 100))


def test_a_zone_of_no_stated_kind_has_no_gross_density():
    scene = two((SLAB, FLATS), (rectangle(10, 30, 50, 40), FLATS))
    assert one(run(scene, "qcvn01.gross_density")).outcome == "not_applicable"


def test_density_of_podium_and_tower_is_tested_apart():
    """Lot of 10,000 m²: podium 5,600 m² at 15 m may cover 65 %, tower 4,500 m² at 40 m only 43 %."""
    podium = (rectangle(0, 0, 80, 70), FLATS | {"height_m": 15.0})
    tower = (rectangle(0, 0, 75, 60), FLATS | {"height_m": 40.0})
    scene = two(podium, tower)
    scene["building"]["part"] = ["podium", "tower"]
    found = run(scene, "qcvn01.net_density.apartment")
    assert found.measured.tolist() == [pytest.approx(56.0), pytest.approx(45.0)]
    assert found.limit_value.tolist() == [65.0, 43.0]
    assert found.outcome.tolist() == ["pass", "fail"]
    assert found.geometry.iloc[1].area == pytest.approx(4500)


# ---- nothing turns on how it is drawn ----


def full() -> Layers:
    """The slabs, two terraced rows 200 m east of them, and a building line."""
    rows = moved(terraces(3.0), lambda shape: affinity.translate(shape, 200, 0))
    slabs = two((SLAB, FLATS), (rectangle(10, 30, 50, 40), FLATS), c=(rectangle(60, 12, 70, 40), FLATS))
    made = {
        name: gpd.GeoDataFrame(pd.concat([rows[name], slabs[name]], ignore_index=True), crs=rows[name].crs)
        for name in ("parcel", "building")
    }
    zone = zones(zone=(rectangle(-900, -900, 900, 900), {"land_use": "ODT", "area_state": "new"}))
    border = frame([{"uid": uid("line"), "street": uid("s"), "geometry": line((150, 1), (250, 1))}], ("street",))
    return {**rows, **made, "planned_zone": zone, "building_line": border}


WANTED = ("qcvn01.frontage", "qcvn01.building_line", "qcvn01.distance", "qcvn01.row_length")


def summary(found: gpd.GeoDataFrame) -> list[tuple[str, str, str, float]]:
    told = found.assign(measured=found.measured.round(3).fillna(-1))
    return sorted(zip(told.rule, told.feature_code, told.outcome, told.measured, strict=True))


EXPECTED = summary(run(full(), *WANTED))


def test_the_scene_has_something_of_each():
    assert {rule for rule, _, outcome, _ in EXPECTED if outcome == "fail"} == {
        "qcvn01.building_line",
        "qcvn01.distance.backs",
        "qcvn01.distance.long",
    }


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.floats(-4e3, 4e3), st.floats(0, 360), st.booleans(), st.floats(3, 30), st.integers(0, 3))
def test_verdicts_never_flip(shift, angle, reverse, step, start):
    def change(shape):
        turned = affinity.rotate(shape, angle, origin=(EAST, NORTH))
        made = affinity.translate(turned, shift, -shift)
        if made.geom_type != "MultiPolygon":
            return made
        ring = list(Polygon(made.geoms[0]).segmentize(step).exterior.coords)[:-1]
        ring = ring[start:] + ring[:start]
        return MultiPolygon([Polygon(ring[::-1] if reverse else ring)])

    got = summary(run(moved(full(), change), *WANTED))
    assert [row[:3] for row in got] == [row[:3] for row in EXPECTED]
    assert [row[3] for row in got] == pytest.approx([row[3] for row in EXPECTED], abs=2e-3)

"""The envelope of a lot: bands by the setback table, what caps them, and that it never disagrees with the check."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from dothi.processing.zoning.land.lots import UNSTATED, States
from dothi.processing.zoning.land.scene import Scene
from dothi.processing.zoning.rulebook import packs, rule_files
from dothi.processing.zoning.rulebook.rules import Rule
from dothi.processing.zoning.verdicts.check import check
from dothi.processing.zoning.volume.breach import breaches
from dothi.processing.zoning.volume.envelope import NO_CAP, Envelope, envelope, ground_left
from dothi.processing.zoning.volume.envelope_rows import told

from .scenes import (
    EAST,
    NORTH,
    centrelines,
    frame,
    line,
    of_streets,
    parcels,
    rectangle,
    street_scene,
    uid,
    zones,
)

RULES = packs.load()[0]
SETBACK = packs.select(RULES, ["qcvn01.setback"])
CAPPED = packs.select(RULES, ["qcvn01.setback", "plan.height"])
DAY = date(2026, 6, 1)


def scene(layers, states: States = UNSTATED) -> Scene:
    return Scene(layers, None, states, 0.0)


def of(layers, rules=RULES, on=DAY, states: States = UNSTATED, **options) -> Envelope:
    return envelope(scene(layers, states), 0, rules, on, **options)


HOUSE = rectangle(2, 6, 18, 20)


def test_the_bands_are_those_of_the_table():
    """15 m wide street, lot of 20 x 30 m: 0, 3, 4 and 6 m of the frontage, Bảng 2.7."""
    found = of(street_scene(HOUSE))
    assert [(band.low, band.high) for band in found.bands] == [(0, 19), (19, 22), (22, 28), (28, math.inf)]
    assert [band.area for band in found.bands] == pytest.approx([600, 540, 520, 480], abs=0.2)
    assert [band.binding.limit if band.binding else 0 for band in found.bands] == [0, 3, 4, 6]
    assert [band.distances[0].status for band in found.bands] == ["predecessor"] * 3 + ["two_sources"]
    assert NO_CAP in found.missing
    assert math.isnan(found.volume)


def test_a_wide_street_asks_for_less():
    found = of(street_scene(HOUSE, street={"width_m": 22.0}))
    assert [(band.low, band.high) for band in found.bands] == [(0, 28), (28, math.inf)]
    assert [band.area for band in found.bands] == pytest.approx([600, 480], abs=0.2)


def test_a_corner_lot_keeps_both_distances():
    layers = street_scene(HOUSE)
    layers = {
        **layers,
        "street_centreline": centrelines(
            first=(line((-100, -7.5), (300, -7.5)), {"road_class": "area", "width_m": 15.0}),
            second=(line((-10, -100), (-10, 300)), {"road_class": "area", "width_m": 20.0}),
        ),
        "street_boundary": of_streets(first=rectangle(-100, -15, 300, 0), second=rectangle(-20, -100, 0, 300)),
    }
    found = of(layers)
    top = found.bands[-1]
    assert len(top.distances) == 2
    assert top.area == pytest.approx(14 * 24, abs=0.2)
    middle = next(band for band in found.bands if band.low == 22)
    assert middle.area == pytest.approx((20 - 3) * (30 - 4), abs=0.3)


def capped(height, zone=None):
    layers = dict(street_scene(HOUSE))
    zone_of = {"land_use": "ODT", "area_state": "new", "max_height_m": height}
    layers["planned_zone"] = zones(zone=(zone or rectangle(-50, 0, 200, 200), zone_of))
    layers["planned_zone"]["max_height_m"] = [height]
    return layers


def test_the_zone_caps_it_and_then_it_has_a_volume():
    found = of(capped(25.0), CAPPED)
    assert (found.cap, found.cap_by) == (25.0, "plan.height")
    assert [(band.low, band.high) for band in found.bands] == [(0, 19), (19, 22), (22, 25)]
    assert found.volume == pytest.approx(600 * 19 + 540 * 3 + 520 * 3, abs=2)
    assert found.missing == ()


@pytest.mark.parametrize("height", [None, float("nan")])
def test_a_zone_without_a_height_has_no_cap_and_that_is_said(height):
    found = of(capped(height), CAPPED)
    assert found.cap == math.inf
    assert found.missing == (NO_CAP,)


def test_a_zone_of_height_nothing_leaves_nothing():
    found = of(capped(0.0), CAPPED)
    assert (found.cap, found.bands) == (0.0, ())


def test_zones_that_disagree_about_the_height_are_told_not_chosen_from():
    layers = capped(25.0)
    two = zones(
        west=(rectangle(-50, 0, 10, 200), {"land_use": "ODT", "area_state": "new"}),
        east=(rectangle(10, 0, 200, 200), {"land_use": "ODT", "area_state": "new"}),
    )
    two["max_height_m"] = [25.0, 40.0]
    found = of({**layers, "planned_zone": two}, CAPPED)
    assert found.cap == math.inf
    assert found.missing == ("planned_zone.conflict",)


@pytest.mark.parametrize(
    ("street", "missing"),
    [
        ({"width_m": None}, "street_centreline.width_m"),
        ({"width_m": 0.0}, "street_centreline.width_m"),
        ({"road_class": None}, "street_centreline.road_class"),
    ],
)
def test_without_the_street_there_is_no_band_and_it_is_said(street, missing):
    found = of(street_scene(HOUSE, street=street), SETBACK)
    assert found.bands == ()
    assert missing in found.missing


def test_no_street_known_at_all_is_missing_but_a_lot_off_the_streets_is_free_of_setbacks():
    layers = street_scene(HOUSE)
    bare = {name: frame for name, frame in layers.items() if not name.startswith("street")}
    assert of(bare, SETBACK).missing == (NO_CAP, "red_line")
    assert of(bare, SETBACK).bands == ()
    inner = street_scene(rectangle(2, 42, 18, 60), rectangle(0, 40, 20, 70))
    found = of(inner, SETBACK)
    assert found.reason == "no_street"
    assert [band.area for band in found.bands] == [600]


def test_a_street_below_area_level_asks_for_nothing():
    found = of(street_scene(HOUSE, street={"road_class": "housing_group"}), SETBACK)
    assert found.reason == "road_class"
    assert [(band.low, band.high, band.area) for band in found.bands] == [(0, math.inf, 600)]


def test_no_edition_no_envelope():
    found = of(street_scene(HOUSE), SETBACK, date(2027, 2, 1), States("new", "not_appraised"))
    assert found.bands == ()
    assert "edition" in found.missing
    assert of(street_scene(HOUSE), SETBACK, date(2027, 2, 1), States("new", "approved")).bands


def test_a_crossed_lot_has_no_envelope():
    bow = shapely.MultiPolygon([shapely.Polygon([(0, 0), (20, 30), (20, 0), (0, 30)])])
    bow = affinity.translate(bow, EAST, NORTH)
    assert of(street_scene(HOUSE, bow)).missing == ("parcel.geometry",)


def test_density_and_floor_area_are_asked_for_the_height_of_each_band():
    found = of(street_scene(HOUSE), use="mixed")
    density = {quota.height: quota.limit for quota in found.quotas if quota.rule.measure == "net_density"}
    assert len(density) == 4
    assert all(limit == pytest.approx(80) for limit in density.values())  # a lot of 600 m²: Bảng 2.10
    tall = [quota for quota in found.quotas if quota.rule.id == "qcvn01.far.tall"]
    assert [quota.limit for quota in tall] == [13]


# ---- envelope and check read the same rule ----

corner = st.floats(0, 20).map(lambda x: round(x, 2))


@given(
    west=corner,
    south=st.floats(0, 12).map(lambda y: round(y, 2)),
    width=st.floats(1, 12),
    depth=st.floats(1, 15),
    turn=st.floats(0, 90),
    height=st.one_of(st.floats(1, 60), st.sampled_from([19.0, 22.0, 28.0, 18.999, 21.999, 27.999])),
    road=st.sampled_from([10.0, 18.99, 19.0, 20.0, 22.0, 40.0]),
)
@settings(max_examples=60, deadline=None)
def test_a_building_passes_if_and_only_if_it_lies_inside_the_band_of_its_height(
    west, south, width, depth, turn, height, road
):
    shape = affinity.rotate(rectangle(west, south, west + width, south + depth), turn)
    lot = rectangle(0, 0, 20, 30)
    shape = shapely.MultiPolygon([part for part in shapely.get_parts(shapely.intersection(shape, lot)) if part.area])
    if shape.area < 1:
        return
    layers = street_scene(shape, lot, street={"width_m": road}, height_m=height)
    verdict = check(layers, SETBACK, DAY).iloc[0]
    measured = scene(layers)
    found = envelope(measured, 0, SETBACK, DAY)
    band = next(band for band in found.bands if band.low <= height < band.high)
    inside = shapely.area(shapely.difference(shape, band.ground)) == 0
    assert verdict.outcome in ("pass", "fail")
    near = abs(verdict.margin + SETBACK[0].tolerance) < 0.001  # an arc of the border is drawn to half a millimetre
    assert inside == (verdict.outcome == "pass") or near
    outside = breaches(measured, [0], SETBACK, DAY).parts
    assert bool([part for part in outside if part.kind == "setback"]) == (verdict.outcome == "fail")


@given(st.lists(st.floats(0, 60), min_size=2, max_size=6, unique=True))
@settings(max_examples=30, deadline=None)
def test_a_higher_band_is_never_wider(heights):
    found = of(street_scene(HOUSE), SETBACK)
    areas = [next(b for b in found.bands if b.low <= h < b.high).area for h in sorted(heights)]
    assert areas == sorted(areas, reverse=True)


# ---- what lies outside ----


def outside(layers, rules=SETBACK):
    measured = scene(layers)
    return breaches(measured, [0], rules, DAY)


def test_the_strip_too_close_grows_with_the_height():
    """30 m high, 2 m behind the line of a 15 m street: 1 m too close from 19 m on, 2 m from 22 m, 4 m from 28 m."""
    parts = outside(street_scene(rectangle(2, 2, 18, 20), height_m=30.0)).parts
    assert [(part.low, part.high) for part in parts] == [(19, 22), (22, 28), (28, 30)]
    assert [part.part.area for part in parts] == pytest.approx([16, 32, 64], abs=0.01)
    assert {part.kind for part in parts} == {"setback"}
    assert parts[0].limit == 6.0
    assert parts[0].measured == pytest.approx(2.0)


def test_what_rises_above_the_cap_is_outside():
    parts = outside(capped(15.0), CAPPED).parts
    assert [(part.kind, part.low, part.high, part.status) for part in parts] == [("height", 15.0, 20.0, "plan")]
    assert parts[0].part.area == pytest.approx(HOUSE.area)


def test_what_stands_on_the_neighbours_lot_is_outside():
    over = dict(street_scene(rectangle(10, 6, 21, 16), height_m=10.0))
    parts = outside(over).parts
    assert [(part.kind, part.low, part.high) for part in parts] == [("border", 0, 10)]
    assert parts[0].part.area == pytest.approx(10.0)
    assert outside(street_scene(rectangle(10, 6, 20.2, 16), height_m=10.0)).parts == ()


def test_a_building_without_a_height_is_missing_not_inside():
    found = outside(street_scene(rectangle(2, 1, 18, 20), height_m=None))
    assert found.parts == ()
    assert found.missing == (("house", "building.height_m"),)


def test_a_table_interpolated_by_height_is_cut_into_fine_bands(tmp_path):
    rule = rule_files.read_rule(_rule(tmp_path))
    found = of(street_scene(HOUSE), [rule])
    inner = [band for band in found.bands if 10 <= band.low < 20]
    assert len(inner) == 10
    assert inner[0].binding is not None
    assert inner[0].binding.limit == pytest.approx(0.3, abs=1e-9)  # the strictest of 10 to 11 m
    assert shapely.area(ground_left(shapely.box(0, 0, 1, 1), ())) == 1


def _rule(folder: Path) -> Path:
    text = SETBACK[0].path.read_text(encoding="utf-8")
    head, rest = text.split("[limit]")
    head = head.replace("qcvn01.setback", "test.setback")
    limit = '[limit]\nop = "at_least"\nunit = "m"\nby = ["height"]\nlookup = "linear"\noutside = "clamp"\n'
    case = (
        '[[case]]\ngiven = { area = "new", road_class = "area", height = 15, distance = 2 }\nexpect = { limit = 1.5 }\n'
    )
    path = folder / "setback.toml"
    path.write_text(head + limit + "rows = [[10, 0], [20, 3]]\n\n" + case, encoding="utf-8")
    assert rest
    return path


def test_bands_need_a_building_layer_only_for_the_use():
    layers = {name: frame for name, frame in street_scene(HOUSE).items() if name != "building"}
    assert [band.area for band in of(layers).bands] == pytest.approx([600, 540, 520, 480], abs=0.2)


# ---- sides, back, building lines ----


def provinces_rules(folder: Path, *, side: float, back: float) -> tuple[Rule, ...]:
    """A province asks for ``side`` metres at the sides from 10 m of height, and for ``back`` at the back; simulated."""
    for measure, limit, more in (("side_distance", side, "height = { from = 10 }\n"), ("back_distance", back, "")):
        (folder / f"{measure}.toml").write_text(
            f'''id = "tinh.{measure}"
version = 1
title = {{ vi = "Quy định của tỉnh (mô phỏng)", en = "A province's rule (simulated)" }}
source = {{ document = "Quyết định mô phỏng", clause = "1" }}
status = "simulated"
severity = "error"
measure = "{measure}"
tolerance = 0.005

[applies_to]
layer = "building"
{more}
[limit]
op = "at_least"
unit = "m"
constant = {limit}

[[case]]
given = {{ height = 12, edge_distance = {limit} }}
expect = {{ outcome = "pass" }}
''',
            encoding="utf-8",
        )
    return tuple(rule for rule in packs.load(folder)[0] if rule.id.startswith("tinh."))


def lined(building: shapely.MultiPolygon, *points: tuple[float, float], **values):
    made = frame([{"uid": uid("line"), "street": uid("first"), "geometry": line(*points)}], ("street",))
    return {**street_scene(building, **values), "building_line": made}


LINE_RULE = packs.select(RULES, ["qcvn01.building_line"])


def test_sides_and_back_are_taken_off_where_a_province_asks_for_it(tmp_path):
    """20 x 30 m: 2 m at the back always; from 10 m of height 1.5 m at each side too."""
    rules = provinces_rules(tmp_path, side=1.5, back=2.0)
    found = of(street_scene(HOUSE), rules)
    assert [(band.low, band.high) for band in found.bands] == [(0, 10), (10, math.inf)]
    assert [band.area for band in found.bands] == pytest.approx([20 * 28, 17 * 28], abs=0.6)
    assert [one.edge.measure for one in found.bands[1].others] == ["side_distance", "back_distance"]
    assert found.bands[1].binding is None


def test_the_ground_before_a_building_line_stays_free_whatever_the_building():
    found = of(lined(HOUSE, (-10, 3), (50, 3), use=None), LINE_RULE)
    assert [band.area for band in found.bands] == [pytest.approx(20 * 27)]
    assert of(lined(HOUSE, (-10, 3), (50, 3), use="other"), LINE_RULE).bands[0].area == pytest.approx(600)


def test_a_building_line_that_ends_in_the_lot_is_missing_and_the_bands_are_told_without_it():
    found = of(lined(HOUSE, (-10, 3), (12, 3)), (*SETBACK, *LINE_RULE))
    assert [band.area for band in found.bands] == pytest.approx([600, 540, 520, 480], abs=0.2)
    assert "building_line" in found.missing
    assert "dừng lại giữa thửa" in told(found, found.bands[0], "vi")


def test_parts_outside_are_told_by_their_edge(tmp_path):
    """12 m high, 0.5 m from the west side, 1 m from the back, 1 m before the building line at 3 m."""
    rules = (*provinces_rules(tmp_path, side=1.5, back=2.0), *LINE_RULE)
    parts = outside(lined(rectangle(0.5, 2, 18, 29), (-10, 3), (50, 3), height_m=12.0), rules).parts
    told = {part.kind: (part.low, part.high, part.part.area) for part in parts}
    assert told == {
        "side": (10, 12, pytest.approx(27, abs=0.02)),
        "back": (0, 12, pytest.approx(17.5, abs=0.02)),
        "line": (0, 12, pytest.approx(17.5)),
    }


def test_the_border_between_two_lots_of_one_building_is_no_side(tmp_path):
    rules = provinces_rules(tmp_path, side=1.5, back=2.0)
    layers = street_scene(rectangle(3, 1, 36, 20), height_m=12.0)
    layers = {**layers, "parcel": parcels(a=rectangle(0, 0, 20, 30), b=rectangle(20, 0, 40, 30))}
    measured = scene(layers)
    alone = envelope(measured, 0, rules, DAY).bands[-1]
    joined = envelope(measured, 0, rules, DAY, joined=(0, 1)).bands[-1]
    assert [alone.area, joined.area] == pytest.approx([17 * 28, 18.5 * 28], abs=0.6)


@pytest.fixture(scope="module")
def bordered(tmp_path_factory) -> tuple[Rule, ...]:
    return (*provinces_rules(tmp_path_factory.mktemp("tinh"), side=1.5, back=2.0), *SETBACK, *LINE_RULE)


@given(
    west=corner,
    south=st.floats(0, 16).map(lambda y: round(y, 2)),
    width=st.floats(1, 14),
    depth=st.floats(1, 20),
    turn=st.floats(0, 90),
    height=st.one_of(st.floats(1, 60), st.sampled_from([9.999, 10.0, 19.0, 22.0, 28.0])),
    line_at=st.floats(1, 8).map(lambda y: round(y, 2)),
)
@settings(max_examples=60, deadline=None)
def test_every_rule_passes_if_and_only_if_the_building_lies_inside(
    bordered, west, south, width, depth, turn, height, line_at
):
    lot = rectangle(0, 0, 20, 30)
    shape = shapely.intersection(affinity.rotate(rectangle(west, south, west + width, south + depth), turn), lot)
    shape = shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.area])
    if shape.area < 1:
        return
    layers = lined(shape, (-10, line_at), (50, line_at), height_m=height)
    verdicts = check(layers, bordered, DAY)
    judged = verdicts[verdicts.outcome.isin(["pass", "fail"])]
    measured = scene(layers)
    band = next(b for b in envelope(measured, 0, bordered, DAY).bands if b.low <= height < b.high)
    over = shapely.area(shapely.difference(shape, band.ground))
    # On the limit itself arcs are drawn to half a millimetre, and a building line forgives 0.05 m².
    near = ((judged.margin.abs() < 0.007) | ((judged.rule == "qcvn01.building_line") & (judged.measured < 0.06))).any()
    assert (over == 0) == (judged.outcome == "pass").all() or near
    kinds = {part.kind for part in breaches(measured, [0], bordered, DAY).parts} - {"border"}
    of_rule = {"qcvn01.setback": "setback", "qcvn01.building_line": "line"}
    failed = {of_rule.get(rule, rule.removeprefix("tinh.")[:4]) for rule in judged.rule[judged.outcome == "fail"]}
    assert kinds == failed

"""What the approved plan allows on a lot, on small maps: density, floor-area ratio, height."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import pytest

from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.rule_files import read_toml, rule_of
from dothi.processing.zoning.verdicts.check import check

from .scenes import buildings, parcels, rectangle, zones

RULES = packs.load()[0]
DAY = date(2026, 6, 1)
ZONE = {"land_use": "ODT", "area_state": "new", "plan_state": "approved", "approved_on": date(2026, 1, 15)}
LIMITS = {"max_density_pct": 60.0, "max_far": 2.0, "max_height_m": 15.0}


def planned(*zone_values: dict[str, Any], height: float = 12.0) -> dict[str, gpd.GeoDataFrame]:
    """A lot of 10 x 15 m, 70 % covered, 300 m² of floors, across zones that divide it in equal strips."""
    width = 10 / len(zone_values)
    areas = {f"z{i}": (rectangle(i * width, 0, (i + 1) * width, 15), ZONE | v) for i, v in enumerate(zone_values)}
    frame = zones(**areas)
    for name in LIMITS:
        frame[name] = [values.get(name) for values in zone_values]
    house = {"use": "detached", "height_m": height, "floors": 3, "floor_area_m2": 300.0}
    return {
        "parcel": parcels(lot=(rectangle(0, 0, 10, 15), {"land_use": "ODT"})),
        "building": buildings(house=(rectangle(0, 0, 10, 10.5), house)),
        "planned_zone": frame,
    }


def judged(layers, *rules: str, **options) -> gpd.GeoDataFrame:
    return check(layers, packs.select(RULES, rules), **({"on": DAY} | options)).set_index("rule")


def test_the_zone_sets_density_ratio_and_height():
    found = judged(planned(LIMITS, height=18.0), "plan.net_density", "plan.far", "plan.height")
    told = {rule: (row.outcome, round(row.measured, 3), row.limit_value) for rule, row in found.iterrows()}
    assert told == {
        "plan.net_density": ("fail", 70.0, 60.0),
        "plan.far": ("pass", 2.0, 2.0),
        "plan.height": ("fail", 18.0, 15.0),
    }
    how = json.loads(found.loc["plan.net_density", "how"])
    assert (how["level"], how["limit"]["attribute"]) == ("zoning_plan", "zone_max_density")
    assert how["limit"]["zone"]
    assert found.loc["plan.net_density", "geometry"].area == pytest.approx(105)
    assert "chưa" not in found.loc["plan.height", "message_vi"]  # the plan's own number needs no mark


def test_code_and_plan_tell_of_each_other():
    found = judged(planned(LIMITS), "plan.net_density", "qcvn01.net_density.detached")
    code = json.loads(found.loc["qcvn01.net_density.detached", "how"])
    plan = json.loads(found.loc["plan.net_density", "how"])
    assert found.loc["qcvn01.net_density.detached", "outcome"] == "pass"  # 70 % of 80 %
    assert [(o["rule"], o["level"], o["limit"], o["stricter"]) for o in code["others"]] == [
        ("plan.net_density", "zoning_plan", 60.0, True)
    ]
    assert [(o["level"], o["limit"], o["stricter"]) for o in plan["others"]] == [("national", 80.0, False)]


@pytest.mark.parametrize(
    ("zone_values", "missing"),
    [
        (({},), ["planned_zone.max_density_pct"]),
        ((LIMITS, LIMITS | {"max_density_pct": 40.0}), ["planned_zone.conflict"]),
        ((LIMITS | {"approved_on": date(2026, 7, 1)},), ["planned_zone.approved_on"]),
    ],
)
def test_what_the_plan_does_not_say_is_named(zone_values, missing):
    found = judged(planned(*zone_values), "plan.net_density")
    assert found.loc["plan.net_density", "outcome"] == "not_checkable"
    assert json.loads(found.loc["plan.net_density", "missing"]) == missing


def test_land_use_is_judged_by_a_plan_that_was_approved_by_then():
    layers = planned(LIMITS | {"approved_on": date(2026, 7, 1)})
    assert judged(layers, "plan.land_use").loc["plan.land_use", "outcome"] == "not_checkable"
    assert judged(layers, "plan.land_use", on=date(2026, 7, 1)).loc["plan.land_use", "outcome"] == "pass"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"lot_code": ["lot"]}, ("fail", 50.0, "lot")),
        ({"lot_code": ["another"]}, ("pass", 80.0, "national")),
        ({"zone_code": ["z0"]}, ("fail", 50.0, "lot")),
    ],
)
def test_a_decision_about_one_lot_binds_that_lot_alone(place, expected):
    raw, _ = read_toml(packs.RULES / "qcvn-01" / "2021" / "net-density-detached.toml")
    own = raw | {"level": "lot", "applies_to": {"layer": "parcel", **place}, "except": []}
    own["limit"] = {"op": "at_most", "unit": "%", "constant": 50}
    shipped = [replace(entry, others=()) for rule in RULES for entry in rule.entries]
    decided = packs.join([*shipped, rule_of(own, packs.RULES.parent / "own" / "lot.toml", pack=packs.OWN)])
    found = check(planned(LIMITS), packs.select(decided, ["qcvn01.net_density.detached"]), DAY).iloc[0]
    assert (found.outcome, found.limit_value, json.loads(found.how)["level"]) == expected

"""The share of street land of a plan, worked out by hand."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon

from dothi.processing.zoning.land.layers import Layers
from dothi.processing.zoning.rulebook.packs import select
from dothi.processing.zoning.verdicts.check import check

from .scenes import EAST, NORTH, centrelines, line, moved, of_streets, rectangle, zones
from .test_separations import DAY, RULES

PLAN = {"land_use": "ODT", "plan_state": "approved"}


def plan(width: float, road_class: str | None = "distributor", **more: tuple[MultiPolygon, str]) -> Layers:
    """Two zones of 100 x 100 m with a street of ``width`` between them, and streets ``more``: shape and class."""
    named = zones(
        tây=(rectangle(0, 0, 100, 100), PLAN),
        đông=(rectangle(100 + width, 0, 200 + width, 90), PLAN),
        ruộng=(rectangle(0, 200, 900, 900), PLAN | {"land_use": "LUC"}),
    )
    drawn = {"giữa": (rectangle(100, 0, 100 + width, 100), road_class), **more}
    axis = line((0, 0), (1, 1))
    return {
        "planned_zone": named.assign(plan_name="Quy hoạch chi tiết A"),
        "street_centreline": centrelines(**{name: (axis, {"road_class": of}) for name, (_, of) in drawn.items()}),
        "street_boundary": of_streets(**{name: shape for name, (shape, _) in drawn.items()}),
    }


def judged(layers: Layers) -> pd.DataFrame:
    return check(layers, select(RULES, ["qcvn01.road_share"]), DAY).set_index("rule")


def test_the_share_is_that_of_the_built_ground_with_the_streets_between():
    """Zones of 10,000 and 9,000 m², and 40 x 90 m of the street between; its last 10 m lie beyond the lower one."""
    found = judged(plan(40.0)).loc["qcvn01.road_share.distributor"]
    assert found.measured == pytest.approx(100 * 3600 / 22600, abs=0.05)
    assert found.outcome == "fail"
    assert found.feature_code == "Quy hoạch chi tiết A"
    assert "chưa kiểm chứng" in found.message_vi
    assert judged(plan(50.0)).outcome["qcvn01.road_share.distributor"] == "pass"


@pytest.mark.parametrize(
    ("road_class", "rule"),
    [("main", "inter_area"), ("inter_area", "inter_area"), ("area_main", "area"), ("distributor", "distributor")],
)
def test_a_plan_is_judged_down_to_the_lowest_level_that_it_draws(road_class, rule):
    found = judged(plan(40.0, road_class))
    told = found.outcome[found.outcome != "not_applicable"]
    assert list(told.index) == [f"qcvn01.road_share.{rule}"]


def test_lower_streets_are_ground_but_not_counted():
    lane = {"hẻm": (rectangle(40, 0, 50, 100), "housing_group")}
    with_lane = judged(plan(40.0, "distributor", **lane)).loc["qcvn01.road_share.distributor"]
    assert with_lane.measured == pytest.approx(100 * 3600 / 22600, abs=0.05)


def test_a_street_along_the_border_is_outside():
    edge = {"biên": (rectangle(-20, 0, 0, 100), "distributor")}
    assert judged(plan(40.0, "distributor", **edge)).measured["qcvn01.road_share.distributor"] == pytest.approx(
        judged(plan(40.0)).measured["qcvn01.road_share.distributor"]
    )


def test_a_street_of_unknown_class_leaves_it_open():
    found = judged(plan(40.0, None))
    assert set(found.outcome) == {"not_checkable"}
    assert json.loads(found.missing.iloc[0]) == ["street_centreline.road_class"]


def test_a_plan_without_such_streets_is_told_so():
    found = judged(plan(40.0, "housing_group"))
    assert set(found.outcome) == {"not_applicable"}
    assert "không có đường" in found.message_vi.iloc[0]


def test_zones_without_a_plan_are_none():
    layers = plan(40.0)
    layers["planned_zone"]["plan_name"] = None
    assert judged(layers).empty


@given(st.floats(0, 360), st.floats(-1000, 1000), st.floats(5, 70))
@settings(max_examples=30, deadline=None)
def test_the_place_and_direction_of_the_map_change_nothing(angle, shift, width):
    layers = plan(width)
    turned = moved(layers, lambda shape: affinity.translate(affinity.rotate(shape, angle, (EAST, NORTH)), shift, shift))
    before, after = judged(layers), judged(turned)
    assert after.measured["qcvn01.road_share.distributor"] == pytest.approx(
        before.measured["qcvn01.road_share.distributor"], abs=1e-3
    )

"""Clauses with two numbers, and tables without a row: neither is judged by the number that suits."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dothi.layers.errors import InputError
from dothi.processing.zoning.rulebook import packs, rule_table
from dothi.processing.zoning.rulebook.allowed import allowed
from dothi.processing.zoning.rulebook.packs import join
from dothi.processing.zoning.rulebook.rule_files import read_toml, rule_of
from dothi.processing.zoning.rulebook.rule_pages import line as rule_line
from dothi.processing.zoning.rulebook.rule_writing import save, to_toml
from dothi.processing.zoning.verdicts.judge import judge, run_cases

from .scenes import rectangle
from .test_separations import AXIS, house, one, run, things

LIBRARY = packs.library()
BY_ID = {rule.id: rule for rule in LIBRARY.rules}
DAY = date(2026, 6, 1)


def outcome(rule: Any, **given: Any) -> tuple[str, Any]:
    """What comes out for one subject, and what is missing."""
    verdicts = judge(rule, pd.DataFrame([{"plan_state": "approved", **given}], dtype=object), DAY)
    return verdicts.outcome[0], verdicts.missing[0]


@pytest.mark.parametrize(
    ("rule", "given", "broken", "open_from", "open_to", "kept"),
    [
        # 100 m from a flat shore, 300 m from a steep one (Bảng 2.20).
        ("qcvn01.reservoir", {}, 99.0, 100.0, 299.0, 300.0),
        # 20-25 m, 15-20 m, 10-15 m (NĐ 08/2021, Điều 33).
        ("corridor.waterway", {"waterway_class": "special"}, 19.0, 20.0, 24.9, 25.0),
        ("corridor.waterway", {"waterway_class": "class_i"}, 14.0, 15.0, 19.9, 20.0),
        ("corridor.waterway", {"waterway_class": "class_v"}, 9.0, 10.0, 14.9, 15.0),
        # Earth: 2-3 m up to 10 m3/s, 3-5 m above; lined: 1-2 m and 2-3 m (Luật Thủy lợi, Điều 40).
        ("corridor.irrigation.earth", {"flow": 5, "lining": "earth"}, 1.9, 2.0, 2.9, 3.0),
        ("corridor.irrigation.earth", {"flow": 12, "lining": "earth"}, 2.9, 3.0, 4.9, 5.0),
        ("corridor.irrigation.lined", {"flow": 5, "lining": "lined"}, 0.9, 1.0, 1.9, 2.0),
        ("corridor.irrigation.lined", {"flow": 12, "lining": "lined"}, 1.9, 2.0, 2.9, 3.0),
        # 200 m: from the centreline, or from the edge of a road 30 m wide.
        ("qcvn01.cemetery.road", {"site_kind": "burial", "road_width": 30}, 199.0, 200.0, 214.9, 215.0),
    ],
)
def test_between_the_two_numbers_nothing_is_decided(rule, given, broken, open_from, open_to, kept):
    at = {apart: outcome(BY_ID[rule], apart=apart, **given) for apart in (broken, open_from, open_to, kept)}
    assert at[broken] == ("fail", None)
    assert at[open_from] == at[open_to] == ("not_checkable", ("limit.two_numbers",))
    assert at[kept] == ("pass", None)


def test_a_fire_station_is_near_enough_everywhere_only_within_the_smaller_radius():
    rule = BY_ID["qcvn01.service_radius.fire_station"]
    found = [outcome(rule, walk_fire_station=metres)[0] for metres in (2900, 3000, 3500, 5000, 5200)]
    assert found == ["pass", "pass", "not_checkable", "not_checkable", "fail"]


def test_the_pipe_of_a_hydrant_in_town_or_country():
    rule = BY_ID["qcvn10.hydrant.pipe"]
    assert [outcome(rule, branch_dn=dn)[0] for dn in (50, 75, 80, 100, 150)] == [
        "fail", "not_checkable", "not_checkable", "pass", "pass",
    ]  # fmt: skip


def test_a_road_of_unknown_width_leaves_open_what_holds_from_the_centreline():
    rule = BY_ID["qcvn01.cemetery.road"]
    assert outcome(rule, apart=190, site_kind="burial")[0] == "fail"
    assert outcome(rule, apart=250, site_kind="burial") == ("not_checkable", ("limit.two_numbers",))


def test_the_verdict_says_both_numbers_and_what_decides():
    layers = {
        "building": house(200),
        "watercourse": things(ho=(rectangle(-500, -100, 500, 0), {"water_kind": "reservoir"})),
    }
    found = one(run(layers, "qcvn01.reservoir"))
    assert (found.outcome, found.measured) == ("not_checkable", 200.0)
    assert np.isnan(found.limit_value)
    assert "hai mức 100 và 300 m" in found.message_vi
    assert "bờ hồ thoải (100 m) hay dốc (300 m)" in found.message_vi
    assert "two numbers, 100 and 300 m" in found.message_en
    assert "flat (100 m) or steep" in found.message_en
    assert json.loads(found.missing) == ["limit.two_numbers"]
    told = json.loads(found.how)["two_numbers"]
    assert (told["limit"], told["surely"], told["measured"]) == (100.0, 300.0, 200.0)
    assert found.geometry is not None


def test_the_edge_of_a_wide_road_counts_on_the_map():
    road = {"road_rank": "national", "width_m": 40.0}
    site = things(nt=(rectangle(0, 210, 10, 220), {"site_kind": "burial"}))
    found = one(run({"safety_site": site, "street_centreline": things(ql=(AXIS, road))}, "qcvn01.cemetery.road"))
    assert (found.outcome, found.measured) == ("not_checkable", 210.0)
    far = things(nt=(rectangle(0, 221, 10, 230), {"site_kind": "burial"}))
    found = one(run({"safety_site": far, "street_centreline": things(ql=(AXIS, road))}, "qcvn01.cemetery.road"))
    assert (found.outcome, found.measured) == ("pass", 221.0)


@pytest.mark.parametrize("conductor", ["bare", "insulated"])
@pytest.mark.parametrize("voltage", [66, 24, 150, 1000])
def test_a_voltage_that_the_decree_does_not_name_takes_no_row_in_silence(voltage, conductor):
    line_ = {"voltage_kv": voltage, "conductor": conductor, "installation": "overhead", "outer_wire_m": 0.0}
    on = date(2020, 6, 1)
    found = one(run({"building": house(3.5), "power_line": things(dz=(AXIS, line_))}, "corridor.power_line", on=on))
    assert json.loads(found.missing) == ["limit.no_row"]
    assert f"không có dòng quy định cho {voltage} kV" in found.message_vi.replace(".", "") or voltage == 1000
    assert "has no row for" in found.message_en
    rule = BY_ID[f"corridor.power_line.{conductor}"]
    row = pd.DataFrame([{"apart": 3.5, "voltage": 35, "conductor": conductor}], dtype=object)
    assert judge(rule, row, on).outcome[0] == "pass"


def test_what_is_allowed_between_two_numbers_is_not_said():
    answer = allowed(LIBRARY.rules, "reservoir_zone", {"plan_state": "approved"}, DAY)
    assert (answer["outcome"], answer["limit"], answer["missing"]) == ("not_checkable", None, ["limit.two_numbers"])
    told = answer["two_numbers"][0]
    assert (told["limit"], told["surely"], told["rule"]) == (100.0, 300.0, "qcvn01.reservoir")
    assert set(told["depends_on"]) == {"vi", "en"}


def test_a_province_that_decides_the_question_is_followed(tmp_path: Path):
    raw, _ = read_toml(BY_ID["qcvn01.reservoir"].path)
    del raw["limit"]["surely"]
    raw |= {"level": "provincial", "mode": "replace", "permitted_by": {"document": "QĐ 1", "clause": "Điều 2"}}
    raw["limit"]["constant"] = 200
    raw["case"] = [{"given": {"apart": 250}, "expect": {"outcome": "pass"}}]
    mine = rule_of(raw, tmp_path / "mine.toml", level="provincial", pack=packs.OWN)
    joined = join([BY_ID["qcvn01.reservoir"], mine])[0]
    assert [outcome(joined, apart=apart)[0] for apart in (199, 250)] == ["fail", "pass"]
    tighter = rule_of(raw | {"mode": "tighten"}, tmp_path / "mine.toml", level="provincial", pack=packs.OWN)
    joined = join([BY_ID["qcvn01.reservoir"], tighter])[0]
    assert [outcome(joined, apart=apart)[0] for apart in (199, 250, 300)] == ["fail", "not_checkable", "pass"]


@pytest.mark.parametrize("rule", ["corridor.irrigation.earth", "corridor.irrigation.lined"])
def test_a_table_with_two_numbers_goes_through_a_sheet_and_back(rule):
    limit = read_toml(BY_ID[rule].path)[0]["limit"]
    headings, rows = rule_table.to_rows(limit)
    assert headings == ["flow", "limit", "surely"]
    assert rule_table.from_rows(limit, headings, rows) == limit
    with pytest.raises(InputError) as lost:
        rule_table.from_rows(limit, headings[:2], [row[:2] for row in rows])
    assert lost.value.code == "rules.other_table"


@pytest.mark.parametrize("rule", ["qcvn01.reservoir", "corridor.waterway", "corridor.irrigation.earth"])
def test_it_is_saved_and_read_back_the_same(rule, tmp_path: Path):
    raw, _ = read_toml(BY_ID[rule].path)
    path, _ = save(tmp_path, raw, LIBRARY)
    again = rule_of(read_toml(path)[0], path)
    assert again.surely == BY_ID[rule].surely
    assert again.limit == BY_ID[rule].limit
    assert not run_cases(again)
    assert rule_line(again)["depends_on"]["vi"]
    assert to_toml(raw)


WRONG: list[tuple[str, Any]] = [
    ("qcvn01.reservoir", {"constant": 50}),  # looser than the limit
    ("qcvn01.service_radius.fire_station", {"constant": 6000}),
    ("corridor.waterway", {"classes": {"special": 25}}),  # not all classes
    ("corridor.irrigation.earth", {"rows": [[2, 3]], "above": [5]}),  # other rows
    ("corridor.irrigation.earth", {"rows": [[2, 3], [10, 3]], "above": None}),  # no open end
]


@pytest.mark.parametrize(("rule", "values"), WRONG)
def test_two_numbers_that_do_not_fit_are_refused(rule, values):
    raw = copy.deepcopy(read_toml(BY_ID[rule].path)[0])
    raw["limit"]["surely"] |= values
    raw["limit"]["surely"] = {name: value for name, value in raw["limit"]["surely"].items() if value is not None}
    with pytest.raises(InputError) as refused:
        rule_of(raw, Path("x.toml"))
    assert (refused.value.code, refused.value.arguments["where"]) == ("zoning.rule_surely", "limit.surely")


@pytest.mark.parametrize("gaps", [[[35, 22]], [[22, 110]]])
def test_a_gap_lies_between_two_neighbouring_rows(gaps):
    raw = copy.deepcopy(read_toml(BY_ID["corridor.power_line.bare"].path)[0])
    raw["limit"]["gaps"] = gaps
    with pytest.raises(InputError) as refused:
        rule_of(raw, Path("x.toml"))
    assert refused.value.code == "zoning.rule_not_rising"

"""``dothi rules limit``: what is allowed, asked as a script asks it; the keys of the answer are promised."""

from __future__ import annotations

import json
from datetime import date

import pytest

from dothi.engine.cli import main
from dothi.engine.contract import JOBS
from dothi.layers.messages import has
from dothi.processing.zoning.measures import INPUTS, MEASURES
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.allowed import allowed

KEYS = {"limit", "unit", "outcome", "missing", "rule", "source", "rows"}
DAY = ("--date", "2026-06-01")
ASKED = ("--area", "existing", "--plan-state", "approved", *DAY)


@pytest.fixture
def ask(capsys):
    def asked(*arguments: str, code: int = 0):
        assert main(["rules", "limit", *arguments, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return asked


@pytest.mark.parametrize(
    ("measure", "arguments", "limit", "unit", "rule"),
    [
        ("net_density", "--use apartment --plot-area 5000 --height 28", 67.857, "%", "net_density.apartment"),
        ("net_density", "--use mixed --plot-area 14000 --height 34", 50.0, "%", "net_density.mixed"),
        ("net_density", "--use apartment --plot-area 10000 --height 29.5", 49.0, "%", "net_density.apartment"),
        ("far", "--use apartment --plot-area 6500 --height 25", 5.52, "FAR", "far.existing"),
        ("net_density", "--use detached --plot-area 150 --height 12", 80.0, "%", "net_density.detached"),
        ("net_density", "--use detached --plot-area 75 --height 12", 100.0, "%", "net_density.detached_small"),
        ("net_density", "--use public", 60.0, "%", "net_density.public_existing"),
        ("net_density", "--use factory --floors 6", 60.0, "%", "net_density.factory_tall"),
        ("far", "--use detached", 7.0, "FAR", "far.detached"),
        ("setback", "--road-width 15 --height 20", 3.0, "m", "setback"),
        ("setback", "--road-width 25 --height 28 --road-class main", 6.0, "m", "setback"),
        ("green_share", "--use factory", 20.0, "%", "green_share.factory"),
    ],
)
def test_what_is_allowed(ask, measure, arguments, limit, unit, rule):
    told = ask("--measure", measure, *arguments.split(), *ASKED)
    assert set(told) >= KEYS
    assert (told["limit"], told["unit"], told["outcome"], told["missing"]) == (limit, unit, "limit", [])
    assert told["rule"] == f"qcvn01.{rule}"
    assert told["source"].startswith("QCVN 01:2021/BXD")
    assert told["rows"]
    assert told["verified"] is False  # no number was compared with the gazette


def test_the_rows_say_how_it_was_interpolated(ask):
    told = ask("--measure", "net_density", "--use", "apartment", "--plot-area", "5000", "--height", "28", *ASKED)
    assert told["rows"]["columns"] == [
        {"plot_area": 3000.0, "weight": 0.714286},
        {"plot_area": 10000.0, "weight": 0.285714},
    ]
    assert told["rows"]["table"] == "Bảng 2.9"


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ("--measure net_density --use apartment --plot-area 5000", ["building.height_m"]),
        ("--measure net_density --plot-area 5000 --height 28", ["building.use", "area_state"]),
        ("--measure net_density --use public --area existing", []),
        ("--measure net_density --use public", ["area_state"]),
        ("--measure far --use apartment --plot-area 6500 --height 25", ["area_state"]),
        ("--measure far --use apartment --plot-area 6500 --height 25 --area new", ["rule"]),
        ("--measure net_density --use factory", ["building.floors"]),
        ("--measure setback --height 20", ["street_centreline.width_m"]),
        ("--measure setback --height 20 --road-width 15 --road-class path", ["rule"]),
        ("--measure net_density --use detached --plot-area 150", []),
    ],
)
def test_what_decides_and_is_not_said_is_named(ask, arguments, missing):
    told = ask(*arguments.split(), *DAY)
    assert told["missing"] == missing
    assert told["outcome"] == ("not_checkable" if missing else "limit")
    assert (told["limit"] is None) == bool(missing)


@pytest.mark.parametrize(
    ("day", "state", "limit", "missing"),
    [
        ("2026-12-31", None, 67.857, []),
        ("2027-01-01", "approved", 67.857, []),
        ("2027-01-01", "not_appraised", None, ["edition"]),
        ("2027-01-01", None, None, ["plan_state"]),
        ("2021-07-04", "approved", None, ["edition"]),
    ],
)
def test_last_years_number_is_never_given(ask, day, state, limit, missing):
    arguments = ["--measure", "net_density", "--use", "apartment", "--plot-area", "5000", "--height", "28"]
    told = ask(*arguments, "--date", day, *(["--plan-state", state] if state else []))
    assert (told["limit"], told["missing"]) == (limit, missing)


def test_the_stricter_of_code_and_plan_wins_and_the_other_is_told(ask):
    arguments = ["--measure", "net_density", "--use", "apartment", "--plot-area", "5000", "--height", "28", *ASKED]
    told = ask(*arguments, "--zone-max-density", "60")
    assert (told["limit"], told["rule"], told["level"]) == (60.0, "plan.net_density", "zoning_plan")
    assert [(other["rule"], other["limit"]) for other in told["others"]] == [("qcvn01.net_density.apartment", 67.857)]
    assert ask(*arguments)["left_out"] == ["plan.net_density"]


def test_an_input_without_an_option_is_given_as_json(ask):
    arguments = ["--measure", "net_density", "--use", "public", *ASKED]
    assert ask(*arguments, "--given", '{"zone_max_density": 30}')["limit"] == 30.0
    assert ask(*arguments, "--given", '{"zone_max_densty": 30}', code=3)["error"]["code"] == "rules.input_unknown"
    assert ask("--measure", "net_desnity", code=3)["error"]["code"] == "rules.measure_unknown"


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_every_measure_has_an_answer_or_says_what_is_missing(measure):
    told = allowed(packs.load()[0], measure, {}, date(2026, 6, 1))
    assert set(told) >= KEYS
    assert told["unit"] == MEASURES[measure].unit
    assert (told["outcome"] == "limit") == (told["limit"] is not None) == (told["missing"] == [])
    assert [code for code in told["missing"] if not has(f"zoning.missing.{code}")] == []
    json.dumps(told, allow_nan=False)


def test_where_only_the_plan_decides_the_plan_is_asked_for(ask):
    assert ask("--measure", "height", *DAY)["missing"] == ["planned_zone.max_height_m"]
    assert ask("--measure", "height", "--zone-max-height", "24", *DAY)["limit"] == 24.0


def test_every_input_that_a_rule_asks_for_can_be_given():
    options = {parameter.id for parameter in JOBS["rules.limit"].parameters}
    assert "given" in options
    needed = {name for rule in packs.load()[0] for name in rule.needs}
    assert needed <= set(INPUTS)
    closed = {name: INPUTS[name] for name in options & set(INPUTS) if INPUTS[name].is_text}
    assert all(given.domain for given in closed.values())

"""The packs that ship: every number as the sources give it, each rule's own examples, the regression trap."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dothi.layers.messages import has
from dothi.processing.zoning.measures import INPUTS, MEASURES
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.limits import Table, look_up
from dothi.processing.zoning.verdicts.judge import judge, run_cases

RULES = {rule.id: rule for rule in packs.load()[0]}
STOREYS = range(5, 17)  # Bảng 2.12 counts 5 storeys at 16 m and one more per row, 16 above 46 m


def limit(rule: str, **inputs: float) -> float:
    columns = {name: np.array([value], dtype=float) for name, value in inputs.items()}
    return float(look_up(RULES[rule].limit, columns, 1).values[0])


def table(rule: str) -> np.ndarray:
    found = RULES[rule].limit
    assert isinstance(found, Table)
    return np.array([*found.values, found.above])


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_keeps_its_own_examples(rule):
    assert run_cases(rule) == []


@pytest.mark.parametrize(
    "entry", [entry for rule in RULES.values() for entry in rule.entries], ids=lambda one: str(one.path)
)
def test_the_examples_of_a_rule_hold_a_pass_and_a_fail(entry):
    assert {case.expect.get("outcome") for case in entry.cases} >= {"pass", "fail"}


@pytest.mark.parametrize(("people", "expected"), [(49_999, 2.5), (50_000, 3.5), (150_000, 3.5), (150_001, 4.0)])
def test_parking_follows_the_bands_of_the_code(people, expected):
    """Bảng 2.18: up to 50,000 people, up to 150,000, more."""
    assert limit("qcvn01.parking", city_population=people) == expected


@pytest.mark.parametrize(("area", "expected"), [(75, 100), (90, 100), (100, 90), (150, 80), (400, 55), (5000, 40)])
def test_detached_houses_follow_the_breakpoints_of_2021(area, expected):
    """A public calculator uses 50/75/100 m²: there a lot of 75 m² gets 90 %."""
    assert limit("qcvn01.net_density.detached", plot_area=area) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rule", "area", "height", "expected"),
    [
        ("qcvn01.net_density.apartment", 5_000, 28, 67.857),
        ("qcvn01.net_density.apartment", 10_000, 29.5, 49.0),
        ("qcvn01.net_density.mixed", 14_000, 34, 50.0),
        ("qcvn01.far.existing", 6_500, 25, 5.52),
        ("qcvn01.far.existing", 100_000, 200, 6.4),
        ("qcvn01.net_density.mixed", 1, 1, 80),
    ],
)
def test_worked_values_of_the_tables(rule, area, height, expected):
    assert limit(rule, plot_area=area, height=height) == pytest.approx(expected, abs=5e-4)


def test_every_ratio_is_density_times_storeys():
    expected = table("qcvn01.net_density.mixed") * np.array(STOREYS)[:, None] / 100
    assert np.allclose(table("qcvn01.far.existing"), expected, atol=0.0051)


def test_apartments_are_five_points_below_mixed_use():
    assert np.array_equal(table("qcvn01.net_density.apartment"), table("qcvn01.net_density.mixed") - 5)


def test_above_46_metres_the_last_row_stands_as_it_is():
    assert limit("qcvn01.net_density.apartment", plot_area=10_000, height=46.0) == 41
    assert limit("qcvn01.net_density.apartment", plot_area=10_000, height=46.01) == 40


@pytest.mark.parametrize(
    ("width", "height", "expected", "status"),
    [
        (18.9, 18.9, 0, "predecessor"),
        (18.9, 19, 3, "predecessor"),
        (18.9, 22, 4, "predecessor"),
        (18.9, 28, 6, "two_sources"),
        (19, 21.9, 0, "expanded"),
        (21.9, 27.9, 3, "expanded"),
        (22, 27.9, 0, "expanded"),
        (22, 28, 6, "two_sources"),
    ],
)
def test_setback_is_looked_up_by_interval_with_the_status_of_its_cell(width, height, expected, status):
    rule = RULES["qcvn01.setback"]
    found = look_up(rule.limit, {"road_width": np.array([width]), "height": np.array([height])}, 1)
    assert (found.values[0], found.status(0, rule.status)) == (expected, status)
    cell = found.explain(0)["cell"]
    assert cell["road_width"][0] <= width
    assert cell["height"][0] <= height


def test_the_rows_used_are_told_with_their_weights():
    rule = RULES["qcvn01.net_density.apartment"]
    told = look_up(rule.limit, {"plot_area": np.array([5000.0]), "height": np.array([28.0])}, 1).explain(0)
    assert told["rows"] == [{"height": 28.0, "weight": 1.0}]
    assert told["columns"] == [
        {"plot_area": 3000.0, "weight": 0.714286},
        {"plot_area": 10000.0, "weight": 0.285714},
    ]


DENSITIES = [rule.id for rule in RULES.values() if rule.measure == "net_density" and isinstance(rule.limit, Table)]


@given(
    st.sampled_from(DENSITIES),
    st.floats(1, 100_000),
    st.tuples(st.floats(1, 200), st.floats(1, 200)).map(sorted),
)
def test_more_height_never_raises_the_density_allowed(rule, area, heights):
    low, high = (limit(rule, plot_area=area, height=height) for height in heights)
    assert high <= low + 1e-9


@given(st.sampled_from(DENSITIES), st.tuples(st.floats(1, 1e5), st.floats(1, 1e5)).map(sorted), st.floats(1, 200))
def test_a_larger_lot_never_raises_the_density_allowed(rule, areas, height):
    small, large = (limit(rule, plot_area=area, height=height) for area in areas)
    assert large <= small + 1e-9


EDITION = [
    (date(2021, 7, 4), "approved", None, "edition"),
    (date(2021, 7, 5), None, None, None),
    (date(2026, 12, 31), None, None, None),
    (date(2027, 1, 1), "approved", None, None),
    (date(2027, 1, 1), "appraised", None, None),
    (date(2027, 1, 1), "not_appraised", None, "edition"),
    (date(2027, 1, 1), None, None, "plan_state"),
    (date(2028, 1, 1), "approved", date(2026, 5, 1), None),
    (date(2028, 1, 1), "approved", date(2027, 5, 1), "edition"),
]


@pytest.mark.parametrize(("on", "state", "approved_on", "missing"), EDITION)
def test_no_number_outlives_its_edition(on, state, approved_on, missing):
    row = {"use": "detached", "area": "new", "plot_area": 100.0, "footprint": 50.0}
    row |= {"plan_state": state, "approved_on": approved_on}
    verdict = judge(RULES["qcvn01.net_density.detached"], pd.DataFrame([row], dtype=object), on)
    assert verdict.outcome[0] == ("pass" if missing is None else "not_checkable")
    assert verdict.missing[0] == (None if missing is None else (missing,))


def test_everything_a_verdict_can_say_is_known_in_both_languages():
    gaps = {spec.lacking for spec in INPUTS.values()}
    gaps |= {"edition", "plan_state", "limit.outside_table", "compatibility", "building.use.several", "parcel"}
    gaps |= {"building.geometry", "parcel.geometry", "parcel.land_use", "parcel.area_legal_m2"}
    gaps |= {"planned_zone.land_use", "area_state.conflict"}
    codes = [f"zoning.missing.{code}" for code in gaps]
    codes += [f"zoning.found.{measure}.{outcome}" for measure in MEASURES for outcome in ("pass", "fail")]
    codes += [f"zoning.status.{rule.status}" for rule in RULES.values()]
    codes += [f"zoning.reason.{c.input}" for rule in RULES.values() for c in rule.conditions]
    assert [code for code in codes if not has(code)] == []

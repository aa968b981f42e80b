"""From the national code down to a lot's own decision: which level wins, and what is told of the others."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dothi.layers.errors import InputError
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.rule_files import rule_of
from dothi.processing.zoning.verdicts.judge import Verdicts, judge

DAY = date(2026, 6, 1)
CLAUSE = {"document": "Quyết định thử nghiệm", "clause": "Điều 5"}


def entry(limit: Any = 60, level: Any = "national", mode: Any = "tighten", pack="", name="", **more: Any) -> Any:
    """One entry of the rule ``test.density``; ``limit`` is a number or a table of ``limit``."""
    values = limit if isinstance(limit, dict) else {"constant": limit}
    raw = {
        "id": "test.density",
        "version": 1,
        "title": {"vi": "Thử", "en": "Test"},
        "source": {"document": level, "clause": "1"},
        "status": "simulated",
        "level": level,
        "mode": mode,
        "severity": "error",
        "measure": "net_density",
        "tolerance": 0.005,
        "applies_to": {"layer": "parcel"},
        "limit": {"op": "at_most", "unit": "%", **values},
        "case": [{"given": {}, "expect": {"outcome": "not_checkable"}}],
    }
    path = packs.RULES / f"{name or level}-{mode}.toml"
    return rule_of(raw | more, path, pack=pack or ("code/2021" if level == "national" else packs.OWN))


def judged(*entries, on: date = DAY, density: float = 65.0, **given) -> Verdicts:
    row = {"plot_area": 100.0, "footprint": density, "plan_state": "approved"} | given
    (rule,) = packs.join(entries)
    return judge(rule, pd.DataFrame([row], dtype=object), on)


def told(verdict: Verdicts) -> tuple[Any, ...]:
    return verdict.outcome[0], verdict.limit[0], verdict.entry(0).level


@pytest.mark.parametrize(
    ("lower", "expected"),
    [
        (entry(50, "provincial"), ("fail", 50, "provincial")),
        (entry(70, "provincial"), ("fail", 60, "national")),
        (entry(70, "detailed_plan", "replace", permitted_by=CLAUSE), ("pass", 70, "detailed_plan")),
        (entry(10, "provincial", "bonus", permitted_by=CLAUSE), ("pass", 70, "provincial")),
        (entry(50, "provincial", "replace"), ("fail", 50, "provincial")),
    ],
)
def test_a_lower_level_tightens_replaces_or_adds(lower, expected):
    verdict = judged(entry(60), lower)
    assert told(verdict) == expected
    assert {one["level"] for one in verdict.others(0)} == {"national", lower.level} - {expected[2]}


def test_every_level_is_heard_in_its_order():
    verdict = judged(
        entry(40, "lot", "replace", permitted_by=CLAUSE),
        entry(60),
        entry(55, "provincial"),
        entry(80, "zoning_plan", "replace", permitted_by=CLAUSE),
        entry(5, "detailed_plan", "bonus", permitted_by=CLAUSE),
    )
    assert told(verdict) == ("fail", 40, "lot")
    assert [(one["level"], one["limit"]) for one in verdict.others(0)] == [
        ("national", 60),
        ("provincial", 55),
        ("zoning_plan", 80),
        ("detailed_plan", 5),
    ]


def test_of_two_entries_of_one_level_the_stricter_wins_and_the_conflict_is_told():
    verdict = judged(entry(80), entry(70, "provincial", name="a"), entry(62, "provincial", name="b"))
    assert told(verdict) == ("fail", 62, "provincial")
    assert verdict.conflict[0]
    assert not judged(entry(80), entry(62, "provincial")).conflict[0]


def test_what_is_broken_already_stays_broken_whatever_a_tightening_lacks():
    table = {"by": ["height"], "lookup": "linear", "outside": "clamp", "rows": [[10, 55], [20, 40]]}
    assert told(judged(entry(60), entry(table, "provincial"))) == ("fail", 60, "national")
    unsure = judged(entry(60), entry(table, "provincial"), density=58.0)
    assert (unsure.outcome[0], unsure.missing[0]) == ("not_checkable", ("building.height_m",))
    assert told(judged(entry(table), entry(50, "provincial")))[0] == "fail"
    assert judged(entry(table), entry(50, "provincial"), density=45.0).missing[0] == ("building.height_m",)


def test_what_would_replace_but_lacks_information_leaves_nothing_sure():
    table = {"by": ["height"], "lookup": "linear", "outside": "clamp", "rows": [[10, 95], [20, 90]]}
    verdict = judged(entry(60), entry(table, "provincial", "replace", permitted_by=CLAUSE), density=100.0)
    assert (verdict.outcome[0], verdict.missing[0]) == ("not_checkable", ("building.height_m",))


def test_a_lower_level_speaks_where_the_code_does_not():
    only: dict[str, Any] = {"applies_to": {"layer": "parcel", "use": ["apartment"]}}
    verdict = judged(entry(60, **only), entry(50, "provincial"), use="factory")
    assert told(verdict) == ("fail", 50, "provincial")
    assert judged(entry(60, **only), entry(50, "provincial", **only), use="factory").outcome[0] == "not_applicable"


def test_a_decision_outside_its_days_leaves_the_wider_level_alone():
    late = entry(50, "provincial", valid={"from": "2026-09-01"})
    assert told(judged(entry(60), late)) == ("fail", 60, "national")
    assert told(judged(entry(60), late, on=date(2026, 9, 1))) == ("fail", 50, "provincial")


EDITIONS = (
    entry(60, pack="code/2021", name="old", valid={"from": "2021-07-05", "to": "2026-12-31",
          "transition": "plan_approved_or_appraised"}),
    entry(40, pack="code/2026", name="new", valid={"from": "2027-01-01"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("on", "state", "expected"),
    [
        (date(2026, 12, 31), "not_appraised", 60),
        (date(2027, 1, 1), "approved", 60),
        (date(2027, 1, 1), "not_appraised", 40),
        (date(2027, 1, 1), None, ("plan_state",)),
        (date(2021, 1, 1), "approved", ("edition",)),
    ],
)
def test_the_day_and_the_plan_choose_the_edition(on, state, expected):
    verdict = judged(*EDITIONS, on=on, plan_state=state)
    assert (verdict.missing[0] or verdict.limit[0]) == expected
    assert not verdict.conflict[0]


def test_what_a_plan_says_binds_from_its_approval():
    plan = entry(60, "zoning_plan", pack="plan/zone")
    assert judged(plan, approved_on=date(2026, 5, 1)).outcome[0] == "fail"
    later = judged(plan, approved_on=date(2026, 7, 1))
    assert (later.outcome[0], later.missing[0]) == ("not_checkable", ("planned_zone.approved_on",))


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ((entry(60), entry(70, "provincial", "replace")), "rule_loosens"),
        ((entry(60), entry(1, "lot", "bonus")), "rule_loosens"),
        ((entry(60), entry({"attribute": "zone_max_density"}, "zoning_plan", "replace")), "rule_loosens"),
        ((entry(60), entry(-1, "lot", "bonus", permitted_by=CLAUSE)), "rule_bonus_negative"),
        ((entry(70, "provincial", "replace", permitted_by=CLAUSE),), "rule_changes_nothing"),
        ((entry(60, pack=packs.OWN),), "rule_level"),
        ((entry(60), entry(60)), "rule_twice"),
        ((entry(60), entry({"constant": 5, "unit": "FAR"}, "provincial", measure="far")),
         "rule_differs"),
    ],
)  # fmt: skip
def test_entries_that_do_not_fit_are_refused(entries, code):
    with pytest.raises(InputError, match=code):
        packs.join(entries)


def test_a_table_that_only_tightens_needs_no_clause():
    national = {"by": ["plot_area"], "lookup": "linear", "outside": "clamp", "rows": [[90, 100], [100, 90], [200, 70]]}
    tighter = {"by": ["plot_area"], "lookup": "linear", "outside": "clamp", "rows": [[50, 95], [200, 60]]}
    packs.join((entry(national), entry(tighter, "provincial", "replace")))
    looser = tighter | {"rows": [[50, 95], [120, 89], [200, 60]]}  # 89 % at 120 m² where the code has 86 %
    with pytest.raises(InputError, match="rule_loosens"):
        packs.join((entry(national), entry(looser, "provincial", "replace")))


# ---- exceptions that name rules ----


def excepting(name: str, other: str, **more) -> Any:
    exception = {"then": "not_applicable", "clause": "9", "rule": other}
    return entry(60, name=name, id=name, **{"except": [exception]} | more)


def test_a_rule_gives_way_where_another_one_applies():
    small: dict[str, Any] = {"applies_to": {"layer": "parcel", "plot_area": {"up_to": 100}}}
    wide, narrow = packs.join((excepting("test.wide", "test.narrow"), entry(90, id="test.narrow", name="n", **small)))
    frame = pd.DataFrame([{"plot_area": 80.0, "footprint": 72.0}, {"plot_area": 200.0, "footprint": 140.0}, {}])
    assert list(judge(wide, frame, DAY).outcome) == ["not_applicable", "fail", "not_checkable"]
    assert list(judge(narrow, frame, DAY).outcome) == ["pass", "not_applicable", "not_checkable"]


def test_exceptions_in_a_circle_are_refused():
    circle = (excepting("a.a", "a.b"), excepting("a.b", "a.c"), excepting("a.c", "a.a"))
    with pytest.raises(InputError, match="rule_circle") as caught:
        packs.join(circle)
    assert set(caught.value.arguments["rules"]) == {"a.a", "a.b", "a.c"}
    with pytest.raises(InputError, match="rule_circle"):
        packs.join((excepting("a.a", "a.a"),))


def test_an_exception_names_a_rule_about_the_same_things():
    with pytest.raises(InputError, match="rule_reference"):
        packs.join((excepting("a.a", "a.nobody"),))
    setback = packs.select(packs.load()[0], ["qcvn01.setback"])
    with pytest.raises(InputError, match="rule_reference"):
        packs.join((*setback, excepting("a.a", "qcvn01.setback")))


@given(st.lists(st.tuples(st.sampled_from(("provincial", "zoning_plan", "lot")), st.floats(1, 100)), max_size=5))
def test_tightening_never_allows_more_than_the_code(levels):
    entries = [entry(round(limit, 3), level, name=str(i)) for i, (level, limit) in enumerate(levels)]
    verdict = judged(entry(60), *entries)
    assert verdict.limit[0] == min([60.0, *(round(limit, 3) for _, limit in levels)])
    assert np.isfinite(verdict.margin[0])

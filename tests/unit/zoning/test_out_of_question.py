"""What is set aside before anything is measured gets the very verdict that judging everything gives it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dothi.processing.zoning.measures import INPUTS, MEASURES
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.limits import Table
from dothi.processing.zoning.rulebook.rules import Condition, Rule
from dothi.processing.zoning.table import ColumnTable
from dothi.processing.zoning.verdicts.judge import judge
from dothi.processing.zoning.verdicts.outcomes import in_columns
from dothi.processing.zoning.verdicts.standing import Columns, out_of_question

from .test_precedence import CLAUSE, entry


def on_use(limit: float, use: str, *named: str, **more: object) -> Rule:
    """An entry of one rule about one use of land."""
    return entry(limit, *named, applies_to={"layer": "parcel", "use": [use]}, **more)


# The second holds from the day on which the first ends, on other lots; the province adds a use and a bonus.
LEVELS = packs.join(
    [
        on_use(60, "apartment", valid={"from": "2021-01-01", "to": "2026-12-31"}),
        on_use(55, "mixed", valid={"from": "2027-01-01"}, pack="code/2026", name="later"),
        on_use(50, "public", "provincial"),
        on_use(5, "apartment", "provincial", "bonus", permitted_by=CLAUSE),
    ]
)
RULES = [*packs.load()[0], *LEVELS]
COUNT = 400
DAYS = (date(2020, 1, 1), date(2026, 6, 1), date(2027, 2, 1))  # before the code, while it holds, after it


def conditions_of(rule: Rule) -> list[Condition]:
    found: list[Condition] = []
    for one in rule.entries:
        found += one.conditions
        for exemption in one.exemptions:
            found += exemption.conditions
            found += exemption.other.conditions if exemption.other is not None else ()
    return found


def some_subjects(rule: Rule, seed: int) -> ColumnTable:
    """Subjects around every bound that the rule speaks of, some with gaps, flaws and reasons of their kind."""
    draw = np.random.default_rng(seed)
    conditions = conditions_of(rule)
    limits = [one.limit for one in rule.entries]
    names = {*MEASURES[rule.measure].inputs, *(one.input for one in conditions)}
    names |= {name for limit in limits for name in limit.by}
    names |= {name for one in rule.entries if one.surely is not None for name in one.surely.by}
    columns: dict[str, np.ndarray] = {}
    for name in sorted(names):
        mine = [one for one in conditions if one.input == name]
        if INPUTS[name].is_text:
            known = np.array([None, "khác", *(word for one in mine for word in one.values)], dtype=object)
            columns[name] = draw.choice(known, COUNT)
            continue
        at = [bound for one in mine for bound in (one.above, one.from_, one.up_to, one.below) if bound is not None]
        for limit in limits:
            at += [*limit.rows, *limit.columns] if isinstance(limit, Table) and name in limit.by else []
        around = np.array([1.0, *at]) if at else np.array([1.0, 50.0])
        values = draw.choice(around, COUNT) * draw.choice([0.5, 0.99, 1.0, 1.0, 1.01, 2.0], COUNT)
        columns[name] = np.where(draw.random(COUNT) < 0.1, np.nan, values)
    columns["plan_state"] = draw.choice(np.array([None, "approved", "appraised", "draft"], dtype=object), COUNT)
    columns["approved_on"] = draw.choice(np.array([None, date(2025, 5, 1), date(2027, 1, 5)], dtype=object), COUNT)
    columns["flaw"] = draw.choice(np.array([None] * 9 + ["parcel.geometry"], dtype=object), COUNT)
    columns["scope"] = draw.choice(np.array([None] * 4 + ["no_building"], dtype=object), COUNT)
    columns["uid"] = np.array([f"lot {number}" for number in range(COUNT)], dtype=object)
    return ColumnTable(columns)


@pytest.mark.parametrize("on", DAYS, ids=str)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_set_aside_is_judged_as_all_are(rule, on):
    table = some_subjects(rule, seed=len(rule.id))
    columns = Columns(table)
    whole = in_columns(judge(rule, columns, on), "parcel", table.words("uid"))
    aside = out_of_question(rule, columns, on)
    rows = np.flatnonzero(aside.missing)
    rest = judge(rule, Columns(table.at(rows)), on)
    sifted = in_columns(rest, "parcel", table.words("uid"), rows, aside)
    assert sifted.counts == whole.counts
    assert sifted.reasons == whole.reasons
    for name in ("code", "measured", "limit", "reason"):
        np.testing.assert_array_equal(getattr(sifted, name), getattr(whole, name), err_msg=name)


def test_most_subjects_are_set_aside():
    """A rule on one use of land measures no other: else the test above would say nothing."""
    rule = next(rule for rule in RULES if rule.id == "qcvn01.net_density.apartment")
    table = some_subjects(rule, seed=1)
    aside = out_of_question(rule, Columns(table), DAYS[1])
    assert 0 < np.count_nonzero(aside.missing) < COUNT / 2
    assert {"use", "no_building"} <= set(aside.known)

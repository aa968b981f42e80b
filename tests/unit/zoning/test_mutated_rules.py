"""Rule files that somebody spoiled: each is refused with a clear error, or is a rule whose own examples hold.

``DOTHI_SOAK=10000`` (``sh scripts/soak.sh``) tries as many as that; the tests of every day try some hundreds.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dothi.layers.errors import InputError
from dothi.layers.messages import LANGUAGES, catalogue
from dothi.processing.zoning.measures import MEASURES
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.limits import Table, look_up
from dothi.processing.zoning.rulebook.rule_files import read_toml
from dothi.processing.zoning.rulebook.rule_writing import to_toml
from dothi.processing.zoning.verdicts.judge import run_cases

EXAMPLES = int(os.environ.get("DOTHI_SOAK", "400"))
FILES = sorted(path for path in packs.RULES.glob("*/*/*.toml") if path.name != packs.PACK_FILE)
VALUES: list[Any] = [
    0, -1, 1, 90, 1e9, -0.5, 0.005, 10**40, float("nan"), float("inf"), True, "", "x", "apartment", "%", "m", "height",
    "2021-07-05", "9999-99-99", [], [[]], {}, {"above": 5}, ["new"], [1, 2], "not_applicable", "national", "bonus",
    "qcvn01.setback", "\x7f\u2028", "Đ" * 300,
]  # fmt: skip


def spoil(values: Any, chance: random.Random) -> None:
    """Change, drop, repeat, move or add one thing somewhere in nested tables and lists."""
    places: list[tuple[Any, Any]] = []

    def walk(at: Any) -> None:
        for key in list(at) if isinstance(at, dict) else range(len(at)):
            places.append((at, key))
            if isinstance(at[key], (dict, list)):
                walk(at[key])

    walk(values)
    if not places:
        return
    at, key = chance.choice(places)
    match chance.randrange(6):
        case 0:
            at[key] = chance.choice(VALUES)
        case 1:
            del at[key]
        case 2 if isinstance(at[key], (int, float)):
            at[key] = at[key] * chance.choice([0.5, 2, 10, -1]) + chance.choice([0, 1, 1000])
        case 3 if isinstance(at, list):
            at.insert(chance.randrange(len(at) + 1), at[key])
        case 4 if isinstance(at, list):
            chance.shuffle(at)
        case _:
            other, place = chance.choice(places)
            if isinstance(other, dict) or place < len(other):
                at[key] = json.loads(json.dumps(other[place]))


def judged_as_written(folder: Path) -> None:
    """The province's folder is refused in a whole sentence, or holds rules whose examples come out."""
    refused: InputError | None = None
    try:
        rules, _ = packs.load(folder)
    except InputError as error:
        refused, rules = error, ()
    if refused is not None:
        for language in LANGUAGES:
            template = catalogue(language)[refused.code]
            assert {name for _, name, _, _ in Formatter().parse(template) if name} <= set(refused.arguments)
        assert str(folder) in refused.sentence("vi")
    for rule in rules:
        mine = [entry.path for entry in rule.entries if entry.pack == packs.OWN]
        assert run_cases(rule, mine) == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 2**32), st.integers(1, 4), st.booleans())
def test_a_spoiled_rule_is_refused_or_holds(tmp_path_factory, path, seed, times, as_text):
    chance = random.Random(seed)
    raw, _ = read_toml(path)
    raw["level"] = "provincial"
    folder = tmp_path_factory.mktemp("rules")
    if as_text:
        text = to_toml(raw)
        for _ in range(times):
            at, slip = chance.randrange(len(text)), chance.choice(["", "9", "-", "]", '"', "\n", ".", "#", "e9"])
            text = text[:at] + slip + text[at + chance.randrange(4) :]
    else:
        for _ in range(times):
            spoil(raw, chance)
        try:
            text = to_toml(raw)
        except (TypeError, AttributeError):  # no longer what TOML can hold
            return
    (folder / "spoiled.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    judged_as_written(folder)


FALLING = [
    rule
    for rule in packs.load()[0]
    if rule.measure in ("net_density", "gross_density") and isinstance(rule.limit, Table) and "height" in rule.limit.by
]


@pytest.mark.parametrize("rule", FALLING, ids=lambda rule: rule.id)
@settings(max_examples=200, deadline=None)
@given(st.floats(1, 100_000), st.tuples(st.floats(0.1, 300), st.floats(0.1, 300)).map(sorted))
def test_more_height_never_raises_the_density_allowed(rule, area, heights):
    columns = {name: np.full(2, area) for name in rule.limit.by} | {"height": np.array(heights)}
    low, high = look_up(rule.limit, columns, 2).values
    assert high <= low + 1e-9


def test_there_are_tables_to_prove_it_of():
    assert len(FALLING) >= 2
    assert {rule.measure for rule in packs.load()[0]} <= set(MEASURES)

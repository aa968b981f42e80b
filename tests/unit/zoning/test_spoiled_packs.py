"""Packs that somebody spoiled, as the command line meets them: a code and a sentence, never a trace."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from dothi.layers.errors import InputError
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.rulebook.rule_files import RULES, read_toml
from dothi.processing.zoning.rulebook.rule_writing import save, to_toml

DENSITY = read_toml(RULES / "qcvn-01/2021/net-density-detached.toml")[0] | {"level": "provincial"}


def rule(**values: Any) -> dict[str, Any]:
    return copy.deepcopy(DENSITY) | values


def excepted(name: str, other: str) -> str:
    return to_toml(rule(id=name, **{"except": [{"then": "not_applicable", "clause": "x", "rule": other}]}))


def changed(limit: dict[str, Any]) -> str:
    made = rule()
    made["limit"] |= limit
    return to_toml(made)


ROWS = DENSITY["limit"]["rows"]
SPOILED: list[tuple[str, dict[str, str | bytes]]] = [
    ("zoning.rule_circle", {"a.toml": excepted("own.a", "own.b"), "b.toml": excepted("own.b", "own.a")}),
    ("zoning.rule_circle", {"a.toml": excepted("own.a", "own.a")}),
    ("zoning.rule_gap", {"a.toml": changed({"rows": [ROWS[0], [*ROWS[1], 1], *ROWS[2:]]})}),
    ("zoning.rule_not_rising", {"a.toml": changed({"rows": ROWS[::-1]})}),
    ("zoning.rule_too_long", {"a.toml": to_toml(rule(title={"vi": "đ" * 10_000_000, "en": "x"}))}),
    ("zoning.rule_too_long", {"a.toml": to_toml(rule(title={"vi": "đ" * 3_000, "en": "x"}))}),
    ("zoning.rule_too_long", {"a.toml": "k" * 10_000_000 + " = 1\n"}),
    ("zoning.rule_future", {"a.toml": to_toml(rule(format=99))}),
    ("zoning.rule_future", {"pack.toml": "format = 99\n", "a.toml": to_toml(rule())}),
    ("zoning.rule_unreadable", {"a.toml": b"\xff\xfe\x00id"}),
    ("zoning.rule_unreadable", {"a.toml": "a = " + "[" * 100_000 + "]" * 100_000}),
]


@pytest.mark.parametrize(("code", "files"), SPOILED)
def test_a_spoiled_pack_is_told_by_its_code_in_both_languages(code, files, tmp_path: Path):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as refused:
        packs.library(tmp_path)
    assert refused.value.code == code
    for language in ("vi", "en"):
        assert 0 < len(refused.value.sentence(language)) < 3_000


def test_a_draft_with_an_endless_text_is_not_saved(tmp_path: Path):
    with pytest.raises(InputError) as refused:
        save(tmp_path, rule(title={"vi": "đ" * 10_000_000, "en": "x"}), packs.library())
    assert refused.value.code == "zoning.rule_too_long"
    assert list(tmp_path.iterdir()) == []


def test_a_pack_edited_during_a_check_does_not_reach_it(tmp_path: Path):
    """What a run judges by is read once, before it begins: the next library is another."""
    (tmp_path / "a.toml").write_text(to_toml(rule(id="own.a")), encoding="utf-8")
    before = packs.library(tmp_path)
    (tmp_path / "a.toml").write_text(to_toml(rule(id="own.a", version=2)), encoding="utf-8")
    assert next(one.version for one in before.rules if one.id == "own.a") == 1
    assert next(one.version for one in packs.library(tmp_path).rules if one.id == "own.a") == 2
    (tmp_path / "a.toml").unlink()
    assert all(one.id != "own.a" for one in packs.library(tmp_path).rules)


def test_every_rule_that_ships_has_an_example_that_passes_and_one_that_fails():
    for one in packs.library().rules:
        for entry in one.entries:
            outcomes = {case.expect.get("outcome") for case in entry.cases}
            assert {"pass", "fail"} <= outcomes, (entry.id, entry.path.name)

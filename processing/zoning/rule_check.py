"""Is a rule file sound? Its form, its table, its source, its fit with the other rules, and its own examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...layers.errors import InputError
from ...layers.messages import LANGUAGES
from .judge import run_cases
from .packs import PACK_FILE, Library, declared_pack, join
from .rule_files import check_schema, compatibility_of, read_toml, rule_of
from .rules import MARKLESS, Rule


def problem(error: InputError, level: str = "error") -> dict[str, Any]:
    """An error as JSON, with its sentence in both languages."""
    sentences = {language: error.sentence(language) for language in LANGUAGES}
    return {"code": error.code, "level": level, "arguments": error.arguments, "sentence": sentences}


def entries_of(found: Library) -> list[Rule]:
    """Every entry by itself, not joined."""
    return [replace(entry, others=()) for rule in found.rules for entry in rule.entries]


def checked(raw: dict[str, Any], path: Path, known: Sequence[Rule]) -> dict[str, Any]:
    """What is wrong with the plain values ``raw`` of the file ``path`` among the ``known`` entries, as JSON.

    A file outside the folder that ships is a province's own. An entry of ``known`` from the same file, or of the same
    id, level and pack, is the one that ``raw`` takes the place of.
    """
    told: dict[str, Any] = {"file": str(path), "rule": raw.get("id"), "cases": 0, "problems": []}
    try:
        if "compatibility" in raw:
            compatibility_of(raw, path)
        elif path.name == PACK_FILE:
            check_schema(raw, path, "pack.schema.json")
        else:
            pack = declared_pack(path.parent)
            rule = rule_of(raw, path, level=pack.level, pack=pack.id)
            told["cases"] = len(rule.cases)
            told["problems"] = _in_company(rule, known)
    except InputError as error:
        told["problems"] = [problem(error)]
    told["ok"] = not any(found["level"] == "error" for found in told["problems"])
    return told


def _in_company(rule: Rule, known: Sequence[Rule]) -> list[dict[str, Any]]:
    joined = next(one for one in join([*stay(rule, known), rule]) if one.id == rule.id)
    wrong = run_cases(joined, [rule.path])
    found = [problem(InputError("zoning.rule_case", path=str(rule.path), rule=rule.id, wrong=wrong))] if wrong else []
    if rule.status not in MARKLESS:
        status = InputError("rules.unverified", path=str(rule.path), rule=rule.id, status=rule.status)
        found.append(problem(status, "info"))
    outcomes = {case.expect.get("outcome") for case in rule.cases}
    if not {"pass", "fail"} & outcomes and not any("limit" in case.expect for case in rule.cases):
        found.append(problem(InputError("rules.cases_prove_nothing", path=str(rule.path), rule=rule.id), "warning"))
    return found


def stay(rule: Rule, known: Sequence[Rule]) -> list[Rule]:
    """``known`` without the entry whose place ``rule`` takes."""
    return [
        one
        for one in known
        if one.path != rule.path and not (one.id == rule.id and one.pack == rule.pack and one.level == rule.level)
    ]


def checked_files(paths: Sequence[Path], known: Sequence[Rule]) -> list[dict[str, Any]]:
    """What is wrong with each file."""
    told = []
    for path in paths:
        try:
            raw, sha256 = read_toml(path)
            told.append(checked(raw, path, known) | {"sha256": sha256})
        except InputError as error:
            told.append({"file": str(path), "rule": None, "cases": 0, "problems": [problem(error)], "ok": False})
    return told

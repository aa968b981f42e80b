"""Is a rule file sound? Its form, its table, its source, its fit with the other rules, and its own examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....layers.errors import InputError
from ....layers.messages import LANGUAGES
from ..verdicts.judge import Tried, run_cases, try_cases
from .limits import Constant, Table
from .packs import OWN, OWN_LEVEL, PACK_FILE, Library, declared_pack, join
from .precedence import may_loosen
from .rule_diff import changes
from .rule_files import check_schema, compatibility_of, read_toml, rule_of, schema_errors
from .rules import MARKLESS, MODES, Rule

# Where in the file a mistake lies whose message names no place.
_PLACES = {
    "zoning.rule_bonus_negative": "limit",
    "zoning.rule_case": "case",
    "zoning.rule_changes_nothing": "mode",
    "zoning.rule_circle": "except",
    "zoning.rule_differs": "measure",
    "zoning.rule_future": "format",
    "zoning.rule_level": "level",
    "zoning.rule_loosens": "permitted_by",
    "zoning.rule_measure": "measure",
    "zoning.rule_reference": "except",
    "zoning.rule_surely": "limit.surely",
    "zoning.rule_unit": "limit.unit",
    "rules.cases_prove_nothing": "case",
    "rules.tighten_looser": "mode",
    "rules.unverified": "status",
}


def problem(error: InputError, level: str = "error") -> dict[str, Any]:
    """An error as JSON: its place in the file (``limit.rows[2]``; empty: all of it), its sentence in both languages."""
    sentences = {language: error.sentence(language) for language in LANGUAGES}
    where = str(error.arguments.get("where", "")) or _PLACES.get(error.code, "")
    told = {"code": error.code, "level": level, "where": where.strip(".")}
    return told | {"arguments": error.arguments, "sentence": sentences}


def entries_of(found: Library) -> list[Rule]:
    """Every entry by itself, not joined."""
    return [replace(entry, others=()) for rule in found.rules for entry in rule.entries]


def checked(raw: dict[str, Any], path: Path, known: Sequence[Rule]) -> dict[str, Any]:
    """What is wrong with the plain values ``raw`` of the file ``path`` among the ``known`` entries, as JSON.

    A file outside the folder that ships is a province's own. An entry of ``known`` from the same file, or of the same
    id, level and pack, is the one that ``raw`` takes the place of.
    """
    told: dict[str, Any] = {"file": str(path), "rule": raw.get("id"), "cases": 0, "examples": [], "problems": []}
    try:
        if "compatibility" in raw:
            compatibility_of(raw, path)
        elif path.name == PACK_FILE:
            check_schema(raw, path, "pack.schema.json")
        else:
            pack = declared_pack(path.parent)
            found, readable = _readable(raw, path)
            told["problems"] = found
            rule = rule_of(readable, path, level=pack.level, pack=pack.id)
            told["cases"] = len(rule.cases)
            joined = next(one for one in join([*stay(rule, known), rule]) if one.id == rule.id)
            told["examples"] = [example(tried) for tried in try_cases(joined, [rule.path])]
            told["problems"] = [*found, *_in_company(rule, joined)]
    except InputError as error:
        told["problems"] = [*told["problems"], problem(error)]
        if error.code == "zoning.rule_wrong" and "kind" in error.arguments:  # what else the schema does not know
            schema = "pack.schema.json" if path.name == PACK_FILE else "rule.schema.json"
            told["problems"] = [problem(one) for one in schema_errors(raw, path, schema)] or told["problems"]
    told["ok"] = not any(found["level"] == "error" for found in told["problems"])
    return told


# What names the rule but decides nothing: while it is not filled in yet, the numbers can be checked all the same.
_SAID = {"title": {"vi": "–", "en": "–"}, "source": {"document": "–", "clause": "–"}}


def _readable(raw: dict[str, Any], path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What is wrong with title and source alone, and ``raw`` with a stand-in for them; else nothing, and ``raw``."""
    errors = list(schema_errors(raw, path, "rule.schema.json"))
    places = [str(error.arguments.get("where", "")).split(".")[0] for error in errors]
    if not errors or any(place not in _SAID for place in places):
        return [], raw
    return [problem(error) for error in errors], {**raw, **{place: _SAID[place] for place in places}}


def example(tried: Tried) -> dict[str, Any]:
    """A worked example as JSON: what is given, what should come out, what does, and whether they agree."""
    got = {key: None if isinstance(value, float) and value != value else value for key, value in tried.got.items()}
    plain = {key: value if isinstance(value, str) or value is None else float(value) for key, value in got.items()}
    given, expect = dict(tried.case.given), dict(tried.case.expect)
    return {"given": given, "expect": expect, "got": plain, "wrong": list(tried.wrong), "holds": not tried.wrong}


def draft(raw: dict[str, Any], path: Path, known: Sequence[Rule]) -> dict[str, Any]:
    """As :func:`checked`, of a rule that is being edited; also what differs from the rule that ships.

    ``shipped`` is the file of that rule or None; ``on_disk`` the hash of the province's entry whose place the draft
    takes, empty where it has none: an editor sees by it that somebody else wrote the file.
    """
    told = checked(raw, path, known)
    entries = [entry for entry in known if entry.id == raw.get("id")]
    shipped = [entry for entry in entries if entry.pack != OWN]
    level = raw.get("level", OWN_LEVEL)
    mine = [entry.sha256 for entry in entries if entry.pack == OWN and entry.level == level]
    before = read_toml(shipped[-1].path)[0] if shipped else {}
    return told | {
        "changes": changes(before, raw),
        "shipped": str(shipped[-1].path) if shipped else None,
        "on_disk": mine[0] if mine else "",
    }


def _in_company(rule: Rule, joined: Rule) -> list[dict[str, Any]]:
    wrong = run_cases(joined, [rule.path])
    found = [problem(InputError("zoning.rule_case", path=str(rule.path), rule=rule.id, wrong=wrong))] if wrong else []
    if rule.status not in MARKLESS:
        status = InputError("rules.unverified", path=str(rule.path), rule=rule.id, status=rule.status)
        found.append(problem(status, "info"))
    outcomes = {case.expect.get("outcome") for case in rule.cases}
    if not {"pass", "fail"} & outcomes and not any("limit" in case.expect for case in rule.cases):
        found.append(problem(InputError("rules.cases_prove_nothing", path=str(rule.path), rule=rule.id), "warning"))
    if _in_vain(rule, joined):
        found.append(problem(InputError("rules.tighten_looser", path=str(rule.path), rule=rule.id), "warning"))
    return found


def _in_vain(rule: Rule, joined: Rule) -> bool:
    """Whether the limit is looser somewhere than that of a wider level, where the stricter holds anyway."""
    mine = next(at for at, one in enumerate(joined.entries) if one.path == rule.path)
    wider = joined.entries[:mine]
    known = [one for one in wider if one.level != rule.level and isinstance(one.limit, (Constant, Table))]
    plain = rule.mode == MODES[0] and isinstance(rule.limit, (Constant, Table))
    return plain and any(may_loosen(rule, one) for one in known)


def stay(rule: Rule, known: Sequence[Rule]) -> list[Rule]:
    """``known`` without the entry whose place ``rule`` takes."""
    return [
        one
        for one in known
        if one.path != rule.path and not (one.id == rule.id and one.pack == rule.pack and one.level == rule.level)
    ]


def with_draft(rules: Sequence[Rule], raw: dict[str, Any], path: Path) -> tuple[Rule, ...]:
    """``rules`` as they would be if the draft ``raw`` were saved. Raises :class:`InputError` for a malformed one."""
    pack = declared_pack(path.parent)
    rule = rule_of(raw, path, level=pack.level, pack=pack.id)
    entries = [replace(entry, others=()) for one in rules for entry in one.entries]
    return join([*stay(rule, entries), rule])


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

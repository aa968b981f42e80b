"""The rules themselves: list, show, check, compare, edit, and ask what is allowed without a map."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ...layers.errors import InputError
from ...layers.report import Report
from ...processing.zoning.land import inputs
from ...processing.zoning.measures import INPUTS, MEASURES
from ...processing.zoning.rulebook import allowed, packs, rule_check, rule_diff, rule_pages, rule_table, rule_writing
from ...processing.zoning.rulebook.rule_files import read_toml
from ...processing.zoning.rulebook.rules import Rule
from ...store import dataset, grids, sheets


def _own(parameters: Mapping[str, Any]) -> Path | None:
    """The province's folder of rules, beside the data set if one is named."""
    if not parameters["data"]:
        return None
    data = Path(parameters["data"])
    dataset.meta(data)  # a file that is no data set is refused here
    return dataset.beside(data) / "rules"


def _one(parameters: Mapping[str, Any]) -> Rule:
    rules, _ = packs.load(_own(parameters))
    named = [rule for rule in rules if rule.id == parameters["rule"]]
    if not named:
        raise InputError("zoning.rule_unknown", rule=parameters["rule"], known=[rule.id for rule in rules])
    return named[0]


def list_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Packs and rules, with level, status and source."""
    found = packs.library(_own(parameters))
    return rule_pages.listed(found, packs.select(found.rules, parameters["rules"]))


def show(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """One rule with all its levels: fields, table grid, curves, examples."""
    return rule_pages.page(_one(parameters))


def check(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What is wrong with a file, the files of a folder, an unsaved rule, or all that is there."""
    own = _own(parameters)
    try:
        known = rule_check.entries_of(packs.library(own))
    except InputError:  # a broken file of the province is among those to be told about
        known = rule_check.entries_of(packs.library())
    draft = _object(parameters["rule"])
    if draft is not None:
        told = [rule_check.draft(draft, rule_writing.draft_file(own), known)]
    else:
        told = rule_check.checked_files(_files(parameters["path"], own), known)
    errors = sum(not one["ok"] for one in told)
    return {"files": told, "ok": errors == 0, "errors": errors}


def _object(given: Any) -> dict[str, Any] | None:
    """The plain values of a rule that is being edited, if one was handed over. Raises :class:`InputError`."""
    if given is None or isinstance(given, dict):
        return given
    raise InputError("rules.no_rule", given=str(given)[:100])


def _files(path: str | None, own: Path | None) -> tuple[Path, ...]:
    if path is None:
        shipped = tuple(sorted(packs.RULES.glob("*/*/*.toml")))
        return shipped + (packs.own_files(own) if own is not None else ())
    place = packs.RULES / path if (packs.RULES / path).is_dir() else Path(path)
    if place.is_dir():
        return packs.own_files(place)
    if not place.is_file():
        raise InputError("engine.file_missing", path=path)
    return (place,)


def diff(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What differs between two packs, folders or files; without names: what the province changes."""
    found = packs.library(_own(parameters))
    if parameters["before"] is None and parameters["after"] is None:
        return rule_diff.differences(*rule_diff.changed_by_province(found))
    before, after = (rule_diff.side(parameters[name] or packs.OWN, found) for name in ("before", "after"))
    return rule_diff.differences(before, after)


def limit(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What is allowed for the inputs stated, which rule says so and how it was found."""
    measure = parameters["measure"]
    if measure not in MEASURES:
        raise InputError("rules.measure_unknown", measure=measure, known=sorted(MEASURES))
    given = {name: value for name, value in parameters.items() if name in INPUTS and value is not None}
    given |= _more(parameters["given"])
    given["plan_state"] = parameters["plan_state"]
    data = parameters["data"]
    on = inputs.judged_on(Path(data), parameters["date"]) if data else parameters["date"] or date.today()
    rules, _ = packs.load(_own(parameters))
    draft = _object(parameters["draft"])
    if draft is not None:
        rules = rule_check.with_draft(rules, draft, rule_writing.draft_file(_own(parameters)))
    return allowed.allowed(rules, measure, given, on)


def _more(given: Any) -> dict[str, Any]:
    """Inputs beside those that have an option of their own. Raises :class:`InputError`."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InputError("rules.no_inputs", given=str(given)[:100])
    for name, value in given.items():
        known = name in INPUTS
        if not known or isinstance(value, str) != INPUTS[name].is_text or not isinstance(value, (str, int, float)):
            raise InputError("rules.input_unknown", input=name, value=str(value)[:100], known=sorted(INPUTS))
    return {name: value if isinstance(value, str) else float(value) for name, value in given.items()}


def export(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write the table of a rule for an office program."""
    entry = _one(parameters).entries[-1]
    raw = _object(parameters["draft"]) or read_toml(entry.path)[0]
    headings, rows = rule_table.to_rows(raw.get("limit") or {})
    about = sheets.Sheet("rule", ("id", "version", "level", "source", "status", "unit"), [_about(entry)])
    path = Path(parameters["table"])
    sheets.write_sheets(path, [sheets.Sheet("table", headings, rows), about], replace=parameters["replace"])
    return {"table": str(path), "rows": len(rows)}


def _about(entry: Rule) -> tuple[Any, ...]:
    return (entry.id, entry.version, entry.level, entry.source.citation, entry.status, entry.unit)


def import_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """A rule with the table of a sheet, what that changes, and what is wrong with it; nothing is written."""
    own = _own(parameters)
    entry = _one(parameters).entries[-1]
    raw = _object(parameters["draft"]) or read_toml(entry.path)[0]
    made = raw | {"limit": rule_table.from_rows(raw.get("limit") or {}, *grids.read_grid(Path(parameters["table"])))}
    known = rule_check.entries_of(packs.library(own))
    told = rule_check.checked(made, entry.path, known)
    return {"rule": made, "changes": rule_diff.changes(raw, made), "problems": told["problems"], "ok": told["ok"]}


def save(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write an edited rule as the province's own; refused unless all that ``check`` asks for holds."""
    own = _own(parameters)
    raw = parameters["rule"]
    if own is None or not isinstance(raw, dict):
        raise InputError("rules.no_rule", given=str(raw)[:100])
    path, sha256 = rule_writing.save(own, raw, packs.library(own), parameters["expected"] or "")
    saved, _ = read_toml(path)
    return {"file": str(path), "rule": saved["id"], "version": saved["version"], "sha256": sha256}

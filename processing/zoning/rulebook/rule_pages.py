"""Rules as an editor shows them, as JSON values: a line for the list, a page with fields, table grid and curves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ....layers import catalogue
from ....layers.messages import LANGUAGES, has, sentence
from ..measures import INPUTS, MEASURES
from ..verdicts.judge import run_cases, try_cases
from .limits import Attribute, Classes, Constant, Limit, Table
from .packs import OWN, Library
from .rule_check import example
from .rule_files import read_toml, statuses
from .rules import LEVELS, MARKLESS, MODES, Rule, Validity


def _days(valid: Validity) -> dict[str, Any]:
    return {
        "from": None if valid.first == date.min else valid.first.isoformat(),
        "to": None if valid.last == date.max else valid.last.isoformat(),
        "transition": valid.transition,
    }


def line(rule: Rule) -> dict[str, Any]:
    """One entry of a rule, as a row of the list."""
    return {
        "rule": rule.id,
        "version": rule.version,
        "level": rule.level,
        "mode": rule.mode,
        "pack": rule.pack,
        "own": rule.pack == OWN,
        "title": {"vi": rule.title.vi, "en": rule.title.en},
        "status": rule.status,
        "verified": rule.status in MARKLESS,
        "source": rule.source.citation,
        "valid": _days(rule.valid),
        "severity": rule.severity,
        "measure": rule.measure,
        "measure_name": _named(f"rules.measure.{rule.measure}"),
        "layer": rule.layer,
        "op": rule.op,
        "unit": rule.unit,
        "limit": _kind(rule.limit),
        "depends_on": {"vi": rule.surely.depends_on.vi, "en": rule.surely.depends_on.en} if rule.surely else None,
    }


def _kind(limit: Limit) -> str:
    return {Constant: "constant", Attribute: "attribute", Classes: "classes", Table: "table"}[type(limit)]


def listed(found: Library, rules: Sequence[Rule]) -> dict[str, Any]:
    """The packs, and every entry of ``rules``."""
    entries = [entry for rule in rules for entry in rule.entries]
    packs = [
        {
            "pack": pack.id,
            "version": pack.version,
            "level": pack.level,
            "title": {"vi": pack.title.vi, "en": pack.title.en},
            "issued_by": pack.issued_by,
            "note": {"vi": pack.note.vi, "en": pack.note.en} if pack.note else None,
            "sha256": pack.sha256,
            "rules": sum(entry.pack == pack.id for entry in entries),
        }
        for pack in found.packs
    ]
    return {"packs": packs, "rules": [line(entry) for entry in entries], "count": len(entries)}


def grid(limit: Limit) -> dict[str, Any] | None:
    """A table as an editor's grid: heads of rows and columns, cells, and how sure each cell is."""
    if not isinstance(limit, Table):
        return None
    two = len(limit.by) == 2
    return {
        "by": list(limit.by),
        "units": [INPUTS[name].unit for name in limit.by],
        "lookup": limit.lookup,
        "outside": limit.outside,
        "rows": list(limit.rows),
        "columns": list(limit.columns) if two else [],
        "cells": [list(row) for row in limit.values],
        "above": list(limit.above),
        "cell_status": [list(row) for row in limit.cell_status],
    }


def curves(limit: Limit) -> dict[str, Any] | None:
    """What to draw beside the grid: limits along the last input, one line per row of a table of two.

    ``points`` are [number, limit]; classes are drawn as steps; both ends are led a little beyond the table where the
    edge value holds there.
    """
    if not isinstance(limit, Table):
        return None
    axis = limit.rows if len(limit.by) == 1 else limit.columns
    series: list[dict[str, Any]] = []
    if len(limit.by) == 1:
        series.append({"at": None, "above": False, "points": _points(axis, [row[0] for row in limit.values], limit)})
    else:
        for at, values in zip(limit.rows, limit.values, strict=True):
            series.append({"at": at, "above": False, "points": _points(axis, values, limit)})
    if limit.above and len(limit.by) == 2:
        series.append({"at": limit.rows[-1], "above": True, "points": _points(axis, limit.above, limit)})
    return {"x": limit.by[-1], "unit": INPUTS[limit.by[-1]].unit, "of": limit.by[0], "series": series}


def _points(axis: Sequence[float], values: Sequence[float], limit: Table) -> list[list[float]]:
    points: list[list[float]] = []
    for i, (x, y) in enumerate(zip(axis, values, strict=True)):
        if limit.lookup == "interval" and i:
            points.append([x, values[i - 1]])
        points.append([x, y])
    reach = 0.1 * (axis[-1] - axis[0] or abs(axis[0]) or 1.0)
    if limit.outside == "clamp" and axis[0] > 0:
        points.insert(0, [max(0.0, axis[0] - reach), points[0][1]])
    if limit.outside == "clamp" or limit.lookup == "interval":
        last = limit.above[0] if limit.above and len(limit.by) == 1 else points[-1][1]
        points += [[axis[-1], last], [axis[-1] + reach, last]]
    return points


def page(rule: Rule) -> dict[str, Any]:
    """All of a rule: each entry with the values of its file as they are now, its grid and curves, and its examples."""
    entries = []
    for entry in rule.entries:
        raw, sha256 = read_toml(entry.path)
        entries.append(
            line(entry)
            | {
                "file": str(entry.path),
                "sha256": sha256,
                "citation": raw["source"],
                "permitted_by": raw.get("permitted_by"),
                "values": raw,
                "grid": grid(entry.limit),
                "curves": curves(entry.limit),
                "examples": [example(tried) for tried in try_cases(rule, [entry.path])],
            }
        )
    measure = MEASURES[rule.measure]
    return {
        "rule": rule.id,
        "entries": entries,
        "measure": {"id": measure.id, "unit": measure.unit, "layer": measure.layer, "inputs": list(measure.inputs)},
        "needs": list(rule.needs),
        "examples_wrong": run_cases(rule),
        "vocabulary": _vocabulary(),
    }


def _named(code: str) -> dict[str, str] | None:
    """The words of ``code`` in both languages; None where it has none."""
    return {language: sentence(code, language) for language in LANGUAGES} if has(code) else None


def _vocabulary() -> dict[str, Any]:
    """What an editor may offer: inputs with their units or closed lists in both languages, levels, modes, statuses."""
    domains = catalogue.domains()

    def words(name: str) -> list[dict[str, str]]:
        return [{"value": value, "vi": text.vi, "en": text.en} for value, text in domains[name].values.items()]

    inputs = {
        name: {
            "name": _named(f"rules.input.{name}") or _named(f"zoning.missing.{given.lacking}"),
            "unit": given.unit,
            "text": given.is_text,
            "values": words(given.domain) if given.domain else [],
        }
        for name, given in INPUTS.items()
    }
    return {"inputs": inputs, "levels": list(LEVELS), "modes": list(MODES), "statuses": statuses()}

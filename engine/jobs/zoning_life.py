"""What happens to findings after a check: two runs compared, breaches waived by a document until a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ...layers.errors import InputError
from ...layers.report import Report
from ...processing.zoning.land import inputs
from ...processing.zoning.rulebook import packs
from ...processing.zoning.verdicts import runs_compared
from ...store import dataset, runs
from ...store import waivers as kept

JOB = "zoning.check"


def compare_runs(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What became of every breach and gap between two runs; without names the two newest."""
    data = Path(parameters["data"])
    before, after = _two_runs(data, parameters["before"], parameters["after"])
    report.progress(0.1, "zoning.step_compare")
    compared = runs_compared.compare(before, after)
    moved = compared[compared["state"] != "unchanged"]
    rows = moved.head(parameters["most"]).to_dict("records")
    report.progress(1.0)
    return {
        "before": str(before),
        "after": str(after),
        "counts": runs_compared.counts(compared),
        "rows": [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows],
        "left_out": len(moved) - len(rows),
    }


def _two_runs(data: Path, before: str | None, after: str | None) -> tuple[Path, Path]:
    known = runs.runs(data, JOB)
    newest = Path(after) if after else known[0] if known else None
    older = [path for path in known if newest is not None and path.name < newest.name]
    former = Path(before) if before else older[0] if older else None
    if newest is None or former is None:
        raise InputError("zoning.two_runs_wanted", data=str(data))
    return former, newest


def waive(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Let a rule stand on a feature, by a document, until a day."""
    data = Path(parameters["data"])
    rules, _ = packs.load(dataset.beside(data) / "rules")
    if parameters["rule"] not in {rule.id for rule in rules}:
        raise InputError("zoning.rule_unknown", rule=parameters["rule"], known=[rule.id for rule in rules])
    layer_id = next(rule.layer for rule in rules if rule.id == parameters["rule"])
    if dataset.read(data, layer_id, columns=[], uids=[parameters["uid"]]).empty:
        raise InputError("zoning.uid_unknown", uid=parameters["uid"])
    made = kept.waive(
        data,
        parameters["rule"],
        parameters["uid"],
        document=parameters["document"],
        author=parameters["author"],
        valid_from=inputs.judged_on(data, parameters["date"]),
        expires=parameters["expires"],
        note=parameters["note"],
    )
    return {"waiver": asdict(made)}


def unwaive(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """End a waiver; it stays to be seen."""
    kept.revoke(Path(parameters["data"]), parameters["waiver"])
    return {"waiver": parameters["waiver"]}


def waivers(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """All waivers of a data set or of one feature, and whether each holds on the day."""
    data = Path(parameters["data"])
    on = inputs.judged_on(data, parameters["date"])
    asked = parameters["uid"]
    found = [one for one in kept.waivers(data) if asked is None or one.feature_uid == asked]
    return {"waivers": [asdict(one) | {"holds": one.holds(on)} for one in found]}

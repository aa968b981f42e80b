"""Scenarios: made from edits or from two data sets, listed, renamed, removed, and compared in numbers."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ...layers import catalogue
from ...layers.errors import InputError
from ...layers.messages import sentence
from ...layers.report import Report, Stage
from ...processing.zoning.land import inputs
from ...processing.zoning.land.lots import States
from ...processing.zoning.plans.comparison import side_by_side, verdict_rows
from ...processing.zoning.plans.indicator_inputs import measured
from ...processing.zoning.plans.indicators import Assumptions, indicators
from ...processing.zoning.rulebook import packs
from ...processing.zoning.verdicts.check import check, layers_needed
from ...store import dataset, differences, edits, runs, scenarios
from ...store.scenarios import Scenario

# Tables that jobs write; they are not planned.
_RECORDS = "record"


def _told(scenario: Scenario) -> dict[str, Any]:
    return {
        "scenario": scenario.slug,
        "name": scenario.name,
        "path": str(scenario.path),
        "counts": {layer_id: dict(counts) for layer_id, counts in scenario.counts.items()},
    }


def save(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Keep unsaved edits as a scenario."""
    data = Path(parameters["data"])
    layers = edits.differences(data, parameters["edits"])
    return _told(_save(data, parameters, layers))


def _save(data: Path, parameters: Mapping[str, Any], layers: Mapping[str, pd.DataFrame]) -> Scenario:
    return scenarios.save(
        data,
        parameters["name"],
        layers,
        note=parameters["note"] or "",
        author=scenarios.author(),
        over=bool(parameters["over"]),
    )


def diff(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Keep what another data set says differently as a scenario on this one."""
    data, other = Path(parameters["data"]), Path(parameters["other"])
    extra = dataset.own_catalogue(data)
    declared = [catalogue.layer(one, extra) for one in dataset.layers_in(data) if one in catalogue.ids(extra)]
    shared = [layer.id for layer in declared if layer.sector != _RECORDS and layer.id in dataset.layers_in(other)]
    for wanted in parameters["layers"] or []:
        if wanted not in shared:
            raise InputError("schema.layer_missing", path=str(other), layer=wanted, known=shared or ["–"])
    chosen = parameters["layers"] or shared
    found = {}
    for number, layer_id in enumerate(chosen):
        report.progress(number / len(chosen), "scenario.step_diff", layer=layer_id)
        before, after = dataset.read(data, layer_id), dataset.read(other, layer_id)
        lacking = [name for name in before.columns if name not in dataset.fields_in(other, layer_id)]
        kept = [name for name in after.columns if name not in lacking or name in ("uid", differences.GEOMETRY)]
        found[layer_id] = differences.between(before, after[kept])
    return _told(_save(data, parameters, found))


def list_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The scenarios of a data set, and the files that cannot be read."""
    data = Path(parameters["data"])
    found, broken = scenarios.listed(data)
    return {
        "scenarios": [
            _told(one)
            | {"uid": one.uid, "note": one.note, "author": one.author, "created_at": one.created_at}
            | {"simulated": one.simulated, "made_on": one.base.get("data")}
            for one in found
        ],
        "unreadable": [{"code": error.code, "arguments": error.arguments} for error in broken],
    }


def rename(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Give a scenario another name."""
    return _told(scenarios.rename(parameters["data"], parameters["scenario"], parameters["name"]))


def remove(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Delete a scenario."""
    return {"removed": scenarios.delete(parameters["data"], parameters["scenario"]).name}


def compare(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The indicators of the base and of each scenario side by side; writes a run with the table as CSV beside it."""
    data = Path(parameters["data"])
    chosen = _chosen(data, parameters["scenarios"])
    since = {one.slug: scenarios.tell_since(data, one, report) for one in chosen}
    assumptions = Assumptions(parameters["floor_per_person"], tuple(parameters["green_uses"] or ()))
    on = inputs.judged_on(data, parameters["date"])
    known, matrix = packs.load(dataset.beside(data) / "rules")
    rules = packs.select(known, parameters["rules"])
    states = States(parameters["area_state"], parameters["plan_state"])
    simulated = bool(dataset.meta(data).get("simulated"))
    given = {name: value for name, value in parameters.items() if value is not None}
    noted = {
        "data": data.name,
        "judged_on": on.isoformat(),
        "rules": {rule.id: rule.version for rule in rules},
        "scenarios": {one.slug: one.uid for one in chosen},
    }
    with runs.new_run(data, "scenario.compare", given, noted, simulated=simulated, judged_on=on) as run:
        columns: list[pd.DataFrame] = []
        base = None
        for number, one in enumerate([None, *chosen]):
            stage = Stage(report, number / (1 + len(chosen)), (number + 1) / (1 + len(chosen)))
            layers = inputs.whole(data, layers_needed(rules), {}, report, scenario=one)
            found = check(layers, rules, on, matrix=matrix, states=states, brief=True, report=stage)
            measured_layers = measured(data, one)
            columns.append(pd.concat([indicators(measured_layers, assumptions), verdict_rows(found, base)]))
            base = found if base is None else base
        rows = side_by_side(columns)
        heads: list[dict[str, Any]] = [
            {"scenario": None, "name": ""},
            *({"scenario": one.slug, "name": one.name} for one in chosen),
        ]
        _write_csv(run.sibling(".csv"), heads, rows)
        run.finish({"columns": heads, "rows": rows})
    return {
        "run": str(run.path),
        "table": str(run.sibling_path(".csv")),
        "columns": heads,
        "rows": rows,
        "since": {slug: {layer: vars(one) for layer, one in found.items()} for slug, found in since.items()},
        "judged_on": on.isoformat(),
        "simulated": simulated,
    }


def _chosen(data: Path, words: Sequence[str] | None) -> list[Scenario]:
    """The scenarios asked for, each once; all of the data set where none is named."""
    if words:
        found = {one.path: one for one in (scenarios.find(data, word) for word in words)}
        return list(found.values())
    return scenarios.listed(data)[0]


def _write_csv(path: Path, heads: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    """The table for a spreadsheet, in Vietnamese; the mark at its beginning tells Excel that it is UTF-8."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        names = [sentence("scenario.base", "vi"), *(str(head["name"]) for head in heads[1:])]
        first = [sentence(f"scenario.column.{name}", "vi") for name in ("indicator", "of", "unit")]
        writer.writerow([*first, *names, sentence("scenario.column.remark", "vi")])
        for row in rows:
            remarks = [remark for number in range(len(heads)) for remark in _remarks(row, number)]
            unit = sentence(f"scenario.unit.{row['unit']}", "vi") if row["unit"] else ""
            title = sentence(f"scenario.indicator.{row['indicator']}", "vi")
            writer.writerow([title, _of(row), unit, *row["values"], "; ".join(dict.fromkeys(remarks))])


def _of(row: Mapping[str, Any]) -> str:
    """Of what a row speaks, in words: a land use, a zone, an outcome."""
    label = str(row["label"])
    if row["indicator"] in ("planned_area", "existing_area"):
        known = catalogue.domains()["land_use"].values.get(label)
        return f"{label} – {known.vi}" if known else label
    if row["indicator"] in ("verdicts", "findings"):
        return sentence(f"scenario.{row['indicator']}.{label}", "vi")
    return label


def _remarks(row: Mapping[str, Any], number: int) -> list[str]:
    made = []
    if row["missing"][number]:
        made.append(
            sentence("scenario.missing", "vi", what=sentence(f"scenario.lacking.{row['missing'][number]}", "vi"))
        )
    if row["assumed"][number]:
        made.append(sentence("scenario.assumed", "vi"))
    if row["left_out"][number]:
        made.append(sentence("scenario.left_out", "vi", count=row["left_out"][number]))
    return made

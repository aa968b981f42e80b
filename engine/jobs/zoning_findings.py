"""The findings of a run, as a table for office programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ...layers.errors import InputError
from ...layers.report import Report, Stage
from ...processing.zoning.rulebook import packs
from ...processing.zoning.rulebook.rules import Rule
from ...processing.zoning.verdicts import kept_rows
from ...processing.zoning.verdicts.findings_table import chosen, findings_sheet, run_sheet
from ...store import dataset, nearby, runs, verdicts
from ...store.sheets import write_sheets

JOB = "zoning.check"


def _run(data: Path, named: str | None) -> Path:
    """The run asked for by its path or its file's name; the newest of the data set if none is."""
    if not named:
        newest = runs.newest(data, JOB)
        if newest is None:
            raise InputError("zoning.no_run", data=str(data))
        return newest
    path = Path(named)
    return path if path.parent != Path() else dataset.beside(data) / "runs" / path.name


def _rows(data: Path, run: Path, outcomes: Sequence[str] | None, rules: Sequence[Rule]) -> gpd.GeoDataFrame:
    """The findings of a run; passes, and what rules do not apply to, only where they are asked for."""
    found = dataset.read(run, "finding")
    if not outcomes or not set(outcomes) & set(kept_rows.KEPT):
        return found
    columns = verdicts.read(run)
    there = set(dataset.layers_in(data))
    codes = {}
    for layer_id in {one.layer for one in columns} & there:
        frame = nearby.read_columns(data, layer_id, ("code",))
        codes[layer_id] = {str(uid): code for uid, code in zip(frame["uid"], frame["code"], strict=True) if code}
    more = kept_rows.rows(columns, outcomes, {rule.id: rule for rule in rules}, codes, found.crs)
    return found if more.empty else gpd.GeoDataFrame(pd.concat([found, more], ignore_index=True), crs=found.crs)


def export_findings(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write the findings asked for to an XLSX or CSV; returns its path and the number of rows."""
    data, table, language = Path(parameters["data"]), Path(parameters["table"]), parameters["language"]
    report.progress(0.0, "zoning.step_read")
    path = _run(data, parameters["run"])
    run = runs.row(path)
    rules, _ = packs.load(dataset.beside(data) / "rules")
    titles = {rule.id: rule.title[language] for rule in rules}
    found = chosen(
        _rows(data, path, parameters["outcomes"], rules),
        **{name: parameters[name] for name in ("outcomes", "severities", "rules", "uids")},
    )
    report.progress(0.2, "zoning.step_table")
    sheets = [findings_sheet(found, titles, language), run_sheet(run, len(found), language)]
    written = Stage(report, 0.3, 1.0)
    write_sheets(table, sheets, replace=parameters["replace"], told=lambda share: written.progress(share))
    report.progress(1.0)
    return {"table": str(table), "rows": len(found)}

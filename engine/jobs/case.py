"""Cases: taken from runs, listed, shown, changed, given evidence, merged and split, exported, printed, reproduced."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ...layers.crs import WGS84
from ...layers.errors import InputError, UsageError
from ...layers.report import Report
from ...processing.surveillance.cases import evidence as evidences
from ...processing.surveillance.cases import life
from ...processing.surveillance.cases.matching import Matching
from ...processing.surveillance.cases.taking import newest_run
from ...processing.surveillance.cases.taking import take as take_run
from ...store import cases, coordinates, scenarios, watches
from ...store.whole import made_whole

# Columns of a list: enough to choose a case by.
_LISTED = (
    "code", "uid", "status", "change_class", "first_seen", "last_seen", "area_m2", "area_low_m2", "area_high_m2",
    "relation", "licence_state", "concession_code", "outside_m2", "confidence", "sightings", "assignee", "decision_no",
    "updated_at", "withdrawn_at", "simulated",
)  # fmt: skip


def take(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Bring the alerts of a run (the newest where none is named) into cases."""
    data = Path(parameters["data"])
    run = Path(parameters["run"]) if parameters["run"] else newest_run(data)
    if not run.is_file():
        raise InputError("engine.file_missing", path=str(run))
    taken = take_run(
        data,
        run,
        watches=[watches.find(data, name) for name in parameters["watches"] or ()],
        matching=Matching(parameters["reach"], parameters["share"], parameters["regrow"]),
        author=scenarios.author(),
        report=report,
    )
    told = asdict(taken)
    changed = {*taken.raised, *taken.grew, *taken.seen, *taken.reopened, *taken.kept_away}
    return told | {
        "cases": f"{cases.path_of(data)}|layername=case" if cases.path_of(data).exists() else None,
        "count": len(changed),
    }


def list_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The cases of a data set, those that changed last first; merged ones only in the history of theirs."""
    rows = _chosen(Path(parameters["data"]), parameters["status"])
    if parameters["since"]:
        rows = rows[pd.to_datetime(rows["updated_at"]).dt.date >= parameters["since"]]
    if parameters["assignee"]:
        rows = rows[rows["assignee"] == parameters["assignee"]]
    rows = rows.sort_values(["updated_at", "code"], ascending=False)
    found = [{name: plain(row[name]) for name in _LISTED} for row in rows.to_dict("records")]
    return {"cases": found, "count": len(found)}


def _chosen(data: Path, statuses: Iterable[str] | None) -> gpd.GeoDataFrame:
    rows = cases.read(data, "case")
    rows = rows[rows["merged_into"].isna()]
    return rows[rows["status"].isin(list(statuses))] if statuses else rows


def show(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """All that is known of one case."""
    data = Path(parameters["data"])
    case = cases.find(data, parameters["case"])
    parts = {name: cases.of_case(data, layer, case["uid"]) for name, layer in (
        ("events", "case_event"), ("alerts", "case_sighting"), ("evidence", "case_evidence"))}  # fmt: skip
    return {"case": _told(case)} | {
        name: [_told(row) for row in rows.to_dict("records")] for name, rows in parts.items()
    }


def set_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Change state, assignee, decision number; add a note."""
    changed = life.change(
        Path(parameters["data"]),
        parameters["case"],
        status=parameters["status"],
        assignee=parameters["assignee"],
        decision_no=parameters["decision"],
        note=parameters["note"] or "",
        author=scenarios.author(),
    )
    return {"case": _told(changed)}


def evidence(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Add a photo, a citizen's report or a document."""
    lon, lat = parameters["lon"], parameters["lat"]
    if (lon is None) != (lat is None):
        raise UsageError("case.position_half")
    added = evidences.add(
        Path(parameters["data"]),
        parameters["case"],
        parameters["kind"],
        file=Path(parameters["file"]) if parameters["file"] else None,
        position=None if lon is None else (lon, lat),
        note=parameters["note"] or "",
        author=scenarios.author(),
        report=report,
    )
    return {"evidence": {name: plain(value) for name, value in asdict(added).items()}}


def merge(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Give the alerts and evidence of several cases to one."""
    merged = life.merge(
        Path(parameters["data"]), parameters["into"], parameters["cases"], note=parameters["note"] or "",
        author=scenarios.author(),
    )  # fmt: skip
    return {"case": _told(merged)}


def split(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Take alerts out of a case into a new one."""
    made = life.split(
        Path(parameters["data"]), parameters["case"], parameters["alerts"], note=parameters["note"] or "",
        author=scenarios.author(),
    )  # fmt: skip
    return {"case": _told(made)}


def export(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The cases as a table or a layer for other programs, without names of people."""
    data, out = Path(parameters["data"]), Path(parameters["out"])
    rows = _chosen(data, parameters["status"]).sort_values("code").reset_index(drop=True)
    if rows.empty:
        raise InputError("case.none", data=str(data))
    rows = rows.drop(columns=["assignee", "merged_into"])
    with made_whole(out) as temporary:
        if out.suffix == ".csv":
            table = pd.DataFrame(rows.drop(columns="geometry"))
            table.to_csv(temporary, index=False, encoding="utf-8-sig", date_format="%Y-%m-%dT%H:%M:%SZ")
        elif out.suffix == ".geojson":
            coordinates.to(rows, WGS84).to_file(temporary, driver="GeoJSON")
        else:
            rows.to_file(temporary, layer="case", driver="GPKG")
    return {"out": str(out), "count": len(rows)}


def plain(value: Any) -> Any:
    """A value of a row as JSON has it: moments and days as ISO text, no number as null."""
    if value is None or isinstance(value, (list, tuple, dict)):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp) and value.tzinfo is None and value == value.normalize():
        return value.date().isoformat()
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _told(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row without its geometry; texts that hold JSON are read."""
    told = {str(name): plain(value) for name, value in row.items() if name != "geometry"}
    for name in ("facts", "surroundings", "parameters"):
        if isinstance(told.get(name), str):
            told[name] = json.loads(told[name])
    return told

"""Cases: taken from runs, listed, shown, changed, given evidence, merged and split, exported, printed, reproduced."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import pandas as pd

from ...layers.crs import WGS84
from ...layers.errors import InputError, UsageError
from ...layers.messages import has
from ...layers.report import Report, Stage
from ...processing.surveillance.cases import evidence as evidences
from ...processing.surveillance.cases import life, reproducing
from ...processing.surveillance.cases.dossier_facts import run_row
from ...processing.surveillance.cases.matching import Matching
from ...processing.surveillance.cases.provenance import located
from ...processing.surveillance.cases.taking import newest_run
from ...processing.surveillance.cases.taking import take as take_run
from ...store import cases, coordinates, dataset, scenarios, watches
from ...store.whole import made_whole
from ..contract import JOBS
from . import perform

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


def dossier(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Print one or several cases of one event as PDF or HTML."""
    from ...processing.documents import html, pdf
    from ...processing.surveillance.cases import dossier as pages
    from ...processing.surveillance.cases.dossier_facts import gather

    out, language = Path(parameters["out"]), parameters["language"]
    report.progress(0.05, "case.step_read")
    facts = gather(Path(parameters["data"]), parameters["cases"], parameters["bands"] or ())
    report.progress(0.6, "case.step_print")
    heading = (parameters["heading"] or "").strip()
    with made_whole(out) as temporary:
        writer = html if out.suffix == ".html" else pdf
        count = writer.write(temporary, pages.frame(facts, heading, language), pages.sections(facts, heading, language))
    for code, told in facts.missing:
        report.message(f"case.dossier.{code}" if has(f"case.dossier.{code}") else code, "warning", **told)
    return {
        "out": str(out),
        "pages": count,
        "cases": [str(one.case["code"]) for one in facts.files],
        "missing": [{"code": code, **told} for code, told in facts.missing],
    }


def reproduce(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Run the runs of a case again from what was kept, and compare every shape."""
    data = Path(parameters["data"])
    case = cases.find(data, parameters["case"])
    sightings = cases.of_case(data, "case_sighting", case["uid"])
    rows = cases.read(data, "case_run")
    told: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    wanted = [run_row(row) for row in rows.to_dict("records") if row["uid"] in set(sightings["run"])]
    for number, run in enumerate(wanted):
        found = reproducing.changed_since(run, data)
        differences += [{"run": run["name"], **one} for one in found]
        of_run = sightings[sightings["run"] == run["uid"]]
        part = Stage(report, number / len(wanted), (number + 1) / len(wanted))
        alerts = _again(run, data, found, part)
        repeated = [] if alerts is None else reproducing.compared(of_run, alerts, parameters["tolerance"])
        if alerts is None:
            repeated = [reproducing.Repeated(str(code), "not_run", None, None, {}) for code in sorted(of_run["code"])]
        told += [{"run": run["name"], **asdict(one)} for one in repeated]
    same = bool(told) and all(one["how"] in ("exact", "within") and not one["changed"] for one in told)
    report.message("case.reproduced" if same else "case.not_reproduced", "info" if same else "warning",
                   case=case["code"], count=len(told))  # fmt: skip
    for one in differences:
        report.message(f"case.since.{one['what']}", "warning", **{k: v for k, v in one.items() if k != "what"})
    return {"case": case["code"], "same": same, "alerts": told, "differences": differences}


def _again(run: Mapping[str, Any], data: Path, found: list[dict[str, Any]], report: Report) -> gpd.GeoDataFrame | None:
    """The alerts of ``run``, made again beside nothing of the user's; None where a scene is gone."""
    if run["job"] != "change.detect":
        raise InputError("case.job_not_repeatable", job=run["job"])
    if any(one["what"] == "scene_gone" for one in found):
        return None
    paths = {str(record["given"]): located(record, data) for record in run["scenes"]}
    with TemporaryDirectory(prefix="dothi-") as folder:
        kept = Path(folder) / "licences.gpkg"
        given = dict(run["parameters"]) | {"data": str(data), "out": folder}
        given |= {name: str(paths[given[name]]) for name in ("before", "after")}
        if reproducing.licences_as_kept(run, kept):
            given["concessions"] = f"{kept}|layername=concession"
        made = perform(JOBS["change.detect"], given, report)
        return dataset.read(made["run"], "alert")


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

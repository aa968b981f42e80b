"""The report of a planning check as PDF or HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ...layers.errors import InputError
from ...layers.report import Report, Stage
from ...processing.documents import html, pdf
from ...processing.documents.blocks import Frame
from ...processing.zoning.land import inputs
from ...processing.zoning.land.lots import States
from ...processing.zoning.rulebook import packs
from ...processing.zoning.rulebook.rules import Rule
from ...processing.zoning.sheets.lot_case import FewLots, deleted, lots_under, verdict
from ...processing.zoning.sheets.many_lots import MANY, ManyLots
from ...processing.zoning.sheets.report import LotReport, Provenance
from ...processing.zoning.verdicts.explain import Judging
from ...store import dataset, geopackage, runs
from ...store.whole import made_whole

JOB = "zoning.check"
_NAMED = 5  # rules named in a warning
_WRITERS = {"pdf": pdf.write, "html": html.write}
_BEGINNINGS = {"pdf": b"%PDF", "html": b"<!DOCTYPE html>", "json": b"{"}


def report(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Write the report; returns its path, the numbers of lots and pages, and the verdicts by outcome."""
    data, out = Path(parameters["data"]), Path(parameters["out"])
    kind = format_of(out, parameters["format"], tuple(_WRITERS))
    report.progress(0.0, "zoning.step_read")
    run = _run(data, parameters["run"])
    if run is None and not parameters["uids"]:
        raise InputError("zoning.report.no_run_for_report", data=str(data))
    row = runs.row(run) if run is not None else {}
    judging = _judging(data, parameters, row)
    made_from, uids = _provenance(data, run, row, judging), parameters["uids"]
    if made_from.run:
        _tell_changes(data, row, judging.rules, report)
    lots, others = (lots_under(data, uids), []) if uids else _failing(data, _existing(run), report)
    if not lots and not others:
        raise InputError("zoning.report.no_lots")
    source = ManyLots(data, lots, judging, Stage(report, 0.0, 0.3)) if len(lots) >= MANY else FewLots(data, judging)
    document = LotReport(source, lots, judging, made_from, parameters["language"], Stage(report, 0.3, 1.0), others)
    document.judge()
    pages = write_document(out, kind, document.frame(), document.sections())
    report.progress(1.0)
    return {"out": str(out), "lots": len(lots), "pages": pages, "outcomes": document.outcomes}


def format_of(out: Path, asked: str | None, known: Sequence[str]) -> str:
    """The format asked for, else the one that the file's name ends with. Raises :class:`InputError`.

    A file that is there and is something else than such a document is never written over.
    """
    kind = asked or out.suffix.lower().removeprefix(".")
    if kind not in known:
        raise InputError("zoning.report.format_unclear", path=str(out), known=[f".{one}" for one in known])
    if out.is_dir():
        raise InputError("engine.is_folder", path=str(out))
    if not out.parent.is_dir():
        raise InputError("store.folder_missing", path=str(out.parent))
    if out.exists() and out.stat().st_size:
        with out.open("rb") as file:
            if not file.read(16).startswith(_BEGINNINGS[kind]):
                raise InputError("zoning.report.over_other", path=str(out))
    return kind


def write_document(out: Path, kind: str, frame: Frame, sections: Any) -> int:
    """Write the sections under a temporary name and give the file its own when it is whole; returns the pages."""
    with made_whole(out) as temporary:
        return _WRITERS[kind](temporary, frame, sections)


def _run(data: Path, named: str | None) -> Path | None:
    """The run asked for by path or file name; else the newest, if there is one."""
    if not named:
        return runs.newest(data, JOB)
    path = Path(named)
    return _existing(path if path.parent != Path() else dataset.beside(data) / "runs" / path.name)


def _existing(run: Path | None) -> Path:
    if run is None or not run.is_file():
        raise InputError("engine.file_missing", path=str(run or ""))
    return run


def _judging(data: Path, parameters: Mapping[str, Any], row: Mapping[str, Any]) -> Judging:
    """What the user says, else as the run was judged, else as the check itself would."""
    told = row.get("parameters") or {}
    rules, matrix = packs.load(dataset.beside(data) / "rules")
    noted = (row.get("inputs") or {}).get("judged_on")
    on = parameters["date"] or (date.fromisoformat(noted) if noted else None)
    states = States(*(parameters[name] or told.get(name) for name in ("area_state", "plan_state")))
    return Judging(packs.select(rules, told.get("rules")), inputs.judged_on(data, on), matrix, states)


def _provenance(data: Path, run: Path | None, row: Mapping[str, Any], judging: Judging) -> Provenance:
    """The run is named only where the report is judged as it was."""
    meta, told, made_of = dataset.meta(data), row.get("parameters") or {}, row.get("inputs") or {}
    same = (
        run is not None
        and judging.on.isoformat() == made_of.get("judged_on")
        and (judging.states.area, judging.states.plan) == (told.get("area_state"), told.get("plan_state"))
    )
    return Provenance(
        data=data.name,
        modified=day_of(data),
        run=run.stem if run is not None and same else "",
        simulated=bool(meta.get("simulated")),
    )


def day_of(data: Path) -> str:
    """The day on which the data set was last changed, as ``dd/mm/yyyy`` in UTC."""
    return f"{datetime.fromtimestamp(data.stat().st_mtime, UTC):%d/%m/%Y}"


def _tell_changes(data: Path, row: Mapping[str, Any], rules: Sequence[Rule], report: Report) -> None:
    """Rules and data may have moved on since the run: the report shows them as they are now, and says so."""
    made_of = row.get("inputs") or {}
    before = made_of.get("rules") or {}
    changed = [rule.id for rule in rules if before.get(rule.id) != rule.version]
    changed += [rule for rule in before if rule not in {one.id for one in rules}]
    if changed:
        report.message("zoning.report.rules_changed", level="warning", count=len(changed), rules=changed[:_NAMED])
    if made_of.get("bytes") not in (None, data.stat().st_size):
        report.message("zoning.report.data_changed", level="warning")


def _failing(data: Path, run: Path, report: Report) -> tuple[list[str], list[dict[str, Any]]]:
    """Lots with something that fails, and the findings on features that are neither lot nor building.

    What was deleted since the run is left out, and told.
    """
    with geopackage.reading(run) as database:
        asked = database.execute(
            "SELECT DISTINCT feature_uid FROM finding "
            "WHERE outcome = 'fail' AND layer IN ('parcel', 'building') AND feature_uid IS NOT NULL"
        ).fetchall()
        rest = database.execute(
            "SELECT uid FROM finding WHERE outcome IN ('fail', 'not_checkable') "
            "AND (layer NOT IN ('parcel', 'building') OR feature_uid IS NULL) ORDER BY outcome, rule, feature_code"
        ).fetchall()
    others = dataset.read(run, "finding", uids=[uid for (uid,) in rest]) if rest else None
    told = [] if others is None else [verdict(one) for one in others.drop(columns="geometry").to_dict("records")]
    uids = [uid for (uid,) in asked]
    gone = deleted(data, uids)
    if gone:
        report.message("zoning.report.deleted", level="warning", count=len(gone), uids=gone[:_NAMED])
    return lots_under(data, [uid for uid in uids if uid not in set(gone)]), told

"""The alerts of a run with the case that each belongs to, and all that is known of one. Read in a thread."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from qgis.core import QgsGeometry

from ...layers.errors import InputError
from ..findings.index import folded
from . import reading, words

# What makes a finding of another run the same finding: days, class and the box around it, to the centimetre.
_Same = tuple[str, str, str, str]
_LISTED = (
    "uid, code, change_class, area_m2, relation, licence_state, concession_code, confidence, law, "
    "CAST(date_before AS TEXT) AS date_before, CAST(date_after AS TEXT) AS date_after"
)


class CaseState(NamedTuple):
    """The case of an alert: ``uid``, ``code`` and ``status``, all empty where there is none yet."""

    uid: str = ""
    code: str = ""
    status: str = ""


class AlertRow(NamedTuple):
    """A row of the list. ``band`` is the clause the law would propose; ``search`` holds all its words, folded."""

    uid: str
    code: str
    change_class: str
    area_m2: float
    relation: str
    licence_state: str
    band: str
    confidence: float
    date_before: str
    date_after: str
    case: CaseState
    search: str


@dataclass(frozen=True)
class Run:
    """What a run says of itself; ``accuracy`` is what a labelled sample said of it, None where nobody labelled."""

    path: Path
    simulated: bool
    judged_on: str
    accuracy: Mapping[str, Any] | None
    rows: tuple[AlertRow, ...]


@dataclass(frozen=True)
class Details:
    """Everything the run says of one alert, its ``place`` in ``system``."""

    alert: Mapping[str, Any]
    place: QgsGeometry
    system: str


def read(run: Path, data: str) -> Run:
    """The alerts of ``run`` with their cases in ``data``. Raises as :func:`reading.opened`."""
    known, same = case_states(data)
    with reading.opened(run) as database:
        told = database.execute("SELECT simulated, judged_on FROM run").fetchone()
        if told is None:
            raise InputError("plugin.surveillance.file_damaged", path=run.name, reason="run: 0")
        column, _ = reading.geometry_column(database, "alert")
        box = f'substr("{column}", 9, 32)' if column else "NULL"
        found = database.execute(f"SELECT {_LISTED}, {box} AS box FROM alert ORDER BY code")  # noqa: S608  # nosec B608 - own columns
        rows = tuple(_row(one, known, same) for one in found)
    return Run(run, bool(told["simulated"]), str(told["judged_on"] or "")[:10], accuracy(run), rows)


def _row(one: sqlite3.Row, known: Mapping[str, CaseState], same: Mapping[_Same, CaseState]) -> AlertRow:
    case = known.get(one["uid"]) or same.get(_alike(one)) or CaseState()
    kind, relation = str(one["change_class"] or "unknown"), str(one["relation"] or "none")
    law = json.loads(one["law"]) if one["law"] else {}
    said = (one["code"], words.kind(kind), words.relation(relation), one["concession_code"], case.code)
    return AlertRow(
        uid=str(one["uid"]),
        code=str(one["code"] or ""),
        change_class=kind,
        area_m2=float(one["area_m2"] or 0.0),
        relation=relation,
        licence_state=str(one["licence_state"] or ""),
        band=str(law.get("likely") or law.get("most") or ""),
        confidence=float(one["confidence"] or 0.0),
        date_before=str(one["date_before"] or "")[:10],
        date_after=str(one["date_after"] or "")[:10],
        case=case,
        search=folded(" ".join(str(word) for word in said if word)),
    )


def _alike(one: sqlite3.Row) -> _Same:
    box = one["box"]
    return (
        str(one["date_before"])[:10], str(one["date_after"])[:10], str(one["change_class"]),
        bytes(box).hex() if box else one["uid"],
    )  # fmt: skip


def case_states(data: str) -> tuple[dict[str, CaseState], dict[_Same, CaseState]]:
    """The case of each alert by the alert's uid, and by what makes it the same. Raises as :func:`reading.opened`."""
    path = reading.cases_of(data)
    if not path.is_file():
        return {}, {}
    known: dict[str, CaseState] = {}
    same: dict[_Same, CaseState] = {}
    with reading.opened(path, living=True) as database:
        column, _ = reading.geometry_column(database, "case_sighting")
        found = database.execute(
            "SELECT s.alert AS uid, s.change_class, CAST(s.date_before AS TEXT) AS date_before, "  # noqa: S608  # nosec B608 - the file's own column
            f'CAST(s.date_after AS TEXT) AS date_after, substr(s."{column}", 9, 32) AS box, '
            'c.uid AS case_uid, c.code, c.status FROM case_sighting AS s JOIN "case" AS c ON c.uid = s."case"'
        )
        for one in found:
            state = CaseState(str(one["case_uid"]), str(one["code"]), str(one["status"]))
            known[str(one["uid"])] = state
            same[_alike(one)] = state
    return known, same


def with_cases(rows: tuple[AlertRow, ...], data: str) -> tuple[AlertRow, ...]:
    """``rows`` with the states that the cases have now; those that had none keep none until the run is read again."""
    path = reading.cases_of(data)
    if not path.is_file():
        return rows
    with reading.opened(path, living=True) as database:
        now = {one["uid"]: CaseState(*one) for one in database.execute('SELECT uid, code, status FROM "case"')}
    return tuple(row._replace(case=now.get(row.case.uid, row.case)) for row in rows)


def details(run: Path, uid: str) -> Details:
    """Everything that ``run`` says of the alert ``uid``. Raises as :func:`reading.opened`."""
    with reading.opened(run) as database:
        row = database.execute("SELECT * FROM alert WHERE uid = ?", (uid,)).fetchone()
        if row is None:
            raise InputError("plugin.surveillance.file_damaged", path=run.name, reason=uid)
        column, system = reading.geometry_column(database, "alert")
        values = dict(row)
        place = reading.geometry(values.pop(column, None))
    for name in ("law", "surroundings", "reasons"):
        values[name] = json.loads(values[name]) if values.get(name) else None
    return Details(values, place, system)


def accuracy(run: Path) -> dict[str, Any] | None:
    """What a labelled sample said of ``run``, kept beside it: overall accuracy (%), half its interval, points.

    Of a damaged file only its name, as ``unreadable``: the alerts themselves are whole.
    """
    path = run.with_suffix(".accuracy.json")
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        overall = told["overall"]
        value, high = float(overall["value"]), float(overall["high"])
        return {"value": 100.0 * value, "half": 100.0 * (high - value), "count": int(told["labelled"])}
    except (KeyError, TypeError, ValueError, OSError):
        return {"unreadable": path.name}

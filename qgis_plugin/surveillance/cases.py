"""Cases read to be listed, and one case with its history and evidence. Read in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from qgis.core import QgsGeometry

from ...layers.errors import InputError
from ..findings.index import folded
from . import reading, words

COLUMNS = ("code", "change_class", "state", "assignee", "sightings", "last_seen", "area", "growth")
_LIST = """
SELECT c.uid, c.code, c.status, c.change_class, c.assignee, c.sightings, CAST(c.last_seen AS TEXT) AS last_seen,
c.area_m2, c.concession_code, c.simulated,
(SELECT e.area_m2 FROM case_event AS e WHERE e."case" = c.uid AND e.area_m2 IS NOT NULL ORDER BY e.number LIMIT 1)
AS first_m2 FROM "case" AS c WHERE c.merged_into IS NULL
"""


class CaseRow(NamedTuple):
    """A row of the list; ``growth_m2`` is what it is larger than when it was raised."""

    uid: str
    code: str
    status: str
    change_class: str
    assignee: str
    sightings: int
    last_seen: str
    area_m2: float
    growth_m2: float
    simulated: bool
    search: str


@dataclass(frozen=True)
class CaseFile:
    """One case: its fields, what happened in order, what was added, its newest sighting, and its ``place``."""

    case: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    evidence: tuple[Mapping[str, Any], ...]
    sighting: Mapping[str, Any]
    place: QgsGeometry
    system: str


def read(data: str) -> tuple[CaseRow, ...]:
    """All cases of ``data`` that were not merged into others; none where there are none yet.

    Raises as :func:`reading.opened`.
    """
    path = reading.cases_of(data)
    if not data or not path.is_file():
        return ()
    words.prepare()
    with reading.opened(path, living=True) as database:
        return tuple(_row(one) for one in database.execute(_LIST))


def _row(one: Any) -> CaseRow:
    area = float(one["area_m2"] or 0.0)
    kind = str(one["change_class"] or "unknown")
    said = (one["code"], words.kind(kind), words.state(one["status"]), one["assignee"], one["concession_code"])
    return CaseRow(
        uid=str(one["uid"]),
        code=str(one["code"]),
        status=str(one["status"]),
        change_class=kind,
        assignee=str(one["assignee"] or ""),
        sightings=int(one["sightings"] or 0),
        last_seen=str(one["last_seen"] or "")[:10],
        area_m2=area,
        growth_m2=max(0.0, area - float(one["first_m2"] or area)),
        simulated=bool(one["simulated"]),
        search=folded(" ".join(str(word) for word in said if word)),
    )


def case_file(data: str, uid: str) -> CaseFile:
    """All that is known of the case ``uid``. Raises as :func:`reading.opened`."""
    path = reading.cases_of(data)
    with reading.opened(path, living=True) as database:
        case = database.execute('SELECT * FROM "case" WHERE uid = ?', (uid,)).fetchone()
        if case is None:
            raise InputError("plugin.surveillance.file_damaged", path=path.name, reason=uid)
        column, system = reading.geometry_column(database, "case")
        values = dict(case)
        place = reading.geometry(values.pop(column, None))
        events = database.execute('SELECT * FROM case_event WHERE "case" = ? ORDER BY number', (uid,)).fetchall()
        evidence = database.execute('SELECT * FROM case_evidence WHERE "case" = ? ORDER BY added_at', (uid,)).fetchall()
        seen = database.execute(
            'SELECT * FROM case_sighting WHERE "case" = ? ORDER BY date_after DESC, event DESC LIMIT 1', (uid,)
        ).fetchone()
    rows = tuple(dict(one) for one in events), tuple(dict(one) for one in evidence)
    return CaseFile(values, *rows, dict(seen) if seen is not None else {}, place, system)


def chosen(rows: Iterable[CaseRow], state: str, text: str, column: str, *, descending: bool) -> list[CaseRow]:
    """The rows in ``state`` (all: empty) that hold every word of ``text``, sorted; equal ones by their code."""
    wanted = folded(text).split()
    found = [row for row in rows if (not state or row.status == state) and all(word in row.search for word in wanted)]
    found.sort(key=lambda row: row.code)
    found.sort(key=_KEYS[column], reverse=descending)
    return found


_STATES = ("new", "in_field", "confirmed", "rejected", "closed")
_KEYS = {
    "code": lambda row: row.code,
    "change_class": lambda row: words.kind(row.change_class),
    "state": lambda row: _STATES.index(row.status) if row.status in _STATES else len(_STATES),
    "assignee": lambda row: row.assignee.casefold(),
    "sightings": lambda row: row.sightings,
    "last_seen": lambda row: row.last_seen,
    "area": lambda row: row.area_m2,
    "growth": lambda row: row.growth_m2,
}

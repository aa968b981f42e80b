"""The runs of a data set, and what a run says of itself. A run file never changes once it has its name."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QDateTime, Qt

from ...layers.errors import InputError

JOB = "zoning.check"
_STAMP = "yyyyMMdd'T'HHmmsszzz'Z'"


@dataclass(frozen=True)
class Run:
    """The row of a run: ``counts`` by outcome, ``rules`` by id the version, ``judged_on`` an ISO date or empty."""

    path: Path
    uid: str
    judged_on: str
    engine: str
    simulated: bool
    counts: Mapping[str, int]
    rules: Mapping[str, int]


def runs_of(data: str) -> list[Path]:
    """Whole runs of the check on ``data``, newest first. Raises ``plugin.findings.data_gone``."""
    if not data:
        return []
    if not Path(data).is_file():
        raise InputError("plugin.findings.data_gone", path=data)
    folder = Path(data).with_suffix(".dothi") / "runs"
    return sorted(folder.glob(f"*-{JOB}-*.gpkg"), key=lambda path: path.name, reverse=True)


def started(path: Path) -> str:
    """When the run at ``path`` began, in the machine's time: its name begins with it, so no file is opened."""
    moment = QDateTime.fromString(path.name.split("-")[0], _STAMP)
    moment.setTimeSpec(Qt.TimeSpec.UTC)
    return str(moment.toLocalTime().toString("dd/MM/yyyy HH:mm:ss")) if moment.isValid() else path.stem


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The run file opened for reading. Raises ``plugin.findings.run_gone``, ``run_damaged``, ``run_other_version``."""
    if not path.is_file():
        raise InputError("plugin.findings.run_gone", path=path.name)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            yield database
    except sqlite3.OperationalError as error:
        if "no such column" in str(error) or "no such table" in str(error):
            raise InputError("plugin.findings.run_other_version", path=path.name, reason=str(error)) from error
        raise InputError("plugin.findings.run_damaged", path=path.name, reason=str(error)) from error
    except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
        raise InputError("plugin.findings.run_damaged", path=path.name, reason=str(error)) from error


def read_run(path: Path) -> Run:
    """What the run at ``path`` says of itself; raises as :func:`reading`."""
    with reading(path) as database:
        row = database.execute(
            "SELECT uid, coalesce(judged_on, ''), coalesce(engine, ''), simulated, counts, inputs FROM run"
        ).fetchone()
        if row is None:
            raise InputError("plugin.findings.run_damaged", path=path.name, reason="run: 0")
        counts, inputs = (json.loads(text or "{}") for text in row[4:])
    known = {code: count for code, count in counts.items() if isinstance(count, int)}
    return Run(path, str(row[0]), str(row[1])[:10], str(row[2]), bool(row[3]), known, dict(inputs.get("rules") or {}))


def full(path: Path, uid: str) -> dict[str, Any] | None:
    """Everything the run says about the finding ``uid``: JSON columns read, ``geometry`` as GeoPackage's bytes."""
    with reading(path) as database:
        database.row_factory = sqlite3.Row
        row = database.execute("SELECT * FROM finding WHERE uid = ?", (uid,)).fetchone()
        if row is None:
            return None
        values = dict(row)
        values["geometry"] = values.pop(geometry_column(database, "finding")[0], None)
        for name in ("how", "missing", "arguments"):
            values[name] = json.loads(values[name]) if values.get(name) else None
    return values


def geometry_column(database: sqlite3.Connection, table: str) -> tuple[str, str]:
    """Name of the geometry column of ``table`` and its system (``EPSG:9210``); both empty where it has none."""
    row = database.execute(
        "SELECT g.column_name, s.organization || ':' || s.organization_coordsys_id FROM gpkg_geometry_columns AS g "
        "JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
        (table,),
    ).fetchone()
    return (str(row[0]), str(row[1]).upper()) if row else ("", "")


def system_of(path: Path) -> str:
    """The reference system of the findings of the run at ``path``."""
    with reading(path) as database:
        return geometry_column(database, "finding")[1]

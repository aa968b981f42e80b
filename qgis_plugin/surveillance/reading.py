"""Files of the engine opened to be read: runs, which never change once they have their name, and cases, which do."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from qgis.core import QgsGeometry
from qgis.PyQt.QtCore import QDateTime, Qt

from ...layers.errors import DothiError, InputError

JOBS = ("change.detect", "series.build", "series.update", "watch.run")  # those whose runs hold alerts
PATIENCE = 5.0  # seconds to wait for the engine to end what it writes
_STAMP = "yyyyMMdd'T'HHmmsszzz'Z'"
_HEADER = 8  # bytes before the envelope in a GeoPackage's blob (OGC 12-128r18, 2.1.3)
_ENVELOPES = (0, 32, 48, 48, 64)  # bytes of the envelope by its kind, which byte 3 tells


def runs_of(data: str) -> list[Path]:
    """Whole detections on ``data``, of pairs and of series, newest first."""
    if not data:
        return []
    folder = Path(data).with_suffix(".dothi") / "runs"
    found = [path for job in JOBS for path in folder.glob(f"[0-9]*-{job}-*.gpkg")]
    return sorted(found, key=lambda path: path.name, reverse=True)


def cases_of(data: str) -> Path:
    """Where the cases of ``data`` lie; the file may not be there yet."""
    return Path(data).with_suffix(".dothi") / "cases.gpkg"


def state_of(data: str) -> Path:
    """Where watches (and other small state) lie; not there as long as nobody has made any."""
    return Path(data).with_suffix(".dothi") / "state.sqlite"


def started(run: Path) -> str:
    """When ``run`` began, in the machine's time: its name begins with it, so no file is opened."""
    moment = QDateTime.fromString(run.name.split("-")[0], _STAMP)
    moment.setTimeSpec(Qt.TimeSpec.UTC)
    return str(moment.toLocalTime().toString("dd/MM/yyyy HH:mm")) if moment.isValid() else run.stem


def job_of(run: Path) -> str:
    """Which job made ``run``, by its name."""
    return run.name.split("-")[1]


@contextmanager
def opened(path: Path, *, living: bool = False) -> Iterator[sqlite3.Connection]:
    """``path`` to be read; ``living``: the engine may write to it meanwhile.

    Raises ``plugin.surveillance.file_gone``, ``file_other_version``, ``file_being_mended``, ``file_damaged``.
    """
    if not path.is_file():
        raise InputError("plugin.surveillance.file_gone", path=path.name)
    how = "mode=ro" if living else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, timeout=PATIENCE)) as database:
            database.row_factory = sqlite3.Row
            yield database
    except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
        raise _told(error, path, living=living) from error


def _told(error: Exception, path: Path, *, living: bool) -> DothiError:
    reason = str(error)
    if "no such column" in reason or "no such table" in reason:
        return InputError("plugin.surveillance.file_other_version", path=path.name, reason=reason)
    # A program was killed while it wrote: only one that may write can undo it, which the engine does when next asked.
    if living and path.with_name(path.name + "-journal").exists():
        return InputError("plugin.surveillance.file_being_mended", path=path.name)
    return InputError("plugin.surveillance.file_damaged", path=path.name, reason=reason)


def geometry_column(database: sqlite3.Connection, table: str) -> tuple[str, str]:
    """Name of the geometry column of ``table`` and its system (``EPSG:9218``); both empty where it has none."""
    row = database.execute(
        "SELECT g.column_name, s.organization || ':' || s.organization_coordsys_id FROM gpkg_geometry_columns AS g "
        "JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
        (table,),
    ).fetchone()
    return (str(row[0]), str(row[1]).upper()) if row else ("", "")


def geometry(blob: bytes | None) -> QgsGeometry:
    """The geometry in a GeoPackage's ``blob``; none at all for none."""
    made = QgsGeometry()
    if blob is not None and len(blob) > _HEADER:
        made.fromWkb(blob[_HEADER + _ENVELOPES[min((blob[3] >> 1) & 0b111, 4)] :])
    return made

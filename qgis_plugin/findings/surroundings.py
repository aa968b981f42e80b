"""What lies around a finding in the data set, read as it is saved: lots, buildings, street lines, zones.

Runs in the thread of ``worker``: plain SQL through the spatial index, so a data set of a million lots answers as fast
as a small one. Nothing of QGIS's layers is touched, so unsaved edits do not show; the panel says so.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from qgis.core import QgsGeometry, QgsRectangle

from ...layers.errors import InputError
from .runs import geometry_column

# Drawn in this order, the first undermost; the column is what is written on a feature.
LAYERS = {
    "planned_zone": "code",
    "street_boundary": "",
    "parcel": "code",
    "building": "code",
    "building_line": "",
    "red_line": "",
    "street_centreline": "name",
}
_MOST = 400  # features of a layer: more would be a drawing of lines only
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}  # bytes, by the flag (OGC 12-128r18, 2.1.3)


@dataclass(frozen=True)
class Thing:
    """A feature with the text written on it and, for street lines, the ``uid`` of their street."""

    uid: str
    label: str
    street: str
    shape: QgsGeometry


@dataclass(frozen=True)
class Around:
    """``subject`` is the feature that the finding is about; None where it no longer exists."""

    subject: Thing | None
    layers: dict[str, list[Thing]] = field(default_factory=dict)


def geometry_of(blob: bytes | None) -> QgsGeometry:
    """The geometry in GeoPackage's own bytes (OGC 12-128r18, 2.1.3); null for none and for what is not one."""
    shape = QgsGeometry()
    if blob and len(blob) > 8 and blob[:2] == b"GP":
        envelope = _ENVELOPES.get((blob[3] >> 1) & 0b111)
        if envelope is not None:
            shape.fromWkb(blob[8 + envelope :])
    return shape


def read(data: Path, layer: str, uid: str | None, offending: QgsGeometry, system: str, room: float) -> Around:
    """The feature ``uid`` of ``layer`` and what lies within ``room`` metres around it and ``offending``.

    Layers in another system than ``system`` are left out. Raises ``plugin.findings.data_gone`` or ``data_damaged``.
    """
    if not data.is_file():
        raise InputError("plugin.findings.data_gone", path=str(data))
    try:
        with closing(sqlite3.connect(f"{data.resolve().as_uri()}?mode=ro", uri=True)) as database:
            return _read(database, layer, uid, offending, system, room)
    except (sqlite3.Error, struct.error) as error:
        raise InputError("plugin.findings.data_damaged", path=str(data), reason=str(error)) from error


def _read(
    database: sqlite3.Connection, layer: str, uid: str | None, offending: QgsGeometry, system: str, room: float
) -> Around:
    tables = {name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}
    subject = _subject(database, layer, uid) if uid and layer in tables else None
    box = QgsRectangle(offending.boundingBox()) if not offending.isNull() else QgsRectangle()
    if subject is not None and not subject.shape.isNull():
        box.combineExtentWith(subject.shape.boundingBox())
    if box.isNull():
        return Around(subject)
    box.grow(room)
    found = {}
    for name, label in LAYERS.items():
        if name in tables:
            found[name] = _near(database, name, label, box, system)
    return Around(subject, found)


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _subject(database: sqlite3.Connection, layer: str, uid: str) -> Thing | None:
    column, _ = geometry_column(database, layer)
    label = "code" if "code" in _columns(database, layer) else "uid"
    asked = f'SELECT "{label}", "{column}" FROM "{layer}" WHERE uid = ?'  # noqa: S608  # nosec B608 - a table of the file
    row = database.execute(asked, (uid,)).fetchone()
    return Thing(uid, str(row[0] or ""), "", geometry_of(row[1])) if row else None


def _near(database: sqlite3.Connection, table: str, label: str, box: QgsRectangle, system: str) -> list[Thing]:
    column, own = geometry_column(database, table)
    index = f"rtree_{table}_{column}"
    if own != system or not database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (index,)).fetchone():
        return []
    known = _columns(database, table)
    written = f't."{label}"' if label in known else "NULL"
    street = "t.street" if "street" in known else "NULL"
    asked = (  # nosec B608 - tables of this module
        f'SELECT t.uid, {written}, {street}, t."{column}" FROM "{index}" AS i '  # noqa: S608  # nosec B608 - names of this module
        f'JOIN "{table}" AS t ON t.fid = i.id '
        "WHERE i.maxx >= ? AND i.minx <= ? AND i.maxy >= ? AND i.miny <= ? LIMIT ?"
    )
    corners = (box.xMinimum(), box.xMaximum(), box.yMinimum(), box.yMaximum())
    rows: Sequence[tuple[str, str, str, bytes]] = database.execute(asked, (*corners, _MOST)).fetchall()
    things = [Thing(str(uid), str(text or ""), str(of or ""), geometry_of(blob)) for uid, text, of, blob in rows]
    return [thing for thing in things if not thing.shape.isNull()]

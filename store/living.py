"""Small tables that the engine keeps up to date beside a data set: rows put and taken in one transaction.

GDAL appends; it does not replace. Rows are written with plain SQL here, and the functions that the spatial index calls
are lent to the connection. For tables of hundreds of rows that QGIS has open to read.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from . import dataset, geopackage
from .bulk import blobs, plain
from .rows import fit
from .tables import GEOMETRY

# A blob made by ``bulk.blobs``: eight bytes of header, then minx, maxx, miny, maxy (OGC 12-128r18, 2.1.3).
_ENVELOPE = struct.Struct("<4d")


def make(path: Path, layer_id: str, crs: str, *, simulated: bool = False) -> None:
    """A GeoPackage with the one empty layer at ``path``, unless there is one. Its folder is made too."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.create(path, (layer_id,), crs, simulated=simulated)


def put(path: Path, layer_id: str, frame: pd.DataFrame, key: str) -> int:
    """Write ``frame``; a row whose ``key`` is there already is replaced and keeps its ``uid``. Returns their number.

    All rows are written or none. Raises :class:`InputError` for data that do not fit, as :func:`dataset.append`.
    """
    layer = dataset.declared(path, layer_id)
    crs = dataset.crs_of(path, layer_id)
    rows = fit(frame, layer, crs)
    if rows.empty:
        return 0
    with geopackage.writing(path) as database:
        _lend(database)
        held = dict(
            database.execute(f'SELECT "{key}", uid FROM "{layer_id}"').fetchall()  # noqa: S608  # nosec B608 - names of the catalogue
        )
        rows["uid"] = [held.get(value, uid) for value, uid in zip(rows[key], rows["uid"], strict=True)]
        columns = {field.id: plain(rows[field.id], field) for field in layer.fields if field.id in rows}
        if crs and isinstance(rows, gpd.GeoDataFrame):
            columns[GEOMETRY] = list(blobs(rows.geometry.to_numpy(), int(crs.removeprefix("EPSG:"))))
        _delete(database, layer_id, key, columns[key])
        names = ", ".join(f'"{name}"' for name in columns)  # identifiers of the catalogue
        marks = ", ".join("?" for _ in columns)
        database.executemany(
            f'INSERT INTO "{layer_id}" ({names}) VALUES ({marks})',  # noqa: S608  # nosec B608 - names of the catalogue
            zip(*columns.values(), strict=True),
        )
        _tell_extent(database, layer_id)
    return len(rows)


def change(path: Path, layer_id: str, key: str, value: object, fields: Mapping[str, object]) -> None:
    """Set plain ``fields`` of the rows whose ``key`` is ``value``. Raises ``KeyError`` for a name that is no field."""
    declared = {field.id for field in dataset.declared(path, layer_id).fields}
    if not fields.keys() <= declared:
        raise KeyError(sorted(fields.keys() - declared))
    marks = ", ".join(f'"{name}" = ?' for name in fields)
    with geopackage.writing(path) as database:
        _lend(database)
        database.execute(
            f'UPDATE "{layer_id}" SET {marks} WHERE "{key}" = ?',  # noqa: S608  # nosec B608 - names of the catalogue
            (*fields.values(), value),
        )
        _tell_extent(database, layer_id)


def take(path: Path, layer_id: str, key: str, values: Iterable[object]) -> None:
    """Remove the rows whose ``key`` is one of ``values``."""
    with geopackage.writing(path) as database:
        _lend(database)
        _delete(database, layer_id, key, values)
        _tell_extent(database, layer_id)


def _delete(database: sqlite3.Connection, table: str, key: str, values: Iterable[object]) -> None:
    database.executemany(
        f'DELETE FROM "{table}" WHERE "{key}" = ?',  # noqa: S608  # nosec B608 - names of the catalogue
        [(value,) for value in values],
    )


def _tell_extent(database: sqlite3.Connection, table: str) -> None:
    """Extent and time of the last change, by which QGIS knows that it has to look again."""
    box = database.execute(
        f'SELECT min(minx), min(miny), max(maxx), max(maxy) FROM "rtree_{table}_{GEOMETRY}"'  # noqa: S608  # nosec B608 - names of the catalogue
    ).fetchone()
    database.execute(
        "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?, "
        "last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE table_name = ?",
        (*box, table),
    )


def _lend(database: sqlite3.Connection) -> None:
    """The functions of annex F.3 for blobs with an envelope, which are the only ones written here."""
    for place, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):

        def edge(blob: bytes, place: int = place) -> float:
            return float(_ENVELOPE.unpack_from(blob, 8)[place])

        database.create_function(name, 1, edge, deterministic=True)
    database.create_function("ST_IsEmpty", 1, lambda blob: blob is None, deterministic=True)

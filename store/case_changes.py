"""Changing cases: one transaction each on ``NAME.dothi/cases.gpkg``.

Two programs at once take turns, and one that is killed leaves the file as it was. Rows are read and written through
the transaction's own connection, never through GDAL or a second opening of the file: on POSIX, closing *any* handle of
a file drops all locks that the process holds on it (sqlite.org/howtocorrupt.html, 2.2), and two programs would then
write at once.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import struct
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..layers import catalogue
from ..layers.errors import EnvironmentTroubleError, InputError
from ..layers.model import Field
from . import cases, geopackage, tables
from .cases import LAYERS, path_of
from .geopackage import PATIENCE
from .troubles import told
from .whole import made_whole

_CODE = re.compile(r"VV-\d{4}-\d{4,}")
# Header of a GeoPackage blob with an envelope of minx, maxx, miny, maxy (OGC 12-128r18, 2.1.3).
_HEADER = struct.Struct("<2sBBi4d")
_EXTENT = """
UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now'), (min_x, max_x, min_y, max_y) =
(SELECT min(minx), max(maxx), min(miny), max(maxy) FROM "rtree_{t}_geom") WHERE table_name = '{t}'
"""  # {t} is a name of the catalogue


class Changes:
    """An open transaction on the cases. ``crs`` is the system of their geometries (``EPSG:n``), ``now`` its moment."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        (number,) = database.execute(
            "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'case'"
        ).fetchone() or (0,)
        self.crs = f"EPSG:{number}"
        self.now = datetime.now(UTC)

    def rows(self, layer_id: str) -> gpd.GeoDataFrame:
        """All rows of a layer as they are within the transaction, typed as :func:`dataset.read` gives them."""
        layer = catalogue.layer(layer_id)
        names = [field.id for field in layer.fields]
        asked = [*names, tables.GEOMETRY] if layer.is_spatial else names
        columns = ", ".join(f'"{name}"' for name in asked)
        found = self._database.execute(f'SELECT {columns} FROM "{layer_id}" ORDER BY "fid"').fetchall()  # noqa: S608  # nosec B608 - names of the catalogue
        frame = pd.DataFrame(found, columns=asked, dtype=object)
        for field in layer.fields:
            frame[field.id] = _typed(frame[field.id], field)
        if not layer.is_spatial:
            return frame
        shapes = [None if blob is None else shapely.from_wkb(blob[_HEADER.size :]) for blob in frame[tables.GEOMETRY]]
        return gpd.GeoDataFrame(frame[names], geometry=np.array([*shapes, None], object)[:-1], crs=self.crs)

    def find(self, word: str) -> dict[str, Any]:
        """The case with the code (or uid) ``word`` as it is within the transaction. Raises :class:`InputError`."""
        return cases.found(self.rows("case"), word)

    def insert(self, layer_id: str, **values: Any) -> str:
        """Add a row and return its ``uid``. Values are Python's own; a geometry is called ``geometry``."""
        values = {"uid": str(uuid4())} | values
        names, marks = self._columns(layer_id, values)
        self._database.execute(
            f'INSERT INTO "{layer_id}" ({", ".join(names)}) VALUES ({", ".join("?" for _ in names)})',  # noqa: S608  # nosec B608 - names of the catalogue
            marks,
        )
        return str(values["uid"])

    def update(self, layer_id: str, uid: str, **values: Any) -> None:
        """Change columns of the row ``uid``."""
        names, marks = self._columns(layer_id, values)
        self._database.execute(
            f'UPDATE "{layer_id}" SET {", ".join(f"{name} = ?" for name in names)} WHERE "uid" = ?',  # noqa: S608  # nosec B608 - names of the catalogue
            (*marks, uid),
        )

    def event(self, case: str, kind: str, *, author: str = "", **values: Any) -> int:
        """Write down what happened to ``case`` and return its number there; the case's revision goes up by one."""
        (last,) = self._database.execute(
            'SELECT coalesce(max("number"), 0) FROM case_event WHERE "case" = ?', (case,)
        ).fetchone()
        number = int(last) + 1
        self.insert("case_event", case=case, number=number, at=self.now, kind=kind, author=author or None, **values)
        self._database.execute(
            'UPDATE "case" SET "revision" = coalesce("revision", 0) + 1, "updated_at" = ? WHERE "uid" = ?',
            (_stored(self.now), case),
        )
        return number

    def next_code(self, year: int) -> str:
        """The next free code of the year, ``VV-2026-0001``; a number is never used again."""
        codes = self._database.execute(
            'SELECT "code" FROM "case" WHERE "code" LIKE ?', (f"VV-{year:04d}-%",)
        ).fetchall()
        last = max((int(code.rpartition("-")[2]) for (code,) in codes if _CODE.fullmatch(code)), default=0)
        return f"VV-{year:04d}-{last + 1:04d}"

    def _columns(self, layer_id: str, values: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
        layer = catalogue.layer(layer_id)
        names, marks = [], []
        for name, value in values.items():
            if name == "geometry":
                names.append(f'"{tables.GEOMETRY}"')
                marks.append(None if value is None else _blob(value, int(self.crs.removeprefix("EPSG:"))))
            else:
                names.append(f'"{layer.find(name).id}"')
                marks.append(_stored(value))
        return names, marks


@contextmanager
def changing(data: str | Path, crs: str = "") -> Iterator[Changes]:
    """The cases beside ``data`` in one transaction, committed whole at the end and else left as they were.

    ``crs`` (``EPSG:n``): make the file in this system if there is none yet. Raises :class:`InputError` where there are
    no cases and for a damaged file; :class:`EnvironmentTroubleError` where another program holds it.
    """
    path = path_of(data)
    if not path.exists():
        if not crs:
            raise InputError("case.none", data=str(data))
        _create(path, crs)
    geopackage.require(path)
    with told(path, writing=True), closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as database:
        _spatial(database)
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        try:
            yield Changes(database)
            _extents(database)
            database.execute("COMMIT")
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")


def _create(path: Path, crs: str) -> None:
    with told(path, writing=True):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            made_whole(path, new=True) as temporary,
            closing(sqlite3.connect(temporary, isolation_level=None)) as database,
        ):
            database.execute("BEGIN")
            geopackage.initialise(database)
            for layer_id in LAYERS:
                tables.create_table(database, catalogue.layer(layer_id), crs)
            database.execute("COMMIT")
    except EnvironmentTroubleError as error:
        if error.code != "store.exists":  # another program made it in the meantime: that is all that is wanted
            raise


def _spatial(database: sqlite3.Connection) -> None:
    """The functions that the spatial index calls, read from the blob's envelope."""

    def bound(place: int) -> Any:
        return lambda blob: None if blob is None else _HEADER.unpack_from(blob)[4 + place]

    for place, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        database.create_function(name, 1, bound(place), deterministic=True)
    database.create_function("ST_IsEmpty", 1, lambda blob: 0 if blob else 1, deterministic=True)


def _extents(database: sqlite3.Connection) -> None:
    """What the file says of its own extent, for the program that opens it."""
    for layer_id in LAYERS:
        if catalogue.layer(layer_id).is_spatial:
            database.execute(_EXTENT.format(t=layer_id))


def _typed(values: pd.Series, field: Field) -> pd.Series:
    if field.type == "date":
        return pd.to_datetime(values)
    if field.type == "datetime":
        return pd.to_datetime(values, utc=True, format="ISO8601")
    if field.type in ("real", "integer"):
        return pd.to_numeric(values)
    return values


def _blob(geometry: Any, srs_id: int) -> bytes:
    west, south, east, north = shapely.bounds(geometry)
    head = _HEADER.pack(b"GP", 0, 0b00000011, srs_id, west, east, south, north)
    wkb: bytes = shapely.to_wkb(geometry, byte_order=1)
    return head + wkb


def _stored(value: Any) -> Any:
    """A value as SQLite keeps it: days and moments as ISO text, truth as 0 and 1, lists as JSON, no number as NULL."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.item() if hasattr(value, "item") else value

"""A PostGIS publication schema: a table per layer, and views that QGIS Server, GeoServer and ArcGIS can read.

``LAYER`` holds WGS 84 for web services and ``LAYER_vn2000`` the national system of the data, coordinates untouched.
Each batch is one transaction; a second publisher is told to wait by an advisory lock. Readers get the role
``<schema>_reader``.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import psycopg
import shapely
from psycopg import sql

from ...layers import crs
from ...layers.errors import EnvironmentTroubleError, InputError
from ..forms.columns import SIMULATED, columns
from ..mapping import LayerMapping
from ..plan import Made
from ..publication import ALERT
from ..records import Record, canonical
from ..selection import DECIMALS, Leaving
from ..web import LOOPBACK, Credentials
from .target import Refusal, Said, UnansweredError

PLACE, NATIONAL = "geom", "geom_vn2000"
STATE_FIELDS = ("alert_state", "issued_at")  # of alerts: the life that is not a field of theirs
_FACTS = dict(zip(STATE_FIELDS, ("@state", "@issued_at"), strict=True))
PATIENCE_S = 2.0  # for another publisher to end
_TYPES = {
    "integer": "bigint",
    "real": "double precision",
    "date": "date",
    "datetime": "timestamptz",
    "boolean": "boolean",
}
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,50}")
_REFUSED = (psycopg.DataError, psycopg.IntegrityError)  # the row is to blame
_GONE = (psycopg.OperationalError, psycopg.InterfaceError)


@dataclass(frozen=True)
class _Table:
    """A layer there: names and types of its columns, and its geometry type; empty where it has none.

    ``formerly`` are columns that we filled before and that are emptied now.
    """

    fields: dict[str, str]
    geometry: str
    srid: int
    formerly: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Columns in the order of the statement."""
        return ["uid", *self.fields, *self.formerly, SIMULATED, *((PLACE, NATIONAL) if self.geometry else ())]


class Database:
    """A schema of a PostgreSQL database with PostGIS."""

    at_most = 2_000
    at_most_bytes = 8_000_000

    def __init__(
        self,
        address: str,
        chosen: Sequence[LayerMapping],
        systems: Mapping[str, str],
        *,
        credentials: Credentials | None = None,
        authority: str = "",
        reading: bool = False,
        formerly: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> None:
        """``reading``: for somebody who only looks. Nothing can be changed, and no publisher has to wait. ``formerly``:
        columns by layer that we filled before and that must be empty now.
        """
        self._how, self.schema, self._shown = _connection(address, credentials, authority)
        self._reading = reading
        # Layers that nobody declares any more have rows to take away, and no columns that we could name.
        self._tables: defaultdict[str, _Table] = defaultdict(lambda: _Table({}, "", 0))
        self._tables |= {
            of.layer.id: replace(
                _table(of, systems.get(of.layer.id, "")), formerly=tuple(formerly.get(of.layer.id, ()))
            )
            for of in chosen
        }
        self._made = frozenset(systems)  # what is only to be taken away gets no table
        self._mixed: set[str] = set()  # layers with rows in the system that they had before
        self._open: psycopg.Connection[Any] | None = None

    @property
    def identity(self) -> str:
        """Host, database and schema."""
        return f"{self._shown}?schema={self.schema}"

    def prepare(self, layers: Sequence[str]) -> None:
        """Make schema, tables and views, and write a row of each layer in a transaction that is rolled back."""
        with self._asking() as database:
            if not database.execute("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").fetchone():
                raise InputError("ioc.no_postgis", target=self.identity)
            wanted = [layer for layer in layers if layer in self._made]
            for layer in wanted:
                self._make(database, layer)
            database.commit()
            for layer in wanted:
                database.execute(self._insert(layer), self._row(layer, "probe", {}))
            database.rollback()

    def count(self, layer: str) -> int:
        """Rows of a layer."""
        with self._asking() as database:
            if not self._exists(database, layer):
                return 0
            row = database.execute(sql.SQL("SELECT count(*) FROM {}").format(self._of(layer))).fetchone()
            return int(row[0]) if row else 0

    def read(self, records: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Bodies by key."""
        found: dict[str, str] = {}
        with self._asking() as database:
            for layer in dict.fromkeys(layer for layer, _ in records):
                if self._exists(database, layer):
                    uids = [key.partition("/")[2] for of, key in records if of == layer]
                    rows = database.execute(self._select(layer) + sql.SQL(" WHERE uid = ANY(%s)"), (uids,))
                    found |= {f"{layer}/{row[0]}": self._body(layer, row) for row in rows}
        return found

    def write(self, records: Sequence[Record]) -> dict[str, Refusal]:
        """Insert or update in one transaction; where a row is refused, each by itself."""
        try:
            with self._asking() as database:
                self._put(database, records)
                for layer in sorted(self._mixed & {record.layer for record in records}):
                    if not self._is_mixed(database, layer):
                        self._mixed.remove(layer)
                        self._make(database, layer)
                database.commit()
        except _REFUSED as error:
            if len(records) == 1:
                return {
                    records[0].key: Refusal("ioc.refused", {"status": error.sqlstate or "", "reason": _short(error)})
                }
            half = len(records) // 2
            return self.write(records[:half]) | self.write(records[half:])
        return {}

    def remove(self, records: Sequence[tuple[str, str]]) -> dict[str, Refusal]:
        """Delete rows in one transaction."""
        with self._asking() as database:
            for layer in dict.fromkeys(layer for layer, _ in records):
                uids = [key.partition("/")[2] for of, key in records if of == layer]
                database.execute(sql.SQL("DELETE FROM {} WHERE uid = ANY(%s)").format(self._of(layer)), (uids,))
            database.commit()
        return {}

    def everything(self, layer: str) -> Iterator[Record]:
        """All rows of a layer, read through a cursor of the server."""
        with self._asking() as database:
            if not self._exists(database, layer):
                return
            with database.transaction(), database.cursor("everything") as rows:
                rows.itersize = self.at_most
                rows.execute(self._select(layer))
                for row in rows:
                    yield Record(layer, row[0], "", f"{layer}/{row[0]}", self._body(layer, row))

    def said(self, layers: Sequence[str]) -> Iterator[Said]:
        """What the centre wrote into table ``said`` of the schema, which it may fill and we only read."""
        with self._asking() as database:
            there = sql.Identifier(self.schema, "said").as_string(database)
            if database.execute("SELECT to_regclass(%s)", (there,)).fetchone() == (None,):
                return
            query = sql.SQL("SELECT layer, uid, kind, text, sender, at FROM {} WHERE layer = ANY(%s)")
            for row in database.execute(query.format(sql.Identifier(self.schema, "said")), (list(layers),)):
                yield Said(f"{row[0]}/{row[1]}", row[2], row[3], row[4], row[5].isoformat())

    def close(self) -> None:
        """End the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

    @contextmanager
    def _asking(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection, opened when needed; a lost one is opened anew by the next request."""
        try:
            yield self._connected()
        except _REFUSED:
            self._rollback()
            raise
        except _GONE as error:
            self.close()
            if "authentication" in str(error) or "password" in str(error) or "certificate" in str(error):
                raise InputError("ioc.not_allowed", host=self._shown, status=_short(error)) from error
            raise UnansweredError from error
        except psycopg.Error as error:
            self._rollback()
            raise EnvironmentTroubleError(
                "ioc.not_writable", host=self._shown, status=error.sqlstate or "", reason=_short(error)
            ) from error

    def _hold(self, database: psycopg.Connection[Any]) -> None:
        """One publisher a schema, wherever it runs; the server gives the lock back when the connection ends."""
        until = time.monotonic() + PATIENCE_S
        lock = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
        while True:
            with database.transaction():
                row = database.execute(lock, (f"dothi/{self.schema}",)).fetchone()
            if row == (True,):
                return
            if time.monotonic() > until:
                self.close()
                raise EnvironmentTroubleError("ioc.target_busy", folder=self.identity)
            time.sleep(PATIENCE_S / 20)

    def _connected(self) -> psycopg.Connection[Any]:
        """A connection that publishes, alone; or one that only reads and keeps nobody waiting."""
        if self._open is None or self._open.closed:
            read_only: dict[str, Any] = {"autocommit": True, "options": "-c default_transaction_read_only=on"}
            self._open = psycopg.connect(**self._how, **(read_only if self._reading else {}), connect_timeout=10)
            if not self._reading:
                self._hold(self._open)
        return self._open

    def _rollback(self) -> None:
        if self._open is not None and not self._open.closed:
            self._open.rollback()

    def _of(self, layer: str) -> sql.Identifier:
        return sql.Identifier(self.schema, f"{layer}_data")

    def _exists(self, database: psycopg.Connection[Any], layer: str) -> bool:
        name = self._of(layer).as_string(database)
        return database.execute("SELECT to_regclass(%s)", (name,)).fetchone() != (None,)

    def _make(self, database: psycopg.Connection[Any], layer: str) -> None:
        """Table, missing columns, views and the readers' rights; what is there stays."""
        table, reader = self._tables[layer], f"{self.schema}_reader"
        database.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.schema)))
        database.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} (uid text PRIMARY KEY)").format(self._of(layer)))
        shapes = {PLACE: f"geometry({table.geometry}, 4326)", NATIONAL: f"geometry({table.geometry}, {table.srid})"}
        wanted = {**table.fields, SIMULATED: "boolean", **(shapes if table.geometry else {})}
        for name, kind in wanted.items():
            add = sql.SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}")
            database.execute(add.format(self._of(layer), sql.Identifier(name), sql.SQL(kind)))
        for view in (layer, f"{layer}_vn2000"):
            database.execute(sql.SQL("DROP VIEW IF EXISTS {}").format(sql.Identifier(self.schema, view)))
        mixed = bool(table.geometry) and self._resystem(database, layer)
        for shape in (PLACE, NATIONAL) if table.geometry else ():
            index = sql.Identifier(f"{layer}_{shape}_idx")
            make = sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING gist ({})")
            database.execute(make.format(index, self._of(layer), sql.Identifier(shape)))
        for view, shape in ((layer, PLACE), (f"{layer}_vn2000", NATIONAL)) if table.geometry else ((layer, ""),):
            seen: list[sql.Composable] = [sql.Identifier(name) for name in ("uid", *table.fields, SIMULATED)]
            if (
                shape == NATIONAL and mixed
            ):  # rows that still stand in the system of old are shown once they are sent anew
                in_system = sql.SQL("(CASE WHEN ST_SRID({0}) = {1} THEN {0} END)::{2} AS {3}")
                system, bound = sql.Literal(table.srid), sql.SQL(shapes[NATIONAL])
                seen.append(in_system.format(sql.Identifier(shape), system, bound, sql.Identifier(PLACE)))
            elif shape:
                seen.append(sql.SQL("{} AS {}").format(sql.Identifier(shape), sql.Identifier(PLACE)))
            place = sql.Identifier(self.schema, view)
            make = sql.SQL("CREATE VIEW {} AS SELECT {} FROM {}")
            database.execute(make.format(place, sql.SQL(", ").join(seen), self._of(layer)))
            if database.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (reader,)).fetchone():
                grant = sql.SQL("GRANT USAGE ON SCHEMA {} TO {}; GRANT SELECT ON {} TO {}")
                role = sql.Identifier(reader)
                database.execute(grant.format(sql.Identifier(self.schema), role, place, role))

    def _resystem(self, database: psycopg.Connection[Any], layer: str) -> bool:
        """Let the national column take the system that the layer has now; True while some rows stand in another one.

        What stands there stays as it was proved until it is sent anew. When nothing of the old system is left, the
        column is bound to the new one.
        """
        table, column = self._tables[layer], sql.Identifier(NATIONAL)
        bound = database.execute(
            "SELECT postgis_typmod_srid(atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s",
            (self._of(layer).as_string(database), NATIONAL),
        ).fetchone()
        if bound == (table.srid,):
            return False
        if mixed := self._is_mixed(database, layer):
            self._mixed.add(layer)
        kind = sql.SQL(f"geometry({table.geometry})" if mixed else f"geometry({table.geometry}, {table.srid})")
        alter = sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {}")
        database.execute(alter.format(self._of(layer), column, kind))
        return mixed

    def _is_mixed(self, database: psycopg.Connection[Any], layer: str) -> bool:
        other = sql.SQL("SELECT 1 FROM {} WHERE ST_SRID({}) <> %s LIMIT 1")
        found = database.execute(
            other.format(self._of(layer), sql.Identifier(NATIONAL)), (self._tables[layer].srid,)
        ).fetchone()
        return found is not None

    def _select(self, layer: str) -> sql.Composed:
        names = self._tables[layer].names
        shown = [
            sql.SQL("encode(ST_AsBinary({}), 'hex')").format(sql.Identifier(name))
            if name in (PLACE, NATIONAL)
            else sql.Identifier(name)
            for name in names
        ]
        return sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(shown), self._of(layer))

    def _insert(self, layer: str) -> sql.Composed:
        table = self._tables[layer]
        srids = {PLACE: 4326, NATIONAL: table.srid}
        given = [
            sql.SQL("ST_GeomFromWKB(decode(%s, 'hex'), {})").format(sql.Literal(srids[name]))
            if name in srids
            else sql.SQL("%s")
            for name in table.names
        ]
        kept = [
            sql.SQL("{} = excluded.{}").format(sql.Identifier(name), sql.Identifier(name)) for name in table.names[1:]
        ]
        return sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (uid) DO UPDATE SET {}").format(
            self._of(layer),
            sql.SQL(", ").join(map(sql.Identifier, table.names)),
            sql.SQL(", ").join(given),
            sql.SQL(", ").join(kept),
        )

    def _put(self, database: psycopg.Connection[Any], records: Sequence[Record]) -> None:
        for layer in dict.fromkeys(record.layer for record in records):
            rows = [self._row(layer, r.uid, json.loads(r.body)) for r in records if r.layer == layer]
            with database.cursor() as cursor:
                cursor.executemany(self._insert(layer), rows)

    def _row(self, layer: str, uid: str, body: Mapping[str, Any]) -> list[Any]:
        return [uid, *(body.get(name) for name in self._tables[layer].names[1:])]

    def _body(self, layer: str, row: Sequence[Any]) -> str:
        told = dict(zip(self._tables[layer].names, map(_plain, row), strict=True))
        return canonical({name: value for name, value in told.items() if value is not None})


def form(chosen: Sequence[LayerMapping]) -> Callable[[Leaving], Made]:
    """Turns what leaves of a layer into rows: fields, WGS 84 and the national system as WKB."""

    def records(leaving: Leaving) -> Made:
        layer, table = leaving.mapping.layer, columns(leaving)
        told: dict[str, list[Any]] = {}
        for name, values, mask in zip(table.names, table.values, table.masks, strict=True):
            plain = [None if value != value else _plain(value) for value in _listed(values)]
            told[name] = plain if mask is None else [None if m else v for v, m in zip(plain, mask, strict=True)]
        if layer.id == ALERT:
            told |= {name: _fact(leaving, fact) for name, fact in _FACTS.items()}
        if layer.is_spatial:
            told[PLACE] = _hex(leaving.wgs84)
            told[NATIONAL] = _hex(leaving.frame["geometry"].to_numpy())
        names = sorted(told)
        found = []
        for row in zip(*(told[name] for name in names), strict=True):
            body = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            uid = str(body["uid"])
            found.append(Record(layer.id, uid, "", f"{layer.id}/{uid}", canonical(body)))
        return Made(found, leaving.left_out)

    return records


def _fact(leaving: Leaving, fact: str) -> list[Any]:
    """A fact of each alert; a moment as it comes back from the database."""
    given = leaving.facts.get(fact)
    listed = list(given) if isinstance(given, np.ndarray) else [given] * len(leaving.uids)
    if fact == _FACTS["issued_at"]:
        return [None if one is None else _plain(datetime.fromisoformat(one)) for one in listed]
    return listed


def geojson(place: Any) -> Any:
    """GeoJSON of a shape as it stands in a body; None for none."""
    return json.loads(shapely.to_geojson(shapely.from_wkb(place))) if isinstance(place, str) else None


def shown(body: str) -> dict[str, Any]:
    """A body as people read it: shapes as WKT, to a tenth of a millimetre."""
    told: dict[str, Any] = json.loads(body)
    digits = {PLACE: DECIMALS, NATIONAL: 4}
    return told | {
        name: shapely.to_wkt(shapely.from_wkb(told[name]), rounding_precision=digits[name])
        for name in digits
        if name in told
    }


def _hex(shapes: Any) -> list[str]:
    """WKB as PostGIS writes it: little-endian, small letters."""
    return [text.lower() for text in shapely.to_wkb(shapes, hex=True, byte_order=1)]


def _listed(values: Any) -> list[Any]:
    """Python values; dates and times as such, absent ones as None."""
    if np.issubdtype(values.dtype, np.datetime64):
        return [None if np.isnat(one) else one.item() for one in values]
    listed: list[Any] = values.tolist()
    return listed


def _plain(value: Any) -> Any:
    """A value as JSON may hold it, the same whether it comes from a frame or from the database."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return moment.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _table(of: LayerMapping, system: str) -> _Table:
    fields = {name: _TYPES.get(of.layer.find(name).type, "text") for name in of.fields}
    if of.layer.id == ALERT:
        fields |= dict(zip(STATE_FIELDS, ("text", _TYPES["datetime"]), strict=True))
    srid = int(system.removeprefix("EPSG:")) if system else int(crs.WGS84.removeprefix("EPSG:"))
    return _Table(fields, of.layer.geometry if of.layer.is_spatial else "", srid)


def _connection(address: str, credentials: Credentials | None, authority: str) -> tuple[dict[str, Any], str, str]:
    """Parameters for libpq, the schema, and the address as it may be shown. TLS is verified but on this machine."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.password:
        raise InputError("ioc.secret_in_address", host=parts.hostname or "")
    schema = query.pop("schema", "ioc")
    host = unquote(query.pop("host", "") or parts.hostname or "")
    if query or not _NAME.fullmatch(schema) or not host:
        raise InputError("ioc.address_wrong", address=address[:200])
    how: dict[str, Any] = {"host": host, "dbname": parts.path.strip("/") or "postgres", "port": parts.port or 5432}
    here = host in LOOPBACK or host.startswith("/")
    how |= {"sslmode": "prefer" if here else "verify-full", "application_name": "dothi"}
    if not here:
        how["sslrootcert"] = authority or "system"
    if credentials and credentials.user:
        how |= {"user": credentials.user, "password": credentials.password}
    elif parts.username:
        how["user"] = unquote(parts.username)
    return how, schema, f"postgresql://{host}:{how['port']}/{how['dbname']}"


def _short(error: psycopg.Error) -> str:
    return " ".join(str(error).split())[:300]

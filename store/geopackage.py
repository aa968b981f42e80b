"""The GeoPackage format: an empty file and its registers, written with plain SQL.

Tables are made here, not by GDAL, because only ``CREATE TABLE`` can say what a column defaults to, and the ``uid`` of a
feature is the database's to give. Rows with geometry are then written through GDAL, which has the functions that the
spatial index calls. Source: OGC 12-128r18 (GeoPackage 1.3); triggers of its annex F.3 as GDAL 3.12 writes them. 1.3 and
not 1.4, because the GDAL 3.6 of Debian 12 warns about 1.4.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pyproj import CRS

from ..layers.errors import InputError
from .troubles import told

APPLICATION_ID = 0x47504B47  # "GPKG"
VERSION = 10300
MAGIC = b"SQLite format 3\x00"
PATIENCE = 3.0  # seconds to wait for another program's lock

_REGISTERS = """
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
    z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_data_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
    constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
    max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
_SCHEMA_EXTENSION = "http://www.geopackage.org/spec121/#extension_schema"
_RTREE_EXTENSION = "http://www.geopackage.org/spec120/#extension_rtree"

# {t} is an identifier of the catalogue, never text of a user.
_BOX = 'NEW."fid", ST_MinX(NEW."geom"), ST_MaxX(NEW."geom"), ST_MinY(NEW."geom"), ST_MaxY(NEW."geom")'
_FILLED = 'NEW."geom" NOTNULL AND NOT ST_IsEmpty(NEW."geom")'
_BLANK = 'NEW."geom" ISNULL OR ST_IsEmpty(NEW."geom")'
_ENTER = f'INSERT OR REPLACE INTO "rtree_{{t}}_geom" VALUES ({_BOX});'  # noqa: S608 - constants of this file
_LEAVE = 'DELETE FROM "rtree_{t}_geom" WHERE id = OLD."fid";'
_LEAVE_BOTH = 'DELETE FROM "rtree_{t}_geom" WHERE id IN (OLD."fid", NEW."fid");'
_RTREE = (
    'CREATE VIRTUAL TABLE "rtree_{t}_geom" USING rtree(id, minx, maxx, miny, maxy)',
    f'CREATE TRIGGER "rtree_{{t}}_geom_insert" AFTER INSERT ON "{{t}}" WHEN ({_FILLED}) BEGIN {_ENTER} END',
    'CREATE TRIGGER "rtree_{t}_geom_update1" AFTER UPDATE OF "geom" ON "{t}" '
    f'WHEN OLD."fid" = NEW."fid" AND ({_FILLED}) BEGIN {_ENTER} END',
    'CREATE TRIGGER "rtree_{t}_geom_update2" AFTER UPDATE OF "geom" ON "{t}" '
    f'WHEN OLD."fid" = NEW."fid" AND ({_BLANK}) BEGIN {_LEAVE} END',
    'CREATE TRIGGER "rtree_{t}_geom_update3" AFTER UPDATE ON "{t}" '
    f'WHEN OLD."fid" != NEW."fid" AND ({_FILLED}) BEGIN {_LEAVE} {_ENTER} END',
    'CREATE TRIGGER "rtree_{t}_geom_update4" AFTER UPDATE ON "{t}" '
    f'WHEN OLD."fid" != NEW."fid" AND ({_BLANK}) BEGIN {_LEAVE_BOTH} END',
    f'CREATE TRIGGER "rtree_{{t}}_geom_delete" AFTER DELETE ON "{{t}}" WHEN OLD."geom" NOT NULL BEGIN {_LEAVE} END',
)


def initialise(database: sqlite3.Connection) -> None:
    """Make an empty SQLite file a GeoPackage without tables."""
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {VERSION}")
    for statement in _REGISTERS.strip().split(";\n"):  # executescript() would end the caller's transaction
        database.execute(statement)
    database.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        [
            ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
            ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
        ],
    )
    register_crs(database, "EPSG:4326")
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [("gpkg_data_columns", _SCHEMA_EXTENSION), ("gpkg_data_column_constraints", _SCHEMA_EXTENSION)],
    )


def register_crs(database: sqlite3.Connection, code: str) -> int:
    """Make ``code`` (``EPSG:n``) known to the file and return its ``srs_id``."""
    number = int(code.removeprefix("EPSG:"))
    system = CRS.from_epsg(number)
    database.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, 'EPSG', ?, ?, NULL)",
        (system.name, number, number, system.to_wkt("WKT1_GDAL")),
    )
    return number


def register_features(
    database: sqlite3.Connection, table: str, geometry: str, code: str, *, title: str, description: str
) -> None:
    """Register a feature table with its column ``geom`` and give it a spatial index."""
    number = register_crs(database, code)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES (?, ?, ?, ?, ?)",
        (table, "features", title, description, number),
    )
    database.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (table, geometry.upper(), number)
    )
    database.execute(
        "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', ?, 'write-only')", (table, _RTREE_EXTENSION)
    )
    for statement in _RTREE:
        database.execute(statement.format(t=table))


def register_attributes(database: sqlite3.Connection, table: str, *, title: str, description: str) -> None:
    """Register a table without geometry, so that QGIS lists it and nothing warns about it."""
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES (?, ?, ?, ?, 0)",
        (table, "attributes", title, description),
    )


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read the GeoPackage ``path``. Raises :class:`InputError` where it is none."""
    require(path)
    with told(path, writing=False), closing(_open_to_read(path.resolve().as_uri())) as database:
        yield database


def _open_to_read(uri: str) -> sqlite3.Connection:
    database = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=PATIENCE)
    try:
        database.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.DatabaseError as error:
        database.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        # QGIS leaves files in WAL mode when it dies; in a folder that may only be read SQLite cannot make the helper
        # files of that mode, and nobody can be writing either.
        database = sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)
    return database


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in a transaction on the GeoPackage ``path``: committed whole at the end, else rolled back."""
    require(path)
    with told(path, writing=True), closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")


def require(path: Path) -> None:
    """Raise :class:`InputError` unless ``path`` is a whole GeoPackage file."""
    if not path.is_file():
        raise InputError("engine.file_missing", path=str(path))
    with told(path, writing=False):
        with path.open("rb") as file:
            header = file.read(100)
        if not header.startswith(MAGIC):
            raise InputError("schema.not_geopackage", path=str(path), reason="SQLite header missing")
        page = int.from_bytes(header[16:18], "big")
        pages = int.from_bytes(header[28:32], "big")
        size = (65536 if page == 1 else page) * pages
        # A file in WAL mode may have pages that its header does not count yet; a short one is cut off either way.
        if path.stat().st_size < size and not path.with_name(path.name + "-wal").exists():
            raise InputError("schema.not_geopackage", path=str(path), reason=f"{path.stat().st_size} < {size} B")

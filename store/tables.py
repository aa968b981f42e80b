"""From a declaration to a table: columns, defaults, indices, lists of codes, titles for QGIS.

Values that must not be wrong in any program are kept by the database (``uid``, required, unique). Ranges, patterns,
lists and references are told to the reader (GeoPackage schema extension) and kept by the form and ``schema.check``: as
``CHECK`` or ``FOREIGN KEY`` they would refuse old data that a planner must first see in order to mend it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from ..layers import catalogue
from ..layers.model import Domain, Field, Layer
from . import geopackage

GEOMETRY = "geom"
SIMULATED = " (mô phỏng)"

# A version 4 UUID in SQL: 122 random bits, version and variant in their places (RFC 9562, 5.4).
NEW_UID = (
    "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
    "substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"
)
_SQL_TYPES = {
    "integer": "MEDIUMINT",
    "real": "REAL",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "DATETIME",
    "json": "TEXT",
}


def domain_table(domain_id: str) -> str:
    """Name of the table that holds a list of codes in the data set."""
    return f"dom_{domain_id}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


def _column(field: Field) -> str:
    if field.id == "uid":
        # A NULL that a program insists on is replaced by the default too. Double brackets: SQLite tells the expression
        # without the outer ones, and GDAL takes what then has none for a literal text.
        return f'"uid" TEXT(36) UNIQUE NOT NULL ON CONFLICT REPLACE DEFAULT ({NEW_UID})'
    kind = _SQL_TYPES.get(field.type) or (f"TEXT({field.length})" if field.length else "TEXT")
    words = [f'"{field.id}" {kind}']
    if field.required:
        words.append("NOT NULL" if field.default is None else "NOT NULL ON CONFLICT REPLACE")
    if field.default is not None:
        words.append(f"DEFAULT {_literal(field.default)}")
    if field.unique:
        words.append("UNIQUE")
    return " ".join(words)


def create_table(
    database: sqlite3.Connection, layer: Layer, crs: str, *, extra: Path | None = None, simulated: bool = False
) -> None:
    """Make and register the table of ``layer`` with its indices and the lists it uses. ``crs`` is ``EPSG:n``."""
    columns = ['"fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL']  # AUTOINCREMENT: a number is never used again
    if layer.is_spatial:
        columns.append(f'"{GEOMETRY}" {layer.geometry.upper()}')
    columns += [_column(field) for field in layer.fields]
    database.execute(f'CREATE TABLE "{layer.id}" ({", ".join(columns)})')
    for field in layer.fields:
        looked_up = field.type == "reference" and field.to != "run"  # a file has the rows of one run
        if looked_up or (field.id == "code" and not field.unique):
            database.execute(f'CREATE INDEX "idx_{layer.id}_{field.id}" ON "{layer.id}" ("{field.id}")')
    description = layer.description.vi + (SIMULATED if simulated else "")
    if layer.is_spatial:
        geopackage.register_features(
            database, layer.id, layer.geometry, crs, title=layer.name.vi, description=description
        )
    else:
        geopackage.register_attributes(database, layer.id, title=layer.name.vi, description=description)
    for field in layer.fields:
        _describe(database, layer, field, extra)


def _describe(database: sqlite3.Connection, layer: Layer, field: Field, extra: Path | None) -> None:
    """Title, explanation and constraint of a column, for programs that read the schema extension (QGIS does)."""
    constraint = None
    if field.type == "choice":
        domain = catalogue.domain(field, extra)
        create_domain(database, domain)
        if domain.closed:  # an open list would turn an unknown code of old data into a blank in the form
            constraint = f"enum_{domain.id}"
    elif field.range is not None:
        constraint = f"range_{layer.id}_{field.id}"
        low, high = (int(n) for n in field.range) if field.type == "integer" else field.range
        database.execute(
            "INSERT INTO gpkg_data_column_constraints VALUES (?, 'range', NULL, ?, 1, ?, 1, NULL)",
            (constraint, low, high),
        )
    unit = f" ({field.unit})" if field.unit else ""
    database.execute(
        "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
        (
            layer.id,
            field.id,
            None,
            f"{field.name.vi}{unit}",
            field.help.vi if field.help else None,
            constraint,
        ),
    )


def create_domain(database: sqlite3.Connection, domain: Domain) -> None:
    """The list as table ``dom_<id>`` (code, vi, en); a closed one also as an enumeration of the schema extension."""
    table = domain_table(domain.id)
    if database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone():
        return
    rows = [{"code": code, "vi": words.vi, "en": words.en} for code, words in domain.values.items()]
    database.execute(
        f'CREATE TABLE "{table}" (fid INTEGER PRIMARY KEY, code TEXT NOT NULL, vi TEXT NOT NULL, en TEXT NOT NULL)'
    )
    database.execute(f'CREATE UNIQUE INDEX "idx_{table}_code" ON "{table}" (code)')
    insert = f'INSERT INTO "{table}" (code, vi, en) VALUES (:code, :vi, :en)'  # noqa: S608  # nosec B608 - a list of the catalogue
    database.executemany(insert, rows)
    geopackage.register_attributes(database, table, title=table, description=domain.source)
    if domain.closed:
        database.executemany(
            "INSERT INTO gpkg_data_column_constraints VALUES (?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
            [(f"enum_{domain.id}", row["code"], row["vi"]) for row in rows],
        )

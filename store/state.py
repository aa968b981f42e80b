"""The small mutable state beside a data set, ``NAME.dothi/state.sqlite``: one table per kind of decision.

Changed only in transactions, so that two people who write at once both succeed and a killed process leaves nothing
half-done.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..layers.errors import InputError
from . import dataset
from .geopackage import PATIENCE
from .recovery import recover
from .troubles import told

STATE = "state.sqlite"


@contextmanager
def _told(path: Path, *, writing: bool) -> Iterator[None]:
    """As ``troubles.told``; a damaged file is named as what it is, for it holds what nobody can compute again."""
    try:
        with told(path, writing=writing):
            yield
    except InputError as error:
        if error.code != "schema.not_geopackage":
            raise
        raise InputError("store.state_damaged", path=str(path), reason=error.arguments.get("reason", "")) from error


@contextmanager
def changing(data: str | Path, table: str) -> Iterator[sqlite3.Connection]:
    """The state beside ``data`` in one transaction, committed whole at the end.

    ``table`` is the statement that makes the table if it is not there. Raises an error of the machine where the file
    is locked or cannot be written.
    """
    path = dataset.beside(data) / STATE
    with _told(path, writing=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            try:
                database.execute(table)
                yield database
                database.execute("COMMIT")
            finally:
                if database.in_transaction:
                    database.execute("ROLLBACK")


def rows(data: str | Path, table: str, columns: str, order: str) -> list[tuple[Any, ...]]:
    """All rows of ``table`` (names are the caller's constants); none where nothing was ever written."""
    path = dataset.beside(data) / STATE
    if not path.is_file():
        return []
    recover(path)
    with (
        _told(path, writing=False),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)) as database,
    ):
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is None:
            return []
        return database.execute(f"SELECT {columns} FROM {table} ORDER BY {order}").fetchall()  # noqa: S608  # nosec B608 - constants of the callers

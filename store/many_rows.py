"""Many rows at once into a file that is still being made: without a journal, and many with each statement.

A value that all rows share is handed over once per statement, not once per row: half of a finding's columns are such.

SQLite hands the interpreter on for each statement: a thread that writes row by row waits for the other threads each
time, which makes it fifteen times slower beside one that computes (73,000 findings: 21.6 s against 1.4 s).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

_ROWS = 100  # with more SQLite's own memory for a statement no longer fits the processor's cache
_VALUES = 32_766  # of one statement: SQLite's usual limit
# Random identifiers touch all pages of their index: it must fit (KiB).
_HURRIED = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -131072")


@contextmanager
def hurried(path: Path) -> Iterator[sqlite3.Connection]:
    """The file ``path`` in one transaction without a journal: when anything fails, it must be thrown away whole."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in _HURRIED:
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        yield database
        database.execute("COMMIT")


def insert(database: sqlite3.Connection, table: str, columns: Mapping[str, list[Any]]) -> None:
    """Insert rows, given column by column, into ``table``; it and its columns are names of the catalogue."""
    count = len(next(iter(columns.values())))
    if count == 0:
        return
    shared = [name for name, values in columns.items() if _alike(values)]
    others = [name for name in columns if name not in shared]
    alike, apart = [columns[name][0] for name in shared], [columns[name] for name in others]
    names = ", ".join(f'"{name}"' for name in (*shared, *others))
    marks = ", ".join([*(f"?{number + 1}" for number in range(len(alike))), *"?" * len(apart)])
    together = max(min(_ROWS, (_VALUES - len(alike)) // max(len(apart), 1)), 1)
    for at in range(0, count, together):
        rows = min(together, count - at)
        values: list[Any] = [None] * (rows * len(apart))
        for number, column in enumerate(apart):
            values[number :: len(apart)] = column[at : at + rows]
        database.execute(
            f'INSERT INTO "{table}" ({names}) VALUES ' + ", ".join([f"({marks})"] * rows),  # noqa: S608  # nosec B608 - names of the catalogue
            alike + values,
        )


def _alike(values: list[Any]) -> bool:
    """Whether all values are the same; most columns in which they are not tell by the first and the last."""
    return bool(values[0] == values[-1]) and values.count(values[0]) == len(values)

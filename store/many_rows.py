"""Many rows at once into a file that is still being made: without a journal, and many with each statement.

SQLite hands the interpreter on for each statement: a thread that writes row by row waits for the other threads each
time, which makes it fifteen times slower beside one that computes (73,000 findings: 21.6 s against 1.4 s).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

_ROWS = 300
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


def insert_rows(database: sqlite3.Connection, into: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert ``rows`` into the table ``into``, a quoted name of the catalogue that its columns may follow."""
    left = iter(rows)
    first = next(left, None)
    if first is None:
        return
    marks = "(" + ", ".join("?" * len(first)) + ")"
    together = max(min(_ROWS, _VALUES // len(first)), 1)
    left = chain([first], left)
    while some := list(islice(left, together)):
        database.execute(
            f"INSERT INTO {into} VALUES " + ", ".join([marks] * len(some)),  # noqa: S608  # nosec B608 - names of the catalogue
            list(chain.from_iterable(some)),
        )

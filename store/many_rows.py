"""Many rows with each statement.

SQLite hands the interpreter on for each statement: a thread that writes row by row waits for the other threads each
time, which makes it fifteen times slower beside one that computes (73,000 findings: 21.6 s against 1.4 s).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

_ROWS = 300
_VALUES = 32_766  # of one statement: SQLite's usual limit


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

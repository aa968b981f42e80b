"""Columns of values become rows, whatever is the same in all of them."""

import sqlite3
from typing import Any

import pytest

from dothi.store.many_rows import insert


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 250])
def test_rows_are_what_the_columns_say(count: int) -> None:
    columns: dict[str, list[Any]] = {
        "number": list(range(count)),
        "same": ["Thửa"] * count,
        "ends": ["a", *["b"] * (count - 2), "a"][:count],
        "none": [None] * count,
        "blob": [bytes([at % 7]) for at in range(count)],
    }
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE made (number, same, ends, blob, none)")
    insert(database, "made", columns)
    found = database.execute("SELECT number, same, ends, none, blob FROM made ORDER BY rowid").fetchall()
    assert found == list(zip(*columns.values(), strict=True))

"""What a killed program left half-written in a database of ours, undone before anybody reads."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from .geopackage import PATIENCE
from .troubles import told


def recover(path: Path) -> None:
    """Let SQLite roll back a transaction that its program did not live to end: a connection that only reads is not able
    to, and says "readonly database" instead.

    Only for files that the engine alone writes. Where nobody may write, nothing is done, and the reader tells why.
    """
    if not path.with_name(path.name + "-journal").exists():
        return
    with told(path, writing=True), closing(sqlite3.connect(path, timeout=PATIENCE)) as database:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()

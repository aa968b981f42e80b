"""A run that goes on from a former one: its findings are taken over in one copy, but for those that hold no more."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Collection, Mapping, Set
from pathlib import Path

from .many_rows import hurried
from .troubles import told


def take_over(
    former: Path,
    temporary: Path,
    run: str,
    stale: Mapping[str, Set[str] | None],
    waived: Collection[tuple[str, str, str]],
) -> None:
    """Make ``temporary`` a copy of the whole run ``former`` for the new run ``run``: without its row, without findings
    of the features that are ``stale`` by rule (None: all of the rule's). Verdicts in columns are left to the caller.

    Of the waivers only ``waived`` hold now: rule, feature, document.

    The copy is thrown away whole when anything fails, so it has no journal.
    """
    with told(temporary, writing=True):
        shutil.copyfile(former, temporary)
        with hurried(temporary) as database:
            database.execute("DELETE FROM run")
            _forget(database, stale)
            _rename(database, run, waived)


def _forget(database: sqlite3.Connection, stale: Mapping[str, Set[str] | None]) -> None:
    if not stale:
        return
    rows = database.execute("SELECT fid, rule, feature_uid FROM finding WHERE feature_uid IS NOT NULL")
    nobody: Set[str] = frozenset()
    gone = [(fid,) for fid, rule, uid in rows if (uids := stale.get(rule, nobody)) is None or uid in uids]
    database.executemany("DELETE FROM finding WHERE fid = ?", gone)


def _rename(database: sqlite3.Connection, run: str, waived: Collection[tuple[str, str, str]]) -> None:
    """The findings are those of the new run. The triggers of the spatial index call functions that are not here."""
    triggers = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'finding' AND sql LIKE '%UPDATE%'"
    ).fetchall()
    for name, _ in triggers:
        database.execute(f'DROP TRIGGER "{name}"')
    database.execute("UPDATE finding SET run = ?, waiver = NULL", (run,))
    database.executemany(
        "UPDATE finding SET waiver = ? WHERE rule = ? AND feature_uid = ? AND outcome = 'fail'",
        [(document, rule, uid) for rule, uid, document in waived],
    )
    for _, sql in triggers:
        database.execute(sql)

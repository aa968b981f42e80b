"""Waivers: what an authority has decided to let stand, with its document and end; kept in ``NAME.dothi/state.sqlite``.

Nothing is ever deleted: a waiver is revoked, and stays to be seen.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from ..layers.errors import InputError
from . import dataset, state

LONGEST = 1_000  # characters of a text; control signs and marks of direction are refused
_TABLE = """
CREATE TABLE IF NOT EXISTS waiver (
    uid TEXT PRIMARY KEY, rule TEXT NOT NULL, feature_uid TEXT NOT NULL, document TEXT NOT NULL, author TEXT NOT NULL,
    valid_from TEXT NOT NULL, expires TEXT, note TEXT NOT NULL, made_at TEXT NOT NULL, revoked_at TEXT
)
"""


@dataclass(frozen=True)
class Waiver:
    """``rule`` is let stand on the feature ``feature_uid`` from ``valid_from`` to ``expires`` (None: until revoked), by
    ``document``. Days are ISO texts, ``made_at`` and ``revoked_at`` moments in UTC.
    """

    uid: str
    rule: str
    feature_uid: str
    document: str
    author: str
    valid_from: str
    expires: str | None
    note: str
    made_at: str
    revoked_at: str | None = None

    def holds(self, on: date) -> bool:
        """Whether it lets a breach stand on the day."""
        day = on.isoformat()
        return self.revoked_at is None and self.valid_from <= day and (self.expires is None or day <= self.expires)


def _state(data: Path) -> AbstractContextManager[sqlite3.Connection]:
    return state.changing(data, _TABLE)


def waive(
    data: Path,
    rule: str,
    feature_uid: str,
    *,
    document: str,
    author: str,
    valid_from: date,
    expires: date | None = None,
    note: str = "",
) -> Waiver:
    """Let ``rule`` stand on a feature. Raises :class:`InputError` without document or author, for an end before the
    beginning, and for texts that are too long or not printable.
    """
    if not dataset.UID.fullmatch(feature_uid):
        raise InputError("store.uid_wrong", uid=feature_uid[:60])
    for name, value in (("document", document), ("author", author)):
        if not value.strip():
            raise InputError("zoning.waiver_lacks", what=name)
    for name, value in (("document", document), ("author", author), ("note", note)):
        if len(value) > LONGEST or not value.replace("\n", " ").isprintable():
            raise InputError("zoning.waiver_text", what=name, most=LONGEST)
    if expires is not None and expires < valid_from:
        raise InputError("zoning.waiver_dates", valid_from=valid_from, expires=expires)
    made = Waiver(
        str(uuid4()), rule, feature_uid, document.strip(), author.strip(), valid_from.isoformat(),
        expires.isoformat() if expires else None, note.strip(), datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    row = asdict(made)
    with _state(data) as database:
        database.execute(
            f"INSERT INTO waiver ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608  # nosec B608 - fields of the class
            tuple(row.values()),
        )
    return made


def revoke(data: Path, uid: str) -> None:
    """End a waiver now. Raises :class:`InputError` if there is none that still holds."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with _state(data) as database:
        changed = database.execute(
            "UPDATE waiver SET revoked_at = ? WHERE uid = ? AND revoked_at IS NULL", (now, uid)
        ).rowcount
        if changed == 0:
            raise InputError("zoning.waiver_unknown", uid=uid[:60])


def waivers(data: Path) -> list[Waiver]:
    """All waivers of a data set, the newest first; none where nothing was ever waived."""
    names = ", ".join(Waiver.__dataclass_fields__)
    return [Waiver(*row) for row in state.rows(data, "waiver", names, "made_at DESC, uid")]


def in_force(data: Path, on: date) -> dict[tuple[str, str], Waiver]:
    """The waivers that hold on the day, by rule and feature; of several the newest."""
    found: dict[tuple[str, str], Waiver] = {}
    for one in waivers(data):
        if one.holds(on):
            found.setdefault((one.rule, one.feature_uid), one)
    return found

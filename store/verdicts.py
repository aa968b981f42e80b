"""The verdicts of a run in columns: every rule on every subject in a few bytes, in the GeoPackage of the run.

Failures and what cannot be checked are rows of ``finding``; passes and what a rule does not apply to are only here, and
here all outcomes are. Two plain tables, both registered as attributes:

``verdict_subject`` – one row per list of subjects: ``layer`` and ``uids``, UTF-8, one identifier a line. A building
that is judged towards two streets stands in its list twice.

``verdict`` – one row per rule: ``subjects`` (the list's ``fid``), ``outcomes`` and ``reasons`` (JSON lists of words)
and arrays in the list's order: ``outcome`` (int8, number in ``outcomes``), ``reason`` (int16, number in ``reasons`` of
why the rule does not apply; -1 where it does), ``measured`` and ``limit_value`` (float64, as computed; only of
subjects that pass or fail, so shorter than the list).

Blobs are in the format of zlib, numbers little-endian.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import geopackage

# Outcomes that a measured value and a limit belong to.
JUDGED = ("pass", "fail")
THREADS = 2
_AT_ONCE = 8_192  # identifiers
_FAST = 1  # zlib's level: the others take ten times as long for a tenth less
_TABLES = (
    "CREATE TABLE verdict_subject (fid INTEGER PRIMARY KEY, layer TEXT NOT NULL, uids BLOB NOT NULL)",
    "CREATE TABLE verdict (fid INTEGER PRIMARY KEY, rule TEXT NOT NULL UNIQUE, rule_version INTEGER NOT NULL, "
    "subjects INTEGER NOT NULL REFERENCES verdict_subject (fid), outcomes TEXT NOT NULL, reasons TEXT NOT NULL, "
    "outcome BLOB NOT NULL, reason BLOB NOT NULL, measured BLOB NOT NULL, limit_value BLOB NOT NULL)",
)


@dataclass(frozen=True)
class VerdictColumns:
    """The verdicts of one rule on the subjects ``uids`` of ``layer``; see the module for the arrays.

    ``listed`` is the number of the list ``uids`` in the run that they were read from, None where they were not.
    """

    rule: str
    version: int
    layer: str
    uids: NDArray[np.object_]
    outcomes: tuple[str, ...]
    code: NDArray[np.int8]
    measured: NDArray[np.float64]
    limit: NDArray[np.float64]
    reason: NDArray[np.int16]
    reasons: tuple[str, ...]
    listed: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Subjects by outcome."""
        counted = np.bincount(self.code, minlength=len(self.outcomes)).tolist()
        return dict(zip(self.outcomes, counted, strict=True))

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Which subjects pass or fail."""
        codes = [code for code, word in enumerate(self.outcomes) if word in JUDGED]
        return np.asarray(np.isin(self.code, codes))

    @cached_property
    def _place(self) -> NDArray[np.intp]:
        """How many subjects before each one pass or fail: where its numbers stand."""
        return np.cumsum(self.judged, dtype=np.intp) - self.judged

    def only(self, chosen: NDArray[np.bool_]) -> VerdictColumns:
        """The verdicts on the ``chosen`` subjects."""
        of_judged = chosen[self.judged]
        return replace(
            self,
            uids=self.uids[chosen],
            listed=None,
            code=self.code[chosen],
            measured=self.measured[of_judged],
            limit=self.limit[of_judged],
            reason=self.reason[chosen],
        )

    def verdict(self, at: int) -> dict[str, Any]:
        """The verdict on subject ``at``: rule, outcome, and what was measured and allowed or why it does not apply."""
        told: dict[str, Any] = {"rule": self.rule, "version": self.version, "outcome": self.outcomes[self.code[at]]}
        if self.judged[at]:
            among = self._place[at]
            told |= {"measured": float(self.measured[among]), "limit": float(self.limit[among])}
        if self.reason[at] >= 0:
            told["reason"] = self.reasons[self.reason[at]]
        return told


@dataclass(frozen=True)
class Ready:
    """Verdicts as rows: lists of subjects by number, and a row for each rule, which names the number of its list."""

    lists: Sequence[tuple[int, str, bytes]]
    rules: Sequence[dict[str, Any]]

    def write(self, database: sqlite3.Connection) -> None:
        """Write them into the run's unfinished GeoPackage.

        In a run that goes on from a former one they take the place of what the same rules said there; lists that no
        rule names any more are dropped.
        """
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'verdict'").fetchone() is None:
            for statement in _TABLES:
                database.execute(statement)
            for table in ("verdict_subject", "verdict"):
                geopackage.register_attributes(database, table, title=table, description="")
        for number, layer, uids in self.lists:
            _insert(database, "verdict_subject", fid=number, layer=layer, uids=uids)
        for row in self.rules:
            _insert(database, "verdict", instead_of="rule", **row)
        database.execute("DELETE FROM verdict_subject WHERE fid NOT IN (SELECT subjects FROM verdict)")


class Packing:
    """Verdicts on their way into a run: compressed on other threads while the next rules are judged."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS)  # zlib releases the interpreter's lock
        self._rules: deque[tuple[dict[str, Any], Future[dict[str, bytes]]]] = deque()
        self._lists: list[tuple[int, str, NDArray[np.object_]]] = []  # those that differ: few
        self._new: dict[int, tuple[str, Future[bytes]]] = {}
        self._number = 0  # of the last list

    def begin_after(self, number: int) -> None:
        """Lists have numbers after ``number``: those before belong to lists that the run has already."""
        self._number = number

    def add(self, one: VerdictColumns) -> None:
        """The verdicts of the next rule."""
        row = {
            "rule": one.rule,
            "rule_version": one.version,
            "subjects": self._listed(one) if one.listed is None else one.listed,
            "outcomes": json.dumps(one.outcomes),
            "reasons": json.dumps(one.reasons, ensure_ascii=False),
        }
        self._rules.append((row, self._pool.submit(_blobs, one)))

    def _listed(self, one: VerdictColumns) -> int:
        """Which list of subjects it is about; kinds of subjects on one layer have arrays of their own, alike."""
        mine = [(number, uids) for number, layer, uids in self._lists if layer == one.layer]
        alike = (number for number, uids in mine if np.array_equal(uids, one.uids))
        found = next((number for number, uids in mine if uids is one.uids), None)
        found = next(alike, None) if found is None else found
        if found is None:
            found = self._number = self._number + 1
            self._lists.append((found, one.layer, one.uids))
            self._new[found] = one.layer, self._pool.submit(_list, one.uids)
        return found

    def take(self, *, wait: bool) -> Ready:
        """The next rules with the lists that they are the first to name: those that are compressed; ``wait``: all."""
        lists: list[tuple[int, str, bytes]] = []
        rules: list[dict[str, Any]] = []
        while self._rules and (wait or self._is_done(*self._rules[0])):
            row, blobs = self._rules.popleft()
            rules.append(row | blobs.result())
            if (number := row["subjects"]) in self._new:
                layer, uids = self._new.pop(number)
                lists.append((number, layer, uids.result()))
        return Ready(lists, rules)

    def _is_done(self, row: dict[str, Any], blobs: Future[dict[str, bytes]]) -> bool:
        number = row["subjects"]
        return blobs.done() and (number not in self._new or self._new[number][1].done())

    def close(self) -> None:
        """End the threads; what was not begun is left."""
        self._pool.shutdown(cancel_futures=True)


def _list(uids: NDArray[np.object_]) -> bytes:
    """A list of subjects, in zlib's frame alone: random identifiers repeat nothing, and half of the time that all of a
    run's verdicts take to be compressed would go into them. Some at a time, in the same memory.
    """
    packing = zlib.compressobj(level=0)
    texts = ("\n".join(uids[at : at + _AT_ONCE].tolist()) for at in range(0, len(uids), _AT_ONCE))
    parts = [packing.compress((("\n" if number else "") + text).encode()) for number, text in enumerate(texts)]
    return b"".join([*parts, packing.flush()])


def _blobs(one: VerdictColumns) -> dict[str, bytes]:
    """The arrays of one rule, compressed. What is measured repeats nothing but itself, as outcomes do: searching for
    other stretches would take thrice as long and find none. Limits and reasons repeat in turn.
    """
    return {
        "outcome": _packed(one.code, "<i1", zlib.Z_RLE),
        "reason": _packed(one.reason, "<i2"),
        "measured": _packed(one.measured, "<f8", zlib.Z_RLE),
        "limit_value": _packed(one.limit, "<f8"),
    }


def _insert(database: sqlite3.Connection, table: str, *, instead_of: str = "", **values: Any) -> None:
    """Add a row; ``instead_of`` the one that has the same value in that column, if there is one."""
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    renewed = ", ".join(f"{name} = excluded.{name}" for name in values)
    instead = f" ON CONFLICT ({instead_of}) DO UPDATE SET {renewed}" if instead_of else ""  # nosec B608 - names of this file
    database.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks}){instead}",  # noqa: S608  # nosec B608 - names of this file
        tuple(values.values()),
    )


def _packed(values: NDArray[Any], kind: str, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    return _compressed(np.ascontiguousarray(values, dtype=kind).tobytes(), strategy)


def _compressed(data: bytes, strategy: int) -> bytes:
    packing = zlib.compressobj(_FAST, strategy=strategy)
    return packing.compress(data) + packing.flush()


def _unpacked(blob: bytes, kind: str) -> NDArray[Any]:
    return np.frombuffer(zlib.decompress(blob), dtype=kind)


def _listed(uids: bytes) -> NDArray[np.object_]:
    text = zlib.decompress(uids).decode()
    return np.array(text.split("\n") if text else [], dtype=object)


def lists_in(database: sqlite3.Connection) -> int:
    """The largest number of a list of subjects in a run, 0 where there is none."""
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'verdict_subject'").fetchone() is None:
        return 0
    return int(database.execute("SELECT max(fid) FROM verdict_subject").fetchone()[0] or 0)


def read(run: str | Path, rules: Sequence[str] | None = None) -> list[VerdictColumns]:
    """The verdicts of a run in columns, of all its rules or those named; none for a run that keeps none."""
    with geopackage.reading(Path(run)) as database:
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'verdict'").fetchone() is None:
            return []
        known = database.execute("SELECT fid, layer, uids FROM verdict_subject").fetchall()
        lists = {fid: (layer, _listed(uids)) for fid, layer, uids in known}
        rows = database.execute(
            "SELECT rule, rule_version, subjects, outcomes, reasons, outcome, reason, measured, limit_value "
            "FROM verdict ORDER BY fid"
        ).fetchall()
    return [
        VerdictColumns(
            rule,
            version,
            *lists[subjects],
            tuple(json.loads(outcomes)),
            _unpacked(outcome, "<i1"),
            _unpacked(measured, "<f8"),
            _unpacked(limit, "<f8"),
            _unpacked(reason, "<i2"),
            tuple(json.loads(reasons)),
            subjects,
        )
        for rule, version, subjects, outcomes, reasons, outcome, reason, measured, limit in rows
        if rules is None or rule in rules
    ]


def verdicts_of(run: str | Path, uid: str) -> list[dict[str, Any]]:
    """Every verdict of a run on the feature ``uid``, in the order of the rules; see :meth:`VerdictColumns.verdict`."""
    found: list[dict[str, Any]] = []
    where: dict[int, list[int]] = {}
    for one in read(run):
        if id(one.uids) not in where:
            where[id(one.uids)] = np.flatnonzero(one.uids == uid).tolist()
        found += [one.verdict(at) for at in where[id(one.uids)]]
    return found

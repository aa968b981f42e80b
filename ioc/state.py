"""What a target is known to hold: one SQLite file per target in ``NAME.dothi/ioc``.

It is a memory, not the truth: the truth is what the target answers when it is read. So the file may be lost and is
then made again from the target (``repair``). It changes in transactions alone. A record is marked ``sent`` before it
goes and ``proved`` only after it was read back the same: what a killed process leaves is read back first by the next.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..layers.errors import InputError
from ..store.geopackage import PATIENCE
from ..store.troubles import told
from .alone import alone
from .records import Record, differing, hash_of
from .targets.target import Said

if TYPE_CHECKING:
    from .plan import Scan

FORMAT = 1
AT_ONCE = 10_000  # rows fetched at a time
_REMEMBER = "INSERT INTO note VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
TROUBLES = 200  # records and sayings told by a summary
# Marks of a record. ``SENT``: what became of it is not known yet. ``STAYS``: the feature may not leave as it is now.
# ``STANDS``: the other side's version is known, and somebody decided that it stays.
PROVED, SENT, UNPROVED, FAILED, CONFLICT, STAYS, REMOVED, STANDS = range(8)
_TABLES = """
CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    layer TEXT NOT NULL, uid TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, source INTEGER, content INTEGER,
    sending INTEGER, mark INTEGER NOT NULL, proved_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, error TEXT,
    block INTEGER, PRIMARY KEY (layer, uid, kind)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_mark ON record (layer, mark) WHERE mark > 0;
CREATE TABLE IF NOT EXISTS decision (
    key TEXT NOT NULL, layer TEXT NOT NULL, uid TEXT NOT NULL, keep TEXT NOT NULL, ours INTEGER, theirs INTEGER,
    at TEXT NOT NULL, by TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS said (
    key TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, sender TEXT NOT NULL, at TEXT NOT NULL,
    seen_at TEXT NOT NULL, PRIMARY KEY (key, kind, at, sender, text)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block (
    id INTEGER PRIMARY KEY AUTOINCREMENT, layer TEXT NOT NULL, digest BLOB NOT NULL, there INTEGER NOT NULL,
    UNIQUE (layer, digest)
)
"""
# A block says: every feature in it is settled, as the rows are that its digest covers. So it falls with the first of
# their records that changes, is joined by another or goes, whoever does that; its number is never given again.
_FALLS = (
    "CREATE TRIGGER IF NOT EXISTS block_joined BEFORE INSERT ON record "
    "WHEN EXISTS (SELECT 1 FROM block WHERE layer = new.layer) BEGIN DELETE FROM block WHERE id IN "
    "(SELECT block FROM record WHERE layer = new.layer AND uid = new.uid); END",
    "CREATE TRIGGER IF NOT EXISTS block_changed AFTER UPDATE OF layer, uid, source, mark ON record "
    "WHEN old.block IS NOT NULL BEGIN DELETE FROM block WHERE id = old.block; END",
    "CREATE TRIGGER IF NOT EXISTS block_left AFTER DELETE ON record "
    "WHEN old.block IS NOT NULL BEGIN DELETE FROM block WHERE id = old.block; END",
)
# What becomes of the blocks whose rows are in ``seen``; all of it in the order of ``uid``, in which the records lie.
_AGREE = (
    "CREATE INDEX temp.seen_uid ON seen (uid, source, block)",
    f"""CREATE TEMP TABLE told AS SELECT block, min(settled) AS settled, sum(there) AS there FROM (
        SELECT seen.block AS block, coalesce(max(mark = {PROVED}), 0) AS there,
        coalesce(min(mark IN ({PROVED}, {STAYS}) AND record.source IS seen.source), 0) AS settled
        FROM seen LEFT JOIN record ON record.layer = :layer AND record.uid = seen.uid AND mark <> {REMOVED}
        GROUP BY seen.uid
    ) GROUP BY block""",  # noqa: S608  # nosec B608 - marks of ours
    "DELETE FROM block WHERE id IN (SELECT block FROM told WHERE NOT settled)",
    "UPDATE block SET there = told.there FROM told WHERE block.id = told.block",
    "UPDATE record SET block = seen.block FROM seen JOIN told ON told.block = seen.block AND told.settled "
    "WHERE record.layer = :layer AND record.uid = seen.uid",
    "DROP TABLE seen",
    "DROP TABLE told",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as the state knows it. ``source`` is the hash of the row it came from, ``content`` of its body as it was
    last proved, ``sending`` of the body that was last on its way; None where there was none.
    """

    layer: str
    uid: str
    kind: str
    key: str
    source: int | None
    content: int | None
    sending: int | None
    mark: int
    proved_at: str | None
    attempts: int
    error: str | None

    def is_ours(self, body: str) -> bool:
        """Whether we brought ``body`` there, so that nobody else's change is lost by writing over it."""
        return hash_of(body) in (self.content, self.sending)


@dataclass(frozen=True, slots=True)
class Standing:
    """That theirs stays: the hashes of both versions when it was decided (``ours`` None: in no layer), and by whom."""

    ours: int | None
    theirs: int
    by: str

    def holds(self, ours: str | None, theirs: str) -> bool:
        """Whether both versions are still those of the decision."""
        return self == Standing(None if ours is None else hash_of(ours), hash_of(theirs), self.by)

    def told(self, ours: str | None, theirs: str) -> str:
        """Why it stays and what differs, as the state keeps it."""
        told = {"code": "ioc.theirs_stands", "by": self.by, "differs": differing(ours or "{}", theirs)}
        return json.dumps(told, ensure_ascii=False)


_COLUMNS = ", ".join(Sent.__dataclass_fields__)


@dataclass(frozen=True)
class Known:
    """The features of a layer, one entry a record: ``uid``, ``source`` (row hash; 0 where unknown), whether what should
    be there is ``proved`` to be there, and whether it ``stays`` at home, so that nothing is there.
    """

    uid: NDArray[np.object_]
    source: NDArray[np.int64]
    proved: NDArray[np.bool_]
    stays: NDArray[np.bool_]


class State:
    """The open state of one target; use :func:`opened`."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or nothing."""
        with told(self._path, writing=True):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    def note(self, key: str) -> Any:
        """A remembered JSON value; None where there is none."""
        row = self._database.execute("SELECT value FROM note WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def remember(self, **notes: Any) -> None:
        """Remember JSON values."""
        with self.changing() as database:
            database.executemany(
                _REMEMBER, [(key, json.dumps(value, ensure_ascii=False)) for key, value in notes.items()]
            )

    def layers(self) -> tuple[str, ...]:
        """Layers of which the target holds, or should hold, anything."""
        rows = self._database.execute("SELECT DISTINCT layer FROM record WHERE mark <> ? ORDER BY layer", (REMOVED,))
        return tuple(str(layer) for (layer,) in rows)

    def agreed(self, layer: str) -> dict[bytes, int]:
        """Digests of the blocks of rows whose features are all settled → how many of them are there."""
        return dict(self._database.execute("SELECT digest, there FROM block WHERE layer = ?", (layer,)))

    def known(self, layer: str, kept: Collection[bytes] = ()) -> Known:
        """What is known of a layer, but for the features in the blocks ``kept`` (digests)."""
        numbers = self._database.execute("SELECT digest, id FROM block WHERE layer = ?", (layer,)).fetchall()
        rows = self._database.execute(
            "SELECT uid, source, mark FROM record WHERE layer = ? AND mark <> ? AND NOT (mark = ? AND source IS NULL) "
            "AND (block IS NULL OR block NOT IN (SELECT value FROM json_each(?)))",
            (layer, REMOVED, STANDS, json.dumps([number for digest, number in numbers if digest in kept])),
        )
        uid, source, mark = [], [], []
        while some := rows.fetchmany(AT_ONCE):
            uid.append(np.array([row[0] for row in some], dtype=object))
            source.append(np.fromiter((row[1] or 0 for row in some), dtype=np.int64, count=len(some)))
            mark.append(np.fromiter((row[2] for row in some), dtype=np.int8, count=len(some)))
        marks = np.concatenate([np.empty(0, dtype=np.int8), *mark])
        return Known(
            np.concatenate([np.empty(0, dtype=object), *uid]),
            np.concatenate([np.empty(0, dtype=np.int64), *source]),
            np.isin(marks, (PROVED, STAYS, STANDS)),
            marks == STAYS,
        )

    def agree(self, layer: str, now: Scan | None) -> None:
        """Remember those blocks of ``now`` whose features are all settled as they are now, there or at home."""
        if now is None or not now.blocks:
            return
        once = ~pd.Series(now.uid, dtype=object).duplicated(keep=False).to_numpy()
        with self.changing() as database:
            known = database.execute("SELECT digest FROM block WHERE layer = ?", (layer,)).fetchall()
            gone = [(layer, digest) for (digest,) in known if digest not in now.kept]
            database.executemany("DELETE FROM block WHERE layer = ? AND digest = ?", gone)
            database.execute("CREATE TEMP TABLE seen (uid TEXT NOT NULL, source INTEGER, block INTEGER)")
            for block in now.blocks:
                some = slice(block.start, block.stop)
                if once[some].all():
                    made = database.execute("INSERT INTO block VALUES (NULL, ?, ?, 0)", (layer, block.digest))
                    rows = zip(now.uid[some].tolist(), now.source[some].tolist(), repeat(made.lastrowid))
                    database.executemany("INSERT INTO seen VALUES (?, ?, ?)", rows)
            for statement in _AGREE:
                database.execute(statement, {"layer": layer} if ":layer" in statement else {})

    def records(self, layer: str, uids: Iterable[str]) -> dict[str, Sent]:
        """What is known of some features, by the key of the record, or by uid where there is none; what was removed is
        not among them.
        """
        found: dict[str, Sent] = {}
        wanted = list(uids)
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM record "  # noqa: S608  # nosec B608 - fields of the class, question marks
                f"WHERE layer = ? AND mark <> {REMOVED} AND uid IN ({', '.join('?' * len(some))})",
                (layer, *some),
            )
            found |= {row[3] or row[1]: Sent(*row) for row in rows}
        return found

    def marked(self, *marks: int) -> Iterator[Sent]:
        """All records with one of the marks, by layer and uid."""
        yield from (
            Sent(*row)
            for row in self._database.execute(
                f"SELECT {_COLUMNS} FROM record "  # noqa: S608  # nosec B608 - fields of the class, question marks
                f"WHERE mark IN ({', '.join('?' * len(marks))}) ORDER BY layer, uid, kind",
                marks,
            ).fetchall()
        )

    def counts(self) -> dict[tuple[str, int], int]:
        """Number of records by layer and mark."""
        rows = self._database.execute("SELECT layer, mark, count(*) FROM record GROUP BY layer, mark")
        return {(str(layer), int(mark)): int(count) for layer, mark, count in rows}

    def ever(self, layer: str) -> frozenset[str]:
        """Features of a layer that the target holds or once held."""
        rows = self._database.execute("SELECT uid FROM record WHERE layer = ? AND mark <> ?", (layer, STAYS))
        return frozenset(str(uid) for (uid,) in rows)

    def expected(self, layer: str) -> int:
        """Records that were proved of a layer, and of others that become records of the same kinds."""
        row = self._database.execute(
            "SELECT count(*) FROM record WHERE mark IN (?, ?) AND (layer = ? OR kind IN "
            "(SELECT DISTINCT kind FROM record WHERE layer = ? AND kind <> ''))",
            (PROVED, STANDS, layer, layer),
        ).fetchone()
        return int(row[0])

    def sending(self, records: Sequence[Record]) -> None:
        """Mark them ``sent`` before they go; what was proved of them before stays known."""
        self._put(
            "INSERT INTO record (layer, uid, kind, key, sending, mark, attempts) VALUES (?, ?, ?, ?, ?, ?, 1) "
            "ON CONFLICT (layer, uid, kind) DO UPDATE SET key = excluded.key, sending = excluded.sending, "
            "mark = excluded.mark, attempts = record.attempts + 1",
            [(r.layer, r.uid, r.kind, r.key, r.content, SENT) for r in records],
        )

    def seen(self, found: Sequence[tuple[Sent, str]]) -> None:
        """Their bodies were found at the other side and are ours: that is what they are known to be."""
        self._put(
            "UPDATE record SET content = ? WHERE layer = ? AND uid = ? AND kind = ?",
            [(hash_of(body), r.layer, r.uid, r.kind) for r, body in found],
        )

    def proved(self, records: Sequence[Record], sources: Mapping[str, int]) -> None:
        """They were read back the same. ``sources``: uid → hash of its row."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._put(
            "INSERT INTO record (layer, uid, kind, key, source, content, mark, proved_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (layer, uid, kind) DO UPDATE SET key = excluded.key, "
            "source = excluded.source, content = excluded.content, sending = NULL, mark = excluded.mark, "
            "proved_at = excluded.proved_at, error = NULL",
            [(r.layer, r.uid, r.kind, r.key, sources.get(r.uid), r.content, PROVED, now) for r in records],
            last_proof=now,
        )

    def missed(self, records: Iterable[tuple[Record | Sent, int, str]]) -> None:
        """They are not there as they should be: by which mark (``UNPROVED``, ``FAILED``, ``CONFLICT``), why (JSON)."""
        self._put(
            "INSERT INTO record (layer, uid, kind, key, mark, error) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (layer, uid, kind) DO UPDATE SET mark = excluded.mark, error = excluded.error, source = NULL",
            [(r.layer, r.uid, r.kind, r.key, mark, error) for r, mark, error in records],
        )

    def stands(self, records: Iterable[tuple[Record | Sent, str]], sources: Mapping[str, int]) -> None:
        """The other side's version of them stays, as somebody decided (JSON); looked at again when the feature changes.

        One without a source is in no layer any more: it is theirs alone.
        """
        self._put(
            "INSERT INTO record (layer, uid, kind, key, source, mark, error) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (layer, uid, kind) DO UPDATE SET source = excluded.source, mark = excluded.mark, "
            "error = excluded.error, sending = NULL",
            [(r.layer, r.uid, r.kind, r.key, sources.get(r.uid), STANDS, why) for r, why in records],
        )

    def decided(self, rows: Sequence[tuple[Sent, str, int | None, int | None]], by: str) -> None:
        """Keep who decided what: record, ``ours`` or ``theirs``, and the hashes of both versions at that moment."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._put(
            "INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(r.key, r.layer, r.uid, keep, ours, theirs, now, by) for r, keep, ours, theirs in rows],
        )

    def standing(self) -> dict[str, Standing]:
        """By key what was last decided to stay theirs."""
        rows = self._database.execute(
            "SELECT key, ours, theirs, by FROM decision WHERE keep = 'theirs' "
            "AND rowid IN (SELECT max(rowid) FROM decision GROUP BY key)"
        )
        return {str(row[0]): Standing(*row[1:]) for row in rows}

    def stays(self, layer: str, sources: Mapping[str, int]) -> None:
        """Features of which nothing may be there as they are now; looked at again when they change."""
        self._put(
            "INSERT INTO record (layer, uid, kind, key, source, mark) VALUES (?, ?, '', '', ?, ?) "
            "ON CONFLICT (layer, uid, kind) DO UPDATE SET source = excluded.source, mark = excluded.mark",
            [(layer, uid, source, STAYS) for uid, source in sources.items()],
        )

    def leaves(self, stayed: Iterable[Sent]) -> None:
        """Features that stayed until now are looked at anew."""
        self._put(
            "DELETE FROM record WHERE layer = ? AND uid = ? AND kind = '' AND key = ''",
            [(one.layer, one.uid) for one in stayed],
        )

    def removed(self, records: Iterable[Sent]) -> None:
        """They are gone at the other side. The row stays, so that it is known that they once were there."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._put(
            "UPDATE record SET mark = ?, proved_at = ?, source = NULL, content = NULL, sending = NULL, error = NULL "
            "WHERE layer = ? AND uid = ? AND kind = ?",
            [(REMOVED, now, r.layer, r.uid, r.kind) for r in records],
        )

    def hear(self, said: Iterable[Said]) -> int:
        """Keep what the centre wrote, once; returns how much of it is new."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        before = self._database.total_changes
        self._put(
            "INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?, ?, ?)",
            [(one.key, one.kind, one.text, one.sender, one.at, now) for one in said],
        )
        return self._database.total_changes - before

    def heard(self) -> list[tuple[Said, str]]:
        """All that the centre ever wrote, the newest first, with the moment it was seen here."""
        rows = self._database.execute("SELECT key, kind, text, sender, at, seen_at FROM said ORDER BY at DESC, key")
        return [(Said(*row[:5]), str(row[5])) for row in rows]

    def holds(self, layer: str, uids: Sequence[str], sources: Mapping[str, int]) -> None:
        """Features that a target holds which is written whole and proved by its hashes."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._put(
            "INSERT INTO record (layer, uid, kind, key, source, mark, proved_at) VALUES (?, ?, '', ?, ?, ?, ?) "
            "ON CONFLICT (layer, uid, kind) DO UPDATE SET key = excluded.key, source = excluded.source, "
            "content = NULL, sending = NULL, mark = excluded.mark, proved_at = excluded.proved_at, attempts = 0, "
            "error = NULL",
            # Sorted as the records lie, so that each page is written once, and made one by one: there may be a million.
            ((layer, uid, f"{layer}/{uid}", sources.get(uid), PROVED, now) for uid in sorted(uids)) if uids else (),
            last_proof=now,
        )

    def adopt(self, records: Sequence[Record]) -> None:
        """They were found at the other side without being remembered."""
        self._put(
            "INSERT OR REPLACE INTO record (layer, uid, kind, key, content, mark) VALUES (?, ?, ?, ?, ?, ?)",
            [(r.layer, r.uid, r.kind, r.key, r.content, PROVED) for r in records],
        )

    def forget(self) -> None:
        """Forget every record, before the state is made again from the target."""
        with self.changing() as database:
            database.execute("DELETE FROM block")
            database.execute("DELETE FROM record")

    def _put(self, statement: str, rows: Iterable[tuple[Any, ...]], **notes: Any) -> None:
        if rows:
            with self.changing() as database:
                database.executemany(statement, rows)
                database.executemany(_REMEMBER, [(key, json.dumps(value)) for key, value in notes.items()])


@contextmanager
def opened(path: Path, identity: str) -> Iterator[State]:
    """The state at ``path``, made if there is none, held by this process alone.

    Raises :class:`InputError` where it is damaged, of a later format, or belongs to another target than ``identity``;
    :class:`EnvironmentTroubleError` while another process publishes to the same target.
    """
    with told(path, writing=True):
        path.parent.mkdir(parents=True, exist_ok=True)
    with (
        _told(path),
        alone(path.with_suffix(".lock"), path.stem),
        closing(_connected(path)) as database,
    ):
        state = State(database, path)
        if state.note("format") is None:
            state.remember(format=FORMAT, identity=identity)
        if state.note("format") != FORMAT:
            raise InputError("ioc.state_later", path=str(path))
        if state.note("identity") != identity:
            raise InputError("ioc.state_other", path=str(path), known=state.note("identity"), target=identity)
        yield state


@contextmanager
def looked_at(path: Path) -> Iterator[State]:
    """The state at ``path`` as it is, held by nobody; for looking alone."""
    with told(path, writing=False), closing(_connected(path)) as database:
        yield State(database, path)


def standing_in(path: Path) -> dict[str, Standing]:
    """What a state says stands as it is at the other side; nothing where there is no state."""
    if not path.is_file():
        return {}
    with looked_at(path) as state:
        return state.standing()


@contextmanager
def nothing_known() -> Iterator[State]:
    """A state that knows nothing and is kept nowhere, for a look at a target that is not there any more."""
    with closing(_connected(Path(":memory:"))) as database:
        yield State(database, Path(":memory:"))


def _connected(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        database.execute("PRAGMA synchronous = FULL")
        for statement in _TABLES.split(";"):
            database.execute(statement)
        if not database.execute("SELECT 1 FROM pragma_table_info('record') WHERE name = 'block'").fetchone():
            database.execute("ALTER TABLE record ADD COLUMN block INTEGER")  # of a state before there were blocks
        for statement in _FALLS:
            database.execute(statement)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """As ``troubles.told``; damage is named as what it is, wherever in the file it is met."""
    try:
        with told(path, writing=True):
            yield
    except InputError as error:
        if error.code != "schema.not_geopackage" or error.arguments.get("path") != str(path):
            raise
        raise InputError("ioc.state_damaged", path=str(path)) from error


def set_aside(path: Path) -> None:
    """Put a state that cannot be read out of the way, so that it can be made again; a sound one stays where it is."""
    if not path.is_file():
        return
    try:
        with _told(path), closing(_connected(path)) as database:
            sound = database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except InputError:
        sound = False
    if not sound:
        path.replace(path.with_name(f"{path.name}.damaged"))


def held_layers(path: Path) -> tuple[str, ...]:
    """Layers of which a target holds, or should hold, anything; none where nothing was ever published."""
    if not path.is_file():
        return ()
    with _told(path), closing(_connected(path)) as database:
        return State(database, path).layers()


def noted(path: Path, key: str) -> Any:
    """What a state remembers by this name, without being held; None where there is nothing."""
    if not path.is_file():
        return None
    with _told(path), closing(_connected(path)) as database:
        return State(database, path).note(key)


def summary(path: Path) -> dict[str, Any]:
    """What a state says without being held: ``counts`` by outcome, ``last_proof``, what the centre ``said``."""
    with _told(path), closing(_connected(path)) as database:
        state = State(database, path)
        by_mark = Counter[int]()
        for (_, mark), count in state.counts().items():
            by_mark[mark] += count
        # The last one in the order of the runs, not of a clock that may have been wrong.
        last = state.note("last_proof") or database.execute("SELECT max(proved_at) FROM record").fetchone()[0]
        troubles = [
            {"layer": one.layer, "uid": one.uid, **json.loads(one.error or "{}")}
            for one in state.marked(UNPROVED, FAILED, CONFLICT, STANDS)
        ]
        return {
            "counts": {
                "unchanged": by_mark[PROVED] + by_mark[STANDS],
                "unproved": by_mark[SENT] + by_mark[UNPROVED],
                "failed": by_mark[FAILED],
                "conflicts": by_mark[CONFLICT],
                "theirs": by_mark[STANDS],
                "deleted": by_mark[REMOVED],
            },
            "last_proof": last,
            "troubles": troubles[:TROUBLES],
            "said": [{**asdict(said), "seen_at": seen} for said, seen in state.heard()][:TROUBLES],
        }

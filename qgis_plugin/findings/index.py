"""The findings of one run as a compact table in memory, and the questions a list asks of it.

A run of a province holds a hundred thousand findings with sentences and geometry, hundreds of megabytes. What a list
shows of each fits in two hundred bytes, so it is copied once (by SQLite, in C) into a table in memory; grouping,
filtering, sorting and counting are then SQL on that table. Everything here runs in the thread of ``worker``.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import changes
from .runs import reading

GROUPINGS = ("rule", "feature", "street", "severity", "state")
SORTS = ("code", "state", "rule", "street", "measured", "limit_value", "margin")
PAGE = 200  # rows fetched at a time
SHOWN_OUTCOMES = ("fail", "not_checkable")  # those that are rows; the others are counts of the run

# What makes the rows of a grouping one group, and the order of groups: breaches first, then by number.
_KEY = {"rule": "rule", "feature": "feature", "street": "street", "severity": "class", "state": "state"}
_STATE_RANK = "CASE state WHEN 'new' THEN 0 WHEN 'changed' THEN 1 WHEN 'unchanged' THEN 2 WHEN 'fixed' THEN 3 END"
# What each of the two filters on what became of a finding lets through.
_STANDING = {"open": "waiver = '' AND state <> 'fixed'", "waived": "waiver <> ''"}
_LOAD = """
INSERT INTO finding
SELECT {id}, uid, outcome, severity,
       CASE outcome WHEN 'fail' THEN severity ELSE outcome END,
       rule, layer, feature_uid, coalesce(feature_code, ''),
       coalesce(feature_uid, ''),
       coalesce(json_extract(how, '$.inputs.street'), json_extract(arguments, '$.street'), ''),
       coalesce(json_extract(how, '$.level'), ''),
       measured, limit_value, margin, coalesce(unit, ''), {state}, {waiver}
FROM run.finding WHERE outcome IN ('fail', 'not_checkable') {only}
"""
_TABLE = """
CREATE TABLE finding (
    id INTEGER PRIMARY KEY, uid TEXT, outcome TEXT, severity TEXT, class TEXT, rule TEXT, layer TEXT, feature_uid TEXT,
    code TEXT, feature TEXT, street TEXT, level TEXT, measured REAL, limit_value REAL, margin REAL, unit TEXT,
    state TEXT, waiver TEXT
)
"""


@dataclass(frozen=True)
class Row:
    """A finding as a list shows it; numbers are None where nothing was measured. ``state`` against an earlier run, of
    which it is a row where it is ``fixed``; ``waiver`` is the document that lets it stand.
    """

    id: int
    uid: str
    outcome: str
    severity: str
    rule: str
    layer: str
    feature_uid: str | None
    code: str
    street: str
    level: str
    measured: float | None
    limit_value: float | None
    margin: float | None
    unit: str
    state: str = ""
    waiver: str = ""


@dataclass(frozen=True)
class Group:
    """Rows with the same ``key``; ``failed`` of ``count`` are breaches. ``code`` and ``layer`` tell a feature."""

    key: str
    count: int
    failed: int
    code: str
    layer: str


@dataclass(frozen=True)
class Question:
    """What to show: empty filters let everything through. ``words`` must all be found."""

    grouping: str = "rule"
    outcome: str = ""
    severity: str = ""
    rule: str = ""
    level: str = ""
    state: str = ""
    standing: str = ""
    words: tuple[str, ...] = ()
    sort: str = "code"
    descending: bool = False


@dataclass(frozen=True)
class Facets:
    """What there is to choose from in a run."""

    rules: tuple[str, ...]
    levels: tuple[str, ...]
    total: int
    waived: int = 0
    states: Mapping[str, int] = field(default_factory=dict)


def folded(text: str) -> str:
    """``text`` as people type it in a hurry: no diacritics, no capitals (``đường Bờ Sông`` → ``duong bo song``)."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


class Index:
    """The findings of the run at ``path``; ``titles`` are the rules' by id, which words are looked for in too."""

    def __init__(self, path: Path, titles: Mapping[str, str]) -> None:
        with reading(path) as source:
            source.execute("SELECT uid FROM finding LIMIT 1").fetchone()  # damaged or foreign: said before all else
        self._base = sqlite3.connect(":memory:", check_same_thread=False, uri=True)
        self._base.execute(_TABLE)
        self._base.execute("CREATE TABLE found (id INTEGER PRIMARY KEY)")
        self._titles = titles
        self._load(path, id="fid", state="''", only="")
        for column in dict.fromkeys(_KEY.values()):
            self._base.execute(f"CREATE INDEX by_{column} ON finding ({column})")
        self._read_words()

    def _load(self, path: Path, **parts: str) -> None:
        """Copy rows of the run at ``path``; ``parts`` of the statement are this module's own."""
        with reading(path):
            self._base.execute("ATTACH ? AS run", (f"{path.resolve().as_uri()}?mode=ro&immutable=1",))
            try:
                named = self._base.execute("SELECT 1 FROM pragma_table_info('finding', 'run') WHERE name = 'waiver'")
                waiver = "coalesce(waiver, '')" if named.fetchone() else "''"  # runs made before there were waivers
                self._base.execute(_LOAD.format(waiver=waiver, **parts))
                self._base.commit()
            finally:
                self._base.rollback()
                self._base.execute("DETACH run")

    def _read_words(self) -> None:
        self._found: tuple[str, ...] = ()
        self._words = {"rule": self._folded("rule", self._titles), "street": self._folded("street", {})}

    def compare(self, before: Path | None, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        """Tell what became of each finding since the run ``before`` (None: tell nothing any more).

        ``rows`` are those of the job ``zoning.compare_runs``; what is fixed is added from ``before``.
        """
        changes.forget(self._base)
        if before is not None:
            changes.tell(self._base, self._load, before, rows)
        self._read_words()

    def let_stand(self, waived: Mapping[tuple[str, str], str]) -> None:
        """Name the document of the waiver of each breach, by rule and feature; all others have none."""
        self._base.execute("UPDATE finding SET waiver = ''")
        self._base.executemany(
            "UPDATE finding SET waiver = ? WHERE outcome = 'fail' AND state <> 'fixed' AND rule = ? AND feature = ?",
            [(document, rule, uid) for (rule, uid), document in waived.items()],
        )
        self._base.commit()

    def _folded(self, column: str, names: Mapping[str, str]) -> dict[str, str]:
        asked = f"SELECT DISTINCT {column} FROM finding"  # noqa: S608  # nosec B608 - names of this module and the catalogue
        values = self._base.execute(asked).fetchall()
        return {value: folded(f"{value} {names.get(value, '')}") for (value,) in values if value}

    def facets(self) -> Facets:
        """Rules and levels that occur, and how many findings there are."""
        levels = [value for (value,) in self._base.execute("SELECT DISTINCT level FROM finding WHERE level <> ''")]
        total, waived = self._base.execute("SELECT count(*), coalesce(sum(waiver <> ''), 0) FROM finding").fetchone()
        states = self._base.execute("SELECT state, count(*) FROM finding WHERE state <> '' GROUP BY state")
        return Facets(
            tuple(sorted(self._words["rule"])), tuple(sorted(levels)), int(total), int(waived), dict(states.fetchall())
        )

    def count(self, question: Question) -> int:
        """How many findings the filters of ``question`` let through."""
        where, values = self._where(question)
        asked = f"SELECT count(*) FROM finding WHERE {where}"  # noqa: S608  # nosec B608 - names of this module and the catalogue
        return int(self._base.execute(asked, values).fetchone()[0])

    def groups(self, question: Question, offset: int = 0, most: int = PAGE) -> list[Group]:
        """Groups from ``offset`` on, at most ``most``: those with most breaches first."""
        where, values = self._where(question)
        key = _KEY[question.grouping]
        asked = (  # nosec B608 - names of this module, values are bound
            f"SELECT {key}, count(*), sum(outcome = 'fail' AND state <> 'fixed') AS failed, min(code), min(layer) "  # noqa: S608  # nosec B608 - names of this module
            f"FROM finding WHERE {where} GROUP BY {key} "
            f"ORDER BY {_STATE_RANK if key == 'state' else 'NULL'}, "
            f"failed DESC, count(*) DESC, min(code), {key} LIMIT ? OFFSET ?"
        )
        rows = self._base.execute(asked, (*values, most, offset))
        return [Group(str(row[0]), int(row[1]), int(row[2]), str(row[3]), str(row[4])) for row in rows]

    def rows(self, question: Question, group: str, offset: int = 0, most: int = PAGE) -> list[Row]:
        """Findings of a group from ``offset`` on, at most ``most``: breaches first, then as sorted."""
        where, values = self._where(question)
        asked = (  # nosec B608 - names of this module, values are bound
            "SELECT id, uid, outcome, severity, rule, layer, feature_uid, code, street, level, measured, "  # noqa: S608  # nosec B608 - names of this module
            f"limit_value, margin, unit, state, waiver FROM finding WHERE {_KEY[question.grouping]} = ? AND {where} "
            f"ORDER BY {self._order(question)} LIMIT ? OFFSET ?"
        )
        rows = self._base.execute(asked, (group, *values, most, offset))
        return [Row(*row) for row in rows]

    def uids(self, question: Question) -> list[str]:
        """Identifiers of all findings of this run that are shown, group by group: not of what is fixed."""
        every = replace(question, grouping="rule")
        where, values = self._where(every)
        asked = f"SELECT uid FROM finding WHERE {where} AND state <> 'fixed' ORDER BY rule, {self._order(question)}"  # noqa: S608  # nosec B608 - names of this module and the catalogue
        return [str(uid) for (uid,) in self._base.execute(asked, values)]

    def close(self) -> None:
        """Forget everything."""
        self._base.close()

    def _order(self, question: Question) -> str:
        column = question.sort if question.sort in SORTS else "code"
        return f"state = 'fixed', outcome, {column} IS NULL, {column}{' DESC' if question.descending else ''}, rule, id"

    def _where(self, question: Question) -> tuple[str, list[str]]:
        """The filters as a condition and its values; column names are this module's own."""
        clauses, values = ["1"], []
        for column in ("outcome", "severity", "rule", "level", "state"):
            if wanted := getattr(question, column):
                clauses.append(f"{column} = ?")
                values.append(wanted)
        if question.standing:
            clauses.append(_STANDING[question.standing])
        if question.words:
            self._find(question.words)
            clauses.append("id IN found")
        return " AND ".join(clauses), values

    def _find(self, words: tuple[str, ...]) -> None:
        """Leave in the table ``found`` the findings that hold every one of ``words``, until others are asked for."""
        if words == self._found:
            return
        clauses, values = [], []
        for word in words:
            plain = folded(word)
            parts = ["instr(lower(code), ?) > 0"]
            values.append(plain)
            for column, names in self._words.items():
                holding = [value for value, text in names.items() if plain in text]
                parts.append(f"{column} IN ({', '.join('?' * len(holding))})")
                values += holding
            clauses.append(f"({' OR '.join(parts)})")
        self._base.execute("DELETE FROM found")
        condition = " AND ".join(clauses)
        asked = f"INSERT INTO found SELECT id FROM finding WHERE {condition}"  # noqa: S608  # nosec B608 - own names
        self._base.execute(asked, values)
        self._base.commit()
        self._found = words


def words_of(text: str) -> tuple[str, ...]:
    """The words of what was typed, at most eight: more would be a sentence, not a search."""
    return tuple(text.split()[:8])

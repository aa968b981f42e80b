"""What each interpreter says of each point of a sample: layer ``sample_interpretation`` of the sample's own file.

A point's ``label`` is what all who looked at it say; where they differ it has none until they agree. Labels given in
another way (in QGIS, by ``samples.put_labels``) count as the interpretation of whoever is named with them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..layers import catalogue
from ..layers.errors import InputError
from . import dataset, samples, tables
from .geopackage import reading, writing
from .recovery import recover

LAYER = samples.INTERPRETATIONS
# Who labelled in another way and gave no name.
NAMELESS = "?"
# Between the names of several who say the same.
PEOPLE = "; "
_READ = 'SELECT "point", "labeller", "label", "labelled_on", "agreed" FROM "sample_interpretation" ORDER BY "fid"'
_OTHERWISE = (
    'SELECT "uid", coalesce("labeller", ?), "label", coalesce("labelled_on", ?), 0 FROM "sample_point" AS p '
    'WHERE "label" IS NOT NULL AND "uid" = coalesce(?, "uid") '
    'AND NOT EXISTS (SELECT 1 FROM "sample_interpretation" AS i WHERE i."point" = p."uid")'
)
_ADD = (
    'INSERT INTO "sample_interpretation" ("point", "labeller", "label", "labelled_on", "agreed") VALUES (?, ?, ?, ?, ?)'
)
_TAKE = 'DELETE FROM "sample_interpretation" WHERE "point" = ? AND ("agreed" OR "labeller" = ?)'
_OF_POINT = (
    'SELECT "labeller", "label", "labelled_on", "agreed" FROM "sample_interpretation" WHERE "point" = ? ORDER BY "fid"'
)
_SETTLE = 'UPDATE "sample_point" SET "label" = ?, "labeller" = ?, "labelled_on" = ? WHERE "uid" = ?'
_DAY = "1970-01-01"  # of labels that came without one


@dataclass(frozen=True)
class Interpretation:
    """``label`` that ``labeller`` gives ``point`` (uid); ``agreed``: what those who differed settled on."""

    point: str
    labeller: str
    label: str
    labelled_on: date
    agreed: bool = False


def prepare(path: Path) -> None:
    """Give a sample of before this layer its empty table; roll back what a killed desk left half-written."""
    recover(path)
    if LAYER not in dataset.layers_in(path):
        simulated = bool(dataset.meta(path).get("simulated"))
        with writing(path) as database:
            tables.create_table(database, catalogue.layer(LAYER), "", simulated=simulated)


def read(path: Path) -> list[Interpretation]:
    """All interpretations, in the order in which they were given."""
    with reading(path) as database:
        rows = database.execute(_READ).fetchall() + database.execute(_OTHERWISE, (NAMELESS, _DAY, None)).fetchall()
    return [Interpretation(p, who, label, date.fromisoformat(day), bool(agreed)) for p, who, label, day, agreed in rows]


def put(path: Path, point: str, labeller: str, label: str | None, day: date, *, agreed: bool = False) -> None:
    """Write what ``labeller`` says of ``point`` (None: takes it back) and settle the point's label, in one transaction.

    Whoever changes their mind opens again what had been agreed. Raises :class:`InputError` for a label that is not of
    the list and a point that is not of the sample.
    """
    if label is not None and label not in catalogue.domains()["sample_label"].values:
        raise InputError("accuracy.label_unknown", label=label, known=list(catalogue.domains()["sample_label"].values))
    with writing(path) as database:
        samples.labels_only(database)
        database.executemany(_ADD, database.execute(_OTHERWISE, (NAMELESS, _DAY, point)).fetchall())
        database.execute(_TAKE, (point, labeller))
        if label is not None:
            database.execute(_ADD, (point, labeller, label, day.isoformat(), agreed))
        _settle(database, path, point)


def _settle(database: sqlite3.Connection, path: Path, point: str) -> None:
    """The point's own label from what is said of it."""
    rows = database.execute(_OF_POINT, (point,)).fetchall()
    said = [row for row in rows if row[3]] or rows
    one = len({label for _, label, _, _ in said}) == 1
    people = PEOPLE.join(dict.fromkeys(who for who, _, _, _ in said)) or None
    last = max((day for _, _, day, _ in said), default=None)
    if database.execute(_SETTLE, (said[0][1] if one else None, people, last, point)).rowcount != 1:
        raise InputError("accuracy.point_unknown", path=str(path), uid=point)


def disputed(said: Iterable[Interpretation]) -> dict[str, list[Interpretation]]:
    """Points (uid) whose interpreters differ and have not agreed, with what each says."""
    by_point: dict[str, list[Interpretation]] = {}
    for one in said:
        by_point.setdefault(one.point, []).append(one)
    return {
        point: every
        for point, every in by_point.items()
        if len({one.label for one in every}) > 1 and not any(one.agreed for one in every)
    }

"""Watches: what is worth an alert, as an inspector has set it, by name; kept in ``NAME.dothi/state.sqlite``.

Nothing is ever deleted: a watch is ended and stays to be seen, so that an old alert can be traced to what was asked
then. Which alerts a watch takes is in ``processing/surveillance/cases/watching.py``.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import shapely

from ..layers.errors import EnvironmentTroubleError, InputError
from . import state

NAME_LENGTH = 120
LONGEST = 1_000  # characters of a text
_LISTS = ("classes", "relations", "months", "receivers")
_TABLE = """
CREATE TABLE IF NOT EXISTS watch (
    uid TEXT PRIMARY KEY, name TEXT NOT NULL, area TEXT NOT NULL, crs TEXT NOT NULL, classes TEXT NOT NULL,
    min_area_m2 REAL NOT NULL, relations TEXT NOT NULL, months TEXT NOT NULL, receivers TEXT NOT NULL,
    note TEXT NOT NULL, author TEXT NOT NULL, made_at TEXT NOT NULL, ended_at TEXT
)
"""


@dataclass(frozen=True)
class Watch:
    """A named watch. An empty list takes everything: all ``classes``, all ``relations``, all ``months`` (1 to 12).

    ``area`` is WKT in ``crs`` (``EPSG:n``), empty for everywhere; ``min_area_m2`` in m²; ``receivers`` are names of
    those who get what it finds. Moments are ISO texts in UTC; ``ended_at`` None: it still runs.
    """

    uid: str
    name: str
    area: str
    crs: str
    classes: tuple[str, ...]
    min_area_m2: float
    relations: tuple[str, ...]
    months: tuple[int, ...]
    receivers: tuple[str, ...]
    note: str
    author: str
    made_at: str
    ended_at: str | None = None

    def told(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return asdict(self) | {name: list(getattr(self, name)) for name in _LISTS}


def watches(data: str | Path, *, ended: bool = False) -> list[Watch]:
    """The watches of a data set by name, with ``ended`` also those that were ended."""
    names = list(Watch.__dataclass_fields__)
    found = []
    for row in state.rows(data, "watch", ", ".join(names), "name, made_at, uid"):
        values = dict(zip(names, row, strict=True))
        one = Watch(**values | {name: tuple(json.loads(values[name])) for name in _LISTS})
        if ended or one.ended_at is None:
            found.append(one)
    return found


def find(data: str | Path, name: str) -> Watch:
    """The running watch called ``name`` (or with that uid). Raises :class:`InputError` where there is none."""
    running = watches(data)
    wanted = _folded(name)
    for one in running:
        if one.uid == name or _folded(one.name) == wanted:
            return one
    raise InputError("case.watch_unknown", name=name[:NAME_LENGTH], known=[one.name for one in running] or ["–"])


def add(
    data: str | Path,
    name: str,
    *,
    area: Any = None,
    crs: str = "",
    classes: Sequence[str] = (),
    min_area_m2: float = 0.0,
    relations: Sequence[str] = (),
    months: Sequence[int] = (),
    receivers: Sequence[str] = (),
    note: str = "",
    author: str = "",
) -> Watch:
    """Begin a watch; ``area`` is a polygon in ``crs`` or None.

    Raises :class:`InputError` for a name that is empty or unprintable, months that are none and an area without extent;
    :class:`EnvironmentTroubleError` where a running watch has the name.
    """
    shown = unicodedata.normalize("NFC", " ".join(name.split()))
    if not shown or len(shown) > NAME_LENGTH or not shown.isprintable():
        raise InputError("case.watch_name", name=shown[:60], most=NAME_LENGTH)
    for text in (*receivers, note, author):
        if len(text) > LONGEST or not text.replace("\n", " ").isprintable():
            raise InputError("case.text_wrong", most=LONGEST)
    wrong = [month for month in months if month not in range(1, 13)]
    if wrong:
        raise InputError("case.watch_month", month=wrong[0])
    if area is not None and (shapely.area(area) == 0 or not shapely.is_valid(area) or not crs):
        raise InputError("case.watch_area", name=shown)
    made = Watch(
        uid=str(uuid4()),
        name=shown,
        area="" if area is None else shapely.to_wkt(area, rounding_precision=9, trim=True),
        crs="" if area is None else crs,
        classes=tuple(dict.fromkeys(classes)),
        min_area_m2=float(min_area_m2),
        relations=tuple(dict.fromkeys(relations)),
        months=tuple(sorted(set(months))),
        receivers=tuple(dict.fromkeys(one.strip() for one in receivers if one.strip())),
        note=note.strip(),
        author=author.strip(),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    row = asdict(made) | {name: json.dumps(list(getattr(made, name)), ensure_ascii=False) for name in _LISTS}
    with state.changing(data, _TABLE) as database:
        for (taken,) in database.execute("SELECT name FROM watch WHERE ended_at IS NULL").fetchall():
            if _folded(taken) == _folded(shown):
                raise EnvironmentTroubleError("case.watch_taken", name=taken)
        database.execute(
            f"INSERT INTO watch ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608  # nosec B608 - fields of the class
            tuple(row.values()),
        )
    return made


def end(data: str | Path, name: str) -> Watch:
    """End the running watch called ``name`` now. Raises :class:`InputError` where there is none."""
    one = find(data, name)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with state.changing(data, _TABLE) as database:
        changed = database.execute(
            "UPDATE watch SET ended_at = ? WHERE uid = ? AND ended_at IS NULL", (now, one.uid)
        ).rowcount
    if changed == 0:  # another program was quicker
        raise InputError("case.watch_unknown", name=one.name, known=["–"])
    return replace(one, ended_at=now)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()

"""Edits of the zoning benchmark's town, as a planner's day leaves them: lots, buildings, zones, in place."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import shapely

from ..store.nearby import wkb_of

_HEAD = 8  # bytes before the box in the header of a geometry


def edit(path: Path, count: int, seed: int) -> None:
    """Make ``count`` edits all over the town. Of ten: five heights, two land uses, two moves of 1 m, one removal."""
    rng = np.random.default_rng(seed)
    with closing(sqlite3.connect(path)) as database, database:
        for number, name in enumerate(("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY")):
            database.create_function(name, 1, lambda blob, at=number: shapely.from_wkb(wkb_of(blob)).bounds[at])
        database.create_function("ST_IsEmpty", 1, lambda blob: wkb_of(blob) is None)
        houses, lots = (_some(database, table, count, rng) for table in ("building", "parcel"))
        for number, (house, lot) in enumerate(zip(houses, lots, strict=True)):
            kind = number % 10
            if kind < 5:
                database.execute("UPDATE building SET height_m = ? WHERE fid = ?", (float(rng.integers(3, 40)), house))
            elif kind < 7:
                database.execute("UPDATE parcel SET land_use = 'SKC' WHERE fid = ?", (lot,))
            elif kind < 9:
                _move(database, house)
            else:
                database.execute("DELETE FROM building WHERE fid = ?", (house,))


def _some(database: sqlite3.Connection, table: str, count: int, rng: np.random.Generator) -> list[int]:
    fids = [fid for (fid,) in database.execute(f"SELECT fid FROM {table} ORDER BY fid")]  # noqa: S608  # nosec B608 - two names of this file
    return [fids[at] for at in rng.choice(len(fids), count, replace=False).tolist()]


def _move(database: sqlite3.Connection, fid: int) -> None:
    (blob,) = database.execute("SELECT geom FROM building WHERE fid = ?", (fid,)).fetchone()
    shape = shapely.transform(shapely.from_wkb(wkb_of(blob)), lambda points: points + np.array([1.0, 0.0]))
    west, south, east, north = shape.bounds
    box = np.array([west, east, south, north], dtype="<f8").tobytes()
    head = blob[:_HEAD]
    database.execute("UPDATE building SET geom = ? WHERE fid = ?", (head + box + shapely.to_wkb(shape), fid))

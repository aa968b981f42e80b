"""Runs of jobs: one GeoPackage each in ``NAME.dothi/runs``, written under a temporary name and renamed when whole."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import __version__
from ..layers import catalogue
from ..layers.model import Layer
from . import bulk, continued, coordinates, dataset, geopackage, tables
from .bulk import Packed
from .many_rows import hurried
from .packed_index import Entries
from .troubles import told
from .verdicts import Packing, Ready, lists_in
from .whole import put, remove, sweep, temporary_name

# Bytes: a finding with its sentences fills a quarter of SQLite's usual page.
_PAGE = 16_384
_STAMP = re.compile(r"(\d{8}T\d{9})Z-")  # how the name of a run begins: UTC, to the millisecond


@dataclass(frozen=True)
class RunTable:
    """A table of the run being written in the file ``path``: also another process may fill it, one at a time."""

    path: Path
    layer_id: str
    uid: str

    def fill(self, tables: Iterable[bulk.Made]) -> Entries:
        """Add rows, see :func:`bulk.fill_made`; returns where they lie."""
        mine = (
            ({**columns, "run": np.full(len(columns["uid"]), self.uid, dtype=object)}, at) for columns, at in tables
        )
        return bulk.fill_made(self.path, self.layer_id, mine)

    def write_verdicts(self, rows: Ready) -> None:
        """Write some verdicts into the same file."""
        with told(self.path, writing=True), hurried(self.path) as database:
            rows.write(database)


class RunFile:
    """The run being written. ``path`` is its name once whole, ``uid`` what its findings and alerts refer to."""

    def __init__(self, path: Path, job: str, row: Mapping[str, Any], extra: Path | None) -> None:
        self.path = path
        self.job = job
        self.uid = str(uuid4())
        self._temporary = temporary_name(path)
        self._siblings: dict[Path, Path] = {}
        self._written: set[str] = set()
        self._placed: dict[str, list[Entries]] = {}
        self._row = dict(row)
        self._extra = extra
        self.verdicts = Packing()  # where those of one rule after the other are added
        self.finished = False

    def begin(self) -> None:
        """Make the temporary file with its table of the run."""
        with told(self.path, writing=True), closing(sqlite3.connect(self._temporary)) as database, database:
            database.execute(f"PRAGMA page_size = {_PAGE}")
            geopackage.initialise(database)
            tables.create_table(database, catalogue.layer("run", self._extra), "", extra=self._extra)

    def continue_from(
        self, former: Path, stale: Mapping[str, Set[str] | None], waived: Collection[tuple[str, str, str]]
    ) -> None:
        """Take over the findings of the whole run ``former``; see :func:`continued.take_over`."""
        continued.take_over(former, self._temporary, self.uid, stale, waived)
        with geopackage.reading(self._temporary) as database:
            self.verdicts.begin_after(lists_in(database))

    def write(self, layer_id: str, frame: pd.DataFrame) -> int:
        """Write rows of a declared layer (``finding``, ``alert``) in the frame's own system; returns their number.

        The column ``run`` is filled. A layer without rows still gets its table: an empty result is a result.
        """
        layer = self._table(layer_id, coordinates.code_of(frame.crs) if isinstance(frame, gpd.GeoDataFrame) else "")
        if "run" not in frame.columns and any(field.id == "run" for field in layer.fields):
            frame = frame.assign(run=self.uid)
        self._placed.setdefault(layer_id, []).append(bulk.fill(self._temporary, layer, frame, self._extra))
        return len(frame)

    def write_made(self, layer_id: str, tables: Sequence[Mapping[str, NDArray[Any]]], crs: str) -> None:
        """As :meth:`write`, of columns that this program made for the table, with ``geometry`` in ``crs``; see
        :func:`bulk.fill_made`.
        """
        made = [
            ({name: one for name, one in columns.items() if name != "geometry"}, Packed.of(columns["geometry"], crs))
            for columns in tables
        ]
        self.placed(layer_id, self.table(layer_id, crs).fill(made))

    def table(self, layer_id: str, crs: str) -> RunTable:
        """A declared layer's table with geometry in ``crs``; whoever fills it says so (:meth:`placed`)."""
        self._table(layer_id, crs)
        return RunTable(self._temporary, layer_id, self.uid)

    def placed(self, layer_id: str, entries: Entries) -> None:
        """Rows were added to the :meth:`table` of a layer; ``entries`` tells where they lie."""
        self._placed.setdefault(layer_id, []).append(entries)

    def _table(self, layer_id: str, crs: str) -> Layer:
        """The declared layer; its table is made when it is first written to."""
        layer = catalogue.layer(layer_id, self._extra)
        if layer_id not in self._written and layer_id not in dataset.layers_in(self._temporary):
            with geopackage.writing(self._temporary) as database:
                tables.create_table(database, layer, crs, extra=self._extra, simulated=bool(self._row.get("simulated")))
        self._written.add(layer_id)
        return layer

    def write_verdicts(self) -> None:
        """Write the verdicts that were added and that nobody has taken."""
        with told(self.path, writing=True), hurried(self._temporary) as database:
            self.verdicts.take(wait=True).write(database)

    def sibling(self, suffix: str) -> Path:
        """Where to write a file that belongs to the run, such as ``.tif``; it is renamed beside the run at the end."""
        final = self.path.with_name(self.path.stem + suffix)
        return self._siblings.setdefault(final, temporary_name(final))

    def sibling_path(self, suffix: str) -> Path:
        """The name that a sibling has once the run is whole."""
        return self.path.with_name(self.path.stem + suffix)

    def finish(self, counts: Mapping[str, Any], note: str = "") -> None:
        """Fill the spatial indexes and write the row of the run. Without it the run is not kept."""
        row = self._row | {
            "uid": self.uid,
            "job": self.job,
            "finished_at": datetime.now(UTC),
            "engine": __version__,
            "status": "finished",
            "counts": dict(counts),
            "note": note or None,
        }
        bulk.index(self._temporary, self._written, self._placed)
        layer = catalogue.layer("run", self._extra)
        bulk.fill(self._temporary, layer, pd.DataFrame({name: [value] for name, value in row.items()}), self._extra)
        self.finished = True

    def keep(self) -> None:
        """Give the files their names, the GeoPackage last: a run is there when its GeoPackage is."""
        with told(self.path, writing=True):
            for final, temporary in self._siblings.items():
                if temporary.exists():
                    put(temporary, final)
            put(self._temporary, self.path)

    def discard(self) -> None:
        """Remove what is temporary."""
        self.verdicts.close()
        for temporary in (*self._siblings.values(), self._temporary):
            remove(temporary)


@contextmanager
def new_run(
    place: str | Path,
    job: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Any],
    *,
    simulated: bool,
    judged_on: date | None = None,
) -> Iterator[RunFile]:
    """A run of ``job``, kept only if the block ends well and ``finish`` was called.

    ``place`` is a data set (the run goes to ``NAME.dothi/runs``) or a folder. Raises an error of the machine where the
    folder cannot be made or the disk is full; nothing is left then.
    """
    folder = _folder(Path(place))
    with told(folder, writing=True):
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
    started = datetime.now(UTC)
    stamp = _after(folder, f"{started:%Y%m%dT%H%M%S}{started.microsecond // 1000:03d}Z")
    path = folder / f"{stamp}-{job}-{os.urandom(3).hex()}.gpkg"
    row = {
        "started_at": started,
        "parameters": _plain(parameters),
        "inputs": _plain(inputs),
        "simulated": simulated,
        "judged_on": judged_on,
    }
    own = dataset.own_catalogue(place) if Path(place).suffix == ".gpkg" else None
    run = RunFile(path, job, row, own)
    try:
        run.begin()
        yield run
        if not run.finished:
            raise RuntimeError(f"{job} ended its run without finish()")
        run.keep()
    finally:
        run.discard()


def _after(folder: Path, stamp: str) -> str:
    """``stamp``, or the one right after the newest run's: runs stand in the order in which they were made, also where
    the clock of the machine was set back in between.
    """
    newest = max((found[1] for path in runs(folder) if (found := _STAMP.match(path.name))), default="")
    if stamp[:-1] > newest:
        return stamp
    following = datetime.strptime(f"{newest}000+0000", "%Y%m%dT%H%M%S%f%z") + timedelta(milliseconds=1)
    return f"{following:%Y%m%dT%H%M%S}{following.microsecond // 1000:03d}Z"


def _folder(place: Path) -> Path:
    return dataset.beside(place) / "runs" if place.suffix == ".gpkg" else place


def _plain(values: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(dict(values), ensure_ascii=False, default=str))


def runs(place: str | Path, job: str = "") -> list[Path]:
    """GeoPackages of whole runs, newest first; of one ``job`` if named."""
    folder = _folder(Path(place))
    found = [
        path for path in folder.glob("*.gpkg") if len(parts := path.stem.split("-")) == 3 and job in ("", parts[1])
    ]
    return sorted(found, key=lambda path: path.name, reverse=True)


def in_folder(place: str | Path, name: str) -> Path | None:
    """The whole run with the file name ``name``, if it is still there."""
    return next((path for path in runs(place) if path.name == name), None)


def newest(place: str | Path, job: str) -> Path | None:
    """The newest whole run of ``job``, if there is one."""
    found = runs(place, job)
    return found[0] if found else None


def row(path: str | Path) -> dict[str, Any]:
    """The row of a run with its JSON read: job, times, parameters, inputs, counts."""
    frame = dataset.read(path, "run")
    values = {str(name): value for name, value in frame.iloc[0].items()}
    for name in ("parameters", "inputs", "counts"):
        values[name] = json.loads(values[name]) if isinstance(values[name], str) else {}
    return values

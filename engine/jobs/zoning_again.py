"""What a check leaves for the next one: how the data were, so that only what lies around edits is judged again.

``NAME.dothi/cache/zoning-check.npz`` may be deleted at any time: the next check then judges everything. It belongs to
one run, and counts only while rules, day, states, engine and the layers looked at are the same.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ... import __version__
from ...layers.errors import DothiError
from ...layers.report import Report
from ...processing import zoning
from ...processing.zoning.land import inputs, zone_cover
from ...processing.zoning.rulebook import packs
from ...processing.zoning.verdicts.check import Judged
from ...processing.zoning.verdicts.findings import identified, with_waivers
from ...processing.zoning.verdicts.incremental import Again, Judging, again, comparable, look, prints, read_ahead
from ...store import dataset, fingerprints, nearby, runs, verdicts
from ...store.fingerprints import Prints, changes
from ...store.layer_rows import LayerRows
from ...store.nearby import Nearby
from ...store.verdicts import VerdictColumns
from ...store.waivers import Waiver

CACHE = "zoning-check.npz"
# Warnings that a whole check tells of single features, and those of all zones together.
_OF_FEATURES = ("zoning.zone_unsound", "zoning.object_unplaced")
_OF_ZONES = ("zoning.zones_overlap", "zoning.zones_hole", "zoning.zones_more")
_OF_ALL = ("zoning.wrong_zone",)


@dataclass
class Heard:
    """Passes everything on, each warning once, and remembers the warnings that the next run must tell again."""

    whole: Report
    warnings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """Passed on."""
        self.whole.progress(share, code, **arguments)

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """Passed on; a warning about the data only once."""
        if code in (*_OF_FEATURES, *_OF_ZONES, *_OF_ALL):
            if (code, arguments) in self.warnings:
                return
            self.warnings.append((code, arguments))
        self.whole.message(code, level, **arguments)


@dataclass(frozen=True)
class Former:
    """A run that can be gone on from: its file, its verdicts, the prints of the data then, and what was warned of."""

    run: Path
    verdicts: Sequence[VerdictColumns]
    layers: Mapping[str, Prints]
    warnings: Sequence[tuple[str, dict[str, Any]]]


class Look:
    """One look at a data set that is open for reading, before a whole check of it."""

    def __init__(self, opened: Opened, judging: Judging, about: Mapping[str, Any], *, anew: bool) -> None:
        self._opened = opened
        self.near = opened.near
        self.judging = judging
        self.about = dict(about)
        self.state = opened.state
        self.settled = False
        self._rows = look(self.near, judging.rules, opened.ahead)
        self._kept = None if anew else fingerprints.kept(self.cache)
        # On another thread: a whole check needs them only when it is done.
        self._prints = opened.aside.submit(prints, self._rows, self._kept[1] if self._kept is not None else {})

    @property
    def cache(self) -> Path:
        """Where the prints are kept."""
        return _cache(self.near.path)

    @property
    def layers(self) -> Mapping[str, Prints]:
        """The prints of all layers that say something."""
        return self._prints.result()

    @property
    def rows(self) -> Mapping[str, LayerRows]:
        """The layers as they were looked at; none where somebody wrote them since."""
        return self._rows if self.near.state == self.state else {}

    def settle(self) -> bool:
        """Say that the data have been read; whether nobody wrote them meanwhile, so that the prints are theirs."""
        self.settled = self.near.state == self.state
        self._rows = {}
        return self.settled

    def former(self) -> Former | None:
        """The run that the kept prints belong to, if what it judged by is the same and it is whole."""
        told = self._kept
        if told is None or told[0].get("by") != self.about or not comparable(told[1], self.layers):
            return None
        run = runs.in_folder(self.near.path, str(told[0].get("run")))
        if run is None or _state(run) != told[0].get("state"):
            return None
        try:
            return Former(run, verdicts.read(run), told[1], [(code, given) for code, given in told[0]["warnings"]])
        except (DothiError, sqlite3.Error, zlib.error, ValueError, KeyError):  # a damaged run is no ground to stand on
            return None

    def again(self, report: Report) -> tuple[Again, Path] | None:
        """The data judged again, and the run to go on from; None without such a run, or where somebody writes them
        meanwhile.
        """
        former = self.former()
        if former is None:
            return None
        found = again(self.near, former.layers, self.layers, former.verdicts, self.judging, report)
        self._warn(former, report)
        return (found, former.run) if self.settle() else None

    def _warn(self, former: Former, report: Report) -> None:
        """What the whole check warns of, and still holds."""
        edited: set[str] = set()
        for name, now in self.layers.items():
            edited |= changes(former.layers[name], now).names["uid"]
        zones = "planned_zone" in self.layers and bool(
            changes(former.layers["planned_zone"], self.layers["planned_zone"]).count
        )
        if zones:
            found = self.near.rows("planned_zone", inputs.FIELDS["planned_zone"], None)
            zone_cover.tell(zone_cover.cover(found), report)
        for code, given in former.warnings:
            if (
                code in _OF_ALL
                or (code in _OF_ZONES and not zones)
                or (code in _OF_FEATURES and given["uid"] not in edited)
            ):
                report.message(code, level="warning", **given)

    def leave(self) -> None:
        """Write the prints for the next run, on another thread while this one comes to its end."""
        if self.settled:
            self._opened.left = self._opened.aside.submit(fingerprints.leave, self.cache, self.layers)

    def keep(self, run: Path, heard: Heard) -> None:
        """Say that the prints are those of ``run``. Where the disk refuses it, that one judges everything."""
        if self._opened.left is None:
            return
        about = {"by": self.about, "run": run.name, "state": _state(run), "warnings": heard.warnings}
        try:
            fingerprints.keep(self.cache, self._opened.left.result(), about)
        except (DothiError, OSError):
            self.cache.unlink(missing_ok=True)


class Opened:
    """A data set that is open for reading, before it is known by what it is judged; what can wait is done aside."""

    def __init__(self, near: Nearby, aside: Executor, *, anew: bool) -> None:
        self.near = near
        self.state = near.state  # before anything is read
        self.aside = aside
        self.ahead = read_ahead(near, aside, whole=anew or not _cache(near.path).exists())
        self.left: Future[Path] | None = None

    def look(self, judging: Judging, found: packs.Library, *, anew: bool) -> Look:
        """A look at the data that ``judging`` needs; ``anew``: no former run is asked for."""
        made = Look(self, judging, _by(self.near.path, judging, found), anew=anew)
        self.ahead.clear()  # what nobody needed
        return made

    def tidy(self) -> None:
        """Remove what was left for a run that did not come to its end."""
        if self.left is not None and self.left.exception() is None:
            self.left.result().unlink(missing_ok=True)


@contextmanager
def opened(data: Path, aside: Executor, *, wanted: bool, anew: bool) -> Iterator[Opened | None]:
    """``data``, open while the block lasts; None where that is not ``wanted``. ``anew``: no former run is asked for."""
    if not wanted:
        yield None
        return
    with nearby.nearby(data) as near:
        made = Opened(near, aside, anew=anew)
        try:
            yield made
        finally:
            made.tidy()


def write(run: runs.RunFile, step: Again, former: Path, waived: Mapping[tuple[str, str], Waiver]) -> list[Judged]:
    """Write what is new, and take over the rest; returns every rule without its rows."""
    run.continue_from(former, step.stale, [(rule, uid, one.document) for (rule, uid), one in waived.items()])
    for one in step.judged:
        if one.outcomes is not None and one.rule.id in step.renewed:
            run.verdicts.add(one.outcomes)
    rows = [table for table in step.findings if len(table["rule"])]
    if rows:
        run.write_made("finding", [with_waivers(identified(rows), waived)], step.crs)
    return list(step.judged)


def _cache(data: Path) -> Path:
    return dataset.beside(data) / "cache" / CACHE


def _state(run: Path) -> list[int]:
    state = run.stat()
    return [state.st_size, state.st_mtime_ns]


def _by(data: Path, judging: Judging, found: packs.Library) -> dict[str, Any]:
    """By what is judged, as JSON: two runs with the same of it say the same of the same ground."""
    own = dataset.own_catalogue(data)
    told = {
        "engine": __version__,
        "code": _code(),
        "libraries": [
            shapely.__version__,
            shapely.geos_version_string,
            np.__version__,
            pd.__version__,
            gpd.__version__,
        ],
        "on": judging.on.isoformat(),
        "area": judging.states.area,
        "plan": judging.states.plan,
        "rules": {rule.id: rule.version for rule in judging.rules},
        "packs": found.editions,
        "matrix": [found.matrix.id, found.matrix.version] if found.matrix else None,
        "catalogue": sorted((path.name, path.stat().st_mtime_ns) for path in own.glob("*")) if own else [],
    }
    plain: dict[str, Any] = json.loads(json.dumps(told))
    return plain


@lru_cache(maxsize=1)
def _code() -> str:
    """A hash of the modules that judge: in a checkout they change without a new version."""
    hashed = hashlib.sha256()
    for path in sorted(Path(str(zoning.__file__)).parent.rglob("*.py")):
        state = path.stat()
        hashed.update(f"{path.name} {state.st_size} {state.st_mtime_ns}\n".encode())
    return hashed.hexdigest()

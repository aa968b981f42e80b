"""A night without a screen: new scenes into the series, changes into alerts, alerts into cases; it goes on where it
stopped.

Scenes are taken day by day, in order; a day's steps are: take it into the series, draw the alerts of the series,
compare it with the same season of a year before, bring both into the cases. Each step is noted in the journal when its
result is whole, and is made so that doing it again changes nothing: a series knows its dates, a run that was finished
and not yet noted is found again by its parameters, and the cases know every finding. So a night that is killed anywhere
ends as one that was not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from ...layers.crs import WGS84
from ...layers.errors import EnvironmentTroubleError, InputError
from ...layers.report import Report, Stage
from ...store import dataset, journal, runs, scene_library
from ...store.alone import alone
from ...store.watches import Watch
from .cases.taking import take
from .change.change_map import Settings
from .detect import Request, detect_change
from .detect_series import SeriesRequest, series_alerts
from .scenes.library import library_grid, scenes_of
from .series import season
from .series.dates import Source, from_library
from .series.follow import Asked, build, update
from .series.series_file import Record, read_record, series_in

# A pair is of one season when its days of the year lie this near, and of two times when the days lie this far apart.
_SAME_SEASON, _FAR = 45, 60
# Days of more cloud than this over the area are compared with nothing: little is to be seen, much to be mistaken.
_MOST_CLOUD = 60.0
LOCK = "watch.lock"
JOB = "watch.run"


@dataclass(frozen=True)
class Night:
    """What a night watches. ``asked`` says how the series is built (its name is the watch's), ``library`` is the data
    set with the scenes; ``watches`` choose what becomes a case (none: every alert); ``pairs``: compare two dates too.
    """

    data: Path
    library: Path
    asked: Asked
    min_area: float = 1000.0
    tolerance: float = 10.0
    watches: tuple[Watch, ...] = ()
    pairs: bool = True
    author: str = ""


@dataclass
class Done:
    """What the night did: days taken in, names of runs, codes of cases, and what could not be used (day, why)."""

    days: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    grew: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    waiting: bool = False


def night(asked: Night, report: Report) -> Done:
    """Do all that is to be done now. Raises :class:`EnvironmentTroubleError` while another watch of the data runs."""
    folder = dataset.beside(asked.data)
    folder.mkdir(parents=True, exist_ok=True)
    busy = EnvironmentTroubleError("watch.busy", data=asked.data.name)
    with alone(folder / LOCK, busy):
        return _Going(asked, report).go()


class _Going:
    """One night at work."""

    def __init__(self, asked: Night, report: Report) -> None:
        self.asked, self.report = asked, report
        self.data, self.name = asked.data, asked.asked.name
        self.noted = {(one.day, one.step): one.told for one in journal.steps(self.data, self.name)}
        self.done = Done()

    def go(self) -> Done:
        area = self.asked.asked.area
        sources = from_library(self.data, self.asked.library, area)
        record = self._series(sources, area)
        if record is None:
            self.done.waiting = True
            return self.done
        days = [(day, list(group)) for day, group in groupby(sources, key=lambda one: one.on) if day >= record.begins]
        left = [(day, group) for day, group in days if (day.isoformat(), f"finished {_mark(group)}") not in self.noted]
        for number, (day, group) in enumerate(left):
            stage = Stage(self.report, number / len(left), (number + 1) / len(left))
            stage.progress(0.0, "watch.step_day", date=day)
            self._day(day, group, stage)
        return self.done

    def _series(self, sources: Sequence[Source], area: BaseGeometry | None) -> Record | None:
        """The record of the series, built now if there is none; None while there are too few dates to know a season."""
        if self.name in series_in(self.data):
            return read_record(self.data, self.name)
        if not sources:
            self.report.message("watch.no_scenes", "warning", library=self.asked.library.name)
            return None
        asked = self.asked.asked
        begins = asked.begins or date.fromordinal(sources[0].on.toordinal() + 365)
        try:
            history = [one for one in sources if one.on < begins]
            grid = library_grid(self.asked.library, area)
            made = build(self.data, _beginning(asked, begins), history, self.report, grid)
        except InputError as error:
            if error.code not in ("series.too_few_dates", "series.badly_spread"):
                raise
            self.report.message(error.code, "warning", **error.arguments)
            return None
        return made.record

    def _day(self, day: date, group: list[Source], report: Report) -> None:
        """All steps of one day."""
        key, mark = day.isoformat(), _mark(group)
        try:
            update(self.data, self.name, group, Stage(report, 0.0, 0.3))
        except InputError as error:  # one damaged scene must not end the watch
            self._skip(key, error)
            return
        found = [self._run(key, f"series {mark}", lambda: self._from_series(day, Stage(report, 0.3, 0.5)))]
        if self.asked.pairs:
            found.append(self._run(key, f"pair {mark}", lambda: self._from_pair(day, Stage(report, 0.5, 0.8))))
        for run in found:
            if run is not None:
                self._take(run)
        journal.note(self.data, self.name, key, f"finished {mark}", [run.name for run in found if run])
        self.done.days.append(key)

    def _run(self, key: str, step: str, make: Callable[[], Path | None]) -> Path | None:
        """The run of a step: noted before, or made now."""
        if (key, step) in self.noted:
            noted = self.noted[(key, step)]
            return runs.in_folder(self.data, noted) if noted else None
        try:
            made = make()
        except InputError as error:
            self._skip(key, error)
            made = None
        journal.note(self.data, self.name, key, step, made.name if made else None)
        if made:
            self.done.runs.append(made.name)
        return made

    def _skip(self, key: str, error: InputError) -> None:
        self.report.message("watch.skipped", "warning", date=key)
        self.report.message(error.code, "warning", **error.arguments)
        self.done.skipped.append((key, error.code))

    def _from_series(self, day: date, report: Report) -> Path:
        request = SeriesRequest(
            self.data, self.name, self.asked.min_area, self.asked.tolerance, on=day, given={"watch": self.name}
        )
        wanted = {"watch": self.name, "series": self.name, "on": day.isoformat()}
        return self._again(JOB, wanted) or series_alerts(request, JOB, report).run

    def _from_pair(self, day: date, report: Report) -> Path | None:
        pair = self._pair(day)
        if pair is None:
            return None
        given = {
            "before": pair[0],
            "after": pair[1],
            "data": str(self.data),
            "min_area": self.asked.min_area,
            "tolerance": self.asked.tolerance,
        }
        if made := self._again("change.detect", given):
            return made
        request = Request(*pair, self.data, None, Settings(), self.asked.min_area, self.asked.tolerance, given=given)
        return detect_change(request, report).run

    def _again(self, job: str, wanted: Mapping[str, Any]) -> Path | None:
        """A run with these parameters that was finished and that the journal does not know.

        Only the day on which a former night was ended can have one.
        """
        if self.done.days:
            return None
        noted = {told for told in self.noted.values() if isinstance(told, str)} | set(self.done.runs)
        for path in runs.runs(self.data, job):
            if path.name not in noted:
                given = runs.row(path)["parameters"]
                if all(given.get(name) == value for name, value in wanted.items()):
                    return path
        return None

    def _pair(self, day: date) -> tuple[str, str] | None:
        """The day's clearest scene and the clearest of its season well before it, as any job calls them."""
        rows = scenes_of(self.asked.library, self.asked.asked.area, last=day, kind="optical", max_cloud=_MOST_CLOUD)
        after = [row for row in rows if row["acquired_on"] == day]
        before = [
            row
            for row in rows
            if (day - row["acquired_on"]).days >= _FAR and season.apart_in_year(row["acquired_on"], day) <= _SAME_SEASON
        ]
        if not after or not before:
            return None
        chosen = [
            min(before, key=lambda row: (_cloud(row), season.apart_in_year(row["acquired_on"], day), row["code"])),
            min(after, key=lambda row: (_cloud(row), row["code"])),
        ]
        first, second = (scene_library.call(self.asked.library, row["code"]) for row in chosen)
        return first, second

    def _take(self, run: Path) -> None:
        watches = self.asked.watches
        if not watches and self.asked.asked.area is not None:  # a pair of scenes reaches beyond the area
            watches = (_within(self.name, self.asked.asked.area),)
        taken = take(self.data, run, watches=watches, tolerance_m=self.asked.tolerance, author=self.asked.author)
        self.done.raised += taken.raised
        self.done.grew += taken.grew
        self.done.reopened += taken.reopened


def _cloud(row: Mapping[str, Any]) -> float:
    return float(row["cloud_pct"] or 0.0)


def _within(name: str, area: BaseGeometry) -> Watch:
    """A watch of everything in ``area`` (WGS 84)."""
    return Watch("", name, shapely.to_wkt(area, rounding_precision=9), WGS84, (), 0.0, (), (), (), "", "", "")


def _mark(group: Sequence[Source]) -> str:
    """What tells the scenes of a day from others: a scene that comes later makes the day a new one."""
    return hashlib.sha256("".join(f"{one.given} {one.stamp};" for one in group).encode()).hexdigest()[:12]


def _beginning(asked: Asked, begins: date) -> Asked:
    return Asked(asked.name, asked.measure, asked.harmonics, asked.rules, begins, asked.area)

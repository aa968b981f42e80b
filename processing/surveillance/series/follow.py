"""Build a series, and follow it: dates into baseline and states, block by block, the result the same in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ....layers.errors import EnvironmentTroubleError, InputError
from ....layers.report import Report
from ..scenes.common_grid import in_grid
from ..scenes.grid import Grid
from ..scenes.opening import processors, raster_session
from . import season
from .baseline import fit
from .dates import Dates, Source, opened
from .place import window_around
from .series_file import (
    Record,
    SeriesFile,
    baseline_bands,
    baseline_writer,
    new_baseline_name,
    opened_series,
    remove_old_baselines,
    state_bands,
    state_path,
    state_writer,
    with_monitored,
)
from .states import STATES, Monitor, Rules

# A block of all dates at once: half a megabyte a date. Always the same blocks, so that rounding is the same, however
# many dates are taken in together.
_ROWS, _COLUMNS = 256, 512
_ONE_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Asked:
    """How a series is to be built: see :class:`.series_file.Record`. ``begins`` None: a year after the first date."""

    name: str
    measure: str = "brightness"
    harmonics: int = 1
    rules: Rules = field(default_factory=Rules)
    begins: date | None = None
    area: BaseGeometry | None = None


@dataclass(frozen=True)
class Followed:
    """What a build or an update left: pixels by state (``unknown``: no baseline), dates taken in now, and per date the
    share of the pixels with a baseline that could be judged.
    """

    path: Path
    record: Record
    pixels: dict[str, int]
    taken: tuple[date, ...]
    judged: dict[str, float]
    recomputed: bool = False


def build(data: Path, asked: Asked, sources: Sequence[Source], report: Report, grid: Grid | None = None) -> Followed:
    """Fit the baseline to the dates before monitoring begins, monitor the others, and write the series.

    ``grid`` None: that of the first scene, cut to the area. Raises :class:`InputError` where the dates cannot carry a
    baseline.
    """
    ordered = sorted(set(sources))
    if not ordered:
        raise InputError("series.no_dates")
    begins = asked.begins or ordered[0].on + _ONE_YEAR
    path = state_path(data, asked.name)
    record = Record(
        name=path.stem,
        measure=asked.measure,
        harmonics=asked.harmonics,
        rules=asked.rules,
        begins=begins,
        history=tuple(one for one in ordered if one.on < begins),
        monitored=tuple(one for one in ordered if one.on >= begins),
        area="" if asked.area is None else asked.area.wkt,
        baseline=new_baseline_name(path),
        simulated=False,
    )
    _check_history(record, report)
    with raster_session(processors()):
        return _write_new(data, path, record, grid or _first_grid(data, record), report)


def update(data: Path, name: str, sources: Sequence[Source], report: Report) -> Followed:
    """Take further dates in. Those already in are passed over; a date earlier than one already in is put in its place,
    which asks for all scenes again. Dates of before monitoring began are left to a new build, with a message.

    Raises :class:`InputError`, and :class:`EnvironmentTroubleError` where another program changed the series meanwhile.
    """
    with raster_session(processors()), opened_series(data, name) as former:
        record = former.record
        known = {(one.given, one.stamp) for one in (*record.history, *record.monitored)}
        fresh = [one for one in sorted(set(sources)) if (one.given, one.stamp) not in known]
        early = [one for one in fresh if one.on < record.begins]
        if early:
            report.message("series.before_monitoring", "warning", count=len(early), begins=record.begins)
        new = tuple(one for one in fresh if one.on >= record.begins)
        if not new:
            return Followed(former.path, record, _count_states(former), (), {})
        after = max((one.on for one in record.monitored), default=date.min)
        grown = with_monitored(record, new)
        if new[0].on > after:
            return _write_on(data, former, grown, new, report)
        report.message("series.recomputed", date=new[0].on, last=after)
        path, grid = former.path, former.grid
    with raster_session(processors()):
        again = replace(grown, baseline=new_baseline_name(path))
        return replace(_write_new(data, path, again, grid, report, new), recomputed=True)


def _check_history(record: Record, report: Report) -> None:
    """Refuse, or tell of, dates that do not tell the season."""
    on = season.days(sorted({one.on for one in record.history}))
    needed = season.fewest_dates(record.harmonics)
    if len(on) < needed:
        raise InputError("series.too_few_dates", count=len(on), needed=needed, begins=record.begins)
    unknown = season.unknown_months(on, record.harmonics)
    if len(unknown) == 12:
        raise InputError("series.badly_spread", count=len(on), begins=record.begins)
    if unknown:
        report.message("series.months_unknown", "warning", months=unknown)


def _first_grid(data: Path, record: Record) -> Grid:
    """The grid of the first scene, cut to the area. Raises :class:`InputError` where they do not meet."""
    grid = opened(data, record.history[0], record.outline).grid
    if record.outline is None:
        return grid
    window = window_around(shapely.get_coordinates(in_grid(record.outline, grid)), grid)
    if window is None:
        raise InputError("series.area_outside")
    return grid.window(window)


def blocks(grid: Grid) -> list[Window]:
    """Windows that cover the grid; whole tiles of the files."""
    return [
        Window(column, row, min(_COLUMNS, grid.width - column), min(_ROWS, grid.height - row))
        for row in range(0, grid.height, _ROWS)
        for column in range(0, grid.width, _COLUMNS)
    ]


class _Tally:
    """Counts over blocks: pixels by state, and per date those that could be judged."""

    def __init__(self, days: Sequence[date]) -> None:
        self.days = list(days)
        self.states = dict.fromkeys((*STATES, "unknown"), 0)
        self.judged = np.zeros(len(self.days), np.int64)

    def add(self, monitor: Monitor) -> None:
        for name, count in _states(monitor.states.state).items():
            self.states[name] += count

    def shares(self) -> dict[str, float]:
        known = max(sum(self.states.values()) - self.states["unknown"], 1)
        return {
            day.isoformat(): round(float(count) / known, 4) for day, count in zip(self.days, self.judged, strict=True)
        }


def _states(values: NDArray[np.float32]) -> dict[str, int]:
    found = np.bincount(np.nan_to_num(values, nan=len(STATES)).astype(np.int64), minlength=len(STATES) + 1)
    return dict(zip((*STATES, "unknown"), found.tolist(), strict=True))


def _count_states(series: SeriesFile) -> dict[str, int]:
    found = dict.fromkeys((*STATES, "unknown"), 0)
    for window in series.grid.blocks():
        for name, count in _states(series.band("state", window).ravel()).items():
            found[name] += count
    return found


def _write_new(
    data: Path, path: Path, record: Record, grid: Grid, report: Report, new: tuple[Source, ...] | None = None
) -> Followed:
    """Baseline and states from the scenes themselves. The states get their name last: they name the baseline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sources = (*record.history, *record.monitored)
    with Dates(data, sources, record.measure, grid, record.outline) as dates:
        record = replace(record, simulated=dates.simulated)
        split = sum(day < record.begins for day in dates.days)
        rows, numbers = record.rows(dates.days), season.days(dates.days)
        tally = _Tally(dates.days[split:])
        with (
            state_writer(path, grid, record) as states,
            baseline_writer(path.with_name(record.baseline), grid, record.harmonics) as known,
        ):
            for window in _steps(blocks(grid), report):
                values = dates.read(window)
                shape = values.shape[1:]
                flat = values.reshape(len(values), -1)
                monitor = _begin(record, numbers[:split], rows[:split], flat[:split])
                for index in range(split, len(flat)):
                    tally.judged[index - split] += monitor.update(rows[index], int(numbers[index]), flat[index])
                tally.add(monitor)
                known.write_bands(window, baseline_bands(monitor.baseline, shape))
                states.write_bands(window, state_bands(monitor, record, shape))
    remove_old_baselines(path, record)
    taken = record.monitored if new is None else new
    return Followed(path, record, tally.states, tuple(sorted({one.on for one in taken})), tally.shares())


def _begin(
    record: Record, numbers: NDArray[np.int64], rows: NDArray[np.float64], values: NDArray[np.float32]
) -> Monitor:
    known, used = fit(numbers, values, rows)
    residuals = values
    if record.rules.method == "mosum":
        residuals = values - (rows @ known.coefficients).astype(np.float32)
    return Monitor.begin(known, record.rules, residuals, used)


def _write_on(data: Path, former: SeriesFile, record: Record, new: tuple[Source, ...], report: Report) -> Followed:
    """States of before and the new dates to states of now; the baseline stays."""
    stamp = former.path.stat().st_mtime_ns
    with Dates(data, new, record.measure, former.grid, record.outline) as dates:
        record = replace(record, simulated=record.simulated or dates.simulated)
        rows, numbers = record.rows(dates.days), season.days(dates.days)
        tally = _Tally(dates.days)
        with state_writer(former.path, former.grid, record) as states:
            for window in _steps(blocks(former.grid), report):
                values = dates.read(window)
                monitor = former.monitor(window)
                for index, line in enumerate(values.reshape(len(values), -1)):
                    tally.judged[index] += monitor.update(rows[index], int(numbers[index]), line)
                tally.add(monitor)
                states.write_bands(window, state_bands(monitor, record, values.shape[1:]))
            if former.path.stat().st_mtime_ns != stamp:
                raise EnvironmentTroubleError("series.busy", name=record.name)
    return Followed(former.path, record, tally.states, tuple(dates.days), tally.shares())


def _steps(windows: list[Window], report: Report) -> Iterator[Any]:
    for done, window in enumerate(windows, start=1):
        yield window
        report.progress(done / len(windows), "series.step_dates")

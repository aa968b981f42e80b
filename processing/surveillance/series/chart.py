"""One place over time: what was seen on each date, what the season lets expect, and between which bounds."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ..scenes.common_grid import moved
from ..scenes.opening import raster_session
from . import season
from .baseline import Baseline
from .dates import Dates
from .place import Place, place_of
from .series_file import SeriesFile, opened_series, state_path
from .states import NONE, STATES, States

# A date counts where at least this share of the place was clear.
CLEAR = 0.5
_CURVE_DAYS = 10


def chart(data: Path, name: str, geometry: BaseGeometry, crs: Any) -> dict[str, Any]:
    """Dates with values, the baseline and its bounds at ``geometry`` (a point or polygon in ``crs``), as plain JSON.

    Values are means over the clear pixels of the place, None (``masked``) where less than half of it was clear; bounds
    are those of one pixel. Raises :class:`InputError` for a place outside the series, or too large for a chart.
    """
    with raster_session(1):
        series, dates = _KEPT.open(data, name)
        place = place_of(moved(geometry, crs, series.grid.crs), series.grid)
        monitor = series.monitor(place.window)
        known = monitor.baseline.part(np.flatnonzero(place.inside.ravel()))
        values = dates.read(place.window)[:, place.inside]
        return _told(series, place, known, monitor.states, dates.days, values)


class _Kept:
    """The series asked for last, with all its scenes open: the cursor asks for one series again and again, and opening
    dozens of files takes longer than reading a pixel of each.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._key: tuple[object, ...] = ()
        self._open: tuple[SeriesFile, Dates] | None = None

    def open(self, data: Path, name: str) -> tuple[SeriesFile, Dates]:
        """The series as it is now on the disk."""
        path = state_path(data, name)
        key = (path.resolve(), path.stat().st_mtime_ns, path.stat().st_ino) if path.is_file() else ()
        if self._open is None or key != self._key:
            self.close()
            series = self._stack.enter_context(opened_series(data, name))
            record = series.record
            sources = (*record.history, *record.monitored)
            dates = self._stack.enter_context(Dates(data, sources, record.measure, series.grid, record.outline))
            self._key, self._open = key, (series, dates)
        return self._open

    def close(self) -> None:
        """Close all files."""
        self._open, self._key = None, ()
        self._stack.close()


_KEPT = _Kept()


def _told(
    series: SeriesFile, place: Place, known: Baseline, states: States, days: list[date], values: NDArray[np.float32]
) -> dict[str, Any]:
    record, limit = series.record, series.record.rules.limit
    clear = np.isfinite(values)
    share = clear.mean(axis=1)
    with np.errstate(invalid="ignore"):
        means = np.where(clear, values, 0.0).sum(axis=1, dtype=np.float64) / clear.sum(axis=1)
    points = []
    for day, row, mean, part in zip(days, record.rows(days), means, share, strict=True):
        seen = part >= CLEAR
        points.append(
            {
                "date": day.isoformat(),
                "value": _number(mean) if seen else None,
                "masked": not seen,
                "history": day < record.begins,
                **_expected(known, row, day, limit),
            }
        )
    curve = _every(days[0], days[-1]) if days else []
    return {
        "measure": record.measure,
        "begins": record.begins.isoformat(),
        "pixels": int(place.inside.sum()),
        "with_baseline": int(known.usable.sum()),
        "points": points,
        "curve": [
            {"date": day.isoformat(), **_expected(known, row, day, limit)}
            for day, row in zip(curve, record.rows(curve), strict=True)
        ],
        **_state(states, place),
        "simulated": record.simulated,
    }


def _every(first: date, last: date) -> list[date]:
    steps = (last - first).days // _CURVE_DAYS + 1
    return [first + timedelta(days=_CURVE_DAYS * step) for step in range(steps)]


def _expected(known: Baseline, row: NDArray[np.float64], day: date, limit: float) -> Mapping[str, Any]:
    """Mean of the baselines of the place and the bounds of one pixel; None where the season is not known there."""
    leverage = known.leverage(row)
    sure = known.usable & known.knows(int(season.days([day])[0]), leverage)
    if not sure.any():
        return {"expected": None, "low": None, "high": None}
    middle = float(known.expected(row)[sure].mean())
    spread = float((known.sigma[sure] * np.sqrt(1.0 + leverage[sure])).mean()) * limit
    return {"expected": _number(middle), "low": _number(middle - spread), "high": _number(middle + spread)}


def _state(states: States, place: Place) -> dict[str, Any]:
    """The state most of the place is in, and of its alerts the first and last departure and the largest count."""
    chosen = np.flatnonzero(place.inside.ravel())
    values = states.state[chosen]
    known = values[~np.isnan(values)]
    if not len(known):
        return {"state": None, "first": None, "last": None, "count": 0, "confidence": None}
    state = int(np.bincount(known.astype(np.int64)).argmax())
    on = chosen[values == state]
    told: dict[str, Any] = {"state": STATES[state], "first": None, "last": None, "count": 0, "confidence": None}
    if state != NONE:
        told["first"] = season.day_of(float(states.first[on].min())).isoformat()
        told["last"] = season.day_of(float(states.last[on].max())).isoformat()
        told["count"] = int(states.count[on].max())
        told["confidence"] = _number(float(np.nanmean(states.confidence()[on])))
    return told


def _number(value: float) -> float:
    return round(float(value), 5)

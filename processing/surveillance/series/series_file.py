"""A series on the disk: ``NAME.dothi/series/SERIES.tif`` with what every pixel knows, and its baseline beside it.

Both are rasters of named float32 bands that QGIS opens; days are numbers since 1 January 1970. The record (rules, dates
taken in, name of the baseline) is a tag of the state raster itself: one file is replaced whole, so states and record
are never of two minds. A baseline is never changed: a new build writes another and then the states that name it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ....layers.errors import InputError
from ....store import dataset
from ..scenes.grid import Grid, grid_of
from ..scenes.opening import open_raster, reading
from ..scenes.raster_file import RasterFile
from .baseline import Baseline
from .dates import Source
from .monitoring import window_sizes
from .season import days, design
from .states import NONE, Monitor, Rules, States

_TAG = "DOTHI_SERIES"
_NAME = re.compile(r"[\w][\w -]{0,59}")
# Arrays that mean nothing where nothing has departed: shown as nodata.
_OF_ALERTS = ("first", "last", "count", "magnitude")
# Made for people from the arrays; not read back.
_DERIVED = ("duration", "confidence")


@dataclass(frozen=True)
class Record:
    """What a series is: ``measure`` (:mod:`.measure`), ``harmonics``, ``rules``, the day monitoring ``begins``, the
    scenes of the ``history`` and those ``monitored``, ``area`` (WKT, WGS 84, or empty), file name of the ``baseline``.
    """

    name: str
    measure: str
    harmonics: int
    rules: Rules
    begins: date
    history: tuple[Source, ...]
    monitored: tuple[Source, ...]
    area: str
    baseline: str
    simulated: bool

    @property
    def outline(self) -> BaseGeometry | None:
        """The area in WGS 84, None for all of the grid."""
        return shapely.from_wkt(self.area) if self.area else None

    @property
    def longest_window(self) -> int:
        """Dates that the moving window of any pixel can hold; 0 for CUSUM."""
        if self.rules.method != "mosum":
            return 0
        dates = len({source.on for source in self.history})
        return max(int(window_sizes(np.array([dates]), self.rules.window)[0]), 1)

    def rows(self, on: list[date]) -> NDArray[np.float64]:
        """Design rows of days."""
        return design(days(on), self.harmonics)

    def to_json(self) -> str:
        """As the tag holds it."""
        return json.dumps(asdict(self), ensure_ascii=False, default=str)

    @classmethod
    def of_json(cls, text: str) -> Record:
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for what :meth:`to_json` did not write."""
        told = json.loads(text)
        for name in ("history", "monitored"):
            told[name] = tuple(Source(date.fromisoformat(one["on"]), one["given"], one["stamp"]) for one in told[name])
        told["rules"] = Rules(**told["rules"])
        return cls(**told | {"begins": date.fromisoformat(told["begins"])})


def state_path(data: str | Path, name: str) -> Path:
    """Where the series ``name`` lies. Raises :class:`InputError` for a name that is no file name everywhere."""
    plain = unicodedata.normalize("NFC", name.strip())
    if not _NAME.fullmatch(plain):
        raise InputError("series.name_wrong", name=name[:80])
    return dataset.beside(data) / "series" / f"{plain}.tif"


def series_in(data: str | Path) -> list[str]:
    """Names of the series of a data set."""
    folder = dataset.beside(data) / "series"
    return sorted(
        path.stem for path in folder.glob("*.tif") if not path.name.startswith(".") and ".baseline-" not in path.name
    )


def new_baseline_name(path: Path) -> str:
    """A file name beside the states at ``path`` that nobody has."""
    return f"{path.stem}.baseline-{uuid4().hex[:8]}.tif"


class SeriesFile:
    """An open series to read: its record, grid, baseline and states, window by window."""

    def __init__(self, path: Path, states: Any, baseline: Any) -> None:
        self.path = path
        self.record = record_of(states, path)
        self.grid = grid_of(states, str(path))
        self._states = states
        self._baseline = baseline

    def baseline(self, window: Window) -> Baseline:
        """Of the pixels of a window, row by row."""
        with reading(self.path.with_name(self.record.baseline)):
            bands = self._baseline.read(window=window)
        return _baseline_of(bands.reshape(len(bands), -1), 1 + 2 * self.record.harmonics)

    def monitor(self, window: Window) -> Monitor:
        """Baseline, rules and states of a window, as they were left."""
        with reading(self.path):
            bands = self._states.read(window=window)
        flat = dict(zip(self._states.descriptions, bands.reshape(len(bands), -1), strict=True))
        for name in _OF_ALERTS:
            flat[name] = np.nan_to_num(flat[name])
        known = self.baseline(window)
        size = self.record.longest_window
        moving = np.array([flat[f"window_{number}"] for number in range(size)], np.float32).reshape(
            size, known.count.size
        )
        return Monitor(known, self.record.rules, States(**{name: flat[name] for name in States.names()}), moving)

    def band(self, name: str, window: Window) -> NDArray[np.float32]:
        """One array of the states as it is shown (rows, columns)."""
        with reading(self.path):
            return np.asarray(self._states.read(self._states.descriptions.index(name) + 1, window=window))


@contextmanager
def opened_series(data: str | Path, name: str) -> Iterator[SeriesFile]:
    """The series ``name`` of a data set. Raises :class:`InputError` where it is missing or damaged."""
    path = state_path(data, name)
    if not path.is_file():
        raise InputError("series.unknown", name=name, known=series_in(data) or ["–"])
    with open_raster(path) as states, open_raster(_baseline_path(path, record_of(states, path))) as baseline:
        yield SeriesFile(path, states, baseline)


def read_record(data: str | Path, name: str) -> Record:
    """The record of a series alone. Raises :class:`InputError`."""
    path = state_path(data, name)
    if not path.is_file():
        raise InputError("series.unknown", name=name, known=series_in(data) or ["–"])
    with open_raster(path) as states:
        return record_of(states, path)


def record_of(states: Any, path: Path) -> Record:
    """The record in an open state raster. Raises :class:`InputError`."""
    try:
        return Record.of_json(states.tags()[_TAG])
    except (KeyError, ValueError, TypeError) as error:
        raise InputError("series.damaged", path=str(path)) from error


def _baseline_path(path: Path, record: Record) -> Path:
    found = path.with_name(Path(record.baseline).name)
    if not found.is_file():
        raise InputError("series.damaged", path=str(found))
    return found


def baseline_writer(path: Path, grid: Grid, harmonics: int) -> RasterFile:
    """Writes a baseline; blocks by :func:`baseline_bands`."""
    count = 1 + 2 * harmonics
    first, second = np.triu_indices(count)
    names = [f"coefficient_{number}" for number in range(count)]
    names += [f"inverse_{one}_{two}" for one, two in zip(first, second, strict=True)]
    return RasterFile(path, grid, [*names, "sigma", "count", "months"], {}, nodata=np.nan)


def baseline_bands(known: Baseline, shape: tuple[int, int]) -> list[NDArray[np.float32]]:
    """The bands of :func:`baseline_writer` for a block."""
    arrays = [*known.coefficients, *known.inverse, known.sigma, known.count, known.seen]
    return [array.reshape(shape) for array in arrays]


def _baseline_of(flat: NDArray[np.float32], count: int) -> Baseline:
    half = count + count * (count + 1) // 2
    return Baseline(flat[:count], flat[count:half], flat[half], flat[half + 1], flat[half + 2])


def state_writer(path: Path, grid: Grid, record: Record) -> RasterFile:
    """Writes states with their record; blocks by :func:`state_bands`."""
    names = [*States.names(), *_DERIVED, *(f"window_{number}" for number in range(record.longest_window))]
    return RasterFile(path, grid, names, {_TAG: record.to_json()}, nodata=np.nan)


def state_bands(monitor: Monitor, record: Record, shape: tuple[int, int]) -> list[NDArray[np.float32]]:
    """The bands of :func:`state_writer` for a block."""
    states = monitor.states
    nothing = ~(states.state > NONE)
    arrays = {name: getattr(states, name) for name in States.names()}
    for name in _OF_ALERTS:
        arrays[name] = np.where(nothing, np.float32(np.nan), arrays[name])
    duration = np.where(nothing, np.float32(np.nan), states.last - states.first)
    moving = np.zeros((record.longest_window, len(nothing)), np.float32)
    moving[: len(monitor.window)] = monitor.window
    return [array.reshape(shape) for array in (*arrays.values(), duration, states.confidence(), *moving)]


def with_monitored(record: Record, more: tuple[Source, ...]) -> Record:
    """``record`` with further scenes taken in."""
    return replace(record, monitored=tuple(sorted({*record.monitored, *more})))


def remove_old_baselines(path: Path, record: Record) -> None:
    """Baselines of this series that no states name any more, or never came to be named."""
    for old in path.parent.glob("*.tif"):
        if old.name.startswith(f"{path.stem}.baseline-") and old.name != record.baseline:
            old.unlink(missing_ok=True)

"""The dates of a series: where each comes from, and their values window by window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ....layers.errors import InputError
from ....store import scene_library
from ..scenes.cataloguing import products_in
from ..scenes.checksum import stamp
from ..scenes.common_grid import in_grid
from ..scenes.grid import Grid
from ..scenes.image import Image
from ..scenes.library import cached_scene, scenes_of
from ..scenes.opening import processors
from ..scenes.reading import open_scene
from ..scenes.scene import Scene
from .measure import chosen, measured


@dataclass(frozen=True, order=True)
class Source:
    """One scene: its day, ``given`` (a path as seen from the data set's folder, or ``LIBRARY.gpkg|scene=CODE``) and a
    stamp that tells whether it is still what it was.
    """

    on: date
    given: str
    stamp: str


def files(data: Path, images: Iterable[str]) -> list[Source]:
    """Scenes in files, products and folders of them, by day. Raises :class:`InputError` for one without a day."""
    found = []
    for path in products_in(images):
        scene = open_scene(path)
        if scene.acquired_on is None:
            raise InputError("series.date_missing", path=str(path))
        found.append(Source(scene.acquired_on, scene_library.noted(data, path), stamp(path)))
    return sorted(set(found))


def from_library(
    data: Path, library: Path, area: BaseGeometry | None = None, first: date | None = None, last: date | None = None
) -> list[Source]:
    """The optical scenes of a library that meet ``area`` (WGS 84) between two days, by day."""
    called = scene_library.noted(data, library)
    rows = scenes_of(library, area, first, last, kind="optical")
    return sorted(Source(row["acquired_on"], scene_library.call(called, row["code"]), row["checksum"]) for row in rows)


def called(data: Path, source: Source) -> str:
    """``source`` as any job takes an image, wherever it runs."""
    place, call, code = source.given.partition("|scene=")
    return f"{scene_library.placed(data, place)}{call}{code}"


def opened(data: Path, source: Source, area: BaseGeometry | None) -> Scene:
    """The scene of ``source``. Raises :class:`InputError` where it is gone, or no longer what it was."""
    library, called, code = source.given.partition("|scene=")
    if called:
        path = scene_library.placed(data, library)
        row = scene_library.row(path, code)
        if row["checksum"] != source.stamp:
            raise InputError("series.source_changed", source=code, date=source.on)
        return cached_scene(path, row, area)
    path = scene_library.placed(data, source.given)
    if not path.exists():
        raise InputError("series.source_gone", source=source.given, date=source.on)
    if stamp(path) != source.stamp:
        raise InputError("series.source_changed", source=source.given, date=source.on)
    return open_scene(path)


class Dates(AbstractContextManager["Dates"]):
    """Scenes of a series open on its grid, those of one day laid together; ``days`` are in order.

    ``outline`` (in the grid's coordinates) bounds what is measured.
    """

    def __init__(
        self, data: Path, sources: Sequence[Source], measure: str, grid: Grid, area: BaseGeometry | None = None
    ) -> None:
        self.grid = grid
        self.measure = measure
        self._outline = in_grid(area, grid) if area is not None else None
        self._stack = ExitStack()
        self._images: list[list[Image]] = []
        self.days: list[date] = []
        self.simulated = False
        try:
            self._pool = self._stack.enter_context(ThreadPoolExecutor(processors()))
            for day, group in groupby(sorted(sources), key=lambda source: source.on):
                scenes = [chosen(opened(data, source, area), measure) for source in group]
                self.simulated |= any(scene.simulated for scene in scenes)
                self._images.append([self._stack.enter_context(Image(scene, grid)) for scene in scenes])
                self.days.append(day)
        except BaseException:
            self._stack.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def read(self, window: Window) -> NDArray[np.float32]:
        """Values (days, rows, columns); NaN under cloud, outside the scenes and outside the area."""
        shape = (int(window.height), int(window.width))
        found = np.empty((len(self.days), *shape), np.float32)
        inside = self._inside(window, shape)

        def fill(index: int) -> None:
            found[index] = self._day(self._images[index], window)
            if inside is not None:
                found[index][~inside] = np.nan

        list(self._pool.map(fill, range(len(self.days))))
        return found

    def _day(self, images: list[Image], window: Window) -> NDArray[np.float32]:
        values = measured(images[0], window, self.measure)
        for image in images[1:]:
            gaps = np.isnan(values)
            if gaps.any():
                values[gaps] = measured(image, window, self.measure)[gaps]
        return values

    def _inside(self, window: Window, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
        if self._outline is None:
            return None
        return np.asarray(geometry_mask([self._outline], shape, self.grid.window(window).transform, invert=True))

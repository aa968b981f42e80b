"""The map of a run as strata, and random points in them.

A stratum is a class of the run's alerts (or all alerts together), and all ground that was compared and is no alert.
Pixels are counted and drawn from block by block, so that memory does not grow with the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.windows import Window

from ..change.change_raster import RASTER_NODATA
from ..scenes.grid import Grid, grid_of
from ..scenes.opening import reading

NO_CHANGE = "no_change"


@dataclass(frozen=True)
class Strata:
    """Names in order (``no_change`` last) and pixels of each; ``raster`` and the alerts' outlines on its grid."""

    raster: Path
    grid: Grid
    names: tuple[str, ...]
    pixels: tuple[int, ...]
    outlines: NDArray[np.object_]
    numbers: NDArray[np.int64]

    @property
    def shares(self) -> dict[str, float]:
        """Share of the compared area in each stratum."""
        total = sum(self.pixels)
        return {name: count / total for name, count in zip(self.names, self.pixels, strict=True)}


def strata_of(raster: Path, outlines: NDArray[np.object_], kinds: Sequence[str]) -> Strata:
    """Count the strata: ``outlines`` are the alerts on the raster's grid, ``kinds`` the stratum of each."""
    names = (*dict.fromkeys(kinds), NO_CHANGE)
    numbers = np.array([names.index(kind) for kind in kinds], np.int64)
    with reading(raster), rasterio.open(raster) as file:
        grid = grid_of(file, str(raster))
        made = Strata(raster, grid, names, (), outlines, numbers)
        counts = np.zeros(len(names), np.int64)
        for _, block in _blocks(file, made):
            counts += np.bincount(block[block >= 0], minlength=len(names))
    kept = tuple(int(count) for count in counts)
    return Strata(raster, grid, names, kept, outlines, numbers)


def points(strata: Strata, wanted: dict[str, int], seed: int) -> tuple[NDArray[np.float64], list[str]]:
    """Random pixels of each stratum, all different: centres (n, 2) on the raster's grid, and their strata.

    The same ``seed`` gives the same points. A stratum with fewer pixels than are wanted gives all it has. The order
    is random too, so that whoever labels cannot tell the stratum from the number.
    """
    rng = np.random.default_rng([seed, 2014])
    ranks = [
        np.sort(rng.choice(count, min(wanted.get(name, 0), count), replace=False)) if count else np.zeros(0, np.int64)
        for name, count in zip(strata.names, strata.pixels, strict=True)
    ]
    passed = np.zeros(len(strata.names), np.int64)
    places: list[tuple[float, float]] = []
    found: list[str] = []
    with reading(strata.raster), rasterio.open(strata.raster) as file:
        for window, block in _blocks(file, strata):
            for number, name in enumerate(strata.names):
                rows, columns = np.nonzero(block == number)
                here = ranks[number] - passed[number]
                for rank in here[(here >= 0) & (here < len(rows))]:
                    column, row = window.col_off + columns[rank] + 0.5, window.row_off + rows[rank] + 0.5
                    places.append(strata.grid.transform @ (column, row))
                    found.append(name)
                passed[number] += len(rows)
    order = rng.permutation(len(found))
    return np.array(places, float).reshape(-1, 2)[order], [found[place] for place in order]


def _blocks(file: rasterio.DatasetReader, strata: Strata) -> Iterator[tuple[Window, NDArray[np.int64]]]:
    """Each block with the number of its stratum per pixel, −1 where nothing was compared."""
    tree = shapely.STRtree(strata.outlines)
    last = len(strata.names) - 1
    for window in strata.grid.blocks():
        decision = file.read(1, window=window)
        block = np.full(decision.shape, last, np.int64)
        part = strata.grid.window(window)
        x, y = part.corners(1)
        touched = tree.query(shapely.box(min(x), min(y), max(x), max(y)))
        if len(touched):
            drawn = [(strata.outlines[row], int(strata.numbers[row])) for row in sorted(touched)]
            burned = rasterize(drawn, decision.shape, fill=last, transform=part.transform, dtype="int32")
            block[:] = burned
        block[decision == RASTER_NODATA] = -1
        yield window, block

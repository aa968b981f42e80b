"""Cut and fill added up block by block, for the whole ground and for each licence, with their error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.windows import Window

from ..scenes.grid import Grid
from .error import Error, Parts, volume_error


@dataclass
class Sum:
    """Cells added so far: number, Σ difference (m), Σ σ, Σ σ²."""

    cells: int = 0
    height: float = 0.0
    sigma: float = 0.0
    variance: float = 0.0

    def add(self, difference: NDArray[np.float32], sigma: NDArray[np.float32]) -> None:
        """Add the cells (n,)."""
        self.cells += len(difference)
        self.height += float(difference.sum(dtype=np.float64))
        self.sigma += float(sigma.sum(dtype=np.float64))
        self.variance += float(np.square(sigma, dtype=np.float64).sum())


@dataclass(frozen=True)
class Volume:
    """Σ difference × cell area (m³, negative: removed) over ``area_m2``, and its error."""

    volume_m3: float
    area_m2: float
    error: Parts

    def plain(self) -> dict[str, Any]:
        """For JSON: value, 95 % interval, the three parts (one sigma), area."""
        low, high = self.error.interval(self.volume_m3)
        return {
            "volume_m3": round(self.volume_m3, 1),
            "low_m3": round(low, 1),
            "high_m3": round(high, 1),
            "area_m2": round(self.area_m2, 1),
            "sigma_m3": round(self.error.sigma, 1),
            "random_m3": round(self.error.random, 1),
            "correlated_m3": round(self.error.correlated, 1),
            "systematic_m3": round(self.error.systematic, 1),
        }


class Zone:
    """One area of interest: everything (``geometry`` None), or a polygon in the grid's system.

    ``net`` is without any threshold; ``cut`` and ``fill`` only hold cells beyond the level of detection; ``raw_cut``
    and ``raw_fill`` all cells by sign, which noise makes too large by the same amount.
    """

    def __init__(self, key: str, geometry: Any = None) -> None:
        self.key = key
        self._geometry = geometry
        self.net, self.cut, self.fill, self.raw_cut, self.raw_fill = Sum(), Sum(), Sum(), Sum(), Sum()
        self.missing = 0

    def add(
        self,
        window: Window,
        grid: Grid,
        difference: NDArray[np.float32],
        known: NDArray[np.bool_],
        sigma: NDArray[np.float32],
        detection: NDArray[np.float32],
    ) -> None:
        """Add a block, (rows, columns) each; a cell belongs to the polygon that holds its centre."""
        inside = self._inside(window, grid, known.shape)
        if inside is None:
            return
        self.missing += int((inside & ~known).sum())
        chosen = inside & known
        d, s, lod = difference[chosen], sigma[chosen], detection[chosen]
        self.net.add(d, s)
        for total, cells in (
            (self.cut, d <= -lod), (self.fill, d >= lod), (self.raw_cut, d < 0), (self.raw_fill, d > 0),
        ):  # fmt: skip
            total.add(d[cells], s[cells])

    def _inside(self, window: Window, grid: Grid, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        if self._geometry is None:
            return np.ones(shape, bool)
        part = grid.window(window)
        x, y = part.corners(1)
        if not shapely.intersects(self._geometry, shapely.box(min(x), min(y), max(x), max(y))):
            return None
        return within(self._geometry, part)

    def volumes(self, error: Error, cell_area: float) -> dict[str, Volume]:
        """All five."""
        return {name: volume_of(getattr(self, name), error, cell_area) for name in NAMES}


NAMES = ("net", "cut", "fill", "raw_cut", "raw_fill")


def volume_of(total: Sum, error: Error, cell_area: float) -> Volume:
    """The volume of the cells added up, with its error."""
    parts = volume_error(error, total.cells, total.sigma, total.variance, cell_area)
    return Volume(total.height * cell_area, total.cells * cell_area, parts)


def within(geometry: Any, part: Grid) -> NDArray[np.bool_]:
    """Cells of ``part`` whose centre lies in ``geometry`` (one or an array of polygons in its system)."""
    shapes = [shape for shape in np.atleast_1d(np.asarray(geometry, dtype=object)) if not shapely.is_empty(shape)]
    if not shapes:
        return np.zeros((part.height, part.width), bool)
    transform: Affine = part.transform
    found: NDArray[np.bool_] = geometry_mask(shapes, (part.height, part.width), transform, invert=True)
    return found

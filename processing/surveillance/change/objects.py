"""Connected groups of changed pixels: found block by block, measured, and drawn as polygons on the raster's grid.

Memory holds one block, and a few numbers per group. Pixels that touch at a corner belong together (8-neighbourhood).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.windows import Window
from scipy.ndimage import label
from shapely.geometry import shape

from ....layers.report import Report, Stage
from ..scenes.grid import Grid
from ..scenes.opening import processors, raster_session, reading

_EIGHT = np.ones((3, 3), int)
# Changed pixels of a window, and how certain they are (rows, columns each).
Changed = Callable[[Window], NDArray[np.bool_]]
Certain = Callable[[Window], NDArray[np.float32]]


@dataclass(frozen=True)
class Objects:
    """Groups of changed pixels, row by row of the image.

    ``geometry``: polygons on the raster's own grid; ``pixels``: how many; ``confidence``: mean over them (0 to 1).
    """

    geometry: NDArray[np.object_]
    pixels: NDArray[np.int64]
    confidence: NDArray[np.float64]


def changed_objects(path: Path, grid: Grid, fewest: int, report: Report) -> Objects:
    """The groups of at least ``fewest`` pixels in a change raster (band 1 decision, band 2 confidence)."""
    with raster_session(processors()), reading(path), rasterio.open(path) as raster:

        def changed(window: Window) -> NDArray[np.bool_]:
            return np.asarray(raster.read(1, window=window) == 1)

        def certain(window: Window) -> NDArray[np.float32]:
            return np.asarray(raster.read(2, window=window))

        groups = _group(changed, certain, grid, Stage(report, 0.0, 0.5))
        names, sizes, sums = groups.measured()
        kept = names[sizes >= fewest]
        polygons = _draw(changed, grid, groups, set(kept.tolist()), report)
    order = sorted(polygons)
    places = np.searchsorted(names, order)
    geometry = np.array([polygons[name] for name in order], dtype=object)
    return Objects(geometry, sizes[places], sums[places] / np.maximum(sizes[places], 1))


def large_only(changed: Changed, grid: Grid, fewest: int, report: Report) -> Iterator[NDArray[np.bool_]]:
    """The changed pixels of groups of at least ``fewest`` pixels, block after block of the grid."""
    groups = _group(changed, lambda window: np.zeros((int(window.height), int(window.width)), np.float32), grid, report)
    names, sizes, _ = groups.measured()
    keep = np.isin(groups.roots(), names[sizes >= fewest])
    first = 0
    for window in grid.blocks():
        labels, found = _labelled(changed, window)
        own = keep[first : first + found + 1].copy()
        own[0] = False
        first += found
        yield own[labels]


class _Groups:
    """Which labels of which blocks are one group, and how large the groups are (union-find)."""

    def __init__(self) -> None:
        self.parent: list[int] = [0]
        self.pixels: list[NDArray[np.int64]] = []
        self.confidence: list[NDArray[Any]] = []

    @property
    def count(self) -> int:
        """Labels given so far."""
        return len(self.parent) - 1

    def add(self, labels: NDArray[np.int32], found: int, confidence: NDArray[np.float32]) -> int:
        """Take in a block with labels 1 to ``found``; returns what to add to its labels."""
        first = self.count
        self.parent.extend(range(first + 1, first + found + 1))
        flat = labels.ravel()
        self.pixels.append(np.bincount(flat, minlength=found + 1)[1:])
        self.confidence.append(np.bincount(flat, confidence.ravel().astype(float), found + 1)[1:])
        return first

    def root(self, name: int) -> int:
        """The smallest label of the group."""
        while self.parent[name] != name:
            self.parent[name] = self.parent[self.parent[name]]
            name = self.parent[name]
        return name

    def join(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
        """Labels that touch across a border of two blocks."""
        touching = (one > 0) & (other > 0)
        for a, b in {*zip(one[touching].tolist(), other[touching].tolist(), strict=True)}:
            low, high = sorted((self.root(a), self.root(b)))
            self.parent[high] = low

    def roots(self) -> NDArray[np.int64]:
        """Group of every label; index 0 is 0."""
        return np.array([self.root(name) for name in range(len(self.parent))], np.int64)

    def measured(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Names of the groups (rising), their pixels, sums of confidence."""
        roots = self.roots()[1:]
        names, place = np.unique(roots, return_inverse=True)
        if not len(names):
            return names, np.zeros(0, np.int64), np.zeros(0)
        pixels = np.bincount(place, weights=np.concatenate(self.pixels)).astype(np.int64)
        return names, pixels, np.bincount(place, np.concatenate(self.confidence)).astype(float)


def _labelled(changed: Changed, window: Window) -> tuple[NDArray[np.int32], int]:
    pixels = changed(window)
    labels = np.zeros(pixels.shape, np.int32)
    return labels, int(label(pixels, structure=_EIGHT, output=labels))


def _group(changed: Changed, certain: Certain, grid: Grid, report: Report) -> _Groups:
    groups = _Groups()
    above = np.zeros(grid.width + 2, np.int64)  # last row of the blocks above, with a rim to both sides
    below = np.zeros(grid.width + 2, np.int64)
    left = np.zeros(0, np.int64)
    blocks = grid.blocks()
    for number, window in enumerate(blocks):
        column, width = int(window.col_off), int(window.width)
        labels, found = _labelled(changed, window)
        confidence = certain(window) if found else np.zeros(labels.shape, np.float32)
        names = labels.astype(np.int64)
        names[labels > 0] += groups.add(labels, found, confidence)
        if column == 0:
            above, below = below, np.zeros(grid.width + 2, np.int64)
            left = np.zeros(names.shape[0], np.int64)
        for step in (0, 1, 2):
            groups.join(names[0], above[column + step : column + step + width])
        padded = np.pad(left, 1)
        for step in (0, 1, 2):
            groups.join(names[:, 0], padded[step : step + len(left)])
        below[column + 1 : column + 1 + width] = names[-1]
        left = names[:, -1]
        report.progress((number + 1) / len(blocks), "change.step_objects")
    return groups


def _draw(changed: Changed, grid: Grid, groups: _Groups, kept: set[int], report: Report) -> dict[int, Any]:
    """Polygons of the groups ``kept``; pieces of neighbouring blocks are joined."""
    roots = groups.roots()
    pieces: dict[int, list[Any]] = defaultdict(list)
    first = 0
    blocks = grid.blocks()
    for number, window in enumerate(blocks):
        labels, found = _labelled(changed, window)
        own = roots[first : first + found + 1].copy()
        own[0] = 0
        first += found
        own[~np.isin(own, list(kept))] = 0
        named = own[labels]
        if named.any():
            # the drawing tool takes 32-bit names: number the groups of this block anew
            local, small = np.unique(named, return_inverse=True)
            first_name = 0 if local[0] == 0 else 1
            drawn = (small.reshape(named.shape) + first_name).astype(np.int32)
            transform = grid.window(window).transform
            for outline, value in shapes(drawn, mask=drawn > 0, connectivity=4, transform=transform):
                pieces[int(local[int(value) - first_name])].append(shape(outline))
        report.progress(0.5 + 0.5 * (number + 1) / len(blocks), "change.step_objects")
    return {name: shapely.union_all(parts) for name, parts in pieces.items()}

"""The newer model laid on the older by ground that did not move.

Method: Nuth and Kääb 2011 (The Cryosphere 5, 271-290): on stable ground the height difference over the tangent of the
slope follows a cosine of the aspect, whose amplitude and phase are the horizontal shift; the median is the height bias.
Flat ground says nothing of the horizontal shift: then only the height is fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ....layers.errors import InputError
from ....layers.report import Report
from ..scenes.grid import Grid
from ..scenes.image import Image
from .elevation import refuse_mixed_units

Stable = Callable[[Window], NDArray[np.bool_]]  # (rows, columns): ground that did not move

PATCH = 256  # cells a side
MOST_PATCHES = 64  # of the whole model: four million cells tell the shift, however large the model is
STEEPEST = 45.0  # degrees: steeper ground slides, and a small shift of it is a large difference
FEWEST = 1_000  # stable cells; Nuth and Kääb fit 72 medians
_SECTORS = 72  # of aspect, 5 degrees each
_LEAST_TANGENT = 0.03  # of a slope that has an aspect
_LEAST_SECTORS = 0.5  # of all: ground that looks one way only fixes one direction
_CELLS_A_SECTOR = 10
_MOST_STEPS = 20
_STILL = 0.002  # of a cell: a shift below it ends the iteration
_OUTLIER = 5.0  # NMAD from the median: what still moved inside ground said to be stable
_MOST_IDENTICAL = 0.05  # exact zeros; two surveys never agree to the last bit


@dataclass(frozen=True)
class Fit:
    """What the newer model is moved by (m east, north, up) to lie on the older.

    ``nmad_before`` and ``nmad`` (m) are the spread on stable ground before and after, ``cells`` how many were used.
    ``horizontal`` false: the horizontal shift was not asked for, or the ground is too flat to tell it.
    """

    east: float = 0.0
    north: float = 0.0
    up: float = 0.0
    nmad_before: float = float("nan")
    nmad: float = float("nan")
    cells: int = 0
    steps: int = 0
    horizontal: bool = False


@dataclass(frozen=True)
class Sample:
    """Stable cells of the patches: difference (newer − older, m), gradient of the older model (m/m, east and north),
    and the patches they lie in, ``difference`` NaN elsewhere.
    """

    patches: tuple[NDArray[np.float32], ...]
    gradients: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    places: tuple[Window, ...]

    def flat(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Difference and gradient of all stable cells, (n,) each."""
        known = [np.isfinite(patch) for patch in self.patches]
        pick = [patch[k] for patch, k in zip(self.patches, known, strict=True)]
        east = [g[0][k] for g, k in zip(self.gradients, known, strict=True)]
        north = [g[1][k] for g, k in zip(self.gradients, known, strict=True)]
        nothing = np.empty(0, np.float32)
        return (
            np.concatenate([*pick, nothing]),
            np.concatenate([*east, nothing]),
            np.concatenate([*north, nothing]),
        )


def nmad(values: NDArray[np.float32]) -> float:
    """1.4826 × median of absolute deviations: the spread that a few wild cells do not change; NaN of nothing."""
    if not len(values):
        return float("nan")
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def patches(grid: Grid) -> Iterator[Window]:
    """Up to :data:`MOST_PATCHES` windows spread evenly over the grid; all of a small one."""
    places = [
        Window(column, row, min(PATCH, grid.width - column), min(PATCH, grid.height - row))
        for row in range(0, grid.height, PATCH)
        for column in range(0, grid.width, PATCH)
    ]
    chosen = np.unique(np.linspace(0, len(places) - 1, min(MOST_PATCHES, len(places))).round().astype(int))
    return (places[at] for at in chosen)


def gradient(heights: NDArray[np.float32], grid: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slope of ``heights`` (rows, columns) towards east and north, m/m; NaN beside gaps."""
    across, down = grid.pixel_m
    if min(heights.shape) < 2:
        return np.full(heights.shape, np.nan, np.float32), np.full(heights.shape, np.nan, np.float32)
    by_row: NDArray[np.float32] = np.gradient(heights, down, axis=0)
    by_column: NDArray[np.float32] = np.gradient(heights, across, axis=1)
    return by_column, -by_row


def take(older: Image, newer: Image, stable: Stable, fit: Fit, steepest: float = STEEPEST) -> Sample:
    """The stable cells with the newer model moved by ``fit``, none on slopes above ``steepest`` degrees."""
    grid = older.grid
    across, down = grid.pixel_m
    moved = Image(newer.scene, grid, (fit.east / across, -fit.north / down))
    found, slopes, places = [], [], []
    with moved:
        for window in patches(grid):
            ground = stable(window)
            if not ground.any():
                continue
            first, known = older.read(window)
            second, also = moved.read(window)
            heights = np.where(known, first[0], np.nan).astype(np.float32)
            slope = gradient(heights, grid)
            with np.errstate(invalid="ignore"):
                usable = ground & known & also & (np.hypot(*slope) <= np.tan(np.radians(steepest)))
            found.append(np.where(usable, second[0] + np.float32(fit.up) - heights, np.nan).astype(np.float32))
            slopes.append(slope)
            places.append(window)
    return Sample(tuple(found), tuple(slopes), tuple(places))


def without_identical(older: Image, newer: Image, stable: Stable, report: Report) -> tuple[Stable, bool]:
    """``stable`` without cells that are the same to the last bit: a merged model repeats the older one there, and
    counting them would show a false perfect accuracy. The second says whether there are such cells.
    """

    def differing(window: Window) -> NDArray[np.bool_]:
        first, _ = older.read(window)
        second, _ = newer.read(window)
        found: NDArray[np.bool_] = stable(window) & (first[0] != second[0])
        return found

    whole = same = 0
    for window in patches(older.grid):
        first, known = older.read(window)
        second, also = newer.read(window)
        both = known & also
        whole += int(both.sum())
        same += int((both & (first[0] == second[0])).sum())
    if same <= _MOST_IDENTICAL * whole:
        return stable, False
    report.message("terrain.identical_cells", "warning", share=round(100.0 * same / whole, 1))
    return differing, True


def check_units(older: Image, newer: Image) -> None:
    """Raise where one model seems to be in feet; looks at the patches, moving ground too."""
    first, second = [np.empty(0, np.float32)], [np.empty(0, np.float32)]
    for window in patches(older.grid):
        before, known = older.read(window)
        after, also = newer.read(window)
        both = known & also
        first.append(before[0][both][::16])
        second.append(after[0][both][::16])
    if not sum(len(part) for part in first):
        raise InputError("terrain.no_common_ground")
    refuse_mixed_units(np.concatenate(first), np.concatenate(second))


def shift_of(
    difference: NDArray[np.float32], east: NDArray[np.float32], north: NDArray[np.float32]
) -> tuple[float, float] | None:
    """One step of Nuth and Kääb: metres east and north to move the newer model by; None on ground too flat for it."""
    tangent = np.hypot(east, north)
    centred = difference - np.median(difference)
    usable = (tangent > _LEAST_TANGENT) & (np.abs(centred) <= _OUTLIER * max(nmad(difference), 1e-6))
    if usable.sum() < FEWEST:
        return None
    direction = np.arctan2(north[usable], east[usable])
    ratio = centred[usable] / tangent[usable]
    sector = ((direction + np.pi) / (2 * np.pi) * _SECTORS).astype(int) % _SECTORS
    order = np.argsort(sector, kind="stable")
    starts = np.searchsorted(sector[order], np.arange(_SECTORS + 1))
    rows, middles, weights = [], [], []
    for at in range(_SECTORS):
        cells = order[starts[at] : starts[at + 1]]
        if len(cells) >= _CELLS_A_SECTOR:
            angle = (at + 0.5) / _SECTORS * 2 * np.pi - np.pi
            rows.append((np.cos(angle), np.sin(angle), 1.0))
            middles.append(float(np.median(ratio[cells])))
            weights.append(np.sqrt(len(cells)))
    if len(rows) < _LEAST_SECTORS * _SECTORS:
        return None
    weight = np.array(weights)
    found, *_ = np.linalg.lstsq(np.array(rows) * weight[:, None], np.array(middles) * weight, rcond=None)
    return float(found[0]), float(found[1])


def fit(
    older: Image,
    newer: Image,
    stable: Stable,
    *,
    most_shift: float,
    height_only: bool = False,
    steepest: float = STEEPEST,
    report: Report,
) -> Fit:
    """Lay ``newer`` on ``older`` by the cells of ``stable``. ``most_shift`` in metres.

    Raises :class:`InputError`: too little stable ground, a shift beyond ``most_shift``, or no end of the iteration.
    """
    found = Fit()
    difference, east, north = _enough(take(older, newer, stable, found, steepest))
    start = nmad(difference)
    steps, still = 0, height_only
    while not still and steps < _MOST_STEPS:
        step = shift_of(difference, east, north)
        if step is None:
            report.message("terrain.too_flat", "warning")
            found, still = Fit(), True
            difference, east, north = _enough(take(older, newer, stable, found, steepest))
            break
        steps += 1
        found = replace(found, east=found.east + step[0], north=found.north + step[1], horizontal=True)
        length = float(np.hypot(found.east, found.north))
        if length > most_shift:
            raise InputError("terrain.shift_too_large", shift=round(length, 2), maximum=most_shift)
        difference, east, north = _enough(take(older, newer, stable, found, steepest))
        still = bool(np.hypot(*step) < _STILL * max(older.grid.pixel_m))
    if not still:
        raise InputError("terrain.not_converged", steps=_MOST_STEPS)
    up = -float(np.median(difference))
    return replace(found, up=up, nmad_before=start, nmad=nmad(difference), cells=len(difference), steps=steps)


def _enough(sample: Sample) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    found = sample.flat()
    if len(found[0]) < FEWEST:
        raise InputError("terrain.stable_too_small", cells=len(found[0]), least=FEWEST)
    return found

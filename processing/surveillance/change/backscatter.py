"""Radar as a second witness under cloud: the ratio of backscatter of two dates, and how sure it is that it changed.

Averaged over a window, intensity of L looks is gamma distributed with shape L; where nothing changed the ratio of two
dates follows Fisher's F with (2L, 2L) degrees of freedom, whatever the brightness. Each polarisation gives a two-sided
probability of that ratio; those of several are joined by Fisher's sum of logarithms. Source: Conradsen, Nielsen, Schou,
Skriver 2003 (IEEE TGRS 41, 4-19), whose test for one polarisation is this one; ratios before differences: Rignot and
van Zyl 1993 (IEEE TGRS 31, 896-906).

Neighbouring pixels of a geocoded product share looks, so L is not window² times the product's: it is measured on the
pair itself, from the quartiles of the ratio, which a few changed pixels do not move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy import optimize, stats

from ....layers.errors import InputError
from ....layers.report import Report
from ..alignment.pair import Pair, pair_of
from ..scenes.grid import clipped, widened
from ..scenes.opening import processors, raster_session
from ..scenes.raster_file import RasterFile
from ..scenes.scene import Scene
from .smoothing import box_mean

# Natural logarithms of a ratio beyond this (35 dB) are all the same; bins of 0.03 dB.
_REACH, _BINS = 8.0, 9600
_FEWEST_PIXELS = 1_000
_LEAST_LOOKS, _MOST_LOOKS = 0.5, 10_000.0
_LEAST_POWER = np.float32(1e-7)  # -70 dB, far below any sensor's noise
_DECIBEL = 10.0 / math.log(10.0)
# No probability of 64-bit numbers is smaller; keeps the logarithm finite.
_LEAST_P = 1e-300
_TABLE = np.linspace(0.0, _REACH + 2.0, 8001)


@dataclass(frozen=True)
class Witness:
    """What radar says. Of each polarisation: looks after averaging, and the ratio that most of the scene has (dB)."""

    path: Path
    polarisations: tuple[str, ...]
    looks: tuple[float, ...]
    shift_db: tuple[float, ...]
    changed_share: float
    valid_share: float


def backscatter_map(
    before: Scene, after: Scene, out: Path, report: Report, *, false_alarm: float, window: int, looks: float | None
) -> Witness:
    """Write ``out`` on the first date's grid: band 1 decision (0, 1, 255 nodata), 2 confidence, 3 ratio after / before
    in dB without what the whole scene shares.

    ``window`` (odd, pixels) is averaged over; ``looks`` are those of one pixel of the product, used as if pixels shared
    none; without it they are measured. Raises :class:`InputError` for scenes that are no radar or share no pixels.
    """
    for scene in (before, after):
        if scene.kind != "radar":
            raise InputError("radar.no_backscatter", path=str(scene.path), bands=list(scene.names))
    with raster_session(processors()), pair_of(before, after, report) as pair:
        counts = np.zeros((len(pair.names), _BINS), np.int64)
        blocks = pair.grid.blocks()
        for done, block in enumerate(blocks, start=1):
            ratio, valid = _ratio(pair, block, window)
            for row, layer in zip(counts, ratio, strict=True):
                row += np.histogram(layer[valid], _BINS, (-_REACH, _REACH))[0]
            report.progress(0.5 * done / len(blocks), "change.step_statistics")
        if counts[0].sum() < _FEWEST_PIXELS:
            raise InputError("change.nothing_valid", before=str(before.path), after=str(after.path))
        quartiles = [_quartiles(row) for row in counts]
        middle = [quartile[1] for quartile in quartiles]
        found = [looks * window**2 if looks else looks_of(upper - lower) for lower, _, upper in quartiles]
        changed = measured = 0
        tags = _tags(before, after)
        with RasterFile(out, pair.grid, ("decision", "confidence", "ratio_db"), tags, nodata=255.0) as file:
            for done, block in enumerate(blocks, start=1):
                ratio, valid = _ratio(pair, block, window)
                ratio -= np.array(middle, np.float32)[:, None, None]
                chance = unchanged_probability(ratio, found)
                flagged = valid & (chance < false_alarm)
                changed, measured = changed + int(flagged.sum()), measured + int(valid.sum())
                strongest = np.take_along_axis(ratio, np.abs(ratio).argmax(axis=0)[None], axis=0)[0]
                layers = (flagged, 1.0 - chance, strongest * np.float32(_DECIBEL))
                file.write_bands(block, [np.where(valid, layer, 255.0).astype(np.float32) for layer in layers])
                report.progress(0.5 + 0.5 * done / len(blocks), "change.step_write")
    return Witness(
        out,
        pair.names,
        tuple(round(value, 2) for value in found),
        tuple(round(value * _DECIBEL, 3) for value in middle),
        changed / measured,
        measured / pair.grid.pixels,
    )


def looks_of(interquartile: float) -> float:
    """The number of looks whose unchanged log-ratio (natural) has this distance between its quartiles."""

    def misses(looks: float) -> float:
        return 2.0 * math.log(float(stats.f.ppf(0.75, 2 * looks, 2 * looks))) - interquartile

    if misses(_MOST_LOOKS) >= 0.0:
        return _MOST_LOOKS
    if misses(_LEAST_LOOKS) <= 0.0:
        return _LEAST_LOOKS
    return float(optimize.brentq(misses, _LEAST_LOOKS, _MOST_LOOKS, xtol=1e-4))


def unchanged_probability(ratio: NDArray[np.float32], looks: list[float]) -> NDArray[np.float64]:
    """How probable a ratio at least as far from 1 is where nothing changed: (rows, columns), 0 to 1.

    ``ratio``: natural logarithms (polarisations, rows, columns) around 0; ``looks`` of each polarisation.
    """
    evidence = np.zeros(ratio.shape[1:])
    for layer, number in zip(ratio, looks, strict=True):
        # F is its own reciprocal with equal degrees of freedom, so one tail serves for both; its logarithm is smooth
        tail = stats.f.sf(np.exp(_TABLE), 2 * number, 2 * number)
        evidence -= np.interp(np.abs(layer), _TABLE, np.log(np.maximum(2.0 * tail, _LEAST_P)))
    # The upper tail of chi-square with 2k degrees of freedom at twice the evidence (Erlang's sum).
    terms = sum(evidence**k / math.factorial(k) for k in range(len(looks)))
    return np.asarray(np.exp(-evidence) * terms)


def _ratio(pair: Pair, block: Window, window: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Log-ratio of the averaged power of a block (polarisations, rows, columns), and where both dates have any."""
    wide = clipped(widened(block, window // 2), pair.grid)
    stacked, valid = pair.read(wide)
    valid &= (stacked > _LEAST_POWER).all(axis=0)
    row, column = int(block.row_off - wide.row_off), int(block.col_off - wide.col_off)
    inside = slice(row, row + int(block.height)), slice(column, column + int(block.width))
    half = len(stacked) // 2
    power = [np.maximum(box_mean(layer, valid, window)[inside], _LEAST_POWER) for layer in stacked]
    return np.array([np.log(power[half + n] / power[n]) for n in range(half)]), valid[inside]


def _quartiles(counts: NDArray[np.int64]) -> tuple[float, float, float]:
    """The quartiles of what was counted, between the bins."""
    edges = np.linspace(-_REACH, _REACH, _BINS + 1)
    heaped = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
    lower, middle, upper = (float(np.interp(share, heaped, edges)) for share in (0.25, 0.5, 0.75))
    return lower, middle, upper


def _tags(before: Scene, after: Scene) -> dict[str, str]:
    days = {"DATE_BEFORE": before.acquired_on, "DATE_AFTER": after.acquired_on}
    told = {"METHOD": "log-ratio of backscatter, F test", **{name: str(day) for name, day in days.items() if day}}
    return told | ({"SIMULATED": "yes"} if before.simulated or after.simulated else {})

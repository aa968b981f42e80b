"""Faint narrow traces between alerts: seen, though the change map with its threshold does not hold them.

A gully three metres wide fills a third of a pixel. It cannot be measured, but that it joins a pond that ran out to the
sand below is evidence. So the ground around such alerts is looked at once more, only for what is narrow, long, and ends
at an alert; what is found is told as below resolution and never as an area.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from scipy import ndimage
from shapely.geometry import shape
from skimage.morphology import skeletonize

from ..scenes.grid import Grid
from .ground import Dates, drawn, window_of

# How far from an alert a trace may lead (m), how long it must be, and how wide at most (pixels).
_REACH_M, _LONG_M, _WIDE = 500.0, 100.0, 3.5
# A pixel of a trace stands out by this many robust standard deviations of the ground around.
_STANDS_OUT = 3.0
# A trace ends at an alert where it comes this near (pixels): the edge of the alert hides its mouth.
_MOUTH = 5
_EIGHT = np.ones((3, 3), bool)


def traces(ends: NDArray[np.object_], changed: NDArray[np.object_], dates: Dates, grid: Grid) -> NDArray[np.object_]:
    """Outlines on ``grid`` of narrow traces that join two of ``ends`` (polygons); ``changed`` is all changed ground.

    Red reflectance must have risen: sand came to light. Bands are those of ``dates``.
    """
    found: list[shapely.Geometry] = []
    pixel = float(np.mean(grid.pixel_m))
    done: shapely.Geometry = shapely.MultiPolygon()
    for end in ends:
        window = window_of(end, grid, int(_REACH_M / pixel))
        first, second, seen = dates.read(window)
        red = dates.names.index("red")
        change = second[red] - first[red]
        taken = drawn(list(changed), grid, window)
        ground = seen & ~ndimage.binary_dilation(taken, _EIGHT, iterations=2)
        if np.count_nonzero(ground) < 100:
            continue
        # what is wide is no trace: the change of the wider ground is taken out first
        change = change - _wide_mean(change, ground)
        middle = float(np.median(change[ground]))
        spread = 1.4826 * float(np.median(np.abs(change[ground] - middle)))
        lines = ground & (_along(change) > middle + _STANDS_OUT * spread)
        groups, count = ndimage.label(ndimage.binary_closing(lines, _EIGHT) & ~taken, structure=_EIGHT)
        mouths = [ndimage.binary_dilation(drawn([one], grid, window), _EIGHT, iterations=_MOUTH) for one in ends]
        for number in range(1, count + 1):
            own = groups == number
            bones = int(np.count_nonzero(skeletonize(own)))
            if bones * pixel < _LONG_M or np.count_nonzero(own) / bones > _WIDE:
                continue
            if sum(bool((own & mouth).any()) for mouth in mouths) < 2:
                continue
            outline = _outline(own, grid.window(window))
            if not shapely.intersects(outline, done):
                found.append(outline)
                done = shapely.union(done, outline)
    placed = np.empty(len(found), object)
    placed[:] = found
    return placed


def _along(change: NDArray[np.float32]) -> NDArray[np.float32]:
    """The best mean over seven pixels in a line, of eight directions: a line stands out where a pixel does not."""
    best = np.full(change.shape, -np.inf, np.float32)
    for angle in np.arange(8) * np.pi / 8.0:
        kernel = np.zeros((7, 7), np.float32)
        steps = np.linspace(-3.0, 3.0, 13)
        rows, columns = np.rint(3.0 + steps * np.sin(angle)), np.rint(3.0 + steps * np.cos(angle))
        kernel[rows.astype(int), columns.astype(int)] = 1.0
        best = np.maximum(best, ndimage.convolve(change, kernel / kernel.sum(), mode="nearest"))
    return best


def _wide_mean(change: NDArray[np.float32], ground: NDArray[np.bool_]) -> NDArray[np.float32]:
    weight = ndimage.uniform_filter(ground.astype(np.float32), 21)
    total = ndimage.uniform_filter(np.where(ground, change, 0.0).astype(np.float32), 21)
    return np.asarray(total / np.maximum(weight, 1e-3), np.float32)


def _outline(mask: NDArray[np.bool_], grid: Grid) -> shapely.Geometry:
    pieces = shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=grid.transform)
    return shapely.union_all([shape(outline).buffer(1e-3) for outline, _ in pieces])

"""Changed ground taken apart where different things touch: a pond that ran out, the sand it left, the gully between.

The change map knows only that something changed. Here each pixel of an object says what it was and became; places of
one kind that are large enough are separate objects, and the mixed pixels between them go to the nearest. Then the
outline of each is drawn where the change falls to half of what it is inside: optics and smoothing spread a sharp edge
over two pixels, and the map's own outline stands at their foot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.windows import Window
from scipy import ndimage
from shapely.geometry import shape

from ..change.objects import Objects
from ..scenes.grid import Grid
from .ground import Cover, Dates, cover_masks, drawn, window_of

# Objects beyond this many pixels a side are not taken apart: season on a whole sheet, not a mine.
_LARGEST = 2048
# Mixed pixels along an edge reach so far (pixels): what lies within belongs to its neighbour.
_EDGE = 2
# Fewest pixels of one kind that make a part of their own.
_SEED = 5
# An outline that would lose more than this is left alone: the change inside is too uneven to say where half of it is.
_KEPT = 0.4
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Parts:
    """Objects after taking apart, and for each the row of the object it came from."""

    objects: Objects
    parent: NDArray[np.int64]


def taken_apart(objects: Objects, dates: Dates, grid: Grid, cover: Cover, change: str) -> Parts:
    """``objects`` (on ``grid``) with those of several kinds in parts; ``change`` is the path of the change raster."""
    geometry: list[shapely.Geometry] = []
    pixels: list[int] = []
    confidence: list[float] = []
    parent: list[int] = []
    with rasterio.open(change) as raster:
        for row, outline in enumerate(objects.geometry):
            window = window_of(outline, grid, 1)
            pieces = [] if max(window.width, window.height) > _LARGEST else _pieces(outline, window, dates, grid, cover)
            if not pieces:
                geometry.append(outline)
                pixels.append(int(objects.pixels[row]))
                confidence.append(float(objects.confidence[row]))
                parent.append(row)
                continue
            certain = raster.read(2, window=window)
            for mask in pieces:
                geometry.append(_outline(mask, grid.window(window)))
                pixels.append(int(np.count_nonzero(mask)))
                confidence.append(float(certain[mask].mean()))
                parent.append(row)
    found = Objects(_array(geometry), np.array(pixels, np.int64), np.array(confidence, float))
    return Parts(found, np.array(parent, np.int64))


def _pieces(
    outline: shapely.Geometry, window: Window, dates: Dates, grid: Grid, cover: Cover
) -> list[NDArray[np.bool_]]:
    """Masks of the parts in ``window``, each within its half-way outline."""
    own = drawn([outline], grid, window)
    first, second, seen = dates.read(window)
    change = _change(first, second, seen & ~own)
    return [half_way(part, change) for part in _of_one_kind(own, first, second, seen, dates, cover)]


def half_way(own: NDArray[np.bool_], change: NDArray[np.float32]) -> NDArray[np.bool_]:
    """``own`` without the edge where ``change`` (rows, columns) is below half of its largest value two pixels around.

    The half-way line of a blurred step is where the step is. An object that would lose its inside keeps its outline.
    """
    inside = np.where(own, change, 0.0)
    # the second largest of 3 × 3 stands against a single glint
    steady = ndimage.rank_filter(inside, -2, footprint=_EIGHT)
    near = ndimage.maximum_filter(steady, footprint=np.ones((5, 5), bool))
    kept = own & (change >= 0.5 * near)
    kept = ndimage.binary_fill_holes(kept) & own
    groups, count = ndimage.label(kept, structure=_EIGHT)
    if not count:
        return own
    largest = int(np.argmax(np.bincount(groups.ravel())[1:])) + 1
    whole = groups == largest
    return whole if np.count_nonzero(whole) >= _KEPT * np.count_nonzero(own) else own


def _change(first: NDArray[np.float32], second: NDArray[np.float32], around: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far each pixel's spectrum moved, less what the ground around did (its median), in reflectance."""
    moved = second - first
    if np.count_nonzero(around) >= _SEED:
        moved = moved - np.median(moved[:, around], axis=1)[:, None, None]
    return np.asarray(np.linalg.norm(moved, axis=0), np.float32)


def _of_one_kind(
    own: NDArray[np.bool_],
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    seen: NDArray[np.bool_],
    dates: Dates,
    cover: Cover,
) -> list[NDArray[np.bool_]]:
    if np.count_nonzero(own) < 2 * _SEED:
        return [own]
    was, now = (cover_masks(dict(zip(dates.names, bands, strict=True)), cover) for bands in (first, second))
    own_seen = own & seen
    kinds = (
        own_seen & was["water"] & ~now["water"],
        own_seen & was["water"] & now["water"],
        own_seen & ~was["water"] & (now["water"] | (now["bright"] & ~was["bright"])),
    )
    seeds = np.zeros(own.shape, np.int32)
    count = 0
    taken = np.zeros(own.shape, bool)
    for kind in kinds:
        whole = kind | (ndimage.binary_closing(kind, _EIGHT) & own)
        count = _number(whole & ~taken, seeds, count)
        taken |= whole
    known = seeds > 0
    far = own & ~ndimage.binary_dilation(known, _EIGHT, iterations=_EDGE) if known.any() else own
    count = _number(far, seeds, count)
    if count < 2:
        return [own]
    nearest = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    owner = seeds[tuple(nearest)]
    return [own & (owner == number) for number in range(1, count + 1)]


def _number(mask: NDArray[np.bool_], seeds: NDArray[np.int32], count: int) -> int:
    """Number the large groups of ``mask`` into ``seeds``, on from ``count``; returns the last number."""
    groups, found = ndimage.label(mask, structure=_EIGHT)
    sizes = np.bincount(groups.ravel(), minlength=found + 1)
    for group in range(1, found + 1):
        if sizes[group] >= _SEED:
            count += 1
            seeds[groups == group] = count
    return count


def _outline(mask: NDArray[np.bool_], grid: Grid) -> shapely.Geometry:
    drawn_shapes = shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=grid.transform)
    return shapely.union_all([shape(outline) for outline, _ in drawn_shapes])


def _array(geometry: list[shapely.Geometry]) -> NDArray[np.object_]:
    found = np.empty(len(geometry), object)
    found[:] = geometry
    return found

"""What the images show of a case: both dates on one piece of ground with one stretch, and indices on each date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.features import geometry_mask
from rasterio.windows import Window

from ....store.coordinates import transform_geometries
from ...documents.map_sheet import View
from ..kinds.indices import brightness, mndwi, ndvi, ndwi
from ..scenes.grid import Grid
from ..scenes.image import Image
from ..scenes.opening import raster_session
from ..scenes.reading import open_scene
from ..scenes.scene import Scene

# Percent of the ground that is cut off at the dark and at the bright end, on both dates together.
_CUT = (2.0, 98.0)
_MOST_PIXELS = 700  # along one side of a chip
_NOTHING = 226  # grey of ground that was not seen
_COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class Look:
    """One date on the ground of a chip: ``values`` (bands, rows, columns), where they are ``valid``, band ``names``."""

    day: date | None
    names: tuple[str, ...]
    values: NDArray[np.float32]
    valid: NDArray[np.bool_]
    simulated: bool


def colour_bands(scene: Scene, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of three bands for red, green, blue: ``wanted``, else natural colour, else the first ones there are."""
    if wanted:
        return tuple(wanted)[:3]
    common = {band.common: band.name for band in scene.bands if band.common}
    if all(name in common for name in _COLOURS):
        return tuple(common[name] for name in _COLOURS)
    first = scene.names[:3] if len(scene.bands) >= 3 else scene.names[:1] * 3
    return tuple(first)


def look(path: Path, view: View, crs: str, bands: Sequence[str] = ()) -> Look:
    """The scene at ``path`` on the ground of ``view`` (``crs``, metres), in pixels of its own size.

    Raises :class:`InputError` for a scene that cannot be read and a band that it does not have.
    """
    known = open_scene(path)
    names = colour_bands(known, bands)
    scene = open_scene(path, bands=tuple(dict.fromkeys(names)))
    west, south, east, north = view.box
    pixel = max(max(scene.grid.pixel_m), (east - west) / _MOST_PIXELS)
    columns, rows = max(1, round((east - west) / pixel)), max(1, round((north - south) / pixel))
    across = Affine((east - west) / columns, 0.0, west, 0.0, -(north - south) / rows, north)
    grid = Grid(CRS.from_user_input(crs), across, columns, rows)
    with raster_session(1), Image(scene, grid) as image:
        values, valid = image.read(Window(0, 0, columns, rows))
    order = [scene.names.index(name) for name in names]
    return Look(scene.acquired_on, names, values[order], valid, scene.simulated)


def stretched(looks: Sequence[Look]) -> list[NDArray[np.uint8]]:
    """Pictures (rows, columns, 3) of ``looks`` with one stretch for all, so that what differs in them did change."""
    if not looks:
        return []
    made = []
    limits = [_limits([one.values[band][one.valid] for one in looks]) for band in range(3)]
    for one in looks:
        planes = [
            np.clip((one.values[band] - low) / max(high - low, 1e-6), 0.0, 1.0)
            for band, (low, high) in enumerate(limits)
        ]
        picture = (np.stack(planes, axis=-1) * 255.0).round().astype(np.uint8)
        picture[~one.valid] = _NOTHING
        made.append(picture)
    return made


def _limits(seen: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    values = np.concatenate(seen)
    if not len(values):
        return 0.0, 1.0
    low, high = np.percentile(values, _CUT)
    return float(low), float(high)


def indices_of(path: Path, ground: Any, crs: str) -> dict[str, float]:
    """Mean indices over the clear pixels of ``ground`` (polygon in ``crs``): ``ndvi``, ``water``, ``brightness``.

    Absent where the scene lacks the bands, or where less than half of the ground was clear.
    """
    scene = open_scene(path)
    named = [band for band in scene.bands if band.common]
    if not named:
        return {}
    scene = open_scene(path, bands=[band.name for band in named])
    shape = transform_geometries([ground], crs, scene.grid.code)[0]
    window = _around(shape, scene.grid)
    part = scene.grid.window(window)
    inside = geometry_mask([shape], (part.height, part.width), part.transform, invert=True, all_touched=False)
    if not inside.any():
        inside = geometry_mask([shape], (part.height, part.width), part.transform, invert=True, all_touched=True)
    with raster_session(1), Image(scene, part) as image:
        values, valid = image.read(Window(0, 0, part.width, part.height))
    clear = inside & valid
    if clear.sum() < 0.5 * inside.sum():
        return {}
    bands: Mapping[str, Any] = {
        band.common: plane[clear].astype(np.float64) for band, plane in zip(scene.bands, values, strict=True)
    }
    water = mndwi(bands) if "swir16" in bands else ndwi(bands)
    found = {"ndvi": ndvi(bands), "water": water, "brightness": brightness(bands)}
    with np.errstate(invalid="ignore"):
        return {name: float(np.mean(plane)) for name, plane in found.items() if np.isfinite(plane).all()}


def _around(shape: Any, grid: Grid) -> Window:
    """The pixels that ``shape`` lies on, with a rim of one."""
    corners = shapely.get_coordinates(shapely.box(*shapely.bounds(shape)))
    columns, rows = ~grid.transform @ (corners[:, 0], corners[:, 1])
    left, top = int(np.floor(np.min(columns))) - 1, int(np.floor(np.min(rows))) - 1
    return Window(left, top, int(np.ceil(np.max(columns))) + 1 - left, int(np.ceil(np.max(rows))) + 1 - top)

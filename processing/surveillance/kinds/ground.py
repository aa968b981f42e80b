"""Each changed object on both dates: its own ground, the ground around it, and how far they differ.

For every object three sets of pixels are measured: all of it, its core (a pixel in from the edge where it is large
enough, without its water where that leaves enough) and a ring around it that holds nothing changed. What the ring did
too is weather, season or haze; what only the object did is the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.windows import Window
from scipy import ndimage

from ..scenes.grid import Grid
from ..scenes.image import Image
from ..scenes.scene import Scene
from .indices import BANDS, INDICES, spectral_angle

# The ring lies between these distances from the object, in pixels.
_GAP, _RING = 2, 7
# Windows are read in pieces of at most so many pixels a side.
_PIECE = 1024
# A water body of at least this size (pixels of the window looked at, in hectares) is open water: sea or lake.
OPEN_WATER_HA = 10.0
_LOOK_M = 700.0
# Sunlit snow reaches 1; a median above this is no reflectance. So many objects are looked at.
_NO_REFLECTANCE, _PROBES = 1.5, 5
# A set of fewer pixels is too small to speak for an object; a share of it that stays dry speaks for its sand.
_LEAST, _DRY = 4, 0.3
# NDVI of a pixel that moved by so much: its plants changed.
_TURNED = 0.1
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Cover:
    """Where an index says what covers a pixel (``resources/surveillance/classes.toml``, table ``cover``)."""

    water: float
    green: float
    bare: float
    bright_red: float


@dataclass
class Dates:
    """Both scenes on the grid of the first, only the bands that have a common name; ``moved`` as the pair was."""

    before: Image
    after: Image

    @classmethod
    def of(cls, before: Scene, after: Scene, grid: Grid, moved: tuple[float, float]) -> Dates:
        """Open both; ``moved`` (columns, rows) is how the second was moved onto the first."""
        common = [name for name in BANDS if all(any(b.common == name for b in s.bands) for s in (before, after))]
        chosen = [
            replace(scene, bands=tuple(next(b for b in scene.bands if b.common == name) for name in common))
            for scene in (before, after)
        ]
        return cls(Image(chosen[0], grid), Image(chosen[1], grid, moved))

    @property
    def names(self) -> tuple[str, ...]:
        """Common names of the bands both dates have, in the order of the arrays; empty where none is named."""
        return tuple(band.common for band in self.before.scene.bands)

    def close(self) -> None:
        """Close the files."""
        self.before.close()
        self.after.close()

    def tell_reflectance(self, shapes: NDArray[np.object_], grid: Grid) -> bool:
        """Whether numbers under a few of ``shapes`` are reflectances: counts without a known scale are far above 1."""
        for shape in shapes[:_PROBES]:
            first, second, seen = self.read(window_of(shapely.point_on_surface(shape), grid, _RING))
            if seen.any() and max(float(np.median(bands[:, seen])) for bands in (first, second)) > _NO_REFLECTANCE:
                return False
        return True

    def read(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Bands of both dates and what of them can be used on both."""
        first, seen = self.before.read(window)
        second, also = self.after.read(window)
        return first, second, seen & also


def cover_masks(bands: Mapping[str, NDArray[np.floating]], cover: Cover) -> dict[str, NDArray[np.bool_]]:
    """Which pixels are water, green, bare, and bright bare sand. Without shortwave infrared NDWI stands for MNDWI."""
    wet = INDICES["mndwi" if "swir16" in bands else "ndwi"](bands)
    plants = INDICES["ndvi"](bands)
    with np.errstate(invalid="ignore"):
        water = wet > cover.water
        bare = ~water & (plants < cover.bare)
        return {
            "water": water,
            "green": ~water & (plants >= cover.green),
            "bare": bare,
            "bright": bare & (bands["red"] >= cover.bright_red) if "red" in bands else np.zeros_like(bare),
        }


def measure(
    objects: NDArray[np.object_], dates: Dates, grid: Grid, changed: NDArray[np.object_], cover: Cover
) -> dict[str, NDArray[np.float64]]:
    """Features of each object, by name; NaN where the bands do not tell.

    ``objects`` and ``changed`` (all changed ground: kept out of the rings) are polygons on ``grid``. Per date there are
    means of the core (``ndvi_before`` …), of the ring (``ring_ndvi_before`` …) and shares of cover (``water_after`` …).
    Further: ``…_change``; ``…_own`` (change less that of the ring); ``ndvi_settled`` (NDVI after, less what the ring
    gained); ``plants_turned`` (share of pixels whose NDVI moved); ``gain`` (ratio of brightness, ring taken out);
    ``angle`` (degrees, ring taken out); ``stands_out_before|after`` (brightness against the ring); ``unlike_ring``
    (distance of the spectra after, over the ring's length); ``infrared_gain`` (gain in shortwave infrared over that of
    visible light: above 1 where ground dries); ``blue_share`` (of the change in blue and shortwave infrared);
    ``hidden`` (share of the ring under cloud); ``open_water`` (0 or 1).
    """
    tree = shapely.STRtree(changed)
    rows = [_features(shape, dates, grid, tree, cover) for shape in objects]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


def window_of(shape: shapely.Geometry, grid: Grid, rim: int) -> Window:
    """The pixels under a polygon and ``rim`` more on each side, within the grid."""
    points = shapely.get_coordinates(shape)
    columns, rows = ~grid.transform @ (points[:, 0], points[:, 1])
    left, top = max(int(np.floor(columns.min())) - rim, 0), max(int(np.floor(rows.min())) - rim, 0)
    right = min(int(np.ceil(columns.max())) + rim, grid.width)
    bottom = min(int(np.ceil(rows.max())) + rim, grid.height)
    return Window(left, top, max(right - left, 1), max(bottom - top, 1))


def drawn(shapes: list[shapely.Geometry], grid: Grid, window: Window) -> NDArray[np.bool_]:
    """Where ``shapes`` lie in a window, by pixel centres."""
    size = (int(window.height), int(window.width))
    if not shapes:
        return np.zeros(size, bool)
    burned = rasterize([(shape, 1) for shape in shapes], size, transform=grid.window(window).transform, dtype="uint8")
    return np.asarray(burned, bool)


def _pieces(window: Window, grid: Grid) -> Iterator[tuple[Window, tuple[slice, slice]]]:
    """Parts of ``window`` with a rim, and where the part without its rim lies in it."""
    for top in range(0, int(window.height), _PIECE):
        for left in range(0, int(window.width), _PIECE):
            height, width = min(_PIECE, int(window.height) - top), min(_PIECE, int(window.width) - left)
            row, column = int(window.row_off) + top, int(window.col_off) + left
            first_row, first_column = max(row - _RING - 1, 0), max(column - _RING - 1, 0)
            last_row = min(row + height + _RING + 1, grid.height)
            last_column = min(column + width + _RING + 1, grid.width)
            wide = Window(first_column, first_row, last_column - first_column, last_row - first_row)
            inside = slice(row - first_row, row - first_row + height)
            yield wide, (inside, slice(column - first_column, column - first_column + width))


class _Sums:
    """Sums over pixels of one set: per band and date, and per cover and date."""

    def __init__(self, bands: int) -> None:
        self.pixels = 0
        self.spectra = np.zeros((2, bands))
        self.cover = np.zeros((2, 4))
        self.plants_turned = 0

    def add(
        self,
        where: NDArray[np.bool_],
        dates: list[NDArray[np.float32]],
        covers: list[NDArray[np.bool_]],
        turned: NDArray[np.bool_],
    ) -> None:
        self.pixels += int(np.count_nonzero(where))
        self.plants_turned += int(np.count_nonzero(turned & where))
        for k in (0, 1):
            self.spectra[k] += dates[k][:, where].sum(axis=1, dtype=float)
            self.cover[k] += covers[k][:, where].sum(axis=1)


def _features(
    shape: shapely.Geometry, dates: Dates, grid: Grid, tree: shapely.STRtree, cover: Cover
) -> dict[str, float]:
    names = dates.names
    whole, core, land, ring = (_Sums(len(names)) for _ in range(4))
    around = hidden = 0
    window = window_of(shape, grid, _RING + 1)
    for wide, inside in _pieces(window, grid):
        own = drawn([shape], grid, wide)
        if not own.any():
            continue
        first, second, seen = dates.read(wide)
        bounds = shapely.box(*_bounds(grid.window(wide)))
        others = drawn(list(tree.geometries[tree.query(bounds)]), grid, wide) & ~own
        spread = ndimage.distance_transform_edt(~own)
        rim = (spread > _GAP) & (spread <= _RING)
        deep = ndimage.binary_erosion(own, _EIGHT)
        here = np.zeros(own.shape, bool)
        here[inside] = True
        near = rim & ~others
        around += int(np.count_nonzero(rim & here))
        hidden += int(np.count_nonzero(rim & here & ~seen))
        pair = [first, second]
        covers = [np.stack(list(cover_masks(dict(zip(names, bands, strict=True)), cover).values())) for bands in pair]
        plants = [INDICES["ndvi"](dict(zip(names, bands, strict=True))) for bands in pair]
        with np.errstate(invalid="ignore"):
            turned = np.abs(plants[1] - plants[0]) >= _TURNED
        dry = deep & ~covers[0][0] & ~covers[1][0]
        for sums, where in ((whole, own), (core, deep), (land, dry), (ring, near)):
            sums.add(where & seen & here, pair, covers, turned)
    heart = core if core.pixels >= _LEAST else whole
    if land.pixels >= max(_LEAST, _DRY * core.pixels):  # a pit is known by its sand, not by the pond in it
        heart = land
    found = {"hidden": hidden / around if around else 0.0, "seen_pixels": float(whole.pixels)}
    if not whole.pixels:
        return found
    found |= _spectral(names, heart, ring)
    found["plants_turned"] = whole.plants_turned / whole.pixels
    found["ndvi_settled"] = found["ndvi_before"] + found["ndvi_own"]
    for k, when in enumerate(("before", "after")):
        for place, kind in enumerate(("water", "green", "bare", "bright")):
            found[f"{kind}_{when}"] = whole.cover[k, place] / whole.pixels
            found[f"ring_{kind}_{when}"] = ring.cover[k, place] / ring.pixels if ring.pixels else np.nan
    wet = max(found["water_before"], found["water_after"], found["ring_water_before"], found["ring_water_after"])
    found["open_water"] = float(wet > 0.02 and _touches_open_water(shape, dates, grid, cover))
    return found


def _spectral(names: tuple[str, ...], heart: _Sums, ring: _Sums) -> dict[str, float]:
    found: dict[str, float] = {}
    own = heart.spectra / heart.pixels
    near = ring.spectra / ring.pixels if ring.pixels else np.full_like(own, np.nan)
    values: dict[str, list[float]] = {}
    for prefix, spectra in (("", own), ("ring_", near)):
        for k, when in enumerate(("before", "after")):
            bands = {name: spectra[k, i : i + 1] for i, name in enumerate(names)}
            for index, formula in INDICES.items():
                value = float(formula(bands)[0])
                found[f"{prefix}{index}_{when}"] = value
                values.setdefault(f"{prefix}{index}", []).append(value)
    for index in INDICES:
        change = values[index][1] - values[index][0]
        near_change = values[f"ring_{index}"][1] - values[f"ring_{index}"][0]
        found[f"{index}_change"] = change
        found[f"{index}_own"] = change - near_change if np.isfinite(near_change) else change
    with np.errstate(invalid="ignore", divide="ignore"):
        drift = np.where(np.isfinite(near).all(axis=0), near[1] - near[0], 0.0)
        factor = np.where(np.isfinite(near).all(axis=0), near[1] / near[0], 1.0)
        found["angle"] = float(spectral_angle(own[0] * factor, own[1]))
        found["angle_to_ring_after"] = float(spectral_angle(near[1], own[1]))
        lengths = [float(np.linalg.norm(own[0] * factor)), float(np.linalg.norm(own[1]))]
        found["gain"] = lengths[1] / lengths[0]
        found["unlike_ring"] = float(np.linalg.norm(own[1] - near[1]) / np.linalg.norm(near[1]))
        for k, when in enumerate(("before", "after")):
            found[f"stands_out_{when}"] = float(np.linalg.norm(own[k]) / np.linalg.norm(near[k]))
    if {"blue", "swir22"} <= set(names):
        blue, infrared = (abs(float(own[1, names.index(n)] - own[0, names.index(n)])) for n in ("blue", "swir22"))
        found["blue_share"] = blue / max(blue + infrared, 1e-6)
        with np.errstate(invalid="ignore", divide="ignore"):
            grown = own[1] / np.maximum(own[0] * factor, 1e-4)
            seen = [grown[names.index(n)] for n in ("blue", "green", "red") if n in names]
            found["infrared_gain"] = float(grown[names.index("swir22")] / np.mean(seen))
    if "red" in names:
        place = names.index("red")
        found["red_own"] = float(own[1, place] - own[0, place] - drift[place])
        found["ring_red_after"] = float(near[1, place])
    return found


def _touches_open_water(shape: shapely.Geometry, dates: Dates, grid: Grid, cover: Cover) -> bool:
    """Whether sea or a lake of :data:`OPEN_WATER_HA` on both dates lies within three pixels of the object."""
    reach = int(np.ceil(_LOOK_M / max(grid.pixel_m)))
    window = window_of(shape, grid, reach)
    if window.width > 2 * _PIECE or window.height > 2 * _PIECE:
        window = window_of(shapely.point_on_surface(shape), grid, _PIECE)
    first, second, seen = dates.read(window)
    names = dates.names
    wet = [cover_masks(dict(zip(names, bands, strict=True)), cover)["water"] for bands in (first, second)]
    bodies, count = ndimage.label(wet[0] & wet[1] & seen, structure=_EIGHT)
    if not count:
        return False
    own = ndimage.binary_dilation(drawn([shape], grid, window), _EIGHT, iterations=3)
    touched = np.unique(bodies[own & (bodies > 0)])
    hectares = np.bincount(bodies.ravel())[touched] * float(np.prod(grid.pixel_m)) / 1e4
    return bool((hectares >= OPEN_WATER_HA).any())


def _bounds(grid: Grid) -> tuple[float, float, float, float]:
    west, north = grid.transform @ (0, 0)
    east, south = grid.transform @ (grid.width, grid.height)
    return min(west, east), min(south, north), max(west, east), max(south, north)

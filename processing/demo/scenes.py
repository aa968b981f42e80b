"""Two Sentinel-2 L2A-like scenes of the coast: land cover to reflectance, noise, clouds, and digital numbers.

Format: uint16, DN = reflectance × 10000 + 1000 (the offset of processing baseline 04.00 and later), DN 0 is nodata,
scene classes as in Level-2A.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage
from shapely import Point

from . import labels
from .coast import AFTER, BEFORE, GRID_CRS, PIXEL, SIZE, Coast, Event
from .cover import BANDS, SPECTRA, Cover, Mask, Plane, noise
from .shapes import Rng

BASELINE, OFFSET = "05.11", -1000

_SPREAD = 0.65  # pixels, standard deviation of what the optics smear
_NOISE = 0.0044  # reflectance, standard deviation per pixel and band
_HAZE = 0.0015  # reflectance, standard deviation, in patches
_GLINT = 0.0012  # reflectance, equal in all bands
_SUN = (-9.0, -14.0)  # pixels from cloud to shadow: columns, rows (sun in the south-east, cloud at about 1 km)


@dataclass(frozen=True)
class _Date:
    """How one acquisition differs: gain and bias of reflectance, shift in pixels, greenness.

    Clouds and thin cirrus are (column, row, radius) in pixels.
    """

    gain: float
    bias: float
    shift: tuple[float, float]
    green: float
    clouds: tuple[tuple[int, int, int], ...]
    cirrus: tuple[tuple[int, int, int], ...]


_DATES = {
    "before": _Date(1.0, 0.0, (0.0, 0.0), 1.0, ((250, 215, 34), (330, 170, 22), (930, 960, 46)), ((1010, 140, 60),)),
    "after": _Date(
        1.02, 0.003, (0.05, -0.07), 1.02, ((560, 250, 40), (690, 205, 24), (770, 1010, 38)), ((180, 820, 55),)
    ),
}


def scenes(seed: int, coast: Coast) -> dict[str, NDArray[np.uint16]]:
    """Both scenes, ``before`` and ``after``: bands of :data:`BANDS` and SCL (7, rows, columns)."""
    cover = Cover(np.random.default_rng([seed, 9]), coast)
    return {which: _scene(np.random.default_rng([seed, 10, k]), cover, which) for k, which in enumerate(_DATES)}


def cloud_events(coast: Coast) -> list[Event]:
    """Where clouds stand, as events that must not raise alerts: circles around each."""
    west, north = coast.origin
    return [
        Event(
            f"cloud_{which}_{k + 1}",
            "cloud",
            Point(west + column * PIXEL, north - row * PIXEL).buffer(radius * PIXEL),
            expected=False,
        )
        for which, date in _DATES.items()
        for k, (column, row, radius) in enumerate(date.clouds)
    ]


def _scene(rng: Rng, cover: Cover, which: str) -> NDArray[np.uint16]:
    date = _DATES[which]
    fractions = cover.fractions(changed=which == "after")
    bands = cover.reflectance(fractions, date.green, shifted=which == "after")
    water = fractions["sea"] + fractions["shallow"] + fractions["pond"] + fractions["lake"] > 0.5
    bands = np.stack([ndimage.gaussian_filter(band, _SPREAD) for band in bands])
    if any(date.shift):
        bands = np.stack([ndimage.shift(band, date.shift, order=2, mode="nearest") for band in bands])
    bands = bands * np.float32(date.gain) + np.float32(date.bias)
    cloud, shadow, cirrus = _clouds(rng, date)
    white = np.array(SPECTRA["cloud"], dtype=np.float32)[:, None, None]
    bands = bands * (1.0 - 0.45 * shadow) * (1.0 - cloud) + white * cloud
    bands = bands * (1.0 - 0.18 * cirrus) + 0.18 * 0.55 * white * cirrus
    bands += _unrest(rng, water, bands)
    numbers = np.clip(np.round(bands * 10_000.0) - OFFSET, 1, 65_534).astype(np.uint16)
    return np.concatenate([numbers, _classes(bands, water, cloud, shadow, cirrus)[None]])


def _unrest(rng: Rng, water: Mask, bands: NDArray[np.float32]) -> NDArray[np.float32]:
    """What differs between any two dates though nothing happened: sensor noise, haze, glint on waves."""
    sensor = rng.standard_normal(bands.shape, dtype=np.float32) * (_NOISE + 0.003 * bands)
    haze = 0.6 * noise(rng, 12.0) + 0.4 * noise(rng, 40.0)
    glint = rng.standard_normal(water.shape, dtype=np.float32) + noise(rng, 3.0)
    return np.asarray(sensor + _HAZE * haze + _GLINT * glint * water)


def _clouds(rng: Rng, date: _Date) -> tuple[Plane, Plane, Plane]:
    """Opacity of clouds, of their shadows and of thin cirrus, 0 to 1."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    ragged = 0.55 * noise(rng, 26.0) + 0.3 * noise(rng, 9.0)

    def bank(discs: tuple[tuple[int, int, int], ...], soft: float) -> Plane:
        total = np.zeros((SIZE, SIZE), dtype=np.float32)
        for column, row, radius in discs:
            reach = 1.0 - np.hypot(columns - column, (rows - row) * 1.25) / radius
            total = np.maximum(total, reach + 0.28 * ragged - 0.05)
        return np.asarray(np.clip(total / soft, 0.0, 1.0), dtype=np.float32)

    cloud = bank(date.clouds, 0.28)
    shadow = ndimage.shift(cloud, (_SUN[1], _SUN[0]), order=1, mode="constant")
    shadow = ndimage.gaussian_filter(shadow, 1.0) * (1.0 - cloud)
    return cloud, np.asarray(shadow, dtype=np.float32), bank(date.cirrus, 0.8)


def _classes(bands: NDArray[np.float32], water: Mask, cloud: Plane, shadow: Plane, cirrus: Plane) -> NDArray[np.uint16]:
    """Scene classes at 20 m, drawn on the 10 m grid: 3 shadow, 4 vegetation, 5 bare, 6 water, 8, 9 cloud, 10 cirrus."""

    def coarse(plane: Plane) -> Plane:
        return np.asarray(plane.reshape(SIZE // 2, 2, SIZE // 2, 2).mean(axis=(1, 3)))

    red, near = coarse(bands[2]), coarse(bands[3])
    ndvi = (near - red) / np.maximum(near + red, 1e-3)
    found = np.where(ndvi > 0.32, 4, 5)
    found[coarse(water.astype(np.float32)) > 0.5] = 6
    found[coarse(cirrus) > 0.08] = 10
    found[coarse(shadow) > 0.18] = 3
    thick = coarse(cloud)
    found[ndimage.binary_dilation(thick > 0.03, iterations=1)] = 8
    found[thick > 0.35] = 9
    return np.asarray(found.repeat(2, axis=0).repeat(2, axis=1), dtype=np.uint16)


def write(path: Path, numbers: NDArray[np.uint16], coast: Coast, which: str) -> float:
    """Write one scene as a tiled GeoTIFF with named bands and tags; returns its share of cloud in percent."""
    cloudy = float(np.isin(numbers[6], (8, 9, 10)).mean() * 100.0)
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": 7, "width": SIZE, "height": SIZE, "crs": GRID_CRS, "nodata": 0,
        "transform": Affine(PIXEL, 0.0, coast.origin[0], 0.0, -PIXEL, coast.origin[1]),
        "tiled": True, "blockxsize": 256, "blockysize": 256, "interleave": "band",
        "compress": "deflate", "predictor": 2,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(numbers)
        for number, name in enumerate((*BANDS, "SCL"), start=1):
            file.set_band_description(number, name)
        file.update_tags(
            SENSOR="Sentinel-2 L2A",
            DATE=BEFORE if which == "before" else AFTER,
            SIMULATED="yes",
            SOURCE=labels.SOURCE,
            PROCESSING_BASELINE=BASELINE,
            BOA_ADD_OFFSET=str(OFFSET),
            BOA_QUANTIFICATION_VALUE="10000",
            CLOUD_PERCENT=f"{cloudy:.2f}",
        )
    return cloudy

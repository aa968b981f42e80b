"""Simulated dates of one piece of dune coast through the years: season, clouds, haze, and pits dug on known days.

Each date depends on the seed and its own day alone, so any choice of dates shows the same ground. Reflectances are
those of :mod:`.cover`, typical values of such covers; how green, wet, cloudy and hazy a day is, is a choice of ours
within what the coast of Bình Thuận does (dry from November to April), not a measurement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage

from . import labels
from .cover import BANDS, SPECTRA, Mask, Plane
from .shapes import Rng

GRID_CRS = "EPSG:32649"
PIXEL = 10.0
CORNER = (172_000.0, 1_196_000.0)  # upper left, E and N: Suối Nhum, east of 108° E
OFFSET = -1000

_NOISE = 0.0044  # reflectance, standard deviation per pixel and band
_GAIN = 0.006  # standard deviation of a date's calibration
_WETTEST, _GREENEST = 280, 300  # days of the year: October, the end of the rains
_DARKENS = 0.12  # share of its reflectance that soaked sand loses
# Haze adds path radiance that falls with wavelength.
_HAZE = np.array([1.0, 0.72, 0.55, 0.35, 0.1, 0.06], np.float32)


@dataclass(frozen=True)
class Pit:
    """A pit of bright sand with a pond in it, ``radius`` pixels around (``row``, ``column``), there from ``dug`` on;
    from ``filled`` on, if there is such a day, the ground looks as it did before.
    """

    row: float
    column: float
    radius: float
    dug: date
    filled: date | None = None

    def open_on(self, day: date) -> bool:
        """Whether it is there."""
        return self.dug <= day and (self.filled is None or day < self.filled)


@dataclass(frozen=True)
class Land:
    """What lies there: shares of covers (0 to 1 of what is left, from the top down), texture, pits."""

    seed: int
    size: int
    shares: dict[str, Plane]
    texture: Plane
    pits: tuple[Pit, ...]

    @property
    def transform(self) -> Affine:
        """From pixels to the map."""
        return Affine(PIXEL, 0.0, CORNER[0], 0.0, -PIXEL, CORNER[1])


def land(seed: int, size: int = 160, pits: tuple[Pit, ...] = ()) -> Land:
    """A square of ``size`` pixels: sea along its lower right, dunes, fields, scrub; the same for the same seed."""
    rng = np.random.default_rng([seed, 11])
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    broad, middle, fine = (field(rng, size, scale) for scale in (size / 4, size / 12, 2.0))
    shore = (rows + columns) / 2.0 - 0.86 * size - 0.03 * size * middle
    shares = {
        "sea": _rise(shore, 0.0, 1.5),
        "beach": _rise(shore, -4.0, -2.0),
        "road": (np.abs(shore + 12.0) < 0.6).astype(np.float32) * 0.75,
        "white_dune": 0.8 * _rise(0.8 * middle - 0.5 * broad, 0.6, 1.5),
        "red_dune": _rise(broad + 0.6 * middle, 0.2, 0.7),
        "green_field": _rise(middle - broad, 0.8, 1.2),
    }
    return Land(seed, size, shares, 0.5 * middle + 0.5 * fine, pits)


def field(rng: Rng, size: int, scale: float) -> Plane:
    """Smooth noise with features of about ``scale`` pixels, mean 0 and standard deviation 1."""
    raw = rng.standard_normal((size, size), dtype=np.float32)
    smooth = ndimage.gaussian_filter(raw, scale / 2.5, mode="wrap")
    return np.asarray((smooth - smooth.mean()) / smooth.std(), dtype=np.float32)


def scene(ground: Land, day: date) -> NDArray[np.uint16]:
    """Digital numbers of one date: bands of :data:`.cover.BANDS` and scene classes (7, rows, columns)."""
    rng = np.random.default_rng([ground.seed, 12, day.toordinal()])
    bands = _reflectance(ground, day)
    bands = np.stack([ndimage.gaussian_filter(band, 0.6) for band in bands])
    bands *= np.float32(1.0 + rng.normal(0.0, _GAIN))
    haze = np.float32(abs(rng.normal(0.0, 0.006))) * (1.0 + 0.4 * field(rng, ground.size, ground.size / 5))
    bands += _HAZE[:, None, None] * haze
    cloud, shadow = _sky(rng, ground.size, day)
    white = np.array(SPECTRA["cloud"], np.float32)[:, None, None]
    bands = bands * (1.0 - 0.45 * shadow) * (1.0 - cloud) + white * cloud
    bands += rng.standard_normal(bands.shape, dtype=np.float32) * (_NOISE + 0.003 * bands)
    numbers = np.clip(np.round(bands * 10_000.0) - OFFSET, 1, 65_534).astype(np.uint16)
    return np.concatenate([numbers, _classes(ground, cloud, shadow)[None]])


def _season(day: date, peak: int) -> float:
    """0 half a year from ``peak`` (day of the year), 1 on it."""
    return 0.5 + 0.5 * float(np.cos(2.0 * np.pi * (day.timetuple().tm_yday - peak) / 365.25))


def _reflectance(ground: Land, day: date) -> NDArray[np.float32]:
    green, wet = _season(day, _GREENEST), _season(day, _WETTEST)
    bands = np.zeros((len(BANDS), ground.size, ground.size), np.float32)
    left = np.ones((ground.size, ground.size), np.float32)
    for name, share in (*_dug(ground, day), *ground.shares.items(), ("scrub", np.ones_like(left))):
        spectrum = np.array(SPECTRA[name], np.float32)
        if name in ("green_field", "scrub"):
            dry = np.array(SPECTRA["dry_field"], np.float32)
            part = green if name == "green_field" else 0.55 + 0.45 * green
            spectrum = part * spectrum + (1.0 - part) * dry
        if name in ("white_dune", "red_dune", "beach", "pit"):
            spectrum = spectrum * np.float32(1.0 - _DARKENS * wet)
        taken = share * left
        bands += spectrum[:, None, None] * (taken * (1.0 + 0.06 * ground.texture))[None]
        left = left - taken
    return bands


def _dug(ground: Land, day: date) -> list[tuple[str, Plane]]:
    """Shares of ponds and pits that are open."""
    rows, columns = np.mgrid[0 : ground.size, 0 : ground.size].astype(np.float32)
    found = []
    for pit in ground.pits:
        if pit.open_on(day):
            away = np.hypot(rows - pit.row, columns - pit.column)
            found += [
                ("pond", _rise(0.35 * pit.radius - away, -0.5, 0.5)),
                ("pit", _rise(pit.radius - away, -0.5, 0.5)),
            ]
    return found


def _sky(rng: Rng, size: int, day: date) -> tuple[Plane, Plane]:
    """Opacity of clouds and of their shadows, 0 to 1: few in the dry months, more than half of the sky in the rains."""
    share = 0.04 + 0.6 * _season(day, _WETTEST) * rng.random()
    banks = field(rng, size, size / 6) + 0.4 * field(rng, size, size / 20)
    threshold = float(np.quantile(banks, 1.0 - share))
    cloud = np.clip((banks - threshold) / 0.35, 0.0, 1.0).astype(np.float32)
    shadow = ndimage.shift(cloud, (-5.0, -3.0), order=1, mode="constant") * (1.0 - cloud)
    return cloud, np.asarray(shadow, np.float32)


def _classes(ground: Land, cloud: Plane, shadow: Plane) -> NDArray[np.uint16]:
    """Scene classes as in Level-2A; the thinnest edges of clouds are missed, as Sen2Cor misses them."""
    sea: Mask = ground.shares["sea"] > 0.5
    found = np.where(sea, 6, 5)
    found[shadow > 0.25] = 3
    found[cloud > 0.06] = 8
    found[cloud > 0.5] = 9
    return found.astype(np.uint16)


def write(folder: Path, ground: Land, days: Iterable[date]) -> list[Path]:
    """One tiled GeoTIFF per day in ``folder``, with named bands and tags; those that are there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": 7, "width": ground.size, "height": ground.size,
        "crs": GRID_CRS, "nodata": 0, "transform": ground.transform,
        "tiled": True, "blockxsize": 256, "blockysize": 256, "interleave": "band", "compress": "deflate", "zlevel": 1,
    }  # fmt: skip
    paths = []
    for day in days:
        path = folder / f"S2-{day:%Y%m%d}.tif"
        paths.append(path)
        if path.exists():
            continue
        with rasterio.open(path, "w", **profile) as file:
            file.write(scene(ground, day))
            file.descriptions = (*BANDS, "SCL")
            file.update_tags(
                SENSOR="Sentinel-2 L2A",
                DATE=day.isoformat(),
                SIMULATED="yes",
                SOURCE=labels.SOURCE,
                BOA_ADD_OFFSET=str(OFFSET),
                BOA_QUANTIFICATION_VALUE="10000",
            )
    return paths


def _rise(values: Plane, low: float, high: float) -> Plane:
    """0 up to ``low``, 1 from ``high``, smooth between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)

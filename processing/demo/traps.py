"""Seven traps of a dune coast: what differs between two dates though nobody dug. Each has a name and a place.

dune_shift (the wind moves crests), cloud_edge (thin cloud beyond its mask), shadow (of clouds, masked in part or not at
all), haze, season (harvest, greening), tide (the water's edge, natural turbidity), wet_sand (rain, seepage). How strong
each is, is a choice of ours within what such ground does; nothing here is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from .cover import SPECTRA
from .shapes import Rng
from .trial_land import CORNER, PIXEL, SIDE, Ground, Mask, Plane, blob, noise, rise, share_of

TRAPS = ("dune_shift", "cloud_edge", "shadow", "haze", "season", "tide", "wet_sand")

# Wet sand against dry, band by band: darker, and most so in the shortwave infrared, where water absorbs.
_WET = np.array([0.66, 0.66, 0.66, 0.64, 0.52, 0.47], np.float32)
# Haze adds path radiance that falls with wavelength.
_HAZE = np.array([1.0, 0.72, 0.55, 0.35, 0.1, 0.06], np.float32)
# How much of a dune's reflectance the sun's angle on its crests sways (standard deviation).
_CREST = 0.055


@dataclass
class Sky:
    """Clouds of one date: opacity of cloud and of shadow (0 to 1), and which shadow the mask knows."""

    cloud: Plane
    shadow: Plane
    known_shadow: Plane


@dataclass
class Traps:
    """What is laid over the two dates, and where each trap can raise a false alarm."""

    crests: tuple[Plane, Plane]
    tide: tuple[Plane, Plane]
    shoal: tuple[Plane, Plane]
    wet: tuple[Plane, Plane]
    haze: tuple[Plane, Plane]
    fields: tuple[Plane, Plane]
    green: tuple[Plane, Plane]
    sky: tuple[Sky, Sky]
    places: dict[str, Mask] = field(default_factory=dict)


def traps(rng: Rng, land: Ground) -> Traps:
    """All seven for one coast."""
    crests, shifted = _dunes(rng, land)
    edge = rng.uniform(-22.0, 22.0, 2)  # metres that the waterline lies seaward of its mean place
    tide = tuple(share_of([land.sea.buffer(-shift)]) for shift in edge)
    shoal = tuple(
        np.exp(
            -np.maximum(land.depth - 30.0, 0.0) / np.maximum(rng.uniform(110.0, 190.0) + 50.0 * noise(rng, 30.0), 30.0)
        )
        for _ in range(2)
    )
    wet, damp = _wet(rng, land)
    haze, hazy = _haze(rng)
    fields, green, season = _season(rng, land)
    sky = (_sky(rng), _sky(rng))
    near_water = (land.inland <= 90.0) & (land.depth <= 900.0)
    places = {
        "cloud_edge": _near(sky[0].cloud) | _near(sky[1].cloud),
        "shadow": _near(sky[0].shadow) | _near(sky[1].shadow),
        "tide": near_water,
        "wet_sand": damp,
        "season": season,
        "haze": hazy,
        "dune_shift": shifted & (land.bare > 0.2),
    }
    return Traps(
        crests,
        (tide[0], tide[1]),
        (np.asarray(shoal[0], np.float32), np.asarray(shoal[1], np.float32)),
        wet,
        haze,
        fields,
        green,
        sky,
        places,
    )


def laid_over(bands: NDArray[np.float32], made: Traps, date: int, sandy: Plane) -> NDArray[np.float32]:
    """``bands`` as one date's air and weather show them: crests, wet sand, haze, shadow, cloud."""
    bands = bands * (1.0 + _CREST * made.crests[date] * sandy)[None]
    wet = made.wet[date] * sandy
    sky = made.sky[date]
    damp = bands * (1.0 - wet[None] * (1.0 - _WET)[:, None, None])
    shaded = damp * (1.0 - 0.45 * sky.shadow)[None]
    white = np.array(SPECTRA["cloud"], np.float32)[:, None, None]
    clouded = shaded * (1.0 - sky.cloud) + white * sky.cloud
    return np.asarray(clouded + _HAZE[:, None, None] * made.haze[date][None], np.float32)


def _dunes(rng: Rng, land: Ground) -> tuple[tuple[Plane, Plane], Mask]:
    """Ridges across the north-east wind, some of them further on at the second date."""
    raw = ndimage.gaussian_filter(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (2.6, 11.0), mode="wrap")
    turned = ndimage.rotate(raw, 35.0, reshape=False, order=1, mode="grid-wrap")
    shade = turned - ndimage.shift(turned, (2.0, -2.0), order=1, mode="grid-wrap")
    crests = np.asarray(shade / shade.std(), np.float32)
    moved = ndimage.shift(crests, tuple(rng.uniform(-1.6, 1.6, 2)), order=1, mode="grid-wrap")
    zone = share_of([blob(rng, _spot(rng, land.bare), rng.uniform(30e4, 120e4), 2.2)])
    where = ndimage.gaussian_filter(zone, 8.0)
    return (crests, np.asarray(crests * (1.0 - where) + moved * where, np.float32)), where > 0.05


def _wet(rng: Rng, land: Ground) -> tuple[tuple[Plane, Plane], Mask]:
    """Two patches of sand, each wet on one of the dates."""
    planes = [np.zeros((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)]
    for _ in range(2):
        patch = ndimage.gaussian_filter(share_of([blob(rng, _spot(rng, land.bare), rng.uniform(1e4, 6e4))]), 1.5)
        patch = patch * rng.uniform(0.4, 1.0) * (1.0 + 0.15 * land.texture)
        date = int(rng.integers(0, 2))
        planes[date] = np.maximum(planes[date], np.clip(patch, 0.0, 1.0).astype(np.float32))
    return (planes[0], planes[1]), (planes[0] > 0.05) | (planes[1] > 0.05)


def _haze(rng: Rng) -> tuple[tuple[Plane, Plane], Mask]:
    """A soft bank on one date, and the unevenness that any air has on both."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    row, column = rng.uniform(0, SIDE, 2)
    bank = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2.0 * rng.uniform(40.0, 90.0) ** 2))
    bank = bank * (1.0 + 0.3 * noise(rng, 20.0)) * rng.uniform(0.008, 0.030)
    date = int(rng.integers(0, 2))
    planes = [0.0012 * noise(rng, 40.0), 0.0012 * noise(rng, 40.0)]
    planes[date] = np.asarray(planes[date] + bank, np.float32)
    return (np.asarray(planes[0], np.float32), np.asarray(planes[1], np.float32)), bank > 0.003


def _season(rng: Rng, land: Ground) -> tuple[tuple[Plane, Plane], tuple[Plane, Plane], Mask]:
    """How green each field is on each date (0 dry, 1 green), and how green all other plants are."""
    first = rise(land.fields, 0.5, 0.6)
    turned = ((land.fields * 37.0) % 1.0) < 0.3  # three fields in ten were harvested, or came up
    second = np.where(turned, 1.0 - first, first).astype(np.float32)
    year = rng.normal(1.0, 0.06)
    green = (
        np.ones((SIDE, SIDE), np.float32),
        np.asarray(year * (1.0 + 0.04 * noise(rng, 25.0)), np.float32),
    )
    return (first, second), green, turned & (land.farmed > 0.3)


def _sky(rng: Rng) -> Sky:
    """One or two clouds with ragged, thin edges; one shadow in three is not in the mask."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    ragged = 0.55 * noise(rng, 26.0) + 0.3 * noise(rng, 9.0)
    cloud, shadow, known = (np.zeros((SIDE, SIDE), np.float32) for _ in range(3))
    for _ in range(int(rng.integers(1, 3))):
        row, column, radius = rng.uniform(0, SIDE), rng.uniform(0, SIDE), rng.uniform(14.0, 34.0)
        reach = 1.0 - np.hypot(columns - column, (rows - row) * 1.25) / radius
        one = np.clip((reach + 0.28 * ragged - 0.05) / 0.3, 0.0, 1.0).astype(np.float32)
        one = ndimage.gaussian_filter(one, 1.2)
        height = rng.uniform(0.7, 1.4)
        dark = ndimage.shift(one, (-14.0 * height, -9.0 * height), order=1, mode="constant")
        dark = np.asarray(ndimage.gaussian_filter(dark, 1.0), np.float32)
        cloud, shadow = np.maximum(cloud, one), np.maximum(shadow, dark)
        if rng.random() > 1 / 3:
            known = np.maximum(known, dark)
    return Sky(cloud, shadow * (1.0 - cloud), known * (1.0 - cloud))


def _near(opacity: Plane) -> Mask:
    return np.asarray(ndimage.binary_dilation(opacity > 0.004, iterations=6))


def _spot(rng: Rng, weight: Plane) -> NDArray[np.float64]:
    """A place where ``weight`` is high, else anywhere."""
    rows, columns = np.nonzero(weight > 0.5)
    if not len(rows):
        row, column = rng.uniform(0, SIDE, 2)
    else:
        chosen = int(rng.integers(0, len(rows)))
        row, column = float(rows[chosen]), float(columns[chosen])
    return np.array([CORNER[0] + (column + 0.5) * PIXEL, CORNER[1] - (row + 0.5) * PIXEL])


def outline(mask: Mask) -> shapely.Geometry:
    """``mask`` as polygons on the trial's grid."""
    from rasterio.features import shapes
    from shapely.geometry import shape

    from .trial_land import TRANSFORM

    drawn = shapes(mask.astype(np.uint8), mask=mask, transform=TRANSFORM)
    return shapely.union_all([shape(geometry) for geometry, _ in drawn])

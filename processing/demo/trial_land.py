"""The ground of one surveillance trial: a random dune coast of 5 × 5 km with its sea, fields, road, lake and licences.

Everything is drawn from the seed: line of the shore, belts of dunes, what grows, two licences with old workings. The
reflectances are those of :mod:`.cover`: typical values of such covers, not measurements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy import ndimage
from shapely import LineString, Polygon

from .cover import BANDS, SPECTRA
from .shapes import Points, Rng, wiggle

SIDE = 512  # pixels
PIXEL = 10.0  # metres
GRID_CRS = "EPSG:32649"
CORNER = (216_000.0, 1_222_000.0)  # upper left, E and N: the coast of Hòa Thắng
TRANSFORM = Affine(PIXEL, 0.0, CORNER[0], 0.0, -PIXEL, CORNER[1])
# How many times finer shapes are drawn before their share of a pixel is taken.
_FINE = 5

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """What lies there on both dates. ``shares``: cover by cover from the top down, each 0 to 1 of what is left.

    ``inland`` is the distance to the sea in metres (0 in it), ``depth`` that to the land; ``fields`` numbers each field
    (0 to 1, random), ``farmed`` is where fields are.
    """

    shore: LineString
    sea: Polygon
    road: LineString
    licences: tuple[Polygon, ...]
    workings: dict[str, tuple[Polygon, ...]]
    inland: Plane
    depth: Plane
    fields: Plane
    farmed: Plane
    bare: Plane
    shares: dict[str, Plane]
    texture: Plane


def ground(rng: Rng) -> Ground:
    """A coast, the same for the same ``rng``."""
    shore, sea = _shore(rng)
    wet = share_of([sea]) > 0.5
    inland = (ndimage.distance_transform_edt(~wet) * PIXEL).astype(np.float32)
    depth = (ndimage.distance_transform_edt(wet) * PIXEL).astype(np.float32)
    broad, middle, small, fine = (noise(rng, size) for size in (85.0, 24.0, 7.0, 2.2))
    belt = rise(inland, 120.0, 240.0) * (1.0 - rise(inland + 420.0 * broad + 150.0 * middle, 2_400.0, 3_000.0))
    bare = soften(rise(broad + 0.75 * middle + 0.3 * small + 0.35 * fine, -0.55, 0.75) * belt, 0.8)
    pale = 0.85 * rise(0.8 * middle - 0.6 * broad + 0.25 * small, 0.3, 1.6)
    farmed = rise(inland + 420.0 * broad + 150.0 * middle, 2_500.0, 2_900.0)
    trees = rise(inland, 50.0, 70.0) * (1.0 - rise(inland, 260.0, 460.0)) * rise(middle + 0.6 * small, -0.1, 0.5)
    road = LineString(shapely.get_coordinates(shore) + np.array([-1.0, 1.0]) * rng.uniform(110.0, 190.0) / np.sqrt(2.0))
    licences = tuple(_licence(rng, shore, along) for along in (rng.uniform(0.2, 0.36), rng.uniform(0.62, 0.8)))
    lake = blob(rng, _inland_of(shore, rng.uniform(0.1, 0.9), rng.uniform(2_600.0, 3_100.0)), rng.uniform(6e4, 20e4))
    shares = {
        "road": share_of([road.buffer(4.5)]),
        "built": rise(inland, 70.0, 90.0) * (1.0 - rise(inland, 260.0, 330.0)) * rise(noise(rng, 9.0), 1.25, 1.6),
        "lake": soften(share_of([lake]), 0.4),
        "beach": soften(((inland > 0) & (inland <= 44.0 + 12.0 * middle)).astype(np.float32), 0.5),
        "casuarina": soften(trees, 0.5),
    }
    shares["white_dune"] = bare * pale
    shares["red_dune"] = bare
    workings = {"pit": (), "pond": (), "tailings": ()} | _workings(rng, licences)
    texture = 0.5 * small + 0.5 * fine
    return Ground(shore, sea, road, licences, workings, inland, depth, _patches(rng), farmed, bare, shares, texture)


def reflectance(shares: dict[str, Plane], texture: Plane) -> NDArray[np.float32]:
    """Bands (6, rows, columns) of mixed covers: ``shares`` from the top down, scrub on what is left."""
    bands = np.zeros((len(BANDS), SIDE, SIDE), np.float32)
    left = np.ones((SIDE, SIDE), np.float32)
    for name, share in shares.items():
        taken = share * left
        left = left - taken
        bands += np.array(SPECTRA[name], np.float32)[:, None, None] * taken[None]
    bands += np.array(SPECTRA["scrub"], np.float32)[:, None, None] * left[None]
    return np.asarray(bands * (1.0 + 0.1 * texture)[None], np.float32)


def share_of(shapes: Iterable[shapely.Geometry]) -> Plane:
    """How much of each pixel the ``shapes`` fill."""
    made = [shape for shape in shapes if not shapely.is_empty(shape)]
    if not made:
        return np.zeros((SIDE, SIDE), np.float32)
    fine = TRANSFORM @ Affine.scale(1.0 / _FINE)
    drawn = rasterize([(shape, 1) for shape in made], (SIDE * _FINE, SIDE * _FINE), transform=fine, dtype="uint8")
    return np.asarray(drawn.reshape(SIDE, _FINE, SIDE, _FINE).mean(axis=(1, 3)), np.float32)


def drawn(shape: shapely.Geometry) -> Mask:
    """The pixels whose centres lie in ``shape``."""
    return np.asarray(rasterize([(shape, 1)], (SIDE, SIDE), transform=TRANSFORM, dtype="uint8"), bool)


def noise(rng: Rng, size: float) -> Plane:
    """Smooth noise with features of about ``size`` pixels, mean 0 and standard deviation 1."""
    field = ndimage.gaussian_filter(rng.standard_normal((SIDE, SIDE)).astype(np.float32), size / 2.0, mode="wrap")
    return np.asarray((field - field.mean()) / field.std(), np.float32)


def rise(values: Plane, low: float, high: float) -> Plane:
    """0 up to ``low``, 1 from ``high``, smooth between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def soften(share: Plane, sigma: float) -> Plane:
    """``share`` as a sensor with a spread of ``sigma`` pixels sees it."""
    return np.asarray(np.clip(ndimage.gaussian_filter(share, sigma), 0.0, 1.0), np.float32)


def blob(rng: Rng, centre: Points, area: float, stretch: float = 1.3) -> Polygon:
    """A rounded patch of exactly ``area`` m², turned at random."""
    angle = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    radius = 1.0 + wiggle(rng, angle, (np.pi, 2 * np.pi / 3, 2 * np.pi / 5), 0.2)
    turn = rng.uniform(0.0, np.pi)
    x, y = radius * np.cos(angle) * np.sqrt(stretch), radius * np.sin(angle) / np.sqrt(stretch)
    shape = np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
    return Polygon(shape * np.sqrt(area / Polygon(shape).area) + centre)


def _shore(rng: Rng) -> tuple[LineString, Polygon]:
    """From the south-west corner to the north-east one, the sea in the south-east."""
    side = SIDE * PIXEL
    steps = np.linspace(-0.1, 1.1, 240)
    along = steps * side * np.sqrt(2.0)
    bow = wiggle(rng, along, (5200.0, 1900.0, 640.0, 260.0), 420.0) - rng.uniform(500.0, 1_000.0)
    x, y = CORNER[0] + steps * side - bow / np.sqrt(2.0), CORNER[1] - side + steps * side + bow / np.sqrt(2.0)
    line = np.column_stack([x, y])
    far = np.array([[CORNER[0] + 3 * side, CORNER[1] + side], [CORNER[0] + side, CORNER[1] - 3 * side]])
    return LineString(line), Polygon(np.vstack([line, far])).buffer(0)


def _inland_of(shore: LineString, share: float, metres: float) -> Points:
    point = shore.interpolate(share, normalized=True)
    return np.array([point.x - metres / np.sqrt(2.0), point.y + metres / np.sqrt(2.0)])


def _licence(rng: Rng, shore: LineString, share: float) -> Polygon:
    centre = _inland_of(shore, share, rng.uniform(900.0, 1_300.0))
    corners = np.array([(-0.5, -0.5), (0.1, -0.56), (0.5, -0.42), (0.52, 0.3), (0.3, 0.5), (-0.42, 0.48)])
    corners = corners * (rng.uniform(900.0, 1_300.0), rng.uniform(600.0, 900.0)) + rng.normal(0.0, 30.0, corners.shape)
    turn = np.pi / 4 + rng.normal(0.0, 0.1)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return Polygon(corners @ spin + centre)


def _workings(rng: Rng, licences: tuple[Polygon, ...]) -> dict[str, tuple[Polygon, ...]]:
    """Old pits with their ponds and a tailings fan, there on both dates."""
    pits, ponds, fans = [], [], []
    for licence in licences:
        middle = np.array([licence.centroid.x, licence.centroid.y])
        pit = blob(rng, middle + rng.normal(0.0, 40.0, 2), rng.uniform(2e4, 5e4))
        pits.append(pit)
        ponds.append(blob(rng, np.array([pit.centroid.x, pit.centroid.y]), 0.25 * pit.area))
        fans.append(blob(rng, middle + np.array([-230.0, -190.0]), rng.uniform(0.8e4, 2e4)))
    return {"pit": tuple(pits), "pond": tuple(ponds), "tailings": tuple(fans)}


def _patches(rng: Rng) -> Plane:
    """Fields: each pixel takes the random value of the nearest seed of a grid turned a little."""
    count = 1_600
    seeds = rng.uniform(0, SIDE, (count, 2))
    from scipy.spatial import cKDTree

    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    turn = np.array([[0.79, 0.61], [-0.61, 0.79]]) * np.array([[1.0], [1.9]])
    nearest = cKDTree(seeds @ turn.T).query(np.column_stack([rows.ravel(), columns.ravel()]) @ turn.T, p=1)[1]
    return np.asarray(rng.random(count)[nearest].reshape(SIDE, SIDE), np.float32)

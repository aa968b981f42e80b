"""Land cover of the simulated coast: soft shares of each cover in each pixel, and their mixed reflectance.

Reflectances are typical values of such covers, not measurements.
"""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy import ndimage
from scipy.spatial import cKDTree
from shapely import Point, Polygon

from .coast import PIXEL, SIZE, Coast
from .shapes import Rng

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Surface reflectance per band of BANDS.
SPECTRA: dict[str, tuple[float, ...]] = {
    "sea": (0.058, 0.054, 0.024, 0.011, 0.005, 0.004),
    "shallow": (0.098, 0.118, 0.082, 0.022, 0.007, 0.005),
    "beach": (0.190, 0.250, 0.300, 0.360, 0.400, 0.370),
    "red_dune": (0.090, 0.145, 0.245, 0.315, 0.430, 0.390),
    "white_dune": (0.190, 0.255, 0.325, 0.390, 0.500, 0.470),
    "scrub": (0.048, 0.072, 0.074, 0.215, 0.190, 0.115),
    "casuarina": (0.032, 0.052, 0.042, 0.265, 0.140, 0.068),
    "dry_field": (0.082, 0.118, 0.160, 0.250, 0.330, 0.255),
    "green_field": (0.042, 0.085, 0.060, 0.340, 0.190, 0.095),
    "road": (0.115, 0.128, 0.140, 0.170, 0.205, 0.190),
    "built": (0.145, 0.165, 0.190, 0.235, 0.270, 0.240),
    "pond": (0.085, 0.120, 0.140, 0.070, 0.018, 0.012),
    "lake": (0.040, 0.055, 0.038, 0.020, 0.008, 0.005),
    "pit": (0.240, 0.315, 0.395, 0.460, 0.560, 0.530),
    "wet_sand": (0.110, 0.150, 0.205, 0.240, 0.235, 0.190),
    "tailings": (0.270, 0.345, 0.410, 0.470, 0.550, 0.520),
    "plume": (0.085, 0.120, 0.175, 0.085, 0.016, 0.010),
    "cloud": (0.680, 0.690, 0.700, 0.720, 0.500, 0.400),
}
_TEXTURE = {
    "sea": 0.02,
    "shallow": 0.06,
    "beach": 0.05,
    "green_field": 0.16,
    "dry_field": 0.14,
    "scrub": 0.16,
    "pond": 0.03,
    "lake": 0.03,
    "pit": 0.05,
    "tailings": 0.03,
}


class Cover:
    """Land cover of the sheet as soft fractions, and its texture. Both dates share it."""

    def __init__(self, rng: Rng, coast: Coast) -> None:
        self.coast = coast
        self.transform = Affine(PIXEL, 0.0, coast.origin[0], 0.0, -PIXEL, coast.origin[1])
        sea = self._mask(coast.sea)
        inland = ndimage.distance_transform_edt(~sea).astype(np.float32) * PIXEL
        depth = ndimage.distance_transform_edt(sea).astype(np.float32) * PIXEL
        broad, middle, small, fine = (noise(rng, size) for size in (85.0, 24.0, 7.0, 2.2))
        self.texture = 0.5 * small + 0.5 * fine
        self.crests = _crests(rng)
        wet = sea.astype(np.float32)
        shoal = np.exp(-np.maximum(depth - 30.0, 0.0) / (150.0 + 60.0 * middle.clip(-1.5, 1.5)))
        # The dunes lie in a belt behind the coast; shrubs hold what the wind does not keep bare.
        belt = _rise(inland, 150.0, 260.0) * (1.0 - _rise(inland + 520.0 * broad + 180.0 * middle, 3_300.0, 3_900.0))
        bare = _rise(broad + 0.75 * middle + 0.3 * small + 0.35 * fine, -0.55, 0.75) * belt
        pale = 0.85 * _rise(0.8 * middle - 0.6 * broad + 0.25 * small, 0.3, 1.6)
        farmed = _rise(inland + 520.0 * broad + 180.0 * middle, 3_400.0, 3_800.0) * _rise(
            1.4 + middle + 0.4 * fine, 0.0, 0.5
        )
        tone = _patches(rng, 11_000)
        trees = _rise(inland, 50.0, 70.0) * (1.0 - _rise(inland, 260.0, 460.0)) * _rise(middle + 0.6 * small, -0.1, 0.5)
        lake = np.zeros_like(sea)
        for east, north, hectares in ((-3200.0, 2300.0, 21.0), (1500.0, 4300.0, 12.0), (-4700.0, 600.0, 8.0)):
            lake |= self._disc(east, north, np.sqrt(hectares * 1e4 / np.pi), middle)
        road = self._mask(coast.road, touched=True).astype(np.float32) * 0.75
        # Shares of what is left, from the top down.
        self.layers: dict[str, Plane] = {
            "road": road,
            "built": (
                _rise(inland, 70.0, 90.0) * (1.0 - _rise(inland, 300.0, 360.0)) * _rise(noise(rng, 9.0), 1.25, 1.6)
            ),
            "lake": _soften(lake.astype(np.float32), 0.6),
            "shallow": _soften(wet * shoal, 0.6),
            "sea": _soften(wet, 0.45),
            "beach": _soften(((inland > 0) & (inland <= 44.0 + 12.0 * middle)).astype(np.float32), 0.5),
            "casuarina": _soften(trees, 0.5),
            "green_field": _soften(farmed * _rise(tone, 0.62, 0.66), 0.5),
            "dry_field": _soften(farmed * _rise(tone, 0.12, 0.30), 0.5),
            "white_dune": _soften(bare * pale, 0.8),
            "red_dune": _soften(bare, 0.8),
        }

    def _mask(self, shape: object, *, touched: bool = False) -> Mask:
        burned = rasterize([(shape, 1)], out_shape=(SIZE, SIZE), transform=self.transform, all_touched=touched)
        return np.asarray(burned, dtype=bool)

    def _disc(self, east: float, north: float, radius: float, noise: Plane) -> Mask:
        rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
        x, y = (columns - SIZE / 2) * PIXEL - east, (SIZE / 2 - rows) * PIXEL - north
        return np.asarray(np.hypot(x, y * 1.4) < radius * (1.0 + 0.22 * noise))

    def _soft(self, shape: Polygon) -> Plane:
        """How much of each pixel ``shape`` fills, from a grid five times finer."""
        fine = Affine(PIXEL / 5, 0.0, self.coast.origin[0], 0.0, -PIXEL / 5, self.coast.origin[1])
        west, south, east, north = shape.bounds
        c0, c1 = int((west - fine.c) // PIXEL) - 1, int((east - fine.c) // PIXEL) + 2
        r0, r1 = int((fine.f - north) // PIXEL) - 1, int((fine.f - south) // PIXEL) + 2
        window = fine @ Affine.translation(c0 * 5, r0 * 5)
        part = rasterize([(shape, 1)], out_shape=((r1 - r0) * 5, (c1 - c0) * 5), transform=window)
        share = part.reshape(r1 - r0, 5, c1 - c0, 5).mean(axis=(1, 3))
        whole = np.zeros((SIZE, SIZE), dtype=np.float32)
        whole[r0:r1, c0:c1] = share
        return whole

    def fractions(self, *, changed: bool) -> dict[str, Plane]:
        """Share of each cover in each pixel; ``changed`` puts the events in."""
        left = np.ones((SIZE, SIZE), dtype=np.float32)
        found: dict[str, Plane] = {}

        def lay(name: str, share: Plane) -> None:
            nonlocal left
            taken = share * left
            found[name] = found.get(name, 0.0) + taken
            left = left - taken

        events = {event.id: event.shape for event in self.coast.events}
        if changed:
            lay("tailings", self._soft(events["tailings_spill"]))
            lay("wet_sand", self._soft(events["pond_lost"]))
            for pit in ("pit_inside", "pit_outside"):
                heart = events[pit].buffer(-np.sqrt(events[pit].area) * 0.26)
                lay("pond", self._soft(heart))
                lay("pit", self._soft(events[pit]))
        else:
            lay("pond", self._soft(self.coast.pond))
        for name, shape in self._old_workings().items():
            lay(name, self._soft(shape))
        for name, share in self.layers.items():
            lay(name, share)
        found["scrub"] = left
        for name in ("pond", "lake", "pit", "tailings", "wet_sand"):
            found.setdefault(name, np.zeros_like(left))
        return found

    def _old_workings(self) -> dict[str, Polygon]:
        """Pits that are there on both dates, inside the licences."""
        first, second = self.coast.licences["SN-01"], self.coast.licences["SN-04"]
        c1, c2 = first.centroid, second.centroid
        shapes = {
            "pond": _corners(c1, (-430, -330), (0, 0), (150, 30), (190, 150), (60, 190), (-40, 90)),
            "pit": _corners(c1, (-560, -430), (0, 0), (330, 10), (430, 240), (250, 390), (-40, 300)),
            "tailings": _corners(c2, (0, 0), (-150, -90), (130, -120), (180, 80), (-30, 150), (-170, 60)),
        }
        return {name: shape.buffer(60.0, quad_segs=6).buffer(-70.0, quad_segs=6) for name, shape in shapes.items()}

    def reflectance(self, fractions: dict[str, Plane], green: float, *, shifted: bool) -> NDArray[np.float32]:
        """Bands (6, rows, columns) of the mixed covers, with texture; dune crests move where the wind moved them."""
        bands = np.zeros((len(BANDS), SIZE, SIZE), dtype=np.float32)
        for name, share in fractions.items():
            spectrum = np.array(SPECTRA[name], dtype=np.float32)
            if name in ("scrub", "casuarina", "green_field"):
                spectrum = spectrum * np.array([1.0, 1.0, 2.0 - green, green, 1.0, 1.0], dtype=np.float32)
            amount = _TEXTURE.get(name, 0.11)
            bands += spectrum[:, None, None] * (share * (1.0 + amount * self.texture))[None]
        sand = fractions["red_dune"] + fractions["white_dune"]
        crests = self.crests
        if shifted:
            where = ndimage.gaussian_filter(
                self._soft(next(e.shape for e in self.coast.events if e.id == "dune_shift")), 12.0
            )
            moved = ndimage.shift(crests, (-0.8, 1.1), order=1, mode="nearest")
            crests = crests * (1.0 - where) + moved * where
        bands *= (1.0 + 0.055 * crests * sand)[None]
        return bands


def _corners(centre: Point, shift: tuple[int, int], *corners: tuple[int, int]) -> Polygon:
    return Polygon([(centre.x + shift[0] + x, centre.y + shift[1] + y) for x, y in corners])


def _rise(values: Plane, low: float, high: float) -> Plane:
    """0 up to ``low``, 1 from ``high``, smooth between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)


def _soften(share: Plane, sigma: float) -> Plane:
    """``share`` as a sensor with a spread of ``sigma`` pixels sees it."""
    return np.asarray(np.clip(ndimage.gaussian_filter(share, sigma), 0.0, 1.0), dtype=np.float32)


def noise(rng: Rng, size: float) -> Plane:
    """Smooth noise with features of about ``size`` pixels, mean 0 and standard deviation 1."""
    step = max(1, int(size / 3))
    cells = SIZE // step + 8
    coarse = ndimage.gaussian_filter(rng.standard_normal((cells, cells)).astype(np.float32), size / step / 2.0)
    field = ndimage.zoom(coarse, step, order=1)[:SIZE, :SIZE] if step > 1 else coarse[:SIZE, :SIZE]
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)


def _crests(rng: Rng) -> Plane:
    """Dune ridges across the north-east wind: noise drawn out along the ridges, sharpened on the lee side."""
    raw = rng.standard_normal((SIZE + 400, SIZE + 400)).astype(np.float32)
    drawn = ndimage.gaussian_filter(raw, (2.6, 11.0))
    turned = ndimage.rotate(drawn, 35.0, reshape=False, order=1, mode="reflect")[200:-200, 200:-200]
    shade = turned - ndimage.shift(turned, (2.0, -2.0), order=1, mode="nearest")
    return np.asarray(shade / shade.std(), dtype=np.float32)


def _patches(rng: Rng, count: int) -> Plane:
    """Fields: each pixel takes the random value of the nearest of ``count`` seeds on a turned grid."""
    seeds = rng.uniform(0, SIZE, (count, 2))
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    turn = np.array([[0.79, 0.61], [-0.61, 0.79]]) * np.array([[1.0], [2.1]])
    points = np.column_stack([rows.ravel(), columns.ravel()]) @ turn.T
    nearest = cKDTree(seeds @ turn.T).query(points, p=1, workers=2)[1]
    return np.asarray(rng.random(count)[nearest].reshape(SIZE, SIZE), dtype=np.float32)

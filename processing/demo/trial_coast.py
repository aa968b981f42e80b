"""One trial of the surveillance: two simulated scenes of a random dune coast, with everything that happened known.

Four new pits of 0.1 to 1.5 ha lie outside the licences; inside, workings grow. All seven traps of :mod:`.traps` are in
every pair, and the dates differ in gain, offset, sub-pixel position and noise as two Sentinel-2 dates do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage
from shapely import MultiPolygon, Polygon

from ...store.coordinates import transform_geometries
from . import labels
from .cover import BANDS
from .shapes import Rng, polygons_of
from .traps import Sky, Traps, laid_over, traps
from .trial_land import (
    CORNER,
    GRID_CRS,
    PIXEL,
    SIDE,
    TRANSFORM,
    Ground,
    Plane,
    blob,
    ground,
    noise,
    reflectance,
    share_of,
)

LICENCE_CRS = "EPSG:9218"
DATES = ("2025-02-16", "2026-02-21")
OFFSET = -1000

_SPREAD = 0.65  # pixels, standard deviation of what the optics smear
_NOISE = 0.0044  # reflectance, standard deviation per pixel and band
_PITS = 4
_SMALLEST, _LARGEST = 1_000.0, 15_000.0  # m²
# A pit counts as visible where clouds and their mask leave at least this share of it.
SEEN = 0.8


@dataclass(frozen=True)
class Event:
    """Something that happened. ``classes``: what an alert on it may be called; ``seen``: share free of cloud."""

    id: str
    kind: str
    shape: Polygon
    classes: tuple[str, ...]
    outside: bool
    seen: float = 1.0


@dataclass(frozen=True)
class Trial:
    """Both scenes (7, rows, columns: bands of :data:`BANDS` and SCL, digital numbers), the truth and the traps."""

    scenes: tuple[NDArray[np.uint16], NDArray[np.uint16]]
    land: Ground
    events: tuple[Event, ...]
    traps: Traps


def trial(seed: int) -> Trial:
    """The trial of ``seed``."""
    rng = np.random.default_rng([seed, 4])
    land = ground(rng)
    made = traps(rng, land)
    events = (*_pits(rng, land), *_inside(rng, land))
    scenes = tuple(_scene(rng, land, made, events, date) for date in (0, 1))
    clear = np.all([~np.isin(scene[6], (3, 8, 9, 10)) for scene in scenes], axis=0)
    told = tuple(Event(e.id, e.kind, e.shape, e.classes, e.outside, _seen(e.shape, clear)) for e in events)
    return Trial((scenes[0], scenes[1]), land, told, made)


def write(made: Trial, folder: Path) -> tuple[Path, Path, Path]:
    """Both scenes and the licences (layer ``concession``) in ``folder``; returns the three paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        write_scene(folder / f"{name}.tif", numbers, day, TRANSFORM)
        for name, day, numbers in zip(("before", "after"), DATES, made.scenes, strict=True)
    ]
    licences = folder / "licences.gpkg"
    shapes = transform_geometries(list(made.land.licences), GRID_CRS, LICENCE_CRS)
    frame = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(0, "trial", k) for k in range(len(shapes))],
            "code": [f"TN-{k + 1:02d}" for k in range(len(shapes))],
            "valid_from": "2015-01-01",
            "valid_to": "2035-01-01",
            "tolerance_m": 10.0,
            "source": labels.SOURCE,
        },
        geometry=[MultiPolygon([shape]) for shape in shapes],
        crs=LICENCE_CRS,
    )
    frame.to_file(licences, layer="concession", driver="GPKG")
    return paths[0], paths[1], licences


def write_scene(path: Path, numbers: NDArray[np.uint16], day: str, transform: Affine) -> Path:
    """One scene as a tiled GeoTIFF with named bands and the tags of a Level-2A stack."""
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": 7, "width": SIDE, "height": SIDE, "crs": GRID_CRS, "nodata": 0,
        "transform": transform, "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(numbers)
        file.descriptions = (*BANDS, "SCL")
        file.update_tags(
            SENSOR="Sentinel-2 L2A", DATE=day, SIMULATED="yes", SOURCE=labels.SOURCE,
            BOA_ADD_OFFSET=str(OFFSET), BOA_QUANTIFICATION_VALUE="10000",
        )  # fmt: skip
    return path


def _pits(rng: Rng, land: Ground) -> list[Event]:
    """New pits anywhere on land outside the licences, clear of each other, of water, road and houses."""
    taken: list[shapely.Geometry] = [licence.buffer(60.0) for licence in land.licences]
    frame = shapely.box(CORNER[0], CORNER[1] - SIDE * PIXEL, CORNER[0] + SIDE * PIXEL, CORNER[1]).buffer(-120.0)
    wet = land.sea.buffer(120.0)
    busy = land.shares["lake"] + land.shares["built"] > 0.05
    found: list[Event] = []
    for number in range(_PITS):
        area = float(np.exp(rng.uniform(np.log(_SMALLEST), np.log(_LARGEST))))
        for _ in range(400):
            column, row = rng.uniform(12, SIDE - 12, 2)
            centre = np.array([CORNER[0] + column * PIXEL, CORNER[1] - row * PIXEL])
            shape = blob(rng, centre, area)
            near = shape.buffer(60.0)
            if not frame.contains(shape) or near.intersects(wet) or near.intersects(land.road):
                continue
            if busy[int(row) - 6 : int(row) + 7, int(column) - 6 : int(column) + 7].any():
                continue
            if any(near.intersects(other) for other in taken):
                continue
            taken.append(near)
            found.append(Event(f"pit_{number + 1}", "new_pit", shape, ("new_pit", "pit_growth"), outside=True))
            break
    return found


def _inside(rng: Rng, land: Ground) -> list[Event]:
    """What the licence holders did: pits that grew, a pond gained, a pond lost."""
    first, second = land.workings["pit"]
    edge = first.buffer(5.0).exterior.interpolate(rng.random(), normalized=True)
    grown = _largest(blob(rng, np.array([edge.x, edge.y]), rng.uniform(4e3, 15e3)).difference(first))
    beside = np.array([second.centroid.x + 160.0, second.centroid.y + 170.0])
    pond = _largest(blob(rng, beside, rng.uniform(4e3, 10e3)).difference(second.buffer(10.0)))
    events = [
        Event("pit_grown", "pit_growth", grown, ("pit_growth", "new_pit"), outside=False),
        Event("pond_new", "pond_gained", pond, ("pond_gained",), outside=False),
    ]
    if rng.random() < 0.4:
        events.append(Event("pond_gone", "pond_lost", land.workings["pond"][0], ("pond_lost",), outside=False))
    return [event for event in events if event.shape.area > 500.0]


def _largest(shape: shapely.Geometry) -> Polygon:
    return polygons_of(shape)[0]


def _covers(land: Ground, made: Traps, events: tuple[Event, ...], date: int) -> dict[str, Plane]:
    """Shares of each cover on one date, from the top down."""
    shares: dict[str, Plane] = {}
    lost = [event.shape for event in events if event.kind == "pond_lost"]
    if date:
        pits = [event.shape for event in events if event.kind in ("new_pit", "pit_growth")]
        hearts = [pit.buffer(-np.sqrt(pit.area) * 0.3) for pit in pits if pit.area > 4_000.0]
        gained = [event.shape for event in events if event.kind == "pond_gained"]
        shares["wet_sand"] = share_of(lost)
        shares["pond"] = share_of([*hearts, *gained, *(p for p in land.workings["pond"] if p not in lost)])
        shares["pit"] = share_of([*pits, *land.workings["pit"]])
    else:
        shares["pond"] = share_of(land.workings["pond"])
        shares["pit"] = share_of(land.workings["pit"])
    shares["tailings"] = share_of(land.workings["tailings"])
    ordered = {name: land.shares[name] for name in ("road", "built", "lake")}
    ordered["shallow"] = made.tide[date] * made.shoal[date]
    ordered["sea"] = made.tide[date]
    ordered["beach"] = land.shares["beach"]
    ordered["casuarina"] = land.shares["casuarina"]
    green = made.fields[date] * land.farmed
    ordered["green_field"] = green
    ordered["dry_field"] = land.farmed
    ordered["white_dune"] = land.shares["white_dune"]
    ordered["red_dune"] = land.shares["red_dune"]
    return shares | ordered


def _scene(rng: Rng, land: Ground, made: Traps, events: tuple[Event, ...], date: int) -> NDArray[np.uint16]:
    shares = _covers(land, made, events, date)
    bands = reflectance(shares, land.texture)
    plants = np.clip((bands[3] - bands[2]) / np.maximum(bands[3] + bands[2], 1e-3) * 2.0, 0.0, 1.0)
    bands[3] *= 1.0 + (made.green[date] - 1.0) * plants
    bands[2] *= 1.0 + (1.0 - made.green[date]) * plants
    left = 1.0 - np.clip(shares["pond"] + shares["pit"] + shares["tailings"], 0.0, 1.0)
    sandy = np.clip(land.bare + land.shares["beach"], 0.0, 1.0) * left * (1.0 - made.tide[date])
    bands = laid_over(bands, made, date, sandy)
    water = shares["sea"] + shares["pond"] + shares["lake"] > 0.5
    return numbers_of(rng, bands, water, made.sky[date], second=bool(date))


def numbers_of(
    rng: Rng, bands: NDArray[np.floating], water: NDArray[np.bool_], sky: Sky, *, second: bool
) -> NDArray[np.uint16]:
    """Reflectances as a sensor's numbers, with SCL: optics, position, gain and offset of the date, noise, glint."""
    seen = np.stack([ndimage.gaussian_filter(band, _SPREAD) for band in bands])
    if second:
        shift = rng.uniform(-0.2, 0.2, 2)
        seen = np.stack([ndimage.shift(band, shift, order=2, mode="nearest") for band in seen])
        seen = seen * rng.normal(1.0, 0.02, (len(seen), 1, 1)) + rng.normal(0.0, 0.003, (len(seen), 1, 1))
    seen = seen + rng.standard_normal(seen.shape) * (_NOISE + 0.003 * seen)
    seen = seen + 0.0012 * (rng.standard_normal(water.shape) + noise(rng, 3.0)) * water
    numbers = np.clip(np.round(seen * 10_000.0) - OFFSET, 1, 65_534).astype(np.uint16)
    return np.concatenate([numbers, _classes(seen, water, sky)[None]])


def _classes(bands: NDArray[np.float64], water: NDArray[np.bool_], sky: Sky) -> NDArray[np.uint16]:
    """Scene classes at 20 m on the 10 m grid: 3 shadow, 4 vegetation, 5 bare, 6 water, 8, 9 cloud; no thin edges."""

    def coarse(plane: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(plane.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3)))

    red, near = coarse(bands[2]), coarse(bands[3])
    found = np.where((near - red) / np.maximum(near + red, 1e-3) > 0.32, 4, 5)
    found[coarse(water.astype(np.float32)) > 0.5] = 6
    found[coarse(sky.known_shadow) > 0.18] = 3
    thick = coarse(sky.cloud)
    found[thick > 0.10] = 8
    found[thick > 0.35] = 9
    return np.asarray(found.repeat(2, axis=0).repeat(2, axis=1), np.uint16)


def _seen(shape: Polygon, clear: NDArray[np.bool_]) -> float:
    share = share_of([shape])
    return float((share * clear).sum() / max(float(share.sum()), 1e-9))

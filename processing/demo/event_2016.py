"""The pond failure of 16 June 2016 at Nam Suối Nhum, simulated from its published measures.

Published (newspapers of June 2016): a pond of about 3 ha about 50 m above the coast road; a gully about 3 m wide, 2.5 m
deep and 350 m long; about 2 ha of sand, 290 to 300 m of road ĐT719 buried; a red plume along about 2 km of coast; the
firm's mine of 507 ha. Simulated: the outline of everything, the land around, the licence's number and holder, both
scenes and their dates. In June 2016 one satellite came by every ten days, so a scene of the day after is a lucky one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from affine import Affine
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import brentq
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, affinity
from shapely.ops import substring

from ...layers.crs import WGS84
from ...layers.errors import InputError
from ...store import dataset
from ...store.coordinates import transform, transform_geometries
from . import labels
from .coast import CENTRE, LICENCE_CRS
from .shapes import Rng, polygons_of
from .traps import Sky
from .trial_coast import numbers_of, write_scene
from .trial_land import CORNER, GRID_CRS, PIXEL, SIDE, Ground, blob, ground, noise, reflectance, share_of, soften

DATA = "nam-suoi-nhum-2016.gpkg"
BEFORE, AFTER, JUDGED_ON = "2016-05-28", "2016-06-17", "2016-06-17"
POND_HA, DEPOSIT_HA, ROAD_M, GULLY_M, GULLY_WIDTH_M, PLUME_M, MINE_HA = 3.0, 2.0, 295.0, 350.0, 3.0, 2000.0, 507.0
ROAD = "ĐT719"
_PLUME_WIDTH_M = 220.0  # how far out the red water reached: not published
_SEED = 2016


@dataclass(frozen=True)
class Failure:
    """What the day left, on the grid of the trial's land (:mod:`.trial_land`)."""

    land: Ground
    mine: Polygon
    pond: Polygon
    gully: Polygon
    deposit: Polygon
    plume: Polygon

    @property
    def truth(self) -> dict[str, Polygon]:
        """The class each should be told as; the gully is narrower than a pixel."""
        return {"pond_lost": self.pond, "sand_deposit": self.deposit, "plume": self.plume, "gully": self.gully}


def failure() -> Failure:
    """The coast and what happened on it; always the same."""
    rng = np.random.default_rng(_SEED)
    land = ground(rng)
    at = _straight_place(land)
    along = _direction(land.road, at)
    inland = np.array([-along[1], along[0]])
    middle = np.array([at.x, at.y])
    axis = ROAD_M / 2.0
    side = DEPOSIT_HA * 1e4 / (np.pi * axis)
    turn = float(np.degrees(np.arctan2(along[1], along[0])))
    deposit = affinity.rotate(affinity.scale(Point(at).buffer(1.0, quad_segs=32), axis, side), turn, origin=at)
    pond = blob(rng, middle, POND_HA * 1e4, 1.4)
    reach = float(shapely.hausdorff_distance(pond, at))
    far = middle + inland * (side + GULLY_M + reach)
    pond = affinity.translate(pond, *(far - middle))
    foot = LineString([middle, far]).difference(pond.union(deposit))
    gully = max(shapely.get_parts(foot), key=shapely.length).buffer(GULLY_WIDTH_M / 2.0, cap_style="flat")
    mine = _mine(land, middle + inland * 130.0, along, inland)
    near = land.shore.project(at)
    coast = substring(land.shore, near - PLUME_M / 2.0, near + PLUME_M / 2.0)
    plume = coast.buffer(_PLUME_WIDTH_M).intersection(land.sea.buffer(-35.0))
    return Failure(land, mine, pond, gully, deposit, max(shapely.get_parts(plume), key=shapely.area))


def scenes(happened: Failure) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Both dates: bands and SCL as a Level-2A stack holds them."""
    rng = np.random.default_rng([_SEED, 1])
    return _scene(rng, happened, second=False), _scene(rng, happened, second=True)


def build(out: Path) -> dict[str, Any]:
    """Write the data set (mine, road, coast) and both scenes into ``out``; returns the paths.

    Raises :class:`InputError` where a file of that name in ``out`` is not ours to replace.
    """
    data = out / DATA
    if data.exists() and not dataset.meta(data).get("simulated"):
        raise InputError("demo.not_ours", path=str(data))
    happened = failure()
    x, y = transform(*CENTRE, WGS84, GRID_CRS)
    half = SIDE * PIXEL / 2.0
    west, north = round((float(x) - half) / PIXEL) * PIXEL, round((float(y) + half) / PIXEL) * PIXEL
    moved = (west - CORNER[0], north - CORNER[1])
    (out / "scenes").mkdir(parents=True, exist_ok=True)
    grid = Affine(PIXEL, 0.0, west, 0.0, -PIXEL, north)
    paths = [
        write_scene(out / "scenes" / f"{day}.tif", numbers, day, grid)
        for day, numbers in zip((BEFORE, AFTER), scenes(happened), strict=True)
    ]
    _write_data(data, happened, moved)
    _write_truth(out / "truth.gpkg", happened, moved)
    return {"data": str(data), "before": str(paths[0]), "after": str(paths[1]), "truth": str(out / "truth.gpkg")}


def _write_data(data: Path, happened: Failure, moved: tuple[float, float]) -> None:
    data.unlink(missing_ok=True)
    shutil.rmtree(dataset.beside(data) / "cache", ignore_errors=True)
    layers = ("concession", "street_centreline", "coastline")
    dataset.create(data, layers, LICENCE_CRS, profile="binh_thuan", simulated=True)
    dataset.set_meta(data, judged_on=JUDGED_ON, title="Nam Suối Nhum, 16/06/2016 (mô phỏng)", seed=_SEED)
    mine, road, shore = _placed([happened.mine, happened.land.road, happened.land.shore], moved)
    rows = {
        "concession": {
            "code": "NSN-2016", "name": "Mỏ titan Nam Suối Nhum (mô phỏng)", "licence_no": "MP-2015/GP-BTNMT",
            "holder": "Đơn vị khai thác (mô phỏng)", "mineral": "Sa khoáng titan – zircon", "valid_from": "2015-01-01",
            "valid_to": "2038-12-31", "area_licensed_ha": MINE_HA, "tolerance_m": 10.0,
            "geometry": MultiPolygon([mine]),
        },
        "street_centreline": {"code": "DT719", "name": ROAD, "width_m": 9.0, "geometry": MultiLineString([road])},
        "coastline": {"name": "Bờ biển Thuận Quý (mô phỏng)", "geometry": MultiLineString([shore])},
    }  # fmt: skip
    for layer, row in rows.items():
        row |= {"uid": labels.uid(_SEED, layer, 1), "source": labels.SOURCE}
        dataset.append(data, layer, gpd.GeoDataFrame([row], crs=LICENCE_CRS))


def _write_truth(path: Path, happened: Failure, moved: tuple[float, float]) -> None:
    truth = happened.truth
    shapes = _placed(list(truth.values()), moved)
    frame = gpd.GeoDataFrame(
        {"kind": list(truth), "area_m2": [s.area for s in shapes]}, geometry=shapes, crs=LICENCE_CRS
    )
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(frame, path, layer="event", driver="GPKG")


def _placed(shapes: list[shapely.Geometry], moved: tuple[float, float]) -> list[Any]:
    """From the trial's grid to Suối Nhum in the licences' coordinates."""
    there = [affinity.translate(shape, *moved) for shape in shapes]
    return list(transform_geometries(there, GRID_CRS, LICENCE_CRS))


def _scene(rng: Rng, happened: Failure, *, second: bool) -> NDArray[np.uint16]:
    land = happened.land
    shares = {}
    if second:
        shares["tailings"] = share_of([happened.deposit])
        shares["wet_sand"] = share_of([happened.pond])
        shares["pit"] = share_of([happened.gully])
        shares["plume"] = soften(share_of([happened.plume]), 1.5) * 0.9
    else:
        shares["pond"] = share_of([happened.pond])
    shares |= {name: land.shares[name] for name in ("road", "built", "lake")}
    sea = share_of([land.sea])
    shares["shallow"] = sea * np.exp(-np.maximum(land.depth - 30.0, 0.0) / 150.0)
    shares["sea"] = sea
    shares |= {name: land.shares[name] for name in ("beach", "casuarina")}
    shares["green_field"] = land.farmed * ndimage.gaussian_filter((land.fields > 0.6).astype(np.float32), 0.5)
    shares["dry_field"] = land.farmed
    shares |= {name: land.shares[name] for name in ("white_dune", "red_dune")}
    bands = reflectance(shares, land.texture) + 0.0012 * noise(rng, 40.0)
    nothing = np.zeros((SIDE, SIDE), np.float32)
    return numbers_of(rng, bands, sea > 0.5, Sky(nothing, nothing, nothing), second=second)


def _straight_place(land: Ground) -> Point:
    """A place of the road where it runs straight and all that happened has room."""
    best, place = np.inf, land.road.interpolate(0.5, normalized=True)
    for share in np.linspace(0.4, 0.6, 41):
        middle = land.road.project(land.road.interpolate(share, normalized=True))
        piece = substring(land.road, middle - ROAD_M, middle + ROAD_M)
        bent = piece.length / max(LineString([piece.coords[0], piece.coords[-1]]).length, 1.0)
        if bent < best:
            best, place = bent, land.road.interpolate(share, normalized=True)
    return place


def _direction(line: LineString, at: Point) -> NDArray[np.float64]:
    where = line.project(at)
    first, last = line.interpolate(where - ROAD_M / 2.0), line.interpolate(where + ROAD_M / 2.0)
    found = np.array([last.x - first.x, last.y - first.y])
    return np.asarray(found / np.linalg.norm(found))


def _mine(land: Ground, foot: NDArray[np.float64], along: NDArray[np.float64], inland: NDArray[np.float64]) -> Polygon:
    """A field inland of the road, clear of the beach, as deep as gives it the published area."""
    long = np.sqrt(MINE_HA * 1e4 * 1.3)
    beach = land.sea.buffer(150.0)

    def field(wide: float) -> Polygon:
        return polygons_of(_beside(foot, along, inland, long, wide).difference(beach))[0]

    wide = float(brentq(lambda depth: field(depth).area - MINE_HA * 1e4, 500.0, 5_000.0, xtol=0.01))
    return field(wide)


def _beside(
    foot: NDArray[np.float64], along: NDArray[np.float64], inland: NDArray[np.float64], long: float, wide: float
) -> Polygon:
    corners = [foot - along * long / 2.0, foot + along * long / 2.0]
    return Polygon([*corners, *(corner + inland * wide for corner in reversed(corners))])

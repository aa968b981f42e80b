"""Buildings of the simulated land, all within the rules; ``faults`` breaks some afterwards.

The shares of a lot built over are a designer's choice that stays under the limits of QCVN 01:2021/BXD; they are not the
limits themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from . import labels
from .cadastre import BUILDING_LINES, Land
from .fronts import fronts, main_fronts
from .ground import CRS
from .shapes import Points, Rng, half_plane, polygons_of

WALL = 0.15  # metres kept free along lot borders, so that a house lies in its lot whatever the rounding
STOREY = 3.5  # metres
TALL = 19.0  # metres; from here on Bảng 2.7 asks for a setback
_FREE = 7.0  # metres that tall buildings keep from every side of their lot
BACK_YARD = 2.12  # metres that houses keep from the back of their lot, so that backs stand 4 m apart
_DEEP_ENOUGH = 8.0  # metres; no block of a large lot is shallower

# Share of a lot that a house covers, by lot area (m²).
_HOUSE_AREAS = (60.0, 90.0, 120.0, 200.0, 300.0, 500.0, 1000.0)
_HOUSE_SHARES = (0.92, 0.88, 0.76, 0.60, 0.50, 0.40, 0.26)
_VACANT = {"residential": 0.05, "garden": 0.1, "mixed": 0.04}


@dataclass(frozen=True)
class _Plan:
    """Footprint, use, height (m) and floors of one building on the lot at position ``lot``."""

    lot: int
    footprint: Polygon
    use: str
    height: float
    floors: int
    name: str = ""


def buildings(seed: int, land: Land) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """All buildings (layer ``building``) and the fronts table of the lots."""
    rng = np.random.default_rng([seed, 3])
    parcels = land.frames["parcel"]
    table = fronts(parcels, land.frames["street_boundary"])
    main = main_fronts(table)
    plans = _houses(rng, land, main)
    front_of = {int(str(lot)): row for lot, row in main.iterrows()}
    for k, (use, lot) in enumerate(zip(land.lots.use, parcels.geometry, strict=True)):
        if use in _LARGE and k in front_of:
            plans += _LARGE[use](rng, k, polygons_of(lot)[0], front_of[k], use)
    plans.sort(key=lambda plan: plan.lot)
    plans = _in_their_yards(plans, land, table)
    return _frame(seed, rng, plans, parcels), table


def _frame(seed: int, rng: Rng, plans: list[_Plan], parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    footprints = shapely.set_precision([plan.footprint for plan in plans], 0.001)
    areas = shapely.area(footprints)
    floors = np.array([plan.floors for plan in plans])
    counted = np.where([plan.use == "detached" for plan in plans], 0.97, 0.92)
    days = rng.integers(0, 365 * 24, len(plans))
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "building", k) for k in range(len(plans))],
            "code": [f"CT-{k + 1:05d}" for k in range(len(plans))],
            "name": [plan.name for plan in plans],
            "use": [plan.use for plan in plans],
            "height_m": np.round([plan.height for plan in plans], 1),
            "floors": floors,
            "floor_area_m2": np.round(areas * floors * counted, 1),
            "parcel": parcels.uid.to_numpy()[[plan.lot for plan in plans]],
            "permit_no": [f"GPXD-MP-{k + 1:05d}" for k in range(len(plans))],
            "built_on": [(pd.Timestamp("2001-01-15") + pd.Timedelta(days=int(d))).date().isoformat() for d in days],
            "source": labels.SOURCE,
        },
        geometry=[MultiPolygon([f]) if f.geom_type == "Polygon" else f for f in footprints],
        crs=CRS,
    )


def _in_their_yards(plans: list[_Plan], land: Land, table: pd.DataFrame) -> list[_Plan]:
    """The plans behind the building lines, houses also off the back of their lots; one with too little left is gone."""
    lots = land.frames["parcel"].geometry.to_numpy()
    streets = land.frames["street_centreline"].road_class.map(BUILDING_LINES).to_numpy(dtype=float)
    lined = np.flatnonzero(~np.isnan(streets))
    areas = land.frames["street_boundary"].geometry.to_numpy()[lined]
    forecourt = shapely.union_all(shapely.buffer(areas, streets[lined] + 0.05, join_style="mitre"))
    shapely.prepare(forecourt)
    inward = {lot: rows[["nx", "ny"]].to_numpy() for lot, rows in table.groupby("lot")}
    kept = []
    for plan in plans:
        shape: BaseGeometry = plan.footprint
        if shapely.intersects(forecourt, shape):
            shape = shape.difference(forecourt)
        if plan.use == "detached":
            shape = shape.difference(back_edges(polygons_of(lots[plan.lot])[0], inward[plan.lot]).buffer(BACK_YARD))
        parts = polygons_of(shape)
        if parts and parts[0].area > 18.0:
            kept.append(replace(plan, footprint=parts[0]))
    return kept


def back_edges(lot: Polygon, inward: Points) -> MultiLineString:
    """The straight pieces of the outline opposite any front of the lot, whose unit normals into it are ``inward``."""
    ring = shapely.get_coordinates(lot.exterior)
    step = np.diff(ring, axis=0)
    outward = np.column_stack([step[:, 1], -step[:, 0]]) / np.hypot(*step.T)[:, None]
    if not lot.exterior.is_ccw:
        outward = -outward
    at = ((outward @ inward.T) > 0.6).any(axis=1)
    return MultiLineString([LineString([a, b]) for a, b in zip(ring[:-1][at], ring[1:][at], strict=True)])


def house_share(area: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a lot of ``area`` (m²) that its house covers at most."""
    return np.asarray(np.interp(area, _HOUSE_AREAS, _HOUSE_SHARES))


def _houses(rng: Rng, land: Land, main: pd.DataFrame) -> list[_Plan]:
    """Row houses in town and village, free-standing houses in gardens."""
    lots = land.frames["parcel"].geometry.to_numpy()
    rows: list[_Plan] = []
    chosen = [
        k
        for k, use in enumerate(land.lots.use)
        if use in ("residential", "garden") and k in main.index and rng.random() > _VACANT[use]
    ]
    inner = shapely.buffer(lots[chosen], -WALL, join_style="mitre")
    front = main.loc[chosen]
    point, inward = front[["x", "y"]].to_numpy(), front[["nx", "ny"]].to_numpy()
    garden = (land.lots.use.iloc[chosen] == "garden").to_numpy()
    area = shapely.area(lots[chosen])
    share = house_share(area) * rng.uniform(0.82, 1.0, len(chosen))
    setback = np.where(
        garden, rng.uniform(3.0, 11.0, len(chosen)), rng.choice([0.2, 0.2, 0.2, 1.5, 2.4, 3.0], len(chosen))
    )
    width = np.where(garden, rng.uniform(7.5, 12.5, len(chosen)), 80.0)
    want = np.where(garden, np.minimum(share * area, rng.uniform(75.0, 160.0, len(chosen))), share * area)
    found = _grow(inner, point, inward, setback, width, want)
    floors = np.where(
        garden, rng.choice([1, 1, 1, 2, 2], len(chosen)), rng.choice([1, 2, 2, 3, 3, 3, 4, 5], len(chosen))
    )
    roof = rng.uniform(0.4, 1.2, len(chosen))
    for k, lot in enumerate(chosen):
        parts = polygons_of(found[k])
        if parts and parts[0].area > 18.0:
            rows.append(_Plan(lot, parts[0], "detached", float(floors[k] * 3.4 + roof[k]), int(floors[k])))
    return rows


def _grow(
    inner: NDArray[np.object_], point: Points, inward: Points, setback: Points, width: Points, want: Points
) -> NDArray[np.object_]:
    """Bands behind the front, deep enough for the wanted area (m²) or as deep as the lot goes."""
    low, high = np.full(len(inner), 2.0), np.full(len(inner), 60.0)
    best = np.full(len(inner), None, dtype=object)
    for _ in range(9):
        depth = (low + high) / 2
        bands = [
            half_plane(p, n, s, s + d, w / 2)
            for p, n, s, d, w in zip(point, inward, setback, depth, width, strict=True)
        ]
        best = shapely.intersection(inner, bands)
        over = shapely.area(best) > want
        high, low = np.where(over, depth, high), np.where(over, low, depth)
    return best


def shrunk(lot: Polygon, free: float, share: float) -> Polygon | None:
    """The lot shrunk from all sides by at least ``free`` metres, further until it covers at most ``share``."""
    low, high = free, free + 40.0
    for _ in range(14):
        middle = (low + high) / 2
        if lot.buffer(-middle, join_style="mitre").area > share * lot.area:
            low = middle
        else:
            high = middle
    parts = polygons_of(lot.buffer(-max(free, high), join_style="mitre"))
    return parts[0] if parts and parts[0].area > 40.0 else None


def spacing(height: float) -> float:
    """Metres that the blocks of one lot keep from each other: more than QCVN 01:2021/BXD 2.6.1 asks of long sides."""
    return 26.0 if height >= 45.0 else max(8.0, 0.55 * height)


def _slabs(lot: Polygon, front: pd.Series, free: float, count: int, share: float, apart: float) -> list[Polygon]:
    """Up to ``count`` parallel blocks along the front, ``apart`` metres from each other, under ``share`` of the lot."""
    inner = lot.buffer(-free, join_style="mitre")
    point, inward = front[["x", "y"]].to_numpy(float), front[["nx", "ny"]].to_numpy(float)
    depths = (shapely.get_coordinates(inner) - point) @ inward
    if not len(depths):
        return []
    near, far = depths.min(), depths.max()
    while count > 1 and (far - near) / count - apart < _DEEP_ENOUGH:
        count -= 1
    pitch = (far - near + (apart if count > 1 else 0.0)) / count
    depth = min(pitch * min(0.72, share * lot.area / max(inner.area, 1.0)), pitch - apart if count > 1 else pitch)
    for _ in range(12):
        bands = [half_plane(point, inward, near + k * pitch, near + k * pitch + depth) for k in range(count)]
        parts = [polygons_of(part)[0] for part in shapely.intersection(inner, bands) if not part.is_empty]
        if sum(part.area for part in parts) <= share * lot.area:
            break
        depth *= 0.93
    return parts


def _mixed(rng: Rng, k: int, lot: Polygon, front: pd.Series, use: str) -> list[_Plan]:
    if rng.random() < _VACANT[use]:
        return []
    tall = shrunk(lot, _FREE, rng.uniform(0.35, 0.5))
    if tall is not None and tall.area > 0.22 * lot.area and rng.random() < 0.75:
        floors = int(rng.integers(6, 13))
        return [_Plan(k, tall, "mixed", floors * 3.6 + 2.0, floors, "Tòa nhà thương mại (mô phỏng)")]
    low = shrunk(lot, 1.2, rng.uniform(0.45, 0.62))
    floors = int(rng.integers(2, 5))
    return [_Plan(k, low, "mixed", floors * 3.6 + 1.0, floors, "Cửa hàng, dịch vụ (mô phỏng)")] if low else []


def _apartment(rng: Rng, k: int, lot: Polygon, front: pd.Series, use: str) -> list[_Plan]:
    floors = int(rng.integers(9, 18))
    height = floors * 3.3 + 3.0
    slabs = _slabs(lot, front, 9.0, 2, 0.30, spacing(height))
    return [_Plan(k, s, "apartment", height, floors, "Chung cư (mô phỏng)") for s in slabs]


def _public(rng: Rng, k: int, lot: Polygon, front: pd.Series, use: str) -> list[_Plan]:
    count = 3 if lot.area > 9_000 else 2 if lot.area > 3_000 else 1
    floors = int(rng.integers(2, 5))
    name = f"{labels.USES[use].name.vi} (mô phỏng)"
    height = floors * 3.7 + 0.8
    slabs = _slabs(lot, front, 6.0 if lot.area > 3_000 else 3.0, count, 0.27, spacing(height))
    return [_Plan(k, s, "public", height, floors, name) for s in slabs]


def _factory(rng: Rng, k: int, lot: Polygon, front: pd.Series, use: str) -> list[_Plan]:
    height = float(rng.uniform(8.0, 13.5))
    slabs = _slabs(lot, front, 8.0, 1 if rng.random() < 0.5 else 2, 0.5, spacing(height))
    return [_Plan(k, s, "factory", height, 1, "Nhà xưởng (mô phỏng)") for s in slabs]


_LARGE = {
    "mixed": _mixed,
    "apartment": _apartment,
    "industry": _factory,
    **dict.fromkeys(("school", "hospital", "market", "administration", "sport", "clinic", "culture"), _public),
}

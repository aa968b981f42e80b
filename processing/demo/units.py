"""Housing units of the town: which zones belong to each, what they are for in it, and how many people they are for."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from .cadastre import Frames, Land
from .plan_limits import lots_of_buildings, zones_of

OLD, NEW = "Đơn vị ở số 1 – phố cũ (mô phỏng)", "Đơn vị ở số 2 – khu mới (mô phỏng)"
WARD_POPULATION = 46_800  # simulated
_ROLES = {
    "ODT": "housing", "DKV": "public_green", "DGT": "parking", "TMD": "service", "DGD": "service", "DYT": "service",
    "DCH": "service", "DVH": "service", "DTT": "service", "TSC": "service",
}  # fmt: skip
_A_HOUSE = 3.6  # people in a house
_A_PERSON_M2 = 30.0  # floor area of a flat for each of its people
# Land (m²) for each of the people that a unit is planned for, a little above QCVN 01:2021/BXD, 2.2 and Bảng 2.18.
_GREEN_M2, _PARKING_M2 = 2.05, 2.55


def quarters(land: Land, zones: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """The quarter of each zone, between the main and area streets; -1 outside town and island."""
    lines = [s.line for s in land.streets if s.road_class in ("main", "area_main", "area")]
    ground = [land.town.land, land.ground.island]
    borders = shapely.union_all([*lines, *(shape.boundary for shape in ground)])
    faces = shapely.get_parts(shapely.polygonize([borders]))
    inner = shapely.point_on_surface(zones.geometry.to_numpy())
    zone, face = shapely.STRtree(faces).query(inner, predicate="intersects")
    found = np.full(len(zones), -1, dtype=np.intp)
    found[zone] = face
    found[(zones["land_use"] == "SON").to_numpy()] = -1
    return found


def units(land: Land, frames: Frames) -> gpd.GeoDataFrame:
    """Layer ``planned_zone`` with ``unit``, ``role`` and ``population`` of the town's zones."""
    zones = frames["planned_zone"].copy()
    in_town = shapely.intersects(land.town.land, shapely.point_on_surface(zones.geometry.to_numpy()))
    role = zones["land_use"].map(_ROLES)
    member = in_town & role.notna().to_numpy()
    new = (zones["area_state"] == "new").to_numpy()
    zones["unit"] = pd.Series(np.where(new, NEW, OLD), index=zones.index, dtype=object).where(member, None)
    zones["role"] = role.where(member, None)
    people = _people(frames)
    zones["population"] = None
    area = shapely.area(zones.geometry.to_numpy())
    for name in (OLD, NEW):
        mine = (zones["unit"] == name).to_numpy()
        housing = mine & (zones["role"] == "housing").to_numpy()
        green = area[mine & (zones["role"] == "public_green").to_numpy()].sum() / _GREEN_M2
        parking = area[mine & (zones["role"] == "parking").to_numpy()].sum() / _PARKING_M2
        share = min(1.0, green / people[housing].sum(), parking / people[housing].sum())
        zones.loc[housing, "population"] = np.floor(people[housing] * share).astype(int)
    return zones


def _people(frames: Frames) -> NDArray[np.float64]:
    """People who live in the houses and flats of each zone."""
    buildings = frames["building"]
    zone = zones_of(frames)[lots_of_buildings(frames)]
    flats = buildings["floor_area_m2"].to_numpy(dtype=float) / _A_PERSON_M2
    use = buildings["use"].to_numpy(dtype=object)
    people = np.select([use == "detached", use == "apartment"], [_A_HOUSE, flats], 0.0)
    return np.bincount(zone, people, minlength=len(frames["planned_zone"])).astype(float)

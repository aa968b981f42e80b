"""Public services of the simulated town and village: schools, clinics, markets, gardens, bus stops, fire stations.

Each kind first stands where the plan has land for it; then more are put among the houses until every dwelling has one
within its way on foot. One is then taken away again, and one school is too small: these are the planted faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..zoning.land.walking import Network, network, ways
from . import labels
from .cadastre import Frames, Land
from .ground import CRS
from .plan_limits import lots_of_buildings, zones_of
from .protected import Book
from .units import NEW, OLD

Numbers = NDArray[np.float64]
Geometries = NDArray[np.object_]

HOMES = ("detached", "apartment", "mixed")
# Ways on foot that QCVN 01:2021/BXD allows (2.2, 2.3.3, 2.7.4, 2.6.13, 2.9.3.3), metres: new areas, existing ones.
_SCHOOL = (500.0, 1_000.0)


@dataclass(frozen=True)
class _Service:
    """A kind of service: its name, the lots that are one, those that may hold one more, and how far people go (m)."""

    name: str
    own: tuple[str, ...]
    more: tuple[str, ...]
    reach: tuple[float, float] = _SCHOOL


_SERVICES = {
    "nursery": _Service("Trường mầm non", (), ("mixed", "apartment", "residential", "garden")),
    "primary": _Service("Trường tiểu học", ("school",), ("mixed", "residential", "garden")),
    "lower_secondary": _Service("Trường trung học cơ sở", ("school",), ("mixed", "residential", "garden")),
    "clinic": _Service("Trạm y tế", ("clinic", "hospital"), ("mixed", "residential", "garden")),
    "market": _Service("Chợ", ("market",), ("mixed", "residential", "garden")),
    "culture_sport": _Service("Trung tâm văn hóa – thể thao", ("culture", "sport"), ("mixed", "residential", "garden")),
    "garden": _Service(
        "Vườn hoa", ("park",), ("riverside", "parking", "apartment", "residential", "garden"), (300.0, 300.0)
    ),
    "fire_station": _Service("Trạm cứu hỏa", ("administration",), (), (5_000.0, 5_000.0)),
    "bus_stop": _Service("Điểm dừng xe buýt", (), (), (500.0, 500.0)),
}
_BUS_STREETS = ("main", "area_main", "area", "distributor")
_BUS_EVERY_M, _KERB_M = 90.0, 1.2
# School places for every thousand people (QCVN 01:2021/BXD, Bảng 2.4); classes hold so many.
_PLACES = {"nursery": (50.0, 25), "primary": (65.0, 35), "lower_secondary": (55.0, 40)}
_SURE = 0.94  # share of the allowed way within which every dwelling shall have its service
_AS_THE_CROW = 0.62  # of the way on foot, in a town of this grain
_TOLERANCE_M = 1.0  # of the rules: a door is not drawn
_TAKEN_AWAY = ("culture_sport", "clinic", "market", "nursery")
_FEW, _MANY = 4, 70  # dwellings that the planted gap leaves too far


@dataclass
class _Town:
    """What services are placed by: dwellings (points), whether each is in a new area, and the streets they walk."""

    frame: gpd.GeoDataFrame
    points: Geometries
    new: NDArray[np.bool_]
    streets: Network

    def way(self, sites: list[shapely.Geometry]) -> Numbers:
        """Metres on foot from each dwelling to the nearest of ``sites``; infinite without one."""
        if not sites:
            return np.full(len(self.points), np.inf)
        return np.nan_to_num(ways(self.streets, self.points, np.array(sites, dtype=object)).distance, nan=np.inf)


def services(seed: int, land: Land, frames: Frames, book: Book) -> gpd.GeoDataFrame:
    """Layer ``service_facility``; the planted gap and the small school go to the ``book``."""
    town = _town(frames)
    lots = frames["parcel"].geometry.to_numpy()
    use = land.lots["use"].to_numpy(dtype=object)
    inner = shapely.point_on_surface(lots[: len(use)])
    rows: list[tuple[str, shapely.Geometry, float]] = []
    placed: dict[str, list[shapely.Geometry]] = {}
    for kind, service in _SERVICES.items():
        own = list(inner[np.isin(use.astype(str), service.own)])
        more = _bus_stops(land) if kind == "bus_stop" else [inner[use == one] for one in service.more]
        placed[kind] = _cover(town, own, more, np.where(town.new, *service.reach) * _SURE, _units(frames, kind))
    _take_one_away(town, placed, book)
    areas = {shapely.to_wkb(point): float(area) for point, area in zip(inner, shapely.area(lots), strict=False)}
    for kind, points in placed.items():
        own_uses = set(_SERVICES[kind].own)
        own_points = {shapely.to_wkb(p) for p in inner[np.isin(use.astype(str), list(own_uses))]}
        rows += [(kind, p, areas[shapely.to_wkb(p)] if shapely.to_wkb(p) in own_points else np.nan) for p in points]
    return _frame(seed, frames, rows, book)


def _town(frames: Frames) -> _Town:
    zones, buildings = frames["planned_zone"], frames["building"]
    zone = zones_of(frames)[lots_of_buildings(frames)]
    code = zones["land_use"].to_numpy(dtype=object)[zone]
    at = np.flatnonzero(buildings["use"].isin(HOMES).to_numpy() & (code != "ONT"))
    frame = buildings.iloc[at].reset_index(drop=True)
    new = (zones["area_state"].to_numpy(dtype=object)[zone[at]] == "new").astype(bool)
    streets = network(frames["street_centreline"].geometry.to_numpy())
    return _Town(frame, shapely.centroid(frame.geometry.to_numpy()), new, streets)


def _units(frames: Frames, kind: str) -> list[shapely.Geometry]:
    """Ground of the housing units that need one of this kind each."""
    zones = frames["planned_zone"]
    if kind not in _PLACES:
        return []
    return [shapely.union_all(zones.geometry.to_numpy()[(zones["unit"] == name).to_numpy()]) for name in (OLD, NEW)]


def _bus_stops(land: Land) -> list[Geometries]:
    """Places on the pavement of the wider streets."""
    found = []
    for street in land.streets:
        if street.road_class in _BUS_STREETS:
            at = np.arange(_BUS_EVERY_M / 2, street.line.length, _BUS_EVERY_M)
            kerb = street.line.offset_curve(street.width_m / 2 - _KERB_M)
            found += [shapely.shortest_line(street.line.interpolate(d), kerb).coords[-1] for d in at]
    return [np.asarray(shapely.set_precision(shapely.points(np.array(found)), 0.001), dtype=object)]


def _cover(
    town: _Town,
    own: list[shapely.Geometry],
    more: list[Geometries],
    reach: Numbers,
    within: list[shapely.Geometry],
) -> list[shapely.Geometry]:
    """``own`` and as many of ``more``, the first preferred, as bring one within ``reach`` of every dwelling; each
    ground of ``within`` holds one.
    """
    chosen = list(own)
    candidates = np.concatenate([np.asarray(group, dtype=object) for group in more]) if more else np.zeros(0, object)
    liking = np.concatenate([np.full(len(group), 0.75**rank) for rank, group in enumerate(more)] or [np.zeros(0)])
    for ground in within:
        if not any(shapely.contains(ground, point) for point in chosen):
            inside = np.flatnonzero(shapely.intersects(ground, candidates))
            nearest = inside[np.argmin(shapely.distance(candidates[inside], shapely.centroid(ground)) / liking[inside])]
            chosen.append(candidates[nearest])
    while len(candidates):
        far = np.flatnonzero(town.way(chosen) > reach)
        if len(far) == 0:
            break
        tree = shapely.STRtree(town.points[far])
        at, _ = tree.query(candidates, predicate="dwithin", distance=_AS_THE_CROW * reach[far].min())
        gain = np.bincount(at, minlength=len(candidates)) * liking
        best = int(np.argmax(gain))
        if gain[best] == 0.0 or candidates[best] in chosen:  # what is left lies alone: the place with the shortest way
            best = int(np.nanargmin(ways(town.streets, candidates, town.points[far[:1]]).distance))
            if candidates[best] in chosen:
                raise ValueError("a dwelling has no place for a service near it")
        chosen.append(candidates[best])
    return chosen


def _take_one_away(town: _Town, placed: dict[str, list[shapely.Geometry]], book: Book) -> None:
    """One service fewer, so that a few dwellings have it too far: the fewest such, where several do."""
    found = []
    for kind in _TAKEN_AWAY:
        limit = np.where(town.new, *_SERVICES[kind].reach) + _TOLERANCE_M
        for k in range(len(placed[kind])):
            rest = [*placed[kind][:k], *placed[kind][k + 1 :]]
            far = np.flatnonzero(town.way(rest) > limit)
            if _FEW <= len(far) <= _MANY:
                found.append((len(far), kind, k, far))
    if not found:
        raise ValueError("no service whose lack would leave only a few dwellings too far")
    _, kind, k, far = min(found, key=lambda one: one[:3])
    placed[kind].pop(k)
    for row in far.tolist():
        book.note("service_far", "building", town.frame.iloc[row], f"qcvn01.service_radius.{kind}")


def _frame(seed: int, frames: Frames, rows: list[tuple[str, Any, float]], book: Book) -> gpd.GeoDataFrame:
    kinds = [row[0] for row in rows]
    numbers = pd.Series(kinds).groupby(pd.Series(kinds)).cumcount() + 1
    made = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "service_facility", k) for k in range(len(rows))],
            "code": [f"DV-{k + 1:03d}" for k in range(len(rows))],
            "name": [f"{_SERVICES[kind].name} số {n} (mô phỏng)" for kind, n in zip(kinds, numbers, strict=True)],
            "kind": kinds,
            "capacity": None,
            "site_m2": np.round([row[2] for row in rows], 1),
            "source": labels.SOURCE,
        },
        geometry=[row[1] for row in rows],
        crs=CRS,
    )
    _capacities(frames, made, book)
    return made


def _capacities(frames: Frames, made: gpd.GeoDataFrame, book: Book) -> None:
    """Places enough for the people of each unit, shared out among its schools; one unit's nurseries are too small."""
    zones = frames["planned_zone"]
    made["capacity"] = np.where(made["kind"].isin(_PLACES), 300, np.nan)
    for name in (OLD, NEW):
        mine = zones[(zones["unit"] == name).to_numpy()]
        people = float(pd.to_numeric(mine["population"]).sum())
        inside = shapely.intersects(shapely.union_all(mine.geometry.to_numpy()), made.geometry.to_numpy())
        for kind, (places, a_class) in _PLACES.items():
            at = np.flatnonzero(inside & (made["kind"] == kind).to_numpy())
            needed = places * people / 1000.0
            each = int(np.ceil(needed / len(at) / a_class)) * a_class
            if kind == "nursery" and name == NEW:
                each = int(0.7 * needed / len(at) / 5) * 5
                largest = mine.iloc[int(np.argmax(mine.area.to_numpy()))]
                book.note("places_short", "planned_zone", largest, "qcvn01.school_places.nursery")
            made.loc[at, "capacity"] = each

"""What other things keep away from in the simulated province: river, channel, railway, cemetery, petrol stations, well.

All places are simulated. Each site is put where a few houses stand too near, or none; which ones is written down as
truth from the distances here, not from the check. Streets get the widths that a cross-section needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon

from . import labels
from .cadastre import Frames, Land
from .ground import CRS

# Streets of the new quarters; the others are judged as existing ones.
_NEW_STREETS = ("Đường N1", "Đường N2", "Đường N4", "Đường N5", "Đường D9", "Đường D10", "Đường Vành đai Đông")
_HOMES = ("detached", "apartment", "mixed")
_BANK_M = 5.0  # the simulated province's corridor along the river
# Distances of the packs that the sites here are laid out by: QCVN 01:2021/BXD, Bảng 2.25, Bảng 2.20 and 2.6.11.
_REBURIAL_M, _WELL_M, _PETROL_M, _CROWD_M = 100.0, 25.0, 300.0, 50.0
_CLEAR_M = 2.0  # nothing stands within so little of a limit that rounding could decide


@dataclass
class Book:
    """Truth about planted faults."""

    rows: list[dict[str, str]] = field(default_factory=list)

    def note(self, kind: str, layer: str, feature: Any, rule: str, *, outcome: str = "fail") -> None:
        """``feature`` breaks ``rule``, or gives another ``outcome`` for it."""
        self.rows.append(
            {"kind": kind, "layer": layer, "uid": feature.uid, "code": feature.code, "rule": rule, "outcome": outcome}
        )


def protected(seed: int, land: Land, frames: Frames) -> tuple[Frames, pd.DataFrame]:
    """Layers that rules about distances need, streets with their cross-sections, and the truth about both."""
    book = Book()
    made = {
        "street_centreline": _streets(land, frames["street_centreline"], book),
        "watercourse": _river(seed, land, frames, book),
        "waterway_channel": _channel(seed, land),
        "railway": _railway(seed, land, frames),
        "safety_site": _sites(seed, frames, book),
        "water_source": _well(seed, frames, book),
        "logistics_port": _landing(seed, frames["logistics_port"], book),
    }
    return made, pd.DataFrame(book.rows)


def _streets(land: Land, frame: gpd.GeoDataFrame, book: Book) -> gpd.GeoDataFrame:
    """Cross-sections; one street of a new quarter has a pavement that is too narrow."""
    made = frame.copy()
    first = {street.name: street for street in reversed(land.streets)}
    sections = [first[name] for name in made["name"]]
    road_class = np.array([street.road_class for street in sections])
    pavement = np.array([street.pavement_m for street in sections])
    new = made["name"].isin(_NEW_STREETS).to_numpy()
    made["area_state"] = np.where(new, "new", "existing")
    made["setting"] = "urban"
    narrow = int(np.flatnonzero(new & (road_class == "distributor"))[0])
    pavement[narrow] = 1.5
    book.note("pavement_narrow", "street_centreline", made.iloc[narrow], "qcvn07_4.sidewalk")
    made["sidewalk_m"] = pavement
    made["carriageway_m"] = [street.carriageway_m for street in sections]
    return made


def _river(seed: int, land: Land, frames: Frames, book: Book) -> gpd.GeoDataFrame:
    houses = frames["building"]
    apart = shapely.distance(houses.geometry.to_numpy(), land.ground.river)
    for row in np.flatnonzero(apart < _BANK_M - 0.01).tolist():
        book.note("bank_corridor", "building", houses.iloc[row], "corridor.bank.river_bank")
    return _frame(
        seed, "watercourse", "SONG", [MultiPolygon([land.ground.river])], name=["Sông Đồng Nai (mô phỏng)"],
        water_kind="river", bank_function="bank", setting="urban", corridor_m=_BANK_M,
    )  # fmt: skip


def _channel(seed: int, land: Land) -> gpd.GeoDataFrame:
    middle = land.ground.river.buffer(-70.0)
    parts = [part for part in shapely.get_parts(middle) if part.area > 1e4]
    shape = MultiPolygon(list(shapely.set_precision(parts, 0.001)))
    return _frame(
        seed, "waterway_channel", "LUONG", [shape], name=["Luồng sông Đồng Nai (mô phỏng)"], waterway_class="class_iii"
    )


def _railway(seed: int, land: Land, frames: Frames) -> gpd.GeoDataFrame:
    """A single track of metre gauge behind the town, away from every house."""
    town = shapely.union_all([street.line for street in land.streets if street.place == "town"])
    x0, y0, _, y1 = shapely.bounds(town)
    track = LineString([(x0 - 260.0, y0 - 200.0), (x0 - 180.0, (y0 + y1) / 2), (x0 - 260.0, y1 + 200.0)])
    return _frame(
        seed, "railway", "DS", [MultiLineString([shapely.set_precision(track, 0.001)])],
        name=["Đường sắt khổ 1000 (mô phỏng)"], rail_class="conventional", setting="urban", gauge_mm=1000,
        ground="level",
    )  # fmt: skip


def _sites(seed: int, frames: Frames, book: Book) -> gpd.GeoDataFrame:
    """A cemetery with one or two houses too near, and two petrol stations too near to each other."""
    homes = frames["building"][frames["building"]["use"].isin(_HOMES)]
    graves = _near_few(_places(frames, ("NTD", "LUC", "CLN", "HNK")), homes, _REBURIAL_M, side=20.0)
    for row in np.flatnonzero(shapely.distance(homes.geometry.to_numpy(), graves) < _REBURIAL_M).tolist():
        book.note("cemetery_near", "building", homes.iloc[row], "qcvn01.cemetery")
    first, second = _pair(frames)
    sites = _frame(
        seed, "safety_site", "CL", [MultiPolygon([shape]) for shape in (graves, first, second)],
        name=["Nghĩa trang cát táng (mô phỏng)", "Trạm xăng dầu số 1 (mô phỏng)", "Trạm xăng dầu số 2 (mô phỏng)"],
        site_kind=["reburial", "petrol_station", "petrol_station"],
    )  # fmt: skip
    for row in (1, 2):
        book.note("petrol_near", "safety_site", sites.iloc[row], "qcvn01.petrol.spacing")
    return sites


def _places(frames: Frames, codes: tuple[str, ...]) -> list[Point]:
    """Inner points of larger lots of these uses."""
    parcels = frames["parcel"]
    lots = parcels[parcels["land_use"].isin(codes) & (parcels.area > 800.0)]
    return [lot.representative_point() for lot in lots.geometry]


def _near_few(places: Iterable[Point], homes: gpd.GeoDataFrame, limit: float, side: float) -> Polygon:
    """A square at one of ``places`` with one or two ``homes`` within ``limit``, none of them in doubt."""
    tree = shapely.STRtree(homes.geometry.to_numpy())
    for middle in places:
        shape = shapely.set_precision(shapely.box(middle.x, middle.y, middle.x + side, middle.y + side), 0.001)
        apart = shapely.distance(homes.geometry.to_numpy()[tree.query(shape.buffer(limit + _CLEAR_M))], shape)
        if 1 <= (apart < limit).sum() <= 2 and not (np.abs(apart - limit) < _CLEAR_M).any() and apart.min() > 1.0:
            return shape
    raise ValueError("no place has one or two houses near it")


def _pair(frames: Frames) -> tuple[Polygon, Polygon]:
    """Two forecourts less than the asked distance apart, away from crowded places."""
    crowd = frames["village_facility"].geometry.to_numpy()
    free = [p for p in _places(frames, ("LUC", "CLN", "HNK")) if shapely.distance(crowd, p).min() > _CROWD_M + 50.0]
    for one in free:
        for other in free:
            if 120.0 < one.distance(other) < _PETROL_M - 60.0:
                first, second = (
                    shapely.set_precision(shapely.box(p.x, p.y, p.x + 18.0, p.y + 12.0), 0.001) for p in (one, other)
                )
                return first, second
    raise ValueError("no two lots lie so near to each other")


def _well(seed: int, frames: Frames, book: Book) -> gpd.GeoDataFrame:
    houses = frames["building"]
    beside = (Point(house.bounds[2] + 9.0, house.centroid.y) for house in houses.geometry)
    square = _near_few(beside, houses, _WELL_M, side=0.5)
    place = Point(square.exterior.coords[0])
    for row in np.flatnonzero(shapely.distance(houses.geometry.to_numpy(), place) < _WELL_M).tolist():
        book.note("well_near", "building", houses.iloc[row], "qcvn01.well")
    return _frame(seed, "water_source", "GK", [place], name=["Giếng khoan số 1 (mô phỏng)"], source_type="well")


def _landing(seed: int, ports: gpd.GeoDataFrame, book: Book) -> gpd.GeoDataFrame:
    """A landing with too little land for its quay, beside the ports."""
    row = {
        "uid": labels.uid(seed, "logistics_port", "BEN-BD"),
        "code": "BEN-BD",
        "name": "Bến thủy nội địa Bạch Đằng",
        "port_kind": "landing",
        "quay_m": 60.0,
        "area_ha": 0.4,
        "capacity_t_year": 50_000.0,
        "waterway": "Sông Đồng Nai",
        "source": labels.SOURCE,
        "remark": "Vị trí và số liệu mô phỏng",
        "geometry": Point(615_420.0, 1_220_420.0),
    }
    made = gpd.GeoDataFrame(pd.concat([ports, gpd.GeoDataFrame([row], crs=CRS)], ignore_index=True), crs=CRS)
    book.note("port_land_short", "logistics_port", made.iloc[-1], "qcvn01.port_land")
    return made


def _frame(seed: int, layer_id: str, prefix: str, shapes: list[Any], **fields: Any) -> gpd.GeoDataFrame:
    count = len(shapes)
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, layer_id, k) for k in range(count)],
            "code": [f"{prefix}-{k + 1:02d}" for k in range(count)],
            **fields,
            "source": labels.SOURCE,
        },
        geometry=shapes,
        crs=CRS,
    )

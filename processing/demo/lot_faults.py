"""Faults of lots and of buildings among each other: lines, distances, frontage, green, gross density."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.affinity
from shapely import LineString, MultiPolygon, Polygon

from . import labels
from .buildings import WALL
from .planting import Planting, reshape
from .shapes import polygons_of

_TOO_NARROW = 3.4  # metres of frontage; at least 4 are asked for in a new area
_SAME = 0.002  # metres; nearer corners are one
_TO_THE_BACK = 1.7  # metres that a terraced house is moved off its place
_BORDER = 3.0  # metres that two lots share at least where one lies behind the other
_ADJOINING = 0.5  # metres; houses nearer to each other stand in one row


def more_faults(work: Planting, facts: pd.DataFrame, seed: int) -> None:
    """Plant the faults of this module; lots that are cut in two come last, for they add features."""
    single = facts.buildings == 1
    row_house = single & (facts.use == "detached") & (facts.kind == "residential")
    _over_building_line(work, facts, row_house & facts.lined & (facts.fronts == 1) & (facts.area > 105))
    _too_near_each_other(work, facts)
    _backs_too_near(work, facts, row_house & ~facts.lined & (facts.fronts == 1))
    _without_green(work, facts)
    _kiosk_in_park(work, facts, seed)
    _too_narrow(work, facts, row_house & ~facts.area_level & facts.new & (facts.fronts == 1), seed)


def _moved(work: Planting, row: int, inward: np.ndarray, distance: float) -> None:
    shape = shapely.affinity.translate(work.building.geometry[row], *(inward * distance))
    work.building.loc[row, "geometry"] = MultiPolygon(polygons_of(shapely.set_precision(shape, 0.001)))


def _main(work: Planting) -> pd.DataFrame:
    return work.fronts.loc[work.fronts.groupby("lot")["length_m"].idxmax()].set_index("lot")


def _over_building_line(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """Houses that stand 1.5 m before the building line, still behind the red line."""
    main = _main(work)
    for lot in work.pick(mask.to_numpy(), 3):
        row = int(facts.building[lot])
        inward = main.loc[lot, ["nx", "ny"]].to_numpy(float)
        _moved(work, row, -inward, 1.5)
        work.note("building_line_crossed", "building", row, "qcvn01.building_line")


def _too_near_each_other(work: Planting, facts: pd.DataFrame) -> None:
    """The second block of a factory and of a school, pushed to 3 m from the first."""
    main = _main(work)
    for kind in ("industry", "school"):
        mask = (facts.kind == kind) & (facts.buildings == 2)
        for lot in work.pick(mask.to_numpy(), 1):
            rows = np.flatnonzero(work.building.parcel == work.parcel.uid[lot])
            inward = main.loc[lot, ["nx", "ny"]].to_numpy(float)
            first, second = (work.building.geometry[int(row)] for row in rows)
            _moved(work, int(rows[1]), -inward, first.distance(second) - 3.0)
            work.note("gap_short", "building", int(rows[0]), "qcvn01.distance.long")


def _backs_too_near(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """Terraced houses moved to the back of their lot, less than 4 m from the back of the row behind."""
    main = _main(work)
    shapes = work.building.geometry.to_numpy()
    position = pd.Series(np.arange(len(work.parcel)), index=work.parcel.uid).reindex(work.building.parcel).to_numpy()
    lots = work.parcel.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=5.0)
    strange = position[one] != position[other]
    one, other = one[strange], other[strange]
    normal = main[["nx", "ny"]].reindex(np.arange(len(lots))).to_numpy()
    against = (normal[position[one]] * normal[position[other]]).sum(axis=1) < -0.97
    gap = shapely.distance(shapes[one], shapes[other])
    border = shapely.length(shapely.intersection(lots[position[one]], lots[position[other]]))
    behind = against & (gap > 4.05) & (gap < 4.5) & (border > _BORDER)
    beside = ((normal[position[one]] * normal[position[other]]).sum(axis=1) > 0.9) & (gap < _ADJOINING - 0.1)
    in_row = np.zeros(len(lots), dtype=bool)
    in_row[position[one[beside]]] = True
    beside_of = pd.Series(other[beside]).groupby(one[beside]).agg(list)
    behind_of = pd.Series(other[behind]).groupby(one[behind]).agg(list)
    fit = np.zeros(len(lots), dtype=bool)
    for row in set(behind_of.index) & set(beside_of.index):
        there = shapely.affinity.translate(shapes[row], *(normal[position[row]] * _TO_THE_BACK))
        still = shapely.distance(there, shapes[beside_of[row]]).min() < _ADJOINING - 0.1
        facing = [r for r in behind_of[row] if in_row[position[r]] and facts.fronts[position[r]] == 1]
        near = shapely.distance(there, shapes[facing])
        fit[position[row]] = still and bool((near < 3.5).any())
    for lot in work.pick(mask.to_numpy() & fit, 2):
        row = int(facts.building[lot])
        _moved(work, row, normal[lot], _TO_THE_BACK)
        work.note("backs_short", "building", row, "qcvn01.distance.backs")


def _without_green(work: Planting, facts: pd.DataFrame) -> None:
    """An apartment house and a factory in a yard of concrete; ``greens`` paves them."""
    for use, rule in (("apartment", "qcvn01.green_share.apartment"), ("factory", "qcvn01.green_share.factory")):
        for lot in work.pick((facts.use == use).to_numpy(), 1):
            work.note("green_short", "parcel", lot, rule)


def _kiosk_in_park(work: Planting, facts: pd.DataFrame, seed: int) -> None:
    """A hall that covers an eighth of a park."""
    parks = (facts.kind == "park") & (facts.area > 900) & (facts.area < 20_000)
    for lot in work.pick(parks.to_numpy(), 1):
        shape = work.parcel.geometry[lot]
        centre = shape.representative_point()
        hall = centre.buffer(np.sqrt(0.12 * shape.area / np.pi), quad_segs=8).intersection(shape.buffer(-2.0))
        inside = shapely.contains_xy(work.zone.geometry.to_numpy(), centre.x, centre.y)
        _append(work, seed, lot, hall, use="other", floors=1, height=5.0, name="Nhà trưng bày (mô phỏng)")
        work.note("gross_over", "planned_zone", int(np.flatnonzero(inside)[0]), "qcvn01.gross_density")


def _append(work: Planting, seed: int, lot: int, shape: shapely.Geometry, **values: object) -> None:
    """One more building on ``lot``; what ``values`` do not say is as in the last building."""
    number = len(work.building)
    serial = int(work.building.code.str.removeprefix("CT-").astype(int).max()) + 1
    new = work.building.iloc[[number - 1]].copy()
    new.index = [number]
    new["uid"], new["code"] = labels.uid(seed, "building", f"fault {number}"), f"CT-{serial:05d}"
    new["permit_no"], new["parcel"] = f"GPXD-MP-{serial:05d}", work.parcel.uid[lot]
    new["name"], new["use"] = values.get("name", ""), values["use"]
    work.building = gpd.GeoDataFrame(pd.concat([work.building, new]), crs=work.building.crs)
    reshape(work, number, shape, floors=int(str(values["floors"])), height=float(str(values["height"])))


def _cut_in_two(work: Planting, lot: Polygon, line: LineString) -> list[Polygon]:
    """The two sides of ``lot``; lots and streets around get the ends of the cut as corners, so that all still tile."""
    crossing = shapely.set_precision(shapely.intersection(lot.exterior, line), 0.001)
    ends = shapely.MultiPoint(shapely.get_coordinates(crossing))
    for frame in (work.parcel, work.boundary):
        near = np.flatnonzero(shapely.dwithin(frame.geometry.to_numpy(), ends, _SAME))
        for at in near:
            frame.loc[int(at), "geometry"] = shapely.snap(frame.geometry[int(at)], ends, _SAME)
    ring = shapely.get_coordinates(shapely.snap(lot, ends, _SAME).exterior)[:-1]
    first, second = sorted(int(np.argmin(np.hypot(*(ring - end).T))) for end in shapely.get_coordinates(ends))
    return [Polygon(ring[first : second + 1]), Polygon(np.vstack([ring[second:], ring[: first + 1]]))]


def _too_narrow(work: Planting, facts: pd.DataFrame, mask: pd.Series, seed: int) -> None:
    """A lot of a new area cut in two, one part 3.4 m wide; the house becomes two."""
    main = _main(work)
    for lot in work.pick((mask & (facts.front > 9.0) & (facts.area > 200) & (facts.area < 420)).to_numpy(), 1):
        shape, house = polygons_of(work.parcel.geometry[lot])[0], work.building.geometry[int(facts.building[lot])]
        point = main.loc[lot, ["x", "y"]].to_numpy(float)
        inward = main.loc[lot, ["nx", "ny"]].to_numpy(float)
        along = np.array([-inward[1], inward[0]])
        reach = (shapely.get_coordinates(shape) - point) @ along
        corner = point + along * (reach.min() + _TOO_NARROW)
        parts = _cut_in_two(work, shape, LineString([corner - inward * 50.0, corner + inward * 150.0]))
        parts.sort(key=lambda part: -part.area)
        number, row = len(work.parcel), int(facts.building[lot])
        new = work.parcel.iloc[[lot]].copy()
        new.index = [number]
        new["uid"] = labels.uid(seed, "parcel", f"fault {number}")
        new["parcel_no"] = new["parcel_no"] + "a"
        new["code"] = new["code"] + "a"
        work.parcel = gpd.GeoDataFrame(pd.concat([work.parcel, new]), crs=work.parcel.crs)
        for at, part in zip((lot, number), parts, strict=True):
            work.parcel.loc[at, "geometry"] = MultiPolygon(polygons_of(part))
            work.parcel.loc[at, "area_legal_m2"] = round(part.area, 1)
        houses = [house.intersection(part.buffer(-WALL, join_style="mitre")) for part in parts]
        reshape(work, row, houses[0], floors=int(work.building.floors[row]), height=float(work.building.height_m[row]))
        _append(work, seed, number, houses[1], use="detached", floors=2, height=7.4)
        work.note("frontage_short", "parcel", number, "qcvn01.frontage")

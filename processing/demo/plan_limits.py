"""What the planned zones allow, and what the plan above allows them: limits that the town keeps, but for the planted.

The plan's numbers are drawn up after the town is built, a little above what stands in each zone. Where one lot or
building clearly tops all others of its zone, the limit of some zones is set between it and them.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from . import labels
from .cadastre import Frames
from .protected import Book

Numbers = NDArray[np.float64]

FIELDS = ("max_density_pct", "max_far", "max_height_m")
_WORDS = ("density", "far", "height")
# What a plan allows at least, by land code: density (%), floor-area ratio, height (m). A designer's choice.
_LEAST = {
    "ODT": (70.0, 3.0, 15.0), "ONT": (40.0, 1.2, 12.0), "TMD": (60.0, 4.0, 30.0), "DGD": (40.0, 1.6, 16.0),
    "DYT": (40.0, 2.0, 24.0), "DCH": (40.0, 1.0, 12.0), "TSC": (40.0, 2.0, 24.0), "DVH": (40.0, 1.2, 15.0),
    "DTT": (40.0, 1.0, 15.0), "SKN": (60.0, 1.0, 15.0), "DKV": (5.0, 0.1, 6.0), "DGT": (5.0, 0.1, 6.0),
    "SON": (0.0, 0.0, 0.0),
}  # fmt: skip
_FIELD_LAND = (5.0, 0.1, 6.0)  # orchards and paddy: a hut
_STEPS = (5.0, 0.2, 3.0)  # to which the numbers of a plan are rounded up
_PLANTED = 2  # breaches of each limit
# How much the topmost lot or building must rise over the next for the limit to go between: %, FAR, m.
_GAPS = (4.0, 0.25, 2.5)
_RULES = (("plan.net_density", "parcel"), ("plan.far", "parcel"), ("plan.height", "building"))


@dataclass(frozen=True)
class Built:
    """Values of one limit: of the features of ``frame`` (``value``), each in the zone at position ``zone``."""

    frame: gpd.GeoDataFrame
    zone: NDArray[np.intp]
    value: Numbers


def zone_limits(frames: Frames, faulty: set[str], book: Book) -> gpd.GeoDataFrame:
    """Layer ``planned_zone`` with its limits; features whose uid is ``faulty`` are not made to break one more."""
    zones = frames["planned_zone"].copy()
    least = np.array([_LEAST.get(code, _FIELD_LAND) for code in zones["land_use"]])
    taken: set[int] = set()
    for k, (field, built) in enumerate(zip(FIELDS, _built(frames), strict=True)):
        limit = _kept(built, least[:, k], _STEPS[k])
        for zone, row, between in _topped(built, _GAPS[k]):
            feature = built.frame.iloc[row]
            if zone in taken or feature.uid in faulty or (built.zone == zone).sum() < 4:
                continue
            limit[zone] = round(between, 1)
            taken.add(zone)
            rule, layer = _RULES[k]
            book.note(f"plan_{_WORDS[k]}_over", layer, feature, rule)
            if sum(one["rule"] == rule for one in book.rows) == _PLANTED:
                break
        zones[field] = limit
    _without_height(frames, book)
    return zones


def zones_of(frames: Frames) -> NDArray[np.intp]:
    """Position of the planned zone of each parcel."""
    inner = shapely.point_on_surface(frames["parcel"].geometry.to_numpy())
    lot, zone = shapely.STRtree(frames["planned_zone"].geometry.to_numpy()).query(inner, predicate="intersects")
    found = np.full(len(inner), -1, dtype=np.intp)
    found[lot] = zone
    return found


def lots_of_buildings(frames: Frames) -> NDArray[np.intp]:
    """Position of the parcel that each building names."""
    found: NDArray[np.intp] = pd.Index(frames["parcel"]["uid"]).get_indexer(pd.Index(frames["building"]["parcel"]))
    return found


def _built(frames: Frames) -> tuple[Built, Built, Built]:
    """Density (%) and floor-area ratio of the lots with buildings, and heights (m) of the buildings."""
    parcels, buildings = frames["parcel"], frames["building"]
    lot, zone = lots_of_buildings(frames), zones_of(frames)
    lots = parcels.geometry.to_numpy()
    area = shapely.area(lots)
    covered = shapely.area(shapely.intersection(buildings.geometry.to_numpy(), lots[lot]))
    count = len(parcels)
    used = np.flatnonzero(np.bincount(lot, minlength=count) > 0)
    density = 100.0 * np.bincount(lot, covered, minlength=count) / area
    far = np.bincount(lot, buildings["floor_area_m2"].to_numpy(dtype=float), minlength=count) / area
    height = buildings["height_m"].to_numpy(dtype=float)
    known = np.flatnonzero(~np.isnan(height))
    some = parcels.iloc[used]
    return (
        Built(some, zone[used], density[used]),
        Built(some, zone[used], far[used]),
        Built(buildings.iloc[known], zone[lot[known]], height[known]),
    )


def _kept(built: Built, least: Numbers, step: float) -> Numbers:
    """The limits that all keep: rounded up to whole steps, ``least`` at least."""
    highest = np.zeros(len(least))
    np.maximum.at(highest, built.zone, built.value)
    made = np.maximum(least, np.ceil(np.round(highest / step + 0.02, 6)) * step * (highest > 0.0))
    return np.asarray(np.round(made, 1), dtype=np.float64)


def _topped(built: Built, gap: float) -> list[tuple[int, int, float]]:
    """Zones in which one feature rises over the next by ``gap``: zone, row of the feature, the value between; the
    clearest first.
    """
    table = pd.DataFrame({"zone": built.zone, "value": built.value, "row": np.arange(len(built.value))})
    found = []
    for zone, mine in table.sort_values("value").groupby("zone", sort=True):
        if len(mine) < 2:
            continue
        second, first = mine["value"].iloc[-2], mine["value"].iloc[-1]
        if first - second > gap:
            found.append((int(str(zone)), int(mine["row"].iloc[-1]), float(first + second) / 2, first - second))
    return [one[:3] for one in sorted(found, key=lambda one: (-one[3], one[0]))]


def _without_height(frames: Frames, book: Book) -> None:
    """Buildings whose height nobody entered cannot be held against the zone's."""
    buildings = frames["building"]
    for row in np.flatnonzero(buildings["height_m"].isna()).tolist():
        book.note("height_missing", "building", buildings.iloc[row], "plan.height", outcome="not_checkable")


def upper_plan(seed: int, frames: Frames, quarter: NDArray[np.intp], book: Book) -> gpd.GeoDataFrame:
    """Layer ``upper_zone``: the plan above, coarser: zones of one ``quarter`` and alike in use are one.

    Four zones of the lower plan go beyond it: in density, floor area and height, and by a use that it does not permit.
    """
    zones = frames["planned_zone"]
    group, use = _groups(zones, quarter)
    limits = {field: zones[field].groupby(group).transform("max").to_numpy(dtype=float).copy() for field in FIELDS}
    alone = np.bincount(group, minlength=int(group.max()) + 1)[group] == 1
    taken: set[int] = set()
    for k, field in enumerate(FIELDS):
        built = Built(zones, group, zones[field].to_numpy(dtype=float))
        rule = f"plan.upper.{_WORDS[k]}"
        for over, row, between in _topped(built, _GAPS[k]):
            if over not in taken:
                taken.add(over)
                limits[field][group == over] = round(between, 1)
                book.note(f"upper_{_WORDS[k]}_over", "planned_zone", zones.iloc[row], rule)
                break
    use = use.copy()
    _other_use(zones, group, use, alone, taken, book)
    shapes = _filled(zones, group)
    first = pd.Series(np.arange(len(group))).groupby(group).first().to_numpy()
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "upper_zone", k) for k in range(len(shapes))],
            "code": [f"QHC-{use[k]}-{n + 1:03d}" for n, k in enumerate(first)],
            "name": [f"Khu {n + 1} của quy hoạch cấp trên (mô phỏng)" for n in range(len(shapes))],
            "land_use": use[first],
            **{field: limits[field][first] for field in FIELDS},
            "plan_state": labels.PLAN_STATE,
            "plan_name": labels.UPPER_PLAN_NAME,
            "decision_no": labels.UPPER_DECISION,
            "approved_on": labels.UPPER_APPROVED_ON,
            "source": labels.SOURCE,
        },
        geometry=shapes,
        crs=zones.crs,
    )


def _groups(zones: gpd.GeoDataFrame, quarter: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """The upper zone of each zone, by number, and its land code: housing takes in what its code permits."""
    code = zones["land_use"].to_numpy(dtype=object)
    within = np.isin(code.astype(str), labels.PERMITS["ODT"]) & (quarter >= 0)
    use = np.where(within, "ODT", code)
    keys = pd.MultiIndex.from_arrays([quarter, use.astype(str)])
    return np.asarray(pd.factorize(keys)[0], dtype=np.intp), use


def _other_use(
    zones: gpd.GeoDataFrame,
    group: NDArray[np.intp],
    use: NDArray[np.object_],
    alone: NDArray[np.bool_],
    taken: set[int],
    book: Book,
) -> None:
    """The plan above wants a school where the lower plan has the market, or the offices."""
    fit = np.flatnonzero(alone & zones["land_use"].isin(("DCH", "TSC")).to_numpy() & ~np.isin(group, list(taken)))
    at = int(fit[0])
    use[at] = "DGD"
    book.note("upper_use_other", "planned_zone", zones.iloc[at], "plan.upper.land_use")


def _filled(zones: gpd.GeoDataFrame, group: NDArray[np.intp]) -> list[shapely.MultiPolygon]:
    """The zones of each group together with the lanes between them, without land of other groups."""
    shapes = zones.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    lanes: list[shapely.Geometry] = []
    made = []
    for number in range(int(group.max()) + 1):
        mine = shapely.union_all(shapes[group == number])
        closed = mine.buffer(7.0, join_style="mitre").buffer(-7.0, join_style="mitre")
        near = shapes[tree.query(closed, predicate="intersects")]
        between = closed.difference(
            shapely.union_all([*near, *(lane for lane in lanes if shapely.intersects(lane, closed))])
        )
        lane = shapely.union_all([part for part in shapely.get_parts(between) if part.area > 20.0])
        if not lane.is_empty:
            lanes.append(lane)
        whole = shapely.union_all([mine, lane])
        parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
        made.append(shapely.MultiPolygon(parts))
    return made

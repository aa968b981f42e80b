"""Plans with the land that they give to streets, counted down to the lowest level of streets that they draw.

The ground of a plan is its zones for building, and the street land between them: zones are often drawn up to the red
lines only. Farms, forests, water and unused land are not counted, nor is a street along the border of a plan. What the
share is taken of is our reading.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from ..columns import absent, nothing, pick, words
from ..land.overlay import Geometries, Indices, every_pair, overlay, unions
from ..land.scene import Scene
from ..table import Coded, named, when
from .lots import ZONE_FIELDS
from .model import Kind, Subjects

# Streets up to twice as wide between zones of one plan belong to it (the widest section is 80 m).
HALF_STREET_M = 40.0
# Less street land is where drawings of different scale meet.
LEAST_M2 = 1.0
# Land types that are not built on (TT 08/2024/TT-BTNMT): farming and forest, water, unused.
OPEN_LAND = (
    "NNP", "SXN", "CHN", "LUA", "LUC", "LUK", "LUN", "HNK", "BHK", "NHK", "CLN", "LNP", "RSX", "RSN", "RST", "RSM",
    "RPH", "RPN", "RPT", "RPM", "RDD", "RDN", "RDT", "RDM", "NTS", "LMU", "NKH", "CNT", "SON", "MNC", "TVC", "CSD",
    "BCS", "DCS", "NCS", "MVB", "MVT", "MVR", "MVK", "CGT", "MCS",
)  # fmt: skip
# The levels that the share is counted down to, and the classes of streets that each adds (QCVN 01:2021/BXD, 2.9).
LEVELS = {
    "inter_area": ("expressway", "main_urban", "main", "inter_area"),
    "area": ("area_main", "area"),
    "distributor": ("distributor",),
}


def plans_with_roads(scene: Scene) -> Subjects:
    """One subject per plan that its zones name; its feature is its largest zone for building.

    ``road_level`` is the lowest of :data:`LEVELS` that the plan draws, ``road_land`` (m²) the land of all streets down
    to it. Where the class of a street inside is not known, nothing can be said.
    """
    frame = scene.layers["planned_zone"]
    shapes, flaw = scene.sound("planned_zone")
    plan = words(frame, "plan_name")
    inside = np.flatnonzero(~absent(plan))
    names, group = np.unique(plan[inside].astype(str), return_inverse=True)
    count = len(names)
    built = ~np.isin(words(frame, "land_use")[inside].astype(str), OPEN_LAND)
    zones = unions(shapes[inside[built]], group[built], count)
    land, rank = _street_land(scene)
    on = overlay(_closed(zones), land, wanted=every_pair)
    kept = np.flatnonzero(on.area > LEAST_M2)
    owner, part, level = on.lot[kept], on.part[kept], rank[on.zone[kept]]

    lowest = np.full(count, -1, dtype=np.intp)
    np.maximum.at(lowest, owner, np.where(level < len(LEVELS), level, -1))
    counted = level <= lowest[owner]
    roads = unions(part[counted], owner[counted], count)
    ground = unions(np.concatenate([zones, part]), np.concatenate([np.arange(count), owner]), count)
    unclassed = np.zeros(count, dtype=bool)
    unclassed[owner[level > len(LEVELS)]] = True
    broken = np.bincount(group, ~absent(flaw[inside]), minlength=count) > 0

    area = np.where(built, np.nan_to_num(shapely.area(shapes[inside])), 0.0)
    order = np.lexsort((area, group))
    largest = inside[order[np.cumsum(np.bincount(group, minlength=count)) - 1]] if count else inside
    table = named(frame).at(largest)
    table["code"] = names.astype(object)
    table["flaw"] = when(broken, "planned_zone.geometry")
    table["plan_area"] = shapely.area(ground)
    table["road_land"] = np.where(unclassed, np.nan, np.nan_to_num(shapely.area(roads)))
    table["road_level"] = when(unclassed, None, Coded(lowest.astype(np.int32), tuple(LEVELS)))
    table["scope"] = when((lowest < 0) & ~unclassed & ~broken, "no_plan_streets")
    table["plan_state"], table["approved_on"] = (
        words(frame, "plan_state")[largest],
        words(frame, "approved_on")[largest],
    )
    return Subjects("planned_zone", table, ground, lambda at, _limit: pick(absent(roads[at]), ground[at], roads[at]))


def _closed(grounds: Geometries) -> Geometries:
    """Grounds with the gaps between their parts filled; mitred, so that turning the map changes nothing."""
    wide = shapely.buffer(grounds, HALF_STREET_M, join_style="mitre")
    return np.asarray(shapely.buffer(wide, -HALF_STREET_M, join_style="mitre"), dtype=object)


def _street_land(scene: Scene) -> tuple[Geometries, Indices]:
    """Street land, and the number of its level in :data:`LEVELS`: one more for lower streets, two for unknown ones."""
    layer, streets = scene.layers["street_boundary"], scene.layers["street_centreline"]
    land, _ = scene.sound("street_boundary")
    of = pd.Index(words(streets, "uid")).get_indexer(pd.Index(words(layer, "street")))
    classes = np.concatenate([words(streets, "road_class"), nothing(1)])[of]
    rank = pick(absent(classes), len(LEVELS) + 1, len(LEVELS)).astype(np.intp)
    for number, members in enumerate(LEVELS.values()):
        rank[np.isin(classes.astype(str), members)] = number
    return land, rank


PLAN_ROADS = Kind(
    plans_with_roads,
    {
        "planned_zone": (*ZONE_FIELDS, "plan_name"),
        "street_centreline": ("road_class",),
        "street_boundary": ("street",),
    },
    required=("planned_zone", "street_centreline", "street_boundary"),
)

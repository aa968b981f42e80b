"""Lots for the test of net density: each as a whole, or podium and towers apart where the buildings say so.

A building is drawn as podium and tower by the field ``part``. Then the density of each part is tested by its own height
(QCVN 01:2021/BXD 2.6.3; letter 3633/BXD-KHCN, 11/08/2023): the podium with all that stands on the lot, the towers with
what rises above it. A lot that names only one of both is tested as a whole.
"""

from __future__ import annotations

import numpy as np
import shapely

from ..columns import Words, numbers, words
from ..land.lots import COUNTING_SHARE
from ..land.overlay import Geometries, Indices, parts, unions
from ..land.scene import Scene
from ..table import stacked
from .lots import BUILT_LOTS, built_lots
from .model import Chosen, Kind, Subjects

PODIUM, TOWER = "podium", "tower"


def tiers(scene: Scene) -> Subjects:
    """One subject per lot; two, with ``part``, for a lot of podium and towers."""
    base = built_lots(scene)
    table = base.table.beside()
    table["part"] = "whole"
    covered: Geometries = scene.built["parts"]
    part, standing = words(scene.buildings, "part"), scene.standing
    share = standing.area / scene.footprints.area[standing.lot]
    counts = share >= COUNTING_SHARE
    on: dict[str, Indices] = {name: np.flatnonzero(counts & (part[standing.lot] == name)) for name in (PODIUM, TOWER)}
    apart = np.intersect1d(standing.zone[on[PODIUM]], standing.zone[on[TOWER]])
    if len(apart) == 0:
        return Subjects("parcel", table, base.whole, lambda at, _limit: covered[at])

    heights, floors = numbers(scene.buildings, "height_m"), numbers(scene.buildings, "floors")
    tables, shapes, lots = [], [], []
    left = np.setdiff1d(np.arange(len(table)), apart)
    tables.append(table.at(left))
    shapes.append(covered[left])
    lots.append(left)
    for name in (PODIUM, TOWER):
        at = on[name][np.isin(standing.zone[on[name]], apart)]
        rows = table.at(apart)
        rows["part"] = name
        pieces: Words = parts(scene.footprints, scene.ground, standing.lot[at], standing.zone[at])
        ground = covered if name == PODIUM else unions(pieces, standing.zone[at], len(table))
        for column, values in (("height", heights), ("floors", floors)):
            highest = np.full(len(table), -np.inf)
            np.maximum.at(highest, standing.zone[at], values[standing.lot[at]])  # NaN: the height of one is missing
            rows[column] = highest[apart]
        rows["footprint"] = np.where(np.isnan(rows["footprint"]), np.nan, shapely.area(ground[apart]))
        tables.append(rows)
        shapes.append(ground[apart])
        lots.append(apart)
    every = np.concatenate(shapes)
    whole = Chosen(scene.whole_lots, np.concatenate(lots))
    return Subjects("parcel", stacked(tables), whole, lambda at, _limit: every[at])


TIERS = Kind(tiers, BUILT_LOTS.reads, required=BUILT_LOTS.required, reach_m=BUILT_LOTS.reach_m)

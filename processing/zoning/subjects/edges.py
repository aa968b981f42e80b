"""Buildings towards the edges of their lots: sides, back, and the building line."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import absent, numbers, pick, words
from ..land.building_lines import forecourts
from ..land.overlay import Geometries, Indices, overlay, parts, unions
from ..land.scene import Scene
from ..land.streets import SAME_LINE_M
from ..table import ColumnTable, when
from .buildings import STREET_READS
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects


def _buildings(scene: Scene) -> ColumnTable:
    """Columns that every verdict on a single building needs."""
    flaw, lotless = scene.shapes[1], scene.on_lots.flaw
    table = scene.named_buildings.beside(scene.states_of_all)
    table["flaw"] = pick(absent(flaw), lotless, flaw)
    table["use"] = words(scene.buildings, "use")
    table["height"] = numbers(scene.buildings, "height_m")
    table["floors"] = numbers(scene.buildings, "floors")
    return table


def _on_lots(scene: Scene) -> tuple[Indices, Indices]:
    """Building and lot of every pair that counts."""
    return scene.on_lots.building, scene.on_lots.lot


def towards(kind: str, scene: Scene) -> Subjects:
    """Every building with its distance to the edges of one kind of the lots it stands on; the nearest one counts.

    An edge between two lots of one building is inside it and does not count.
    """
    shapes, lots, edges = scene.shapes[0], scene.lots, scene.edges
    count = len(scene.buildings)
    building, lot = _on_lots(scene)
    lines = edges.of_kind(kind, len(lots))[lot]
    several = np.flatnonzero(np.bincount(building, minlength=count)[building] > 1)
    for k in several:
        if lines[k] is not None:
            mine = lot[(building == building[k]) & (lot != lot[k])]
            lines[k] = shapely.difference(lines[k], shapely.buffer(shapely.union_all(lots[mine]), SAME_LINE_M))
    empty = absent(lines) | shapely.is_empty(lines)
    lines[empty] = None
    together = unions(lines[~empty], building[~empty], count)
    distance = shapely.distance(shapes, together)
    fronted = np.zeros(count, dtype=bool)
    fronted[building[~np.isnan(edges.front[lot, 0])]] = True
    unsure = np.zeros(count, dtype=bool)
    unsure[building[edges.doubtful[lot]]] = True
    none = absent(together) & ~unsure
    table = _buildings(scene)
    table["edge_distance"] = np.where(unsure, np.nan, distance)
    table["scope"] = when(none & fronted, "no_edge", when(none, "no_street"))

    def too_close(at: Indices, limit: NDArray[np.float64]) -> Geometries:
        return shapely.intersection(shapes[at], shapely.buffer(together[at], limit))

    return Subjects("building", table, scene.buildings.geometry.to_numpy(), too_close)


def behind_line(scene: Scene) -> Subjects:
    """Every building with what of it stands between its street and the building line."""
    shapes, layer = scene.shapes[0], scene.layers["building_line"]
    lines, _ = scene.sound("building_line")
    of_street = pd.Index(scene.known_streets.table["uid"]).get_indexer(pd.Index(words(layer, "street")))
    ground, crossed, dangling = forecourts(scene.lots, scene.edges, lines, of_street)
    there = overlay(shapes, ground)
    pieces = parts(shapes, ground, there.lot, there.zone)
    beyond = unions(pieces, there.lot, len(shapes))
    building, lot = _on_lots(scene)
    ruled, unsure = np.zeros(len(shapes), dtype=bool), np.zeros(len(shapes), dtype=bool)
    ruled[building[crossed[lot]]] = True
    unsure[building[dangling[lot]]] = True
    table = _buildings(scene)
    table["beyond_line"] = np.where(unsure, np.nan, np.nan_to_num(shapely.area(beyond)))
    table["scope"] = when(~(ruled | unsure), "no_building_line")
    return Subjects("building", table, scene.buildings.geometry.to_numpy(), lambda at, _limit: beyond[at])


_READS = {"parcel": PARCEL_FIELDS, "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS} | STREET_READS
TO_SIDES = Kind(partial(towards, "side"), _READS, required=("parcel", "building"), reach_m=0.0)
TO_BACK = Kind(partial(towards, "back"), _READS, required=("parcel", "building"), reach_m=0.0)
BEHIND_LINE = Kind(
    behind_line,
    _READS | {"building_line": ("street",)},
    required=("parcel", "building", "building_line"),
    reach_m=0.0,
)

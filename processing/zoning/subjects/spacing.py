"""Pairs of buildings that face each other, and rows of terraced houses."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import Words, absent, nothing, numbers, words
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..land.spacing import REACH_M, Pairs, between, extent, facing_pairs, terraces
from ..land.streets import STREETS_BY_RANK
from ..table import when
from .buildings import STREET_READS
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects

HOUSE, SHED = "detached", "other"


def _subjects(scene: Scene, pairs: Pairs, *, judged: Indices, other: Indices) -> Subjects:
    """One subject per pair, about the building ``judged``; the height is that of the taller one."""
    shapes, heights = scene.shapes[0], numbers(scene.buildings, "height_m")
    names = scene.named_buildings
    table = names.at(judged).beside(scene.states_of_buildings(judged))
    table["gap"] = pairs.gap
    table["facing"] = pairs.facing
    table["height"] = np.maximum(heights[judged], heights[other])  # NaN where one is missing
    table["use"] = words(scene.buildings, "use")[judged]
    table["other"], table["other_uid"] = names["code"][other], names["uid"][other]

    def strip(at: Indices, limit: NDArray[np.float64]) -> Geometries:
        return between(shapes, judged[at], other[at], limit)

    return Subjects("building", table, scene.buildings.geometry.to_numpy()[judged], strip)


def facing(scene: Scene) -> Subjects:
    """Pairs of main buildings of one lot that face each other, about the taller of both."""
    uses = words(scene.buildings, "use")
    pairs = facing_pairs(scene.shapes[0], scene.lot_of_building, uses != SHED)
    heights = np.nan_to_num(numbers(scene.buildings, "height_m"))
    swap = heights[pairs.other] > heights[pairs.one]
    judged, other = np.where(swap, pairs.other, pairs.one), np.where(swap, pairs.one, pairs.other)
    return _subjects(scene, pairs, judged=judged, other=other)


def _houses(scene: Scene) -> tuple[NDArray[np.bool_], Geometries, Geometries]:
    count = len(scene.ground)
    edges = scene.edges
    return words(scene.buildings, "use") == HOUSE, edges.of_kind("side", count), edges.of_kind("back", count)


def backs(scene: Scene) -> Subjects:
    """Pairs of terraced houses whose backs face, about the one nearer to the border between them."""
    found = terraces(scene.shapes[0], scene.lot_of_building, *_houses(scene)).backs
    return _subjects(scene, found, judged=found.one, other=found.other)


def rows(scene: Scene) -> Subjects:
    """Rows of terraced houses, each about its first house by code.

    The length is that of the row's lots. A row has two fronts where most of its lots run through from street to street
    (our reading of QCVN 01:2021/BXD 2.6.6).
    """
    lot = scene.lot_of_building
    row = terraces(scene.shapes[0], lot, *_houses(scene)).row
    members = np.flatnonzero(row >= 0)
    members = members[np.lexsort((scene.named_buildings["code"].astype(str)[members], row[members]))]
    numbers_of, first, group, size = np.unique(row[members], return_index=True, return_inverse=True, return_counts=True)
    count = len(numbers_of)
    of_lot = np.full(len(scene.ground), -1, dtype=np.intp)
    of_lot[lot[members]] = group
    head = members[first]
    table = scene.named_buildings.at(head).beside(scene.states_of_buildings(head))
    table["row_length"] = extent(scene.lots, of_lot, count)
    table["houses"] = size
    through = np.bincount(group, scene.edges.through[lot[members]], minlength=count) > size / 2
    table["scope"] = when(~through, "one_front")
    table["use"] = HOUSE
    table["road_class"] = _highest_class(scene, of_lot, count)
    shapes = scene.shapes[0]
    ground = nothing(count)
    for k, mine in enumerate(np.split(members, first[1:]) if count else ()):
        ground[k] = shapely.union_all(shapes[mine])
    return Subjects("building", table, ground, lambda at, _limit: ground[at])


def _highest_class(scene: Scene, of_lot: Indices, count: int) -> Words:
    """The highest class among the streets of each group of lots; None where that of one is unknown."""
    edges, known = scene.edges, scene.known_streets.table
    classes = known["road_class"].to_numpy(dtype=object)
    made = nothing(count)
    at = np.flatnonzero((edges.kind == "street") & (edges.street >= 0) & (of_lot[edges.lot] >= 0))
    mine = pd.DataFrame({"group": of_lot[edges.lot[at]], "class": classes[edges.street[at]]})
    mine["rank"] = mine["class"].map({name: rank for rank, name in enumerate(STREETS_BY_RANK)})
    highest = mine.groupby("group")["rank"].agg(lambda ranks: ranks.min(skipna=False))
    for group, rank in zip(highest.index.to_numpy(dtype=np.intp), highest, strict=True):
        made[group] = None if np.isnan(rank) else STREETS_BY_RANK[int(rank)]
    made[list(set(mine["group"][absent(mine["class"])]))] = None
    return made


_READS = {"parcel": PARCEL_FIELDS, "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS}
FACING = Kind(facing, _READS, required=("parcel", "building"), reach_m=0.0, own_reach_m=REACH_M, on_its_lots=True)
# A row is followed as far as it goes; one longer than this is too long by far.
ROW_REACH_M = 300.0
_ALONG = partial(
    Kind,
    reads=_READS | STREET_READS,
    required=("parcel", "building"),
    reach_m=0.0,
    own_reach_m=ROW_REACH_M,
    chained=True,
)
BACKS = _ALONG(backs)
ROWS = _ALONG(rows)

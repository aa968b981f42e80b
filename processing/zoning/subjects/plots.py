"""Lots by themselves: how large, how wide on the street, how deep."""

from __future__ import annotations

import numpy as np
import shapely

from ..columns import Words, absent, nothing, numbers
from ..land.lots import LEGAL_AREA_DISAGREEMENT
from ..land.overlay import Indices
from ..land.scene import Scene
from ..table import Coded, ColumnTable, when
from .buildings import STREET_READS
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects

VACANT = "vacant"


def _use(scene: Scene) -> tuple[Coded, Coded]:
    """The use of each lot as its buildings have it, and what is lacking; a lot that nothing stands on is vacant."""
    built = scene.built
    return when(~built.coded("scope").missing, VACANT, built.coded("use")), built.coded("use.lacking")


def _lots(scene: Scene) -> ColumnTable:
    parcel = scene.parcels
    drawn = scene.ground.area
    legal = numbers(parcel, "area_legal_m2")
    with np.errstate(invalid="ignore"):
        off = (legal > 0) & (np.abs(drawn - legal) > LEGAL_AREA_DISAGREEMENT * legal)
    table = scene.named_lots.beside(scene.lot_states)
    table["flaw"] = scene.lot_flaw
    table["plot_area"], table["plot_area.lacking"] = np.where(off, np.nan, drawn), when(off, "parcel.area_legal_m2")
    table["use"], table["use.lacking"] = _use(scene)
    return table


def plots(scene: Scene) -> Subjects:
    """Every lot, built on or vacant."""
    whole = scene.whole_lots
    return Subjects("parcel", _lots(scene), whole, lambda at, _limit: whole[at])


def fronting_lots(scene: Scene) -> Subjects:
    """Lots with their main front (``lot_edges``): its width on the street, and the depth of the lot behind it.

    The width is the length of the outline along the red line. The depth is how far the lot reaches from its front,
    measured square to it.
    """
    lots, edges, known = scene.lots, scene.edges, scene.known_streets.table
    street, width, line = main_fronts(scene)
    table = _lots(scene)
    table["frontage"] = np.where(edges.doubtful, np.nan, width)
    table["lot_depth"] = np.where(edges.doubtful, np.nan, _depths(scene, line))
    for column, field in (("street", "label"), ("road_width", "road_width"), ("road_class", "road_class")):
        table[column] = np.concatenate([known[field].to_numpy(dtype=object), nothing(1)])[street]
    table["street_uid"] = np.concatenate([known["uid"].to_numpy(dtype=object), nothing(1)])[street]
    table["scope"] = when((street < 0) & ~edges.doubtful & ~absent(lots), "no_street")
    whole = scene.whole_lots

    def behind(at: Indices, _limit: object) -> Words:
        ground = shapely.intersection(lots[at], shapely.buffer(line[at], 2.0, cap_style="flat"))
        return np.where(shapely.is_empty(ground) | absent(ground), lots[at], ground)

    return Subjects("parcel", table, whole, behind)


def main_fronts(scene: Scene) -> tuple[Indices, np.ndarray, Words]:
    """Per lot: the street of its main front (-1: none), the length of the outline along it (m), and that line.

    The main front is on the widest street; a street of unknown width may be that, so it goes first.
    """
    edges, known = scene.edges, scene.known_streets.table
    at = np.flatnonzero((edges.kind == "street") & (edges.street >= 0))
    lot, on, length = edges.by_street(at, edges.length[at, None])
    known_width = known["road_width"].to_numpy(dtype=float)[on]
    widest_first = -np.where(np.isnan(known_width), np.inf, known_width)
    order = np.lexsort((on, -length[:, 0].round(2), widest_first, lot))
    first = order[np.diff(lot[order], prepend=-1) != 0]
    count = len(scene.ground)
    street, width = np.full(count, -1, dtype=np.intp), np.full(count, np.nan)
    street[lot[first]], width[lot[first]] = on[first], length[first, 0]
    mine = at[edges.street[at] == street[edges.lot[at]]]
    line = edges.united(mine, edges.lot[mine], count)
    return street, width, line


def _depths(scene: Scene, line: Words) -> np.ndarray:
    lots, inward = scene.lots, -scene.edges.front
    there = np.flatnonzero(~absent(lots) & ~absent(line) & ~np.isnan(inward[:, 0]))
    depth = np.full(len(lots), np.nan)
    for geometries, extreme, sign in ((lots, np.maximum, 1.0), (line, np.minimum, -1.0)):
        points, of = shapely.get_coordinates(geometries[there], return_index=True)
        along = (points * inward[there][of]).sum(axis=1)
        found = np.full(len(there), -np.inf if sign > 0 else np.inf)
        extreme.at(found, of, along)
        depth[there] = found if sign > 0 else depth[there] - found
    return depth


_READS = {"parcel": PARCEL_FIELDS, "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS}
PLOTS = Kind(plots, _READS, required=("parcel", "building"), reach_m=0.0)
FRONTING_LOTS = Kind(fronting_lots, _READS | STREET_READS, required=("parcel", "building"), reach_m=0.0)

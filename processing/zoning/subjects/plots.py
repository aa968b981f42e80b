"""Lots by themselves: how large, how wide on the street, how deep."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from ..columns import Words, absent, nothing, numbers, pick
from ..land.lots import LEGAL_AREA_DISAGREEMENT
from ..land.overlay import Indices
from ..land.scene import Scene
from .buildings import STREET_READS
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects, named

VACANT = "vacant"


def _use(scene: Scene) -> tuple[Words, Words]:
    """The use of each lot as its buildings have it, and what is lacking; a lot that nothing stands on is vacant."""
    built = scene.built
    empty = ~absent(built["scope"].to_numpy(dtype=object))
    return (
        pick(empty, VACANT, built["use"].to_numpy(dtype=object)),
        built["use.lacking"].to_numpy(dtype=object),
    )


def _lots(scene: Scene) -> pd.DataFrame:
    parcel = scene.layers["parcel"]
    drawn = np.where(absent(scene.lots), np.nan, shapely.area(scene.lots))
    legal = numbers(parcel, "area_legal_m2")
    with np.errstate(invalid="ignore"):
        off = (legal > 0) & (np.abs(drawn - legal) > LEGAL_AREA_DISAGREEMENT * legal)
    frame = named(parcel).assign(flaw=scene.lot_flaw, plot_area=np.where(off, np.nan, drawn))
    frame["plot_area.lacking"] = pick(off, "parcel.area_legal_m2")
    frame["use"], frame["use.lacking"] = _use(scene)
    return pd.concat([frame, scene.lot_states], axis=1)


def plots(scene: Scene) -> Subjects:
    """Every lot, built on or vacant."""
    whole = scene.layers["parcel"].geometry.to_numpy()
    return Subjects("parcel", _lots(scene), whole, lambda at, _limit: whole[at])


def fronting_lots(scene: Scene) -> Subjects:
    """Lots with their main front (``lot_edges``): its width on the street, and the depth of the lot behind it.

    The width is the length of the outline along the red line. The depth is how far the lot reaches from its front,
    measured square to it.
    """
    lots, edges, known = scene.lots, scene.edges, scene.known_streets.table
    count = len(lots)
    street, width, line = main_fronts(scene)
    frame = _lots(scene)
    frame["frontage"] = width
    frame["lot_depth"] = _depths(scene, line)
    for column, field in (("street", "label"), ("road_width", "road_width"), ("road_class", "road_class")):
        frame[column] = np.concatenate([known[field].to_numpy(dtype=object), nothing(1)])[street]
    frame["street_uid"] = np.concatenate([known["uid"].to_numpy(dtype=object), nothing(1)])[street]
    frame["scope"] = pick((street < 0) & ~edges.doubtful & ~absent(lots), "no_street", nothing(count))
    frame.loc[edges.doubtful, ["frontage", "lot_depth"]] = np.nan
    whole = scene.layers["parcel"].geometry.to_numpy()

    def behind(at: Indices, _limit: object) -> Words:
        ground = shapely.intersection(lots[at], shapely.buffer(line[at], 2.0, cap_style="flat"))
        return np.where(shapely.is_empty(ground) | absent(ground), lots[at], ground)

    return Subjects("parcel", frame, whole, behind)


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
    count = len(scene.lots)
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

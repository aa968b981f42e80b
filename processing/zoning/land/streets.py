"""Streets as the planning code sees them: land between red lines, and the frontage of each lot.

A street's land is its ``street_boundary``; without one it is what lies between a red line and the centreline. Its red
line is the layer's own, else the border of its land. A lot fronts every street whose red line runs along it, so a
corner lot fronts two, and each is judged by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from ..columns import Mask, Words, absent, in_frame, nothing, numbers, pick, words
from .lots import OnLots
from .overlay import Geometries, Indices, Overlay, unions
from .shapes import Shapes
from .stretches import stretches_near
from .threads import by_chunks

# A lot's border and the red line are one line drawn twice; cadastral maps at 1:500 to 1:2000 hold 0.05 to 0.3 m.
SAME_LINE_M = 0.3
# Shorter contacts are corners: a lot behind the corner lot touches the line with one vertex.
LEAST_FRONTAGE_M = 1.5
# A building over the line by less than this stands on it.
ON_THE_LINE_M2 = 0.05
# Reach of a street that has neither width nor red line: far enough to say that one is missing.
UNKNOWN_STREET_M = 10.0
# From the highest class down (QCVN 01:2021/BXD, 2.9).
STREETS_BY_RANK = (
    "expressway", "main_urban", "main", "inter_area", "area_main", "area", "distributor", "housing_group", "rural",
    "path",
)  # fmt: skip


# The layers that tell of streets. While none of them has a feature, nobody knows where streets run.
STREET_LAYERS = ("street_centreline", "street_boundary", "red_line")


@dataclass(frozen=True)
class Streets:
    """``table``: ``uid``, ``label``, ``road_width`` (m), ``road_class``; beside it per street, None where unknown:
    ``red`` the red line, ``land`` the polygon between the red lines, ``doubtful`` ground that may be its land.
    """

    table: pd.DataFrame
    red: Geometries
    land: Geometries
    doubtful: Geometries


def _between(red: Any, centre: Any) -> list[Any]:
    """Polygons between each part of a red line and the stretch of the centreline beside it."""
    made = []
    for part in shapely.get_parts(red):
        ends = [shapely.Point(part.coords[0]), shapely.Point(part.coords[-1])]
        line = min(shapely.get_parts(centre), key=part.distance)
        stretch = substring(line, *(line.project(end) for end in ends))
        if stretch.geom_type != "LineString" or stretch.length == 0:
            continue
        ring = [*part.coords, *reversed(stretch.coords)]
        pieces = shapely.get_parts(shapely.make_valid(shapely.Polygon(ring)))
        made += [piece for piece in pieces if piece.geom_type.endswith("Polygon")]
    return made


@dataclass(frozen=True)
class _Drawn:
    """What is drawn of streets in one layer: ``uid``, the ``street`` that each belongs to (None: not said), shapes."""

    uid: Words
    street: Words
    shapes: Geometries

    def elsewhere(self, known: frozenset[str]) -> Mask:
        """What belongs to none of the ``known`` streets."""
        return np.array([street not in known for street in self.street.tolist()], dtype=bool)

    def with_own_street(self, nameless: frozenset[str]) -> _Drawn:
        """The same, with what is ``nameless`` a street of its own."""
        own = np.array([uid in nameless for uid in self.uid.tolist()], dtype=bool)
        return _Drawn(self.uid, pick(own, self.uid, self.street), self.shapes)


def _drawn(frame: pd.DataFrame | None) -> _Drawn | None:
    if frame is None or frame.empty:
        return None
    return _Drawn(words(frame, "uid"), words(frame, "street"), frame.geometry.to_numpy())


def _by_street(drawn: _Drawn | None, uids: Words) -> Geometries:
    """The united geometry of each street in a layer that refers to streets; None where it has none."""
    if drawn is None:
        return nothing(len(uids))
    at = pd.Index(uids, dtype=object).get_indexer(pd.Index(drawn.street, dtype=object))
    shapes = shapely.force_2d(drawn.shapes)
    usable = (at >= 0) & shapely.is_valid(shapes) & ~shapely.is_empty(shapes)
    return unions(shapes[usable], at[usable], len(uids))


def streets(centrelines: pd.DataFrame, boundaries: pd.DataFrame | None, red_lines: pd.DataFrame | None) -> Streets:
    """All streets with what is known of their land. Lengths in metres, one projected system.

    A boundary or red line that names no street belongs to one of its own, of unknown width.
    """
    drawn = [_drawn(frame) for frame in (boundaries, red_lines)]
    named = words(centrelines, "uid")
    known = frozenset(named.tolist())
    nameless = [uid for one in drawn if one is not None for uid in one.uid[one.elsewhere(known)].tolist()]
    uids = np.concatenate([named, np.array([*nameless, None], dtype=object)[:-1]])
    own = [one and one.with_own_street(frozenset(nameless)) for one in drawn]
    land, red = _by_street(own[0], uids), _by_street(own[1], uids)
    centre = np.concatenate([centrelines.geometry.to_numpy(), nothing(len(nameless))])
    width = np.full(len(uids), np.nan)
    width[: len(centrelines)] = numbers(centrelines, "width_m")
    width[width <= 0] = np.nan
    doubtful = nothing(len(uids))
    for i in range(len(uids)):
        has_centre = centre[i] is not None and not shapely.is_empty(centre[i])
        if land[i] is None and red[i] is not None and has_centre:
            between = _between(red[i], centre[i])
            land[i] = shapely.union_all(between) if between else None
        if red[i] is None and land[i] is not None:
            red[i] = shapely.boundary(land[i])
        if land[i] is None:
            if has_centre:
                reach = width[i] / 2 if width[i] > 0 else UNKNOWN_STREET_M
                doubtful[i] = shapely.buffer(centre[i], reach + SAME_LINE_M, cap_style="flat")
            elif red[i] is not None:
                doubtful[i] = shapely.buffer(red[i], SAME_LINE_M)
    name = words(centrelines, "name")
    label = [*pick(absent(name), words(centrelines, "code"), name), *([None] * len(nameless))]
    classes = [*centrelines["road_class"], *([None] * len(nameless))]
    table = pd.DataFrame({"uid": uids, "label": label, "road_width": width, "road_class": classes})
    return Streets(table, red, land, doubtful)


@dataclass(frozen=True)
class Frontages:
    """Pairs of a lot and a street it fronts, and the stretch of red line between them (None: its place is unknown)."""

    lot: Indices
    street: Indices
    line: Geometries


def frontages(lots: Geometries | Shapes, known: Streets, *, among: Indices | None = None) -> Frontages:
    """Every street that each lot fronts; ``among`` are the lots asked about, ascending (None: all)."""
    lots = Shapes.of(lots)
    near = stretches_near(known.red, lots, SAME_LINE_M, LEAST_FRONTAGE_M, among=among)
    far_lot, far_street = lots.meeting(pick(absent(known.red), known.doubtful))
    if among is not None:
        asked = np.isin(far_lot, among)
        far_lot, far_street = far_lot[asked], far_street[asked]
    none = nothing(len(far_lot))
    return Frontages(
        np.concatenate([near.area, far_lot]),
        np.concatenate([near.line, far_street]),
        np.concatenate([near.part, none]),
    )


def fronts(shapes: Geometries, on_lots: OnLots, front: Frontages, known: Streets, on_streets: Overlay) -> pd.DataFrame:
    """One row per building and street that one of its lots fronts; one without street for a building off the streets.

    ``on_streets`` sets the buildings against the land of the streets. Columns: ``building``, ``street`` (positions; -1
    none), ``distance`` in metres from building to the red line along its lots (0 where it stands on or beyond it),
    ``line`` that stretch, ``scope`` ``no_street`` where there is none.
    """
    at, to, lines = _pairs(on_lots, front, len(known.table))
    distance = by_chunks(shapely.distance, shapes[at], lines)
    over = np.flatnonzero(on_streets.area > ON_THE_LINE_M2)
    count = max(len(known.table), 1)
    beyond = np.isin(at * count + to, on_streets.lot[over] * count + on_streets.zone[over])
    distance[beyond & (to >= 0)] = 0.0
    columns = {"building": at, "street": to, "distance": distance, "line": lines, "scope": pick(to < 0, "no_street")}
    for column in ("label", "road_width", "road_class", "uid"):
        values = _and_none(known.table[column].to_numpy(dtype=object))[to]
        columns["street_uid" if column == "uid" else column] = values
    return in_frame(columns)


def _pairs(on_lots: OnLots, front: Frontages, streets_known: int) -> tuple[Indices, Indices, Geometries]:
    """Building, street (-1: none) and the red line between them, by building, its streets in the order of its lots."""
    building, lot = on_lots.building, on_lots.lot
    by_lot = np.argsort(front.lot, kind="stable")
    start = np.searchsorted(front.lot[by_lot], lot)
    found = np.searchsorted(front.lot[by_lot], lot, side="right") - start
    building = np.repeat(building, found)
    within = np.arange(len(building)) - np.repeat(np.cumsum(found) - found, found)
    at = by_lot[np.repeat(start, found) + within]  # one frontage of one of the building's lots
    key, first, pair = np.unique(
        building * max(streets_known, 1) + front.street[at], return_index=True, return_inverse=True
    )
    placed = ~shapely.is_missing(front.line[at])
    line = unions(front.line[at[placed]], pair[placed], len(key))
    without = np.flatnonzero(np.bincount(building, minlength=len(on_lots)) == 0)
    by_first = np.argsort(first, kind="stable")  # buildings are in order, so are their first frontages
    building, street, line = building[first[by_first]], front.street[at[first[by_first]]], line[by_first]
    order = np.argsort(np.concatenate([building, without]), kind="stable")
    return (
        np.concatenate([building, without])[order],
        np.concatenate([street, np.full(len(without), -1, dtype=np.intp)])[order],
        np.concatenate([line, nothing(len(without))])[order],
    )


def _and_none(values: Words) -> Words:
    """``values`` and None after them: what position -1 finds."""
    return np.concatenate([values, nothing(1)])


def beyond_red_line(
    shapes: Geometries, known: Streets, on_streets: Overlay, *, drawn: bool
) -> tuple[NDArray[np.float64], Geometries, Words]:
    """Area of each building on the street's side of the red line (m²), that part, and the streets' labels.

    NaN where a street runs so near that the building may stand on its land, but its red line is missing; everywhere
    where no street is ``drawn`` on the whole map.
    """
    count = len(shapes)
    part = unions(on_streets.part, on_streets.lot, count)
    area = np.nan_to_num(shapely.area(part))
    doubtful, _ = shapely.STRtree(known.doubtful).query(shapes, predicate="intersects")[:2]
    unsure = np.zeros(count, dtype=bool)
    unsure[doubtful] = True
    area[unsure & (area <= ON_THE_LINE_M2)] = np.nan
    if not drawn:
        area[:] = np.nan
    names = np.full(count, "", dtype=object)
    labels = known.table["label"].fillna("").to_numpy(dtype=object)
    for building, street in zip(on_streets.lot, on_streets.zone, strict=True):
        if labels[street]:
            names[building] = ", ".join(filter(None, (names[building], labels[street])))
    return area, part, names

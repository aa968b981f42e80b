"""The area that every lot shares with every zone: the base of each check that sets one layer against another.

Most lots lie wholly inside one zone; a prepared ``covers`` finds that without cutting anything. Only the rest is cut,
and where the zones tile the ground without gap or overlap, the last piece of a lot is what the others leave.
The pairs are sorted by zone and split at zone borders, so that a prepared zone is used by one thread; shapely releases
the interpreter's lock, and the memory needed is that of one chunk per thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..columns import nothing, pick
from .threads import each

Geometries = NDArray[np.object_]
Indices = NDArray[np.intp]
Areas = NDArray[np.float64]

# A shared area below 1 cm² is rounding of coordinates, not a shared area.
LEAST_AREA_M2 = 1e-4
# Cutting is quadratic in the detail of a zone: rivers and forests are first clipped to the lot's box.
MANY_VERTICES = 300
_CHUNK = 20_000  # pairs looked at by one thread at a time
_CUTS = 4_000  # pairs cut by one thread at a time
_OFTEN = 8  # a zone that is asked about fewer lots is not worth preparing
_APART, _INSIDE, _CROSSING = 0, 1, 2


@dataclass(frozen=True)
class Overlay:
    """Pairs that share area: positions of ``lot`` and ``zone`` in the arrays given, the ``area`` in m², and the shared
    ``part`` of the pairs asked for (None for the others).
    """

    lot: Indices
    zone: Indices
    area: Areas
    part: Geometries


# Says for pairs of lot and zone whether their shared part will be wanted as a shape.
Wanted = Callable[[Indices, Indices], NDArray[np.bool_]]


def every_pair(lot: Indices, _zone: Indices) -> NDArray[np.bool_]:
    """Chooses all pairs: the shared parts are all wanted."""
    return np.ones(len(lot), dtype=bool)


def no_overlay() -> Overlay:
    """No pairs at all."""
    none = np.zeros(0, dtype=np.intp)
    return Overlay(none, none, np.zeros(0), np.zeros(0, dtype=object))


def _cuts(zone: Indices, size: int) -> list[slice]:
    """Slices of about ``size`` pairs that never divide the pairs of one zone."""
    borders = np.flatnonzero(np.diff(zone)) + 1
    wanted = np.arange(size, len(zone), size)
    at = borders[np.unique(np.searchsorted(borders, wanted).clip(max=max(len(borders) - 1, 0)))] if len(borders) else []
    edges = [0, *(int(edge) for edge in at), len(zone)]
    return [slice(a, b) for a, b in pairwise(edges) if b > a]


def _clipped(zone: Any, lot: Any) -> Any:
    """The zone near the lot, with a margin of 1 m; the whole zone where clipping breaks it."""
    west, south, east, north = lot.bounds
    try:
        near = shapely.clip_by_rect(zone, west - 1.0, south - 1.0, east + 1.0, north + 1.0)
    except shapely.errors.GEOSException:  # GEOS clips a hole that runs along the rectangle to a ring of three points
        return zone
    return near if near.is_valid else zone


def parts(lots: Geometries, zones: Geometries, lot: Indices, zone: Indices) -> Geometries:
    """The shared part of each pair."""
    cutter = zones[zone]
    for i in np.flatnonzero(shapely.get_num_coordinates(cutter) > MANY_VERTICES):
        cutter[i] = _clipped(cutter[i], lots[lot[i]])
    shared: Geometries = shapely.intersection(lots[lot], cutter)
    return shared


def _relation(lots: Geometries, zones: Geometries, lot: Indices, zone: Indices) -> NDArray[np.int8]:
    """How each pair lies: wholly inside, crossing the zone's border, or apart. Prepares the zones for the while."""
    cutters, candidates = zones[zone], lots[lot]
    often = np.flatnonzero(np.bincount(zone) >= _OFTEN) if len(zone) else zone
    shapely.prepare(zones[often])
    covered = shapely.covers(cutters, candidates)
    relation = np.where(covered, _INSIDE, _APART).astype(np.int8)
    rest = np.flatnonzero(~covered)
    relation[rest[shapely.intersects(cutters[rest], candidates[rest])]] = _CROSSING
    shapely.destroy_prepared(zones[often])
    return relation


def _remainders(lots: Geometries, zones: Geometries, lot: Indices, free: NDArray[np.bool_]) -> Indices:
    """Crossing pairs that need no cut, one for a lot: where the zones tile the ground, its area is what others leave.

    ``lot`` are the lots of the crossing pairs; only those marked ``free`` may be chosen. Returns positions in ``lot``.
    """
    sound = zones[~shapely.is_missing(zones)]
    if not free.any() or not shapely.coverage_is_valid(sound):
        return np.zeros(0, dtype=np.intp)
    ground = shapely.coverage_union_all(sound)
    shapely.prepare(ground)
    mine = np.unique(lot)
    tiled = mine[shapely.covers(ground, lots[mine])]
    open_to_it = np.flatnonzero(free & np.isin(lot, tiled))
    return open_to_it[np.unique(lot[open_to_it], return_index=True)[1]]


def overlay(
    lots: Geometries,
    zones: Geometries,
    *,
    wanted: Wanted | None = None,
    threads: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Overlay:
    """All pairs of a lot and a zone that share more than 1 cm².

    ``lots`` and ``zones`` are valid polygons in one projected system in metres; None and empty ones meet nothing.
    ``wanted`` chooses the pairs whose shared part is kept. ``progress`` is told the share of the work done, 0 to 1.
    Sorted by lot, then by zone.
    """
    if len(lots) == 0 or len(zones) == 0:
        return no_overlay()
    tell = progress or (lambda _share: None)
    zone, lot = shapely.STRtree(lots).query(zones)
    order = np.argsort(zone, kind="stable")
    zone, lot = zone[order], lot[order]
    lot_areas = shapely.area(lots)
    slices = _cuts(zone, _CHUNK)
    found = [np.zeros(0, dtype=np.int8)]
    for chunk in each(lambda at: _relation(lots, zones, lot[at], zone[at]), slices, threads):
        found.append(chunk)
        tell(0.4 * len(found) / (len(slices) + 1))
    relation = np.concatenate(found)
    lot, zone, relation = (values[relation != _APART] for values in (lot, zone, relation))
    asked = wanted(lot, zone) if wanted is not None else np.zeros(len(lot), dtype=bool)
    area = np.where(relation == _INSIDE, lot_areas[lot], 0.0)
    part = pick(asked & (relation == _INSIDE), lots[lot])
    crossing = np.flatnonzero(relation == _CROSSING)
    left = crossing[_remainders(lots, zones, lot[crossing], ~asked[crossing])]
    cut = np.setdiff1d(crossing, left, assume_unique=True)
    runs = [cut[at : at + _CUTS] for at in range(0, len(cut), _CUTS)]
    shared = each(lambda run: parts(lots, zones, lot[run], zone[run]), runs, threads)
    for done, (run, pieces) in enumerate(zip(runs, shared, strict=True), start=1):
        area[run] = shapely.area(pieces)
        part[run[asked[run]]] = pieces[asked[run]]
        tell(0.4 + 0.6 * done / len(runs))
    taken = np.bincount(lot, area, minlength=len(lots))
    area[left] = np.maximum(lot_areas[lot[left]] - taken[lot[left]], 0.0)
    kept = np.flatnonzero(area > LEAST_AREA_M2)
    order = kept[np.lexsort((zone[kept], lot[kept]))]
    return Overlay(lot[order], zone[order], area[order], part[order])


def unions(geometries: Geometries, group: Indices, count: int) -> Geometries:
    """One union of ``geometries`` per ``group`` number 0 … ``count`` - 1; None for a group without any."""
    made = nothing(count)
    if len(group) == 0:
        return made
    order = np.argsort(group, kind="stable")
    start = np.flatnonzero(np.diff(group[order], prepend=-1))
    size = np.diff(start, append=len(order))
    target = group[order[start]]
    made[target[size == 1]] = geometries[order[start[size == 1]]]
    twos = start[size == 2]  # most of the others; united in one call
    made[target[size == 2]] = shapely.union(geometries[order[twos]], geometries[order[twos + 1]])
    for first, members, at in zip(start[size > 2], size[size > 2], target[size > 2], strict=True):
        made[at] = shapely.union_all(geometries[order[first : first + members]])
    return made

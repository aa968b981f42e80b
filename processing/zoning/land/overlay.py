"""The area that every lot shares with every zone: the base of each check that sets one layer against another.

Most pairs need no cutting: what they share is summed up over their edges. Cut are those whose shape is asked for, and
those with too many edges; of the latter, a prepared ``covers`` first finds the lots that lie wholly inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..columns import Mask, nothing
from .arrays import Areas, Geometries, Indices
from .shapes import Shapes
from .shared_area import shared_areas
from .threads import each

__all__ = [
    "LEAST_AREA_M2", "Areas", "Geometries", "Indices", "Overlay", "Wanted", "every_pair", "no_overlay", "overlay",
    "parts", "unions",
]  # fmt: skip

# A shared area below 1 cm² is rounding of coordinates, not a shared area.
LEAST_AREA_M2 = 1e-4
# The whole detail of a zone takes part in a cut: rivers and forests are first clipped to the lot's box.
MANY_VERTICES = 300
_CHUNK = 20_000  # pairs looked at by one thread at a time
_CUTS = 1_000  # pairs cut by one thread at a time
_OFTEN = 8  # a zone that is asked about fewer lots is not worth preparing


@dataclass(frozen=True)
class Overlay:
    """Pairs that share area: positions of ``lot`` and ``zone`` in the arrays given, the ``area`` in m², and the shared
    ``part`` of the pairs asked for (None for the others). Sorted by lot, then by zone.
    """

    lot: Indices
    zone: Indices
    area: Areas
    part: Geometries

    @cached_property
    def largest_first(self) -> Indices:
        """The pairs by lot, what shares most of it first."""
        order = np.arange(len(self.lot))
        several = np.flatnonzero(np.bincount(self.lot).take(self.lot) > 1)
        order[several] = several[np.lexsort((-self.area[several], self.lot[several]))]
        return order


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


def parts(lots: Geometries | Shapes, zones: Geometries | Shapes, lot: Indices, zone: Indices) -> Geometries:
    """The shared part of each pair."""
    lots, zones = Shapes.of(lots), Shapes.of(zones)
    mine, cutter = lots.given[lot], zones.given[zone]
    clipped, area = _to_clip(lots, zones, lot, zone)
    for i in clipped:
        cutter[i] = _clipped(cutter[i], mine[i])
    shared: Geometries = shapely.intersection(mine, cutter)
    # GEOS clips a zone with a needle in it to the needle alone, without a word.
    wrong = clipped[np.abs(shapely.area(shared[clipped]) - area) > LEAST_AREA_M2]
    shared[wrong] = shapely.intersection(mine[wrong], zones.given[zone[wrong]])
    return shared


def _to_clip(lots: Shapes, zones: Shapes, lot: Indices, zone: Indices) -> tuple[Indices, Areas]:
    """The pairs whose zone has many vertices and whose shared area is known beforehand, and that area."""
    many = np.flatnonzero(shapely.get_num_coordinates(zones.given[zone]) > MANY_VERTICES)
    many = many[np.argsort(zone[many], kind="stable")]
    if len(many) == 0:
        return many, np.zeros(0)
    area = shared_areas(lots, zones, lot[many], zone[many])
    known = np.flatnonzero(~np.isnan(area))
    return many[known], area[known]


def _inside(lots: Shapes, zones: Shapes, lot: Indices, zone: Indices) -> Mask:
    """Which pairs of a lot and a zone, by zone, lie wholly inside."""
    cutter: Geometries = zones.given[zone]
    often = np.bincount(zone)[zone] >= _OFTEN
    first, place = np.unique(zone[often], return_index=True, return_inverse=True)[1:]
    own = shapely.force_2d(cutter[often][first])  # copies: another thread may prepare the same ones
    shapely.prepare(own)
    cutter[often] = own[place]
    covered: Mask = shapely.covers(cutter, lots.given[lot])
    return covered


def overlay(
    lots: Geometries | Shapes,
    zones: Geometries | Shapes,
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
    lots, zones = Shapes.of(lots), Shapes.of(zones)
    if len(zones) > len(lots):  # fewer are asked about, and others ask the larger layer too
        lot, zone = zones.index.meeting(lots.box)
    else:
        zone, lot = lots.index.meeting(zones.box)
    order = np.argsort(zone, kind="stable")
    zone, lot = zone[order], lot[order]
    whole = lots.area
    slices = [slice(at, at + _CHUNK) for at in range(0, len(lot), _CHUNK)]
    found = [np.zeros(0)]
    for some in each(lambda at: shared_areas(lots, zones, lot[at], zone[at]), slices, threads):
        found.append(some)
        tell(0.4 * len(found) / (len(slices) + 1))
    area = np.concatenate(found)
    kept = np.flatnonzero(~(area <= LEAST_AREA_M2))
    lot, zone, area = lot[kept], zone[kept], area[kept]
    detailed = np.flatnonzero(np.isnan(area))
    zonewise = [detailed[at] for at in _cuts(zone[detailed], _CHUNK)]
    for inside in each(lambda at: at[_inside(lots, zones, lot[at], zone[at])], zonewise, threads):
        area[inside] = whole[lot[inside]]
    asked = wanted(lot, zone) if wanted is not None else np.zeros(len(lot), dtype=bool)
    part = nothing(len(lot))
    inside = np.flatnonzero(asked & (area == whole[lot]))
    part[inside] = lots.given[lot[inside]]
    cut = np.flatnonzero(np.isnan(area) | (asked & (area != whole[lot])))
    runs = [cut[at : at + _CUTS] for at in range(0, len(cut), _CUTS)]
    shared = each(lambda run: parts(lots, zones, lot[run], zone[run]), runs, threads)
    for done, (run, pieces) in enumerate(zip(runs, shared, strict=True), start=1):
        area[run] = shapely.area(pieces)
        part[run[asked[run]]] = pieces[asked[run]]
        tell(0.4 + 0.6 * done / len(runs))
    kept = np.flatnonzero(area > LEAST_AREA_M2)
    order = kept[np.argsort(lot[kept], kind="stable")]  # they stand by zone
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

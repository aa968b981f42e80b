"""Where the planned zones of a map lie over each other, or leave a hole between them: told, never guessed away.

Overlaps and holes up to ``SLIVER_M2`` are inexact borders. Land outside the outer border of all zones is no hole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from ....layers.report import Report
from ..columns import Mask, Words, absent, pick, words
from .overlay import Geometries, Indices
from .segments import Segments
from .shapes import Shapes
from .soundness import measured

SLIVER_M2 = 1.0
# So many places are told one by one, the largest first; the others are counted.
TOLD = 20
# With more edges that no neighbour shares there is no mosaic of zones, whose outline is quickly built.
_MOSTLY = 0.25
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)  # odd: they mix the bits of numbers


@dataclass(frozen=True)
class Overlaps:
    """Pairs of zones, as row numbers, that share ``area`` m²; the largest first."""

    one: Indices
    other: Indices
    area: NDArray[np.float64]


def _unclean(shapes: Geometries) -> Mask:
    """Which of ``shapes`` do not share their edges with their neighbours: all others share no ground with any."""
    unclean = np.zeros(len(shapes), dtype=bool)
    known = np.flatnonzero(~absent(shapes))
    unclean[known] = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes[known]))
    return unclean


def overlaps(shapes: Geometries, unclean: Mask | None = None) -> Overlaps:
    """The pairs of ``shapes`` (polygons, or None) that cover the same ground; one of each is ``unclean``."""
    unclean = _unclean(shapes) if unclean is None else unclean
    other, one = shapely.STRtree(shapes).query(pick(unclean, shapes), predicate="intersects")
    one, other = np.minimum(one, other), np.maximum(one, other)
    one, other = np.unique(np.stack([one, other])[:, one < other], axis=1)
    area = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    order = np.argsort(-area, kind="stable")
    order = order[area[order] > SLIVER_M2]
    return Overlaps(one[order], other[order], area[order])


def holes(shapes: Geometries, unclean: Mask | None = None) -> list[shapely.Polygon]:
    """The holes in the ground that ``shapes`` (polygons, or None) cover together, the largest first."""
    known = shapes[~absent(shapes)]
    clean = not (_unclean(shapes) if unclean is None else unclean).any()
    return _within(shapely.coverage_union_all(known) if clean else shapely.union_all(known))


def _within(whole: Any) -> list[shapely.Polygon]:
    found = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    return sorted((hole for hole in found if hole.area > SLIVER_M2), key=lambda hole: -hole.area)


def covered_once(shapes: Shapes) -> Any:
    """The ground that ``shapes`` cover together where none of it is covered twice; None where that is not plain.

    Edges that two zones share cancel each other out. What is left is the outline of all zones, if it is that of a valid
    area, and if that area is the sum of theirs: ground covered twice would count twice.
    """
    pieces = shapes.outlines.at(np.arange(len(shapes)))
    alone = _drawn_once(pieces)
    if not 0 < len(alone) <= _MOSTLY * len(pieces.owner):
        return None
    lines = np.stack([pieces.start[alone], pieces.end[alone]], axis=1)
    ground: Any = shapely.build_area(shapely.multilinestrings(lines))
    rings = shapely.get_num_interior_rings(shapely.get_parts(ground)) + 1
    whole = shapely.get_num_coordinates(ground) - rings.sum() == len(alone) and ground.is_valid
    return ground if whole and np.nansum(shapes.area) - ground.area <= SLIVER_M2 else None


def _drawn_once(pieces: Segments) -> Indices:
    """The pieces that no other one leads back along."""
    start, end = (np.ascontiguousarray(place).view(np.uint64) @ _FACTORS for place in (pieces.start, pieces.end))
    mixed = [place ^ place >> np.uint64(29) for place in (start, end)]
    key = mixed[0] + mixed[1]  # of a piece and of the way back, and hardly ever of another one
    order = np.argsort(key)
    pair = np.flatnonzero(np.diff(key[order]) == 0)
    pair = pair[np.diff(pair, prepend=-2) != 1]  # one cancels out one
    one, other = order[pair], order[pair + 1]
    back = (pieces.start[one] == pieces.end[other]) & (pieces.end[one] == pieces.start[other])
    left = np.ones(len(key), dtype=bool)
    left[one[back.all(axis=1)]] = left[other[back.all(axis=1)]] = False
    return np.flatnonzero(left)


@dataclass(frozen=True)
class Cover:
    """How zones, called ``names``, lie to each other."""

    names: Words
    twice: Overlaps
    empty: list[shapely.Polygon]


def cover(zones: gpd.GeoDataFrame) -> Cover:
    """Every place where ``zones`` (columns ``uid`` and ``code``) overlap or leave a hole."""
    shapes, _ = measured(zones.geometry.to_numpy(), "")
    names = pick(absent(words(zones, "code")), words(zones, "uid"), words(zones, "code"))
    ground = covered_once(shapes)
    if ground is not None:
        none = np.zeros(0, dtype=np.intp)
        return Cover(names, Overlaps(none, none, np.zeros(0)), _within(ground))
    given = np.asarray(shapes.given, dtype=object)
    unclean = _unclean(given)
    return Cover(names, overlaps(given, unclean), holes(given, unclean))


def tell(found: Cover, report: Report) -> None:
    """Warn of the places in ``found``, with their area."""
    names, twice, empty = found.names, found.twice, found.empty
    for one, other, area in list(zip(twice.one, twice.other, twice.area, strict=True))[:TOLD]:
        report.message(
            "zoning.zones_overlap",
            level="warning",
            one=str(names[one]),
            other=str(names[other]),
            area=round(float(area), 1),
        )
    for hole in empty[:TOLD]:
        place = shapely.point_on_surface(hole)
        at = {"x": round(place.x, 1), "y": round(place.y, 1)}
        report.message("zoning.zones_hole", level="warning", area=round(hole.area, 1), **at)
    left = max(len(twice.area) - TOLD, 0) + max(len(empty) - TOLD, 0)
    if left:
        report.message("zoning.zones_more", level="warning", count=left)

"""Where the planned zones of a map lie over each other, or leave a hole between them: told, never guessed away.

Overlaps and holes up to ``SLIVER_M2`` are inexact borders. Land outside the outer border of all zones is no hole.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from ....layers.report import Report
from ..columns import Mask, Words, absent, pick, words
from .overlay import Geometries, Indices
from .soundness import polygons

SLIVER_M2 = 1.0
# So many places are told one by one, the largest first; the others are counted.
TOLD = 20


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
    whole = shapely.get_parts(shapely.coverage_union_all(known) if clean else shapely.union_all(known))
    found = [shapely.Polygon(ring) for part in whole for ring in part.interiors]
    return sorted((hole for hole in found if hole.area > SLIVER_M2), key=lambda hole: -hole.area)


@dataclass(frozen=True)
class Cover:
    """How zones, called ``names``, lie to each other."""

    names: Words
    twice: Overlaps
    empty: list[shapely.Polygon]


def cover(zones: gpd.GeoDataFrame) -> Cover:
    """Every place where ``zones`` (columns ``uid`` and ``code``) overlap or leave a hole."""
    shapes, _ = polygons(zones.geometry.to_numpy(), "")
    names = pick(absent(words(zones, "code")), words(zones, "uid"), words(zones, "code"))
    unclean = _unclean(shapes)
    return Cover(names, overlaps(shapes, unclean), holes(shapes, unclean))


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

"""Whether changed ground is the place of a case that is known already: by overlap, or by a front in common.

A pit that grows shows as a ring or a strip beside what was dug before and shares no ground with it; so two shapes are
the same place when a share of the smaller one lies on the larger one, *or* a share of its outline runs along it. Both
shares are free of scale. A plume at sea is never the pit that it came from: kinds of change have families.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

UNKNOWN = "unknown"
# Kinds of change that may be one place over time; what is in no list is a family of its own.
FAMILIES = (
    frozenset({
        "new_pit", "pit_growth", "pond_gained", "pond_lost", "tailings", "vegetation_cleared", "rehabilitated",
        "haul_track", "stockpile",
    }),
)  # fmt: skip


@dataclass(frozen=True)
class Matching:
    """``reach_m``: how far apart outlines may run and still be common (two pixels of 10 m). ``share``: of area or
    outline of the smaller shape that must be common. ``regrow_m2``: growth that brings back what was rejected or closed
    (the smallest step of Decree 36/2020, art. 37).
    """

    reach_m: float = 20.0
    share: float = 0.2
    regrow_m2: float = 1000.0


def same_family(one: str | None, other: str | None) -> bool:
    """Whether two kinds of change may be the same place; an unknown kind goes with all."""
    a, b = one or UNKNOWN, other or UNKNOWN
    return a == b or UNKNOWN in (a, b) or any(a in family and b in family for family in FAMILIES)


def candidates(
    alerts: NDArray[np.object_], places: NDArray[np.object_], matching: Matching
) -> list[tuple[int, int, float]]:
    """Pairs (alert, place, strength) that are the same place by shape, the strongest first of each alert.

    Polygons in one projected system; ``strength`` is 0 to 1.
    """
    if not len(alerts) or not len(places):
        return []
    rows, found = shapely.STRtree(places).query(alerts, predicate="dwithin", distance=matching.reach_m)
    strength = commonness(alerts[rows], places[found], matching.reach_m)
    pairs = [
        (int(row), int(place), float(value))
        for row, place, value in zip(rows, found, strength, strict=True)
        if value >= matching.share
    ]
    return sorted(pairs, key=lambda pair: (pair[0], -pair[2], pair[1]))


def commonness(first: NDArray[np.object_], second: NDArray[np.object_], reach_m: float) -> NDArray[np.float64]:
    """Of each pair the larger share, of area or of outline, that the smaller shape has in common with the other."""
    swap = shapely.area(first) > shapely.area(second)
    small, large = np.where(swap, second, first), np.where(swap, first, second)
    area = shapely.area(shapely.intersection(small, large)) / np.maximum(shapely.area(small), 1e-9)
    outline = shapely.boundary(small)
    along = shapely.length(shapely.intersection(outline, shapely.buffer(large, reach_m)))
    share: NDArray[np.float64] = np.maximum(area, along / np.maximum(shapely.length(outline), 1e-9))
    return share

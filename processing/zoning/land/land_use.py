"""Land use of lots against the planned zones they lie in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import Mask, Numbers, Words, absent, in_frame, nothing, pick, words
from ..rulebook.rules import Compatibility
from .overlay import Geometries, Indices, Overlay, Wanted, unions

_PERMITTED, _REFUSED, _UNKNOWN = 0, 1, 2


def permission(use: Words, zone_use: Words, matrix: Compatibility | None) -> NDArray[np.intp]:
    """For each pair of land codes: 0 permitted, 1 refused, 2 unknown. Equal codes are permitted by themselves.

    Other pairs are the province's matter: unknown without a matrix, and where the matrix lacks the zone's code.
    """
    own, uses = pd.factorize(use, use_na_sentinel=False)
    planned, zone_uses = pd.factorize(zone_use, use_na_sentinel=False)
    verdicts = np.full((len(uses), len(zone_uses)), _UNKNOWN, dtype=np.intp)
    for i, code in enumerate(uses):
        for j, zone_code in enumerate(zone_uses):
            if not isinstance(code, str) or not isinstance(zone_code, str):
                continue
            if code == zone_code:
                verdicts[i, j] = _PERMITTED
            elif matrix is not None and zone_code in matrix.permits:
                verdicts[i, j] = _PERMITTED if code in matrix.permits[zone_code] else _REFUSED
    found: NDArray[np.intp] = verdicts[own, planned]
    return found


def refusals(use: Words, zone_use: Words, matrix: Compatibility | None) -> Wanted:
    """Chooses the pairs of a lot and a zone that refuses its land code; these are shown on the map."""

    def refused(lot: Indices, zone: Indices) -> NDArray[np.bool_]:
        found: Mask = permission(use[lot], zone_use[zone], matrix) == _REFUSED
        return found

    return refused


@dataclass(frozen=True)
class LandUse:
    """``table``: one row per lot, in order, with columns for the judge. ``refused``: the united parts that are.

    ``by_matrix`` marks the lots on which the province's matrix decided.
    """

    table: pd.DataFrame
    refused: Geometries
    by_matrix: Mask


def against_zones(
    parcels: pd.DataFrame,
    lots: Geometries,
    zones: pd.DataFrame,
    zone_shapes: Geometries,
    shared: Overlay,
    matrix: Compatibility | None,
    sliver_m2: float,
) -> LandUse:
    """Area of each lot in zones that refuse its use (``misused``, m²), or what is missing to say it.

    ``parcels`` has ``land_use``; ``zones`` has ``land_use`` and ``code``; ``shared`` sets ``lots`` against
    ``zone_shapes`` and keeps the parts that :func:`refusals` wants. Parts up to ``sliver_m2`` per lot decide nothing.
    A part refused for sure is a breach whatever the rest is; else a part whose permission is unknown, or outside every
    zone, makes the lot not checkable.
    """
    count = len(parcels)
    use, planned = words(parcels, "land_use"), words(zones, "land_use")
    verdict = permission(use[shared.lot], planned[shared.zone], matrix)

    def total(chosen: Mask) -> Numbers:
        return np.bincount(shared.lot[chosen], shared.area[chosen], minlength=count).astype(float)

    refused, unknown = total(verdict == _REFUSED), total(verdict == _UNKNOWN)
    area = np.nan_to_num(shapely.area(lots))
    outside = area - total(np.ones(len(verdict), dtype=bool))
    for i in np.flatnonzero(outside < -sliver_m2):  # zones overlap here: the sum says nothing about holes
        mine = zone_shapes[shared.zone[shared.lot == i]]
        outside[i] = shapely.area(shapely.difference(lots[i], shapely.union_all(mine)))
    misused = np.where(refused > sliver_m2, refused, np.where(unknown > sliver_m2, np.nan, refused))
    misused[(refused <= sliver_m2) & (outside > sliver_m2)] = np.nan

    lacking = nothing(count)
    lacking[unknown > sliver_m2] = "compatibility"
    lacking[total(absent(planned)[shared.zone]) > sliver_m2] = "planned_zone.land_use"
    lacking[outside > sliver_m2] = "planned_zone"
    lacking[absent(use)] = "parcel.land_use"
    misused[absent(use)] = np.nan
    by_matrix = np.zeros(count, dtype=bool)
    differs = use[shared.lot] != planned[shared.zone]
    by_matrix[shared.lot[(verdict != _UNKNOWN) & differs]] = True
    names = np.array([f"{code} ({use})" for code, use in zip(zones["code"], planned, strict=True)], dtype=object)
    table = in_frame(
        {
            "misused": misused,
            "misused.lacking": lacking,
            "land_use": use,
            "zones": _by_lot(shared, names, count),
            "zone_uses": _by_lot(shared, pick(absent(planned), "?", planned), count),
        }
    )
    at = np.flatnonzero(verdict == _REFUSED)
    return LandUse(table, unions(shared.part[at], shared.lot[at], count), by_matrix)


def _by_lot(shared: Overlay, told: Words, count: int) -> Words:
    """What the zones of each lot are ``told`` as, joined by commas, the largest share first; nothing twice."""
    made = np.full(count, "", dtype=object)
    order = np.lexsort((-shared.area, shared.lot))
    lot, zone = shared.lot[order], shared.zone[order]
    first = np.diff(lot, prepend=-1) > 0
    made[lot[first]] = told[zone[first]]
    for at, word in zip(lot[~first], told[zone[~first]], strict=True):
        if word not in made[at].split(", "):
            made[at] += ", " + word
    return made

"""Land use of lots against the planned zones they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import Mask, Numbers, Words, words
from ..rulebook.rules import Compatibility
from ..table import Coded, ColumnTable, when
from .overlay import Geometries, Indices, Overlay, Wanted, unions
from .shapes import Shapes

_PERMITTED, _REFUSED, _UNKNOWN = 0, 1, 2


def permission(use: Coded, zone_use: Coded, matrix: Compatibility | None) -> NDArray[np.intp]:
    """For each pair of land codes: 0 permitted, 1 refused, 2 unknown. Equal codes are permitted by themselves.

    Other pairs are the province's matter: unknown without a matrix, and where the matrix lacks the zone's code.
    """
    verdicts = np.full((len(use.known) + 1, len(zone_use.known) + 1), _UNKNOWN, dtype=np.intp)
    for i, code in enumerate(use.known):
        for j, zone_code in enumerate(zone_use.known):
            if code == zone_code:
                verdicts[i, j] = _PERMITTED
            elif matrix is not None and zone_code in matrix.permits:
                verdicts[i, j] = _PERMITTED if code in matrix.permits[zone_code] else _REFUSED
    found: NDArray[np.intp] = verdicts[use.code, zone_use.code]
    return found


def refusals(use: Words, zone_use: Words, matrix: Compatibility | None) -> Wanted:
    """Chooses the pairs of a lot and a zone that refuses its land code; these are shown on the map."""
    own, planned = Coded.of(use), Coded.of(zone_use)

    def refused(lot: Indices, zone: Indices) -> NDArray[np.bool_]:
        found: Mask = permission(own.at(lot), planned.at(zone), matrix) == _REFUSED
        return found

    return refused


@dataclass(frozen=True)
class LandUse:
    """``table``: one row per lot, in order, with columns for the judge. ``refused``: the united parts that are.

    ``by_matrix`` marks the lots on which the province's matrix decided.
    """

    table: ColumnTable
    refused: Geometries
    by_matrix: Mask


def against_zones(
    parcels: pd.DataFrame,
    lots: Geometries | Shapes,
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
    use, planned = Coded.of(words(parcels, "land_use")), Coded.of(words(zones, "land_use"))
    verdict = permission(use.at(shared.lot), planned.at(shared.zone), matrix)

    def total(chosen: Mask) -> Numbers:
        return np.bincount(shared.lot[chosen], shared.area[chosen], minlength=count).astype(float)

    refused, unknown = total(verdict == _REFUSED), total(verdict == _UNKNOWN)
    lots = Shapes.of(lots)
    area = np.nan_to_num(lots.area)
    outside = area - total(np.ones(len(verdict), dtype=bool))
    twice = np.flatnonzero(outside < -sliver_m2)  # zones overlap here: the sum says nothing about holes
    start, stop = (np.searchsorted(shared.lot, twice, side=side) for side in ("left", "right"))
    for i, low, high in zip(twice, start, stop, strict=True):
        mine = zone_shapes[shared.zone[low:high]]
        outside[i] = shapely.area(shapely.difference(lots.given[i], shapely.union_all(mine)))
    misused = np.where(refused > sliver_m2, refused, np.where(unknown > sliver_m2, np.nan, refused))
    misused[(refused <= sliver_m2) & (outside > sliver_m2)] = np.nan

    lacking = when(unknown > sliver_m2, "compatibility")
    lacking = when(total(planned.missing[shared.zone]) > sliver_m2, "planned_zone.land_use", lacking)
    lacking = when(outside > sliver_m2, "planned_zone", lacking)
    lacking = when(use.missing, "parcel.land_use", lacking)
    misused[use.missing] = np.nan
    planned_use, lot_use = planned.words, use.words
    by_matrix = np.zeros(count, dtype=bool)
    differs = lot_use[shared.lot] != planned_use[shared.zone]
    by_matrix[shared.lot[(verdict != _UNKNOWN) & differs]] = True
    names = np.array([f"{code} ({use})" for code, use in zip(zones["code"], planned_use, strict=True)], dtype=object)
    zone_names, zone_uses = _by_lot(shared, (names, when(planned.missing, "?", planned).words), count)
    table = ColumnTable(
        {
            "misused": misused,
            "misused.lacking": lacking,
            "land_use": use,
            "zones": zone_names,
            "zone_uses": zone_uses,
        }
    )
    at = np.flatnonzero(verdict == _REFUSED)
    return LandUse(table, unions(shared.part[at], shared.lot[at], count), by_matrix)


def _by_lot(shared: Overlay, told: Sequence[Words], count: int) -> list[Words]:
    """What the zones of each lot are ``told`` as, joined by commas, the largest share first; nothing twice."""
    order = shared.largest_first
    lot, zone = shared.lot[order], shared.zone[order]
    first = np.diff(lot, prepend=-1) > 0
    alone = np.bincount(lot, minlength=count)[lot] == 1
    made = []
    for word in told:
        text = np.full(count, "", dtype=object)
        text[lot[first]] = word[zone[first]]
        coded = Coded.of(word)
        pair = lot[~alone] * len(word) + coded.code[zone[~alone]]
        # Where a word comes for the first time in its lot; each round adds the next one of every lot.
        new = np.flatnonzero(~alone)[np.sort(np.unique(pair, return_index=True)[1])]
        while len(new := new[~first[new]]):  # one more word of each lot that has more
            here = new[np.diff(lot[new], prepend=-1) > 0]
            text[lot[here]] += ", " + word[zone[here]]
            new = np.setdiff1d(new, here, assume_unique=True)
        made.append(text)
    return made

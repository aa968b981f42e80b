"""Lots as the planning code sees them: what stands on each, how high, for what use, in which kind of area.

Which of several answers governs is decided here once:

- A building counts for a lot's use, height and floors where at least a tenth of it stands there; a smaller share is an
  inexact border. Its covered area always counts. Footprints are united, so podium and tower count once.
- Floor area of a building on several lots is divided by covered area.
- Several uses on one lot: sheds (``other``) are left aside; flats beside services are mixed use; any other combination
  has no table in the code and is not checkable.
- Several heights: the mean weighted by footprint (QCVN 01:2021/BXD 2.6.3 allows the average; the weight is ours).
- The area is the drawn one, in which footprints are measured too. A legal area more than 5 % off says that the drawing
  is not that lot: not checkable.
- Area state and plan state are those of the zones with at least a tenth of the lot; when these disagree it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..columns import Mask, Numbers, Words, numbers, pick, words
from ..table import Coded, ColumnTable, Lists, when
from ..verdicts.judge import PLAN_STATE
from .overlay import Areas, Indices, Overlay, unions
from .shapes import Shapes

# NYC's assignment of tax lots to zoning districts uses the same tenth.
COUNTING_SHARE = 0.10
LEGAL_AREA_DISAGREEMENT = 0.05


@dataclass(frozen=True)
class States:
    """What the job says about all lots; None leaves it to the zones."""

    area: str | None = None
    plan: str | None = None


UNSTATED = States()


# What a zone allows on its lots: the column of the lot and the field of the zone.
ZONE_LIMITS = {
    "zone_max_density": "max_density_pct",
    "zone_max_far": "max_far",
    "zone_max_height": "max_height_m",
}


def zone_states(zones: pd.DataFrame, shared: Overlay, lot_areas: Areas, given: States) -> ColumnTable:
    """``area``, ``plan_state``, ``approved_on`` and the zone's own limits of each lot, as its largest zone has them.

    ``NAME.lacking`` says where zones with a tenth of the lot disagree. ``shared`` sets the lots, whose areas are
    ``lot_areas`` (m²), against ``zones``.
    """
    count = len(lot_areas)
    order = shared.largest_first
    lot, zone, area = shared.lot[order], shared.zone[order], shared.area[order]
    first = np.diff(lot, prepend=-1) > 0
    counts = first | (area >= COUNTING_SHARE * lot_areas[lot])
    largest = np.full(count, -1, dtype=np.int32)
    largest[lot[first]] = zone[first]

    def of_largest(field: str) -> Coded:
        values = Coded.of(words(zones, field))
        return Coded(np.append(values.code, np.int32(-1)), values.known).at(largest)

    def governing(field: str) -> tuple[Coded, Mask]:
        """The value of each lot's largest zone, none where another zone that counts has another."""
        found = of_largest(field)
        told = Coded.of(words(zones, field)).code[zone]
        clash = np.zeros(count, dtype=bool)
        clash[lot[counts & (told != found.code[lot])]] = True
        return when(clash, None, found), clash

    table = ColumnTable({"zone_uid": of_largest("uid")}, count)
    for column, field, stated in (("area", "area_state", given.area), (PLAN_STATE, "plan_state", given.plan)):
        if stated is not None:
            table[column], table[f"{column}.lacking"] = stated, None
            continue
        table[column], clash = governing(field)
        table[f"{column}.lacking"] = when(clash, f"{field}.conflict")
    table["approved_on"] = of_largest("approved_on") if given.plan is None else None
    table["zone_code"], clash = governing("code")
    table["zone_code.lacking"] = when(clash, "planned_zone.conflict")
    for column, field in ZONE_LIMITS.items():
        found, clash = governing(field)
        table[column] = np.array([*found.known, np.nan], dtype=float)[found.code]
        table[f"{column}.lacking"] = when(clash, "planned_zone.conflict")
    return table


def _governing(uses: set[Any]) -> tuple[str | None, str | None]:
    """The use that governs a lot, or what is lacking."""
    if None in uses:
        return None, "building.use"
    main = uses - {"other"}
    if len(main) == 1:
        return next(iter(main)), None
    if not main:
        return "other", None
    return ("mixed", None) if main <= {"apartment", "mixed"} else (None, "building.use.several")


def built_on(
    parcels: pd.DataFrame,
    lots: Shapes,
    lot_flaw: Words,
    buildings: pd.DataFrame,
    shapes: Shapes,
    standing: Overlay,
    unmeasured: Mask,
) -> ColumnTable:
    """The inputs of density and floor-area rules, one row per lot in order.

    ``standing`` sets buildings (as its lots) against ``lots`` (as its zones) and keeps all parts. ``unmeasured`` marks
    lots on which a building stands whose geometry cannot be measured. Areas in m², heights in m.
    """
    count = len(parcels)
    drawn = lots.area.copy()
    table = ColumnTable({"flaw": lot_flaw}, count)
    legal = numbers(parcels, "area_legal_m2")
    with np.errstate(invalid="ignore"):
        off = (legal > 0) & (np.abs(drawn - legal) > LEGAL_AREA_DISAGREEMENT * legal)
    drawn[off] = np.nan
    table["plot_area"], table["plot_area.lacking"] = drawn, when(off, "parcel.area_legal_m2")

    covered = unions(standing.part, standing.zone, count)
    footprint = np.nan_to_num(shapely.area(covered))
    footprint[unmeasured] = np.nan
    table["parts"], table["footprint"] = covered, footprint
    table["footprint.lacking"] = when(unmeasured, "building.geometry")
    share = standing.area / shapes.area[standing.lot]
    counts = np.flatnonzero(share >= COUNTING_SHARE)
    order = counts[np.argsort(standing.zone[counts], kind="stable")]
    building, lot, weight = standing.lot[order], standing.zone[order], standing.area[order]
    use = words(buildings, "use")[building]
    governing, lacking = _uses(use, lot, count)
    table["use"] = when(unmeasured, None, governing)
    table["use.lacking"] = when(unmeasured, "building.geometry", lacking)
    built = np.zeros(count, dtype=bool)
    built[lot] = True
    table["scope"] = when(~(built | unmeasured), "no_building")
    main = use != "other"
    main |= ~_any_of(main, lot, count)[lot]
    height, floors = numbers(buildings, "height_m")[building], numbers(buildings, "floors")[building]
    with np.errstate(invalid="ignore", divide="ignore"):
        table["height"] = _sums(weight * height, lot, main, count) / _sums(weight, lot, main, count)
    table["floors"] = _most(floors[main], lot[main], count)
    table["floor_area"] = np.bincount(
        lot, numbers(buildings, "floor_area_m2")[building] * share[order], minlength=count
    )
    table["buildings"] = Lists.of(words(buildings, "uid")[building], lot, count)
    return table


def _uses(use: Words, lot: Indices, count: int) -> tuple[Coded, Coded]:
    """The use that governs each of ``count`` lots, and what is lacking; ``lot`` is sorted."""
    governing, lacking = (Coded(np.full(count, -1, dtype=np.int32), ()) for _ in range(2))
    known = Coded.of(use)
    first = np.flatnonzero(np.diff(lot, prepend=-1))
    if len(first) == 0:
        return governing, lacking
    together = np.bitwise_or.reduceat(1 << (known.code.astype(np.int64) + 1), first)  # bit 0: one without a use
    for bits in np.unique(together):
        uses = {one for i, one in enumerate((None, *known.known)) if bits >> i & 1}
        here = np.zeros(count, dtype=bool)
        here[lot[first[together == bits]]] = True
        one, gap = _governing(uses)
        governing, lacking = when(here, one, governing), when(here, gap, lacking)
    return governing, lacking


def _any_of(marks: Mask, lot: Indices, count: int) -> Mask:
    found = np.zeros(count, dtype=bool)
    found[lot[marks]] = True
    return found


def _sums(values: Numbers, lot: Indices, chosen: Mask, count: int) -> Numbers:
    return np.bincount(lot[chosen], values[chosen], minlength=count).astype(float)


def _most(values: Numbers, lot: Indices, count: int) -> Numbers:
    """The largest of each lot's values, NaN where one of them is unknown or there is none; ``lot`` is sorted."""
    found = np.full(count, np.nan)
    first = np.flatnonzero(np.diff(lot, prepend=-1))
    if len(first):
        found[lot[first]] = np.maximum.reduceat(values, first)
    return found


@dataclass(frozen=True)
class OnLots:
    """The lots that buildings count on: those of one are ``lot`` from its number in ``first`` to the next, the one that
    holds most of it first.
    """

    lot: Indices
    first: Indices

    @classmethod
    def of(cls, standing: Overlay, shapes: Shapes) -> OnLots:
        """Where the buildings ``shapes`` stand; ``standing`` sets them (as its lots) against lots (as its zones)."""
        share = standing.area / shapes.area[standing.lot]
        order = standing.largest_first
        order = order[share[order] >= COUNTING_SHARE]
        size = np.bincount(standing.lot[order], minlength=len(shapes))
        return cls(standing.zone[order], np.concatenate([[0], np.cumsum(size)]))

    def __len__(self) -> int:
        return len(self.first) - 1

    def __getitem__(self, building: int) -> list[int]:
        """The lots of one building."""
        lots: list[int] = self.lot[self.first[building] : self.first[building + 1]].tolist()
        return lots

    @property
    def size(self) -> Indices:
        """How many lots each building counts on."""
        return np.diff(self.first)

    @property
    def building(self) -> Indices:
        """The building of each ``lot``."""
        return np.repeat(np.arange(len(self)), self.size)

    @property
    def main(self) -> Indices:
        """The lot that holds most of each building, -1 where it stands on none."""
        return np.where(self.size > 0, np.append(self.lot, -1)[self.first[:-1]], -1)

    @property
    def flaw(self) -> Words:
        """What keeps each building from being judged by its lot: that it stands on none; else None."""
        return pick(self.size == 0, "parcel")

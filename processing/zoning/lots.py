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

from .columns import Mask, Words, absent, nothing, numbers, pick, words
from .judge import PLAN_STATE
from .overlay import Areas, Geometries, Overlay, parts, unions

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


def zone_states(zones: pd.DataFrame, shared: Overlay, lot_areas: Areas, given: States) -> pd.DataFrame:
    """``area``, ``plan_state``, ``approved_on`` and the zone's own limits of each lot, as its largest zone has them.

    ``NAME.lacking`` says where zones with a tenth of the lot disagree. ``shared`` sets the lots, whose areas are
    ``lot_areas`` (m²), against ``zones``.
    """
    count = len(lot_areas)
    order = np.lexsort((-shared.area, shared.lot))
    lot, zone, area = shared.lot[order], shared.zone[order], shared.area[order]
    first = np.diff(lot, prepend=-1) > 0
    counts = first | (area >= COUNTING_SHARE * lot_areas[lot])
    largest = nothing(count)
    largest[lot[first]] = words(zones, "uid")[zone[first]]
    table = pd.DataFrame({"zone_uid": largest})

    def governing(values: Words) -> tuple[Words, Mask]:
        """The value of each lot's largest zone, None where another zone that counts has another."""
        told, found = values[zone], nothing(count)
        found[lot[first]] = told[first]
        clash = np.zeros(count, dtype=bool)
        clash[lot[counts & (told != found[lot])]] = True
        return pick(clash, None, found), clash

    for column, field, stated in (("area", "area_state", given.area), (PLAN_STATE, "plan_state", given.plan)):
        if stated is not None:
            table[column], table[f"{column}.lacking"] = pick(np.ones(count, dtype=bool), stated), nothing(count)
            continue
        table[column], clash = governing(words(zones, field))
        table[f"{column}.lacking"] = pick(clash, f"{field}.conflict")
    table["approved_on"] = nothing(count)
    if given.plan is None and "approved_on" in zones:
        days = nothing(count)
        days[lot[first]] = words(zones, "approved_on")[zone[first]]
        table["approved_on"] = days
    for column, field in ZONE_LIMITS.items():
        found, clash = governing(words(zones, field))
        table[column] = pd.to_numeric(pd.Series(found, dtype=object))
        table[f"{column}.lacking"] = pick(clash, "planned_zone.conflict")
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
    lots: Geometries,
    lot_flaw: Words,
    buildings: pd.DataFrame,
    shapes: Geometries,
    standing: Overlay,
    unmeasured: Mask,
) -> pd.DataFrame:
    """The inputs of density and floor-area rules, one row per lot in order.

    ``standing`` sets buildings (as its lots) against ``lots`` (as its zones). ``unmeasured`` marks lots on which a
    building stands whose geometry cannot be measured. Areas in m², heights in m.
    """
    count = len(parcels)
    drawn = np.where(absent(lots), np.nan, shapely.area(lots))
    table = pd.DataFrame({"plot_area": drawn, "flaw": lot_flaw})
    legal = numbers(parcels, "area_legal_m2")
    with np.errstate(invalid="ignore"):
        off = (legal > 0) & (np.abs(drawn - legal) > LEGAL_AREA_DISAGREEMENT * legal)
    table["plot_area.lacking"] = pick(off, "parcel.area_legal_m2")
    table.loc[off, "plot_area"] = np.nan

    pieces = parts(shapes, lots, standing.lot, standing.zone)
    table["parts"] = unions(pieces, standing.zone, count)
    table["footprint"] = np.nan_to_num(shapely.area(table["parts"].to_numpy(dtype=object)))
    share = standing.area / shapely.area(shapes[standing.lot])
    pairs = pd.DataFrame(
        {
            "lot": standing.zone,
            "uid": buildings["uid"].to_numpy(dtype=object)[standing.lot],
            "use": buildings["use"].to_numpy(dtype=object)[standing.lot],
            "height": numbers(buildings, "height_m")[standing.lot],
            "floors": numbers(buildings, "floors")[standing.lot],
            "floor_area": numbers(buildings, "floor_area_m2")[standing.lot] * share,
            "weight": standing.area,
        }
    )[share >= COUNTING_SHARE]
    pairs["use"] = pairs["use"].where(pairs["use"].notna(), None)
    table["use"], table["use.lacking"] = _uses(pairs, count)
    built = np.zeros(count, dtype=bool)
    built[pairs["lot"]] = True
    table["scope"] = pick(built | unmeasured, None, "no_building")
    main = pairs[pairs["use"] != "other"]
    main = pd.concat([main, pairs[~pairs["lot"].isin(main["lot"])]])
    lot = main["lot"].to_numpy()
    weight = np.bincount(lot, main["weight"], minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        table["height"] = np.bincount(lot, main["weight"] * main["height"], minlength=count) / weight
    table["floors"] = main.groupby("lot")["floors"].agg(lambda floors: floors.max(skipna=False)).reindex(range(count))
    table["floor_area"] = np.bincount(pairs["lot"], pairs["floor_area"], minlength=count)
    table["buildings"] = pairs.groupby("lot")["uid"].agg(list).reindex(range(count))
    for column in ("use", "footprint"):
        table.loc[unmeasured, column] = None if column == "use" else np.nan
        lacking = table.get(f"{column}.lacking", pd.Series([None] * count, dtype=object)).to_numpy(dtype=object)
        table[f"{column}.lacking"] = pick(unmeasured, "building.geometry", lacking)
    return table


def _uses(pairs: pd.DataFrame, count: int) -> tuple[Words, Words]:
    use, lacking = nothing(count), nothing(count)
    grouped = pairs.groupby("lot")["use"].agg(set)
    for lot, uses in zip(grouped.index.to_numpy(dtype=np.intp), grouped, strict=True):
        use[lot], lacking[lot] = _governing({None if pd.isna(one) else one for one in uses})
    return use, lacking


def lots_of_buildings(standing: Overlay, shapes: Geometries, count: int) -> tuple[list[list[int]], Words]:
    """For each building the lots it counts on (largest share first), and a flaw where it stands on none."""
    share = standing.area / shapely.area(shapes[standing.lot])
    order = np.lexsort((-standing.area, standing.lot))
    made: list[list[int]] = [[] for _ in range(count)]
    for i in order:
        if share[i] >= COUNTING_SHARE:
            made[standing.lot[i]].append(int(standing.zone[i]))
    return made, np.array([None if lots else "parcel" for lots in made], dtype=object)

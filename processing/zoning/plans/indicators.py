"""What a plan amounts to, in numbers: areas by land use, coverage, floor area, people, green. Frames in, a table out.

How each number comes about, said once:

- Areas are those of the drawing, in m². Zones that overlap count with their whole area each.
- Coverage of a zone is the united footprint of what stands in it over its area; the total is over all zones.
- Floor area of a building on several zones is divided by covered area; the total counts every building once.
- A number that leaves features out (no floor area, a geometry that cannot be measured) says how many.
- People are those the plan states (``planned_zone.population``). Without them the number rests on an assumption that
  the user made (m² of housing floor for one person) and says so; flats in mixed buildings are left out and counted.
- Green is what the layer ``green_space`` calls planted, but for limited and specialised grounds: people do not walk
  there, and water is not green. Without the layer: zones of the land uses that the user named, an assumption too.
- What rests on nothing is not computed: no value, and the name of what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import absent, numbers, words
from ..land.overlay import Geometries, Overlay, overlay, parts, unions
from ..land.soundness import polygons

# The fields that the indicators look at, by layer; nothing else is read.
READS: Mapping[str, tuple[str, ...]] = {
    "building": ("use", "floor_area_m2"),
    "planned_zone": ("code", "land_use", "population"),
    "existing_land_use": ("land_use",),
    "green_space": ("kind", "access"),
}
COLUMNS = ("indicator", "key", "label", "unit", "value", "missing", "assumed", "left_out")
HOUSING = ("detached", "apartment")
_PARTLY_HOUSING = "mixed"
_PLANTED, _CLOSED = ("planted",), ("limited", "special")


@dataclass(frozen=True)
class Assumptions:
    """What the user takes for granted where the data say nothing.

    ``floor_per_person`` in m² of housing floor; ``green_uses`` are land-use codes of planned zones counted as green.
    """

    floor_per_person: float | None = None
    green_uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Row:
    """One indicator; ``key`` tells the same thing in another state of the data (a land code, the uid of a zone)."""

    indicator: str
    unit: str
    value: float | None
    key: str = ""
    label: str = ""
    missing: str = ""
    assumed: bool = False
    left_out: int = 0


def indicators(layers: Mapping[str, gpd.GeoDataFrame], assumptions: Assumptions = Assumptions()) -> pd.DataFrame:
    """The indicators of one state of the data: a table of :data:`COLUMNS`, one row each, ``value`` null where unknown.

    ``layers`` holds those of :data:`READS` that there are, in one projected system in metres.
    """
    rows = [*_areas("planned_area", layers.get("planned_zone"), "planned_zone")]
    rows += _areas("existing_area", layers.get("existing_land_use"), "existing_land_use")
    rows += _built(layers)
    people, green = _population(layers, assumptions), _green(layers, assumptions)
    rows += [people, green, _per_person(green, people)]
    return pd.DataFrame([vars(row) for row in rows], columns=list(COLUMNS)).astype({"value": float})


def _areas(indicator: str, frame: gpd.GeoDataFrame | None, layer_id: str) -> list[_Row]:
    """Area by land use, the largest first."""
    if frame is None:
        return [_Row(indicator, "m2", None, missing=layer_id)]
    shapes, flaw = polygons(frame.geometry.to_numpy(), f"{layer_id}.geometry")
    area = _area(shapes)
    uses = words(frame, "land_use")
    named = pd.Series(np.where(absent(uses), "", uses), dtype=object)
    total = pd.Series(area).groupby(named).sum().sort_values(ascending=False, kind="stable")
    rows = [_Row(indicator, "m2", float(value), key=str(use), label=str(use)) for use, value in total.items()]
    return [*rows, _Row(f"{indicator}_total", "m2", float(area.sum()), left_out=int((~absent(flaw)).sum()))]


def _area(shapes: Geometries) -> NDArray[np.float64]:
    return np.asarray(np.nan_to_num(shapely.area(shapes)), dtype=float)


def _built(layers: Mapping[str, gpd.GeoDataFrame]) -> list[_Row]:
    """Buildings, their floor area, coverage and floor-area ratio: in total, then by zone."""
    frame = layers.get("building")
    units = {"coverage": "%", "far": ""}
    if frame is None:
        lacking = [_Row(name, unit, None, missing="building") for name, unit in {"floor_area": "m2", **units}.items()]
        return [_Row("buildings", "", None, missing="building"), *lacking]
    shapes, flaw = polygons(frame.geometry.to_numpy(), "building.geometry")
    floor = numbers(frame, "floor_area_m2")
    unknown = np.isnan(floor)
    rows = [
        _Row("buildings", "", float(len(frame))),
        _Row("floor_area", "m2", float(np.nansum(floor)), left_out=int(unknown.sum())),
    ]
    zones = layers.get("planned_zone")
    if zones is None or zones.empty:
        return rows + [_Row(name, unit, None, missing="planned_zone") for name, unit in units.items()]
    ground, _ = polygons(zones.geometry.to_numpy(), "planned_zone.geometry")
    standing = overlay(shapes, ground)
    covered, stacked, without = _by_zone(shapes, ground, floor, standing)
    area = _area(ground)
    broken, total = int((~absent(flaw)).sum()), float(area.sum())
    if total > 0:
        outside = len(np.unique(standing.lot[np.isnan(floor[standing.lot])]))
        rows.append(_Row("coverage", "%", 100 * float(covered.sum()) / total, left_out=broken))
        rows.append(_Row("far", "", float(stacked.sum()) / total, left_out=broken + outside))
    uids, codes = words(zones, "uid"), words(zones, "code")
    for at in np.flatnonzero(area > 0):
        key, label = str(uids[at]), str(codes[at] or uids[at])
        rows.append(_Row("zone_coverage", "%", float(100 * covered[at] / area[at]), key, label))
        rows.append(_Row("zone_far", "", float(stacked[at] / area[at]), key, label, left_out=int(without[at])))
    return rows


def _by_zone(
    shapes: Geometries, ground: Geometries, floor: NDArray[np.float64], standing: Overlay
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Covered area and floor area of each zone in m², and how many buildings there say nothing of their floor."""
    count = len(ground)
    pieces = parts(shapes, ground, standing.lot, standing.zone)
    covered = _area(unions(pieces, standing.zone, count))
    share = standing.area / shapely.area(shapes[standing.lot])
    inside = floor[standing.lot] * share
    stacked = np.bincount(standing.zone, np.nan_to_num(inside), minlength=count)
    without = np.bincount(standing.zone[np.isnan(inside)], minlength=count)
    return covered, np.asarray(stacked, dtype=float), np.asarray(without, dtype=np.intp)


def _population(layers: Mapping[str, gpd.GeoDataFrame], assumptions: Assumptions) -> _Row:
    zones, frame = layers.get("planned_zone"), layers.get("building")
    stated = numbers(zones, "population") if zones is not None else np.zeros(0)
    if np.isfinite(stated).any():
        return _Row("population", "person", float(np.nansum(stated)))
    if assumptions.floor_per_person is None or frame is None:
        return _Row("population", "person", None, missing="population" if frame is not None else "building")
    uses, floor = words(frame, "use"), numbers(frame, "floor_area_m2")
    lived_in = np.isin(uses.astype(str), HOUSING)
    uncounted = (uses == _PARTLY_HOUSING) | (lived_in & np.isnan(floor))
    people = float(np.nansum(floor[lived_in])) / assumptions.floor_per_person
    return _Row("population", "person", people, assumed=True, left_out=int(uncounted.sum()))


def _green(layers: Mapping[str, gpd.GeoDataFrame], assumptions: Assumptions) -> _Row:
    drawn, zones = layers.get("green_space"), layers.get("planned_zone")
    if drawn is not None:
        shapes, flaw = polygons(drawn.geometry.to_numpy(), "green_space.geometry")
        open_to_all = ~np.isin(words(drawn, "access").astype(str), _CLOSED)
        planted = open_to_all & np.isin(words(drawn, "kind").astype(str), _PLANTED)
        broken = int((~absent(flaw[planted])).sum())
        return _Row("green_area", "m2", float(_area(shapes[planted]).sum()), left_out=broken)
    if zones is None or not assumptions.green_uses:
        return _Row("green_area", "m2", None, missing="green_space")
    shapes, flaw = polygons(zones.geometry.to_numpy(), "planned_zone.geometry")
    green = np.isin(words(zones, "land_use").astype(str), assumptions.green_uses)
    broken = int((~absent(flaw[green])).sum())
    return _Row("green_area", "m2", float(_area(shapes[green]).sum()), assumed=True, left_out=broken)


def _per_person(green: _Row, people: _Row) -> _Row:
    if green.value is None or not people.value:
        missing = green.missing or people.missing or "population"
        return _Row("green_per_person", "m2_per_person", None, missing=missing)
    return _Row(
        "green_per_person",
        "m2_per_person",
        green.value / people.value,
        assumed=green.assumed or people.assumed,
        left_out=green.left_out + people.left_out,
    )

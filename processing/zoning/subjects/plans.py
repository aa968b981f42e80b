"""Planned zones against the plan above, and buildings against their permits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from ..columns import Numbers, absent, nothing, numbers, pick, words
from ..land.land_use import against_zones, refusals
from ..land.lots import UNSTATED, zone_states
from ..land.overlay import Geometries, overlay
from ..land.scene import Scene
from ..table import named, when
from .lots import ZONE_FIELDS
from .model import Kind, Subjects

# A protrusion is looked for along the outline every so many metres; between two such points it can grow by no more
# than half of that.
_STEP_M = 0.25


def lower_zones(scene: Scene) -> Subjects:
    """Planned zones on the ground of the plan above."""
    frame, upper = scene.layers["planned_zone"], scene.layers["upper_zone"]
    shapes, flaw = scene.sound("planned_zone")
    above, _ = scene.sound("upper_zone")
    use, upper_use = words(frame, "land_use"), words(upper, "land_use")
    shared = overlay(shapes, above, wanted=refusals(use, upper_use, scene.matrix))
    against = against_zones(frame, shapes, upper, above, shared, scene.matrix, scene.sliver_m2)
    states = zone_states(upper, shared, shapely.area(shapes), UNSTATED)
    table = named(frame)
    table["flaw"] = flaw
    for name in ("land_use", "zones", "zone_uses"):
        table[name] = against.table[name]
    table["upper_misused"] = against.table["misused"]
    lacking = against.table.coded("misused.lacking")
    table["upper_misused.lacking"] = when(lacking.among(("planned_zone",)), "upper_zone", lacking)
    for name, field in (("density", "max_density_pct"), ("far", "max_far"), ("height", "max_height_m")):
        table[f"planned_max_{name}"] = numbers(frame, field)
        table[f"upper_max_{name}"] = states[f"zone_max_{name}"]
        table[f"upper_max_{name}.lacking"] = states.coded(f"zone_max_{name}.lacking")
    table["plan_state"], table["approved_on"] = states.coded("plan_state"), states.coded("approved_on")

    def offending(at: np.ndarray, _limit: Numbers) -> Geometries:
        parts = against.refused[at]
        return pick(absent(parts), shapes[at], parts)  # a limit is broken by the whole zone

    return Subjects("planned_zone", table, frame.geometry.to_numpy(), offending)


def permitted_buildings(scene: Scene) -> Subjects:
    """Buildings that name a permit, and what that permit allows.

    A building without a permit number is outside these rules, and is told so; one whose permit is not in the data set
    cannot be checked.
    """
    frame, permits = scene.layers["building"], scene.layers["building_permit"]
    shapes, flaw = scene.sound("building")
    allowed, permit_flaw = scene.sound("building_permit")
    number, known = words(frame, "permit_no"), words(permits, "permit_no")
    at = pd.Index(known).get_indexer(pd.Index(number))
    at[absent(number)] = -1
    found = at >= 0
    table = named(frame)
    table["flaw"], table["scope"], table["permit_no"] = flaw, when(absent(number), "no_permit"), number
    footprint = nothing(len(frame))
    footprint[found] = allowed[at[found]]
    beyond = shapely.difference(shapes, footprint)
    table["protrusion"] = _protrusion(beyond, footprint)
    table["offset"] = shapely.distance(shapely.centroid(shapes), shapely.centroid(footprint))
    permit_height = np.full(len(frame), np.nan)
    permit_height[found] = numbers(permits, "height_m")[at[found]]
    table["built_height"], table["permit_height"] = numbers(frame, "height_m"), permit_height
    broken = np.zeros(len(frame), dtype=bool)
    broken[found] = ~absent(permit_flaw)[at[found]]
    for name in ("protrusion", "offset"):
        table[f"{name}.lacking"] = when(broken, "building_permit.geometry")
    table["permit_height.lacking"] = when(~found, "building_permit")
    table["plan_state"] = when(found, "approved")
    days = nothing(len(frame))
    days[found] = words(permits, "issued_on")[at[found]]
    table["approved_on"] = days

    def offending(rows: np.ndarray, _limit: Numbers) -> Geometries:
        parts = beyond[rows]
        return pick(absent(parts) | shapely.is_empty(parts), shapes[rows], parts)

    return Subjects("building", table, frame.geometry.to_numpy(), offending)


def _protrusion(beyond: Geometries, footprint: Geometries) -> Numbers:
    """The largest distance (m) of a point of ``beyond`` from ``footprint``; 0 where nothing is beyond, NaN unknown."""
    made = np.where(absent(footprint) | absent(beyond), np.nan, 0.0)
    rows = np.flatnonzero((made == 0.0) & ~shapely.is_empty(beyond))
    # The boundary and not the polygon: GEOS mends a polygon that it densifies by an empty buffer, which can lose it.
    border = shapely.segmentize(shapely.boundary(beyond[rows]), _STEP_M)
    outline, of = shapely.get_coordinates(border, return_index=True)
    apart = shapely.distance(shapely.points(outline), footprint[rows[of]])
    np.maximum.at(made, rows[of], apart)
    return made


LOWER_ZONES = Kind(
    lower_zones,
    {"planned_zone": ZONE_FIELDS, "upper_zone": (*ZONE_FIELDS[:2], *ZONE_FIELDS[3:])},
    required=("planned_zone", "upper_zone"),
    reach_m=0.0,
)
PERMITTED = Kind(
    permitted_buildings,
    {
        "building": ("code", "use", "height_m", "permit_no"),
        "building_permit": ("permit_no", "issued_on", "height_m"),
    },
    required=("building", "building_permit"),
    reach_m=0.0,
    refers={"building_permit": ("permit_no", "permit_no")},
)

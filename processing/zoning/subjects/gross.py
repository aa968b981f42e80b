"""Planned zones with all that is built in them."""

from __future__ import annotations

import numpy as np
import shapely

from ..columns import absent, pick, words
from ..land.overlay import overlay, parts, unions
from ..land.scene import Scene
from ..land.soundness import repaired
from ..table import named, when
from .lots import BUILDING_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects


def built_zones(scene: Scene) -> Subjects:
    """Planned zones whose kind has a gross density: their area and the area built over in them, in m²."""
    layer, (zones, shapes) = scene.layers["planned_zone"], scene.zones
    buildings, flaw = scene.shapes
    gross_kind = words(zones, "gross_kind")
    counted = pick(~absent(gross_kind), shapes)  # the others have no gross density
    there = overlay(buildings, counted)
    covered = unions(parts(buildings, counted, there.lot, there.zone), there.zone, len(layer))
    built_area = np.nan_to_num(shapely.area(covered))
    unsound = repaired(scene.buildings.geometry.to_numpy()[~absent(flaw)])
    built_area[shapely.STRtree(shapes).query(unsound, predicate="intersects")[1]] = np.nan
    table = named(layer)
    table["flaw"] = when(absent(shapes), "planned_zone.geometry")
    table["zone_area"] = np.where(absent(shapes), np.nan, shapely.area(shapes))
    table["built_area"] = built_area
    table["gross_kind"] = gross_kind
    table["scope"] = when(absent(gross_kind), "no_gross_kind")
    for column, field, stated in (
        ("area", "area_state", scene.states.area),
        ("plan_state", "plan_state", scene.states.plan),
    ):
        table[column] = words(zones, field) if stated is None else stated
    table["approved_on"] = words(zones, "approved_on") if scene.states.plan is None else None
    return Subjects("planned_zone", table, layer.geometry.to_numpy(), lambda at, _limit: covered[at])


BUILT_ZONES = Kind(
    built_zones,
    {"parcel": (), "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS},
    required=("building", "planned_zone"),
    reach_m=0.0,
)

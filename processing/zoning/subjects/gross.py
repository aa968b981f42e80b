"""Planned zones with all that is built in them."""

from __future__ import annotations

import numpy as np
import shapely

from ..columns import absent, nothing, pick, words
from ..land.overlay import overlay, parts, unions
from ..land.scene import Scene
from ..land.soundness import repaired
from .lots import BUILDING_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects, named


def built_zones(scene: Scene) -> Subjects:
    """Planned zones whose kind has a gross density: their area and the area built over in them, in m²."""
    layer, (zones, shapes) = scene.layers["planned_zone"], scene.zones
    buildings, flaw = scene.shapes
    gross_kind = words(zones, "gross_kind")
    counted = pick(~absent(gross_kind), shapes)  # the others have no gross density
    there = overlay(buildings, counted)
    covered = unions(parts(buildings, counted, there.lot, there.zone), there.zone, len(layer))
    frame = named(layer)
    frame["flaw"] = pick(absent(shapes), "planned_zone.geometry")
    frame["zone_area"] = np.where(absent(shapes), np.nan, shapely.area(shapes))
    frame["built_area"] = np.nan_to_num(shapely.area(covered))
    unsound = repaired(scene.buildings.geometry.to_numpy()[~absent(flaw)])
    frame.loc[np.unique(shapely.STRtree(shapes).query(unsound, predicate="intersects")[1]), "built_area"] = np.nan
    frame["gross_kind"] = gross_kind
    frame["scope"] = pick(absent(gross_kind), "no_gross_kind")
    every = np.ones(len(frame), dtype=bool)
    for column, field, stated in (
        ("area", "area_state", scene.states.area),
        ("plan_state", "plan_state", scene.states.plan),
    ):
        frame[column] = words(zones, field) if stated is None else pick(every, stated)
    frame["approved_on"] = words(zones, "approved_on") if scene.states.plan is None else nothing(len(frame))
    return Subjects("planned_zone", frame, layer.geometry.to_numpy(), lambda at, _limit: covered[at])


BUILT_ZONES = Kind(
    built_zones,
    {"parcel": (), "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS},
    required=("building", "planned_zone"),
    reach_m=0.0,
)

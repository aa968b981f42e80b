"""Buildings by their height, with what the zone of their lot allows."""

from __future__ import annotations

from ..columns import absent, numbers, pick, words
from ..land.scene import Scene
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects


def of_buildings(scene: Scene) -> Subjects:
    """One subject per building; the zone is that of the lot which holds most of it. All of it breaches a limit."""
    shapes, flaw = scene.shapes
    table = scene.named_buildings.beside(scene.states_of_all)
    table["height"] = numbers(scene.buildings, "height_m")
    table["floors"] = numbers(scene.buildings, "floors")
    table["use"] = words(scene.buildings, "use")
    table["flaw"] = pick(absent(flaw), scene.on_lots.flaw, flaw)
    return Subjects("building", table, scene.buildings.geometry.to_numpy(), lambda at, _limit: shapes[at])


HEIGHTS = Kind(
    of_buildings,
    {"parcel": PARCEL_FIELDS, "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS},
    required=("parcel", "building"),
    reach_m=0.0,
)

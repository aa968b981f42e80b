"""Lots with what stands on them, and lots in their planned zones."""

from __future__ import annotations

from ..land.land_use import against_zones
from ..land.scene import Scene
from ..table import when
from .model import Kind, Subjects

ZONE_FIELDS = (
    "code", "land_use", "area_state", "plan_state", "approved_on", "max_density_pct", "max_far", "max_height_m",
    "gross_kind",
)  # fmt: skip


def built_lots(scene: Scene) -> Subjects:
    """Lots with the buildings on them: density, floor area, height."""
    table = scene.named_lots.beside(scene.built.without("parts"), scene.lot_states)
    covered = scene.built["parts"]
    return Subjects("parcel", table, scene.whole_lots, lambda at, _limit: covered[at])


def used_lots(scene: Scene) -> Subjects:
    """Lots in their planned zones: which part of each lies where its use is not permitted."""
    zones, shapes = scene.zones
    use = against_zones(scene.parcels, scene.ground, zones, shapes, scene.zoning, scene.matrix, scene.sliver_m2)
    table = scene.named_lots.beside(use.table, scene.lot_states.only("plan_state", "approved_on"))
    table["flaw"] = scene.lot_flaw
    if scene.matrix is not None:
        table["status"] = when(use.by_matrix, scene.matrix.status)
        table["source"] = when(use.by_matrix, scene.matrix.source.citation)
    return Subjects("parcel", table, scene.whole_lots, lambda at, _limit: use.refused[at])


PARCEL_FIELDS = ("code", "land_use", "area_legal_m2")
BUILDING_FIELDS = ("code", "use", "height_m", "floors", "floor_area_m2", "parcel", "part", "part_of")

BUILT_LOTS = Kind(
    built_lots,
    {"parcel": PARCEL_FIELDS, "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS},
    required=("parcel", "building"),
    reach_m=0.0,
)
USED_LOTS = Kind(used_lots, {"parcel": PARCEL_FIELDS, "planned_zone": ZONE_FIELDS}, required=("parcel",), reach_m=0.0)

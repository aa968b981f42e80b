"""Plans held against each other: a lower plan against the one above it, a finished building against its permit."""

from __future__ import annotations

from .model import Input, Measure, as_measured

INPUTS = {
    "upper_misused": Input("m2", "upper_zone"),
    "planned_max_density": Input("%", "planned_zone.max_density_pct"),
    "planned_max_far": Input("FAR", "planned_zone.max_far"),
    "planned_max_height": Input("m", "planned_zone.max_height_m"),
    "upper_max_density": Input("%", "upper_zone.max_density_pct"),
    "upper_max_far": Input("FAR", "upper_zone.max_far"),
    "upper_max_height": Input("m", "upper_zone.max_height_m"),
    "protrusion": Input("m", "building_permit"),
    "offset": Input("m", "building_permit"),
    "built_height": Input("m", "building.height_m"),
    "permit_height": Input("m", "building_permit.height_m"),
}

_ZONE = ("zones", "land_use")
_PERMIT = ("permit_no",)

MEASURES = (
    # Square metres of a planned zone on ground that the plan above gives a use which does not permit the zone's.
    Measure("upper_misused_area", "m2", "lower_zone", "planned_zone", ("upper_misused",), as_measured("upper_misused"),
            ("land_use", "zones"), ("land_use", "zone_uses")),
    # What the lower plan allows, to be held against what the plan above allows there.
    Measure("planned_density", "%", "lower_zone", "planned_zone", ("planned_max_density",),
            as_measured("planned_max_density"), ("zones",), _ZONE),
    Measure("planned_far", "FAR", "lower_zone", "planned_zone", ("planned_max_far",),
            as_measured("planned_max_far"), ("zones",), _ZONE),
    Measure("planned_height", "m", "lower_zone", "planned_zone", ("planned_max_height",),
            as_measured("planned_max_height"), ("zones",), _ZONE),
    # How far a building reaches over the permitted footprint: the largest distance of a built point from it (the
    # directed Hausdorff distance).
    Measure("permit_protrusion", "m", "permitted", "building", ("protrusion",), as_measured("protrusion"), _PERMIT,
            _PERMIT),
    # How far the centre of a building lies from that of the permitted footprint.
    Measure("permit_offset", "m", "permitted", "building", ("offset",), as_measured("offset"), _PERMIT, _PERMIT),
    # The height of a building, to be held against the permit's.
    Measure("permit_height", "m", "permitted", "building", ("built_height",), as_measured("built_height"), _PERMIT,
            _PERMIT),
)  # fmt: skip

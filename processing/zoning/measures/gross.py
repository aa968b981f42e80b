"""How much of a whole planned zone is built over, with its yards, roads and green."""

from __future__ import annotations

from collections.abc import Mapping

from ..columns import Numbers
from .model import Input, Measure

INPUTS = {
    "gross_kind": Input("", "planned_zone.gross_kind", is_text=True, domain="gross_kind"),
    "zone_area": Input("m2", "planned_zone.geometry"),
    "built_area": Input("m2", "building.geometry"),
}


def gross_density(columns: Mapping[str, Numbers]) -> Numbers:
    """Percent of the zone that buildings cover. Source: QCVN 01:2021/BXD, 1.4.20."""
    return 100.0 * columns["built_area"] / columns["zone_area"]


MEASURES = (
    Measure(
        "gross_density", "%", "gross", "planned_zone", ("built_area", "zone_area"), gross_density, ("zone_area",),
        ("gross_kind", "area", "plan_state", "zone_area", "built_area"),
    ),
)  # fmt: skip

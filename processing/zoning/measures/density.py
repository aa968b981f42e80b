"""How much of a lot is covered, built and planted, and how much its zone allows."""

from __future__ import annotations

from collections.abc import Mapping

from ..columns import Numbers
from .model import Input, Measure

INPUTS = {
    "use": Input("", "building.use", is_text=True, domain="building_use"),
    "area": Input("", "area_state", is_text=True, domain="area_state"),
    "plot_area": Input("m2", "parcel.geometry"),
    "footprint": Input("m2", "building"),
    "floor_area": Input("m2", "building.floor_area_m2"),
    "green_area": Input("m2", "green_area"),
    "height": Input("m", "building.height_m"),
    "floors": Input("", "building.floors"),
    "zone_max_density": Input("%", "planned_zone.max_density_pct"),
    "zone_max_far": Input("FAR", "planned_zone.max_far"),
    "zone_max_height": Input("m", "planned_zone.max_height_m"),
}


def net_density(columns: Mapping[str, Numbers]) -> Numbers:
    """Percent of the lot that buildings cover. Source: QCVN 01:2021/BXD, 1.4.20."""
    return 100.0 * columns["footprint"] / columns["plot_area"]


def far(columns: Mapping[str, Numbers]) -> Numbers:
    """Floor-area ratio: counted floor area over lot area. Source: QCVN 01:2021/BXD, 1.4.21."""
    return columns["floor_area"] / columns["plot_area"]


def green_share(columns: Mapping[str, Numbers]) -> Numbers:
    """Percent of the lot that is planted; water is not counted. Source: QCVN 01:2021/BXD, Bảng 2.11."""
    return 100.0 * columns["green_area"] / columns["plot_area"]


MEASURES = (
    Measure(
        "net_density", "%", "tier", "parcel", ("footprint", "plot_area"), net_density, ("plot_area", "height"),
        ("use", "area", "plan_state", "part", "plot_area", "footprint", "height", "floors", "buildings"),
    ),
    Measure(
        "far", "FAR", "lot", "parcel", ("floor_area", "plot_area"), far, ("plot_area", "height"),
        ("use", "area", "plan_state", "plot_area", "floor_area", "height", "buildings"),
    ),
    Measure(
        "green_share", "%", "green", "parcel", ("green_area", "plot_area"), green_share, ("plot_area",),
        ("use", "plot_area", "green_area"),
    ),
)  # fmt: skip

"""Hydrants along streets, the cross-section of streets, land of ports, the plan of industrial parks."""

from __future__ import annotations

from collections.abc import Mapping

from ..columns import Numbers
from .model import Input, Measure, as_measured

INPUTS = {
    "spacing": Input("m", "hydrant.geometry"),
    "kerb": Input("m", "street_centreline.carriageway_m"),
    "hydrant_type": Input("", "hydrant.hydrant_type", is_text=True, domain="hydrant_type"),
    "branch_dn": Input("mm", "water_pipe.dn_mm"),
    "reach": Input("m", "hydrant"),
    "dead_end": Input("m", "water_pipe.geometry"),
    "cut_off": Input("hydrants", "water_tank"),
    "section": Input("m", "street_centreline.width_m"),
    "design_speed": Input("km/h", "street_centreline.design_speed_kmh"),
    "sidewalk": Input("m", "street_centreline.sidewalk_m"),
    "port_kind": Input("", "logistics_port.port_kind", is_text=True, domain="port_kind"),
    "port_area": Input("ha", "logistics_port.area_ha"),
    "quay": Input("m", "logistics_port.quay_m"),
    "park_area": Input("m2", "industrial_park.geometry"),
    "park_roads": Input("m2", "planned_zone.cover"),
    "park_green": Input("m2", "planned_zone.cover"),
    "park_technical": Input("m2", "planned_zone.cover"),
    "road_land": Input("m2", "street_centreline.road_class"),
    "road_level": Input("", "street_centreline.road_class", is_text=True, domain="road_class"),
    "plan_area": Input("m2", "planned_zone.geometry"),
    "buffer": Input("m", "planned_zone.cover"),
}


def land_per_quay(columns: Mapping[str, Numbers]) -> Numbers:
    """Square metres of port land per metre of quay. Source: QCVN 01:2021/BXD, Bảng 2.16."""
    return 10_000.0 * columns["port_area"] / columns["quay"]


def road_share(columns: Mapping[str, Numbers]) -> Numbers:
    """Percent of a plan's ground that is street land. Source: QCVN 01:2021/BXD, 2.9.3.1."""
    return 100.0 * columns["road_land"] / columns["plan_area"]


def _share(name: str, part: str) -> Measure:
    def share(columns: Mapping[str, Numbers]) -> Numbers:
        return 100.0 * columns[part] / columns["park_area"]

    return Measure(name, "%", "park", "industrial_park", (part, "park_area"), share, (), ("park_area", part))


MEASURES = (
    # Metres along the street to the next hydrant.
    Measure(
        "hydrant_spacing", "m", "hydrant_spacing", "hydrant", ("spacing",), as_measured("spacing"), ("street", "next"),
        ("street", "next", "next_uid"),
    ),
    # Metres between a hydrant and the kerb: half the carriageway from the centreline.
    Measure(
        "hydrant_kerb", "m", "hydrant_kerb", "hydrant", ("kerb",), as_measured("kerb"), ("street",),
        ("street", "hydrant_type"),
    ),
    # Millimetres: nominal diameter of the pipe that feeds a hydrant.
    Measure("hydrant_pipe", "mm", "hydrant_pipe", "hydrant", ("branch_dn",), as_measured("branch_dn"), (), ("pipe",)),
    # Metres from the farthest corner of a building to its nearest hydrant.
    Measure(
        "hydrant_reach", "m", "hydrant_reach", "building", ("reach",), as_measured("reach"), ("hydrant",),
        ("hydrant", "hydrant_uid", "use"),
    ),
    # Metres of pipe between the end of a dead-end branch and the loop that feeds it.
    Measure("dead_end", "m", "dead_end", "water_pipe", ("dead_end",), as_measured("dead_end"), (), ("hydrants",)),
    # Hydrants that are without water while a segment between valves is shut. Source: QCVN 10:2025/BCA, H.1.4.3.
    Measure(
        "hydrants_cut_off", "hydrants", "isolated", "water_pipe", ("cut_off",), as_measured("cut_off"), (),
        ("segment_length", "own_hydrants"),
    ),
    # Metres between the red lines.
    Measure(
        "street_width", "m", "street", "street_centreline", ("section",), as_measured("section"), ("street",),
        ("road_class", "area", "section"),
    ),
    Measure(
        "street_width_at_speed", "m", "street_at_speed", "street_centreline", ("section",), as_measured("section"),
        ("street", "design_speed"), ("road_class", "area", "section", "design_speed"),
    ),
    # Metres: the narrower pavement.
    Measure(
        "sidewalk_width", "m", "street", "street_centreline", ("sidewalk",), as_measured("sidewalk"), ("street",),
        ("road_class", "area", "sidewalk"),
    ),
    Measure(
        "port_land", "m2/m", "port", "logistics_port", ("port_area", "quay"), land_per_quay, (),
        ("port_kind", "port_area", "quay"),
    ),
    # Per cent of a plan's ground: land of streets down to the lowest level that it draws.
    Measure(
        "road_share", "%", "plan_roads", "planned_zone", ("road_land", "plan_area"), road_share, (),
        ("road_level", "road_land", "plan_area"),
    ),
    _share("park_roads", "park_roads"),
    _share("park_green", "park_green"),
    _share("park_technical", "park_technical"),
    # Metres between the border of a park and the nearest of its lots that is neither green, road nor water.
    Measure("park_buffer", "m", "park", "industrial_park", ("buffer",), as_measured("buffer"), (), ("zone",)),
)  # fmt: skip

"""Distances that keep buildings and works apart from what is protected, or from what people are protected from."""

from __future__ import annotations

from ..land.separations import SEPARATIONS
from .model import Input, Measure, as_measured

INPUTS = {
    "apart": Input("m", "object.geometry"),
    "road_grade": Input("", "street_centreline.road_grade", is_text=True, domain="road_grade"),
    "setting": Input("", "object.setting", is_text=True, domain="setting"),
    "voltage": Input("kV", "power_line.voltage_kv"),
    "conductor": Input("", "power_line.conductor", is_text=True, domain="power_conductor"),
    "rail_class": Input("", "railway.rail_class", is_text=True, domain="railway_class"),
    "rail_ground": Input("", "railway.ground", is_text=True, domain="railway_ground"),
    "waterway_class": Input("", "waterway_channel.waterway_class", is_text=True, domain="waterway_class"),
    "water_kind": Input("", "watercourse.water_kind", is_text=True, domain="water_kind"),
    "bank_function": Input("", "watercourse.bank_function", is_text=True, domain="bank_function"),
    "bank_width": Input("m", "watercourse.corridor_m"),
    "pipeline_safety": Input("m", "gas_pipeline.safety_m"),
    "flow": Input("m3/s", "watercourse.flow_m3s"),
    "lining": Input("", "watercourse.lining", is_text=True, domain="canal_lining"),
    "work_class": Input("", "hydraulic_work.work_class", is_text=True, domain="hydraulic_class"),
    "pipe_dn": Input("mm", "water_pipe.dn_mm"),
    "intake": Input("", "water_source.source_type", is_text=True, domain="water_source"),
    "stream_side": Input("", "water_source.flow_bearing_deg", is_text=True),
    "site_kind": Input("", "safety_site.site_kind", is_text=True, domain="safety_site"),
    "site_capacity": Input("m3/d", "safety_site.capacity_m3d"),
}

MEASURES = tuple(
    # Metres between a subject and the nearest object of one class.
    Measure(
        one.id, "m", one.id, one.subject, ("apart",), as_measured("apart"), ("object",),
        ("object", "object_uid", *one.attributes, *one.own, *(("stream_side",) if one.flow else ())),
    )
    for one in SEPARATIONS
)  # fmt: skip

"""Buildings towards the streets before their lots."""

from __future__ import annotations

from .model import Input, Measure, as_measured

INPUTS = {
    "road_class": Input("", "street_centreline.road_class", is_text=True, domain="road_class"),
    "road_width": Input("m", "street_centreline.width_m"),
    "distance": Input("m", "red_line"),
    "beyond": Input("m2", "red_line"),
}

MEASURES = (
    # Metres between a building and the red line of a street before its lot. Source: QCVN 01:2021/BXD, 1.4.24.
    Measure(
        "setback", "m", "front", "building", ("distance",), as_measured("distance"),
        ("street", "road_width", "height"),
        ("area", "plan_state", "street", "street_uid", "road_width", "road_class", "height"),
    ),
    # Square metres of a building on the street's side of the red line. Source: QCVN 01:2021/BXD, 1.4.22.
    Measure(
        "encroachment", "m2", "building", "building", ("beyond",), as_measured("beyond"), ("street",), ("street",)
    ),
)  # fmt: skip

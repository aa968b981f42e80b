"""Distances between buildings, and the length of terraced rows."""

from __future__ import annotations

from .model import Input, Measure, as_measured

INPUTS = {
    "gap": Input("m", "building.geometry"),
    "facing": Input("", "building.geometry", is_text=True, domain="facing"),
    "row_length": Input("m", "parcel.geometry"),
}
_TOLD = ("area", "plan_state", "use", "height", "facing", "other", "other_uid")

MEASURES = (
    # Metres between two buildings of one lot that face each other. Source: QCVN 01:2021/BXD, 2.6.1.
    Measure(
        "building_gap", "m", "facing", "building", ("gap",), as_measured("gap"), ("other", "height"), _TOLD
    ),
    # Metres between terraced houses whose backs face. Source: QCVN 01:2021/BXD, 2.6.1.
    Measure("back_gap", "m", "row_backs", "building", ("gap",), as_measured("gap"), ("other", "height"), _TOLD),
    # Metres that the lots of a terraced row reach. Source: QCVN 01:2021/BXD, 2.6.6.
    Measure(
        "row_length", "m", "row", "building", ("row_length",), as_measured("row_length"), ("houses",),
        ("area", "plan_state", "houses", "road_class"),
    ),
)  # fmt: skip

"""Buildings towards the sides and the back of their lots, and the building line towards the street."""

from __future__ import annotations

from .model import Input, Measure, as_measured

INPUTS = {
    "edge_distance": Input("m", "red_line"),
    "beyond_line": Input("m2", "building_line"),
}
_TOLD = ("use", "area", "plan_state", "height", "floors")

MEASURES = (
    # Metres between a building and the side edges of its lot. The national code has no number for it.
    Measure(
        "side_distance", "m", "side", "building", ("edge_distance",), as_measured("edge_distance"), ("height",), _TOLD
    ),
    # Metres between a building and the back edges of its lot. The national code has no number for it.
    Measure(
        "back_distance", "m", "back", "building", ("edge_distance",), as_measured("edge_distance"), ("height",), _TOLD
    ),
    # Square metres of a building on the street's side of the building line. Source: QCVN 01:2021/BXD, 1.4.23.
    Measure(
        "building_line", "m2", "line", "building", ("beyond_line",), as_measured("beyond_line"), (), _TOLD
    ),
)  # fmt: skip

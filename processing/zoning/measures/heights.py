"""How high buildings are."""

from __future__ import annotations

from .model import Input, Measure, as_measured

INPUTS: dict[str, Input] = {}

MEASURES = (
    # Metres from the planned ground to the highest point, technical devices on the roof left out.
    # Source: QCVN 01:2021/BXD, 1.4.25.
    Measure(
        "height", "m", "height", "building", ("height",), as_measured("height"), (),
        ("use", "area", "plan_state", "height", "floors", "zone_uid"),
    ),
)  # fmt: skip

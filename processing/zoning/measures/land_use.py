"""Land use of lots against their planned zones."""

from __future__ import annotations

from .model import Input, Measure, as_measured

INPUTS = {"misused": Input("m2", "planned_zone")}

MEASURES = (
    # Square metres of a lot in planned zones that do not permit its land use.
    Measure(
        "misused_area", "m2", "use", "parcel", ("misused",), as_measured("misused"), ("land_use", "zones"),
        ("land_use", "zone_uses"),
    ),
)  # fmt: skip

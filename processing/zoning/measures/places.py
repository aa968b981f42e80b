"""Which lot or planned zone a decision is about: inputs of conditions, measured by nobody."""

from __future__ import annotations

from .model import Input, Measure

INPUTS = {
    "lot_code": Input("", "parcel", is_text=True),
    "zone_code": Input("", "planned_zone", is_text=True),
}

# A rule on one of these speaks of named places only; without a map nobody knows whether it is meant.
PLACES = tuple(INPUTS)

MEASURES: tuple[Measure, ...] = ()

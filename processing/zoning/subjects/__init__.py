"""Builders of subjects: from the measured map (``scene``) to the columns that measures take, one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from .buildings import FRONTING, STANDING_ALONE
from .edges import BEHIND_LINE, TO_BACK, TO_SIDES
from .gross import BUILT_ZONES
from .heights import HEIGHTS
from .hydrants import FED, KERBSIDE, REACHED, SPACED
from .isolation import ISOLATED
from .lots import BUILT_LOTS, USED_LOTS
from .model import Kind, Subjects
from .pipes import ENDING
from .plan_roads import PLAN_ROADS
from .plans import LOWER_ZONES, PERMITTED
from .planted import PLANTED_LOTS
from .plots import FRONTING_LOTS, PLOTS
from .sections import PARKS, PORTS, SECTIONS, SECTIONS_AT_SPEED
from .separation import KINDS as SEPARATED
from .services import HOMES, UNITS
from .spacing import BACKS, FACING, ROWS
from .tiers import TIERS

KINDS: Mapping[str, Kind] = {
    "lot": BUILT_LOTS,
    "use": USED_LOTS,
    "front": FRONTING,
    "building": STANDING_ALONE,
    "height": HEIGHTS,
    "lower_zone": LOWER_ZONES,
    "permitted": PERMITTED,
    "tier": TIERS,
    "green": PLANTED_LOTS,
    "plot": PLOTS,
    "lot_front": FRONTING_LOTS,
    "side": TO_SIDES,
    "back": TO_BACK,
    "line": BEHIND_LINE,
    "facing": FACING,
    "row_backs": BACKS,
    "row": ROWS,
    "gross": BUILT_ZONES,
    "home": HOMES,
    "unit": UNITS,
    "hydrant_spacing": SPACED,
    "hydrant_kerb": KERBSIDE,
    "hydrant_pipe": FED,
    "hydrant_reach": REACHED,
    "dead_end": ENDING,
    "isolated": ISOLATED,
    "street": SECTIONS,
    "street_at_speed": SECTIONS_AT_SPEED,
    "port": PORTS,
    "park": PARKS,
    "plan_roads": PLAN_ROADS,
    **SEPARATED,
}

__all__ = ["KINDS", "Kind", "Subjects"]

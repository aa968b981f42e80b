"""Builders of subjects: from the measured map (``scene``) to the columns that measures take, one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from .buildings import FRONTING, STANDING_ALONE
from .edges import BEHIND_LINE, TO_BACK, TO_SIDES
from .gross import BUILT_ZONES
from .heights import HEIGHTS
from .lots import BUILT_LOTS, USED_LOTS
from .model import Kind, Subjects
from .plans import LOWER_ZONES, PERMITTED
from .planted import PLANTED_LOTS
from .plots import FRONTING_LOTS, PLOTS
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
    **SEPARATED,
}

__all__ = ["KINDS", "Kind", "Subjects"]

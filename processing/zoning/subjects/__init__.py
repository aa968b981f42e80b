"""Builders of subjects: from the measured map (``scene``) to the columns that measures take, one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from .buildings import FRONTING, STANDING_ALONE
from .heights import HEIGHTS
from .lots import BUILT_LOTS, USED_LOTS
from .model import Kind, Subjects
from .plans import LOWER_ZONES, PERMITTED
from .separation import KINDS as SEPARATED

KINDS: Mapping[str, Kind] = {
    "lot": BUILT_LOTS,
    "use": USED_LOTS,
    "front": FRONTING,
    "building": STANDING_ALONE,
    "height": HEIGHTS,
    "lower_zone": LOWER_ZONES,
    "permitted": PERMITTED,
    **SEPARATED,
}

__all__ = ["KINDS", "Kind", "Subjects"]

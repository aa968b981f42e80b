"""Builders of subjects: from the measured map (``scene``) to the columns that measures take, one module per family."""

from __future__ import annotations

from collections.abc import Mapping

from .buildings import FRONTING, STANDING_ALONE
from .lots import BUILT_LOTS, USED_LOTS
from .model import Kind, Subjects

KINDS: Mapping[str, Kind] = {
    "lot": BUILT_LOTS,
    "use": USED_LOTS,
    "front": FRONTING,
    "building": STANDING_ALONE,
}

__all__ = ["KINDS", "Kind", "Subjects"]

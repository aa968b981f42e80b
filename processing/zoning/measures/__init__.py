"""The registry of measures, in families: a rule file names a measure and states the limit; nothing in it is evaluated.

What a measure's inputs are on the map is found by the builders of ``subjects``. A new family is a module here with
``INPUTS`` and ``MEASURES``, one there, rule packs, and words in ``resources/messages``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from . import (
    density,
    edges,
    gross,
    heights,
    land_use,
    networks,
    places,
    plans,
    plots,
    separation,
    services,
    spacing,
    streets,
)
from .model import Input, Measure

_FAMILIES = (
    density,
    heights,
    streets,
    land_use,
    places,
    plans,
    separation,
    networks,
    plots,
    edges,
    spacing,
    gross,
    services,
)


def _joined(named: Iterable[tuple[str, Any]]) -> Mapping[str, Any]:
    made: dict[str, Any] = {}
    for name, value in named:
        if made.setdefault(name, value) is not value:
            raise ValueError(f"two families declare {name}")
    return made


INPUTS: Mapping[str, Input] = _joined(chain.from_iterable(family.INPUTS.items() for family in _FAMILIES))
MEASURES: Mapping[str, Measure] = _joined((m.id, m) for family in _FAMILIES for m in family.MEASURES)

__all__ = ["INPUTS", "MEASURES", "Input", "Measure"]

"""What a rule is: frozen dataclasses that the TOML files of ``resources/rules`` are read into.

The words follow RASE (requirement, applicability, selection, exception). The vocabulary is closed: conditions and
limits speak of ``measures.INPUTS``, measures are those of ``measures.MEASURES``. Nothing is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ...layers.model import Text
from .limits import Constant, Table

OUTCOMES = ("pass", "fail", "not_applicable", "not_checkable")

# A number compared with the official gazette, or one that the plan itself states, is shown without the mark.
MARKLESS = ("verified", "plan")


@dataclass(frozen=True)
class Condition:
    """One input must be among ``values``, or a number within the bounds (``above`` and ``below`` are exclusive)."""

    input: str
    values: tuple[str, ...] = ()
    above: float | None = None
    from_: float | None = None
    up_to: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class Exemption:
    """Where all ``conditions`` hold the rule becomes ``then`` (``not_applicable`` or ``warning``) by ``clause``."""

    then: str
    clause: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Source:
    """Where the number stands in the law."""

    document: str
    clause: str = ""
    table: str = ""
    address: str = ""

    @property
    def citation(self) -> str:
        """``QCVN 01:2021/BXD, 2.6.3, Bảng 2.8``."""
        return ", ".join(part for part in (self.document, self.clause, self.table) if part)


@dataclass(frozen=True)
class Validity:
    """Days of judgement on which the edition holds, and who stays under it afterwards."""

    first: date = date.min
    last: date = date.max
    transition: str = "none"


@dataclass(frozen=True)
class Case:
    """A worked example that comes with the rule: inputs and what must come out."""

    given: Mapping[str, Any]
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule of one edition. ``tolerance`` is in the unit of the limit."""

    id: str
    version: int
    title: Text
    source: Source
    status: str
    valid: Validity
    severity: str
    measure: str
    tolerance: float
    layer: str
    conditions: tuple[Condition, ...]
    exemptions: tuple[Exemption, ...]
    op: str
    unit: str
    limit: Constant | Table
    cases: tuple[Case, ...]
    path: Path

    @property
    def needs(self) -> tuple[str, ...]:
        """Inputs that the conditions, exceptions and the limit ask for, beside those of the measure."""
        asked = [condition.input for condition in self.conditions]
        asked += [condition.input for exemption in self.exemptions for condition in exemption.conditions]
        if isinstance(self.limit, Table):
            asked += self.limit.by
        return tuple(dict.fromkeys(asked))


@dataclass(frozen=True)
class Compatibility:
    """Which land codes each planned land code permits: a province's own decision."""

    id: str
    version: int
    source: Source
    status: str
    valid: Validity
    permits: Mapping[str, frozenset[str]]

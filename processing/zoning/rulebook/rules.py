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

from ....layers.model import Text
from .limits import Limit, Surely

# The newest form of rule files that is understood here. 2: levels and modes, attributes, exceptions that name a rule;
# 3: clauses with two numbers, tables with gaps.
FORMAT = 3

# From the widest to the narrowest; a lower one may change what a wider one says.
LEVELS = ("national", "provincial", "zoning_plan", "detailed_plan", "lot")
# Levels whose rules are what a plan says: they bind from the day on which the plan is approved.
PLAN_LEVELS = LEVELS[2:]
MODES = ("tighten", "replace", "bonus")

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
    """Where all ``conditions`` hold the rule becomes ``then`` (``not_applicable`` or ``warning``) by ``clause``.

    ``rule`` is the id of another rule that must apply too; ``other`` is that rule once the packs are joined.
    """

    then: str
    clause: str
    conditions: tuple[Condition, ...]
    rule: str = ""
    other: Rule | None = None


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
    """One rule of one edition. ``tolerance`` is in the unit of the limit.

    Of a clause with two numbers ``limit`` is what holds on every reading of it, and ``surely`` the stricter one.

    ``level`` and ``mode`` say how it changes a rule of the same id from a wider level: it tightens, replaces, or adds
    its limit as a bonus; ``permitted_by`` is the clause that lets it loosen. ``pack`` names the folder it came from,
    ``sha256`` the bytes of its file. ``others`` are the further entries of the same id (later editions, lower levels),
    by level, once the packs are joined; they speak of the same measure and have none themselves.
    """

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
    limit: Limit
    cases: tuple[Case, ...]
    path: Path
    level: str = LEVELS[0]
    mode: str = MODES[0]
    permitted_by: Source | None = None
    pack: str = ""
    sha256: str = ""
    others: tuple[Rule, ...] = ()
    surely: Surely | None = None

    @property
    def entries(self) -> tuple[Rule, ...]:
        """This entry and the others of the same id, by level."""
        return (self, *self.others)

    @property
    def needs(self) -> tuple[str, ...]:
        """Inputs that the conditions, exceptions and limits ask for, beside those of the measure."""
        asked: list[str] = []
        for entry in self.entries:
            asked += [condition.input for condition in entry.conditions]
            for exemption in entry.exemptions:
                asked += [condition.input for condition in exemption.conditions]
                asked += exemption.other.needs if exemption.other is not None else ()
            asked += entry.limit.by
            asked += entry.surely.by if entry.surely is not None else ()
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
    sha256: str = ""

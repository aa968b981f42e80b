"""Rules of kinds: declared conditions on features, each met to a degree between 0 and 1.

A condition ``at_least`` (or ``at_most``) is met by one half at its threshold, fully ``soft`` beyond it and not at all
``soft`` before it. A rule holds as well as its weakest condition (the minimum, as in fuzzy sets: Zadeh 1965), the best
rule names the object, and below one half nothing does. A feature that is not known meets no condition. Thresholds,
their sources and their status are data (``resources/surveillance/classes.toml``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....layers import catalogue
from ....layers.messages import RESOURCES
from .ground import Cover

FILE = RESOURCES / "surveillance" / "classes.toml"
# Below this degree a rule names nothing.
HOLDS = 0.5

Features = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Condition:
    """One threshold on one feature; ``sign`` +1 for at least, −1 for at most."""

    feature: str
    sign: int
    threshold: float
    soft: float
    source: str

    def met(self, features: Features, count: int) -> NDArray[np.float64]:
        """To which degree (0 to 1) each object meets it."""
        values = features.get(self.feature)
        if values is None:
            return np.zeros(count)
        degree = 0.5 + 0.5 * self.sign * (values - self.threshold) / self.soft
        return np.nan_to_num(np.clip(degree, 0.0, 1.0), nan=0.0)


@dataclass(frozen=True)
class Rule:
    """``kind`` is a class of ``change_class``, or with ``aside`` a cause for which no alert is raised."""

    id: str
    kind: str
    aside: str
    reason: str
    conditions: tuple[Condition, ...]
    status: str

    def degree(self, features: Features, count: int) -> NDArray[np.float64]:
        """How well each object fits, 0 to 1."""
        return np.asarray(np.min([condition.met(features, count) for condition in self.conditions], axis=0))

    def weakest(self, features: Features, row: int) -> Condition:
        """The condition that the object in ``row`` meets least."""
        one = {name: values[row : row + 1] for name, values in features.items()}
        return min(self.conditions, key=lambda condition: float(condition.met(one, 1)[0]))


@dataclass(frozen=True)
class Rulebook:
    """All rules in order (the earlier wins a tie), the cover thresholds, and what fills a pixel of sand."""

    rules: tuple[Rule, ...]
    cover: Cover
    sand_red: float
    version: str

    def judge(self, features: Features, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Row of the best rule per object (−1 where none holds) and its degree."""
        if not count:
            return np.zeros(0, np.int64), np.zeros(0)
        degrees = np.stack([rule.degree(features, count) for rule in self.rules])
        best = np.argmax(degrees, axis=0)
        degree = degrees[best, np.arange(count)]
        return np.where(degree >= HOLDS, best, -1), degree


@cache
def rulebook(path: Path = FILE) -> Rulebook:
    """The declared rules. Raises ``ValueError`` where the file is not what it should be (a test reads it)."""
    with path.open("rb") as file:
        told = tomllib.load(file)
    classes = set(catalogue.domains()["change_class"].values)
    rules = tuple(_rule(item, classes) for item in told["rule"])
    if len({rule.id for rule in rules}) != len(rules):
        raise ValueError("two rules with one id")
    cover = {name: float(item["value"]) for name, item in told["cover"].items()}
    return Rulebook(rules, Cover(**cover), float(told["sand"]["red"]["value"]), str(told["version"]))


def _rule(item: Mapping[str, Any], classes: set[str]) -> Rule:
    kind = item.get("class", "unknown")
    if kind not in classes:
        raise ValueError(f"{item['id']}: no class {kind}")
    return Rule(
        item["id"],
        kind,
        item.get("aside", ""),
        item["reason"],
        tuple(_conditions(item["when"])),
        item.get("status", "proposal"),
    )


def _conditions(listed: Sequence[Mapping[str, Any]]) -> list[Condition]:
    found = []
    for one in listed:
        sides = [(1, one["at_least"])] if "at_least" in one else []
        sides += [(-1, one["at_most"])] if "at_most" in one else []
        if not sides or float(one["soft"]) <= 0.0:
            raise ValueError(f"{one['feature']}: a condition needs a threshold and a soft edge")
        found += [
            Condition(one["feature"], sign, float(value), float(one["soft"]), one.get("source", ""))
            for sign, value in sides
        ]
    return found

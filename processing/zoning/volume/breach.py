"""What of a real building lies outside the envelope of its lots: flat parts, each with the heights between which.

Whether a building keeps its distance is asked of the same judge as in the check; only where it fails is there a part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import shapely

from ..columns import numbers
from ..land.scene import Scene
from ..land.streets import SAME_LINE_M
from ..measures import MEASURES
from ..rulebook.rules import Rule
from ..subjects import KINDS, Subjects
from ..verdicts.judge import Verdicts, judge
from .envelope import asked, height_rules, steps
from .envelope_edges import BY_KIND, LINE

# What a part outside is called, by the measure of the rule that says so.
KIND_OF = {"setback": "setback", LINE: "line"} | {measure: kind for kind, measure in BY_KIND.items()}
# A part of a building without a height is drawn as one storey.
HEIGHT_UNKNOWN_M = 3.0


@dataclass(frozen=True)
class Breach:
    """The ``part`` of the building ``uid`` that is outside, from ``low`` to ``high`` metres above the ground.

    ``kind`` is one of :data:`KIND_OF`, ``height`` or ``border``; ``rule`` is None where the lot or the zone says it.
    """

    uid: str
    code: str
    kind: str
    part: shapely.Geometry
    low: float
    high: float
    rule: Rule | None = None
    limit: float = math.nan
    measured: float = math.nan
    status: str = ""
    source: str = ""


@dataclass(frozen=True)
class Breaches:
    """The parts outside, and what is missing to judge which building."""

    parts: tuple[Breach, ...]
    missing: tuple[tuple[str, str], ...]


def breaches(scene: Scene, chosen: Sequence[int], rules: Sequence[Rule], on: date) -> Breaches:
    """The parts of the buildings at positions ``chosen`` of ``scene`` that lie outside."""
    if len(chosen) == 0:
        return Breaches((), ())
    wanted = set(scene.buildings["uid"].iloc[list(chosen)])
    distances = [rule for rule in rules if rule.measure in KIND_OF and rule.measure != LINE and rule.op == "at_least"]
    lines = [rule for rule in rules if rule.measure == LINE and rule.op == "at_most" and LINE in scene.layers]
    found: list[Breach] = []
    missing: list[tuple[str, str]] = []
    by_kind = ((distances, _too_close), (lines, _beyond_line), (height_rules(rules), _too_high))
    for group, outside in by_kind:
        for rule in group:
            subjects = KINDS[MEASURES[rule.measure].subject].build(scene)
            verdicts = judge(rule, subjects.table, on)
            for i in [at for at, uid in enumerate(subjects.table["uid"].tolist()) if uid in wanted]:
                if verdicts.outcome[i] == "fail":
                    found += outside(rule, verdicts, subjects, i, on)
                elif verdicts.outcome[i] == "not_checkable":
                    missing += [(str(subjects.table["code"][i]), code) for code in verdicts.missing[i]]
    found += _over_the_border(scene, chosen)
    return Breaches(tuple(found), tuple(dict.fromkeys(missing)))


def _too_close(rule: Rule, verdicts: Verdicts, fronts: Subjects, i: int, on: date) -> list[Breach]:
    """The strip too close to one edge, band by band: lower down the rule may ask for less."""
    row = fronts.table.row(i)
    height, limit = float(row["height"]), float(verdicts.limit[i])
    whole = fronts.offending(np.array([i]), np.array([limit]))[0]
    lows = sorted({0.0, *(h for h in steps(rule) if 0 < h < height)})
    measured = ("height", *MEASURES[rule.measure].inputs)
    asking = {name: value for name, value in row.items() if name not in measured}
    lower = asked(rule, asking, lows, on)
    entry, status = verdicts.entry(i), verdicts.status(i)
    made: list[Breach] = []
    for at, (low, high) in enumerate(pairwise([*lows, height])):
        judged = lower.outcome[at] in ("pass", "fail")
        distance = limit if at == len(lows) - 1 else min(limit, float(lower.limit[at])) if judged else 0.0
        if distance <= 0:
            continue
        part = fronts.offending(np.array([i]), np.array([distance]))[0] if distance < limit else whole
        if shapely.is_missing(part) or shapely.area(part) == 0:
            continue
        if made and made[-1].high == low and bool(shapely.equals(made[-1].part, part)):
            low = made.pop().low
        told = (limit, float(verdicts.measured[i]), status, entry.source.citation)
        kind = KIND_OF[rule.measure]
        made.append(Breach(str(row["uid"]), str(row["code"]), kind, part, low, high, entry, *told))
    return made


def _beyond_line(_rule: Rule, verdicts: Verdicts, subjects: Subjects, i: int, _on: date) -> list[Breach]:
    """What stands before the building line, from the ground to the roof."""
    row, entry = subjects.table.row(i), verdicts.entry(i)
    limit, area, height = float(verdicts.limit[i]), float(verdicts.measured[i]), float(row["height"])
    part = subjects.offending(np.array([i]), np.array([limit]))[0]
    told = (entry, limit, area, verdicts.status(i), entry.source.citation)
    top = height if height > 0 else HEIGHT_UNKNOWN_M
    return [Breach(str(row["uid"]), str(row["code"]), KIND_OF[LINE], part, 0.0, top, *told)]


def _too_high(_rule: Rule, verdicts: Verdicts, subjects: Subjects, i: int, _on: date) -> list[Breach]:
    """What rises above the greatest height allowed."""
    row, entry = subjects.table.row(i), verdicts.entry(i)
    limit, height = float(verdicts.limit[i]), float(verdicts.measured[i])
    told = (entry, limit, height, verdicts.status(i), entry.source.citation)
    return [Breach(str(row["uid"]), str(row["code"]), "height", subjects.whole[i], limit, height, *told)]


def _over_the_border(scene: Scene, chosen: Sequence[int]) -> list[Breach]:
    """What stands farther beyond the building's lots than maps are exact."""
    heights, on_lots = numbers(scene.buildings, "height_m"), scene.on_lots
    made = []
    for at in chosen:
        shape = scene.shapes[0][at]
        if shape is None or not on_lots[at] or not heights[at] > 0:
            continue
        lots = shapely.union_all(scene.lots[on_lots[at]])
        if shapely.area(shapely.difference(shape, shapely.buffer(lots, SAME_LINE_M))) > 0:
            uid, code = _names(scene, at)
            part = shapely.difference(shape, lots)
            made.append(Breach(uid, code, "border", part, 0.0, float(heights[at]), measured=float(shapely.area(part))))
    return made


def _names(scene: Scene, at: int) -> tuple[str, str]:
    row = scene.buildings.iloc[at]
    return str(row["uid"]), str(row["code"] or row["uid"])

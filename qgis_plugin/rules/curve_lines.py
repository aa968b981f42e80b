"""What to draw beside the grid: the limit over the first variable, one line per column, as it is being edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from . import figures, tables

Point = tuple[float, float]
_REACH = 0.12  # of the width, how far a line goes on beyond the table


@dataclass(frozen=True)
class Line:
    """One column: solid within the table, and how it goes on outside (dashed) or above its open end."""

    name: Any  # the column's number; None in a table of one variable
    solid: tuple[Point, ...]
    dashed: tuple[tuple[Point, ...], ...] = ()
    above: tuple[Point, ...] = ()
    marks: tuple[Point, ...] = ()  # the table's own entries


@dataclass(frozen=True)
class Dot:
    """A worked example on the drawing."""

    at: Point
    number: int
    holds: bool | None


def lines(limit: Mapping[str, Any], until: float = 0.0) -> list[Line]:
    """The lines of a table, led on to ``until`` where they hold; entries that are no numbers are left out.

    Empty for what is no table.
    """
    if not tables.is_table(limit):
        return []
    names = limit.get("columns", [None])
    rows = [row for row in limit["rows"] if row and figures.is_number(row[0])]
    if not rows:
        return []
    first, last = float(min(row[0] for row in rows)), float(max(row[0] for row in rows))
    reach = max(_REACH * (last - first or abs(last) or 1.0), until - last)
    made = []
    for i, name in enumerate(names):
        marks = [
            (float(row[0]), float(row[1 + i])) for row in rows if 1 + i < len(row) and figures.is_number(row[1 + i])
        ]
        if marks:
            above = limit.get("above", ())
            top = float(above[i]) if i < len(above) and figures.is_number(above[i]) else None
            made.append(_line(name, marks, limit, top, last, reach))
    return made


def _line(
    name: Any, marks: list[Point], limit: Mapping[str, Any], top: float | None, last: float, reach: float
) -> Line:
    solid = list(marks)
    beyond: list[tuple[Point, ...]] = []
    stepped = limit.get("lookup") == "interval"
    if stepped:
        solid = [marks[0]]
        for before, after in pairwise(marks):
            solid += [(after[0], before[1]), after]
    end = (last + reach, marks[-1][1])
    above: tuple[Point, ...] = ()
    if top is not None:
        above = ((last, top), (last + reach, top))
    elif stepped:
        solid.append(end)
    if limit.get("outside") == "clamp":
        start = max(0.0, marks[0][0] - _REACH * (last - marks[0][0] or 1.0))
        if start < marks[0][0]:
            beyond.append(((start, marks[0][1]), marks[0]))
        if top is None and not stepped:
            beyond.append((marks[-1], end))
    return Line(name, tuple(solid), tuple(beyond), above, tuple(marks))


def dots(values: Mapping[str, Any], examples: Sequence[Mapping[str, Any]]) -> list[Dot]:
    """The worked examples that say a limit; ``examples`` are the engine's answers to them, in the same order."""
    limit = values.get("limit", {})
    if not tables.is_table(limit) or not limit.get("by"):
        return []
    made = []
    for number, case in enumerate(values.get("case", ()), 1):
        x, y = case.get("given", {}).get(limit["by"][0]), case.get("expect", {}).get("limit")
        if figures.is_number(x) and figures.is_number(y):
            holds = "limit" not in examples[number - 1]["wrong"] if number <= len(examples) else None
            made.append(Dot((float(x), float(y)), number, holds))
    return made


def bars(limit: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Classes and their numbers."""
    held = limit.get("classes", {}) if isinstance(limit, Mapping) else {}
    return [(name, float(value)) for name, value in held.items() if figures.is_number(value)]

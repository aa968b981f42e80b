"""Changing a table: rows, columns, the open-ended row, a pasted piece. Each gives a new ``limit``; none alters one."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from . import figures

Limit = dict[str, Any]
UNCOMPARED = "transcribed"  # how sure a cell is that somebody has just added


def is_table(limit: Any) -> bool:
    """Whether ``limit`` has rows."""
    return isinstance(limit, dict) and isinstance(limit.get("rows"), list)


def width(limit: Limit) -> int:
    """How many values a row has."""
    return len(limit["columns"]) if "columns" in limit else 1


def _between(low: Any, high: Any) -> Any:
    if not (figures.is_number(low) and figures.is_number(high)):
        return ""
    middle = (low + high) / 2
    return int(middle) if float(middle).is_integer() else round(middle, 6)


def _beyond(last: Any, before: Any) -> Any:
    if not figures.is_number(last):
        return ""
    return last + (last - before if figures.is_number(before) and last > before else max(1, abs(last) // 10))


def insert_row(limit: Limit, at: int) -> Limit:
    """A row before row ``at``, half-way between its neighbours; at the end, as the last one with a greater number."""
    made = copy.deepcopy(limit)
    rows = made["rows"]
    if 0 < at < len(rows):
        row = [_between(low, high) for low, high in zip(rows[at - 1], rows[at], strict=False)]
    elif at == 0:
        row = [0 if rows and figures.is_number(rows[0][0]) and rows[0][0] > 0 else "", *rows[0][1:]]
    else:
        row = [_beyond(rows[-1][0], rows[-2][0] if len(rows) > 1 else None), *rows[-1][1:]]
    rows.insert(at, row)
    if "cell_status" in made:
        made["cell_status"].insert(at, [UNCOMPARED] * width(made))
    if "rows" in made.get("surely", {}):
        strict = insert_row({"rows": made["surely"]["rows"]}, at)["rows"]
        made["surely"]["rows"] = [[row[0], *held[1:]] for row, held in zip(rows, strict, strict=False)]
    return made


def remove_rows(limit: Limit, at: Sequence[int]) -> Limit:
    """Without the rows ``at``; the last one stays."""
    keep = [i for i in range(len(limit["rows"])) if i not in at]
    if not keep:
        return limit
    made = copy.deepcopy(limit)
    for key in ("rows", "cell_status"):
        if key in made:
            made[key] = [made[key][i] for i in keep]
    if "rows" in made.get("surely", {}):
        made["surely"]["rows"] = [made["surely"]["rows"][i] for i in keep]
    return made


def insert_column(limit: Limit, at: int) -> Limit:
    """A column before column ``at`` of a table of two."""
    made = copy.deepcopy(limit)
    columns = made["columns"]
    inside = 0 < at < len(columns)
    if inside:
        columns.insert(at, _between(columns[at - 1], columns[at]))
    elif at == 0:
        columns.insert(0, 0 if figures.is_number(columns[0]) and columns[0] > 0 else "")
    else:
        columns.append(_beyond(columns[-1], columns[-2] if len(columns) > 1 else None))
    for row, first in [(row, 1) for row in made["rows"]] + ([(made["above"], 0)] if "above" in made else []):
        values = row[first:]
        new = _between(values[at - 1], values[at]) if inside else values[0 if at == 0 else -1]
        row.insert(first + at, new)
    for row in made.get("cell_status", ()):
        row.insert(at, UNCOMPARED)
    return made


def remove_columns(limit: Limit, at: Sequence[int]) -> Limit:
    """Without the columns ``at``; the last one stays."""
    keep = [i for i in range(width(limit)) if i not in at]
    if not keep or "columns" not in limit:
        return limit
    made = copy.deepcopy(limit)
    made["columns"] = [made["columns"][i] for i in keep]
    made["rows"] = [[row[0], *(row[1 + i] for i in keep)] for row in made["rows"]]
    if "above" in made:
        made["above"] = [made["above"][i] for i in keep]
    if "cell_status" in made:
        made["cell_status"] = [[row[i] for i in keep] for row in made["cell_status"]]
    return made


def with_above(limit: Limit, wanted: bool) -> Limit:
    """With or without an open-ended row: at first it repeats the last one."""
    made = copy.deepcopy(limit)
    if wanted:
        made["above"] = list(made["rows"][-1][1:])
    else:
        made.pop("above", None)
    if "rows" in made.get("surely", {}):
        made["surely"] = with_above(made["surely"], wanted)
    return made


def cells(limit: Limit) -> list[list[tuple[str | int, ...] | None]]:
    """The grid: for each cell the place in ``limit`` that it shows; None is the corner and the name of the open row."""
    two = "columns" in limit
    grid: list[list[tuple[str | int, ...] | None]] = []
    if two:
        grid.append([None, *(("columns", i) for i in range(len(limit["columns"])))])
    count = 1 + width(limit)
    grid += [[("rows", i, j) for j in range(min(count, len(row)))] for i, row in enumerate(limit["rows"])]
    if "above" in limit:
        grid.append([None, *(("above", i) for i in range(len(limit["above"])))])
    return [row + [None] * (count - len(row)) for row in grid]


def paste(limit: Limit, row: int, column: int, pasted: Sequence[Sequence[str]]) -> Limit:
    """The piece of a spreadsheet written over the grid from a cell on.

    Lines that begin with a breakpoint are rows: those that do not fit are added, before the open-ended row, which is
    the one that begins with ``>``. What is no number stays as text, for the check to tell. Cells to the right of the
    table are left out.
    """
    made = copy.deepcopy(limit)
    grid = cells(made)
    opened = "above" in made
    plain = len(pasted) - (1 if opened and pasted[-1][0].strip().startswith(">") else 0)
    last = len(grid) - (1 if opened else 0)  # where the open-ended row is
    while column == 0 and row < last < row + plain:
        made = insert_row(made, len(made["rows"]))
        grid = cells(made)
        last += 1
    for i, line in enumerate(pasted):
        for j, text in enumerate(line):
            if row + i < len(grid) and column + j < len(grid[row + i]):
                place = grid[row + i][column + j]
                if place is not None:
                    _put(made, place, figures.read(text))
    return made


def _put(limit: Limit, place: tuple[str | int, ...], value: Any) -> None:
    target: Any = limit
    for part in place[:-1]:
        target = target[part]
    target[place[-1]] = value

"""A rule's table as a sheet of an office program and back: rows and columns as the code prints them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ....layers.errors import InputError

SURELY = "surely"  # heads the stricter of two numbers
ABOVE = ">"  # before the last row's number: the open-ended row


def to_rows(limit: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the ``limit`` of a rule file. Raises :class:`InputError` where it is no table.

    The first heading names what is looked up; the open-ended row begins with ``>`` and the last row's number. Of a
    clause with two numbers the stricter ones stand in a last column.
    """
    if "rows" not in limit:
        raise InputError("rules.no_table")
    names = " \\ ".join(limit["by"])
    headings = [names, *(_number(value) for value in limit["columns"])] if "columns" in limit else [names, "limit"]
    rows: list[list[Any]] = [list(row) for row in limit["rows"]]
    if "above" in limit:
        rows.append([f"{ABOVE}{_number(limit['rows'][-1][0])}", *limit["above"]])
    if "surely" in limit and "columns" not in limit:
        headings.append(SURELY)
        strict = [*(row[1:] for row in limit["surely"]["rows"]), limit["surely"].get("above", [])]
        rows = [[*row, *more] for row, more in zip(rows, strict, strict=False)]
    return headings, rows


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else repr(value)


def from_rows(limit: dict[str, Any], headings: Sequence[Any], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """``limit`` with the numbers of a sheet. Cells' statuses are kept while the table keeps its shape.

    Raises :class:`InputError` naming the cell that is no number, or a sheet of another table.
    """
    if "rows" not in limit:
        raise InputError("rules.no_table")
    made = copy.deepcopy(limit)
    expected = to_rows(limit)[0][0]
    if not headings or str(headings[0]).strip() != expected:
        raise InputError("rules.other_table", found=str(headings[0] if headings else ""), expected=expected)
    if "columns" in limit:
        made["columns"] = [parse(value, 1, at) for at, value in enumerate(headings[1:], 2)]
    elif [str(heading).strip() for heading in headings[1:]].count(SURELY) != ("surely" in limit):
        raise InputError(
            "rules.other_table", found=", ".join(map(str, headings)), expected=", ".join(to_rows(limit)[0])
        )
    made["rows"], above = [], None
    for number, row in enumerate(rows, 2):
        first = str(row[0]).strip()
        if first.startswith(ABOVE):
            above = [parse(value, number, at) for at, value in enumerate(row[1:], 2)]
        else:
            made["rows"].append([parse(value, number, at) for at, value in enumerate(row, 1)])
    made.pop("above", None)
    if above is not None:
        made["above"] = above
    if "surely" in limit and "columns" not in limit:
        made["surely"] |= {"rows": [[row[0], *row[2:]] for row in made["rows"]]}
        made["rows"] = [row[:2] for row in made["rows"]]
        made["surely"].pop("above", None)
        if above is not None:
            made["above"], made["surely"]["above"] = above[:1], above[1:]
    shape = [len(row) for row in made["rows"]]
    if "cell_status" in made and shape != [len(row) for row in limit["rows"]]:
        del made["cell_status"]
    return made


def parse(value: Any, row: int, column: int) -> float | int:
    """A cell as a number: ``1234,5`` and ``1234.5`` alike. Raises :class:`InputError` with its place (from 1)."""
    try:
        number = float(str(value).strip().replace("\u00a0", "").replace(",", "."))
    except ValueError as error:
        raise InputError("rules.cell_no_number", row=row, column=column, value=str(value)[:60]) from error
    return int(number) if number.is_integer() else number

"""How the limits of many subjects were found, as JSON: a constant, an attribute, or the rows of a table and weights."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from ..rulebook.limits import Attribute, Bracket, Constant, Found, Table
from .judge import Verdicts
from .sentences import Piece, each, json_pieces
from .standing import Columns


def limits_told(verdicts: Verdicts, columns: Columns, at: NDArray[np.intp]) -> list[Piece]:
    """What ``verdicts.explain`` says of each of the rows ``at``, with the table that it is found in, in pieces."""
    rule, found = verdicts.rule, verdicts.found
    if len(verdicts.entries) == 1 and isinstance(rule.limit, Constant):
        return ["".join(map(str, json_pieces({"constant": [rule.limit.value]})))]
    if len(verdicts.entries) == 1 and isinstance(rule.limit, Attribute):
        known = columns.plain("zone_uid")
        zones = [None] * len(at) if known is None else list(known[at])
        return json_pieces({"attribute": [rule.limit.name] * len(at), "zone": zones})
    if len(verdicts.entries) == 1 and isinstance(rule.limit, Table) and rule.mode != "bonus":
        return _looked_up(rule.limit, found.at(at), rule.source.table)
    tables = [entry.source.table for entry in verdicts.entries]
    won = verdicts.won[at].tolist()
    explained = [{"table": tables[k], **verdicts.explain(i)} for k, i in zip(won, at.tolist(), strict=True)]
    names = dict.fromkeys(name for told in explained for name in told)
    return json_pieces({name: [told.get(name) for told in explained] for name in names})


def _looked_up(table: Table, found: Found, title: str) -> list[Piece]:
    """As :meth:`Found.explain` says it of each row. Weights of interpolation hardly repeat, so they are written alone,
    between what is the same wherever a number lies between the same two entries.
    """
    if found.row is None or found.column is None:
        raise ValueError("a table was looked up without its rows")
    beyond = json.dumps([{f"{table.by[0]}_above": table.rows[-1], "weight": 1.0}], ensure_ascii=False)
    rows = _entries(found.row, table.rows, table.by[0])
    open_ended = found.open_ended.tolist()
    pieces: list[Piece] = [json.dumps({"table": title, "lookup": table.lookup}, ensure_ascii=False)[:-1], ', "rows": ']
    pieces.append([beyond if last else told for last, told in zip(open_ended, rows, strict=True)])
    if len(table.by) == 2:
        pieces += [', "columns": ', _entries(found.column, table.columns, table.by[1])]
    if table.lookup == "interval":
        pieces += [', "cell": ', _cells(table, found.row, found.column)]
    return [*pieces, "}"]


def _entries(bracket: Bracket, axis: tuple[float, ...], name: str) -> list[str]:
    """The axis entries used for each number, with their weights; those of no weight are left out."""
    heads = [json.dumps({name: value, "weight": None}, ensure_ascii=False).removesuffix("null}") for value in axis]

    def told(low: int, high: int, weight: float) -> str:
        if not 0.0 < weight < 1.0:
            return f"[{heads[high if weight else low]}1.0}}]"
        return f"[{heads[low]}{round(1.0 - weight, 6)}}}, {heads[high]}{round(weight, 6)}}}]"

    return list(map(told, bracket.low.tolist(), bracket.high.tolist(), bracket.weight.tolist()))


def _cells(table: Table, row: Bracket, column: Bracket) -> Piece:
    """From which to which entry the class of each number goes, on each axis."""

    def told(places: tuple[int, int]) -> str:
        cell = {
            name: [axis[at], axis[at + 1] if at + 1 < len(axis) else None]
            for name, axis, at in zip(table.by, (table.rows, table.columns), places, strict=False)
        }
        return json.dumps(cell, ensure_ascii=False)

    return each(list(zip(row.low.tolist(), column.low.tolist(), strict=True)), told)

"""How much is allowed: a constant, what the zone says, a number per class, or a table looked up or interpolated.

Tables are those of the code: the first number of a row is what it is looked up by, then one value per column. An edge
rule says what holds outside: the edge value (``clamp``), nothing (``refuse``: not checkable), or that the rule does not
reach there (``not_applicable``). An open-ended last row (``above``) holds as it stands above the last row's number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....layers.model import Text
from ..columns import Numbers


@dataclass(frozen=True)
class Constant:
    """The same for everyone."""

    value: float

    @property
    def by(self) -> tuple[str, ...]:
        """It looks at nothing."""
        return ()


@dataclass(frozen=True)
class Attribute:
    """What the input ``name`` says of each subject, such as the density that its planned zone allows."""

    name: str

    @property
    def by(self) -> tuple[str, ...]:
        """The input that says it."""
        return (self.name,)


@dataclass(frozen=True)
class Classes:
    """One number per class: ``values`` by the words of the input ``name``. A class that it lacks has none."""

    name: str
    values: Mapping[str, float]

    @property
    def by(self) -> tuple[str, ...]:
        """The input that names the class."""
        return (self.name,)


@dataclass(frozen=True)
class Table:
    """A table of one or two variables. Between the two numbers of a pair in ``gaps`` the law has no row.

    ``by`` names what rows (and columns) are looked up by; ``rows`` are the row numbers, ``columns`` the column numbers
    (one column, 0, in a table of one variable), ``values`` has a row per row number and a column per column number;
    ``above`` are the values of the open-ended row or none. ``cell_status`` has the shape of ``values`` or is empty.
    """

    by: tuple[str, ...]
    lookup: str
    outside: str
    rows: tuple[float, ...]
    columns: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]
    above: tuple[float, ...] = ()
    cell_status: tuple[tuple[str, ...], ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()


Limit = Constant | Attribute | Classes | Table


@dataclass(frozen=True)
class Surely:
    """The stricter of the two numbers that a clause gives, where the map does not tell which of them holds.

    It is ``limit``, and where ``plus`` names an input, ``share`` times that beside it. ``depends_on`` says in both
    languages what would decide.
    """

    limit: Limit
    depends_on: Text
    plus: str = ""
    share: float = 1.0

    @property
    def by(self) -> tuple[str, ...]:
        """The inputs that it looks at."""
        return (*self.limit.by, *((self.plus,) if self.plus else ()))

    def values(self, inputs: Mapping[str, Any], count: int) -> Numbers:
        """The stricter numbers of ``count`` features; NaN where an input is missing."""
        found = look_up(self.limit, inputs, count).values
        return found + self.share * np.asarray(inputs[self.plus], dtype=float) if self.plus else found


@dataclass(frozen=True)
class Bracket:
    """Where numbers lie on an axis: between entries ``low`` and ``high``, at ``weight`` of the way to ``high``."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    weight: Numbers

    def at(self, rows: NDArray[np.intp]) -> Bracket:
        """That of the numbers ``rows``."""
        return Bracket(self.low[rows], self.high[rows], self.weight[rows])

    def entries(self, i: int, axis: tuple[float, ...], name: str) -> list[dict[str, float]]:
        """The axis entries used for number ``i``, with their weights; those of no weight are left out."""
        pairs = [(self.low[i], 1.0 - self.weight[i]), (self.high[i], self.weight[i])]
        return [{name: axis[at], "weight": round(float(share), 6)} for at, share in pairs if share > 0.0]


@dataclass(frozen=True)
class Found:
    """Limits of many features (NaN: outside a table that has no value there, or an input is missing), and how found.

    ``outside`` marks known numbers beyond a table that gives none there, ``rowless`` those in one of its gaps.
    """

    values: Numbers
    limit: Limit
    row: Bracket | None = None
    column: Bracket | None = None
    open_ended: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    outside: NDArray[np.bool_] | None = None
    rowless: NDArray[np.bool_] | None = None

    def at(self, rows: NDArray[np.intp]) -> Found:
        """Those of the features ``rows``."""
        return replace(
            self,
            values=self.values[rows],
            row=self.row.at(rows) if self.row is not None else None,
            column=self.column.at(rows) if self.column is not None else None,
            open_ended=self.open_ended[rows] if len(self.open_ended) else self.open_ended,
            outside=self.outside[rows] if self.outside is not None else None,
            rowless=self.rowless[rows] if self.rowless is not None else None,
        )

    def explain(self, i: int) -> dict[str, Any]:
        """How limit ``i`` was found, as JSON: the constant, or the rows and columns used and their weights."""
        if isinstance(self.limit, Constant):
            return {"constant": self.limit.value}
        if isinstance(self.limit, Attribute):
            return {"attribute": self.limit.name}
        if isinstance(self.limit, Classes):
            return {"class": self.limit.name, "constant": float(self.values[i])}
        if self.row is None or self.column is None:
            raise ValueError("a table was looked up without its rows")
        table = self.limit
        told: dict[str, Any] = {"lookup": table.lookup}
        if self.open_ended[i]:
            told["rows"] = [{f"{table.by[0]}_above": table.rows[-1], "weight": 1.0}]
        else:
            told["rows"] = self.row.entries(i, table.rows, table.by[0])
        if len(table.by) == 2:
            told["columns"] = self.column.entries(i, table.columns, table.by[1])
        if table.lookup == "interval":
            told["cell"] = {
                name: [axis[at], axis[at + 1] if at + 1 < len(axis) else None]
                for name, axis, at in zip(
                    table.by, (table.rows, table.columns), (self.row.low[i], self.column.low[i]), strict=False
                )
            }
        return told

    def status(self, i: int, of_rule: str) -> str:
        """How sure the number is: the cell's own status where the table has one."""
        if not isinstance(self.limit, Table) or not self.limit.cell_status or self.row is None or self.column is None:
            return of_rule
        return str(self.limit.cell_status[self.row.low[i]][self.column.low[i]])


def _interpolate(x: Numbers, axis: Numbers) -> Bracket:
    """Between the two nearest entries; beyond the ends the end entry."""
    inside = np.clip(np.nan_to_num(x, nan=axis[0]), axis[0], axis[-1])
    high = np.clip(np.searchsorted(axis, inside, side="left"), min(1, len(axis) - 1), len(axis) - 1)
    low = np.maximum(high - 1, 0)
    step = axis[high] - axis[low]
    return Bracket(low, high, np.divide(inside - axis[low], step, out=np.zeros_like(inside), where=step > 0))


def _classify(x: Numbers, axis: Numbers) -> Bracket:
    """The class that holds each number: from its entry up to, not including, the next."""
    at = np.clip(np.searchsorted(axis, np.nan_to_num(x, nan=axis[0]), side="right") - 1, 0, len(axis) - 1)
    return Bracket(at, at, np.zeros(len(x)))


def _refused(x: Numbers, axis: Numbers, table: Table, *, open_end: bool) -> NDArray[np.bool_]:
    """Numbers outside a table that gives no value there."""
    if table.outside == "clamp":
        return np.zeros(len(x), dtype=bool)
    above = np.zeros(len(x), dtype=bool) if open_end or table.lookup == "interval" else x > axis[-1]
    refused: NDArray[np.bool_] = (x < axis[0]) | above
    return refused


def look_up(limit: Limit, inputs: Mapping[str, Any], count: int) -> Found:
    """Limits of ``count`` features. ``inputs`` holds one number per feature (NaN: missing) for each name in ``by``.

    For :class:`Classes` it holds words (None: missing).
    """
    if isinstance(limit, Constant):
        return Found(np.full(count, limit.value), limit)
    if isinstance(limit, Attribute):
        return Found(np.array(inputs[limit.name], dtype=float), limit)
    if isinstance(limit, Classes):
        return Found(np.array([limit.values.get(word, np.nan) for word in inputs[limit.name]], dtype=float), limit)
    rows, columns = np.asarray(limit.rows, dtype=float), np.asarray(limit.columns, dtype=float)
    x = inputs[limit.by[0]]
    y = inputs[limit.by[1]] if len(limit.by) == 2 else np.full(count, columns[0])
    place = _interpolate if limit.lookup == "linear" else _classify
    row, column = place(x, rows), place(y, columns)
    grid = np.asarray(limit.values, dtype=float)

    def along(at_row: NDArray[np.intp]) -> Numbers:
        low, high = grid[at_row, column.low], grid[at_row, column.high]
        return np.asarray(low + (high - low) * column.weight)

    below, upper = along(row.low), along(row.high)
    values = below + (upper - below) * row.weight
    open_ended = np.zeros(count, dtype=bool)
    if limit.above:
        last = np.asarray(limit.above, dtype=float)
        open_ended = x > rows[-1]
        beyond = last[column.low] + (last[column.high] - last[column.low]) * column.weight
        values = np.where(open_ended, beyond, values)
    outside = _refused(x, rows, limit, open_end=bool(limit.above)) | _refused(y, columns, limit, open_end=False)
    rowless = np.zeros(count, dtype=bool)
    for low, high in limit.gaps:
        rowless |= (x > low) & (x < high)
    unknown = np.isnan(x) | np.isnan(y) | outside | rowless
    return Found(np.where(unknown, np.nan, values), limit, row, column, open_ended, outside, rowless)

"""Columns of many subjects side by side. Words that repeat are numbers of words: a million rows are looked at at once.

What follows from a column – its numbers, its words in code, where it holds nothing – is found once, when somebody asks,
and is shared by all tables that hold the same column.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .columns import Mask, Numbers, Words, absent, nothing, pick, words

_FEW = 200  # values that are told apart one by one: below that pandas takes longer to begin


@dataclass(frozen=True)
class Coded:
    """Words that repeat: ``code`` is the number in ``known`` of the word of each row, -1 where there is none."""

    code: NDArray[np.int32]
    known: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.code)

    @classmethod
    def of(cls, values: Words) -> Coded:
        """The code of an array of words, None where one is missing."""
        if len(values) > _FEW:
            code, known = pd.factorize(values)
            return cls(code.astype(np.int32), tuple(known))
        numbers: dict[Any, int] = {}
        each = [-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values.tolist()]
        return cls(np.array(each, dtype=np.int32), tuple(numbers))

    def at(self, rows: Any) -> Coded:
        """The words of ``rows``, positions or a mask."""
        return Coded(self.code[rows], self.known)

    @property
    def missing(self) -> Mask:
        """Where there is no word."""
        return np.asarray(self.code < 0)

    @property
    def words(self) -> Words:
        """The words themselves, None where there is none."""
        known = nothing(len(self.known) + 1)
        known[:-1] = self.known
        return known[self.code]

    def is_(self, chosen: Iterable[bool]) -> Mask:
        """Where the word is one of those ``chosen``, one answer for each of ``known``."""
        return np.array([*chosen, False], dtype=bool)[self.code]

    def among(self, wanted: Container[Any]) -> Mask:
        """Where the word is one of ``wanted``."""
        return self.is_(word in wanted for word in self.known)


def when(mask: Mask, word: str | None, otherwise: str | Coded | None = None) -> Coded:
    """``word`` where ``mask`` holds, else ``otherwise``; None is no word."""
    if otherwise is None:
        otherwise = Coded(np.full(len(mask), -1, dtype=np.int32), ())
    elif isinstance(otherwise, str):
        otherwise = Coded(np.zeros(len(mask), dtype=np.int32), (otherwise,))
    if word is None:
        return Coded(np.where(mask, np.int32(-1), otherwise.code), otherwise.known)
    number = otherwise.known.index(word) if word in otherwise.known else len(otherwise.known)
    known = otherwise.known if number < len(otherwise.known) else (*otherwise.known, word)
    return Coded(np.where(mask, np.int32(number), otherwise.code), known)


@dataclass(frozen=True)
class Lists:
    """Lists of words, of few of which anybody asks: those of a row are ``each`` from its number in ``first`` to the
    next.
    """

    each: Words
    first: NDArray[np.intp]

    @classmethod
    def of(cls, values: Words, row: NDArray[np.intp], count: int) -> Lists:
        """The ``values`` of each of ``count`` rows; ``row`` is sorted."""
        return cls(values, np.searchsorted(row, np.arange(count + 1)))

    def __len__(self) -> int:
        return len(self.first) - 1

    def __getitem__(self, rows: Any) -> Any:
        """The lists of ``rows``, positions or a mask, or that of one position; NaN where there is nothing in one."""
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            return self[np.array([rows])][0]
        made = np.full(len(first := self.first[:-1][rows]), np.nan, dtype=object)
        for at, (start, stop) in enumerate(zip(first.tolist(), self.first[1:][rows].tolist(), strict=True)):
            if stop > start:
                made[at] = self.each[start:stop].tolist()
        return made

    def __array__(self, _dtype: Any = None, copy: bool | None = None) -> Words:
        """All of them, where somebody asks for an array."""
        return np.asarray(self[:], dtype=object)


Values = NDArray[Any] | Coded | Lists


class Column:
    """One column of any kind; what is asked of it is found once."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._coded = values if isinstance(values, Coded) else None
        self._numbers: Numbers | None = None
        self._words: Words | None = None
        self._unknown: Mask | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """What another process gets: the values; what follows from them is found there."""
        return Column, (self._values,)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def plain(self) -> NDArray[Any]:
        """The values as they were given; words in code are the words."""
        return self.words if isinstance(self._values, Coded) else np.asarray(self._values)

    @property
    def numbers(self) -> Numbers:
        """The values as floats, NaN where one is missing."""
        if self._numbers is None:
            self._numbers = np.asarray(self.plain, dtype=float)
        return self._numbers

    @property
    def words(self) -> Words:
        """The values as objects, None where one is missing."""
        if self._words is None:
            if isinstance(self._values, Coded):
                self._words = self._values.words
            else:
                given = np.asarray(self._values, dtype=object)
                gone = absent(given)
                self._words = pick(gone, None, given) if gone.any() else given
        return self._words

    @property
    def coded(self) -> Coded:
        """The values as words in code."""
        if self._coded is None:
            self._coded = Coded.of(self.words)
        return self._coded

    @property
    def unknown(self) -> Mask:
        """Where a number is missing."""
        if self._unknown is None:
            self._unknown = np.isnan(self.numbers)
        return self._unknown

    def at(self, rows: Any) -> Column:
        """The column of ``rows``, positions or a mask."""
        values = self._values
        made = Column(values.at(rows) if isinstance(values, Coded) else values[rows])
        if made._coded is None and self._coded is not None:
            made._coded = self._coded.at(rows)  # cheaper than to tell the words apart again
        return made

    def spread(self, rows: NDArray[np.intp]) -> Column:
        """The column of the positions ``rows``; nothing where one is -1."""
        values = self._values
        if isinstance(values, Coded):
            return Column(Coded(np.append(values.code, np.int32(-1))[rows], values.known))
        values = np.asarray(values)
        if values.dtype.kind in "iuf":
            return Column(np.append(values.astype(float), np.nan)[rows])
        return Column(np.concatenate([values.astype(object), nothing(1)])[rows])


class ColumnTable:
    """Columns of one length by name. A column that is not there is missing everywhere."""

    def __init__(self, columns: Mapping[str, Values | Column], count: int | None = None) -> None:
        self._columns: dict[str, Column | None] = {
            name: one if isinstance(one, Column) else Column(one) for name, one in columns.items()
        }
        self.count = count if count is not None else len(next(iter(columns.values())))
        # The whole and the rows that columns are cut out of when somebody asks for them; until then they are None.
        self._part_of: tuple[ColumnTable, Any] | None = None
        self._empty: Column | None = None

    @classmethod
    def of(cls, frame: pd.DataFrame) -> ColumnTable:
        """The columns of a frame."""
        plain = {str(name): isinstance(kind, np.dtype) for name, kind in frame.dtypes.items()}
        columns = {name: frame[name].to_numpy() if own else words(frame, name) for name, own in plain.items()}
        return cls(columns, len(frame))

    def __len__(self) -> int:
        return self.count

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column as it was given. Raises :class:`KeyError` for one that is not there."""
        if name not in self._columns:
            raise KeyError(name)
        return self.column(name).plain

    def __setitem__(self, name: str, values: Values | Column | str | None) -> None:
        """Put a column in; a single word stands in every row."""
        if values is None or isinstance(values, str):
            values = when(np.ones(self.count, dtype=bool), values)
        self._columns[name] = values if isinstance(values, Column) else Column(values)

    def column(self, name: str) -> Column:
        """A column with what follows from it; an empty one where there is none."""
        found = self._columns.get(name)
        if found is None and name in self._columns and self._part_of is not None:
            whole, rows = self._part_of
            found = self._columns[name] = whole.column(name).at(rows)
        if found is None:
            found = self._empty = self._empty or Column(when(np.zeros(self.count, dtype=bool), None))
        return found

    def numbers(self, name: str) -> Numbers:
        """A column as floats, NaN where it is missing."""
        return self.column(name).numbers

    def words(self, name: str) -> Words:
        """A column as objects, None where it is missing."""
        return self.column(name).words

    def coded(self, name: str) -> Coded:
        """A column as words in code."""
        return self.column(name).coded

    def at(self, rows: NDArray[Any]) -> ColumnTable:
        """The table of ``rows``, positions or a mask; its columns are cut out when they are asked for."""
        made = ColumnTable({}, int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows))
        made._columns = dict.fromkeys(self._columns)
        made._part_of = self, rows
        return made

    def beside(self, *others: ColumnTable) -> ColumnTable:
        """The columns of this table and of ``others``, which have as many rows; the last of a name counts."""
        return ColumnTable({name: one.column(name) for one in (self, *others) for name in one}, self.count)

    def without(self, *names: str) -> ColumnTable:
        """The other columns."""
        return ColumnTable({name: self.column(name) for name in self if name not in names}, self.count)

    def only(self, *names: str) -> ColumnTable:
        """Those columns."""
        return ColumnTable({name: self.column(name) for name in names}, self.count)

    def row(self, at: int) -> dict[str, Any]:
        """One row by name, in Python's own values."""
        cut = {name: self[name][at] for name in self}
        return {name: value.item() if isinstance(value, np.generic) else value for name, value in cut.items()}


def stacked(tables: Sequence[ColumnTable]) -> ColumnTable:
    """Tables with the same columns one after the other."""
    return ColumnTable(
        {name: np.concatenate([one[name] for one in tables]) for name in tables[0]}, sum(map(len, tables))
    )


def named(frame: pd.DataFrame) -> ColumnTable:
    """``uid`` and ``code`` of each feature of a layer; the uid stands for a missing code."""
    code, uid = words(frame, "code"), words(frame, "uid")
    return ColumnTable({"uid": uid, "code": pick(absent(code), uid, code)}, len(frame))

"""Reading one table that an office program wrote: XLSX or CSV, as headings and rows of plain cells."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

from ..layers.errors import InputError

_MOST = 100_000  # cells: a table of limits has some hundreds


def read_grid(path: Path) -> tuple[list[Any], list[list[Any]]]:
    """Headings and rows of the first sheet; empty rows, and columns without heading, are left out.

    A CSV may be divided by commas, semicolons or tabs, in UTF-8. Raises :class:`InputError` where it cannot be read.
    """
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise InputError("store.sheet_suffix", path=str(path), known=[".xlsx", ".csv"])
    rows = _of_xlsx(path) if path.suffix.lower() == ".xlsx" else _of_csv(path)
    rows = [row for row in rows if any(cell not in (None, "") for cell in row)]
    if not rows:
        raise InputError("store.grid_empty", path=str(path))
    width = max((at for at, cell in enumerate(rows[0], 1) if cell not in (None, "")), default=0)
    return rows[0][:width], [(row + [None] * width)[:width] for row in rows[1:]]


def _of_csv(path: Path) -> list[list[Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        divider = max(",;\t", key=first.count)
        return list(csv.reader(io.StringIO(text), delimiter=divider))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("store.grid_unreadable", path=str(path), reason=str(error)) from error


def _of_xlsx(path: Path) -> list[list[Any]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            rows, count = [], 0
            for row in book.worksheets[0].iter_rows(values_only=True):
                count += len(row)
                if count > _MOST:
                    raise InputError("store.grid_too_large", path=str(path), most=_MOST)
                rows.append(list(row))
            return rows
        finally:
            book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, EOFError) as error:
        raise InputError("store.grid_unreadable", path=str(path), reason=str(error)) from error

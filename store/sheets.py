"""Tables for office programs: XLSX and CSV, written whole or not at all; a text is never taken for a formula."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..layers.errors import InputError
from .whole import made_whole, refuse_existing

SUFFIXES = (".xlsx", ".csv")

# A text that begins so is a formula to a spreadsheet (OWASP, "CSV Injection"; tab and return are skipped by some).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_ROWS = 1_048_575  # of an XLSX sheet below its heading (ECMA-376, part 1: 2^20 rows)
_MOST_SIGNS = 32_767  # of one cell
_WIDEST = 60  # characters of a column; longer texts wrap
_TOLD_EVERY = 2_000  # rows


@dataclass(frozen=True)
class Sheet:
    """One table: ``columns`` are its headings, ``widths`` in characters (0: by the heading)."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int] = ()


def write_sheets(
    path: Path, sheets: Sequence[Sheet], *, replace: bool = False, told: Callable[[float], None] = lambda _share: None
) -> None:
    """Write ``sheets`` to an XLSX, or the first of them to a CSV, by the suffix of ``path``.

    ``told`` hears the share done, and may raise to stop. Raises ``store.sheet_suffix``, ``store.exists`` (unless
    ``replace``), ``store.sheet_too_long``, and what the machine refuses; nothing is left under ``path`` then.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("store.sheet_suffix", path=str(path), known=list(SUFFIXES))
    if not (replace and path.is_file()):
        refuse_existing(path)
    write = _write_xlsx if path.suffix.lower() == ".xlsx" else _write_csv
    if write is _write_xlsx:
        for sheet in sheets:
            if len(sheet.rows) > _MOST_ROWS:
                raise InputError("store.sheet_too_long", rows=len(sheet.rows), most=_MOST_ROWS)
    with made_whole(path, new=not replace) as temporary:
        write(temporary, sheets, told)


def _heard(rows: Sequence[Sequence[Any]], told: Callable[[float], None]) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows):
        if number % _TOLD_EVERY == 0:
            told(number / len(rows))
        yield row


def _plain(value: Any) -> Any:
    """A value that both formats write: numbers that are none are empty, text keeps no control characters."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        kept = "".join(sign for sign in value if sign >= " " or sign in "\t\n\r")
        return kept[:_MOST_SIGNS]
    return value


def _defused(value: Any) -> Any:
    value = _plain(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_csv(path: Path, sheets: Sequence[Sheet], told: Callable[[float], None]) -> None:
    """RFC 4180 in UTF-8 with its mark, which office programs need to read the diacritics."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_defused(heading) for heading in sheets[0].columns])
        writer.writerows([_defused(value) for value in row] for row in _heard(sheets[0].rows, told))


def _write_xlsx(path: Path, sheets: Sequence[Sheet], told: Callable[[float], None]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        try:
            _fill(page, sheet, told)
        finally:
            page.close()  # it streams through a file of its own, which must not outlive a stop
    packed = io.BytesIO()  # on a full disk zipfile would close its file a second time, and print that that failed
    book.save(packed)
    path.write_bytes(packed.getbuffer())


def _fill(page: Any, sheet: Sheet, told: Callable[[float], None]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    page.freeze_panes = "A2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(sheet.rows) + 1}"
    page.print_title_rows = "1:1"
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    widths = sheet.widths or [0] * len(sheet.columns)
    for number, (heading, width) in enumerate(zip(sheet.columns, widths, strict=True), 1):
        page.column_dimensions[get_column_letter(number)].width = min(_WIDEST, width or len(heading) + 4)
    bold, grey = Font(bold=True), PatternFill("solid", fgColor="E7ECEA")
    top = Alignment(vertical="top", wrap_text=True)
    headings = [_text(page, heading) for heading in sheet.columns]
    for cell in headings:
        cell.font, cell.fill, cell.alignment = bold, grey, top
    page.append(headings)
    for row in _heard(sheet.rows, told):
        page.append(list(_cells(page, row)))


def _cells(page: Any, row: Iterable[Any]) -> Iterator[Any]:
    for value in row:
        plain = _plain(value)
        yield _text(page, plain) if isinstance(plain, str) and plain.startswith(_FORMULA) else plain


def _text(page: Any, value: str) -> Any:
    """A cell that is text whatever it begins with, and stays so when somebody edits it."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(_FORMULA)
    return cell

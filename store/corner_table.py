"""The corner table of a decision, as text, CSV, XLSX or pasted: read into rings of north and east, nothing guessed.

Vietnamese practice prints X first and X is north. Numbers may be written ``1 209 000,55``, ``1.209.000,55`` or
``1209000.55``. A line of words between the numbers begins another part (*Khu II*) or a part that is left out (*trừ*).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ..layers.errors import InputError
from .mapping import key
from .sources import local_file
from .troubles import told

_MOST_BYTES = 20 * 1024**2  # no decision has a table of more
_MOST_ROWS = 100_000
_NORTH_WORDS = ("x", "xm", "xbac", "bac", "north", "northing", "n", "toadox", "vido", "lat", "latitude")
_EAST_WORDS = ("y", "ym", "ydong", "dong", "east", "easting", "e", "toadoy", "kinhdo", "lon", "longitude")
_NAME_WORDS = ("stt", "tt", "diem", "diemgoc", "tendiem", "sohieudiem", "sohieu", "moc", "point", "no", "corner", "goc")
_LEFT_OUT = ("tru", "loaitru", "khongbaogom", "hole", "excluded", "excluding")  # first words of a line
_NUMBER = re.compile(
    r"[+-]?\d{1,3}(?:[.\s\u00a0]\d{3})+(?:,\d+)?|[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:[.,]\d+)?"
)
# 108°30', 108o 30’, 108 độ 30 phút
_MERIDIAN = re.compile(r"(10\d)\s*(?:°|º|o|độ)\s*(\d{2})\s*(?:'|’|′|phút)?", re.I)
_LICENCE = re.compile(r"\b(\d{1,6}\s*/\s*(?:\d{4}\s*/\s*)?GP[-–][A-ZĐ]{2,10})\b")
_SIGNED = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.I)
_AREA = re.compile(r"diện\s+tích[^0-9\n]{0,40}?([\d.,\s\u00a0]*\d)\s*(ha|hecta|héc-?ta|m2|m²)\b", re.I)


@dataclass
class Ring:
    """One closed line as it stands in the table: points (name, north, east) in order; ``left_out``: a hole."""

    title: str = ""
    left_out: bool = False
    points: list[tuple[str, float, float]] = field(default_factory=list)


@dataclass
class CornerTable:
    """What a table holds, and what the words around it say: central meridian (degrees), licence, day, area (ha)."""

    rings: list[Ring]
    meridian: float | None = None
    licence_no: str = ""
    signed_on: date | None = None
    area_ha: float | None = None
    area_decimals: int = 0


def read_file(path: str | Path) -> CornerTable:
    """A table from ``.txt``, ``.csv``, ``.tsv`` or ``.xlsx``. Raises :class:`InputError`."""
    file = local_file(path)
    if file.stat().st_size > _MOST_BYTES:
        raise InputError("concession.table_too_large", path=str(file), most=_MOST_BYTES // 1024**2)
    if file.suffix.lower() == ".xlsx":
        return from_rows(_sheet(file))
    with told(file, writing=False):
        raw = file.read_bytes()
    try:
        return from_text(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError("concession.not_utf8", path=str(file)) from error


def from_text(text: str) -> CornerTable:
    """A table as pasted: columns apart by tabs, semicolons, bars or two blanks; by single blanks or commas where the
    numbers leave no doubt.
    """
    return from_rows(_cells(line) for line in text.splitlines()[:_MOST_ROWS])


def _cells(line: str) -> list[str]:
    for mark in ("\t", ";", "|"):
        if mark in line:
            return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=mark))]
    if re.search(r"\S\s{2,}\S", line):
        return re.split(r"\s{2,}", line.strip())
    if line.count(",") >= 2 and re.fullmatch(r"[^,]*(?:,\s*[+-]?\d+(?:\.\d+)?){2}\s*", line):
        return [cell.strip() for cell in line.split(",")]  # 1,1209000.55,456000.10
    parts = line.split()
    return parts if len(parts) in (2, 3) and all(_NUMBER.fullmatch(part) for part in parts[-2:]) else [line.strip()]


def _sheet(file: Path) -> list[list[str]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 10 * _MOST_BYTES:
                raise InputError("concession.table_too_large", path=str(file), most=_MOST_BYTES // 1024**2)
        book = load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise InputError("concession.not_a_table", path=str(file)) from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True, max_row=_MOST_ROWS)
        return [["" if cell is None else _written(cell) for cell in row] for row in rows]
    finally:
        book.close()


def _written(cell: object) -> str:
    return repr(cell) if isinstance(cell, float) else str(cell).strip()


def number(text: str) -> float | None:
    """A number as people write it, or None."""
    plain = text.strip().removesuffix("m").strip()
    if not _NUMBER.fullmatch(plain):
        return None
    bare = re.sub(r"[\s\u00a0]", "", plain)
    if "," in bare and "." in bare:
        last = max(bare.rfind(","), bare.rfind("."))
        bare = re.sub(r"[.,]", "", bare[:last]) + "." + bare[last + 1 :]
    elif bare.count(",") > 1 or bare.count(".") > 1:
        bare = re.sub(r"[.,]", "", bare)
    return float(bare.replace(",", "."))


def from_rows(rows: Iterable[Sequence[str]]) -> CornerTable:
    """The table in rows of cells. Raises :class:`InputError` where no ring of three corners is found."""
    table = CornerTable([Ring()])
    order: tuple[int, int, int | None] | None = None
    for row in rows:
        cells = [cell.strip() for cell in row if cell is not None]
        if not any(cells):
            continue
        heading = _heading(cells)
        if heading is not None:
            order = heading
            continue
        point = _point(cells, order)
        if point is not None:
            table.rings[-1].points.append(point)
            continue
        _words(table, " ".join(cell for cell in cells if cell))
    table.rings = [ring for ring in table.rings if ring.points]
    if not table.rings:
        raise InputError("concession.no_corners")
    return table


def _heading(cells: Sequence[str]) -> tuple[int, int, int | None] | None:
    """Places of north, east and name, where the row is the table's head."""
    keys = [key(cell) for cell in cells]
    north = next((at for at, word in enumerate(keys) if word in _NORTH_WORDS), None)
    east = next((at for at, word in enumerate(keys) if word in _EAST_WORDS), None)
    if north is None or east is None:
        return None
    name = next((at for at, word in enumerate(keys) if word in _NAME_WORDS), None)
    return north, east, name


def _point(cells: Sequence[str], order: tuple[int, int, int | None] | None) -> tuple[str, float, float] | None:
    if order is not None:
        north, east, name = order
        if max(north, east) < len(cells):
            first, second = _pair(cells[north], cells[east])
            if first is not None and second is not None:
                label = cells[name] if name is not None and name < len(cells) else ""
                return label, first, second
    filled = [cell for cell in cells if cell]
    if len(filled) not in (2, 3):
        return None
    first, second = _pair(filled[-2], filled[-1])
    if first is None or second is None or min(abs(first), abs(second)) < 1.0:
        return None
    return (filled[0] if len(filled) == 3 else ""), first, second


def _pair(first: str, second: str) -> tuple[float | None, float | None]:
    """Two coordinates; beside one in metres, ``476.800`` is thousands: no easting is below a kilometre."""
    pair = [number(first), number(second)]
    for at, text in enumerate((first, second)):
        one, other = pair[at], pair[1 - at]
        if one is not None and other is not None and abs(other) >= 1000 and re.fullmatch(r"\d{3}\.\d{3}", text.strip()):
            pair[at] = one * 1000.0
    return pair[0], pair[1]


def _words(table: CornerTable, line: str) -> None:
    """A line between the corners: what it says of the whole, and whether another ring begins."""
    if found := _MERIDIAN.search(line):
        table.meridian = int(found[1]) + int(found[2]) / 60.0
    if found := _LICENCE.search(line):
        table.licence_no = re.sub(r"\s", "", found[1])
    if (found := _SIGNED.search(line)) and table.signed_on is None:
        try:
            table.signed_on = date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            table.signed_on = None
    if found := _AREA.search(line):
        area = number(found[1])
        if area is not None:
            metres = found[2].lower().startswith("m")
            table.area_ha = area / 1e4 if metres else area
            digits = re.search(r",(\d+)$", found[1].strip())
            table.area_decimals = 4 if metres else len(digits[1]) if digits else 0
    words = [key(word) for word in line.split()[:3]]
    left_out = any("".join(words[:count]) in _LEFT_OUT for count in (1, 2, 3))
    if table.rings[-1].points:
        table.rings.append(Ring())
    table.rings[-1].title = line[:200]
    table.rings[-1].left_out = left_out

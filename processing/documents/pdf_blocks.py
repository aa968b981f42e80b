"""Each kind of block as flowables of reportlab: the typography of the documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from html import escape
from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from .blocks import Block, Bullets, Card, Chips, Facts, Heading, Paragraph, Picture, Signatures, Table
from .fonts import BOLD, ITALIC, REGULAR, printable
from .pdf_drawing import Sketch

_INK, _GREY, _AMBER = HexColor("#1f1f1f"), HexColor("#5c5c5c"), HexColor("#8a5200")
_RULE, _ZEBRA, _HEAD = HexColor("#cfcabd"), HexColor("#f7f6f2"), HexColor("#eceae3")
_ALIGN = {"l": TA_LEFT, "r": TA_RIGHT, "c": TA_CENTER}
_ROWS = 60  # of one grid: reportlab measures all rows again at each page
_NAME_SHARE = 0.27  # of a card's width, for the names of its facts


@cache
def _style(name: str, align: str = "l") -> ParagraphStyle:
    font, size, leading, colour, before, after = {
        "h1": (BOLD, 17.0, 21.0, _INK, 0, 3),
        "h2": (BOLD, 11.5, 15.0, _INK, 11, 4),
        "lead": (REGULAR, 10.5, 15.0, _INK, 0, 5),
        "body": (REGULAR, 9.5, 13.3, _INK, 0, 4),
        "small": (REGULAR, 8.0, 11.0, _GREY, 0, 3),
        "mark": (ITALIC, 8.5, 11.8, _AMBER, 0, 3),
        "cell": (REGULAR, 8.5, 11.3, _INK, 0, 0),
        "name": (REGULAR, 8.5, 11.3, _GREY, 0, 0),
        "head": (BOLD, 8.0, 10.6, _INK, 0, 0),
        "title": (BOLD, 10.0, 13.4, _INK, 0, 0),
        "caption": (ITALIC, 8.0, 11.0, _GREY, 2, 6),
        "number": (BOLD, 17.0, 20.0, _INK, 0, 0),
    }[name]
    return ParagraphStyle(
        f"{name}-{align}", fontName=font, fontSize=size, leading=leading, textColor=colour, alignment=_ALIGN[align],
        spaceBefore=before, spaceAfter=after, allowWidows=0, allowOrphans=0,
    )  # fmt: skip


def _markup(text: str) -> str:
    """Plain text for reportlab's paragraphs, which read a small markup."""
    return escape(printable(text), quote=False)


def _text(text: str, style: str, align: str = "l") -> Text:
    return Text(_markup(text), _style(style, align))


def groups(blocks: Iterable[Block], width: float) -> Iterator[tuple[list[Any], bool]]:
    """Flowables of ``width`` points: a heading stays with what it heads; the second says to keep all on one page."""
    waiting: list[Any] = []
    for block in blocks:
        made = _flowables(block, width)
        if isinstance(block, Heading):
            waiting += made
            continue
        yield waiting + made, not isinstance(block, Table | Bullets)
        waiting = []
    if waiting:
        yield waiting, True


def _flowables(block: Block, width: float) -> list[Any]:
    match block:
        case Heading():
            return [_text(block.text, "h1" if block.level == 1 else "h2")]
        case Paragraph():
            return [_text(block.text, block.kind)]
        case Bullets():
            return [_bullet(text, block.kind) for text in block.texts]
        case Facts():
            return [_facts(block, width)]
        case Table():
            runs = range(0, max(len(block.rows), 1), _ROWS)
            return [_table(replace(block, rows=block.rows[at : at + _ROWS]), width) for at in runs]
        case Chips():
            return [_chips(block, width)]
        case Card():
            return [_card(block, width)]
        case Picture():
            caption = [_text(block.caption, "caption")] if block.caption else []
            return [Sketch(block.drawing, width), *caption]
        case Signatures():
            return [_signatures(block, width)]


def _bullet(text: str, kind: str) -> Text:
    style = _style(kind)
    hanging = ParagraphStyle(
        f"{style.name}-bullet", parent=style, leftIndent=10, bulletIndent=1, bulletFontName=REGULAR, spaceAfter=2
    )
    return Text(_markup(text), hanging, bulletText="•")


def _grid(rows: list[list[Any]], widths: list[float], commands: list[tuple[Any, ...]], **options: Any) -> Grid:
    padding = [
        ("LEFTPADDING", (0, 0), (-1, -1), 4), ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6),
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("FONTNAME", (0, 0), (-1, -1), REGULAR),
    ]  # fmt: skip
    return Grid(rows, colWidths=widths, style=padding + commands, spaceBefore=2, spaceAfter=6, hAlign="LEFT", **options)


def _facts(block: Facts, width: float) -> Grid:
    high = -(-len(block.rows) // block.columns)
    columns = [block.rows[at : at + high] for at in range(0, len(block.rows), high)]
    rows: list[list[Any]] = []
    for i in range(high):
        row: list[Any] = []
        for column in columns:
            name, value = column[i] if i < len(column) else ("", "")
            row += [_text(name, "name"), _text(value, "cell")]
        rows.append(row)
    share = (0.24 if len(columns) == 1 else 0.40) * width / len(columns)
    widths = [share, width / len(columns) - share] * len(columns)
    return _grid(rows, widths, [("LINEBELOW", (0, 0), (-1, -1), 0.3, _RULE)])


def _table(block: Table, width: float) -> Grid:
    head = [_text(text, "head", align) for text, align in zip(block.head, block.align, strict=True)]
    body = [[_text(text, "cell", align) for text, align in zip(row, block.align, strict=True)] for row in block.rows]
    whole = sum(block.widths)
    commands: list[tuple[Any, ...]] = [
        ("BACKGROUND", (0, 0), (-1, 0), _HEAD), ("LINEBELOW", (0, 0), (-1, 0), 0.6, _GREY),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [white, _ZEBRA]), ("LINEBELOW", (0, 1), (-1, -1), 0.25, _RULE),
    ]  # fmt: skip
    return _grid([head, *body], [width * share / whole for share in block.widths], commands, repeatRows=1)


def _chips(block: Chips, width: float) -> Grid:
    cells: list[list[Any]] = []
    for words, count, colour in block.items:
        number = ParagraphStyle(f"number-{colour}", parent=_style("number"), textColor=HexColor(colour))
        cells.append([Text(_markup(count), number), _text(words, "name")])
    commands: list[tuple[Any, ...]] = [
        ("LINEBEFORE", (i, 0), (i, 0), 3, HexColor(colour)) for i, (_, _, colour) in enumerate(block.items)
    ]
    commands.append(("BACKGROUND", (0, 0), (-1, -1), _ZEBRA))
    commands.append(("LEFTPADDING", (0, 0), (-1, -1), 8))
    return _grid([cells], [width / len(cells)] * len(cells), commands)


def _card(block: Card, width: float) -> Grid:
    colour = HexColor(block.colour)
    title = f'<font color="{block.colour}">{_markup(block.tag)}</font>  ·  {_markup(block.title)}'
    rows: list[list[Any]] = [[Text(title, _style("title")), ""], [_text(block.text, "body"), ""]]
    rows += [[_text(name, "name"), _text(value, "cell")] for name, value in block.facts]
    spans = [0, 1]
    if block.mark:
        spans.append(len(rows))
        rows.append([_text(block.mark, "mark"), ""])
    commands: list[tuple[Any, ...]] = [("SPAN", (0, row), (1, row)) for row in spans]
    commands += [
        ("BACKGROUND", (0, 0), (-1, -1), _ZEBRA), ("LINEBEFORE", (0, 0), (0, -1), 3, colour),
        ("LEFTPADDING", (0, 0), (0, -1), 9), ("TOPPADDING", (0, 0), (-1, 0), 5),
        ("BOTTOMPADDING", (0, -1), (-1, -1), 6), ("TOPPADDING", (0, 2), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 2), (-1, -2), 1),
    ]  # fmt: skip
    return _grid(rows, [width * _NAME_SHARE, width * (1 - _NAME_SHARE)], commands)


def _signatures(block: Signatures, width: float) -> Grid:
    who = [_text(place, "head", "c") for place, _ in block.places]
    hint = [_text(words, "caption", "c") for _, words in block.places]
    space = [""] * len(who)
    made = _grid([who, hint, space], [width / len(who)] * len(who), [], rowHeights=[None, None, 22 * mm])
    made.spaceBefore = 14
    return made

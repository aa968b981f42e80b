"""Blocks on A4 paper: one section after the other: thousands of pages need little more room than their own size.

Nothing of the machine or the hour goes into the file: the same blocks give the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfdoc import PDFArray, PDFName, PDFStream
from reportlab.pdfgen.canvas import Canvas

from . import pdf_blocks
from .blocks import Frame, Section
from .fonts import BOLD, REGULAR, printable, register

WIDTH, HEIGHT = A4[0] / mm, A4[1] / mm
LEFT, RIGHT, TOP, BOTTOM = 20.0, 15.0, 22.0, 24.0
TEXT_WIDTH, TEXT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_FOOT_WIDTH, _FOOT_LINES = TEXT_WIDTH - 26.0, 5  # beside the page number
_GREY, _LINE, _WARNING = HexColor("#5c5c5c"), HexColor("#b9b4a8"), HexColor("#b4231f")
_LEAST_START = 40.0  # mm that must be free where something begins that may go on overleaf
_PAGES = "pages"  # the form that holds the number of pages, known when the last one is done


def write(path: Path, frame: Frame, sections: Iterable[Section]) -> int:
    """Write the document to ``path`` and return its number of pages. Sections are taken one at a time."""
    register()
    canvas = Canvas(
        str(path), pagesize=A4, invariant=1, pageCompression=1, lang=frame.language, initialFontName=REGULAR
    )
    canvas.setTitle(printable(frame.title))
    canvas.setAuthor(printable(frame.author))
    canvas.setCreator("dothi")
    pages = 0
    for number, section in enumerate(sections):
        key = f"s{number}"
        canvas.bookmarkPage(key)
        canvas.addOutlineEntry(printable(section.title), key)
        pages = _Pages(canvas, frame, pages).fill(pdf_blocks.groups(section.blocks, TEXT_WIDTH * mm))
    canvas.beginForm(_PAGES)
    canvas.setFont(REGULAR, 7.5)
    canvas.setFillColor(_GREY)
    canvas.drawString(0, 0, str(pages))
    canvas.endForm()
    canvas.save()
    return pages


class _Pages:
    """Puts flowables under one another, on as many pages as it takes."""

    def __init__(self, canvas: Canvas, frame: Frame, pages: int) -> None:
        self.canvas, self.frame, self.pages = canvas, frame, pages
        self.left = 0.0  # points of height still free
        self.fresh = False

    def fill(self, groups: Iterable[tuple[list[Any], bool]]) -> int:
        """Place all groups, those marked on one page where they fit; returns the number of the last page."""
        self._begin()
        for group, whole in groups:
            height = sum(self._height(one) for one in group)
            needed = height if whole and height <= TEXT_HEIGHT * mm else min(height, _LEAST_START * mm)
            if needed > self.left and not self.fresh:
                self._turn()
            for one in group:
                self._place(one)
        self._end()
        return self.pages

    def _height(self, one: Any) -> float:
        _, height = one.wrapOn(self.canvas, TEXT_WIDTH * mm, TEXT_HEIGHT * mm)
        return float(height) + self._before(one) + float(one.getSpaceAfter())

    def _before(self, one: Any) -> float:
        return 0.0 if self.fresh else float(one.getSpaceBefore())

    def _place(self, one: Any) -> None:
        waiting = [one]
        while waiting:
            part = waiting.pop(0)
            room = self.left - self._before(part)
            _, height = part.wrapOn(self.canvas, TEXT_WIDTH * mm, room)
            if height <= room:
                part.drawOn(self.canvas, LEFT * mm, BOTTOM * mm + room - height)
                self.left, self.fresh = room - height - float(part.getSpaceAfter()), False
                continue
            pieces = part.splitOn(self.canvas, TEXT_WIDTH * mm, room)
            if not pieces and self.fresh:
                raise ValueError(f"taller than a page: {type(part).__name__}")
            waiting[:0] = pieces or [part]
            if not pieces:
                self._turn()

    def _begin(self) -> None:
        self.pages += 1
        self.left, self.fresh = TEXT_HEIGHT * mm, True
        _furniture(self.canvas, self.frame, self.pages)

    def _end(self) -> None:
        self.canvas.showPage()
        _pack_last(self.canvas)

    def _turn(self) -> None:
        self._end()
        self._begin()


def _pack_last(canvas: Canvas) -> None:
    """Compress the page that was just ended: reportlab would keep the text of all pages until the file is saved."""
    page = canvas._doc.Pages.pages[-1]
    packed = PDFStream(content=zlib.compress(page.stream.encode("utf-8")))
    packed.dictionary["Filter"] = PDFArray([PDFName("FlateDecode")])
    page.Contents, page.stream = packed, None


def _furniture(canvas: Canvas, frame: Frame, page: int) -> None:
    """Head, foot and warning of a page, under its content."""
    canvas.saveState()
    right, foot = (WIDTH - RIGHT) * mm, (BOTTOM - 6.0) * mm
    canvas.setFillColor(_GREY)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(LEFT * mm, (HEIGHT - 14.0) * mm, printable(frame.running))
    canvas.setStrokeColor(_LINE)
    canvas.setLineWidth(0.4)
    canvas.line(LEFT * mm, (HEIGHT - 16.0) * mm, right, (HEIGHT - 16.0) * mm)
    canvas.line(LEFT * mm, foot, right, foot)
    canvas.setFont(REGULAR, 6.8)
    lines = [part for line in frame.footer for part in simpleSplit(printable(line), REGULAR, 6.8, _FOOT_WIDTH * mm)]
    for i, line in enumerate(lines[:_FOOT_LINES]):
        canvas.drawString(LEFT * mm, foot - (3.6 + 3.0 * i) * mm, line)
    if frame.banner:
        canvas.setFillColor(_WARNING)
        canvas.setFont(BOLD, 7.5)
        canvas.drawRightString(right, (HEIGHT - 14.0) * mm, printable(frame.banner))
        _across(canvas, frame.banner)
    _page_number(canvas, frame, page, right, foot - 3.6 * mm)
    canvas.restoreState()


def _page_number(canvas: Canvas, frame: Frame, page: int, right: float, y: float) -> None:
    before, _, after = frame.page.partition("{pages}")
    words = printable(before.format(page=page))
    room = canvas.stringWidth("0000" + after, REGULAR, 7.5)
    x = right - room - canvas.stringWidth(words, REGULAR, 7.5)
    canvas.setFillColor(_GREY)
    canvas.setFont(REGULAR, 7.5)
    canvas.drawString(x, y, words)
    canvas.saveState()
    canvas.translate(right - room, y)
    canvas.doForm(_PAGES)
    canvas.restoreState()


def _across(canvas: Canvas, text: str) -> None:
    """Large pale letters from corner to corner."""
    canvas.saveState()
    canvas.translate(WIDTH / 2 * mm, HEIGHT / 2 * mm)
    canvas.rotate(52)
    canvas.setFillColor(_WARNING)
    canvas.setFillAlpha(0.07)
    canvas.setFont(BOLD, 48)
    canvas.drawCentredString(0, -16, printable(text))
    canvas.restoreState()

"""The letters of the documents: IBM Plex Sans, which has every Vietnamese letter and figures of one width.

The files lie in ``resources/fonts`` with their licence (SIL Open Font License 1.1) and go into a PDF as subsets.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from ...layers.messages import RESOURCES

FONTS = RESOURCES / "fonts"
REGULAR, BOLD, ITALIC = "IBMPlexSans-Regular", "IBMPlexSans-SemiBold", "IBMPlexSans-Italic"
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for a letter that the font lacks; the font has this one


@cache
def register() -> None:
    """Make the fonts known to reportlab, once a process."""
    for name in (REGULAR, BOLD, ITALIC):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
    pdfmetrics.registerFontFamily("IBMPlexSans", normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


def face(*, bold: bool, italic: bool) -> str:
    """The font's name for a weight and slope."""
    return BOLD if bold else ITALIC if italic else REGULAR


@cache
def _known() -> frozenset[int]:
    register()
    known: frozenset[int] = frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)
    return known


def printable(text: str) -> str:
    """``text`` as the font can print it: composed letters, no control characters, a mark for a letter it lacks."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isascii() and composed.isprintable():
        return composed
    return "".join(_letter(sign) for sign in composed)


def _letter(sign: str) -> str:
    if ord(sign) in _known():
        return sign
    if sign.isspace():
        return " "
    return "" if unicodedata.category(sign) in ("Cc", "Cf", "Mn") else UNKNOWN


def width_mm(text: str, size: float, *, bold: bool = False) -> float:
    """How wide ``text`` of ``size`` points is, in mm."""
    register()
    points: float = pdfmetrics.stringWidth(printable(text), face(bold=bold, italic=False), size)
    return points * 25.4 / 72.0

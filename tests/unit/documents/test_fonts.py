"""Every letter of Vietnamese has a glyph in every face; what a font lacks is marked, never dropped without a trace."""

from __future__ import annotations

import unicodedata

import pytest
from reportlab.pdfbase import pdfmetrics

from dothi.processing.documents import fonts

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES) + "đ"
SIGNS = "²³°′″×÷±≤≥≠½–—…“”‘’«»·•→−₫"


@pytest.mark.parametrize("name", [fonts.REGULAR, fonts.BOLD, fonts.ITALIC])
def test_each_face_has_every_vietnamese_letter(name):
    fonts.register()
    known = pdfmetrics.getFont(name).face.charToGlyph
    assert len(set(LETTERS)) == 73
    assert [letter for letter in LETTERS + LETTERS.upper() + SIGNS if not known.get(ord(letter))] == []


def test_the_figures_have_one_width_so_that_columns_line_up():
    assert len({round(fonts.width_mm(digit, 10), 6) for digit in "0123456789"}) == 1


def test_letters_are_composed_and_unknown_ones_marked():
    assert fonts.printable("Tie\u0302\u0301ng Vie\u0323\u0302t") == "Tiếng Việt"
    assert fonts.printable("a\x00b\u202ec\td") == "abc d"
    assert fonts.printable("漢") == fonts.UNKNOWN


def test_the_licence_lies_beside_the_fonts():
    assert "SIL Open Font License" in (fonts.FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in fonts.FONTS.iterdir()) < 2_000_000

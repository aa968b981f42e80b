"""PDF: the text can be read back, fonts are in it, the same blocks give the same bytes, long things go overleaf."""

from __future__ import annotations

import re
import tracemalloc

import pypdfium2 as pdfium
import pytest

from dothi.processing.documents import pdf
from dothi.processing.documents.blocks import Bullets, Card, Paragraph, Section, Table

from .sample import HOSTILE, frame, section, texts


def test_text_and_numbers_of_pages_can_be_read_back(tmp_path):
    path = tmp_path / "a.pdf"
    pages = pdf.write(path, frame(banner="DỮ LIỆU MÔ PHỎNG"), iter([section(rows=60), section("Thửa 156")]))
    told = texts(path)
    assert len(told) == pages >= 3
    assert "Mật độ 67,86 % vượt mức" in told[0]
    assert all(f"Trang {n}/" in text and str(pages) in text for n, text in enumerate(told, start=1))
    assert all("DỮ LIỆU MÔ PHỎNG" in text and "Dữ liệu: a.gpkg" in text for text in told)
    document = pdfium.PdfDocument(path)
    assert [mark.get_title() for mark in document.get_toc()] == ["Thửa 155", "Thửa 156"]
    assert document.get_metadata_dict()["Title"] == "Phiếu"
    document.close()


def test_all_fonts_are_in_the_file_as_subsets(tmp_path):
    path = tmp_path / "a.pdf"
    pdf.write(path, frame(), [section()])
    raw = path.read_bytes()
    names = set(re.findall(rb"/BaseFont /(\S+)", raw))
    assert names
    assert all(re.fullmatch(rb"[A-Z]{6}\+IBMPlexSans-\w+", name) for name in names)
    assert raw.count(b"/FontFile2") >= len(names)
    assert len(raw) < 150_000


def test_the_same_blocks_give_the_same_bytes(tmp_path):
    for name in ("a.pdf", "b.pdf"):
        pdf.write(tmp_path / name, frame(), [section(), section("khác")])
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_table_goes_on_overleaf_with_its_head(tmp_path):
    path = tmp_path / "a.pdf"
    rows = tuple((str(i), "x") for i in range(200))
    pdf.write(path, frame(), [Section("s", (Table(("Điểm", "X – Bắc"), rows, (1, 1), "ll"),))])
    told = texts(path)
    assert len(told) > 3
    assert all("Điểm" in text for text in told)
    assert "199" in told[-1]


def test_hostile_and_endless_texts_stay_texts(tmp_path):
    path = tmp_path / "a.pdf"
    endless = "x" * 3000
    facts = tuple((HOSTILE, "y" * 400) for _ in range(60))  # a card taller than a page
    blocks = (Card(HOSTILE, "#de2d26", HOSTILE, endless, facts, HOSTILE), Bullets((HOSTILE,) * 90), Paragraph(endless))
    pdf.write(
        path,
        frame(title=HOSTILE, running=HOSTILE, footer=(HOSTILE * 9,)),
        [section(text=HOSTILE), Section(HOSTILE, blocks)],
    )
    told = "\n".join(texts(path))
    assert '<script>alert(1)</script> & "Ông" </b> {pages}' in told
    assert "\x00" not in told


@pytest.mark.slow
def test_finished_pages_are_kept_packed(tmp_path):
    def peak(count: int) -> int:
        tracemalloc.start()
        pdf.write(tmp_path / "a.pdf", frame(), (section(f"Thửa {i}") for i in range(count)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = peak(5), peak(65)
    assert (many - few) / 60 < 60_000  # bytes a section of two pages; unpacked it is several times that

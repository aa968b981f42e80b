"""A small document with every kind of block."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
from shapely.geometry import LineString, box

from dothi.processing.documents.blocks import (
    Bullets,
    Card,
    Chips,
    Facts,
    Frame,
    Heading,
    Paragraph,
    Picture,
    Section,
    Signatures,
    Table,
)
from dothi.processing.documents.drawing import Drawing, Pen
from dothi.processing.documents.map_sheet import Sheet, view_of

HOSTILE = '<script>alert(1)</script> & "Ô\u0000ng" </b> {pages} \u202e 漢字 %s'


def frame(**values) -> Frame:
    told = {"title": "Phiếu", "running": "Đô Thị", "footer": ("Dữ liệu: a.gpkg",), "page": "Trang {page}/{pages}"}
    return Frame(**{**told, "language": "vi", **values})


def drawing(name: str = "Đường Bờ Sông") -> Drawing:
    sheet = Sheet(view_of((600_000, 1_200_000, 600_020, 1_200_030), 120, 80))
    sheet.furniture("B")
    sheet.areas([box(600_000, 1_200_000, 600_020, 1_200_030)], Pen(fill="#ffccff", stroke="#222222"))
    sheet.dimension(LineString([(600_010, 1_200_000), (600_010, 1_200_010)]), "10 m")
    sheet.name_along(LineString([(599_900, 1_199_998), (600_100, 1_199_998)]), name)
    return sheet.drawing(name)


def section(title: str = "Thửa 155", rows: int = 3, text: str = "Mật độ 67,86 % vượt mức") -> Section:
    return Section(
        title,
        (
            Heading(title, 1),
            Paragraph(text, "lead"),
            Chips((("Không đạt", "1", "#de2d26"), ("Đạt", "2", "#31a354"))),
            Facts((("Loại đất", "ODT"), ("Diện tích", "546,1 m²"), ("Mã", text)), columns=2),
            Picture(drawing(text), "Tỷ lệ 1:500"),
            Heading("Kết luận"),
            Card("Không đạt", "#de2d26", "Khoảng lùi", text, (("Giới hạn", "3 m"),), "chưa kiểm chứng"),
            Bullets((text, "Điểm cuối")),
            Table(("Điểm", "X – Bắc (m)"), tuple((str(i), f"{i},000") for i in range(rows)), (1, 2), "cr"),
            Signatures((("Người kiểm tra", "(ký)"), ("Thủ trưởng", "(ký)"))),
        ),
    )


def texts(path: Path) -> list[str]:
    """The text of every page."""
    document = pdfium.PdfDocument(path)
    try:
        return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]
    finally:
        document.close()

"""Pixels on paper: kept as they are, or as a photo; drawings side by side cover what runs over their edge."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from dothi.processing.documents import html, pdf
from dothi.processing.documents.blocks import Frame, Picture, Section
from dothi.processing.documents.drawing import Drawing, Pen, Raster, Shape, beside, encoded

FRAME = Frame("Ảnh", "Ảnh", (), "Trang {page}/{pages}", "vi")


def pixels(colour):
    return np.full((8, 8, 3), colour, np.uint8)


def test_pixels_are_kept_as_they_are_and_photos_as_photos():
    drawn = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    data, kind = encoded(Raster(0, 0, 10, 10, drawn))
    assert kind == "image/png"
    assert (np.asarray(Image.open(BytesIO(data))) == drawn).all()
    data, kind = encoded(Raster(0, 0, 10, 10, drawn, photo=True))
    assert (kind, Image.open(BytesIO(data)).format, len(Image.open(BytesIO(data)).getexif())) == (
        "image/jpeg",
        "JPEG",
        0,
    )


def test_two_pictures_stand_side_by_side_and_nothing_runs_into_the_other(tmp_path):
    over = Shape((np.array([[-5.0, 4.0], [15.0, 4.0]]),), Pen(stroke="#00ff00", width=2.0), closed=False)
    both = [Drawing(10, 10, (Raster(0, 0, 10, 10, pixels(c)), over), "") for c in ((255, 0, 0), (0, 0, 255))]
    row = beside(both, 6.0, "hai ảnh")
    assert (row.width, row.height) == (26, 10)
    out = tmp_path / "a.pdf"
    pdf.write(out, FRAME, [Section("a", (Picture(row),))])
    with pdfium.PdfDocument(out) as document:
        seen = np.asarray(document[0].render(scale=2).to_pil().convert("RGB")).astype(int)
    red, green, blue = (seen == c for c in ([255, 0, 0], [0, 255, 0], [0, 0, 255]))
    columns = [np.flatnonzero(m.all(axis=2).any(axis=0)) for m in (red, green, blue)]
    assert columns[0].max() < columns[2].min()
    gap = np.arange(columns[0].max() + 3, columns[2].min() - 3)
    assert not np.isin(gap, columns[1]).any()


def test_the_same_picture_is_in_the_page_of_a_browser(tmp_path):
    out = tmp_path / "a.html"
    html.write(out, FRAME, [Section("a", (Picture(Drawing(10, 10, (Raster(1, 2, 3, 4, pixels(9)),), "")),))])
    assert '<image x="1" y="4" width="3" height="4"' in out.read_text(encoding="utf-8")

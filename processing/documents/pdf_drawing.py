"""A drawing on a page of reportlab."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import FILL_EVEN_ODD
from reportlab.platypus import Flowable

from .drawing import Drawing, Label, Raster, Shape, encoded
from .fonts import face, printable, width_mm

_EM = 25.4 / 72.0


class Sketch(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The drawing at its own size, made smaller where ``width`` points are less."""

    def __init__(self, drawing: Drawing, width: float) -> None:
        super().__init__()
        self.drawing_ = drawing
        self.shrink = min(1.0, width / (drawing.width * mm))
        self.spaceBefore, self.spaceAfter = 4.0, 4.0

    def wrap(self, *_available: float) -> tuple[float, float]:
        """Its size in points; it does not depend on the room."""
        return self.drawing_.width * mm * self.shrink, self.drawing_.height * mm * self.shrink

    def draw(self) -> None:
        """Called by reportlab with the origin in the lower left corner."""
        canvas = self.canv
        canvas.saveState()
        canvas.scale(mm * self.shrink, mm * self.shrink)
        edge = canvas.beginPath()
        edge.rect(0, 0, self.drawing_.width, self.drawing_.height)
        canvas.clipPath(edge, stroke=0, fill=0)
        canvas.setLineJoin(1)
        canvas.setLineCap(1)
        for item in self.drawing_.items:
            if isinstance(item, Shape):
                _shape(canvas, item)
            elif isinstance(item, Raster):
                data, _ = encoded(item)
                canvas.drawImage(ImageReader(BytesIO(data)), item.x, item.y, item.width, item.height)
            else:
                _label(canvas, item)
        canvas.restoreState()


def _shape(canvas: Any, shape: Shape) -> None:
    pen = shape.pen
    path = canvas.beginPath()
    for ring in shape.rings:
        path.moveTo(*_round(ring[0]))
        for point in ring[1:]:
            path.lineTo(*_round(point))
        if shape.closed:
            path.close()
    if pen.fill:
        canvas.setFillColor(HexColor(pen.fill))
        canvas.setFillAlpha(pen.opacity)
    if pen.stroke:
        canvas.setStrokeColor(HexColor(pen.stroke))
        canvas.setLineWidth(pen.width)
        canvas.setDash(list(pen.dash))
    canvas.drawPath(path, stroke=int(bool(pen.stroke)), fill=int(bool(pen.fill)), fillMode=FILL_EVEN_ODD)
    canvas.setFillAlpha(1.0)


def _label(canvas: Any, label: Label) -> None:
    text = printable(label.text)
    canvas.saveState()
    canvas.translate(label.x, label.y)
    canvas.rotate(label.angle)
    long = width_mm(text, label.size, bold=label.bold)
    left = {"start": 0.0, "middle": -long / 2, "end": -long}[label.anchor]
    if label.halo:
        canvas.setFillColor(HexColor("#ffffff"))
        canvas.setFillAlpha(0.72)
        canvas.roundRect(
            left - 0.4, -0.28 * label.size * _EM, long + 0.8, 1.25 * label.size * _EM, 0.4, stroke=0, fill=1
        )
        canvas.setFillAlpha(1.0)
    canvas.setFillColor(HexColor(label.colour))
    canvas.setFont(face(bold=label.bold, italic=label.italic), label.size * _EM)
    canvas.drawString(left, 0, text)
    canvas.restoreState()


def _round(point: Any) -> tuple[float, float]:
    return round(float(point[0]), 3), round(float(point[1]), 3)

"""A :class:`~.sketch.Sketch` on paper: pens, labels, dimension arrows, north arrow, scale bar, legend.

Painted anew at every size, so it is sharp on any screen; the same painter writes it to SVG.
"""

from __future__ import annotations

import math
from pathlib import Path

from qgis.core import Qgis, QgsGeometry, QgsPointXY, QgsRectangle
from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QTransform
from qgis.PyQt.QtSvg import QSvgGenerator
from qgis.PyQt.QtWidgets import QWidget

from ..language import tr
from . import words
from .sketch import Dimension, Shape, Sketch

_PAPER = QColor("#fdfdfb")
_INK = QColor("#2b2b2b")
_STEPS = (1, 2, 5)  # of a scale bar, times a power of ten
_MARGIN = 8.0  # pixels
_FOOT = 26.0  # pixels below the map, for scale bar and legend
_ROW = 15.0  # pixels of each further row of the legend
_BAR = 0.22  # of the width: the longest scale bar


def _pen(colour: str, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    pen = QPen(QColor(colour), width, style)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


def _fill(colour: str, alpha: int = 255, style: Qt.BrushStyle = Qt.BrushStyle.SolidPattern) -> QBrush:
    filled = QColor(colour)
    filled.setAlpha(alpha)
    return QBrush(filled, style)


_NONE = QBrush(Qt.BrushStyle.NoBrush)
# Role → pen, brush: the colours of the map's own styles, paler where something is only near.
_LOOK: dict[str, tuple[QPen, QBrush]] = {
    "planned_zone": (_pen("#8a6d3b", 1.2, Qt.PenStyle.DashDotLine), _NONE),
    "street_boundary": (QPen(Qt.PenStyle.NoPen), _fill("#f1efe6")),
    "parcel": (_pen("#b3b3ad", 0.8), _NONE),
    "building": (_pen("#c3a57f", 0.8), _fill("#f3ddc0", 160)),
    "counted": (_pen("#7a4f1d", 1.4), _fill("#e9b873", 210)),
    "building_line": (_pen("#2f6fa8", 1.2, Qt.PenStyle.DashLine), _NONE),
    "red_line": (_pen("#d01c24", 2.0), _NONE),
    "street_centreline": (_pen("#a8a49a", 0.8, Qt.PenStyle.DashDotLine), _NONE),
    "subject": (_pen("#1f2d2c", 2.2), _fill("#0b7a75", 34)),
    "limit": (_pen("#8e24aa", 1.4, Qt.PenStyle.DashLine), _NONE),
    "offending": (_pen("#b3121a", 1.6), _fill("#de2d26", 215, Qt.BrushStyle.BDiagPattern)),
}
_LABELLED = ("parcel", "building", "counted", "street_centreline", "planned_zone", "subject")


class DrawingView(QWidget):
    """Shows one sketch, as large as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sketch: Sketch | None = None
        self._note = ""
        self.setMinimumHeight(120)
        self.setAccessibleName(tr("plugin.findings.drawing.title"))

    def sizeHint(self) -> QSize:
        """Wide enough for a lot with its street."""
        return QSize(420, 250)

    def show_sketch(self, sketch: Sketch | None, note: str = "") -> None:
        """Show ``sketch``, or ``note`` where there is none."""
        self.sketch, self._note = sketch, note
        self.setAccessibleDescription(note or (f"{sketch.measured} / {sketch.limit}" if sketch else ""))
        self.update()

    def paintEvent(self, event: object) -> None:
        """Called by Qt."""
        painter = QPainter(self)
        if self.sketch is not None:
            paint(self.sketch, painter, QRectF(self.rect()))
        else:
            painter.fillRect(self.rect(), _PAPER)
            painter.setPen(QColor("#777777"))
            room = QRectF(self.rect()).adjusted(12, 12, -12, -12)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._note)
        painter.end()

    def save_svg(self, path: Path) -> bool:
        """Write what is shown to an SVG; False where there is nothing or the file cannot be written."""
        if self.sketch is None:
            return False
        paper = QSvgGenerator()
        paper.setFileName(str(path))
        paper.setSize(self.size())
        paper.setViewBox(self.rect())
        painter = QPainter()
        if not painter.begin(paper):
            return False
        paint(self.sketch, painter, QRectF(self.rect()))
        return bool(painter.end())


def paint(sketch: Sketch, painter: QPainter, room: QRectF) -> None:
    """Draw ``sketch`` into ``room`` (pixels) of ``painter``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(room, _PAPER)
    painter.setClipRect(room)
    font = QFont(painter.font())
    font.setPixelSize(11)
    painter.setFont(font)
    legend = _legend_rows(sketch, QFontMetricsF(font), room)
    foot = min(_FOOT + _ROW * (len(legend) - 1), room.height() / 2)
    field = room.adjusted(0, 0, 0, -foot)
    place = _placing(sketch.extent, field)
    painter.setClipRect(field)
    taken: list[QRectF] = []
    for shape in sketch.shapes:
        pen, brush = _LOOK[shape.role]
        painter.setPen(pen)
        painter.setBrush(brush)
        painter.drawPath(_path(shape.geometry, place))
    for dimension in sketch.dimensions:
        _draw_dimension(dimension, painter, place, taken)
    badge = _draw_badge(sketch, painter, field)
    taken += [badge, QRectF(field.right() - 40, field.top(), 40, 54)]
    for shape in sorted(sketch.shapes, key=lambda one: one.role not in ("subject", "limit")):
        if shape.label and shape.role in (*_LABELLED, "limit"):
            _draw_label(shape, painter, place, field, taken)
    _draw_north(painter, field)
    painter.setClipRect(room)
    _draw_foot(legend, painter, QRectF(room.left(), field.bottom(), room.width(), foot), place.m11())
    painter.restore()


def _placing(extent: QgsRectangle, field: QRectF) -> QTransform:
    """Map units to pixels: the whole extent in the middle of the field, north up."""
    scale = min(
        (field.width() - 2 * _MARGIN) / max(extent.width(), 1e-6),
        (field.height() - 2 * _MARGIN) / max(extent.height(), 1e-6),
    )
    centre = extent.center()
    middle = field.center()
    return QTransform(scale, 0, 0, -scale, middle.x() - centre.x() * scale, middle.y() + centre.y() * scale)


def _path(geometry: QgsGeometry, place: QTransform) -> QPainterPath:
    return place.map(geometry.constGet().asQPainterPath()) if not geometry.isNull() else QPainterPath()


def _at(point: QgsPointXY, place: QTransform) -> QPointF:
    return place.map(QPointF(point.x(), point.y()))


def _written(painter: QPainter, at: QPointF, text: str, colour: QColor, taken: list[QRectF], *, must: bool) -> bool:
    """``text`` in the middle of ``at`` with a pale halo; left out (False) where something is written already."""
    metrics = QFontMetricsF(painter.font())
    box = QRectF(0, 0, metrics.horizontalAdvance(text) + 4, metrics.height())
    box.moveCenter(at)
    if not must and any(box.intersects(other) for other in taken):
        return False
    taken.append(box)
    halo = QPainterPath()
    halo.addText(box.left() + 2, box.top() + metrics.ascent(), painter.font(), text)
    painter.strokePath(halo, QPen(_PAPER, 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.fillPath(halo, colour)
    return True


def _draw_label(shape: Shape, painter: QPainter, place: QTransform, field: QRectF, taken: list[QRectF]) -> None:
    """The feature's code on it, where it is seen and there is room."""
    corners = place.inverted()[0].mapRect(field)
    seen = shape.geometry.clipped(QgsRectangle(corners.left(), corners.top(), corners.right(), corners.bottom()))
    if seen.isEmpty():
        return
    if seen.type() == Qgis.GeometryType.Polygon:
        spots = [seen.pointOnSurface()]
    else:  # along a line there is room somewhere
        spots = [seen.interpolate(seen.length() * share) for share in (0.5, 0.2, 0.8)]
    places = [_at(spot.asPoint(), place) for spot in spots if not spot.isNull() and not spot.isEmpty()]
    metrics = QFontMetricsF(painter.font())
    size = _path(seen, place).boundingRect()
    strong = shape.role in ("subject", "limit")
    if not strong and max(size.width(), size.height()) < metrics.horizontalAdvance(shape.label):
        return
    colour = _LOOK["limit"][0].color() if shape.role == "limit" else _INK if strong else QColor("#8b877d")
    font = painter.font()
    font.setBold(shape.role == "subject")
    painter.setFont(font)
    half = metrics.horizontalAdvance(shape.label) / 2 + 4
    for at in places:
        at.setX(min(max(at.x(), field.left() + half), field.right() - half))
        at.setY(min(max(at.y(), field.top() + 10), field.bottom() - 10))
        if _written(painter, at, shape.label, colour, taken, must=False):
            break
    font.setBold(False)
    painter.setFont(font)


def _draw_dimension(dimension: Dimension, painter: QPainter, place: QTransform, taken: list[QRectF]) -> None:
    """An arrow between the points; one too short for its heads is drawn as two that point inwards."""
    start, end = _at(dimension.start, place), _at(dimension.end, place)
    along = end - start
    length = math.hypot(along.x(), along.y())
    if length <= 0:
        return
    unit = QPointF(along.x() / length, along.y() / length)
    painter.setPen(_pen("#b3121a", 1.6))
    painter.setBrush(QColor("#b3121a"))
    outside = length < 20
    reach = 16.0
    if outside:
        painter.drawLine(start - unit * reach, start)
        painter.drawLine(end, end + unit * reach)
    else:
        painter.drawLine(start, end)
    for tip, towards in ((start, unit if outside else -unit), (end, -unit if outside else unit)):
        side = QPointF(-towards.y(), towards.x())
        painter.drawPolygon(QPolygonF([tip, tip - towards * 7 + side * 3, tip - towards * 7 - side * 3]))
    font = painter.font()
    font.setBold(True)
    painter.setFont(font)
    side = QPointF(-unit.y(), unit.x())
    wide = QFontMetricsF(font).horizontalAdvance(dimension.text) / 2
    middle = (start + end) / 2 + side * (10 + abs(side.x()) * wide)
    _written(painter, middle, dimension.text, QColor("#b3121a"), taken, must=True)
    font.setBold(False)
    painter.setFont(font)


def _draw_badge(sketch: Sketch, painter: QPainter, field: QRectF) -> QRectF:
    """Measured and limit in the corner, in the colour of the outcome."""
    lines = [
        tr(f"plugin.findings.drawing.{name}_value", value=value)
        for name, value in (("measured", sketch.measured), ("limit", sketch.limit))
        if value
    ] or [words.outcome(sketch.outcome)]
    metrics = QFontMetricsF(painter.font())
    width = max(metrics.horizontalAdvance(line) for line in lines) + 18
    box = QRectF(field.left() + 6, field.top() + 6, width, metrics.height() * len(lines) + 8)
    painter.setPen(_pen("#d5d2c8", 1))
    painter.setBrush(QColor(255, 255, 255, 235))
    painter.drawRect(box)
    painter.fillRect(
        QRectF(box.left(), box.top(), 4, box.height()), QColor(words.colour(sketch.outcome, sketch.severity))
    )
    painter.setPen(_INK)
    for number, line in enumerate(lines):
        painter.drawText(QPointF(box.left() + 10, box.top() + 4 + metrics.ascent() + number * metrics.height()), line)
    return box


def _draw_north(painter: QPainter, field: QRectF) -> None:
    tip = QPointF(field.right() - 20, field.top() + 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(255, 255, 255, 215))
    painter.drawRoundedRect(QRectF(tip.x() - 14, tip.y() - 5, 28, 46), 4, 4)
    painter.setPen(_pen("#2b2b2b", 1))
    painter.setBrush(_INK)
    painter.drawPolygon(QPolygonF([tip, tip + QPointF(-6, 22), tip + QPointF(0, 17)]))
    painter.setBrush(_PAPER)
    painter.drawPolygon(QPolygonF([tip, tip + QPointF(6, 22), tip + QPointF(0, 17)]))
    painter.drawText(
        QRectF(tip.x() - 12, tip.y() + 23, 24, 14),
        int(Qt.AlignmentFlag.AlignCenter),
        tr("plugin.findings.drawing.north"),
    )


def _legend_rows(sketch: Sketch, metrics: QFontMetricsF, room: QRectF) -> list[list[tuple[float, str, str]]]:
    """Where each role and its word stand: as many rows as they need to the right of the scale bar."""
    first = room.left() + 8 + max(room.width() * _BAR, metrics.horizontalAdvance("1.000 m") + 8) + 16
    rows: list[list[tuple[float, str, str]]] = [[]]
    at = first
    for role, word in sketch.legend:
        wide = 20 + metrics.horizontalAdvance(word)
        if rows[-1] and at + wide > room.right() - 6:
            rows.append([])
            at = first
        rows[-1].append((at, role, word))
        at += wide + 12
    return rows


def _draw_foot(
    legend: list[list[tuple[float, str, str]]], painter: QPainter, foot: QRectF, pixels_per_metre: float
) -> None:
    """The scale bar to the left, the legend to the right of it."""
    painter.fillRect(foot, QColor("#f4f3ee"))
    metres = bar_length(foot.width() * _BAR / pixels_per_metre)
    left, base = foot.left() + 8, foot.bottom() - 7
    painter.setPen(_pen("#2b2b2b", 1.4))
    right = left + metres * pixels_per_metre
    painter.drawPolyline(
        QPolygonF([QPointF(left, base - 5), QPointF(left, base), QPointF(right, base), QPointF(right, base - 5)])
    )
    metrics = QFontMetricsF(painter.font())
    painter.drawText(QPointF(left + 4, base - 3), words.quantity(metres, "m"))
    for row, entries in enumerate(legend):
        middle = foot.top() + _FOOT / 2 + row * _ROW
        for at, role, word in entries:
            pen, brush = _LOOK[role]
            painter.setPen(pen)
            painter.setBrush(brush)
            if brush.style() == Qt.BrushStyle.NoBrush and role != "parcel":
                painter.drawLine(QPointF(at, middle), QPointF(at + 16, middle))
            else:
                painter.drawRect(QRectF(at, middle - 5, 15, 10))
            painter.setPen(_INK)
            painter.drawText(QPointF(at + 20, middle + metrics.ascent() / 2 - 1), word)


def bar_length(most: float) -> float:
    """The longest round length of at most ``most`` metres: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(most, 1e-3)))
    return max(step * power for step in _STEPS if step * power <= most * 1.0000001 or step == 1)

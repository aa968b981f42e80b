"""A caption before the map: which date it shows, and that the images are simulated where they are."""

from __future__ import annotations

from qgis.gui import QgsMapCanvas, QgsMapCanvasItem
from qgis.PyQt.QtCore import QPointF, QRectF, QSizeF, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPen
from qgis.PyQt.QtWidgets import QStyleOptionGraphicsItem, QWidget

_PAPER, _INK, _LINE = QColor(255, 255, 255, 235), QColor(20, 30, 40), QColor(31, 58, 77)
_PAD, _LEFT = 8.0, 12.0
_AT = 0.06  # of the map's height: below a title of the project


class Caption(QgsMapCanvasItem):
    """Shows one line of text at the upper left of the map; :meth:`close` takes it away."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.text = ""
        self.setZValue(60)
        self.updatePosition()

    def say(self, text: str) -> None:
        """Show ``text``; empty: nothing."""
        self.text = text
        self.setVisible(bool(text))
        self.update()

    def updatePosition(self) -> None:
        """Called by QGIS when the map has moved: the caption stays where it is in the window."""
        self.prepareGeometryChange()
        self.setPos(0, 0)

    def boundingRect(self) -> QRectF:
        """Called by Qt."""
        return QRectF(QPointF(0, 0), QSizeF(self._canvas.size()))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem | None = None, widget: QWidget | None = None
    ) -> None:
        """Called by Qt."""
        if not self.text:
            return
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        room = int(self._canvas.width() - 2 * _LEFT - 2 * _PAD)
        shown = metrics.elidedText(self.text, Qt.TextElideMode.ElideRight, room)
        size = QSizeF(metrics.horizontalAdvance(shown) + 2 * _PAD, metrics.height() + _PAD)
        frame = QRectF(QPointF(_LEFT, _AT * self._canvas.height()), size)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(_LINE, 1))
        painter.setBrush(_PAPER)
        painter.drawRoundedRect(frame, 4, 4)
        painter.setPen(_INK)
        painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), shown)

    def close(self) -> None:
        """Leave the map as it was."""
        self._canvas.scene().removeItem(self)

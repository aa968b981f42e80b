"""Swipe: right of a line that is dragged across the map, the map shows other layers.

Works under any map tool: only a press close to the line takes hold of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import QgsMapLayer, QgsMapRendererParallelJob, QgsMapSettings, QgsPointXY, QgsRectangle
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF, Qt
from qgis.PyQt.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen
from qgis.PyQt.QtWidgets import QStyleOptionGraphicsItem, QWidget

_GRIP = 7  # pixels on either side of the line that take hold of it
_HANDLE = 13.0  # radius
_LINE, _PAPER, _INK = QColor(31, 58, 77), QColor(255, 255, 255, 235), QColor(20, 30, 40)
_MARGIN, _PAD = 10.0, 6.0
_NAME_AT = 0.14  # of the height: below the message bar and the title of the map


class _Curtain(QgsMapCanvasItem):
    """The other map's picture, clipped at the line, and the line with its names."""

    def __init__(self, canvas: QgsMapCanvas, names: tuple[str, str]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._names = names
        self.share = 0.5  # of the canvas's width, from the left
        self._picture = QImage()
        self._extent = QgsRectangle()
        self.setZValue(50)
        self.updatePosition()

    def show_picture(self, picture: QImage, extent: QgsRectangle) -> None:
        self._picture, self._extent = picture, extent
        self.update()

    def move_to(self, x: float) -> None:
        self.share = min(0.98, max(0.02, x / max(1, self._canvas.width())))
        self.update()

    def updatePosition(self) -> None:
        """Called by QGIS when the map has moved: the curtain hangs before the window, not in the map."""
        self.prepareGeometryChange()
        self.setPos(0, 0)

    def boundingRect(self) -> QRectF:
        """Called by Qt."""
        return QRectF(QPointF(0, 0), QSizeF(self._canvas.size()))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem | None = None, widget: QWidget | None = None
    ) -> None:
        """Called by Qt."""
        whole = self.boundingRect()
        x = whole.width() * self.share
        beyond = QRectF(x, 0, whole.width() - x, whole.height())
        painter.save()
        painter.setClipRect(beyond)
        painter.fillRect(beyond, self._canvas.canvasColor())
        if not self._picture.isNull():  # while the map moves, the last picture moves along
            upper_left = self.toCanvasCoordinates(QgsPointXY(self._extent.xMinimum(), self._extent.yMaximum()))
            scale = self._extent.width() / max(self._canvas.mapUnitsPerPixel(), 1e-12)
            height = self._extent.height() / max(self._canvas.mapUnitsPerPixel(), 1e-12)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(upper_left, QSizeF(scale, height)), self._picture)
        painter.restore()
        self._draw_line(painter, x, whole.height())
        self._draw_name(painter, self._names[0], x, left=True)
        self._draw_name(painter, self._names[1], x, left=False)

    def _draw_line(self, painter: QPainter, x: float, height: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(255, 255, 255), 5))
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
        painter.setPen(QPen(_LINE, 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, height))
        middle = QPointF(x, height / 2)
        painter.setBrush(_PAPER)
        painter.drawEllipse(middle, _HANDLE, _HANDLE)
        for way in (-1.0, 1.0):
            tip = middle + QPointF(way * _HANDLE * 0.65, 0)
            for slope in (-1.0, 1.0):
                painter.drawLine(tip, tip + QPointF(-way * 4.0, slope * 4.0))

    def _draw_name(self, painter: QPainter, name: str, x: float, *, left: bool) -> None:
        width = self._canvas.width()
        room = (x if left else width - x) - 2 * (_MARGIN + _PAD)
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room))
        if room < 24 or not shown:
            return
        size = QSizeF(metrics.horizontalAdvance(shown) + 2 * _PAD, metrics.height() + _PAD)
        start = x - _MARGIN - size.width() if left else x + _MARGIN
        frame = QRectF(QPointF(start, _NAME_AT * self._canvas.height()), size)
        painter.setPen(QPen(_LINE, 1))
        painter.setBrush(_PAPER)
        painter.drawRoundedRect(frame, 3, 3)
        painter.setPen(_INK)
        painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), shown)


class Swipe(QObject):
    """Shows ``layers`` (topmost first) right of the line on ``canvas``; :meth:`close` takes all of it away.

    ``names`` are what the left and the right side are called. The layers need not be in the project; they are kept.
    """

    def __init__(self, canvas: QgsMapCanvas, layers: Sequence[QgsMapLayer], names: tuple[str, str]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._layers = list(layers)
        self._job: QgsMapRendererParallelJob | None = None
        self._dragged = False
        self.curtain: _Curtain | None = _Curtain(canvas, names)
        canvas.viewport().installEventFilter(self)
        canvas.viewport().setMouseTracking(True)
        canvas.renderStarting.connect(self._render)
        self._render()

    @property
    def is_drawing(self) -> bool:
        """Whether the other side is still being drawn."""
        return self._job is not None

    def _render(self) -> None:
        """Draw the other side in the background; the last picture stays until the new one is there."""
        wanted = QgsMapSettings(self._canvas.mapSettings())
        self._layers = [one for one in self._layers if not sip.isdeleted(one)]  # the project may have dropped some
        wanted.setLayers(self._layers)
        self._give_up()
        self._job = QgsMapRendererParallelJob(wanted)
        self._job.finished.connect(self._rendered)
        self._job.start()

    def _rendered(self) -> None:
        job, self._job = self._job, None
        if job is not None and self.curtain is not None:
            self.curtain.show_picture(job.renderedImage(), job.mapSettings().visibleExtent())

    def _give_up(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.finished.disconnect(self._rendered)
            job.cancel()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Called by Qt before the map tool sees an event."""
        if not isinstance(event, QMouseEvent) or self.curtain is None:
            return False
        x, kind = event.position().x() if hasattr(event, "position") else event.x(), event.type()
        near = abs(x - self.curtain.share * self._canvas.width()) <= _GRIP
        if kind == QEvent.Type.MouseButtonPress and near and event.button() == Qt.MouseButton.LeftButton:
            self._dragged = True
            return True
        if kind == QEvent.Type.MouseMove and self._dragged:
            self.curtain.move_to(x)
            return True
        if kind == QEvent.Type.MouseButtonRelease and self._dragged:
            self._dragged = False
            return True
        if kind == QEvent.Type.MouseMove:
            self._point(near)
        return False

    def _point(self, near: bool) -> None:
        if near:
            self._canvas.viewport().setCursor(Qt.CursorShape.SplitHCursor)
        elif self._canvas.viewport().cursor().shape() == Qt.CursorShape.SplitHCursor:
            tool = self._canvas.mapTool()
            if tool is not None:
                self._canvas.setCursor(tool.cursor() if hasattr(tool, "cursor") else Qt.CursorShape.ArrowCursor)
            self._canvas.viewport().unsetCursor()

    def close(self) -> None:
        """Leave the canvas as it was."""
        if self.curtain is None:
            return
        self._canvas.viewport().removeEventFilter(self)
        self._canvas.renderStarting.disconnect(self._render)
        self._give_up()
        self._point(False)
        self._canvas.scene().removeItem(self.curtain)
        self.curtain = None
        self._layers.clear()
        self.deleteLater()

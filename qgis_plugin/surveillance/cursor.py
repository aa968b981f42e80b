"""The map tool of the chart: the place under the cursor, pinned by a click, or a polygon drawn by clicks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import Qgis, QgsGeometry, QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand, QgsVertexMarker
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QKeyEvent

_INK, _FILL = QColor(29, 53, 87), QColor(29, 53, 87, 40)

Asked = Callable[[dict[str, Any]], None]


class ChartTool(QgsMapTool):
    """Tells where: ``asked({"x": …, "y": …, "crs": …})`` or ``asked({"wkt": …, "crs": …})``.

    Moving asks for the point under the cursor until a click pins one; Escape lets it go again. While ``drawing``,
    clicks are the corners of a polygon and the right button (or a double click) ends it.
    """

    def __init__(self, canvas: QgsMapCanvas, asked: Asked) -> None:
        super().__init__(canvas)
        self._asked = asked
        self.drawing = False
        self.pinned = False
        self._corners: list[QgsPointXY] = []
        self._ended = False  # by a double click, whose second release is no corner of another polygon
        self._marker: QgsVertexMarker | None = None
        self._band: QgsRubberBand | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def draw(self, wanted: bool) -> None:
        """Begin to draw a polygon, or go back to the point under the cursor."""
        self.drawing = wanted
        self.clear()

    def crs(self) -> str:
        """The map's system in a word that the engine knows."""
        system = self.canvas().mapSettings().destinationCrs()
        return str(system.authid() or system.toWkt())

    # ---- the mouse

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Called by QGIS."""
        if self.drawing:
            if self._corners:
                self._show_band([*self._corners, event.mapPoint()])
        elif not self.pinned:
            self._ask_point(event.mapPoint())

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Called by QGIS at the end of a click."""
        if not self.drawing:
            if event.button() == Qt.MouseButton.LeftButton:
                self.pin(event.mapPoint())
            else:
                self.clear()
            return
        if self._ended:
            self._ended = False
        elif event.button() == Qt.MouseButton.LeftButton:
            if not self._corners:
                self.clear()
            self._corners.append(event.mapPoint())
            self._show_band(self._corners)
        else:
            self.end_polygon()

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """Called by QGIS."""
        if self.drawing:
            self._ended = True
            self.end_polygon()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by QGIS: Escape lets the place go."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            event.accept()  # not the event's default: closing what has the focus

    # ---- places

    def pin(self, place: QgsPointXY) -> None:
        """Stay at ``place`` (map coordinates)."""
        self.clear()
        self.pinned = True
        self._marker = QgsVertexMarker(self.canvas())
        self._marker.setIconType(QgsVertexMarker.IconType.ICON_CROSS)
        self._marker.setColor(_INK)
        self._marker.setIconSize(16)
        self._marker.setPenWidth(3)
        self._marker.setCenter(place)
        self._ask_point(place)

    def end_polygon(self) -> None:
        """Ask for the polygon that has been drawn; fewer than three corners are none."""
        corners, self._corners = self._corners, []
        if len(corners) < 3:
            self.clear()
            return
        shape = QgsGeometry.fromPolygonXY([[*corners, corners[0]]])
        if not shape.isGeosValid():
            shape = shape.makeValid()
        self._show_band(corners)
        self._asked({"wkt": shape.asWkt(), "crs": self.crs()})

    def _ask_point(self, place: QgsPointXY) -> None:
        self._asked({"x": place.x(), "y": place.y(), "crs": self.crs()})

    def _show_band(self, corners: list[QgsPointXY]) -> None:
        if self._band is None:
            self._band = QgsRubberBand(self.canvas(), Qgis.GeometryType.Polygon)
            self._band.setStrokeColor(_INK)
            self._band.setFillColor(_FILL)
            self._band.setWidth(2)
        self._band.setToGeometry(QgsGeometry.fromPolygonXY([[*corners, corners[0]]]), None)

    def clear(self) -> None:
        """No place is held any more."""
        self.pinned = False
        self._corners = []
        for item in (self._marker, self._band):
            if item is not None:
                self.canvas().scene().removeItem(item)
        self._marker = self._band = None

"""The selected alert or case drawn on the map: an outline, so that the image beneath stays to be seen."""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis, QgsCoordinateReferenceSystem, QgsGeometry
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtGui import QColor

_WIDTH = 3  # pixels
_PALE = QColor(255, 255, 255, 200)


class Mark:
    """One outline at a time, in ``colour`` (empty: none); :meth:`clear` takes it away."""

    def __init__(self, iface: Any) -> None:
        self._canvas = iface.mapCanvas()
        self._bands: list[QgsRubberBand] = []
        self.colour = ""

    def show(self, place: QgsGeometry, system: str, colour: str) -> None:
        """Outline ``place`` (in ``system``, ``EPSG:n``) in ``colour`` on a pale rim."""
        self.clear()
        self.colour = colour
        for width, ink in ((_WIDTH + 3, _PALE), (_WIDTH, QColor(colour))):
            band = QgsRubberBand(self._canvas, Qgis.GeometryType.Polygon)
            band.setStrokeColor(ink)
            band.setFillColor(QColor(0, 0, 0, 0))
            band.setWidth(width)
            band.setToGeometry(place, QgsCoordinateReferenceSystem(system))
            self._bands.append(band)

    def clear(self) -> None:
        """Take it from the map."""
        for band in self._bands:
            self._canvas.scene().removeItem(band)
        self._bands.clear()
        self.colour = ""

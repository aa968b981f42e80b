"""A second map beside the main one: same place, same scale, other layers. Either may be moved; the other follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import QgsMapLayer
from qgis.gui import QgsDockWidget, QgsMapCanvas, QgsMapToolPan
from qgis.PyQt.QtCore import QSize, Qt

DOCK = "dothi_linked_map"


class LinkedMap(QgsDockWidget):
    """A dock with a canvas that follows the main canvas and leads it; :meth:`shut` takes it away."""

    def __init__(self, iface: Any) -> None:
        super().__init__(iface.mainWindow())
        self.setObjectName(DOCK)
        self.iface = iface
        self._main: QgsMapCanvas = iface.mapCanvas()
        self._following = False
        self._layers: list[QgsMapLayer] = []
        self._size = QSize()
        self.canvas = QgsMapCanvas(self)
        self.canvas.setCanvasColor(self._main.canvasColor())
        self.canvas.enableAntiAliasing(True)
        self._tool = QgsMapToolPan(self.canvas)
        self.canvas.setMapTool(self._tool)
        self.setWidget(self.canvas)
        self._main.extentsChanged.connect(self._follow)
        self._main.destinationCrsChanged.connect(self._follow)
        self._main.rotationChanged.connect(self._follow)
        self.canvas.extentsChanged.connect(self._lead)
        iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self)

    def show_layers(self, layers: Sequence[QgsMapLayer], name: str) -> None:
        """Show ``layers`` (topmost first), which are kept, under the title ``name``."""
        self._layers = list(layers)
        self.canvas.setLayers(self._layers)
        self.setWindowTitle(name)
        self.setVisible(True)
        self._follow()
        self.canvas.refresh()

    def _follow(self, *_: Any) -> None:
        """Go where the main map is."""
        if self._following or not self.isVisible():
            return
        self._following = True
        self._size = self.canvas.size()
        try:
            self.canvas.setDestinationCrs(self._main.mapSettings().destinationCrs())
            self.canvas.setRotation(self._main.rotation())
            self.canvas.setExtent(self._main.extent())
            self.canvas.zoomScale(self._main.scale())
        finally:
            self._following = False

    def _lead(self) -> None:
        """Take the main map along. A change of size alone, while docks are moved, leads nowhere."""
        if self._following or not self.isVisible():
            return
        if self.canvas.size() != self._size:
            self._follow()
            return
        self._following = True
        try:
            self._main.setCenter(self.canvas.center())
            self._main.zoomScale(self.canvas.scale())
        finally:
            self._following = False

    def showEvent(self, event: Any) -> None:
        """Called by Qt: where the main map went while this one was hidden."""
        super().showEvent(event)
        self._follow()

    def shut(self) -> None:
        """Leave nothing behind."""
        self._main.extentsChanged.disconnect(self._follow)
        self._main.destinationCrsChanged.disconnect(self._follow)
        self._main.rotationChanged.disconnect(self._follow)
        self.canvas.extentsChanged.disconnect(self._lead)
        self.canvas.stopRendering()
        self.canvas.setLayers([])
        self._layers.clear()
        self.iface.removeDockWidget(self)
        self.deleteLater()

"""Tells, a short pause after it, that edits of the project's data set were saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer

from ..project_data import file_of

PAUSE_MS = 500  # QGIS saves several layers one after the other


class Saved(QObject):
    """Calls ``told`` after a commit of any layer that reads the file ``data()``."""

    def __init__(self, data: Callable[[], str], told: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._data = data
        self._watched: dict[str, QgsVectorLayer] = {}
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(told)
        project = QgsProject.instance()
        project.layersAdded.connect(self._look)
        project.layerWillBeRemoved[QgsMapLayer].connect(self._forget)
        self._look()

    @property
    def pending(self) -> bool:
        """Whether a commit waits to be told."""
        return bool(self._timer.isActive())

    def _look(self, *_: object) -> None:
        for layer in QgsProject.instance().mapLayers().values():
            if isinstance(layer, QgsVectorLayer) and layer.id() not in self._watched:
                self._watched[layer.id()] = layer
                layer.afterCommitChanges.connect(self._committed)

    def _committed(self) -> None:
        layer, data = self.sender(), self._data()
        if data and isinstance(layer, QgsVectorLayer) and file_of(layer) == Path(data):
            self._timer.start()

    def _forget(self, layer: QgsMapLayer) -> None:
        watched = self._watched.pop(layer.id(), None)
        if watched is not None and not sip.isdeleted(watched):
            watched.afterCommitChanges.disconnect(self._committed)

    def shut(self) -> None:
        """Watch nothing any more."""
        project = QgsProject.instance()
        project.layersAdded.disconnect(self._look)
        project.layerWillBeRemoved[QgsMapLayer].disconnect(self._forget)
        for layer in list(self._watched.values()):
            if sip.isdeleted(layer):
                continue
            self._forget(layer)
        self._timer.stop()

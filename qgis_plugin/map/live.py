"""While buildings or lots are edited: the one that was drawn or changed last, a short pause after the last change."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qgis.core import QgsFeature, QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer

PAUSE_MS = 400  # of the hand: while a vertex is dragged or a number typed, nothing is asked

Judge = Callable[[QgsVectorLayer, QgsFeature], None]


class Live(QObject):
    """Calls ``judge(layer, feature)`` for what was changed last; not while ``busy()``, then after another pause."""

    def __init__(
        self,
        layers: Callable[[], Iterable[QgsVectorLayer]],
        judge: Judge,
        busy: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._layers, self._judge, self._busy = layers, judge, busy
        self._watched: dict[str, QgsVectorLayer] = {}
        self._last: tuple[str, int] | None = None
        self._on = False
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._due)

    def watch(self, wanted: bool) -> None:
        """Begin or end; the layers that the project gets later are watched too."""
        project = QgsProject.instance()
        if wanted == self._on:
            return
        self._on = wanted
        if wanted:
            project.layersAdded.connect(self._look_again)
            project.layerWillBeRemoved[QgsMapLayer].connect(self._forget)
            self._look_again()
            return
        project.layersAdded.disconnect(self._look_again)
        project.layerWillBeRemoved[QgsMapLayer].disconnect(self._forget)
        for layer in list(self._watched.values()):
            self._forget(layer)
        self._timer.stop()

    def _look_again(self, *_: object) -> None:
        for layer in self._layers():
            if layer.id() not in self._watched:
                self._watched[layer.id()] = layer
                layer.featureAdded.connect(self._changed)
                layer.geometryChanged.connect(self._changed)
                layer.attributeValueChanged.connect(self._changed)
                layer.afterCommitChanges.connect(self._saved)

    def _forget(self, layer: QgsMapLayer) -> None:
        """Before a layer goes, or when nothing is watched any more."""
        watched = self._watched.pop(layer.id(), None)
        if watched is not None and not sip.isdeleted(watched):
            watched.featureAdded.disconnect(self._changed)
            watched.geometryChanged.disconnect(self._changed)
            watched.attributeValueChanged.disconnect(self._changed)
            watched.afterCommitChanges.disconnect(self._saved)
        if self._last is not None and self._last[0] == layer.id():
            self._last = None

    def _changed(self, fid: int, *_: object) -> None:
        layer = self.sender()
        if isinstance(layer, QgsVectorLayer) and layer.editBuffer() is not None:
            self._last = (layer.id(), fid)
            self._timer.start()

    def _saved(self) -> None:
        """What is shown was judged as drawn; judged as saved it has a number of its own."""
        if self._last is not None and self._last[1] >= 0:
            self._timer.start()
        else:
            self._last = None  # a new feature has another number in the file

    def _due(self) -> None:
        if self._last is None:
            return
        if self._busy():
            self._timer.start()
            return
        layer = self._watched.get(self._last[0])
        feature = layer.getFeature(self._last[1]) if layer is not None else QgsFeature()
        if layer is not None and feature.isValid() and feature.hasGeometry():
            self._judge(layer, feature)

"""To a place on the map: zoom, flash, and the feature of a layer that a record is about."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)

from ..project_data import file_of, layer_id

_AROUND = 1.8  # how much more than the feature itself the map shows
_LEAST = 40.0  # metres across, so that a point or a sliver keeps its surroundings


def go(iface: Any, place: QgsGeometry, system: str) -> None:
    """Show ``place`` (in ``system``, ``EPSG:n``) in the middle of the map and flash it."""
    canvas = iface.mapCanvas()
    source = QgsCoordinateReferenceSystem(system)
    change = QgsCoordinateTransform(source, canvas.mapSettings().destinationCrs(), QgsProject.instance())
    box = QgsRectangle(change.transformBoundingBox(place.boundingBox()))
    box.scale(_AROUND)
    box.grow(max(0.0, (_LEAST - max(box.width(), box.height())) / 2))
    canvas.setExtent(box)
    canvas.refresh()
    canvas.flashGeometries([place], source)


def layer_of(layer: str, data: str) -> QgsVectorLayer | None:
    """The project's layer that shows ``layer`` of the data set ``data``."""
    for one in QgsProject.instance().mapLayers().values():
        if isinstance(one, QgsVectorLayer) and layer_id(one) == layer and str(file_of(one)) == data:
            return one
    return None


def feature_of(layer: QgsVectorLayer, uid: str) -> QgsFeature | None:
    """The feature ``uid``; None where it no longer exists."""
    condition = f"{QgsExpression.quotedColumnRef('uid')} = {QgsExpression.quotedValue(uid)}"
    return next(layer.getFeatures(QgsFeatureRequest(QgsExpression(condition)).setLimit(1)), None)

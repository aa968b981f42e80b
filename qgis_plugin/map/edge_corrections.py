"""What a planner decides about the edges of lots: rows of the layer ``lot_edge``, through QGIS's edit buffer only.

New data sets have the layer. In an older one it is made by QGIS itself, which has the file open and may write it (the
engine never writes a file that is open here), with the declared fields; the form gives each row its ``uid``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsFeature,
    QgsFeatureRequest,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerUtils,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ...layers import catalogue
from ...layers.errors import EnvironmentTroubleError
from ..language import language, tr
from ..project_data import layer_id
from . import place

LAYER = "lot_edge"
SAME_M = 0.3  # as processing.zoning.streets.SAME_LINE_M: closer lines are one line drawn twice
_TYPES = {
    "integer": QMetaType.Type.Int,
    "real": QMetaType.Type.Double,
    "boolean": QMetaType.Type.Bool,
    "date": QMetaType.Type.QDate,
}


def layer_of(data: str) -> QgsVectorLayer | None:
    """The project's layer of corrections; one that the file has and the project does not show is added to it."""
    shown = place.layer_of(LAYER, data)
    if shown is not None:
        return shown
    layer = QgsVectorLayer(f"{data}|layername={LAYER}", catalogue.layer(LAYER).name[language()], "ogr")
    return _shown(layer) if layer.isValid() else None


def make_layer(data: str, system: QgsCoordinateReferenceSystem) -> QgsVectorLayer:
    """Add the layer to the file ``data`` and show it. Raises :class:`EnvironmentTroubleError` where QGIS cannot."""
    declared = catalogue.layer(LAYER)
    fields = QgsFields()
    for field in declared.fields:
        fields.append(QgsField(field.id, _TYPES.get(field.type, QMetaType.Type.QString), len=field.length or 0))
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", LAYER
    options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
    options.layerOptions = ["FID=fid", "GEOMETRY_NAME=geom"]
    kind = QgsWkbTypes.parseType(declared.geometry)
    context = QgsProject.instance().transformContext()
    writer = QgsVectorFileWriter.create(data, fields, kind, system, context, options)
    reason = writer.errorMessage() if writer.hasError() != QgsVectorFileWriter.WriterError.NoError else ""
    del writer  # writes the table
    layer = QgsVectorLayer(f"{data}|layername={LAYER}", declared.name[language()], "ogr")
    if reason or not layer.isValid():
        raise EnvironmentTroubleError("plugin.edges.not_made", path=Path(data).name, reason=reason or LAYER)
    return _shown(layer)


def _shown(layer: QgsVectorLayer) -> QgsVectorLayer:
    from .. import styling

    styling.apply(layer, LAYER, language())
    QgsProject.instance().addMapLayer(layer)
    return layer


def of_lot(layer: QgsVectorLayer, lot: str) -> list[QgsFeature]:
    """What was decided about the lot, also what is not saved yet."""
    condition = f"{QgsExpression.quotedColumnRef('parcel')} = {QgsExpression.quotedValue(lot)}"
    return list(layer.getFeatures(QgsFeatureRequest(QgsExpression(condition))))


def same(decided: QgsGeometry, edge: QgsGeometry) -> bool:
    """Whether both are one stretch of outline: each lies along the other."""
    return bool(decided.buffer(SAME_M, 4).contains(edge) and edge.buffer(SAME_M, 4).contains(decided))


def decide(layer: QgsVectorLayer, lot: str, edge: QgsGeometry, kind: str, street: str | None) -> None:
    """Let the stretch ``edge`` of the outline of ``lot`` be of ``kind``; one step to undo.

    An empty ``kind`` takes back what was decided. Raises :class:`EnvironmentTroubleError` where QGIS cannot edit.
    """
    if not layer.isEditable() and not layer.startEditing():
        raise EnvironmentTroubleError("plugin.edges.not_editable", layer=layer.name())
    before = [feature.id() for feature in of_lot(layer, lot) if same(feature.geometry(), edge)]
    layer.beginEditCommand(tr("plugin.edges.title"))
    if before:
        layer.deleteFeatures(before)
    if kind:
        fields = layer.fields()
        values = {"parcel": lot, "kind": kind, "street": street if kind == "street" else None}
        drawn = QgsGeometry(edge)
        drawn.convertToMultiType()
        numbered = {fields.lookupField(name): value for name, value in values.items() if fields.lookupField(name) >= 0}
        layer.addFeature(QgsVectorLayerUtils.createFeature(layer, drawn, numbered))
    layer.endEditCommand()
    layer.triggerRepaint()


def lots(project: QgsProject, data: str) -> Sequence[QgsVectorLayer]:
    """The parcel layer of the data set, as a list of none or one."""
    found = place.layer_of("parcel", data)
    return [found] if found is not None and layer_id(found) == "parcel" else []

"""Features that are drawn or changed in the editor and not saved yet, as the engine takes them to judge."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer
from qgis.PyQt.QtCore import QDate, QDateTime, Qt

from ..project_data import layer_id

# Decimals of a coordinate in metres: more than any survey gives, so that no verdict changes by writing it down.
_DECIMALS = 9


def is_unsaved(layer: QgsVectorLayer, feature: QgsFeature) -> bool:
    """Whether the editor of ``layer`` holds ``feature`` new, moved or with other values than the file."""
    edits = layer.editBuffer()
    if edits is None:
        return False
    fid = feature.id()
    return bool(
        edits.isFeatureAdded(fid) or edits.isFeatureGeometryChanged(fid) or edits.isFeatureAttributesChanged(fid)
    )


def uid_of(layer: QgsVectorLayer, feature: QgsFeature) -> str:
    """The feature's identifier; empty where it has none yet."""
    uid = feature["uid"] if layer.fields().lookupField("uid") >= 0 else None
    return uid if isinstance(uid, str) else ""


def as_drawn(layer: QgsVectorLayer, feature: QgsFeature) -> dict[str, Any]:
    """``feature`` for the parameter ``drawn`` of ``zoning.explain``: in the system of its layer, arcs as chords."""
    uid = uid_of(layer, feature)
    values = {field.name(): _plain(feature[field.name()]) for field in layer.fields() if field.name() != "fid"}
    told = {
        "layer": layer_id(layer),
        "wkt": _straight(feature.geometry()).asWkt(_DECIMALS),
        "values": {name: value for name, value in values.items() if value is not None},
    }
    return told | ({"uid": uid} if uid else {})


def _straight(geometry: QgsGeometry) -> QgsGeometry:
    if geometry.isNull():
        return QgsGeometry.fromWkt("Polygon EMPTY")
    return QgsGeometry(geometry.constGet().segmentize())


def _plain(value: Any) -> Any:
    """A value of a field as JSON has it; None for null and for what JSON lacks."""
    if isinstance(value, (QDate, QDateTime)):
        return value.toString(Qt.DateFormat.ISODate) if value.isValid() else None
    return value if isinstance(value, (str, int, float, bool)) else None

"""The unsaved edits of the open layers, as the engine takes them: added, changed and deleted features by uid."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import QgsFeature, QgsFeatureRequest, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QDate, QDateTime, Qt

from ...layers import catalogue
from ...layers.errors import InputError
from ..project_data import file_of, layer_id

_UID_LENGTH = 36


def edited_layers(project: QgsProject, data: str) -> list[QgsVectorLayer]:
    """The declared layers of the data set with edits that are not saved."""
    known = catalogue.ids(_extra(data))
    return [
        layer
        for layer in project.mapLayers().values()
        if isinstance(layer, QgsVectorLayer)
        and layer.isModified()
        and layer_id(layer) in known
        and file_of(layer) == Path(data)
    ]


def edits_of(layers: Iterable[QgsVectorLayer], data: str) -> dict[str, Any]:
    """What the job ``scenario.save`` takes as ``edits``. Raises :class:`InputError` for a feature without uid."""
    made: dict[str, Any] = {}
    for layer in layers:
        given = _of_layer(layer, {field.id for field in catalogue.layer(layer_id(layer), _extra(data)).fields})
        known = made.setdefault(layer_id(layer), {"crs": given["crs"], "added": [], "changed": [], "deleted": []})
        for part in ("added", "changed", "deleted"):
            known[part] += given[part]
    return made


def _extra(data: str) -> Path | None:
    folder = Path(data).with_suffix(".dothi") / "catalogue"
    return folder if folder.is_dir() else None


def _of_layer(layer: QgsVectorLayer, declared: set[str]) -> dict[str, Any]:
    buffer = layer.editBuffer()
    names = {at: field.name() for at, field in enumerate(layer.fields()) if field.name() in declared - {"uid"}}
    values = buffer.changedAttributeValues()
    shapes = buffer.changedGeometries()
    touched = {*values, *shapes, *buffer.deletedFeatureIds()}
    uids = _uids(layer, touched)
    added = []
    for feature in buffer.addedFeatures().values():
        edit = {"values": {name: plain(feature[name]) for name in names.values()}}
        uid = _own_uid(feature)
        added.append(edit | ({"uid": uid} if uid else {}) | _shape(feature.geometry()))
    changed = []
    for fid in sorted({*values, *shapes} - set(buffer.deletedFeatureIds())):
        edited = {names[at]: plain(value) for at, value in values.get(fid, {}).items() if at in names}
        changed.append({"uid": uids[fid], "values": edited} | (_shape(shapes[fid]) if fid in shapes else {}))
    return {
        "crs": layer.crs().authid() if layer.isSpatial() else "",
        "added": added,
        "changed": changed,
        "deleted": [uids[fid] for fid in buffer.deletedFeatureIds()],
    }


def _own_uid(feature: QgsFeature) -> str:
    """The uid that an added feature has already; QGIS shows what the database will make as a text of another kind."""
    at = feature.fields().lookupField("uid")
    uid = feature[at] if at >= 0 else None
    return uid if isinstance(uid, str) and len(uid) == _UID_LENGTH and uid.count("-") == 4 else ""


def _uids(layer: QgsVectorLayer, fids: set[int]) -> dict[int, str]:
    """The uid of each stored feature: deleted ones are no more in the layer, so the file is asked."""
    request = QgsFeatureRequest().setFilterFids(list(fids))
    request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setSubsetOfAttributes(["uid"], layer.dataProvider().fields())
    found = {feature.id(): feature["uid"] for feature in layer.dataProvider().getFeatures(request)}
    for fid in fids:
        if not isinstance(found.get(fid), str) or not found[fid]:
            raise InputError("scenario.uid_absent", layer=layer.name(), fid=str(fid))
    return found


def _shape(geometry: QgsGeometry) -> dict[str, Any]:
    """Straight lines only: the data set takes no curves."""
    if geometry.isNull():
        return {"wkt": None}
    straight = geometry.constGet().segmentize()
    return {"wkt": straight.asWkt(17)}


def plain(value: Any) -> Any:
    """A value of QGIS as JSON has it; what is null in any of QGIS's ways is None."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    if isinstance(value, QDateTime):
        return value.toString(Qt.DateFormat.ISODateWithMs)
    if isinstance(value, QDate):
        return value.toString(Qt.DateFormat.ISODate)
    return value

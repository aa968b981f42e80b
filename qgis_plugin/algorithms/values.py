"""From what the user gave in Processing to what the engine takes: plain JSON values, and layers as files.

A layer that lies in a file travels as path, table and, where only some of it is meant, the ``uid`` values. Everything
that is only in QGIS (unsaved edits, memory layers, joins, virtual fields, filters) is first written to a temporary
GeoPackage.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsExpression,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProperty,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime

from ...engine.contract import Job, Parameter
from ...layers import catalogue
from ...layers.errors import CancelledError, EnvironmentTroubleError
from ..project_data import file_of, layer_id, table_of
from .parameters import asked_here, chooses_layers

IDENTITY = "uid"


class Values:
    """Reads the answers given to one algorithm."""

    def __init__(
        self,
        algorithm: QgsProcessingAlgorithm,
        given: Mapping[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> None:
        self.algorithm = algorithm
        self.given = given
        self.context = context
        self.feedback = feedback

    def of(self, job: Job) -> dict[str, Any]:
        """All parameters of ``job`` that were given or have a default. Raises :class:`DothiError`."""
        values: dict[str, Any] = {}
        for parameter in asked_here(job):
            value = self._one(job, parameter)
            if parameter.kind == "vector" and isinstance(value, tuple):
                value, table = value
                if table and not self.given.get("source_layer"):
                    values["source_layer"] = table
            if value not in (None, "", []):
                values[parameter.id] = value
        return values

    def _one(self, job: Job, p: Parameter) -> Any:
        ask = self.algorithm
        if p.kind in ("new_dataset", "out_folder", "out_file"):
            definition = ask.parameterDefinition(p.id)
            if not self.given.get(p.id) and definition.defaultValue() is None and not p.required:
                return None
            if definition.type() == "rasterDestination":
                return ask.parameterAsOutputLayer(self.given, p.id, self.context)
            return ask.parameterAsFileOutput(self.given, p.id, self.context)
        if p.secret:
            from ..credentials import secret_of

            return secret_of(ask.parameterAsString(self.given, p.id, self.context))
        if p.kind == "layer":
            return self._layer(p)
        if p.kind == "vector":
            return self._vector(p)
        if p.kind == "image":
            return self._image(p)
        if chooses_layers(job, p):
            return [self._layer_id(item) for item in items(self.given.get(p.id))]
        given = self.given.get(p.id)
        if given is None:
            given = ask.parameterDefinition(p.id).defaultValue()
        if given is None:
            return None
        return self._plain(p, given)

    def _plain(self, p: Parameter, given: Any) -> Any:
        ask = self.algorithm
        if p.kind == "date":
            return iso_date(given) if not isinstance(given, QgsProperty) else self._evaluated_date(p)
        if p.kind in ("choice", "choices"):
            indices = ask.parameterAsEnums({p.id: as_indices(p, given)}, p.id, self.context)
            chosen = [p.choices[index] for index in indices]
            return chosen if p.kind == "choices" else chosen[0]
        if p.kind == "integer":
            return ask.parameterAsInt(self.given, p.id, self.context)
        if p.kind == "number":
            return ask.parameterAsDouble(self.given, p.id, self.context)
        if p.kind == "flag":
            return ask.parameterAsBool(self.given, p.id, self.context)
        if p.kind == "texts" and isinstance(given, (list, tuple)):
            return [str(item) for item in given]
        if p.kind == "json" and isinstance(given, (dict, list)):
            return given
        return ask.parameterAsString(self.given, p.id, self.context)

    def _evaluated_date(self, p: Parameter) -> str | None:
        moment = self.algorithm.parameterAsDateTime(self.given, p.id, self.context)
        return iso_date(moment)

    def _image(self, p: Parameter) -> str | None:
        """The file of a raster layer; a file or a product's folder by its path, which QGIS need not be able to open."""
        given = self.given.get(p.id)
        if isinstance(given, str) and Path(given).exists():
            return given
        layer = self.algorithm.parameterAsRasterLayer(self.given, p.id, self.context)
        return str(layer.source()) if layer is not None else None

    def _vector(self, p: Parameter) -> tuple[str, str] | None:
        layer = self.algorithm.parameterAsVectorLayer(self.given, p.id, self.context)
        if layer is None:
            return None
        path = file_of(layer)
        if path is not None and is_plain(layer) and not layer.subsetString():
            return str(path), table_of(layer)
        source = self.algorithm.parameterAsSource(self.given, p.id, self.context)
        return self.materialise(source, layer.name()), "layer"

    def _layer(self, p: Parameter) -> Any:
        given = self.given.get(p.id)
        if given in (None, ""):
            return None
        only_selected = isinstance(given, QgsProcessingFeatureSourceDefinition) and given.selectedFeaturesOnly
        narrowed = isinstance(given, QgsProcessingFeatureSourceDefinition) and (
            given.featureLimit >= 0 or bool(given.filterExpression)
        )
        layer = self._map_layer(given)
        if layer is not None and is_plain(layer) and not narrowed:
            path = file_of(layer)
            if path is not None and not only_selected and not layer.subsetString():
                return {"path": str(path), "layer": table_of(layer)}
            uids = identities(layer, only_selected)
            if path is not None and uids is not None:
                return {"path": str(path), "layer": table_of(layer), "uids": uids}
        source = self.algorithm.parameterAsSource(self.given, p.id, self.context)
        if source is None:
            raise EnvironmentTroubleError("plugin.layer_unreadable", layer=str(given))
        return {"path": self.materialise(source, source.sourceName()), "layer": "layer"}

    def _map_layer(self, given: Any) -> QgsVectorLayer | None:
        if isinstance(given, QgsProcessingFeatureSourceDefinition):
            given = given.source
        if isinstance(given, QgsProperty):
            given = given.valueAsString(self.context.expressionContext())[0]
        if isinstance(given, str):
            given = QgsProcessingUtils.mapLayerFromString(given, self.context)
        return given if isinstance(given, QgsVectorLayer) else None

    def _layer_id(self, item: Any) -> str:
        """The catalogue's id of a chosen layer: by what the project says of it, else by the table it reads."""
        if isinstance(item, str) and item in catalogue.ids():
            return item
        layer = self._map_layer(item)
        if layer is None:
            raise EnvironmentTroubleError("plugin.layer_unreadable", layer=str(item))
        return layer_id(layer) or layer.name()

    def materialise(self, source: QgsProcessingFeatureSource, name: str) -> str:
        """Write what ``source`` yields to a temporary GeoPackage, table ``layer``; returns its path.

        Raises :class:`EnvironmentTroubleError` where it cannot be written and :class:`CancelledError`.
        """
        path = QgsProcessingUtils.generateTempFilename("layer.gpkg")
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = "GPKG", "layer"
        options.layerOptions = ["FID=dothi_fid"]
        writer = QgsVectorFileWriter.create(
            path, source.fields(), source.wkbType(), source.sourceCrs(), self.context.transformContext(), options
        )
        for feature in source.getFeatures():
            if self.feedback.isCanceled():
                raise CancelledError
            if not writer.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
                break
        writer.flushBuffer()
        if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
            raise EnvironmentTroubleError("plugin.layer_not_copied", layer=name, reason=writer.errorMessage())
        del writer  # closes the file
        return str(path)


def is_plain(layer: QgsVectorLayer) -> bool:
    """Whether all that ``layer`` shows is in its file: no unsaved edits, joins or virtual fields."""
    fields = layer.fields()
    stored = all(fields.fieldOrigin(index) == Qgis.FieldOrigin.Provider for index in range(len(fields)))
    return layer.providerType() == "ogr" and stored and not layer.isModified()


def identities(layer: QgsVectorLayer, only_selected: bool) -> list[str] | None:
    """The ``uid`` of the selected (or all shown) features; None where there is no such field or one is empty."""
    index = layer.fields().lookupField(IDENTITY)
    if index < 0:
        return None
    request = QgsFeatureRequest().setFlags(Qgis.FeatureRequestFlag.NoGeometry).setSubsetOfAttributes([index])
    features = layer.getSelectedFeatures(request) if only_selected else layer.getFeatures(request)
    found = [feature[index] for feature in features]
    return [str(uid) for uid in found] if all(isinstance(uid, str) and uid for uid in found) else None


def items(given: Any) -> list[Any]:
    """A list of what was given as a list, as comma-separated text or as one thing."""
    if given is None or given == "":
        return []
    if isinstance(given, str):
        return [item.strip() for item in given.split(",") if item.strip()]
    return list(given) if isinstance(given, (list, tuple)) else [given]


def iso_date(given: Any) -> str | None:
    """``2026-06-01`` of a Qt or Python date or moment, or of text as it is; None for an empty one."""
    if isinstance(given, QDateTime):
        given = given.date()
    if isinstance(given, QDate):
        return f"{given.year():04}-{given.month():02}-{given.day():02}" if given.isValid() else None
    if isinstance(given, (date, datetime)):
        return given.isoformat()[:10]
    return str(given) or None


def as_indices(p: Parameter, given: Any) -> Any:
    """Processing counts choices; scripts and shells may also name them: ``irmad`` → 0. What is neither stays."""
    if isinstance(given, QgsProperty):
        return given
    parts = [p.choices.index(part) if part in p.choices else part for part in items(given)]
    if p.kind == "choices":
        return parts
    return parts[0] if len(parts) == 1 else given


def acceptable(job: Job, given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` in the forms that Processing's own checks know: choices counted, objects as text.

    A product's folder is no layer for QGIS; it is passed on as an expression of the same value, which the checks leave
    alone. Layers named by their catalogue ids are known to be right and left out.
    """
    known = dict(given)
    for p in job.parameters:
        value = known.get(p.id)
        if value is None:
            continue
        if p.kind in ("choice", "choices"):
            known[p.id] = as_indices(p, value)
        elif p.kind == "json" and isinstance(value, (dict, list)) and not p.secret:
            known[p.id] = json.dumps(value, ensure_ascii=False)
        elif p.kind == "image" and isinstance(value, str) and Path(value).exists():
            known[p.id] = QgsProperty.fromExpression(QgsExpression.quotedString(value))
        elif chooses_layers(job, p) and all(item in catalogue.ids() for item in items(value)):
            del known[p.id]
        elif p.kind == "texts" and isinstance(value, (list, tuple)) and not chooses_layers(job, p):
            known[p.id] = ",".join(str(item) for item in value)
    return known

"""What a job hands over: outputs for Processing, and layers that load styled, named and grouped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingOutputDefinition,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVariant,
    QgsProcessingOutputVectorLayer,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ...engine.contract import Job, Result
from ..language import language, tr
from ..project_data import layer_id

_MAKERS: dict[str, Callable[[str, str], QgsProcessingOutputDefinition]] = {
    "layer": QgsProcessingOutputVectorLayer,
    "raster": QgsProcessingOutputRasterLayer,
    "file": QgsProcessingOutputFile,
    "folder": QgsProcessingOutputFolder,
    "number": QgsProcessingOutputNumber,
    "text": QgsProcessingOutputString,
    "json": QgsProcessingOutputVariant,
}

# QGIS keeps a bare pointer to a post-processor; these keep the Python object alive until the layer has loaded.
_kept: deque[QgsProcessingLayerPostProcessorInterface] = deque(maxlen=64)


def result_name(job: Job, result: Result) -> str:
    """What the result is called."""
    return tr(f"job.{job.id}.results.{result.id}")


def declare(algorithm: QgsProcessingAlgorithm, job: Job) -> None:
    """Add the outputs of ``job``; a result that a destination parameter already stands for is not added twice."""
    for result in job.results:
        if algorithm.outputDefinition(result.id) is None:
            algorithm.addOutput(_MAKERS[result.kind](result.id, result_name(job, result)))


class Dress(QgsProcessingLayerPostProcessorInterface):
    """Styles a result once it is a layer of the project, in the thread of the window."""

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        """Called by QGIS when ``layer`` is loaded."""
        dress(layer)


def dress(layer: QgsMapLayer) -> None:
    """Style ``layer`` by its declaration: a run's table by its name, a raster as the product that its bands tell."""
    from .. import styling

    if isinstance(layer, QgsVectorLayer):
        styling.apply(layer, layer_id(layer), language())
    elif isinstance(layer, QgsRasterLayer) and not styling.apply_product(layer, language()):
        styling.apply_raster(layer, "scene" if layer.bandCount() >= 3 else "change")


def hand_over(job: Job, value: Mapping[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
    """The outputs for Processing; layers among them are set to load when the run ends."""
    project = context.project() or QgsProject.instance()
    for rank, result in enumerate(job.results):
        source = value.get(result.id)
        if result.kind not in ("layer", "raster") or not source:
            continue
        if context.willLoadLayerOnCompletion(source):  # a destination parameter, with the user's yes or no
            details = context.layerToLoadOnCompletionDetails(source)
        elif result.kind == "raster" and any(p.id == result.id for p in job.parameters):
            continue
        else:
            details = QgsProcessingContext.LayerDetails(result_name(job, result), project, result.id)
            details.forceName = True  # QGIS prefers the names of files, and of tables in them, unless told
        details.groupName = tr("plugin.results_group")
        details.layerSortKey = rank
        post = Dress()
        _kept.append(post)
        details.setPostProcessor(post)
        context.addLayerToLoadOnCompletion(source, details)
    known = {result.id for result in job.results}
    return {key: item for key, item in value.items() if key in known}

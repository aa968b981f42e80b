"""What plans against the ground hand over loads by itself, named, grouped and styled."""

from __future__ import annotations

import pytest
from qgis.core import QgsNullSymbolRenderer, QgsProcessingContext, QgsProject, QgsSingleSymbolRenderer

from dothi.engine.contract import JOBS
from dothi.layers import catalogue
from dothi.qgis_plugin.algorithms import results

from .test_styling import blank

MADE = {
    "plan.impact": {"lots": "affected_lot", "buildings": "affected_building"},
    "plan.statistics": {"statistics": "land_statistic", "changes": "land_change"},
}


@pytest.mark.parametrize("job_id", MADE)
def test_every_layer_of_the_job_is_set_to_load_styled(plugin, job_id):
    job = JOBS[job_id]
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    value = {result: f"/nowhere/run.gpkg|layername={layer}" for result, layer in MADE[job_id].items()}
    assert {result.id for result in job.results if result.kind == "layer"} == set(value)
    results.hand_over(job, {"run": "/nowhere/run.gpkg", **value}, context)
    for result, source in value.items():
        assert context.willLoadLayerOnCompletion(source)
        details = context.layerToLoadOnCompletionDetails(source)
        assert details.groupName == "Kết quả Đô Thị"
        assert details.postProcessor() is not None
        layer = blank(catalogue.layer(MADE[job_id][result]))
        layer.setCustomProperty("dothi/layer", MADE[job_id][result])
        results.dress(layer)
        if layer.isSpatial():
            assert not isinstance(layer.renderer(), QgsNullSymbolRenderer)
            plain = isinstance(layer.renderer(), QgsSingleSymbolRenderer)
            assert not plain or layer.renderer().symbol().symbolLayerCount() > 1
        assert layer.attributeAlias(layer.fields().lookupField("code")) != "code"

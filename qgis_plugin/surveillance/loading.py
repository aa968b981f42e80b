"""What a job found, into the project: alerts and rasters in the group of results, dressed as what they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from qgis.core import QgsLayerTreeGroup, QgsMapLayer, QgsProject, QgsRasterLayer, QgsVectorLayer

from .. import styling
from ..language import language, tr

ALERTS = "alert"


def add_alerts(project: QgsProject, source: str, name: str) -> QgsVectorLayer | None:
    """The alerts of a run (``RUN|layername=alert``), read only; one that is there already stays. None: unreadable."""
    held = _held(project, source)
    if isinstance(held, QgsVectorLayer):
        return held
    layer = QgsVectorLayer(source, name, "ogr")
    if not layer.isValid():
        return None
    styling.apply(layer, ALERTS, language())
    layer.setReadOnly(True)  # a run's result is evidence
    _add(project, layer, first=True)
    return layer


def add_raster(
    project: QgsProject, path: str, name: str, days: tuple[date, date] | None = None
) -> QgsRasterLayer | None:
    """A raster of a run or series with the styles of its product; read anew where it is there already."""
    held = _held(project, path)
    if isinstance(held, QgsRasterLayer):
        held.reload()
        return held
    layer = QgsRasterLayer(path, name, "gdal")
    if not layer.isValid():
        return None
    if not styling.apply_product(layer, language(), days):
        styling.apply_raster(layer, "change")
    _add(project, layer, first=False)
    return layer


def newest_alerts_of_series(data: str) -> str:
    """The source of the alerts of the newest run of a series; empty where there is none."""
    runs = sorted((Path(data).with_suffix(".dothi") / "runs").glob("*-series.*.gpkg"))
    return f"{runs[-1]}|layername={ALERTS}" if runs else ""


def _held(project: QgsProject, source: str) -> QgsMapLayer | None:
    return next((one for one in project.mapLayers().values() if one.source() == source), None)


def _add(project: QgsProject, layer: QgsMapLayer, *, first: bool) -> None:
    group = _results(project)
    project.addMapLayer(layer, False)
    node = group.insertLayer(0, layer) if first else group.addLayer(layer)
    node.setExpanded(isinstance(layer, QgsRasterLayer))


def _results(project: QgsProject) -> QgsLayerTreeGroup:
    """The group that results of the toolbox go to as well, on top of all others."""
    root, name = project.layerTreeRoot(), tr("plugin.results_group")
    return root.findGroup(name) or root.insertGroup(0, name)

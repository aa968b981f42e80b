"""Which data set the open project stands on, and whether all of its edits are saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from qgis.core import QgsFeature, QgsMapLayer, QgsProject, QgsProviderRegistry, QgsVectorLayer

SCOPE, KEY = "dothi", "/data"
LAYER_PROPERTY = "dothi/layer"  # of a layer: which declaration it follows


def remember(project: QgsProject, data: str) -> None:
    """Write into ``project`` that it stands on the GeoPackage ``data``; saved relative to the project."""
    project.writeEntry(SCOPE, KEY, project.writePath(data))


def data_of_project(project: QgsProject | None = None) -> str:
    """The GeoPackage that ``project`` (the open one) stands on; empty where it stands on none.

    It is what the project remembers, else the first GeoPackage among its layers that has its ``NAME.dothi`` beside it.
    """
    project = project or QgsProject.instance()
    remembered, found = project.readEntry(SCOPE, KEY, "")
    if found and remembered:
        return str(project.readPath(remembered))
    for layer in project.mapLayers().values():
        path = file_of(layer)
        if path and path.suffix.lower() == ".gpkg" and path.with_suffix(".dothi").is_dir():
            return str(path)
    return ""


def file_of(layer: QgsMapLayer) -> Path | None:
    """The file that ``layer`` reads; None for what is not a file."""
    if layer.providerType() not in ("ogr", "gdal"):
        return None
    path = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source()).get("path")
    return Path(path) if path else None


def table_of(layer: QgsMapLayer) -> str:
    """The table within its file that ``layer`` reads; empty where the file holds only one."""
    return str(QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source()).get("layerName") or "")


def layer_id(layer: QgsMapLayer) -> str:
    """Which declaration ``layer`` follows: what the project says of it, else the table it reads."""
    return str(layer.customProperty(LAYER_PROPERTY, "") or table_of(layer))


def unsaved_layers(data: str, project: QgsProject | None = None) -> list[str]:
    """Names of the layers of ``data`` whose edits are not saved yet: a job that reads the file does not see them."""
    project = project or QgsProject.instance()
    wanted = Path(data)
    return [
        layer.name()
        for layer in project.mapLayers().values()
        if isinstance(layer, QgsVectorLayer) and layer.isModified() and file_of(layer) == wanted
    ]


def selected(project: QgsProject, wanted: Sequence[str]) -> Iterator[tuple[QgsVectorLayer, QgsFeature]]:
    """The selected features of the layers that follow the declarations ``wanted``, in that order."""
    found = [layer for layer in project.mapLayers().values() if isinstance(layer, QgsVectorLayer)]
    for one in wanted:
        for layer in found:
            if layer_id(layer) == one and layer.selectedFeatureCount():
                for feature in layer.getSelectedFeatures():
                    yield layer, feature


def selected_uids(wanted: Sequence[str], project: QgsProject | None = None) -> list[str]:
    """The identifiers of what is selected (of the open project), as :func:`selected`."""
    chosen = selected(project or QgsProject.instance(), wanted)
    return [
        str(feature["uid"]) for layer, feature in chosen if layer.fields().lookupField("uid") >= 0 and feature["uid"]
    ]

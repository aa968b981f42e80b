"""Draw the places of a project, its bookmarks, into PNG files; run by QGIS's own Python, without a screen.

``python3 scripts/render.py PLUGINS PROJECT OUT`` prints the path of each picture. PLUGINS is the profile's folder
``python/plugins``, from which the plugin is imported as QGIS does: the project's forms and styles name it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsBookmark,
    QgsCoordinateTransform,
    QgsMapLayer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize

SIZE = QSize(1600, 1000)


def visible(project: QgsProject) -> list[QgsMapLayer]:
    """The layers that the project shows, topmost first."""
    root = project.layerTreeRoot()
    nodes = {node.layerId(): node for node in root.findLayers()}
    return [layer for layer in root.layerOrder() if layer.id() in nodes and nodes[layer.id()].isVisible()]


def draw(project: QgsProject, place: QgsBookmark, layers: list[QgsMapLayer], out: Path) -> Path:
    """One picture of ``place``. Raises ``OSError`` where it cannot be written."""
    settings = QgsMapSettings()
    settings.setOutputSize(SIZE)
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setEllipsoid(project.ellipsoid())
    settings.setBackgroundColor(project.backgroundColor())
    settings.setLabelingEngineSettings(project.labelingEngineSettings())
    extent = place.extent()
    to_map = QgsCoordinateTransform(extent.crs(), project.crs(), project.transformContext())
    settings.setExtent(to_map.transformBoundingBox(extent))
    settings.setLayers(layers)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    path = out / f"{place.id()}.png"
    if not job.renderedImage().save(str(path)):
        raise OSError(f"cannot write {path}")
    return path


def main(plugins: str, project_file: str, folder: str) -> None:
    """Draw all places of the project."""
    sys.path.insert(0, plugins)
    application = QgsApplication([], False)
    application.initQgis()
    try:
        project = QgsProject.instance()
        if not project.read(project_file):
            raise OSError(f"{project_file}: {project.error()}")
        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        layers = visible(project)
        for place in project.bookmarkManager().bookmarks():
            print(draw(project, place, layers, out))
        del layers
        project.clear()
    finally:
        application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])

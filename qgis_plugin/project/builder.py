"""Build the QGIS project of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument

from ...layers.errors import EnvironmentTroubleError
from ...layers.messages import sentence
from .. import coordinates, project_data
from ..styling import relations
from . import bookmarks, contents, drawings, marks, themes, tree

DEFAULT_CRS = "EPSG:9210"


def build(
    data: Path,
    path: Path,
    language: str = "vi",
    scenes: Sequence[Path] | None = None,
    runs: Sequence[Path] | None = None,
) -> QgsProject:
    """Write the project ``path`` (``.qgz``) of the GeoPackage ``data`` and return it.

    ``scenes`` are images, oldest first (None: those that the table ``scene`` names); ``runs`` are run files (None: the
    newest of each kind in ``NAME.dothi/runs``). Layers are drawn and named in ``language``. An open project is not
    touched. Raises :class:`InputError` where ``data`` is no data set, :class:`EnvironmentTroubleError` where ``path``
    cannot be written.
    """
    found = contents.read(data)
    project = QgsProject()
    project.setFilePathStorage(Qgis.FilePathType.Relative)
    project.setFileName(str(path))
    project.setCrs(QgsCoordinateReferenceSystem(found.province.crs if found.province else DEFAULT_CRS))
    coordinates.pin_project(project)
    project.setBackgroundColor(QColor(contents.plan()["background"]))
    project.setTitle(_title(found, language))

    made = tree.plant(project, found, language, scenes=scenes, runs=runs)
    relations.connect(project, language)
    tree.dress(made, found, language)
    places = bookmarks.places(made, found, language)
    bookmarks.add(project, places, language)
    themes.add(project, made, language)
    drawings.add(project, made, places, found, language)
    marks.add(project, found, language)
    project_data.remember(project, str(data))
    view = _view(project, made, places)
    project.viewSettings().setDefaultViewExtent(view)
    project.writeProject.connect(lambda document: _open_at(document, project, view))
    _write(project, path)
    return project


def _view(project: QgsProject, made: tree.Planted, places: Sequence[bookmarks.Place]) -> QgsReferencedRectangle:
    """Where the project opens: its first place, else all that the data hold, in the project's own system."""
    whole = QgsRectangle()
    for source in [places[0]] if places else made.layers.values():
        move = QgsCoordinateTransform(source.crs(), project.crs(), project)
        if not source.extent().isEmpty():
            whole.combineExtentWith(move.transformBoundingBox(source.extent()))
    return QgsReferencedRectangle(whole, project.crs())


def _open_at(document: QDomDocument, project: QgsProject, view: QgsReferencedRectangle) -> None:
    """What the window's canvas would have written, had there been one; else QGIS opens on the whole country."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(project.crs())
    settings.setOutputSize(QSize(1200, 800))
    settings.setExtent(view)
    canvas = document.createElement("mapcanvas")
    canvas.setAttribute("name", "theMapCanvas")
    settings.writeXml(canvas, document)
    document.documentElement().appendChild(canvas)


def _title(found: contents.Contents, language: str) -> str:
    named = found.province.name[language] if found.province else found.data.stem
    title = sentence("project.title", language, province=named)
    return f"{title} ({sentence('project.simulated', language).lower()})" if found.simulated else title


def _write(project: QgsProject, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentTroubleError("project.not_written", path=str(path), reason=str(error)) from error
    if not project.write(str(path)):
        raise EnvironmentTroubleError("project.not_written", path=str(path), reason=project.error())

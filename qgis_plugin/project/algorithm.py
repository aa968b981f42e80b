"""``dothi:build_project``: the QGIS project of a data set, made anew with the newest results in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
)
from qgis.PyQt.QtGui import QIcon

from ...layers.errors import DothiError
from ..language import language, tr


class BuildProject(QgsProcessingAlgorithm):
    """Needs no engine: what it makes is QGIS's own."""

    DATA, PROJECT, SCENES, COUNT = "data", "project", "scenes", "layers"

    def createInstance(self) -> BuildProject:
        """A fresh one, as Processing wants for each run."""
        return BuildProject()

    def name(self) -> str:
        """The id, which is never translated."""
        return "build_project"

    def displayName(self) -> str:
        """What it is called in the toolbox."""
        return tr("project.build.title")

    def groupId(self) -> str:
        """Beside the job that makes a data set."""
        return "project"

    def group(self) -> str:
        """What the area is called."""
        return tr("job.project.title")

    def icon(self) -> QIcon:
        """The area's icon."""
        return QIcon("dothi:project.svg")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr("project.build.help")

    def shortHelpString(self) -> str:
        """The help beside the dialog."""
        rows = "".join(
            f"<p><b>{tr(f'project.build.{one}.name')}</b><br>{tr(f'project.build.{one}.help')}</p>"
            for one in (self.DATA, self.PROJECT, self.SCENES)
        )
        return f"<p>{self.shortDescription()}</p>{rows}"

    def flags(self) -> Qgis.ProcessingAlgorithmFlag:
        """Layers and layouts belong to the thread of the window."""
        return super().flags() | Qgis.ProcessingAlgorithmFlag.NoThreading

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        data = QgsProcessingParameterFile(
            self.DATA, tr("project.build.data.name"), Qgis.ProcessingFileParameterBehavior.File, "gpkg"
        )
        path = QgsProcessingParameterFileDestination(self.PROJECT, tr("project.build.project.name"), "QGIS (*.qgz)")
        scenes = QgsProcessingParameterMultipleLayers(
            self.SCENES, tr("project.build.scenes.name"), Qgis.ProcessingSourceType.Raster, optional=True
        )
        for parameter in (data, path, scenes):
            parameter.setHelp(tr(f"project.build.{parameter.name()}.help"))
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputNumber(self.COUNT, tr("project.build.layers")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Build and save the project."""
        from . import builder  # all that draws and prints: needed by a run, not at QGIS's start-up

        data = Path(self.parameterAsString(parameters, self.DATA, context))
        path = Path(self.parameterAsFileOutput(parameters, self.PROJECT, context))
        given = self.parameterAsLayerList(parameters, self.SCENES, context)
        try:
            made = builder.build(data, path, language(), [Path(one.source()) for one in given] or None)
        except DothiError as error:
            raise QgsProcessingException(tr(error.code, **error.arguments)) from error
        return {self.PROJECT: str(path), self.COUNT: len(made.mapLayers())}

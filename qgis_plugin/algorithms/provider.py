"""The plugin's place in the Processing toolbox."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..language import tr
from ..project.algorithm import BuildProject
from .jobs import ALGORITHMS

PROVIDER = "dothi"


class DothiProvider(QgsProcessingProvider):
    """Lists every job, whether or not there is an engine to run it, and what QGIS itself can do."""

    def id(self) -> str:
        """The id before the colon in ``dothi:check_zoning``."""
        return PROVIDER

    def name(self) -> str:
        """What the toolbox shows."""
        return tr("plugin.name")

    def longName(self) -> str:
        """The name with what it is for."""
        return tr("plugin.long_name")

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon("dothi:dothi.svg")

    def loadAlgorithms(self) -> None:
        """Called by QGIS."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
        self.addAlgorithm(BuildProject())

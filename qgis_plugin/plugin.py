"""Life cycle: what appears when the plugin is loaded, and that nothing of it is left when it is unloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QDir

from ..layers.messages import RESOURCES
from . import language
from .algorithms.provider import DothiProvider

if TYPE_CHECKING:
    from .window import Window

ICONS = "dothi"  # the search path of icons: QIcon("dothi:zoning.svg")


class DothiPlugin:
    """What QGIS loads. ``initProcessing`` alone is called by ``qgis_process``, ``initGui`` by the desktop."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.provider: DothiProvider | None = None
        self.window: Window | None = None

    def initProcessing(self) -> None:
        """The toolbox and the coordinates: all that a run without a window needs."""
        if self.provider is not None:
            return
        language.forget()
        QDir.addSearchPath(ICONS, str(RESOURCES / "icons"))
        self.provider = DothiProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)
        project = QgsProject.instance()
        project.readProject.connect(self._pin)
        project.layersAdded.connect(self._pin)
        if project.mapLayers():
            self._pin()

    def initGui(self) -> None:
        """Menu, toolbar, options and panels."""
        from .window import Window

        self.initProcessing()
        self.window = Window(self.iface)

    def unload(self) -> None:
        """Take everything away again, running jobs included."""
        from . import child

        if self.window is not None:
            self.window.close()
            self.window = None
        child.end_all()
        if self.provider is not None:
            project = QgsProject.instance()
            project.readProject.disconnect(self._pin)
            project.layersAdded.disconnect(self._pin)
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        QDir.setSearchPaths(ICONS, [])
        language.forget()

    def _pin(self, *_: Any) -> None:
        """Before a layer is drawn: an empty project has nothing to transform, so start-up need not wait for it."""
        from .coordinates import pin_project

        pin_project()

"""The panel in a dock of QGIS's window."""

from __future__ import annotations

from typing import Any

from qgis.gui import QgsDockWidget

from ..language import tr
from .panel import FindingsPanel

DOCK = "dothi_findings"


class FindingsDock(QgsDockWidget):
    """Findings of the check on the project's data set."""

    def __init__(self, iface: Any) -> None:
        super().__init__(tr("plugin.findings.title"), iface.mainWindow())
        self.setObjectName(DOCK)
        self.panel = FindingsPanel(iface)
        self.setWidget(self.panel)

    def read(self) -> None:
        """Read the runs again."""
        self.panel.read()

    def shut(self) -> None:
        """Before the dock goes."""
        self.panel.shut()

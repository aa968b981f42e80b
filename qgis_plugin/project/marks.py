"""What stands on every map of the project: the scale bar, the north arrow, and that the data are simulated."""

from __future__ import annotations

from qgis.core import Qgis, QgsProject, QgsReadWriteContext
from qgis.PyQt.QtXml import QDomDocument

from ...layers.messages import sentence
from ..styling.labels import text_format
from .contents import Contents

# Names and keys of QGIS's own decorations (QgsDecorationItem), as it stores them in a project.
TITLE, SCALE_BAR, NORTH = "TitleLabel", "ScaleBar", "NorthArrow"
BOTTOM_LEFT, TOP_LEFT, TOP_RIGHT, BOTTOM_RIGHT, TOP_CENTRE, BOTTOM_CENTRE = range(6)
MARK_COLOUR = "#8a1c1c"
MARK_BACKGROUND = "255,243,205,225"


def add(project: QgsProject, found: Contents, language: str) -> None:
    """Switch the decorations on; the mark only where the data are simulated."""
    for name, place in ((SCALE_BAR, BOTTOM_LEFT), (NORTH, BOTTOM_RIGHT)):
        project.writeEntry(name, "/Enabled", True)
        project.writeEntry(name, "/Placement", place)
        project.writeEntry(name, "/MarginH", 3)
        project.writeEntry(name, "/MarginV", 3)
        project.writeEntry(name, "/MarginUnit", "MM")
    if not found.simulated:
        return
    mark = f"{sentence('project.simulated', language)} · {sentence('project.simulated_note', language)}"
    project.writeEntry(TITLE, "/Enabled", True)
    project.writeEntry(TITLE, "/Label", mark)
    project.writeEntry(TITLE, "/Placement", TOP_CENTRE)
    project.writeEntry(TITLE, "/BackgroundColor", MARK_BACKGROUND)
    project.writeEntry(TITLE, "/Font", _font())


def _font() -> str:
    document = QDomDocument()
    style = text_format({"size_pt": 10, "bold": True, "colour": MARK_COLOUR, "buffer_mm": 0})
    style.setSizeUnit(Qgis.RenderUnit.Points)
    document.appendChild(style.writeXml(document, QgsReadWriteContext()))
    return str(document.toString())

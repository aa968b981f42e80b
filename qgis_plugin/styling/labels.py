"""Labels of a declared layer.

Keys of a ``[[style.label]]``:

``field`` (else the layer's ``label``) or ``expression`` (``{language}`` in it stands for ``vi`` or ``en``)
    what is written
``size_pt`` or ``size_m`` (on the ground), ``colour``, ``bold``, ``italic``, ``capitals``, ``spacing_pt``
    how it is written; ``buffer_mm`` and ``buffer_colour`` the halo, ``wrap`` the characters of a line
``placement``
    ``inside``, ``free`` (turned with the polygon), ``outside``, ``around``, ``over``, ``line``, ``curved``;
    ``offset_mm`` from the feature, ``repeat_mm`` along a line, ``fits`` false where it may leave its polygon
``where``, ``visible_to``, ``visible_from``
    which features, at which scales
``priority``, ``always``
    0 to 10; ``always`` true shows it over others
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from qgis.core import (
    Qgis,
    QgsAbstractVectorLayerLabeling,
    QgsFontUtils,
    QgsPalLayerSettings,
    QgsRuleBasedLabeling,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QFont

from ...layers.model import Layer
from .symbols import colour

# All four draw every Vietnamese letter; the first that a machine has is taken, the others travel with the project.
FAMILIES = ("Noto Sans", "Segoe UI", "DejaVu Sans", "Arial")

_PLACEMENTS = {
    "inside": Qgis.LabelPlacement.Horizontal,
    "free": Qgis.LabelPlacement.Free,
    "around": Qgis.LabelPlacement.OrderedPositionsAroundPoint,
    "outside": Qgis.LabelPlacement.OutsidePolygons,
    "over": Qgis.LabelPlacement.OverPoint,
    "line": Qgis.LabelPlacement.Line,
    "curved": Qgis.LabelPlacement.Curved,
}
_DEFAULT_PLACEMENT = {"Point": "around", "MultiLineString": "curved", "MultiPolygon": "inside"}


@cache
def family() -> str:
    """The first of :data:`FAMILIES` that this machine has."""
    return next((name for name in FAMILIES if QgsFontUtils.fontFamilyOnSystem(name)), QFont().family())


def text_format(style: Mapping[str, Any]) -> QgsTextFormat:
    """How text looks: family, size, colour, buffer."""
    font = QFont(family())
    font.setBold(bool(style.get("bold")))
    font.setItalic(bool(style.get("italic")))
    if style.get("capitals"):
        font.setCapitalization(QFont.Capitalization.AllUppercase)
    if "spacing_pt" in style:
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, float(style["spacing_pt"]))
    made = QgsTextFormat()
    made.setFont(font)
    made.setFamilies([family(), *(name for name in FAMILIES if name != family())])
    on_ground = "size_m" in style
    made.setSize(float(style["size_m"] if on_ground else style.get("size_pt", 8.0)))
    made.setSizeUnit(Qgis.RenderUnit.MetersInMapUnits if on_ground else Qgis.RenderUnit.Points)
    made.setColor(colour(style.get("colour", "#2f2f2f")))
    halo = float(style.get("buffer_mm", 0.7))
    if halo > 0:
        buffer = QgsTextBufferSettings()
        buffer.setEnabled(True)
        buffer.setSize(halo)
        buffer.setSizeUnit(Qgis.RenderUnit.Millimeters)
        buffer.setColor(colour(style.get("buffer_colour", "#fdfcf8")))
        buffer.setOpacity(0.9)
        made.setBuffer(buffer)
    return made


def settings(declared: Layer, style: Mapping[str, Any], language: str) -> QgsPalLayerSettings:
    """One label's settings."""
    made = QgsPalLayerSettings()
    expression = style.get("expression", "")
    made.isExpression = bool(expression)
    made.fieldName = expression.replace("{language}", language) if expression else style.get("field", declared.label)
    made.setFormat(text_format(style))
    made.placement = _PLACEMENTS[style.get("placement", _DEFAULT_PLACEMENT[declared.geometry])]
    made.dist = float(style.get("offset_mm", 0.6 if declared.geometry == "Point" else 0.0))
    made.distUnits = Qgis.RenderUnit.Millimeters
    if declared.geometry == "Point":
        made.offsetType = Qgis.LabelOffsetType.FromSymbolBounds
    made.priority = int(style.get("priority", 5))
    if declared.geometry == "MultiLineString":
        made.lineSettings().setPlacementFlags(
            Qgis.LabelLinePlacementFlag.AboveLine if "offset_mm" in style else Qgis.LabelLinePlacementFlag.OnLine
        )
        made.lineSettings().setMergeLines(True)
        made.repeatDistance = float(style.get("repeat_mm", 90.0))
        made.repeatDistanceUnit = Qgis.RenderUnit.Millimeters
    if declared.geometry == "MultiPolygon":
        made.fitInPolygonOnly = bool(style.get("fits", made.placement == Qgis.LabelPlacement.Horizontal))
        made.centroidInside = True
    if "wrap" in style:
        made.autoWrapLength = int(style["wrap"])
        made.multilineAlign = Qgis.LabelMultiLineAlignment.Center
    made.scaleVisibility = "visible_to" in style or "visible_from" in style
    made.minimumScale = float(style.get("visible_to", 0))
    made.maximumScale = float(style.get("visible_from", 0))
    if style.get("always"):
        made.placementSettings().setOverlapHandling(Qgis.LabelOverlapHandling.AllowOverlapIfRequired)
    made.obstacleSettings().setIsObstacle(declared.geometry == "Point")
    return made


def labelling(declared: Layer, language: str) -> QgsAbstractVectorLayerLabeling | None:
    """The labelling of ``declared``; None where the declaration has no ``[[style.label]]``."""
    styles = declared.style.get("label", ()) if declared.is_spatial else ()
    if not styles:
        return None
    if len(styles) == 1 and "where" not in styles[0]:
        return QgsVectorLayerSimpleLabeling(settings(declared, styles[0], language))
    root = QgsRuleBasedLabeling.Rule(None)
    for style in styles:
        rule = QgsRuleBasedLabeling.Rule(settings(declared, style, language))
        rule.setFilterExpression(style.get("where", ""))
        root.appendChild(rule)
    return QgsRuleBasedLabeling(root)

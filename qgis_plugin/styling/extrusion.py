"""Polygons as blocks in a 3D view. The key ``extrusion`` of ``[style]``:

``base``, ``height``
    QGIS expressions in metres: where the block begins above the ground and how high it is
``colour``, ``opacity``
    of the block
``shade``
    how much darker walls are that the sun does not reach, in Qt's per cent (100: as bright as in the sun)
``edges``, ``edge_px``
    colour and width of the drawn edges

QGIS may be built without 3D: then nothing is set, and the map is as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from qgis.core import Qgis, QgsProperty, QgsPropertyCollection, QgsVectorLayer

from ...layers.model import Layer
from .symbols import colour

_SHADE = 240


def possible() -> bool:
    """Whether this QGIS can draw in three dimensions."""
    return find_spec("qgis._3d") is not None


def extrude(layer: QgsVectorLayer, declared: Layer, *, glass: tuple[str, float] | None = None) -> None:
    """Give ``layer`` its blocks where its declaration has an ``extrusion`` and QGIS can draw it.

    ``glass`` is an expression for the features that are drawn with another opacity, and that opacity.
    """
    style = declared.style.get("extrusion")
    if style is None or not possible():
        return
    from qgis._3d import QgsRuleBased3DRenderer, QgsVectorLayer3DRenderer

    if glass is None:
        made = QgsVectorLayer3DRenderer(_block(style))
    else:
        where, opacity = glass
        root = QgsRuleBased3DRenderer.Rule(None)
        root.appendChild(QgsRuleBased3DRenderer.Rule(_block({**style, "opacity": opacity}), where))
        root.appendChild(QgsRuleBased3DRenderer.Rule(_block(style), f"NOT ({where})"))
        made = QgsRuleBased3DRenderer(root)
    made.setLayer(layer)
    layer.setRenderer3D(made)


def _block(style: Mapping[str, Any]) -> Any:
    from qgis._3d import QgsPhongMaterialSettings, QgsPolygon3DSymbol

    material = QgsPhongMaterialSettings()
    face = colour(style["colour"])
    material.setDiffuse(face)
    material.setAmbient(face.darker(int(style.get("shade", _SHADE))))
    material.setSpecular(colour("#000000"))
    material.setOpacity(float(style.get("opacity", 1.0)))
    made = QgsPolygon3DSymbol()
    made.setMaterialSettings(material)
    made.setAltitudeClamping(Qgis.AltitudeClamping.Absolute)
    properties = QgsPropertyCollection()
    properties.setProperty(
        QgsPolygon3DSymbol.Property.ExtrusionHeight.value, QgsProperty.fromExpression(style["height"])
    )
    properties.setProperty(QgsPolygon3DSymbol.Property.Height.value, QgsProperty.fromExpression(style["base"]))
    made.setDataDefinedProperties(properties)
    if "edges" in style:
        made.setEdgesEnabled(True)
        made.setEdgeColor(colour(style["edges"]))
        made.setEdgeWidth(float(style.get("edge_px", 1.5)))
    return made

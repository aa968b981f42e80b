"""Dress a layer of QGIS by its declaration."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsVectorLayer

from ...layers import catalogue
from ...layers.model import Layer
from .extrusion import extrude
from .forms import dress_fields, form, table
from .labels import labelling
from .metadata import describe
from .relations import LAYER_PROPERTY, layer_id_of
from .renderer import renderer
from .tips import display_expression, map_tip

__all__ = ["apply", "layer_id_of", "tag"]


def tag(layer: QgsVectorLayer, layer_id: str) -> None:
    """Remember in ``layer`` which declaration it follows; relations and the jobs' forms look for it."""
    layer.setCustomProperty(LAYER_PROPERTY, layer_id)


def apply(
    layer: QgsVectorLayer,
    layer_id: str,
    language: str = "vi",
    *,
    simulated: bool = False,
    extra: Path | None = None,
) -> None:
    """Give ``layer`` all that the declaration of ``layer_id`` says: symbols, labels, form, constraints, tips, metadata.

    Columns that the table lacks are passed over. ``extra`` is a folder of the user's own declarations. Raises
    :class:`InputError` for an unknown id or a wrong ``[style]``.
    """
    declared = catalogue.layer(layer_id, extra)
    tag(layer, layer_id)
    project = layer.project()
    dress_fields(layer, declared, language, project)
    layer.setEditFormConfig(form(layer, declared, language, project))
    layer.setAttributeTableConfig(table(layer))
    layer.setDisplayExpression(display_expression(declared))
    describe(layer, declared, language, simulated=simulated)
    if declared.is_spatial and layer.isSpatial():
        _draw(layer, declared, language)


def _draw(layer: QgsVectorLayer, declared: Layer, language: str) -> None:
    style = declared.style
    layer.setRenderer(renderer(declared, language))
    labels = labelling(declared, language)
    layer.setLabeling(labels)
    layer.setLabelsEnabled(labels is not None)
    layer.setMapTipTemplate(map_tip(declared, language))
    layer.setOpacity(float(style.get("opacity", 1.0)))
    extrude(layer, declared)
    layer.setScaleBasedVisibility("visible_to" in style or "visible_from" in style)
    layer.setMinimumScale(float(style.get("visible_to", 0)))
    layer.setMaximumScale(float(style.get("visible_from", 0)))
    layer.triggerRepaint()

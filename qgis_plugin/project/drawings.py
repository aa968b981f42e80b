"""Drawings to print: which of them a data set gets, and what stands in their title blocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
)

from ...layers.messages import sentence
from ...layers.model import Text
from . import layout, themes
from .bookmarks import Place
from .contents import Contents, plan
from .tree import Planted

MARGIN_M = 25.0  # round a layer that has no named place


def add(
    project: QgsProject, made: Planted, places: Sequence[Place], found: Contents, language: str
) -> list[layout.Drawing]:
    """Add a layout for each drawing whose theme and extent the data have; returns what they were made of."""
    by_id = {theme["id"]: theme for theme in plan()["theme"]}
    drawn = []
    for one in plan()["drawing"]:
        theme = by_id[one["theme"]]
        extent = _extent(one, made, places)
        if extent is None or not themes.usable(theme, made):
            continue
        crs = extent.crs() if extent.crs().isValid() else project.crs()
        drawing = layout.Drawing(
            name=Text(**one["name"])[language],
            number=one["number"],
            theme=Text(**theme["name"])[language],
            layers=_shown(project, themes.ids_of(theme, made)),
            extent=QgsReferencedRectangle(QgsRectangle(extent), crs),
            texts={
                "project": project.title(),
                "drawing": Text(**one["name"])[language],
                "number": one["number"],
                "date": _day(found, language),
                "crs": f"{crs.description()} ({crs.authid()})",
                "source": _source(found, language),
            },
            mark=sentence("project.simulated", language) if found.simulated else "",
        )
        project.layoutManager().addLayout(layout.make(project, drawing, language))
        drawn.append(drawing)
    return drawn


def _extent(one: dict[str, Any], made: Planted, places: Sequence[Place]) -> QgsReferencedRectangle | None:
    named = next((place for place in places if place.theme == one["theme"]), None)
    if named is not None:
        return named
    layer = made.layers.get(one["extent_of"])
    if layer is None or layer.featureCount() == 0:
        return None
    return QgsReferencedRectangle(layer.extent().buffered(MARGIN_M), layer.crs())


def _shown(project: QgsProject, ids: set[str]) -> list[QgsMapLayer]:
    """The layers of a theme in drawing order."""
    return [layer for layer in project.layerTreeRoot().layerOrder() if layer.id() in ids]


def _day(found: Contents, language: str) -> str:
    """The day that the data are judged by; without one the cell follows the day of printing."""
    judged = str(found.meta.get("judged_on") or "")[:10]
    shape = "%d/%m/%Y" if language == "vi" else "%Y-%m-%d"
    if judged:
        return date.fromisoformat(judged).strftime(shape)
    return "[% format_date(now(), '" + ("dd/MM/yyyy" if language == "vi" else "yyyy-MM-dd") + "') %]"


def _source(found: Contents, language: str) -> str:
    return sentence("project.simulated_note", language) if found.simulated else found.data.name

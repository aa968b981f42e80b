"""Map themes: what is switched on for planning, networks, the village, the image before and after."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsLayerTreeModel, QgsMapThemeCollection, QgsProject

from ...layers.model import Text
from .contents import plan
from .tree import Planted


def ids_of(theme: dict[str, Any], made: Planted) -> set[str]:
    """Ids of the project's layers that ``theme`` shows."""
    by_id = {**made.layers, **made.grounds}
    shown = {by_id[one].id() for one in theme["layers"] if one in by_id}
    if theme.get("image") in made.images:
        shown.add(made.images[theme["image"]].id())
    return shown


def usable(theme: dict[str, Any], made: Planted) -> bool:
    """Whether the data have what the theme is about: its image, or any layer."""
    return theme["image"] in made.images if "image" in theme else bool(ids_of(theme, made))


def add(project: QgsProject, made: Planted, language: str) -> None:
    """Add the themes, and leave the starting one switched on."""
    model = QgsLayerTreeModel(project.layerTreeRoot())
    chosen = [theme for theme in plan()["theme"] if usable(theme, made)]
    for theme in sorted(chosen, key=lambda one: bool(one.get("start"))):  # the starting one last
        _switch(project, ids_of(theme, made))
        record = QgsMapThemeCollection.createThemeFromCurrentState(project.layerTreeRoot(), model)
        project.mapThemeCollection().insert(Text(**theme["name"])[language], record)


def _switch(project: QgsProject, shown: set[str]) -> None:
    for node in project.layerTreeRoot().findLayers():
        node.setItemVisibilityChecked(node.layerId() in shown)

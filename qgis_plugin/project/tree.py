"""The layers of a project, in their groups: tables of the data set, results of runs, images, the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)

from ...layers import catalogue
from ...layers.errors import InputError
from ...layers.messages import has, sentence
from ...layers.model import Layer, Text
from .. import styling
from ..styling.apply import tag
from ..styling.symbols import symbol
from . import contents
from .results import Result, newest
from .scenes import Image, images


@dataclass
class Planted:
    """The layers of a project by what they are: declared id (or the id of a background layer), image role."""

    layers: dict[str, QgsVectorLayer] = field(default_factory=dict)
    images: dict[str, QgsRasterLayer] = field(default_factory=dict)
    grounds: dict[str, QgsVectorLayer] = field(default_factory=dict)

    def every(self) -> list[QgsMapLayer]:
        """All of them."""
        return [*self.layers.values(), *self.images.values(), *self.grounds.values()]


def plant(
    project: QgsProject,
    found: contents.Contents,
    language: str,
    *,
    scenes: Sequence[Path] | None,
    runs: Sequence[Path] | None,
) -> Planted:
    """Add all layers, tagged but not yet dressed: forms need the relations that come between."""
    results, pictures = newest(found, runs), images(found, scenes)  # read before QGIS holds the files open
    made = Planted()
    groups = _groups(project, language)
    for result in results:
        _add_result(project, groups["results"], made, result, language)
    declared = [catalogue.layer(one, found.extra) for one in found.layers if one not in made.layers]
    for one in sorted(declared, key=lambda layer: (-layer.style.get("order", 0), layer.id)):
        layer = _open(found.data, one, one.name[language])
        _add(project, groups[_group_of(one)], layer)
        made.layers[one.id] = layer
    for image in pictures:
        _add_image(project, groups["rasters"], made, image, language)
    for ground in contents.plan()["ground"]:
        if ground["of"] in found.layers:
            _add_ground(project, groups["ground"], made, ground, found, language)
    for group in groups.values():
        if not group.children():
            project.layerTreeRoot().removeChildNode(group)
    return made


def dress(made: Planted, found: contents.Contents, language: str) -> None:
    """Style every declared layer; relations are there by now."""
    for layer_id, layer in made.layers.items():
        styling.apply(layer, layer_id, language, simulated=found.simulated, extra=found.extra)


def _groups(project: QgsProject, language: str) -> dict[str, QgsLayerTreeGroup]:
    root = project.layerTreeRoot()
    return {one["id"]: root.addGroup(Text(**one["name"])[language]) for one in contents.plan()["group"]}


def _group_of(declared: Layer) -> str:
    for one in contents.plan()["group"]:
        if declared.sector in one["sectors"]:
            return str(one["id"])
    return "other"


def _open(path: Path, declared: Layer, name: str) -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{path}|layername={declared.id}", name, "ogr")
    if not layer.isValid():
        raise InputError("project.layer_unreadable", layer=declared.id, path=str(path))
    tag(layer, declared.id)
    return layer


def _add(project: QgsProject, group: QgsLayerTreeGroup, layer: QgsMapLayer) -> None:
    project.addMapLayer(layer, False)
    node = group.addLayer(layer)
    node.setExpanded(False)


def _add_result(project: QgsProject, group: QgsLayerTreeGroup, made: Planted, result: Result, language: str) -> None:
    declared = catalogue.layer(result.layer_id)
    title = sentence(f"job.{result.job}.title", language) if has(f"job.{result.job}.title") else declared.name[language]
    if result.when:
        title = sentence("project.run", language, title=title, when=date.fromisoformat(result.when))
    layer = _open(result.path, declared, title)
    layer.setReadOnly(True)  # a run's result is evidence; what is said about it lives elsewhere
    _add(project, group, layer)
    made.layers[result.layer_id] = layer
    if result.raster is not None:
        raster = QgsRasterLayer(str(result.raster), sentence("project.score", language))
        if raster.isValid():
            if not styling.apply_product(raster, language):
                styling.apply_raster(raster, "change")
            _add(project, group, raster)
            made.images["change"] = raster


def _add_image(project: QgsProject, group: QgsLayerTreeGroup, made: Planted, image: Image, language: str) -> None:
    layer = QgsRasterLayer(str(image.path), image.name(language))
    if not layer.isValid():
        raise InputError("project.layer_unreadable", layer=image.path.name, path=str(image.path))
    styling.apply_raster(layer, "scene")
    _add(project, group, layer)
    made.images[image.role] = layer


def _add_ground(
    project: QgsProject,
    group: QgsLayerTreeGroup,
    made: Planted,
    ground: dict[str, Any],
    found: contents.Contents,
    language: str,
) -> None:
    declared = catalogue.layer(ground["of"], found.extra)
    # the filter stands in the source: setting it afterwards would open the file for writing
    source = f"{found.data}|layername={declared.id}|subset={ground['where']}"
    layer = QgsVectorLayer(source, Text(**ground["name"])[language], "ogr")
    layer.setRenderer(QgsSingleSymbolRenderer(symbol(declared.geometry, ground["symbol"])))
    layer.setFlags(QgsMapLayer.LayerFlag.Removable)  # not searched, not identified: it only colours the map
    layer.setReadOnly(True)
    _add(project, group, layer)
    made.grounds[ground["id"]] = layer

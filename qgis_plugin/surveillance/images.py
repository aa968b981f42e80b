"""Scenes as raster layers: from their decoded copies, with one stretch for all, in groups of the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

from qgis.core import (
    QgsDateTimeRange,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterLayerTemporalProperties,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from ...layers.errors import InputError
from ..language import tr
from ..styling.raster import apply_scene
from .scenes import Scene, day_text, ranges

CODE = "dothi/scene"  # of a layer: the scene it shows
PURPOSE = "dothi/scene_purpose"  # of a layer or group: ``pair`` or ``series``
PAIR, SERIES = "pair", "series"


def layer_of(scene: Scene, name: str, colours: str, *, simulated: bool) -> QgsRasterLayer:
    """A raster layer on the decoded copy of ``scene``. Raises :class:`InputError` where it cannot be opened."""
    if scene.copy is None:
        raise InputError("plugin.surveillance.timeline.copy_missing", scene=scene.code)
    mark = f" ({tr('plugin.surveillance.timeline.simulated').lower()})" if simulated else ""
    layer = QgsRasterLayer(str(scene.copy), f"{name}{mark}", "gdal")
    if not layer.isValid():
        raise InputError("plugin.surveillance.timeline.copy_missing", scene=scene.code)
    apply_scene(layer, colours)
    layer.setCustomProperty(CODE, scene.code)
    return layer


def group(project: QgsProject, purpose: str) -> QgsLayerTreeGroup:
    """The group of a purpose, made on top of the images of the project where it is not there yet."""
    root = project.layerTreeRoot()
    found = next((one for one in root.findGroups(True) if one.customProperty(PURPOSE) == purpose), None)
    if found is not None:
        return found
    made = root.insertGroup(_below_vectors(root), tr(f"plugin.surveillance.timeline.group_{purpose}"))
    made.setCustomProperty(PURPOSE, purpose)
    return made


def _below_vectors(root: QgsLayerTreeGroup) -> int:
    """Where rasters begin among the top entries: images must not hide what is drawn on them."""
    for number, node in enumerate(root.children()):
        layers = [one.layer() for one in node.findLayers()] if isinstance(node, QgsLayerTreeGroup) else [node.layer()]
        if layers and all(isinstance(layer, QgsRasterLayer) for layer in layers):
            return number
    return len(root.children())


def show(project: QgsProject, purpose: str, wanted: bool) -> None:
    """Let the layers of a purpose be seen or not; nothing where there are none."""
    for found in project.layerTreeRoot().findGroups(True):
        if found.customProperty(PURPOSE) == purpose:
            found.setItemVisibilityChecked(wanted)


def clear(project: QgsProject, purpose: str) -> None:
    """Take the layers of a purpose out of the project, with their group."""
    root = project.layerTreeRoot()
    for found in [one for one in root.findGroups(True) if one.customProperty(PURPOSE) == purpose]:
        layers = [one.layerId() for one in found.findLayers()]
        (found.parent() or root).removeChildNode(found)  # first: else the tree is searched for each layer
        project.removeMapLayers(layers)


def add_pair(
    project: QgsProject, before: Scene, after: Scene, colours: str, *, simulated: bool
) -> tuple[QgsMapLayer, QgsMapLayer]:
    """Both scenes in the group of the comparison, the later one on top; what was compared before goes."""
    made = [
        layer_of(scene, tr(f"plugin.surveillance.timeline.flag_{role}", day=scene.day), colours, simulated=simulated)
        for role, scene in (("before", before), ("after", after))
    ]
    clear(project, PAIR)
    into = group(project, PAIR)
    for layer in made:
        layer.setCustomProperty(PURPOSE, PAIR)
        project.addMapLayer(layer, False)
        into.insertLayer(0, layer).setExpanded(False)
    return made[0], made[1]


def add_series(
    project: QgsProject, scenes: Sequence[Scene], colours: str, *, simulated: bool
) -> Iterator[QgsRasterLayer]:
    """One layer for each day, seen from its day until the next scene's; each step of the iterator adds one."""
    clear(project, SERIES)
    into = group(project, SERIES)
    into.setExpanded(False)
    for scene, first, last in ranges([one for one in scenes if one.copy is not None]):
        layer = layer_of(scene, f"{day_text(first)} · {scene.sensor}", colours, simulated=simulated)
        layer.setCustomProperty(PURPOSE, SERIES)
        times = layer.temporalProperties()
        times.setMode(QgsRasterLayerTemporalProperties.TemporalMode.ModeFixedTemporalRange)
        times.setFixedTemporalRange(span(first, last))
        times.setIsActive(True)
        project.addMapLayer(layer, False)
        into.insertLayer(0, layer).setExpanded(False)
        yield layer


def span(first: date, last: date) -> QgsDateTimeRange:
    """From the beginning of ``first`` to the end of ``last``, in UTC, as QGIS counts time on maps."""
    return QgsDateTimeRange(_moment(first, time(0, 0)), _moment(last, time(23, 59, 59)))


def _moment(day: date, at: time) -> QDateTime:
    made = datetime.combine(day, at)
    return QDateTime(QDate(day.year, day.month, day.day), QTime(made.hour, made.minute, made.second), Qt.TimeSpec.UTC)

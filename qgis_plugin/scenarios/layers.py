"""A scenario on the map: its differences as styled layers, and the layers of the project as it would have them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRequest,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProject,
    QgsProviderRegistry,
    QgsRendererCategory,
    QgsVectorLayer,
)

from ...layers import catalogue
from ...layers.errors import InputError
from ..language import language, tr
from ..project_data import file_of, layer_id
from ..styling.symbols import symbol

SCENARIO_PROPERTY = "dothi/scenario"  # of a layer or group: which scenario it belongs to
CHANGE = "dothi_change"
_GREEN, _AMBER, _RED = "#1b9e4b", "#e08a00", "#d7191c"
_STYLES: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "MultiPolygon": {
        "added": [
            {"kind": "fill", "colour": _GREEN, "opacity": 0.35},
            {"kind": "edge", "colour": _GREEN, "width_mm": 0.7},
        ],
        "changed": [
            {"kind": "fill", "colour": _AMBER, "opacity": 0.3},
            {"kind": "edge", "colour": _AMBER, "width_mm": 0.7},
        ],
        "deleted": [
            {"kind": "hatch", "colour": _RED, "spacing_mm": 1.6, "width_mm": 0.3, "angle": 45},
            {"kind": "edge", "colour": _RED, "width_mm": 0.7},
        ],
    },
    "MultiLineString": {
        "added": [{"kind": "line", "colour": _GREEN, "width_mm": 1.1}],
        "changed": [{"kind": "line", "colour": _AMBER, "width_mm": 1.1}],
        "deleted": [{"kind": "line", "colour": _RED, "width_mm": 1.1, "dash": [2.2, 1.4]}],
    },
    "Point": {
        "added": [{"kind": "marker", "colour": _GREEN, "size_mm": 3.2, "outline": "#ffffff"}],
        "changed": [{"kind": "marker", "colour": _AMBER, "size_mm": 3.2, "outline": "#ffffff"}],
        "deleted": [{"kind": "marker", "colour": _RED, "size_mm": 3.2, "shape": "saltire", "outline": _RED}],
    },
}


def differences(scenario: Mapping[str, Any]) -> Iterator[QgsVectorLayer]:
    """One layer for each edited layer with a geometry: new green, changed amber, removed red hatched."""
    declarations = [catalogue.layer(name) for name in scenario["counts"]]
    for declared in sorted(declarations, key=lambda one: -one.style.get("order", 0)):
        if not declared.is_spatial:
            continue
        title = tr("plugin.scenario.layer", layer=declared.name[language()])
        layer = _open(f"{scenario['path']}|layername={declared.id}", title)
        categories = [
            QgsRendererCategory(change, symbol(declared.geometry, styles), tr(f"plugin.scenario.{change}"))
            for change, styles in _STYLES[declared.geometry].items()
        ]
        renderer = QgsCategorizedSymbolRenderer(CHANGE, categories)
        removed_first = QgsFeatureRequest.OrderByClause(f"\"{CHANGE}\" = 'deleted'", False)
        renderer.setOrderBy(QgsFeatureRequest.OrderBy([removed_first]))  # what is new lies over what made room for it
        renderer.setOrderByEnabled(True)
        layer.setRenderer(renderer)
        layer.setReadOnly(True)  # edits belong to the data set's own layers
        layer.setCustomProperty(SCENARIO_PROPERTY, scenario["scenario"])
        if declared.label:
            layer.setDisplayExpression(f'"{declared.label}"')
        yield layer


def add_to_project(project: QgsProject, scenario: Mapping[str, Any]) -> QgsLayerTreeGroup:
    """Put the differences into a group on top of the project's layers; an earlier one of this scenario goes."""
    remove_from_project(project, scenario["scenario"])
    group: QgsLayerTreeGroup = project.layerTreeRoot().insertGroup(
        0, tr("plugin.scenario.group", name=scenario["name"])
    )
    group.setCustomProperty(SCENARIO_PROPERTY, scenario["scenario"])
    for layer in differences(scenario):
        project.addMapLayer(layer, False)
        group.addLayer(layer)
    return group


def remove_from_project(project: QgsProject, slug: str) -> None:
    """Take the layers of a scenario off the project."""
    for layer in [one for one in project.mapLayers().values() if one.customProperty(SCENARIO_PROPERTY) == slug]:
        project.removeMapLayer(layer)
    root = project.layerTreeRoot()
    for group in root.findGroups():
        if group.customProperty(SCENARIO_PROPERTY) == slug:
            root.removeChildNode(group)


def as_planned(shown: Sequence[QgsMapLayer], data: str, scenario: Mapping[str, Any]) -> Iterator[QgsMapLayer]:
    """The layers ``shown`` (topmost first) as the scenario would have them, with its differences on top, one by one.

    An edited layer is replaced by two that look the same: what the scenario adds or changes, and what it leaves as it
    is. The new layers are not in the project; whoever shows them must keep them. To open one takes some milliseconds.
    """
    base, path = Path(data), Path(scenario["path"])
    yield from differences(scenario)
    for layer in shown:
        if layer.customProperty(SCENARIO_PROPERTY):
            continue
        table = layer_id(layer)
        if not isinstance(layer, QgsVectorLayer) or file_of(layer) != base or table not in scenario["counts"]:
            yield layer
            continue
        yield _like(layer, _source(layer, path, f"\"{CHANGE}\" <> 'deleted'"))
        yield _like(layer, _source(layer, base, _others(path, table)))


def _like(layer: QgsVectorLayer, source: str) -> QgsVectorLayer:
    """A layer that is drawn as ``layer`` is; forms and relations are not needed for that."""
    made = _open(source, layer.name())
    made.setRenderer(layer.renderer().clone() if layer.renderer() is not None else None)
    made.setLabeling(layer.labeling().clone() if layer.labeling() is not None else None)
    made.setLabelsEnabled(layer.labelsEnabled())
    made.setOpacity(layer.opacity())
    made.setBlendMode(layer.blendMode())
    made.setScaleBasedVisibility(layer.hasScaleBasedVisibility())
    made.setMinimumScale(layer.minimumScale())
    made.setMaximumScale(layer.maximumScale())
    return made


def _open(source: str, name: str) -> QgsVectorLayer:
    options = QgsVectorLayer.LayerOptions(loadDefaultStyle=False)
    options.skipCrsValidation = True
    return QgsVectorLayer(source, name, "ogr", options)


def _source(layer: QgsVectorLayer, path: Path, where: str) -> str:
    """The table of ``layer`` in ``path``, its own filter kept. It stands in the source: see ``project.tree``."""
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    own = str(parts.get("subset") or "")
    return f"{path}|layername={parts.get('layerName')}|subset={f'({own}) AND ({where})' if own else where}"


def _others(path: Path, table: str) -> str:
    """A filter for what the scenario does not touch."""
    try:
        uids = _touched(path, catalogue.layer(table).id)
    except sqlite3.Error as error:
        raise InputError("schema.not_readable", path=str(path), reason=str(error)) from error
    quoted = ", ".join("'{}'".format(uid.replace("'", "''")) for uid in uids)
    return f'"uid" NOT IN ({quoted})'


def _touched(path: Path, name: str) -> list[str]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        rows = base.execute(f'SELECT "uid" FROM "{name}"').fetchall()  # noqa: S608  # nosec B608 - a name of the catalogue
    return [str(uid) for (uid,) in rows]

"""References between declared layers as relations of a project."""

from __future__ import annotations

from qgis.core import Qgis, QgsProject, QgsRelation, QgsVectorLayer

from ...layers import catalogue
from ...layers.errors import InputError

LAYER_PROPERTY = "dothi/layer"


def layer_id_of(layer: QgsVectorLayer) -> str:
    """The id of the declaration that ``layer`` was styled by; empty where there is none."""
    return str(layer.customProperty(LAYER_PROPERTY, ""))


def relation_id(layer_id: str, field_id: str) -> str:
    """The id of the relation that a reference field makes."""
    return f"{layer_id}_{field_id}"


def connect(project: QgsProject, language: str) -> list[QgsRelation]:
    """Make a relation for each reference whose two layers ``project`` holds; returns them, all valid."""
    by_id = {
        layer_id_of(layer): layer
        for layer in project.mapLayers().values()
        if isinstance(layer, QgsVectorLayer) and layer_id_of(layer)
    }
    manager = project.relationManager()
    made: list[QgsRelation] = []
    for child_id, child in sorted(by_id.items()):
        for field in catalogue.layer(child_id).fields:
            parent = by_id.get(field.to)
            if field.type != "reference" or parent is None or child.fields().indexOf(field.id) < 0:
                continue
            relation = QgsRelation(manager.context())
            relation.setId(relation_id(child_id, field.id))
            relation.setName(f"{catalogue.layer(child_id).name[language]} – {field.name[language]}")
            relation.setReferencingLayer(child.id())
            relation.setReferencedLayer(parent.id())
            relation.addFieldPair(field.id, "uid")
            relation.setStrength(
                Qgis.RelationshipStrength.Composition
                if field.on_delete == "cascade"
                else Qgis.RelationshipStrength.Association
            )
            if not relation.isValid():
                raise InputError("project.relation_invalid", layer=child_id, field=field.id)
            manager.addRelation(relation)
            made.append(relation)
    return made

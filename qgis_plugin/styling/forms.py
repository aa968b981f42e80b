"""The form of a declared layer: a tab per group of fields, and one for what refers to it."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.core import (
    Qgis,
    QgsAttributeEditorContainer,
    QgsAttributeEditorField,
    QgsAttributeEditorRelation,
    QgsAttributeTableConfig,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsProject,
    QgsVectorLayer,
)

from ...layers.messages import has, sentence
from ...layers.model import Field, Layer
from .constraints import constrain
from .widgets import widget

IDENTITY = "uid"
# A new feature knows its identity before it is saved, so that another may refer to it; the database has that default
# too, for rows that come from elsewhere.
NEW_IDENTITY = "uuid('WithoutBraces')"
# What QGIS fills in again whenever the geometry changes; planar, in the layer's own metric grid.
MEASURED = {"length_m": "round(length(@geometry), 2)", "area_m2": "round(area(@geometry), 1)"}


def group_title(group: str, language: str) -> str:
    """The words on the tab of a field group."""
    code = f"schema.group.{group}"
    return sentence(code, language) if has(code) else group


def dress_fields(layer: QgsVectorLayer, declared: Layer, language: str, project: QgsProject | None) -> None:
    """Give each declared column its alias, widget, constraints, default and policies; hide the storage key."""
    for field in declared.fields:
        index = layer.fields().indexOf(field.id)
        if index < 0:
            continue
        layer.setFieldAlias(index, field.name[language])
        layer.setEditorWidgetSetup(index, widget(declared.id, field, language, project))
        constrain(layer, index, field, language)
        default = _default(field)
        if default.isValid():
            layer.setDefaultValueDefinition(index, default)
        if field.unique or field.id == IDENTITY:
            layer.setFieldSplitPolicy(index, Qgis.FieldDomainSplitPolicy.DefaultValue)
            layer.setFieldDuplicatePolicy(index, Qgis.FieldDuplicatePolicy.DefaultValue)
    storage = layer.fields().indexOf("fid")
    if storage >= 0:
        layer.setEditorWidgetSetup(storage, QgsEditorWidgetSetup("Hidden", {}))


def _default(field: Field) -> QgsDefaultValue:
    if field.id == IDENTITY:
        return QgsDefaultValue(NEW_IDENTITY)
    if field.derived and field.id in MEASURED:
        return QgsDefaultValue(MEASURED[field.id], True)
    if field.default is None or field.default == "":
        return QgsDefaultValue()
    return QgsDefaultValue(QgsExpression.quotedValue(field.default))


def form(layer: QgsVectorLayer, declared: Layer, language: str, project: QgsProject | None) -> QgsEditFormConfig:
    """The form with its tabs. Groups come in the order in which their fields are declared."""
    config = layer.editFormConfig()
    config.setLayout(Qgis.AttributeFormLayout.DragAndDrop)
    config.clearTabs()
    root = config.invisibleRootContainer()
    fields = _identity_last(declared.fields)
    for group in dict.fromkeys(field.group for field in fields):
        tab = QgsAttributeEditorContainer(group_title(group, language), root)
        tab.setType(Qgis.AttributeEditorContainerType.Tab)
        for field in fields:
            index = layer.fields().indexOf(field.id)
            if field.group != group or index < 0:
                continue
            tab.addChildElement(QgsAttributeEditorField(field.id, index, tab))
            config.setReadOnly(index, field.derived or field.id == IDENTITY)
        if tab.children():
            root.addChildElement(tab)
    if project is not None:
        _referring(layer, config, language, project)
    return config


def _identity_last(fields: Iterable[Field]) -> list[Field]:
    """What a person fills in comes before what the database gives."""
    return sorted(fields, key=lambda field: field.id == IDENTITY)


def _referring(layer: QgsVectorLayer, config: QgsEditFormConfig, language: str, project: QgsProject) -> None:
    root = config.invisibleRootContainer()
    relations = project.relationManager().referencedRelations(layer)
    if not relations:
        return
    tab = QgsAttributeEditorContainer(sentence("form.referring", language), root)
    tab.setType(Qgis.AttributeEditorContainerType.Tab)
    for relation in sorted(relations, key=lambda one: one.name()):
        element = QgsAttributeEditorRelation(relation, tab)
        element.setLabel(relation.name())
        tab.addChildElement(element)
    root.addChildElement(tab)


def table(layer: QgsVectorLayer) -> QgsAttributeTableConfig:
    """The attribute table without its two technical columns."""
    config = layer.attributeTableConfig()
    config.update(layer.fields())
    columns = config.columns()
    for column in columns:
        column.hidden = column.name in ("fid", IDENTITY)
    config.setColumns(columns)
    return config

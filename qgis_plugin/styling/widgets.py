"""The editor widget of each declared field."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsEditorWidgetSetup, QgsProject

from ...layers import catalogue
from ...layers.model import Field
from .relations import relation_id
from .renderer import words

DATE_SHOWN = {"vi": "dd/MM/yyyy", "en": "yyyy-MM-dd"}
LONG_TEXT = 300  # characters; longer fields are edited in several lines
INTEGER_LIMIT = 2_147_483_647
REAL_LIMIT = 1e12


def widget(layer_id: str, field: Field, language: str, project: QgsProject | None = None) -> QgsEditorWidgetSetup:
    """The widget of ``field`` of ``layer_id``.

    A reference is picked from a list where ``project`` holds its relation, else it is shown as text.
    """
    if field.type == "choice":
        domain = catalogue.domains()[field.domain]
        return QgsEditorWidgetSetup(
            "ValueMap", {"map": [{words(domain, value, language): value} for value in domain.values]}
        )
    if field.type == "reference":
        return _reference(layer_id, field, project)
    if field.type in ("integer", "real"):
        return QgsEditorWidgetSetup("Range", _range(field, language))
    if field.type == "boolean":
        return QgsEditorWidgetSetup("CheckBox", {"AllowNullState": not field.required, "TextDisplayMethod": 0})
    if field.type in ("date", "datetime"):
        return QgsEditorWidgetSetup("DateTime", _moment(field, language))
    several = field.type == "json" or field.length > LONG_TEXT or (field.type == "text" and not field.length)
    return QgsEditorWidgetSetup("TextEdit", {"IsMultiline": several and field.id != "uid", "UseHtml": False})


def _range(field: Field, language: str) -> dict[str, Any]:
    limit = INTEGER_LIMIT if field.type == "integer" else REAL_LIMIT
    low, high = field.range or (-limit, limit)
    decimals = 0 if field.type == "integer" else 2 if field.decimals is None else field.decimals
    return {
        "Style": "SpinBox",
        "AllowNull": not field.required,
        "Min": int(low) if field.type == "integer" else low,
        "Max": int(high) if field.type == "integer" else high,
        "Step": 1 if field.type == "integer" else 10.0**-decimals if decimals < 2 else 0.1,
        "Precision": decimals,
        "Suffix": f" {field.unit}" if field.unit else "",
    }


def _moment(field: Field, language: str) -> dict[str, Any]:
    shown = DATE_SHOWN[language]
    return {
        "allow_null": not field.required,
        "calendar_popup": True,
        "display_format": shown if field.type == "date" else f"{shown} HH:mm",
        "field_format": "yyyy-MM-dd" if field.type == "date" else "yyyy-MM-dd HH:mm:ss",
        "field_iso_format": field.type == "datetime",
    }


def _reference(layer_id: str, field: Field, project: QgsProject | None) -> QgsEditorWidgetSetup:
    relation = relation_id(layer_id, field.id)
    if project is None or not project.relationManager().relation(relation).isValid():
        return QgsEditorWidgetSetup("TextEdit", {"IsMultiline": False, "UseHtml": False})
    return QgsEditorWidgetSetup(
        "RelationReference",
        {
            "Relation": relation,
            "AllowNULL": not field.required,
            "OrderByValue": True,
            "ShowForm": False,
            "ShowOpenFormButton": True,
            "MapIdentification": True,
            "AllowAddFeatures": False,
            "ReadOnly": False,
            "FetchLimitActive": True,
            "FetchLimitNumber": 100,
        },
    )

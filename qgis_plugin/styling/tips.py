"""What a feature is called in lists, and what appears when the mouse rests on it."""

from __future__ import annotations

from html import escape

from qgis.core import QgsExpression

from ...layers.model import Layer

MOST_ROWS = 8
NOT_SHOWN = ("json", "reference")


def display_expression(declared: Layer) -> str:
    """An expression that names a feature: its label, else the beginning of its identity."""
    short = 'left("uid", 8)'
    names = [f.id for f in declared.fields]
    if not declared.label:
        return short
    label = QgsExpression.quotedColumnRef(declared.label) if declared.label in names else f"({declared.label})"
    return f"coalesce(nullif(to_string({label}), ''), {short})"


def map_tip(declared: Layer, language: str) -> str:
    """The map tip as HTML: the layer, the feature, and the declared ``tip`` fields (else its first own ones)."""
    chosen = declared.style.get("tip") or [
        f.id for f in declared.fields if f.id != "uid" and f.type not in NOT_SHOWN and not f.personal
    ]
    rows = "".join(
        _row(declared, field_id.replace("{language}", language), language) for field_id in chosen[:MOST_ROWS]
    )
    title = f"{escape(declared.name[language])} · [% {_safe(display_expression(declared))} %]"
    return (
        f'<div style="font-family:sans-serif;font-size:10pt"><b>{title}</b>'
        f'<table cellpadding="2" style="color:#333">{rows}</table></div>'
    )


def _row(declared: Layer, field_id: str, language: str) -> str:
    field = declared.find(field_id)
    unit = f" {escape(field.unit)}" if field.unit else ""
    shown = _safe(f"coalesce(represent_value({QgsExpression.quotedColumnRef(field_id)}), '–')")
    return f'<tr><td style="color:#777">{escape(field.name[language])}</td><td>[% {shown} %]{unit}</td></tr>'


def _safe(expression: str) -> str:
    """``expression`` with its result made harmless in HTML: the data are not ours."""
    return f"replace(replace({expression}, '&', '&amp;'), '<', '&lt;')"

"""The renderer of a declared layer: one symbol, a class per value of a domain, or a class per rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsNullSymbolRenderer,
    QgsRendererCategory,
    QgsRuleBasedRenderer,
    QgsSingleSymbolRenderer,
    QgsSymbol,
)

from ...layers import catalogue
from ...layers.messages import sentence
from ...layers.model import Domain, Layer, Text
from .symbols import GREY, symbol

OTHERS = "other"  # what a class without a value of its own is called in file names


def renderer(declared: Layer, language: str) -> QgsFeatureRenderer:
    """What draws ``declared``; its classes are named in ``language``.

    Raises :class:`InputError` where the declaration's ``[style]`` is wrong.
    """
    style = declared.style
    if not declared.is_spatial:
        return QgsNullSymbolRenderer()
    if "rule" in style:
        return _rules(declared, language)
    if "by" in style:
        return _classes(declared, language)
    made = QgsSingleSymbolRenderer(_symbol(declared, style.get("symbol", ())))
    made.setUsingSymbolLevels(bool(style.get("crossings")))
    return made


def words(domain: Domain, value: str, language: str) -> str:
    """How a value of ``domain`` is shown: its words, after the code where planners speak in codes (open lists)."""
    text = domain.values[value][language]
    return text if domain.closed else f"{value} – {text}"


def _symbol(declared: Layer, styles: Iterable[Mapping[str, Any]], of_class: str = "", value: str = OTHERS) -> QgsSymbol:
    crossings = bool(declared.style.get("crossings"))
    return symbol(declared.geometry, list(styles), of_class, value, crossings=crossings)


def _classes(declared: Layer, language: str) -> QgsCategorizedSymbolRenderer:
    style = declared.style
    domain = catalogue.domains()[declared.find(style["by"]).domain]
    colours = {**domain.colours, **style.get("colours", {})}
    own = {item["value"]: item["symbol"] for item in style.get("class", ())}
    base = style.get("symbol", ())
    made = QgsCategorizedSymbolRenderer(style["by"])
    for value in domain.values:
        drawn = _symbol(declared, own.get(value, base), colours.get(value, GREY), value)
        made.addCategory(QgsRendererCategory(value, drawn, words(domain, value, language)))
    made.addCategory(QgsRendererCategory(None, _symbol(declared, base, GREY), sentence("style.others", language)))
    made.setUsingSymbolLevels(bool(style.get("crossings")))
    return made


def _rules(declared: Layer, language: str) -> QgsRuleBasedRenderer:
    root = QgsRuleBasedRenderer.Rule(None)
    for item in declared.style["rule"]:
        drawn = _symbol(declared, item.get("symbol", declared.style.get("symbol", ())), item.get("colour", ""))
        rule = QgsRuleBasedRenderer.Rule(drawn, label=Text(**item["name"])[language])
        where = item.get("where", "")
        if where:
            rule.setFilterExpression(where)
        else:
            rule.setIsElse(True)
        rule.setMinimumScale(float(item.get("visible_to", 0)))
        rule.setMaximumScale(float(item.get("visible_from", 0)))
        root.appendChild(rule)
    made = QgsRuleBasedRenderer(root)
    made.setUsingSymbolLevels(bool(declared.style.get("crossings")))
    return made

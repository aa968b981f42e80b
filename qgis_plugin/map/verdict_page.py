"""Verdicts of one feature as a page of rich text; words from messages and catalogue, colours from its domains."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ...layers import catalogue
from ...layers.messages import number
from ..language import language, tr

VERIFIED = "verified"
_ORDER = ("fail", "not_checkable", "pass", "not_applicable")
_CARD = (
    '<table width="100%" cellspacing="0" cellpadding="6" style="margin-bottom:8px"><tr>'
    '<td width="5" bgcolor="{colour}"></td><td bgcolor="#f6f6f4">{inside}</td></tr></table>'
)
_ROW = '<tr><td style="color:#666;padding-right:10px">{name}</td><td>{value}</td></tr>'


def page(title: str, verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The page: failures first, then what could not be checked, passes, and what does not apply."""
    if not verdicts:
        return f"<h3>{escape(title)}</h3><p>{escape(tr('plugin.explain.no_verdict'))}</p>"
    ordered = sorted(verdicts, key=lambda verdict: _ORDER.index(verdict["outcome"]))
    return f"<h3>{escape(title)}</h3>" + "".join(_card(verdict) for verdict in ordered)


def note(text: str) -> str:
    """A page of one sentence."""
    return f'<p style="color:#555">{escape(text)}</p>'


def _card(verdict: Mapping[str, Any]) -> str:
    outcomes = catalogue.domains()["outcome"]
    colour = outcomes.colours.get(verdict["outcome"], "#999999")
    head = f'<b style="color:{colour}">{escape(outcomes.values[verdict["outcome"]][language()])}</b>'
    name = str(verdict.get("title") or verdict.get("rule_title") or verdict["rule"])
    if isinstance(verdict.get("title"), Mapping):
        name = str(verdict["title"][language()])
    words = str(verdict.get(f"message_{language()}") or "")
    rows = "".join(_ROW.format(name=escape(key), value=value) for key, value in _facts(verdict))
    inside = f"{head}&nbsp; <b>{escape(name)}</b>{_unverified(verdict)}<br>{escape(words)}<table>{rows}</table>"
    return _CARD.format(colour=colour, inside=inside)


def _unverified(verdict: Mapping[str, Any]) -> str:
    """The mark of a rule whose numbers nobody has checked against the law's own text."""
    if verdict.get("rule_status") in (VERIFIED, None, ""):
        return ""
    return f' <i style="color:#b36b00">({escape(tr("plugin.explain.unverified"))})</i>'


def _facts(verdict: Mapping[str, Any]) -> list[tuple[str, str]]:
    unit = str(verdict.get("unit") or "")
    facts: list[tuple[str, str]] = []
    for word, key in (("measured", "measured"), ("limit", "limit_value"), ("margin", "margin")):
        if isinstance(verdict.get(key), (int, float)):
            value = f"{number(float(verdict[key]), language())} {unit}".strip()
            facts.append((tr(f"plugin.explain.{word}"), escape(value)))
    for word in ("how", "missing"):
        told = _told(verdict.get(word))
        if told:
            facts.append((tr(f"plugin.explain.{word}"), escape(told)))
    if verdict.get("source"):
        facts.append((tr("plugin.explain.source"), escape(str(verdict["source"]))))
    return facts


def _told(value: Any) -> str:
    """What a finding keeps as JSON, in words: its sentence if it has one, else its entries."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = json.loads(value)
    if isinstance(value, Mapping):
        if isinstance(value.get(language()), str):
            return str(value[language()])
        entries = ((key, _told(item)) for key, item in value.items())
        return "; ".join(f"{key}: {item}" for key, item in entries if item)
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, (_told(item) for item in value)))
    if isinstance(value, float):
        return number(value, language())
    return "" if value is None else str(value)

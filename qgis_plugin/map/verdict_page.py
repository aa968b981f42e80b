"""Verdicts of one feature as a page of rich text; words from messages and catalogue, colours from its domains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ...layers import catalogue
from ...layers.messages import has, number
from ..language import language, tr
from .rule_titles import rule_title

_ORDER = ("fail", "not_checkable", "pass")
_CARD = (
    '<table width="100%" cellspacing="0" cellpadding="6" style="margin-bottom:8px"><tr>'
    '<td width="4" bgcolor="{colour}"></td><td bgcolor="#f6f6f4">{inside}</td></tr></table>'
)
_ROW = '<tr><td style="color:#666666;padding-right:10px">{name}</td><td>{value}</td></tr>'


def page(title: str, verdicts: Sequence[Mapping[str, Any]], data: str = "") -> str:
    """The page: failures first, then what could not be checked, then passes; last, what does not apply and why."""
    head = f"<h3>{escape(title)}</h3>"
    if not verdicts:
        return head + note(tr("plugin.explain.no_verdict"))
    judged = sorted((v for v in verdicts if v["outcome"] in _ORDER), key=lambda v: _ORDER.index(v["outcome"]))
    rest = [v for v in verdicts if v["outcome"] not in _ORDER]
    return head + "".join(_card(verdict, data) for verdict in judged) + _not_applicable(rest)


def note(text: str) -> str:
    """A page of one sentence."""
    return f'<p style="color:#555555">{escape(text)}</p>'


def _words(verdict: Mapping[str, Any]) -> str:
    return str(verdict.get(f"message_{language()}") or "")


def _not_applicable(verdicts: Sequence[Mapping[str, Any]]) -> str:
    if not verdicts:
        return ""
    name = catalogue.domains()["outcome"].values["not_applicable"][language()]
    lines = "".join(f"<li>{escape(_words(verdict))}</li>" for verdict in verdicts)
    return f'<p style="color:#777777"><b>{escape(name)}: {len(verdicts)}</b></p><ul style="color:#777777">{lines}</ul>'


def _card(verdict: Mapping[str, Any], data: str) -> str:
    outcomes = catalogue.domains()["outcome"]
    colour = outcomes.colours.get(verdict["outcome"], "#999999")
    outcome = escape(outcomes.values[verdict["outcome"]][language()])
    head = f'<b style="color:{colour}">{outcome}</b> · <b>{escape(rule_title(verdict["rule"], data))}</b>'
    rows = "".join(_ROW.format(name=escape(name), value=escape(value)) for name, value in _facts(verdict))
    return _CARD.format(
        colour=colour, inside=f"{head}<br>{escape(_words(verdict))}<table>{rows}</table>{_mark(verdict)}"
    )


def _mark(verdict: Mapping[str, Any]) -> str:
    """Where the rule's numbers come from, and the mark of those nobody compared with the law's own text."""
    code = f"zoning.status.{verdict.get('rule_status')}"
    if not has(code) or tr(code) in _words(verdict):
        return ""
    return f'<i style="color:#9a5b00">{escape(tr(code))}</i>'


def _facts(verdict: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    unit = str(verdict.get("unit") or "")
    unit = tr(f"plugin.explain.unit.{unit}") if has(f"plugin.explain.unit.{unit}") else unit
    for word, key in (("measured", "measured"), ("limit", "limit_value"), ("margin", "margin")):
        if isinstance(verdict.get(key), (int, float)):
            yield tr(f"plugin.explain.{word}"), f"{number(float(verdict[key]), language())} {unit}".strip()
    how = verdict.get("how") or {}
    found = _limit(how.get("limit") or {})
    if found:
        yield tr("plugin.explain.how"), found
    inputs = "; ".join(_inputs(how.get("inputs") or {}))
    if inputs:
        yield tr("plugin.explain.inputs"), inputs
    if verdict.get("missing"):
        yield tr("plugin.explain.missing"), ", ".join(tr(f"zoning.missing.{one}") for one in verdict["missing"])
    if verdict.get("source"):
        yield tr("plugin.explain.source"), str(verdict["source"])


def _limit(how: Mapping[str, Any]) -> str:
    """``Bảng 2.8, nội suy: diện tích lô 100 (39 %), 200 (61 %)``: the entries used and their weights, or the cell."""
    if "constant" in how:
        return tr("plugin.explain.constant")
    if "cell" in how:
        entries = "; ".join(_class(name, bounds) for name, bounds in how["cell"].items())
    else:
        entries = "; ".join(_row(entry) for entry in (*how.get("rows", ()), *how.get("columns", ())))
    lookup = f"plugin.explain.lookup_{how.get('lookup')}"
    return ", ".join(filter(None, (str(how.get("table") or ""), tr(lookup) if has(lookup) else ""))) + (
        f": {entries}" if entries else ""
    )


def _class(name: str, bounds: Sequence[float | None]) -> str:
    """``chiều cao (m) từ 19 đến dưới 22``; the last class has no end."""
    start, end = bounds
    code = "plugin.explain.class_open" if end is None else "plugin.explain.class"
    return tr(code, name=_input_name(name), start=start, end=end)


def _row(row: Mapping[str, Any]) -> str:
    place = ", ".join(f"{_input_name(name)} {_value(value)}" for name, value in row.items() if name != "weight")
    weight = row.get("weight")
    return f"{place} ({number(100.0 * weight, language(), 0)} %)" if isinstance(weight, float) and weight < 1 else place


def _inputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    for name, value in inputs.items():
        if isinstance(value, (int, float)) and has(f"plugin.explain.input.{name}"):
            yield f"{_input_name(name)} {_value(value)}"


def _input_name(name: str) -> str:
    """``plot_area_above`` is the open end of a table."""
    code = f"plugin.explain.input.{name.removesuffix('_above')}"
    words = tr(code) if has(code) else name
    return f"{words} >" if name.endswith("_above") else words


def _value(value: Any) -> str:
    return number(value, language()) if isinstance(value, (int, float)) else str(value)

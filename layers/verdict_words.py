"""A verdict in words, for the panel in QGIS and for printed reports alike: value, limit, how found, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import catalogue
from .messages import has, number, sentence


def facts(verdict: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """Name and value of all that the verdict rests on, in the order of reading.

    ``verdict`` is a finding with its JSON read: ``measured``, ``limit_value``, ``margin``, ``unit``, ``how``,
    ``missing``, ``source``.
    """
    for word, key in (("measured", "measured"), ("limit", "limit_value"), ("margin", "margin")):
        if isinstance(verdict.get(key), (int, float)):
            yield _word(word, language), quantity(verdict[key], str(verdict.get("unit") or ""), language)
    how = verdict.get("how") or {}
    found = _limit(how.get("limit") or {}, language)
    if found:
        yield _word("how", language), found
    if has(f"zoning.level.{how.get('level')}"):
        yield _word("level", language), sentence(f"zoning.level.{how['level']}", language)
    others = "; ".join(_other(other, str(verdict.get("unit") or ""), language) for other in how.get("others") or ())
    if others:
        yield _word("other_rules", language), others
    inputs = "; ".join(_inputs(how.get("inputs") or {}, language))
    if inputs:
        yield _word("inputs", language), inputs
    if verdict.get("missing"):
        yield (
            _word("missing", language),
            ", ".join(missing(one, language) for one in verdict["missing"]),
        )
    if verdict.get("source"):
        yield _word("source", language), str(verdict["source"])


def missing(code: str, language: str) -> str:
    """What a verdict lacks, in words: ``layer.<id>`` is a layer that the data set has not, else a message's code."""
    kind, _, layer_id = code.partition(".")
    if kind == "layer" and layer_id in catalogue.ids():
        return sentence("zoning.missing_layer", language, layer=catalogue.layer(layer_id).name[language])
    return sentence(f"zoning.missing.{code}", language)


def mark(verdict: Mapping[str, Any], language: str) -> str:
    """Where the rule's numbers come from, or the mark of those nobody compared with the law's own text; may be empty.

    Empty too where the verdict's sentence says it already.
    """
    code = f"zoning.status.{verdict.get('rule_status')}"
    words = sentence(code, language) if has(code) else ""
    return "" if words in str(verdict.get(f"message_{language}") or "") else words


def quantity(value: float, unit: str, language: str) -> str:
    """``67,86 %``, ``1.234 m²``."""
    code = f"plugin.explain.unit.{unit}"
    return f"{number(float(value), language)} {sentence(code, language) if has(code) else unit}".strip()


def _other(other: Mapping[str, Any], unit: str, language: str) -> str:
    """``70 % (Quy hoạch phân khu: Đồ án quy hoạch được duyệt)``: what another rule allows, and which."""
    limit = other.get("limit")
    value = quantity(limit, unit, language) if isinstance(limit, (int, float)) else "–"
    level = f"zoning.level.{other.get('level')}"
    words = (sentence(level, language) if has(level) else "", str(other.get("source") or other.get("rule") or ""))
    return f"{value} ({': '.join(filter(None, words))})"


def _word(key: str, language: str, **arguments: Any) -> str:
    return sentence(f"plugin.explain.{key}", language, **arguments)


def _limit(how: Mapping[str, Any], language: str) -> str:
    """``Bảng 2.8, nội suy: diện tích lô 100 (39 %), 200 (61 %)``: the entries used and their weights, or the cell."""
    if "constant" in how:
        return _word("constant", language)
    if "cell" in how:
        entries = "; ".join(_class(name, bounds, language) for name, bounds in how["cell"].items())
    else:
        entries = "; ".join(_row(entry, language) for entry in (*how.get("rows", ()), *how.get("columns", ())))
    lookup = f"lookup_{how.get('lookup')}"
    told = _word(lookup, language) if has(f"plugin.explain.{lookup}") else ""
    return ", ".join(filter(None, (str(how.get("table") or ""), told))) + (f": {entries}" if entries else "")


def _class(name: str, bounds: Sequence[float | None], language: str) -> str:
    """``chiều cao (m) từ 19 đến dưới 22``; the last class has no end."""
    start, end = bounds
    key = "class_open" if end is None else "class"
    return _word(key, language, name=_input_name(name, language), start=start, end=end)


def _row(row: Mapping[str, Any], language: str) -> str:
    place = ", ".join(
        f"{_input_name(name, language)} {_value(value, language)}" for name, value in row.items() if name != "weight"
    )
    weight = row.get("weight")
    if not isinstance(weight, float) or weight >= 1:
        return place
    return f"{place} ({number(100.0 * weight, language, 0)} %)"


def _inputs(inputs: Mapping[str, Any], language: str) -> Iterator[str]:
    for name, value in inputs.items():
        if isinstance(value, (int, float)) and has(f"plugin.explain.input.{name}"):
            yield f"{_input_name(name, language)} {_value(value, language)}"


def _input_name(name: str, language: str) -> str:
    """``plot_area_above`` is the open end of a table."""
    plain = name.removesuffix("_above")
    words = _word(f"input.{plain}", language) if has(f"plugin.explain.input.{plain}") else name
    return f"{words} >" if name.endswith("_above") else words


def _value(value: Any, language: str) -> str:
    return number(value, language) if isinstance(value, (int, float)) else str(value)

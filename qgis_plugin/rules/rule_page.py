"""One rule as a page to read: source, validity, conditions and exceptions in words, limit, its worked examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..language import language, tr
from . import rule_words
from .rule_words import Words

_ROW = '<tr><td style="color:#666666;padding-right:10px;white-space:nowrap">{name}</td><td>{value}</td></tr>'
_MARK = '<i style="color:#9a5b00">{text}</i>'
_GOOD, _BAD = "#2e7d32", "#c62828"


def page(
    values: Mapping[str, Any], entry: Mapping[str, Any], examples: Sequence[Mapping[str, Any]], words: Words
) -> str:
    """The page of the rule ``values``; ``entry`` is its line as the engine told it."""
    title = escape(str((values.get("title") or {}).get(language(), entry.get("rule", ""))))
    rows = [
        ("level", rule_words.level(str(values.get("level", entry.get("level", ""))))),
        ("mode", tr(f"plugin.rules.mode.{values['mode']}") if "mode" in values else ""),
        ("source", _citation(values.get("source") or {})),
        ("permitted_by", _citation(values.get("permitted_by") or {})),
        ("status", _status(str(values.get("status", "")))),
        ("valid", _valid(values.get("valid"))),
        ("measure", f"{words.measure} · {rule_words.layer(str((values.get('applies_to') or {}).get('layer', '')))}"),
        ("conditions", _list(words.conditions(values.get("applies_to") or {})) or tr("plugin.rules.always")),
        ("except", _list(_exceptions(values.get("except") or (), words))),
        ("limit", escape(words.limit(values))),
        ("limit.surely", escape(words.surely(values))),
        ("tolerance", words.quantity(values.get("tolerance", 0))),
        ("severity", rule_words.domain("severity", str(values.get("severity", "")))),
        ("id", tr("plugin.explain.edition", rule=values.get("id", ""), version=values.get("version", ""))),
    ]
    told = "".join(_ROW.format(name=tr(f"plugin.rules.field.{name}"), value=value) for name, value in rows if value)
    return f"<h3>{title}</h3><table cellspacing='3'>{told}</table>{_examples(values, examples, words)}"


def _citation(source: Mapping[str, Any]) -> str:
    told = escape(", ".join(str(source[part]) for part in ("document", "clause", "table") if source.get(part)))
    address = str(source.get("address", ""))
    if address.startswith(("http://", "https://")):
        return f'{told} · <a href="{escape(address, quote=True)}">{escape(address)}</a>'
    return told


def _status(code: str) -> str:
    text = escape(rule_words.status(code))
    return _MARK.format(text=text) if rule_words.mark(code) else text


def _valid(days: Mapping[str, Any] | None) -> str:
    told = rule_words.valid(days)
    transition = (days or {}).get("transition", "none")
    return f"{told}; {tr(f'plugin.rules.transition.{transition}')}" if transition != "none" else told


def _list(lines: Sequence[str]) -> str:
    return "<br>".join(escape(line) for line in lines)


def _exceptions(exceptions: Sequence[Mapping[str, Any]], words: Words) -> list[str]:
    told = []
    for one in exceptions:
        when = words.conditions(one)
        if one.get("rule"):
            when.append(tr("plugin.rules.other_applies", rule=one["rule"]))
        then = tr(f"plugin.rules.then.{one['then']}")
        told.append(f"{'; '.join(when)} → {then} ({one['clause']})")
    return told


def _examples(values: Mapping[str, Any], examples: Sequence[Mapping[str, Any]], words: Words) -> str:
    lines = []
    for number, case in enumerate(values.get("case") or ()):
        answer = examples[number] if number < len(examples) else None
        mark = "…" if answer is None else "✓" if answer["holds"] else "✗"
        colour = "#777777" if answer is None else _GOOD if answer["holds"] else _BAD
        told = escape(f"{words.given(case.get('given', {}))} → {expected(case.get('expect', {}), words)}")
        wrong = ""
        if answer is not None and not answer["holds"]:
            got = expected({key: answer["got"][key] for key in answer["wrong"]}, words)
            wrong = f' <span style="color:{_BAD}">{escape(tr("plugin.rules.came_out", got=got))}</span>'
        lines.append(f'<tr><td style="color:{colour}"><b>{mark}</b>&nbsp;{number + 1}.</td><td>{told}{wrong}</td></tr>')
    return f"<p><b>{tr('plugin.rules.tab_examples')}</b></p><table cellspacing='3'>{''.join(lines)}</table>"


def expected(expect: Mapping[str, Any], words: Words) -> str:
    """What should come out of an example, in words."""
    told = []
    for key, value in expect.items():
        if key == "outcome":
            told.append(rule_words.domain("outcome", str(value)))
        else:
            told.append(
                f"{tr(f'plugin.rules.expect.{key}').lower()} {words.quantity(value) if value is not None else '–'}"
            )
    return ", ".join(told)

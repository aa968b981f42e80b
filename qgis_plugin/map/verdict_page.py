"""Verdicts of one feature as a page of rich text; words from messages and catalogue, colours from its domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ...engine.contract import zoning_report
from ...layers import catalogue, verdict_words
from ..language import language, tr
from .rule_titles import rule_title

PAPER = "document"  # scheme of links that make a document: the algorithm is the path
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


def finding_page(title: str, finding: Mapping[str, Any], data: str = "") -> str:
    """The page of one finding of a run: as a verdict, with the rule's id and edition and the feature's identifier."""
    rows = "".join(
        _ROW.format(name=escape(tr(f"plugin.explain.{name}")), value=escape(str(value)))
        for name, value in (
            ("level", _level((finding.get("how") or {}).get("level"))),
            ("rule_id", _edition(finding)),
            ("feature_uid", finding.get("feature_uid")),
        )
        if value
    )
    ids = f'<table style="color:#777777">{rows}</table>'
    return f"<h3>{escape(title)}</h3>{_card(finding, data)}{ids}"


def _level(code: Any) -> str:
    """Which level's limit won: ``provincial`` → *Quy định của tỉnh*; empty where the run does not say."""
    return tr(f"zoning.level.{code}") if code else ""


def _edition(finding: Mapping[str, Any]) -> str:
    version = finding.get("rule_version")
    return tr("plugin.explain.edition", rule=finding["rule"], version=version) if version else str(finding["rule"])


def papers() -> str:
    """Links to the documents that can be made of what is shown."""
    made = (
        f'<a href="{PAPER}:{job.algorithm}">{escape(tr(f"job.{job.id}.title"))}…</a>'
        for job in (zoning_report.REPORT, zoning_report.PLAN_INFO)
    )
    return f"<p>{' · '.join(made)}</p>"


def drawn_mark() -> str:
    """Above a verdict on what is not in the file yet."""
    told, help_ = escape(tr("plugin.explain.drawn")), escape(tr("plugin.explain.drawn_help"))
    return f'<p><b style="color:#9a5b00">✎ {told}</b><br><span style="color:#555555">{help_}</span></p>'


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
    rows = "".join(
        _ROW.format(name=escape(name), value=escape(value)) for name, value in verdict_words.facts(verdict, language())
    )
    return _CARD.format(
        colour=colour, inside=f"{head}<br>{escape(_words(verdict))}<table>{rows}</table>{_mark(verdict)}"
    )


def _mark(verdict: Mapping[str, Any]) -> str:
    told = verdict_words.mark(verdict, language())
    return f'<i style="color:#9a5b00">{escape(told)}</i>' if told else ""

"""One alert as a page: what it is and why, area with interval, licence, proposal, and how sure all that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from ...layers import catalogue
from ...layers.messages import number
from ..language import language, tr
from . import words
from .alerts import Details, Run

_TOPICS = "case.dossier."  # the dossier says the same of the surroundings
_ROW = '<tr><td style="color:#666666;padding-right:12px" valign="top">{name}</td><td>{value}</td></tr>'
_BOX = (
    '<table width="100%" cellspacing="0" cellpadding="6" style="margin-top:6px"><tr><td width="4" bgcolor="{colour}">'
    '</td><td bgcolor="{paper}">{inside}</td></tr></table>'
)
_AMBER, _AMBER_PAPER, _RED, _RED_PAPER = "#c77700", "#fdf3e3", "#b3261e", "#fbeae9"


def alert_page(read: Details, run: Run, case: str = "") -> str:
    """The page of an alert of ``run``; ``case`` is the code of the case it is in."""
    alert = read.alert
    kind = str(alert["change_class"] or "unknown")
    title = f'<span style="color:{words.colour("change_class", kind)}">■</span> {escape(words.kind(kind))}'
    named = escape(" · ".join(one for one in (str(alert["code"]), case) if one))
    parts = [f'<h3 style="margin-bottom:0">{title}</h3><p style="margin-top:0;color:#666666">{named}</p>']
    if run.simulated:
        parts.append(box(_RED, _RED_PAPER, f"<b>{escape(tr('plugin.surveillance.simulated'))}</b>"))
    parts.append(f"<p>{escape(str(alert.get(f'reason_{language()}') or alert.get('reason_vi') or ''))}</p>")
    parts.append(table(_facts(alert)))
    parts.append(_proposal(alert["law"]))
    around = list(_around(alert["surroundings"]))
    if around:
        lines = "<br>".join(escape(one) for one in around)
        parts.append(f"<p><b>{escape(tr('plugin.surveillance.around'))}</b><br>{lines}</p>")
    parts.append(f'<p style="color:#666666">{escape(told_accuracy(run))}</p>')
    return "".join(parts)


def _facts(alert: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Pairs of a name and what is known, in the order an inspector asks."""

    def name(code: str) -> str:
        return tr(f"plugin.surveillance.fact.{code}")

    yield name("area"), interval(alert, "area")
    yield from boundary(alert)
    if alert["expired_code"]:
        yield name("expired"), str(alert["expired_code"])
    yield name("dates"), words.days(str(alert["date_before"] or ""), str(alert["date_after"] or ""))
    if alert["series_state"]:
        seen = tr(
            "plugin.surveillance.seen", count=alert["observations"] or 0, since=words.day(str(alert["first_on"] or ""))
        )
        yield name("series"), f"{words.word('series_state', str(alert['series_state']))}; {seen}"
    yield (
        name("confidence"),
        tr(
            "plugin.surveillance.confidences",
            change=words.percent(float(alert["confidence"] or 0.0)),
            kind=words.percent(float(alert["class_confidence"] or 0.0)),
        ),
    )
    yield name("method"), str(alert["method"] or "–")


def boundary(row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """How an alert or case lies to the licences: relation, distance or what is outside, and the licence's state."""
    relation = words.relation(str(row["relation"] or "none"))
    if row["relation"] == "outside" and row["distance_m"] is not None:
        metres = number(float(row["distance_m"]), language(), 0)
        relation += tr("plugin.surveillance.away", metres=metres, licence=row["concession_code"] or "–")
    yield tr("plugin.surveillance.fact.relation"), relation
    if row["relation"] == "straddling" and row["outside_m2"]:
        yield tr("plugin.surveillance.fact.outside"), interval(row, "outside")
    if row["relation"] in ("inside", "straddling", "tolerance") and row["concession_code"]:
        state = words.word("licence_state", str(row["licence_state"] or "none"))
        yield tr("plugin.surveillance.fact.licence"), f"{row['concession_code']} ({state.lower()})"


def interval(row: Mapping[str, Any], what: str) -> str:
    """``2,95 ha (2,57 đến 3,35 ha)``: an area with the interval of its edges, where there is one."""
    value = f"{words.hectares(float(row[f'{what}_m2']))} ha"
    low, high = row[f"{what}_low_m2"], row[f"{what}_high_m2"]
    if low is None or high is None:
        return value
    return tr(
        "plugin.surveillance.interval", value=value,
        low=words.hectares(float(low)), high=words.hectares(float(high)),
    )  # fmt: skip


def _proposal(law: Mapping[str, Any] | None) -> str:
    if not law:
        return box(_AMBER, _AMBER_PAPER, escape(tr("plugin.surveillance.no_proposal")))
    told = [str(law[one]) if law.get(one) else tr("case.dossier.law_no_band") for one in ("least", "likely", "most")]
    text = (
        told[1] if len(set(told)) == 1 else tr("plugin.surveillance.bands", least=told[0], likely=told[1], most=told[2])
    )
    lines = [f"<b>{escape(tr('plugin.surveillance.proposal'))}</b> {escape(text)}"]
    lines.append(escape(tr("plugin.surveillance.proposal_source", table=law["table"], status=_status(law))))
    if not law.get("contiguous", True):
        lines.append(escape(tr("case.dossier.law_apart")))
    return box(_AMBER, _AMBER_PAPER, "<br>".join(lines))


def _status(law: Mapping[str, Any]) -> str:
    return tr(f"case.law_status.{law['status']}").lower()


def _around(told: Mapping[str, Any] | None) -> Iterable[str]:
    """A line for each topic of the surroundings, in the dossier's words."""
    for topic, what in (told or {}).items():
        name = tr(f"{_TOPICS}topic_{topic}")
        names = ", ".join(str(one) for one in what.get("names", ())) or "–"
        if what["state"] == "missing":
            layer = catalogue.layer(what["layer"]).name[language()]
            yield tr(f"{_TOPICS}around_missing", topic=name, layer=layer)
        elif "length_m" in what:
            metres = number(float(what["length_m"]), language(), 0)
            yield tr(f"{_TOPICS}around_length", topic=name, metres=metres, names=names)
        elif "area_m2" in what:
            area = f"{words.hectares(float(what['area_m2']))} ha"
            yield tr(f"{_TOPICS}around_area", topic=name, area=area, names=names)
        elif what.get("distance_m") is not None:
            metres = number(float(what["distance_m"]), language(), 0)
            yield tr(f"{_TOPICS}around_distance", topic=name, metres=metres)
        else:
            yield tr(f"{_TOPICS}around_clear", topic=name)


def told_accuracy(run: Run) -> str:
    """How right the run is, as far as anybody has looked."""
    told = run.accuracy
    if told is None:
        return tr("plugin.surveillance.accuracy_unknown")
    if "unreadable" in told:
        return tr("plugin.surveillance.accuracy_unreadable", file=told["unreadable"])
    return tr(
        "plugin.surveillance.accuracy",
        value=number(told["value"], language(), 1),
        half=number(told["half"], language(), 1),
        count=number(told["count"], language(), 0),
    )


def table(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with what is known of them, one a line."""
    rows = "".join(_ROW.format(name=escape(name), value=escape(value)) for name, value in pairs)
    return f"<table>{rows}</table>"


def box(colour: str, paper: str, inside: str) -> str:
    """``inside`` (rich text) on ``paper`` with a bar of ``colour`` before it."""
    return _BOX.format(colour=colour, paper=paper, inside=f'<span style="color:#222222">{inside}</span>')

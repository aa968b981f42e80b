"""One case as a page: where it stands, why, what happened to it in order, and the evidence with its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QDateTime, Qt, QUrl

from ..language import language, tr
from . import words
from .card import boundary, box, interval, table
from .cases import CaseFile, CaseRow

_RED, _RED_PAPER = "#b3261e", "#fbeae9"


def case_page(read: CaseFile, row: CaseRow, folder: Path) -> str:
    """The page of a case; ``folder`` holds the files of its evidence."""
    case = read.case
    colour = words.colour("case_status", row.status)
    head = (
        f'<h3 style="margin-bottom:0">{escape(row.code)} · {escape(words.kind(row.change_class))}</h3>'
        f'<p style="margin-top:0"><span style="color:{colour}">■</span> {escape(words.state(row.status))}</p>'
    )
    parts = [head]
    if row.simulated:
        parts.append(box(_RED, _RED_PAPER, f"<b>{escape(tr('plugin.surveillance.simulated'))}</b>"))
    reason = read.sighting.get(f"reason_{language()}") or read.sighting.get("reason_vi") or ""
    parts.append(f"<p>{escape(str(reason))}</p>")
    parts.append(table(_facts(case, row)))
    parts.append(f"<p><b>{escape(tr('plugin.surveillance.history'))}</b></p>")
    parts.append("<br>".join(_event(one) for one in reversed(read.events)))
    parts.append(f"<p><b>{escape(tr('plugin.surveillance.evidence'))}</b></p>")
    lines = [_evidence(one, folder) for one in read.evidence]
    parts.append("<br>".join(lines) or escape(tr("plugin.surveillance.no_evidence")))
    return "".join(parts)


def _facts(case: Mapping[str, Any], row: CaseRow) -> Iterable[tuple[str, str]]:
    def name(code: str) -> str:
        return tr(f"plugin.surveillance.fact.{code}")

    yield name("area"), interval(case, "area")
    if row.growth_m2 > 0:
        yield name("growth"), f"{words.hectares(row.growth_m2)} ha"
    yield from boundary(case)
    yield name("first"), words.day(str(case["first_seen"] or ""))
    yield name("last"), words.day(str(case["last_seen"] or ""))
    yield name("sightings"), str(row.sightings)
    yield name("assignee"), row.assignee or "–"
    yield name("decision"), str(case["decision_no"] or "–")


def moment(stored: Any) -> str:
    """A moment as the file keeps it (UTC) in the machine's time."""
    read = QDateTime.fromString(str(stored)[:19].replace(" ", "T"), Qt.DateFormat.ISODate)
    read.setTimeSpec(Qt.TimeSpec.UTC)
    shown = "dd/MM/yyyy HH:mm" if language() == "vi" else "yyyy-MM-dd HH:mm"
    return str(read.toLocalTime().toString(shown)) if read.isValid() else str(stored)


def _event(one: Mapping[str, Any]) -> str:
    what = words.word("case_event_kind", str(one["kind"]))
    if one["kind"] == "status" and one["status"]:
        what = words.state(str(one["status"]))
    if one["grown_m2"]:
        grown = tr("plugin.surveillance.event_grown", area=words.hectares(float(one["grown_m2"])))
        what = f"{what}, {grown}"
    line = escape(tr("plugin.surveillance.event_line", at=moment(one["at"]), what=what))
    if one["text"]:
        line += f": <i>{escape(str(one['text']))}</i>"
    if one["author"]:
        author = escape(tr("plugin.surveillance.by", author=str(one["author"])))
        line += f' <span style="color:#777777">{author}</span>'
    return line


def _evidence(one: Mapping[str, Any], folder: Path) -> str:
    kind = escape(words.word("evidence_kind", str(one["kind"])))
    line = f"{escape(moment(one['added_at']))} · {kind}"
    if one["file"]:
        link = QUrl.fromLocalFile(str(folder / Path(str(one["file"])).name)).toString()
        line += f': <a href="{escape(link)}">{escape(str(one["original_name"] or one["file"]))}</a>'
    if one["note"]:
        line += f" <i>{escape(str(one['note']))}</i>"
    return line

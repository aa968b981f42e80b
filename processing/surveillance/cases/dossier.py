"""The dossier of one or several cases of one event, as blocks that PDF and HTML are written from.

It proposes and concludes nothing. It holds all that is needed to check and to repeat it, and no personal data but the
name of who looks after the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ....layers import catalogue
from ....layers.messages import has, number, sentence
from ...documents.blocks import Block, Bullets, Frame, Heading, Paragraph, Picture, Section, Table
from ...documents.blocks import Facts as Pairs
from ...documents.chart import Line, Moment, line_chart
from ...documents.drawing import Drawing
from .case_map import WIDTH, chip_view, chips, licence_map
from .dossier_facts import TOLERANCE_M, CaseFile, Facts
from .dossier_field import evidence, history
from .dossier_law import around, law, licence
from .dossier_method import method
from .dossier_words import day_of, field_name, hectares, interval, or_none, place, relation, say, word


def frame(facts: Facts, heading: str, language: str) -> Frame:
    """What stands on every page: the name, that it concludes nothing, where it comes from."""
    codes = ", ".join(str(one.case["code"]) for one in facts.files)
    engines = sorted({str(run["engine"]) for run in facts.runs})
    title = heading or say("title", language, cases=codes)
    return Frame(
        title=title,
        running=say("running", language, title=title),
        footer=(
            say("footer_proposal", language),
            say("footer_made", language, data=facts.data.name, engine=", ".join(engines) or "–"),
        ),
        page=say("page", language),
        language=language,
        banner=say("banner", language) if facts.simulated else "",
    )


def sections(facts: Facts, heading: str, language: str) -> Iterator[Section]:
    """The cover, the pages of each case, and how to repeat it."""
    yield Section(say("summary", language), tuple(_cover(facts, heading, language)))
    for one in facts.files:
        yield Section(str(one.case["code"]), tuple(_case(one, facts, language)))
    yield Section(say("method", language), tuple(method(facts, language)))


def _cover(facts: Facts, heading: str, language: str) -> Iterator[Block]:
    codes = ", ".join(str(one.case["code"]) for one in facts.files)
    yield Heading(heading or say("title", language, cases=codes), 1)
    if heading:
        yield Paragraph(say("title", language, cases=codes), "small")
    if facts.simulated:
        yield Paragraph(say("simulated_note", language), "mark")
    yield Paragraph(_lead(facts, language), "lead")
    yield Paragraph(say("no_verdict", language), "mark")
    yield Table(
        tuple(say(key, language) for key in ("head_case", "head_kind", "head_seen", "head_area", "head_relation",
                                             "head_state")),
        tuple(_row(one, language) for one in facts.files),
        (1.25, 1.5, 1.1, 1.75, 1.5, 1.1),
        "llllll",
    )  # fmt: skip
    grounds = {str(one.case["code"]): one.case["geometry"] for one in facts.files}
    drawing = licence_map(
        grounds, facts.licences, facts.ended, facts.around, TOLERANCE_M, language, simulated=facts.simulated,
        kinds=_kinds(facts, language),
    )  # fmt: skip
    yield Picture(drawing, say("map_caption", language))
    if facts.missing:
        yield Heading(say("missing", language))
        yield Bullets(tuple(dict.fromkeys(_missing(code, told, language) for code, told in facts.missing)), "small")


def _lead(facts: Facts, language: str) -> str:
    kinds = ", ".join(word("change_class", one.case["change_class"], language).lower() for one in facts.files)
    first = min((one.case["first_seen"] for one in facts.files if pd.notna(one.case["first_seen"])), default=None)
    return say("lead", language, count=len(facts.files), kinds=kinds, day=day_of(first, language))


def _row(one: CaseFile, language: str) -> tuple[str, ...]:
    case = one.case
    return (
        str(case["code"]),
        word("change_class", case["change_class"], language),
        day_of(case["first_seen"], language),
        interval(case["area_low_m2"], case["area_m2"], case["area_high_m2"], language),
        relation(case, language),
        word("case_status", case["status"], language),
    )


def _kinds(facts: Facts, language: str) -> dict[str, tuple[str, str]]:
    colours = catalogue.domains()["change_class"].colours
    kinds = {str(one.case["code"]): one.case["change_class"] for one in facts.files}
    return {
        code: (word("change_class", kind, language), colours.get(str(kind), colours["unknown"]))
        for code, kind in kinds.items()
    }


def _missing(code: str, told: Mapping[str, Any], language: str) -> str:
    key = f"case.dossier.{code}"
    return sentence(key if has(key) else code, language, **told)


def _case(one: CaseFile, facts: Facts, language: str) -> Iterator[Block]:
    case = one.case
    yield Heading(say("case_heading", language, name=case["code"],
                      kind=word("change_class", case["change_class"], language)), 1)  # fmt: skip
    yield from _reasons(one, language)
    yield _identity(one, language)
    yield Heading(say("images", language))
    yield Picture(_chips(one, facts, language), _chips_caption(one, language))
    yield Heading(say("areas", language))
    yield _areas(one, language)
    yield Paragraph(say("areas_note", language, edge=_edge(one)), "small")
    yield from licence(one, facts, language)
    yield from law(one, facts, language)
    yield Heading(say("around", language))
    yield Bullets(tuple(around(one, language)))
    yield from _chart(one, language)
    yield from evidence(one, facts, language)
    yield from history(one, language)


def _reasons(one: CaseFile, language: str) -> Iterator[Block]:
    told = [str(text) for text in one.sightings[f"reason_{language}"] if isinstance(text, str)]
    if told:
        yield Paragraph(say("reason", language, reason=told[-1]), "lead")


def _identity(one: CaseFile, language: str) -> Pairs:
    case = one.case
    longitude, latitude = place(case["geometry"], one.sightings.crs.to_string())
    rows = [
        ("status", word("case_status", case["status"], language)),
        ("position", say("position_value", language, longitude=f"{longitude:.5f}", latitude=f"{latitude:.5f}")),
        ("first_seen", day_of(case["first_seen"], language)),
        ("last_seen", day_of(case["last_seen"], language)),
        ("sightings", number(int(case["sightings"]), language)),
        ("confidence", number(float(case["confidence"]), language, 2)),
        ("assignee", or_none(case["assignee"], language)),
        ("decision_no", or_none(case["decision_no"], language)),
    ]
    names = {"position": say("position", language)}
    return Pairs(
        tuple((names.get(name) or field_name("case", name, language), value) for name, value in rows), columns=2
    )


def _chips(one: CaseFile, facts: Facts, language: str) -> Drawing:
    titles = []
    for key, scene, look in zip(("before", "after"), one.scenes, one.looks, strict=True):
        day = scene.day if scene else look.day if look else None
        titles.append(f"{say(key, language)} · {day_of(day, language)}")
    return chips(
        one.looks, titles, chip_view(one.case["geometry"]), one.case["geometry"], facts.licences, language
    )  # fmt: skip


def _chips_caption(one: CaseFile, language: str) -> str:
    there = [look for look in one.looks if look is not None]
    bands = ", ".join(there[0].names) if there else "–"
    scale = number(chip_view(one.case["geometry"]).scale, language)
    return say("images_caption", language, bands=bands, scale=scale)


def _areas(one: CaseFile, language: str) -> Table:
    case = one.case
    rows = [("area", case["area_low_m2"], case["area_m2"], case["area_high_m2"])]
    if pd.notna(case["outside_m2"]):
        rows.append(("outside", case["outside_low_m2"], case["outside_m2"], case["outside_high_m2"]))
    return Table(
        ("", say("least", language), say("about", language), say("most", language)),
        tuple((say(f"row_{key}", language), *(hectares(value, language) for value in values)) for key, *values in rows),
        (2.2, 1, 1, 1),
        "lrrr",
    )


def _edge(one: CaseFile) -> float:
    known = pd.to_numeric(one.sightings["edge_m"]).dropna()
    return float(known.max()) if len(known) else 5.0


def _chart(one: CaseFile, language: str) -> Iterator[Block]:
    lines = _series_lines(one.series, language) if one.series else _index_lines(one, language)
    if not lines:
        return
    alert = one.case["first_seen"]
    moments = [Moment(say("chart_alert", language), alert.date())] if pd.notna(alert) else []
    unit = say("chart_unit", language)
    if one.series:
        measure = str(one.series["measure"])
        unit = say(f"index_{measure}", language) if has(f"case.dossier.index_{measure}") else measure.upper()
    known = one.series is not None and len(lines) > 1
    caption = say("series_caption" if known else "chart_caption", language, count=len(lines[0].days))
    yield Heading(say("chart", language))
    drawing = line_chart(
        lines, unit, say("chart", language), moments=moments, width=WIDTH, height=62.0, language=language
    )
    yield Picture(drawing, caption)


def _index_lines(one: CaseFile, language: str) -> list[Line]:
    """The indices on the dates of the dossier; nothing with less than two dates."""
    days = sorted(found for found, told in one.indices.items() if told)
    if len(days) < 2:
        return []
    return [
        Line(say(f"index_{name}", language), days, [one.indices[found].get(name, np.nan) for found in days])
        for name in ("ndvi", "water", "brightness")
    ]


def _series_lines(series: Mapping[str, Any], language: str) -> list[Line]:
    """What was measured on each clear date, and what the season let expect, between the bounds of one pixel."""
    clear = [point for point in series["points"] if point["value"] is not None]
    known = [point for point in series["curve"] if point["expected"] is not None]
    if len(clear) < 2:
        return []
    seen = Line(
        say("series_seen", language), [date.fromisoformat(point["date"]) for point in clear],
        [point["value"] for point in clear], joined=False,
    )  # fmt: skip
    if not known:
        return [seen]
    expected, low, high = ([point[name] for point in known] for name in ("expected", "low", "high"))
    days = [date.fromisoformat(point["date"]) for point in known]
    words = say("series_expected", language)
    return [seen, Line(words, days, expected, low, high, markers=False, dash=(2.0, 1.0))]

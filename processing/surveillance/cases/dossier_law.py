"""The legal part of a dossier: licences as they stood, the proposed band, what lies around. It concludes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ....layers import catalogue
from ....layers.messages import sentence
from ...documents.blocks import Block, Card, Heading, Paragraph
from ...documents.blocks import Facts as Pairs
from .dossier_facts import CaseFile, Facts
from .dossier_words import day_of, field_name, hectares, interval, or_none, relation, say, word
from .law import Band, Proposal

_AMBER = "#c77700"


def licence(one: CaseFile, facts: Facts, language: str) -> Iterator[Block]:
    """The licences the case is held against, as they stood."""
    yield Heading(say("licence", language))
    case = one.case
    if facts.licences is None and facts.ended is None:
        yield Paragraph(say("licence_unknown", language))
        return
    day = day_of(case["last_seen"], language)
    yield Paragraph(say("licence_judged", language, day=day, relation=relation(case, language)))
    held = [frame for frame in (facts.licences, facts.ended) if frame is not None]
    named = {
        str(case["concession_code"]),
        *(str(code) for code in one.sightings["expired_code"] if isinstance(code, str)),
    }
    for rows in held:
        for _, row in rows[rows["code"].isin(named)].iterrows():
            yield Pairs(
                (
                    (field_name("concession", "code", language), str(row["code"])),
                    (field_name("concession", "licence_no", language), or_none(row["licence_no"], language)),
                    (field_name("concession", "name", language), or_none(row["name"], language)),
                    (field_name("concession", "holder", language), or_none(row["holder"], language)),
                    (field_name("concession", "valid_from", language), day_of(row["valid_from"], language)),
                    (field_name("concession", "valid_to", language), day_of(row["valid_to"], language)),
                ),
                columns=2,
            )
    if pd.notna(case["distance_m"]) and case["relation"] == "outside":
        yield Paragraph(say("licence_distance", language, name=case["concession_code"],
                            metres=float(case["distance_m"])), "small")  # fmt: skip


def law(one: CaseFile, facts: Facts, language: str) -> Iterator[Block]:
    """The proposed band, of the case alone and of all that lies outside its licence."""
    yield Heading(say("law", language))
    if facts.law is None:
        yield Paragraph(say("law_none", language, day=day_of(one.case["last_seen"], language)))
        return
    if not facts.law.concerns(one.case["change_class"]):
        kind = word("change_class", one.case["change_class"], language).lower()
        yield Paragraph(say("law_other", language, kind=kind, title=facts.law.title[language]))
        return
    if one.proposal is None:
        known = facts.licences is not None or facts.ended is not None
        yield Paragraph(say("law_inside" if known else "law_unlicensed", language))
        return
    yield _law_card(one.proposal, say("law_own", language), language)
    total = facts.totals.get(str(one.case["concession_code"]))
    if total is not None and one.proposal.contiguous and total.areas != one.proposal.areas:
        yield _law_card(total, say("law_total", language, name=one.case["concession_code"]), language)


def _law_card(proposal: Proposal, title: str, language: str) -> Card:
    table = proposal.table
    told = [_band(band, language) for band in (proposal.least, proposal.likely, proposal.most)]
    text = say("law_same" if len(set(told)) == 1 else "law_bands", language, least=told[0], about=told[1], most=told[2])
    if not proposal.contiguous:
        text += " " + say("law_apart", language)
    return Card(
        say("law_tag", language),
        _AMBER,
        title,
        text,
        (
            (say("law_area", language), interval(*proposal.areas, language)),
            (say("law_source", language), table.source[language]),
            (say("law_status", language), sentence(f"case.law_status.{table.status}", language)),
            (say("law_read", language), table.read_from),
        ),
        f"{say('law_no_verdict', language)} {table.remark[language]}",
    )


def _band(band: Band | None, language: str) -> str:
    if band is None:
        return say("law_no_band", language)
    limits = say("law_limits" if band.area_below < float("inf") else "law_limits_open", language,
                 low=band.area_from / 1e4, high=band.area_below / 1e4)  # fmt: skip
    unread = "" if band.read else " " + say("law_unread", language)
    return f"{band.clause[language]} ({limits}){unread}"


def around(one: CaseFile, language: str) -> list[str]:
    """A line for each topic of the surroundings."""
    last = one.sightings.sort_values("date_after").iloc[-1]["surroundings"]
    told: Mapping[str, Any] = json.loads(last) if isinstance(last, str) else {}
    if not told:
        return [say("around_unasked", language)]
    lines = []
    for topic, what in told.items():
        name = say(f"topic_{topic}", language)
        names = ", ".join(str(one) for one in what.get("names", ())) or "–"
        if what["state"] == "missing":
            layer = catalogue.layer(what["layer"]).name[language]
            lines.append(say("around_missing", language, topic=name, layer=layer))
        elif "length_m" in what:
            lines.append(say("around_length", language, topic=name, metres=float(what["length_m"]), names=names))
        elif "area_m2" in what:
            lines.append(
                say("around_area", language, topic=name, area=hectares(what["area_m2"], language), names=names)
            )
        elif what.get("distance_m") is not None:
            lines.append(say("around_distance", language, topic=name, metres=float(what["distance_m"])))
        else:
            lines.append(say("around_clear", language, topic=name))
    return lines

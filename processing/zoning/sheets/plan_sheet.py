"""The public sheet of a place: :mod:`plan_info` in sentences and small tables that a citizen can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import shapely

from ....layers import catalogue
from ....layers.messages import has, number, sentence
from ....layers.verdict_words import missing as missing_words
from ....layers.verdict_words import quantity
from ...documents.blocks import Block, Bullets, Heading, Paragraph, Picture, Section, Table
from ...documents.map_sheet import view_of
from ..rulebook.rules import MARKLESS
from .lot_case import LotCase
from .lot_map import HEIGHT, WIDTH, lot_map
from .lot_sheet import lot_name

NO_RULE = ["rule"]


def say(key: str, language: str, **arguments: Any) -> str:
    """A sentence of the public sheet."""
    return sentence(f"zoning.plan_info.{key}", language, **arguments)


def plan_section(told: Mapping[str, Any], case: LotCase | None, language: str) -> Section:
    """The sheet of what :func:`plan_info.information` tells; ``case`` is the lot, None where there is none."""
    place = lot_name({**told["lot"], "uid": ""}, language) if told["lot"] else say("no_lot", language)
    title = say("title", language)
    blocks: list[Block] = [Heading(title, 1), Paragraph(place, "lead"), Bullets(tuple(_first(told, language)))]
    if case is not None and shapely.is_valid(case.shape):
        scale = number(view_of(shapely.bounds(case.shape), WIDTH, HEIGHT).scale, language)
        blocks.append(Picture(lot_map(case, language), say("map_caption", language, scale=scale)))
    blocks += [block for zone in told["zones"] for block in _zone(zone, language)]
    for quota in told["quotas"]:
        blocks += _quota(quota, language)
    blocks += _streets(told["streets"], language)
    notes = [say(f"note_{note}", language) for note in ("unverified", "no_decision", "personal")]
    blocks += [Heading(say("part_notes", language)), Bullets(tuple(notes), "small")]
    return Section(place, tuple(blocks))


def land_words(code: str | None, language: str) -> str:
    """``đất ở tại đô thị (ODT)``."""
    if not code:
        return say("unknown_land", language)
    words = catalogue.domains()["land_use"].values.get(code)
    return f"{words[language][0].lower()}{words[language][1:]} ({code})" if words else code


def _first(told: Mapping[str, Any], language: str) -> list[str]:
    """What most people come for, in a few sentences."""
    lines = []
    lot, zones = told["lot"], told["zones"]
    if lot:
        area = number(lot["area_m2"], language, 1)
        lines.append(say("lot_is", language, area=area, use=land_words(lot["land_use"], language)))
    if not zones:
        lines.append(say("no_zone", language))
    for zone in zones:
        share = "" if zone["share_pct"] is None or len(zones) == 1 else say("share", language, share=zone["share_pct"])
        use = land_words(zone["land_use"], language)
        lines.append(say("zone_is", language, zone=str(zone["code"]), use=use, share=share).strip())
    if lot and zones and lot["land_use"]:
        lines.append(say(f"use_{_fits(lot['land_use'], zones)}", language))
    lines += [_before_street(street, language) for street in told["streets"]]
    if lot and not told["streets"]:
        lines.append(say("no_street", language))
    return lines


def _fits(use: str, zones: Sequence[Mapping[str, Any]]) -> str:
    """Whether every zone of the lot permits its present land type: ``fits``, ``differs`` or ``unknown``."""
    told = [
        "fits"
        if use in (zone["permits"] or [zone["land_use"]])
        else "unknown"
        if zone["permits"] is None
        else "differs"
        for zone in zones
    ]
    return "differs" if "differs" in told else "unknown" if "unknown" in told else "fits"


def _before_street(street: Mapping[str, Any], language: str) -> str:
    name = street["name"] or say("nameless", language)
    if street["width_m"] is None:
        return say("street_widthless", language, street=name)
    parts = [words for words in _setbacks(street["setback"], language) if words]
    told = "; ".join(parts) if parts else say("setback_unknown", language)
    return say("street_is", language, street=name, width=number(street["width_m"], language), setback=told)


def _setbacks(cases: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """``cao dưới 19 m: được xây sát chỉ giới đường đỏ; cao từ 19 m đến dưới 22 m: lùi ít nhất 3 m``."""
    lines = []
    ends = [*(case["height"] for case in cases[1:]), None]
    for case, end in zip(cases, ends, strict=True):
        if case["outcome"] != "limit":
            continue
        start = number(case["height"], language)
        key = "tall_below" if not case["height"] else "tall_from" if end is None else "tall_between"
        tall = say(key, language, start=start, end="" if end is None else number(end, language))
        value = (
            say("setback", language, limit=number(case["limit"], language)) if case["limit"] else say("flush", language)
        )
        lines.append(f"{tall}: {value}")
    return lines


def _zone(zone: Mapping[str, Any], language: str) -> list[Block]:
    """What the plan itself says of a zone."""
    domains = catalogue.domains()
    lines = []
    if zone["plan_name"]:
        day = date.fromisoformat(zone["approved_on"]) if zone["approved_on"] else None
        decision = say("decision", language, decision=zone["decision_no"] or "–", day=day or "–")
        lines.append(say("plan", language, plan=zone["plan_name"], decision=decision))
    states = [
        domains[name].values[zone[name]][language]
        for name in ("plan_state", "area_state")
        if zone[name] in domains[name].values
    ]
    if states:
        lines.append(say("states", language, states="; ".join(states)))
    if zone["zone_use"]:
        lines.append(say("zone_use", language, use=zone["zone_use"]))
    for name, unit in (("max_density_pct", "%"), ("max_far", "FAR"), ("max_height_m", "m")):
        stated = zone[name] is not None
        value = quantity(zone[name], unit, language) if stated else ""
        lines.append(say(f"{name}" if stated else f"{name}_absent", language, value=value))
    if zone["permits"] is None:
        lines.append(say("permits_unknown", language))
    else:
        uses = ", ".join(land_words(code, language) for code in zone["permits"])
        lines.append(
            say("permits", language, uses=uses, source=zone["permits_source"]) + _mark(zone["permits_status"], language)
        )
    return [Heading(say("part_zone", language, zone=str(zone["code"]))), Bullets(tuple(lines))]


def _mark(status: str | None, language: str) -> str:
    code = f"zoning.status.{status}"
    return f" [{sentence(code, language)}]" if status not in MARKLESS and has(code) else ""


def _quota(quota: Mapping[str, Any], language: str) -> list[Block]:
    """A measure by use and height, with its sources; uses that nothing speaks of are named."""
    by_use: dict[str, list[Mapping[str, Any]]] = {}
    for case in quota["cases"]:
        by_use.setdefault(case["use"], []).append(case)
    spoken = {use: cases for use, cases in by_use.items() if any(case["outcome"] == "limit" for case in cases)}
    uses = catalogue.domains()["building_use"].values
    blocks: list[Block] = [Heading(say(f"part_{quota['measure']}", language))]
    if spoken:
        head = (say("head_height", language), *(uses[use][language] for use in spoken))
        rows = _rows(spoken, quota["measure"], language)
        blocks.append(Table(head, rows, (1.2, *(1.4 for _ in spoken)), "l" + "r" * len(spoken)))
    lines = [_because(uses[use][language], cases, language) for use, cases in by_use.items()]
    nothing = [line for line, cases in zip(lines, by_use.values(), strict=True) if cases[0]["missing"] == NO_RULE]
    if len(nothing) == len(lines):
        return [*blocks, Paragraph(say(f"{quota['measure']}_none", language))]
    return [*blocks, Bullets(tuple(line for line in lines if line not in nothing), "small")]


def _rows(
    spoken: Mapping[str, Sequence[Mapping[str, Any]]], measure: str, language: str
) -> tuple[tuple[str, ...], ...]:
    """One row a height at which some use changes; a use whose limit does not hang on the height repeats it."""
    levels = sorted({case["height"] for cases in spoken.values() for case in cases if case["height"] is not None})
    rows = [(height, tuple(_cell(cases, height, language) for cases in spoken.values())) for height in levels or [None]]
    kept = [rows[0], *(row for before, row in pairwise(rows) if row[1] != before[1])]
    if len(kept) == 1:
        return ((say("any_height_of_table" if levels else "any_height", language), *kept[0][1]),)
    return tuple((f"{number(height or 0.0, language)} m", *cells) for height, cells in kept)


def _cell(cases: Sequence[Mapping[str, Any]], height: float | None, language: str) -> str:
    at = next((case for case in cases if case["height"] in (None, height)), None)
    return quantity(at["limit"], at["unit"], language) if at and at["outcome"] == "limit" else "–"


def _because(use: str, cases: Sequence[Mapping[str, Any]], language: str) -> str:
    """Which rule of which level says so, how sure its numbers are, and what others say; or what is missing."""
    told = next((case for case in cases if case["outcome"] == "limit"), None)
    if told is None:
        lacking = ", ".join(missing_words(one, language) for one in cases[0]["missing"])
        return say("not_known", language, use=use, missing=lacking)
    level = sentence(f"zoning.level.{told['level']}", language)
    line = say("because", language, use=use, source=told["source"], level=level) + _mark(told["status"], language)
    others = [one for one in told["others"] if one["level"] != told["level"]]
    for one in others:
        value = quantity(one["limit"], told["unit"], language)
        line += " " + say(
            "other_level", language, level=sentence(f"zoning.level.{one['level']}", language), value=value
        )
    if (told["rows"] or {}).get("lookup") == "linear" and len(cases) > 1:
        line += " " + say("between", language)
    return line


def _streets(streets: Sequence[Mapping[str, Any]], language: str) -> list[Block]:
    """Where the distances to the street come from."""
    lines = []
    for street in streets:
        name = street["name"] or say("nameless", language)
        told = next((case for case in street["setback"] if case["outcome"] == "limit"), None)
        if told is None:
            missing = dict.fromkeys(code for case in street["setback"] for code in case["missing"])
            words = ", ".join(missing_words(one, language) for one in missing if one != "rule")
            lines.append(
                say("not_known", language, use=name, missing=words)
                if words
                else say("setback_none", language, street=name)
            )
            continue
        level = sentence(f"zoning.level.{told['level']}", language)
        marks = dict.fromkeys(_mark(case["status"], language) for case in street["setback"] if case["status"])
        lines.append(say("because", language, use=name, source=told["source"], level=level) + "".join(marks))
    return [Heading(say("part_setback", language)), Bullets(tuple(lines), "small")] if lines else []

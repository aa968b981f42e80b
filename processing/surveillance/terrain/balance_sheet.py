"""The balance of a mine on paper: how much it may dig, how much it has dug, over time, with what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ....layers.messages import number, sentence
from ...documents.blocks import Block, Chips, Facts, Heading, Paragraph, Picture, Section, Table
from ...documents.chart import Level, Line, line_chart
from ...documents.drawing import Drawing

_COLOURS = {"within": "#2a7f3f", "perhaps_exceeded": "#b26a00", "exceeded": "#b4231f", "no_licensed_volume": "#5c5c5c"}


def say(key: str, language: str, **arguments: Any) -> str:
    """A sentence of the balance."""
    return sentence(f"terrain.balance.{key}", language, **arguments)


def chart(mine: Mapping[str, Any], language: str) -> Drawing:
    """Dug and filled since the first survey (m³) with the interval, against the licensed volume."""
    series = mine["series"]
    days = [date.fromisoformat(one["date"]) for one in series]
    lines = [
        Line(
            say("extracted", language), days, [one["extracted_m3"] for one in series],
            [one["low_m3"] for one in series], [one["high_m3"] for one in series],
        ),
        Line(say("fill", language), days, [one["fill_m3"] for one in series], dash=(1.5, 1.0)),
    ]  # fmt: skip
    levels = [Level(say("licensed", language), mine["licensed_m3"])] if mine["licensed_m3"] is not None else []
    return line_chart(lines, "m³", say("chart", language), levels=levels, zero=True, language=language)


def section(mine: Mapping[str, Any], language: str) -> Section:
    """The page of one mine; ``mine`` is a row of the job's result."""
    title = say("title", language, concession=mine["code"])
    state = mine["state"]
    blocks: list[Block] = [Heading(title, 1), Paragraph(say(f"state.{state}", language), "lead")]
    chips = [(say("extracted", language), _m3(mine["series"][-1]["extracted_m3"], language), _COLOURS[state])]
    if mine["remaining_m3"] is not None:
        chips.append((say("remaining", language), _m3(mine["remaining_m3"], language), _COLOURS[state]))
    blocks += [
        Chips(tuple(chips)),
        Facts(tuple((say(key, language), str(mine[name] or "–")) for key, name in _FACTS), columns=2),
        Picture(chart(mine, language), say("chart", language)),
        Table(
            tuple(say(key, language) for key in ("date", "extracted", "interval", "fill")),
            tuple(_row(one, language) for one in mine["series"]),
            (2, 2, 3, 2),
            "lrrr",
        ),
        Paragraph(say("method", language), "small"),
    ]
    if mine["unconnected"]:
        days = [date.fromisoformat(day) for day in mine["unconnected"]]
        blocks.append(Paragraph(say("unconnected", language, days=days), "mark"))
    return Section(title, tuple(blocks))


_FACTS = (("name", "name"), ("licence", "licence_no"), ("holder", "holder"), ("valid", "valid"))


def _row(one: Mapping[str, Any], language: str) -> tuple[str, ...]:
    day = date.fromisoformat(one["date"])
    written = f"{day:%d/%m/%Y}" if language == "vi" else day.isoformat()
    interval = f"{number(one['low_m3'], language, 0)} – {number(one['high_m3'], language, 0)}"
    return written, _m3(one["extracted_m3"], language), f"{interval} m³", _m3(one["fill_m3"], language)


def _m3(value: float, language: str) -> str:
    return f"{number(value, language, 0)} m³"

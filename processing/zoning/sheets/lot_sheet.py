"""The sheet of one lot (*phiếu kết quả kiểm tra*): every verdict with what it rests on, none left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import shapely

from ....layers import catalogue, verdict_words
from ....layers.crs import GRIDS
from ....layers.messages import has, number, sentence
from ...documents.blocks import (
    Block,
    Bullets,
    Card,
    Chips,
    Facts,
    Heading,
    Paragraph,
    Picture,
    Section,
    Signatures,
    Table,
)
from ...documents.map_sheet import view_of
from ..rulebook.rules import OUTCOMES, Rule
from .corners import corners
from .lot_case import LotCase
from .lot_map import HEIGHT, WIDTH, lot_map

ORDER = ("fail", "not_checkable", "pass", "not_applicable")
_GRAVITY = ("error", "warning", "info")


def say(key: str, language: str, **arguments: Any) -> str:
    """A sentence of the reports."""
    return sentence(f"zoning.report.{key}", language, **arguments)


def lot_section(case: LotCase, rules: Mapping[str, Rule], judged: Sequence[tuple[str, str]], language: str) -> Section:
    """The whole sheet. ``rules`` are by id; ``judged`` says by what was judged, as names and values."""
    counts = Counter(told["outcome"] for told in case.verdicts)
    name = lot_name(case.record, language)
    blocks: list[Block] = [
        Heading(say("title", language), 1),
        Paragraph(f"{name}. {conclusion(counts, language)}", "lead"),
        chips(counts, language),
        Facts((*_record(case, language), *judged), columns=2),
    ]
    if _drawable(case.shape):
        drawing = lot_map(case, language)
        blocks.append(
            Picture(
                drawing,
                say(
                    "map_caption",
                    language,
                    scale=number(view_of(shapely.bounds(case.shape), WIDTH, HEIGHT).scale, language),
                ),
            )
        )
    else:
        blocks.append(Paragraph(say("no_map", language), "mark"))
    failed = sorted(
        (told for told in case.verdicts if told["outcome"] == "fail"), key=lambda told: _GRAVITY.index(told["severity"])
    )
    if failed:
        blocks.append(Heading(say("part_fail", language)))
        blocks += [card(told, rules, language) for told in failed]
    blocks += _gaps([told for told in case.verdicts if told["outcome"] == "not_checkable"], rules, language)
    blocks += _passes([told for told in case.verdicts if told["outcome"] == "pass"], rules, language)
    blocks += _outside([told for told in case.verdicts if told["outcome"] == "not_applicable"], language)
    blocks += _corner_table(case, language)
    blocks += reservations(
        Counter(told["rule_status"] for told in case.verdicts if told["outcome"] in ("pass", "fail")), language
    )
    blocks.append(signatures(language))
    return Section(name, tuple(blocks))


def lot_name(record: Mapping[str, Any], language: str) -> str:
    """``Thửa đất số 155, tờ bản đồ số 18 (25888-18-0155)``, as far as it is known."""
    code = str(record["code"] or record["uid"])
    if record["parcel_no"] and record["sheet_no"]:
        return say("lot", language, parcel_no=str(record["parcel_no"]), sheet_no=str(record["sheet_no"]), lot=code)
    return say("lot_code", language, lot=code)


def conclusion(counts: Mapping[str, int], language: str) -> str:
    """The sheet in one sentence."""
    if counts.get("fail"):
        return say("conclusion_fail", language, count=counts["fail"])
    key = "not_checkable" if counts.get("not_checkable") else "pass" if counts.get("pass") else "nothing"
    return say(f"conclusion_{key}", language, count=counts.get(key, 0))


def chips(counts: Mapping[str, int], language: str) -> Chips:
    """All four outcomes counted, those of none too."""
    domain = catalogue.domains()["outcome"]
    return Chips(
        tuple(
            (domain.values[outcome][language], number(counts.get(outcome, 0), language), domain.colours[outcome])
            for outcome in sorted(OUTCOMES, key=ORDER.index)
        )
    )


def card(told: Mapping[str, Any], rules: Mapping[str, Rule], language: str) -> Card:
    """One verdict with value, limit, margin, the rows of the table, clause and status."""
    domain = catalogue.domains()["outcome"]
    rule = rules.get(told["rule"])
    rows = list(verdict_words.facts(told, language))
    exception = (told.get("how") or {}).get("exception")
    if exception:
        rows.append((say("exception", language), str(exception)))
    rows.append((say("rule", language), say("rule_version", language, rule=told["rule"], version=told["rule_version"])))
    warned = told["outcome"] == "fail" and told["severity"] != "error"
    return Card(
        tag=say("warned", language) if warned else domain.values[told["outcome"]][language],
        colour=catalogue.domains()["severity"].colours["warning"] if warned else domain.colours[told["outcome"]],
        title=rule.title[language] if rule else str(told["rule"]),
        text=str(told[f"message_{language}"] or ""),
        facts=tuple(rows),
        mark=verdict_words.mark(told, language),
    )


def _record(case: LotCase, language: str) -> Iterable[tuple[str, str]]:
    layer, record = catalogue.layer("parcel"), case.record
    for field_id in ("code", "land_use", "area_legal_m2", "ward_code"):
        if record[field_id] is not None:
            yield layer.find(field_id).name[language], _value(field_id, record[field_id], language)
    if _drawable(case.shape):
        area = number(float(shapely.area(case.shape)), language, 1)
        yield say("area_drawn", language), f"{area} m²"
    buildings = case.around.get("building")
    if buildings is not None:
        codes = [str(code) for code in buildings["code"][buildings["uid"].isin(case.buildings)]]
        yield say("buildings", language), ", ".join(codes) or say("none", language)


def _value(field_id: str, value: Any, language: str) -> str:
    if field_id == "land_use":
        words = catalogue.domains()["land_use"].values.get(str(value))
        return f"{value} – {words[language]}" if words else str(value)
    return f"{number(value, language, 1)} m²" if field_id.endswith("_m2") else str(value)


def _titled(told: Mapping[str, Any], rules: Mapping[str, Rule], language: str) -> str:
    """The rule's title, and the feature it was asked of."""
    title = rules[told["rule"]].title[language] if told["rule"] in rules else str(told["rule"])
    return f"{title} ({told['feature_code']})" if told["feature_code"] else title


def _gaps(blind: Sequence[Mapping[str, Any]], rules: Mapping[str, Rule], language: str) -> list[Block]:
    """What could not be checked: one row for what this lot lacks, one line for all that the whole data set lacks."""
    if not blind:
        return []
    blocks: list[Block] = [Heading(say("part_not_checkable", language))]
    everywhere = [told for told in blind if told["feature_uid"] is None]
    absent = sorted({verdict_words.missing(one, language) for told in everywhere for one in told["missing"] or ()})
    if everywhere:
        told = say("gaps_everywhere", language, count=len(everywhere), missing="; ".join(absent))
        blocks.append(Paragraph(told))
    rows = tuple(
        (
            _titled(told, rules, language),
            ", ".join(verdict_words.missing(one, language) for one in told["missing"] or ()),
            str(told["source"] or ""),
        )
        for told in blind
        if told["feature_uid"] is not None
    )
    if rows:
        head = tuple(say(f"head_{name}", language) for name in ("rule", "missing", "source"))
        blocks.append(Table(head, rows, (3.4, 3.4, 2.8), "lll"))
    return blocks


def _passes(passed: Sequence[Mapping[str, Any]], rules: Mapping[str, Rule], language: str) -> list[Block]:
    if not passed:
        return []
    rows = []
    for told in passed:
        values = (
            verdict_words.quantity(told[name], str(told["unit"] or ""), language) if told[name] is not None else "–"
            for name in ("measured", "limit_value", "margin")
        )
        rows.append((_titled(told, rules, language), *values, str(told["source"] or "")))
    head = tuple(say(f"head_{name}", language) for name in ("rule", "measured", "limit", "margin", "source"))
    return [Heading(say("part_pass", language)), Table(head, tuple(rows), (3.4, 1.25, 1.25, 1.25, 2.5), "lrrrl")]


def _outside(rest: Sequence[Mapping[str, Any]], language: str) -> list[Block]:
    if not rest:
        return []
    lines = tuple(dict.fromkeys(str(told[f"message_{language}"] or told["rule"]) for told in rest))
    return [Heading(say("part_not_applicable", language)), Bullets(lines, "small")]


def _corner_table(case: LotCase, language: str) -> list[Block]:
    at = corners(case.shape) if _drawable(case.shape) else None
    if at is None or at.empty:
        return []
    rows = tuple(
        (str(n), coordinate(north, language), coordinate(east, language), number(side, language, 2))
        for n, north, east, side in at[["number", "north", "east", "side"]].itertuples(index=False)
    )
    head = tuple(say(f"head_{name}", language) for name in ("corner", "north", "east", "side"))
    return [
        Heading(say("part_corners", language, system=system_name(case.crs, language))),
        Table(head, rows, (1, 2, 2, 1.4), "crrr"),
    ]


def coordinate(value: float, language: str) -> str:
    """Millimetres, and the digits not grouped, as cadastral sheets write them."""
    return f"{value:.3f}".replace(".", "," if language == "vi" else ".")


def system_name(code: str, language: str) -> str:
    """``VN-2000, kinh tuyến trục 105°45′, múi 3° (EPSG:9210)``; the code alone of a system that is not declared."""
    grid = GRIDS.get(code)
    if grid is None:
        return code
    degrees, minutes = divmod(round(grid.central_meridian * 60), 60)
    zone = 3 if grid.scale > 0.9998 else 6
    return say("system", language, datum=grid.datum, meridian=f"{degrees}°{minutes:02d}′", zone=zone, epsg=code)


def reservations(statuses: Mapping[str, int], language: str) -> list[Block]:
    """How sure the numbers are, as verdicts by status of their rule, and what such a sheet cannot say."""
    lines = [
        say("status_count", language, count=statuses[status], status=sentence(f"zoning.status.{status}", language))
        for status in sorted(statuses)
        if has(f"zoning.status.{status}")
    ]
    return [Heading(say("part_reservations", language)), Bullets((*lines, say("no_decision", language)), "small")]


def signatures(language: str) -> Signatures:
    """Who checked, and who answers for it."""
    return Signatures(
        tuple((say(f"sign_{who}", language), say(f"sign_{who}_hint", language)) for who in ("checker", "head"))
    )


def _drawable(shape: Any) -> bool:
    return shape is not None and not shapely.is_empty(shape) and bool(shapely.is_valid(shape))

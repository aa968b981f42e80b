"""Findings as a table that a planner reads in an office program: words instead of codes, one finding a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....layers import catalogue, verdict_words
from ....layers.messages import has, number, sentence
from ....store.sheets import Sheet

# Columns in the order of reading; their headings are ``zoning.table.<column>``. Widths in characters.
COLUMNS = {
    "number": 6, "outcome": 16, "severity": 11, "layer": 14, "feature_code": 20, "rule_title": 40, "street": 22,
    "measured": 12, "limit_value": 12, "margin": 12, "unit": 8, "message": 60, "missing": 30, "source": 34,
    "status": 30, "level": 16, "exception": 12, "north": 14, "east": 14, "rule": 26, "rule_version": 10,
    "feature_uid": 38, "uid": 38,
}  # fmt: skip

_DECIMALS = 3  # of metres, square metres and per cent


def chosen(
    frame: gpd.GeoDataFrame,
    *,
    outcomes: Sequence[str] | None,
    severities: Sequence[str] | None,
    rules: Sequence[str] | None,
    uids: Sequence[str] | None,
) -> gpd.GeoDataFrame:
    """The findings asked for; None asks for all. ``rules`` are ids or their beginnings, ``uids`` give the order too."""
    kept = pd.Series(True, index=frame.index)
    for column, wanted in (("outcome", outcomes), ("severity", severities)):
        if wanted is not None:
            kept &= frame[column].isin(wanted)
    if rules is not None:
        kept &= frame["rule"].str.startswith(tuple(rules))
    if uids is None:
        return frame[kept].sort_values(["rule", "feature_code"], kind="stable", na_position="last")
    order = {uid: number for number, uid in reversed(list(enumerate(uids)))}
    place = np.array([order.get(uid, -1) for uid in frame["uid"]], dtype=np.intp)
    at = np.flatnonzero(kept.to_numpy() & (place >= 0))
    return frame.iloc[at[np.argsort(place[at], kind="stable")]]


def findings_sheet(frame: gpd.GeoDataFrame, titles: Mapping[str, str], language: str) -> Sheet:
    """The sheet of ``frame`` in ``language``; ``titles`` are the rules' by id, a rule without one keeps its id.

    Coordinates are those of a point on the offending part, in the data set's system, metres.
    """
    how = [_object(text) for text in frame["how"]]
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    words: dict[str, Iterable[Any]] = {
        "number": range(1, len(frame) + 1),
        "outcome": domain_words(frame["outcome"], "outcome", language),
        "severity": domain_words(frame["severity"], "severity", language),
        "layer": _each(frame["layer"], lambda one: _layer(one, language)),
        "feature_code": frame["feature_code"],
        "rule_title": _each(frame["rule"], lambda one: titles.get(one, one)),
        "street": [(one.get("inputs") or {}).get("street") for one in how],
        "measured": frame["measured"].round(_DECIMALS),
        "limit_value": frame["limit_value"].round(_DECIMALS),
        "margin": frame["margin"].round(_DECIMALS),
        "unit": _each(frame["unit"], lambda one: _known(f"plugin.explain.unit.{one}", one, language)),
        "message": frame[f"message_{language}"],
        "missing": _each(frame["missing"], lambda one: _missing(one, language)),
        "source": frame["source"],
        "status": _each(frame["rule_status"], lambda one: _known(f"zoning.status.{one}", one, language)),
        "level": [_level(one.get("level"), language) for one in how],
        "exception": [one.get("exception") for one in how],
        "north": shapely.get_y(points).round(_DECIMALS),
        "east": shapely.get_x(points).round(_DECIMALS),
        "rule": frame["rule"],
        "rule_version": frame["rule_version"],
        "feature_uid": frame["feature_uid"],
        "uid": frame["uid"],
    }
    rows = list(zip(*(native(words[name]) for name in COLUMNS), strict=True))
    headings = [sentence(f"zoning.table.{name}", language) for name in COLUMNS]
    return Sheet(sentence("zoning.table.findings", language), headings, rows, tuple(COLUMNS.values()))


def run_sheet(run: Mapping[str, Any], shown: int, language: str) -> Sheet:
    """What the table was made from: data set, day, rules by version, counts, and how many rows are shown."""
    inputs, counts = run.get("inputs") or {}, run.get("counts") or {}
    outcomes = catalogue.domains()["outcome"].values

    def day(value: Any) -> str:
        return sentence("zoning.table.a_day", language, day=value) if not pd.isna(value) else ""

    facts: list[tuple[str, Any]] = [
        ("data", inputs.get("data")),
        ("judged_on", day(run.get("judged_on"))),
        ("run_at", str(run.get("started_at"))[:16]),
        ("engine", run.get("engine")),
        ("simulated", sentence("zoning.simulated", language) if run.get("simulated") else None),
        ("run_uid", run.get("uid")),
        ("shown", shown),
    ]
    rows = [(sentence(f"zoning.table.fact.{name}", language), value) for name, value in facts if value is not None]
    rows += [(words[language], counts[code]) for code, words in outcomes.items() if code in counts]
    rule = sentence("zoning.table.rule", language)
    rows += [(rule, f"{one} ({number(version, language)})") for one, version in (inputs.get("rules") or {}).items()]
    rows += [(sentence("zoning.table.fact.note", language), sentence("zoning.table.caution", language))]
    headings = [sentence(f"zoning.table.fact.{name}", language) for name in ("name", "value")]
    return Sheet(sentence("zoning.table.run", language), headings, rows, (34, 60))


def native(values: Iterable[Any]) -> list[Any]:
    """Python's own values, None for what is missing."""
    column = pd.Series(list(values), dtype=object)
    return [None if pd.isna(value) else value.item() if hasattr(value, "item") else value for value in column]


def _each(values: Iterable[Any], say: Callable[[Any], str]) -> list[str | None]:
    """``say`` of every value, asked once for each distinct one."""
    values = list(values)
    said = {one: say(one) for one in dict.fromkeys(values) if not pd.isna(one)}
    return [said.get(one) for one in values]


def domain_words(values: Iterable[Any], domain: str, language: str) -> list[str | None]:
    """What the codes of a catalogue's list mean; a code that it does not have stays."""
    words = catalogue.domains()[domain].values
    return _each(values, lambda one: words[one][language] if one in words else str(one))


def _known(code: str, otherwise: str, language: str) -> str:
    return sentence(code, language) if has(code) else otherwise


def _layer(layer_id: str, language: str) -> str:
    return catalogue.layer(layer_id).name[language] if layer_id in catalogue.ids() else layer_id


def _level(level: Any, language: str) -> str | None:
    return _known(f"zoning.level.{level}", str(level), language) if level else None


def _missing(text: str, language: str) -> str:
    codes = json.loads(text)
    return ", ".join(verdict_words.missing(code, language) for code in codes)


def _object(text: Any) -> dict[str, Any]:
    return json.loads(text) if isinstance(text, str) else {}

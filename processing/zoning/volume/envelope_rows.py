"""The envelope and what lies outside it, as rows of the run layers ``envelope_tier`` and ``envelope_breach``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from ....layers import catalogue
from ....layers.messages import LANGUAGES, number, sentence
from ..land.soundness import as_multipolygons
from ..rulebook.rules import MARKLESS
from ..verdicts.findings import new_uids
from .breach import Breach
from .envelope import LINE_UNKNOWN, Band, Envelope, drawn_top


def heights(band: Band, cap: float, language: str, *, words: str = "heights") -> str:
    """``from 19 m to below 22 m`` in words; ``words`` ``short``: as signs, for the map."""
    low, high = number(round(band.low, 3), language), number(round(min(band.high, cap), 3), language)
    if not math.isfinite(band.high):
        code = "from" if band.low > 0 else "all"
    elif band.high == cap:
        code = "up_to" if band.low > 0 else "whole"
    else:
        code = "between" if band.low > 0 else "below"
    return sentence(f"zoning.envelope.{words}.{code}", language, low=low, high=high)


def marked(text: str, status: str, language: str) -> str:
    """``text`` with the mark of a number that is not verified."""
    if not status or status in MARKLESS:
        return text
    told = sentence(f"zoning.status.{status}", language)
    return f"{text} {sentence('zoning.unverified', language, status=told)}"


def told(envelope: Envelope, band: Band, language: str) -> str:
    """What holds in a band, in words: the setback, then the sides, the back and the building line."""
    said = {"feature": envelope.code, "heights": heights(band, envelope.cap, language)}
    said["area"] = number(round(band.area, 1), language)
    by = band.binding
    if by is None:
        first = next((one for one in band.distances if one.edge.measure == "setback"), None)
        text = sentence("zoning.envelope.tier_free", language, **said)
        lines = [marked(text, first.status if first else "", language)]
    else:
        said |= {"setback": number(by.limit, language), "street": str(by.edge.inputs.get("street") or "–")}
        text = sentence("zoning.envelope.tier", language, source=by.rule.source.citation, **said)
        lines = [marked(text, by.status, language)]
    for other in band.others:
        code = f"zoning.envelope.also.{other.edge.measure}"
        values = {"distance": number(other.limit, language), "source": other.rule.source.citation}
        lines.append(marked(sentence(code, language, **values), other.status, language))
    if LINE_UNKNOWN in band.missing:
        lines.append(sentence("zoning.envelope.also.line_unknown", language))
    return " ".join(lines)


def tiers(envelopes: Sequence[Envelope], tallest: Mapping[str, float], crs: Any) -> gpd.GeoDataFrame:
    """Rows of ``envelope_tier``. ``tallest`` is the height of the tallest building by lot (m)."""
    rows = []
    for one in envelopes:
        for at, band in enumerate(one.bands):
            by = band.binding or next(iter(band.distances), None)
            row = {
                "feature_uid": one.uid,
                "feature_code": one.code,
                "from_m": round(band.low, 3),
                "to_m": band.high if math.isfinite(band.high) else None,
                "top_m": drawn_top(band, tallest.get(one.uid, math.nan)),
                "setback_m": by.limit if by else 0.0,
                "area_m2": band.area,
                "density_pct": _quota(one, at, "net_density"),
                "far": _quota(one, at, "far"),
                "street": by.edge.inputs.get("street") if by else None,
                "rule": by.rule.id if by else None,
                "rule_version": by.rule.version if by else None,
                "rule_status": by.status if by else None,
                "source": by.rule.source.citation if by else None,
                "geometry": band.ground,
            }
            row |= {f"message_{language}": told(one, band, language) for language in LANGUAGES}
            row |= {f"note_{language}": _note(one, at, language) for language in LANGUAGES}
            rows.append(row)
    return _frame("envelope_tier", rows, crs)


def _quota(envelope: Envelope, band: int, measure: str) -> float | None:
    """The strictest limit of ``measure`` for buildings as high as the band allows."""
    tops = list(dict.fromkeys(quota.height for quota in envelope.quotas))
    if band >= len(tops):
        return None
    found = [q.limit for q in envelope.quotas if q.rule.measure == measure and q.height == tops[band]]
    return min(found, default=None)


def _note(envelope: Envelope, band: int, language: str) -> str | None:
    """All bands of the lot, line by line, on its lowest: what the map writes beside it."""
    if band:
        return None
    lines = []
    for one in envelope.bands:
        setback = one.binding.limit if one.binding else 0.0
        of = heights(one, envelope.cap, language, words="short")
        lines.append(sentence("zoning.envelope.line", language, heights=of, setback=number(setback, language)))
    return "\n".join(lines)


def outside(parts: Sequence[Breach], crs: Any) -> gpd.GeoDataFrame:
    """Rows of ``envelope_breach``."""
    rows = []
    for part in parts:
        row = {
            "feature_uid": part.uid,
            "feature_code": part.code,
            "kind": part.kind,
            "from_m": round(part.low, 3),
            "to_m": part.high,
            "area_m2": float(shapely.area(part.part)),
            "measured": part.measured,
            "limit_value": part.limit,
            "rule": part.rule.id if part.rule else None,
            "rule_version": part.rule.version if part.rule else None,
            "rule_status": part.status or None,
            "source": part.source or None,
            "geometry": part.part,
        }
        for language in LANGUAGES:
            numbers = {
                name: number(round(value, 2), language) if math.isfinite(value) else "–"
                for name, value in (
                    ("low", part.low),
                    ("high", part.high),
                    ("limit", part.limit),
                    ("measured", part.measured),
                    ("area", float(shapely.area(part.part))),
                )
            }
            code = f"zoning.envelope.outside.{part.kind}"
            text = sentence(code, language, feature=part.code, source=part.source or "–", **numbers)
            row[f"message_{language}"] = marked(text, part.status, language)
        rows.append(row)
    return _frame("envelope_breach", rows, crs)


def _frame(layer_id: str, rows: Sequence[Mapping[str, Any]], crs: Any) -> gpd.GeoDataFrame:
    columns = [field.id for field in catalogue.layer(layer_id).fields if field.id not in ("uid", "run")]
    made = pd.DataFrame(rows, columns=[*columns, "geometry"])
    made.insert(0, "uid", new_uids(len(made)))
    made["geometry"] = as_multipolygons(made["geometry"].to_numpy(dtype=object))
    return gpd.GeoDataFrame(made, geometry="geometry", crs=crs)


def summary(one: Envelope) -> dict[str, Any]:
    """The envelope of a lot as JSON: what limits it, by which rule and status, and what is not known."""

    def finite(value: float) -> float | None:
        return round(value, 3) if math.isfinite(value) else None

    return {
        "uid": one.uid,
        "code": one.code,
        "plot_area_m2": finite(one.plot_area),
        "max_height_m": finite(one.cap),
        "max_height_by": one.cap_by or None,
        "volume_m3": finite(one.volume),
        "not_limited_because": one.reason or None,
        "missing": list(one.missing),
        "tiers": [
            {
                "from_m": round(band.low, 3),
                "to_m": finite(band.high),
                "area_m2": finite(band.area),
                "limited_by": [
                    {
                        "rule": by.rule.id,
                        "measure": by.edge.measure,
                        "setback_m": by.limit if by.edge.op == "at_least" else None,
                        "street": by.edge.inputs.get("street"),
                        "street_uid": by.edge.inputs.get("street_uid"),
                        "source": by.rule.source.citation,
                        "status": by.status,
                        "how": dict(by.how),
                    }
                    for by in band.distances
                ],
                **{f"message_{language}": told(one, band, language) for language in LANGUAGES},
            }
            for band in one.bands
        ],
        "quotas": [
            {
                "rule": quota.rule.id,
                "measure": quota.rule.measure,
                "height_m": round(quota.height, 3),
                "limit": round(quota.limit, 3),
                "unit": quota.rule.unit,
                "source": quota.rule.source.citation,
                "status": quota.status,
            }
            for quota in one.quotas
        ],
    }

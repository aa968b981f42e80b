"""Passes, and what rules do not apply to, as rows of a table: a run keeps them in columns, without a sentence each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from ....layers.messages import LANGUAGES, sentence
from ....store.verdicts import VerdictColumns
from ..columns import nothing
from ..rulebook.rules import Rule
from .findings import reasons

# Outcomes that are no rows of a run.
KEPT = ("pass", "not_applicable")


def rows(
    columns: Sequence[VerdictColumns],
    outcomes: Collection[str],
    rules: Mapping[str, Rule],
    codes: Mapping[str, Mapping[str, str]],
    crs: object,
) -> gpd.GeoDataFrame:
    """The verdicts with one of ``outcomes``, with the columns of ``finding`` and no geometry.

    ``codes`` are the features' codes by layer and ``uid``; one that is not there any more is named by its ``uid``. The
    margin is told where the rule is known here and has the version of the run.
    """
    tables = [_of_rule(one, outcomes, rules.get(one.rule), codes.get(one.layer, {})) for one in columns]
    tables = [table for table in tables if len(table)]
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"rule": [], "outcome": []}, dtype=object)
    return gpd.GeoDataFrame(found, geometry=gpd.GeoSeries([None] * len(found), crs=crs))


def _of_rule(
    one: VerdictColumns, outcomes: Collection[str], rule: Rule | None, codes: Mapping[str, str]
) -> pd.DataFrame:
    wanted = [code for code, word in enumerate(one.outcomes) if word in outcomes and word in KEPT]
    at = np.flatnonzero(np.isin(one.code, wanted))
    count = len(at)
    measured, limit = np.full(len(one.code), np.nan), np.full(len(one.code), np.nan)
    measured[one.judged], limit[one.judged] = one.measured, one.limit
    entry = next((e for e in rule.entries if e.version == one.version), None) if rule is not None else None
    sign = {"at_most": 1.0, "at_least": -1.0}.get(entry.op, np.nan) if entry is not None else np.nan
    uids = one.uids[at].tolist()
    named = [codes.get(uid) or uid for uid in uids]
    why = [one.reasons[code] if code >= 0 else "" for code in one.reason[at].tolist()]
    table = {
        "uid": nothing(count),
        "rule": [one.rule] * count,
        "rule_version": [one.version] * count,
        "rule_status": [entry.status if entry is not None else None] * count,
        "layer": [one.layer] * count,
        "feature_uid": uids,
        "feature_code": named,
        "outcome": [one.outcomes[code] for code in one.code[at].tolist()],
        "severity": ["info"] * count,
        "measured": measured[at],
        "limit_value": limit[at],
        "margin": sign * (limit[at] - measured[at]),
        "unit": [entry.unit if entry is not None else None] * count,
        "source": [entry.source.citation if entry is not None else None] * count,
        "how": nothing(count),
        "missing": nothing(count),
    }
    for language in LANGUAGES:
        title = entry.title[language] if entry is not None else one.rule
        said = iter(reasons([reason for reason in why if reason], language))
        table[f"message_{language}"] = [
            sentence("zoning.found.not_applicable", language, feature=code, title=title, reason=next(said))
            if reason
            else None
            for code, reason in zip(named, why, strict=True)
        ]
    return pd.DataFrame(table)

"""One feature explained tells the same as the check of everything: the proof that what is read around it is enough."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from dothi.processing.zoning.land import inputs
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.verdicts.check import check, layers_needed
from dothi.processing.zoning.verdicts.explain import explain
from dothi.store import dataset

DAY = date(2026, 6, 1)
RULES = packs.load()[0]
LAYERS = tuple(dict.fromkeys(rule.layer for rule in RULES))
# Features of each layer beside those that a rule finds something about.
AT_RANDOM, FOUND = 4, 8
TOLD = ["rule", "outcome", "measured", "limit_value", "message_vi"]


@pytest.fixture(scope="module")
def whole(demo: Path) -> tuple[gpd.GeoDataFrame, Any]:
    """All verdicts on the demo, and the province's matrix."""
    rules, matrix = packs.load(dataset.beside(demo / "dothi.gpkg") / "rules")
    layers = inputs.whole(demo / "dothi.gpkg", layers_needed(rules), {})
    return check(layers, rules, DAY, matrix=matrix), (rules, matrix)


def told(findings: pd.DataFrame) -> list[tuple[Any, ...]]:
    """What findings say, in an order of its own; a building has one row for each street before it."""
    rows = findings[TOLD].astype({"measured": float, "limit_value": float}).round(6).astype(object)
    rows = rows.where(rows.notna(), "–")
    return sorted((tuple(row) for row in rows.itertuples(index=False)), key=str)


def sample(found: pd.DataFrame, uids: pd.Series) -> list[str]:
    """One feature of each rule that finds something, and a few others; the same in every run."""
    reported = found[found["outcome"].isin(("fail", "not_checkable"))].drop_duplicates("rule")["feature_uid"]
    rng = np.random.default_rng(3)
    others = rng.choice(uids.to_numpy(), size=min(AT_RANDOM, len(uids)), replace=False)
    return list(dict.fromkeys([*reported.head(FOUND), *others]))


@pytest.mark.parametrize("layer_id", LAYERS)
def test_a_feature_explained_is_told_the_same_as_in_the_check_of_all(demo, layer, whole, layer_id):
    checked, (rules, matrix) = whole
    mine = checked[(checked["layer"] == layer_id) & checked["feature_uid"].notna()]
    by_feature: Mapping[str, pd.DataFrame] = dict(iter(mine.groupby("feature_uid")))
    for uid in sample(mine, layer(layer_id)["uid"]):
        found = explain(demo / "dothi.gpkg", uid, rules, DAY, matrix=matrix)
        here = found[(found["layer"] == layer_id) & (found["feature_uid"] == uid)]
        assert told(here) == told(by_feature.get(uid, mine.iloc[:0])), uid

"""What the jobs found of the truth, what they missed, and what they reported beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

_REPORTED = ("fail", "not_checkable")
_COVERED = 0.3  # an event counts as found when alerts cover this share of it
_BESIDE = 25.0  # metres; an alert this near to an expected event belongs to it


def score_zoning(truth: Mapping[str, Any], findings: pd.DataFrame) -> dict[str, Any]:
    """Faults found, missed and reported beside the truth, in total and per kind.

    ``findings`` has ``rule``, ``feature_uid``, ``feature_code`` and ``outcome``. Rows about no feature (a layer or
    an edition is absent) are no faults, and rules whose input no layer holds
    (``truth["not_in_data"]``) are left out. ``missed`` and ``extra`` name the features.
    """
    reported = findings[findings["outcome"].isin(_REPORTED) & findings["feature_uid"].notna()]
    reported = reported[~reported["rule"].str.startswith(tuple(truth["not_in_data"]))]
    seen = set(zip(reported["rule"], reported["feature_uid"], reported["outcome"], strict=True))
    kinds = dict.fromkeys(fault["kind"] for fault in truth["faults"])
    by_kind = {kind: {"planted": 0, "found": 0, "missed": 0} for kind in kinds}
    missed = []
    for fault in truth["faults"]:
        found = (fault["rule"], fault["uid"], fault["outcome"]) in seen
        by_kind[fault["kind"]]["planted"] += 1
        by_kind[fault["kind"]]["found" if found else "missed"] += 1
        if not found:
            missed.append({key: fault[key] for key in ("kind", "rule", "layer", "code", "outcome")})
    planted = {(fault["rule"], fault["uid"]) for fault in truth["faults"]}
    beside = reported[[key not in planted for key in zip(reported["rule"], reported["feature_uid"], strict=True)]]
    return {
        "planted": len(truth["faults"]),
        "found": len(truth["faults"]) - len(missed),
        "extra": len(beside),
        "by_kind": by_kind,
        "missed": missed,
        "extra_by_rule": dict(
            Counter(f"{rule} {outcome}" for rule, outcome in zip(beside["rule"], beside["outcome"], strict=True))
        ),
        "extra_features": beside[["rule", "feature_code", "outcome"]].head(50).to_dict(orient="records"),
    }


def score_change(truth: Mapping[str, Any], events: gpd.GeoDataFrame, alerts: gpd.GeoDataFrame) -> dict[str, Any]:
    """Events found and missed, and alerts beside them; both frames share one projected system in metres.

    ``events`` has ``id`` as in ``truth["events"]``. ``relation`` of an event is that of the alert covering most of it.
    """
    shapes = dict(zip(events["id"], events.geometry, strict=True))
    all_alerts = shapely.union_all(alerts.geometry.to_numpy()) if len(alerts) else shapely.Polygon()
    rows = []
    for event in truth["events"]:
        shape = shapes[event["id"]]
        overlap = shapely.area(shapely.intersection(alerts.geometry.to_numpy(), shape))
        covered = shape.intersection(all_alerts).area / shape.area
        relation = str(alerts["relation"].iloc[int(np.argmax(overlap))]) if covered > 0 else ""
        alerted = bool(covered >= _COVERED)
        rows.append(
            {key: event[key] for key in ("id", "kind", "expected")}
            | {"covered_pct": round(100.0 * covered, 1), "found": alerted, "relation": relation}
            | {"relation_right": relation in event["relations"] if alerted and event["relations"] else None}
        )
    expected = [shapes[event["id"]] for event in truth["events"] if event["expected"]]
    near = shapely.union_all(expected).buffer(_BESIDE)
    beside = alerts[~alerts.intersects(near)]
    wanted = [row for row in rows if row["expected"]]
    return {
        "planted": len(wanted),
        "found": sum(row["found"] for row in wanted),
        "extra": len(beside),
        "events": rows,
        "missed": [row["id"] for row in wanted if not row["found"]],
        "extra_alerts": _codes(beside),
    }


def _codes(alerts: gpd.GeoDataFrame) -> Sequence[str]:
    return [str(code) for code in alerts["code"].head(50)]

"""States of a data set side by side: indicators in columns, the base first, and what became of the base's breaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from ..rulebook.rules import OUTCOMES
from .indicators import COLUMNS

# What is nothing, not unknown, in a state where it does not occur.
_COUNTED = ("planned_area", "existing_area", "verdicts", "findings")
FATES = ("fixed", "new", "unchanged")


def fates(base: pd.DataFrame, other: pd.DataFrame) -> dict[str, int]:
    """Breaches of ``base`` that ``other`` has no more (``fixed``), new ones, and those in both.

    Findings are told apart by rule and feature. A rule may breach several times on one feature (a setback from two
    streets): then so many are unchanged as both have.
    """
    ours, theirs = _breaches(base), _breaches(other)
    unchanged = (ours & theirs).total()
    return {"fixed": ours.total() - unchanged, "new": theirs.total() - unchanged, "unchanged": unchanged}


def _breaches(findings: pd.DataFrame) -> Counter[tuple[str, str]]:
    failed = findings[findings["outcome"] == "fail"]
    return Counter(zip(failed["rule"], failed["feature_uid"], strict=True))


def verdict_rows(findings: pd.DataFrame, base: pd.DataFrame | None = None) -> pd.DataFrame:
    """Verdicts by outcome as rows like those of ``indicators``; against ``base`` also the fate of its breaches."""
    counted = Counter(findings["outcome"])
    rows = [("verdicts", outcome, counted.get(outcome, 0)) for outcome in OUTCOMES]
    if base is not None:
        rows += [("findings", fate, count) for fate, count in fates(base, findings).items()]
    table = pd.DataFrame(rows, columns=["indicator", "key", "value"]).astype({"value": float})
    return table.assign(label=table["key"], unit="", missing="", assumed=False, left_out=0)[list(COLUMNS)]


def side_by_side(states: Sequence[pd.DataFrame]) -> list[dict[str, Any]]:
    """Rows of all ``states``: each names its indicator and has a list of values, one for each state.

    ``value`` null: not computable there (``missing`` says for want of what) or the thing, a zone, is not there. Order
    is that of the states, the first one's before what only later ones have.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    order: dict[str, int] = {}
    for number, table in enumerate(states):
        for one in table.to_dict("records"):
            order.setdefault(one["indicator"], len(order))
            row = rows.setdefault((one["indicator"], one["key"]), _empty(one, len(states)))
            row["values"][number] = None if pd.isna(one["value"]) else float(one["value"])
            row["missing"][number] = one["missing"]
            row["assumed"][number] = bool(one["assumed"])
            row["left_out"][number] = int(one["left_out"])
    return sorted(rows.values(), key=lambda row: order[row["indicator"]])


def _empty(one: Mapping[Hashable, Any], count: int) -> dict[str, Any]:
    nothing = 0.0 if one["indicator"] in _COUNTED and one["key"] else None
    values = [nothing] * count
    if one["indicator"] == "findings":
        values[0] = None  # the base is not compared with itself
    return {name: one[name] for name in ("indicator", "key", "label", "unit")} | {
        "values": values,
        "missing": [""] * count,
        "assumed": [False] * count,
        "left_out": [0] * count,
    }

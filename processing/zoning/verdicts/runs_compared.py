"""Two runs of the check held against each other: what is new, fixed, changed and unchanged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ....layers.errors import InputError
from ....store.verdicts import VerdictColumns, read

# What a planner has to act on: a breach, or a gap in the information.
ACTED_ON = ("fail", "not_checkable")
STATES = ("new", "fixed", "changed", "unchanged")
# Values closer than this are the same: coordinates are kept to the millimetre.
SAME = 1e-6
_KEY = ["rule", "layer", "uid", "time"]


def _verdicts(run: Path) -> pd.DataFrame:
    """Every verdict of a run: one row per rule, subject and the how-manieth time it is judged by that rule."""
    columns = read(run)
    if not columns:
        raise InputError("zoning.run_without_verdicts", path=str(run))
    return pd.concat([_rows(one) for one in columns], ignore_index=True)


def _rows(one: VerdictColumns) -> pd.DataFrame:
    measured, limit = np.full(len(one.uids), np.nan), np.full(len(one.uids), np.nan)
    measured[one.judged], limit[one.judged] = one.measured, one.limit
    outcomes = np.array(one.outcomes, dtype=object)
    table = pd.DataFrame({"uid": one.uids, "outcome": outcomes[one.code], "measured": measured, "limit": limit})
    table.insert(0, "layer", one.layer)
    table.insert(0, "rule", one.rule)
    table["time"] = table.groupby("uid").cumcount()
    return table


def compare(before: Path, after: Path) -> pd.DataFrame:
    """What became of every breach and gap of two runs: columns rule, layer, uid, outcome, measured and limit in both,
    ``about`` (the outcome that is acted on) and ``state``, one of :data:`STATES`.

    ``fixed`` is what is no more so: the feature passes, the rule no longer applies, or the feature is gone; a breach
    that can no longer be checked is ``changed``. Rows of neither run's concern are left out. Raises
    :class:`InputError` for a run that keeps no verdicts.
    """
    both = _verdicts(before).merge(_verdicts(after), on=_KEY, how="outer", suffixes=("_before", "_after"))
    was, now = both["outcome_before"].isin(ACTED_ON), both["outcome_after"].isin(ACTED_ON)
    both = both[was | now].reset_index(drop=True)
    was, now = both["outcome_before"].isin(ACTED_ON), both["outcome_after"].isin(ACTED_ON)
    same = both["outcome_before"] == both["outcome_after"]
    for name in ("measured", "limit"):
        one, other = both[f"{name}_before"], both[f"{name}_after"]
        same &= ((one - other).abs() <= SAME) | (one.isna() & other.isna())
    both["state"] = np.select([~was, ~now, same], ["new", "fixed", "unchanged"], "changed")
    both["about"] = both["outcome_after"].where(now, both["outcome_before"])
    return both.drop(columns="time").sort_values(["rule", "layer", "uid"], ignore_index=True)


def counts(compared: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many there are of each state, for each outcome that is acted on."""
    return {
        outcome: {state: int(((compared["about"] == outcome) & (compared["state"] == state)).sum()) for state in STATES}
        for outcome in ACTED_ON
    }

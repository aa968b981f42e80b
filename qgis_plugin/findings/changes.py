"""What became of findings since an earlier run, as the engine compared them, told in the index of ``index``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .runs import reading

STATES = ("new", "changed", "unchanged", "fixed")
_TABLE = """
CREATE TEMP TABLE {name} (
    rule TEXT, layer TEXT, feature_uid TEXT, outcome TEXT, measured REAL, limit_value REAL, state TEXT
)
"""
# Values that went through JSON are the same to the engine's own precision (processing.zoning.runs_compared.SAME).
_SAME = "({one} IS {other} OR abs({one} - {other}) <= 1e-6)"
_NOW = " AND ".join(
    (
        "now.rule = finding.rule AND now.layer = finding.layer AND now.feature_uid = finding.feature_uid",
        "now.outcome = finding.outcome",
        *(_SAME.format(one=f"now.{name}", other=f"finding.{name}") for name in ("measured", "limit_value")),
    )
)
_WAS = " AND ".join(
    (
        "was.rule = run.finding.rule AND was.layer = run.finding.layer AND was.feature_uid IS run.finding.feature_uid",
        "was.outcome = run.finding.outcome",
        *(_SAME.format(one=f"was.{name}", other=f"run.finding.{name}") for name in ("measured", "limit_value")),
    )
)
# How the rows of an earlier run are copied: their numbers must not meet those of the run that is shown.
_FIXED = {"id": "-fid", "state": "'fixed'", "only": f"AND EXISTS (SELECT 1 FROM fixed AS was WHERE {_WAS})"}  # noqa: S608  # nosec B608 - own names

Load = Callable[..., None]


def forget(base: sqlite3.Connection) -> None:
    """Compare with nothing any more."""
    base.execute("DELETE FROM finding WHERE state = 'fixed'")
    base.execute("UPDATE finding SET state = ''")
    base.commit()


def tell(base: sqlite3.Connection, load: Load, before: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the state of each finding, and add with ``load(run, **parts)`` what the run ``before`` had and is fixed.

    ``rows`` are those of the job ``zoning.compare_runs``: all but what is unchanged. Findings about a whole layer,
    which it leaves out, are new or fixed by their presence alone.
    """
    told = list(rows)
    _note(base, "here", [_change(one, "after") for one in told if one["state"] != "fixed"])
    _note(base, "fixed", [_change(one, "before") for one in told if one["state"] == "fixed"])
    base.execute(
        f"UPDATE finding SET state = coalesce((SELECT now.state FROM here AS now WHERE {_NOW}), 'unchanged')"  # noqa: S608  # nosec B608 - own names
    )
    _whole_layers(base, before)
    base.commit()
    load(before, **_FIXED)


def _whole_layers(base: sqlite3.Connection, before: Path) -> None:
    """Rows about no feature: those that ``before`` lacks are new, those that only it has join what is fixed."""
    with reading(before) as database:
        was = database.execute(
            "SELECT DISTINCT rule, layer, NULL, outcome, measured, limit_value, 'fixed' FROM finding "
            "WHERE feature_uid IS NULL AND outcome IN ('fail', 'not_checkable')"
        ).fetchall()
    _note(base, "entire", was)
    same = "entire.rule = finding.rule AND entire.layer = finding.layer AND entire.outcome = finding.outcome"
    base.execute(
        f"UPDATE finding SET state = 'new' WHERE feature_uid IS NULL AND NOT EXISTS (SELECT 1 FROM entire WHERE {same})"  # noqa: S608  # nosec B608 - own names
    )
    base.execute(
        "INSERT INTO fixed SELECT * FROM entire WHERE NOT EXISTS "  # noqa: S608  # nosec B608 - own names
        f"(SELECT 1 FROM finding WHERE finding.feature_uid IS NULL AND {same})"
    )


def _note(base: sqlite3.Connection, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
    base.execute(f"DROP TABLE IF EXISTS temp.{name}")
    base.execute(_TABLE.format(name=name))
    base.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608  # nosec B608 - own names
    base.execute(f"CREATE INDEX temp.of_{name} ON {name} (rule, feature_uid)")


def _change(row: Mapping[str, Any], when: str) -> tuple[Any, ...]:
    """A row of the comparison by its values in the run ``when`` (before, after)."""
    measured, limit = row[f"measured_{when}"], row[f"limit_{when}"]
    return row["rule"], row["layer"], row["uid"], row[f"outcome_{when}"], measured, limit, row["state"]

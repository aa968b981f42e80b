"""What a watch has done, step by step, in ``NAME.dothi/state.sqlite``: where a killed night goes on.

A step is noted when its result is whole under its final name, so a step that is not noted is done again; every step is
made so that doing it again changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import state

_TABLE = """
CREATE TABLE IF NOT EXISTS watch_step (
    watch TEXT NOT NULL, day TEXT NOT NULL, step TEXT NOT NULL, told TEXT NOT NULL, done_at TEXT NOT NULL,
    PRIMARY KEY (watch, day, step)
)
"""


@dataclass(frozen=True)
class Step:
    """One step of one day of scenes (ISO), with what it told (JSON values)."""

    day: str
    step: str
    told: Any


def note(data: str | Path, watch: str, day: str, step: str, told: Any) -> None:
    """Remember that a step is done; one that was noted before is replaced."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    row = (watch, day, step, json.dumps(told, ensure_ascii=False, sort_keys=True), now)
    with state.changing(data, _TABLE) as database:
        database.execute("INSERT OR REPLACE INTO watch_step VALUES (?, ?, ?, ?, ?)", row)


def steps(data: str | Path, watch: str) -> list[Step]:
    """All steps of a watch, by day and name."""
    rows = state.rows(data, "watch_step", "watch, day, step, told", "day, step")
    return [Step(day, step, json.loads(told)) for name, day, step, told in rows if name == watch]

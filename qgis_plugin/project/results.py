"""The runs of a data set whose results a project shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .contents import Contents

RESULT_LAYERS = ("finding", "alert")


@dataclass(frozen=True)
class Result:
    """One result table of a run file; ``when`` is the date judged by, else of the run, or empty."""

    path: Path
    layer_id: str
    job: str
    when: str
    raster: Path | None


def newest(found: Contents, runs: Sequence[Path] | None) -> list[Result]:
    """The newest result of each kind among ``runs`` (None: all run files beside the data set)."""
    folder = found.data.with_suffix(".dothi") / "runs"
    files = list(runs) if runs is not None else sorted(folder.glob("*.gpkg")) if folder.is_dir() else []
    latest: dict[str, Result] = {}
    for path in files:
        for result in _results(path):
            latest[result.layer_id] = result
    return [latest[one] for one in RESULT_LAYERS if one in latest]


def _results(path: Path) -> list[Result]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        tables = {row[0] for row in base.execute("SELECT table_name FROM gpkg_contents")}
        if "run" not in tables:
            return []
        row = base.execute("SELECT job, coalesce(judged_on, started_at, '') FROM run LIMIT 1").fetchone()
    if row is None:
        return []
    raster = path.with_suffix(".tif")
    return [
        Result(path, one, str(row[0]), str(row[1])[:10], raster if raster.is_file() else None)
        for one in RESULT_LAYERS
        if one in tables
    ]

"""Take the pictures of the timeline: simulated dates of a dune coast, pits dug on known days, in the real window."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..engine.contract import JOBS
from ..engine.jobs import runner
from ..layers.report import SILENT
from ..processing.demo import year
from ..store import dataset
from . import pictures, qgis_run
from .files import ROOT

COPY = ROOT / "build" / "pictures-timeline"
WINDOW = ROOT / "scripts" / "pictures_timeline_window.py"
BEGINS = "2026-01-01"
NAME = "Đồi cát Suối Nhum"
PITS = (
    year.Pit(60, 50, 5.5, date(2026, 2, 12)),
    year.Pit(100, 62, 4.5, date(2026, 3, 20)),
    year.Pit(40, 96, 4.0, date(2026, 1, 20), date(2026, 4, 15)),
)


def _do(job_id: str, **given: Any) -> Mapping[str, Any]:
    return runner(job_id)(JOBS[job_id].read(given), SILENT)


def prepared(folder: Path, profile: Path) -> Path:
    """A project of a year and a half of dates, decoded, with a series. Returns the project."""
    data = folder / "ven-bien.gpkg"
    days = [date(2025, 1, 4) + timedelta(days=12 * number) for number in range(43)]
    year.write(folder / "scenes", year.land(7, 160, PITS), days)
    dataset.create(data, ("concession",), "EPSG:9218", profile="binh_thuan", simulated=True)
    dataset.set_meta(data, judged_on="2026-05-29", title="Ven biển Suối Nhum", seed=7)
    _do("scene.add", data=str(data), product=[str(folder / "scenes")])
    _do("scene.cache", data=str(data))
    _do("series.build", data=str(data), name=NAME, begins=BEGINS)
    project = data.with_suffix(".qgz")
    qgis_run.run("build_project", {"data": data, "project": project, "scenes": []}, profile)
    return project


def main() -> int:
    """Take the pictures; 0 when each is there."""
    raw, profile = pictures.fresh(COPY)
    project = prepared(COPY / "coast", profile)
    with pictures.virtual_screen() as display:
        pictures.take(display, project, WINDOW, raw, profile)
    pictures.publish(raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())

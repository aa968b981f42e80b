"""Take the pictures of surveillance: the event of 16 June 2016, simulated, in the real window, and its dossier."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.contract import JOBS
from ..engine.jobs import runner
from ..layers.report import SILENT
from . import pictures, qgis_run
from .files import ROOT
from .pictures_sheets import first_page

COPY = ROOT / "build" / "pictures-surveillance"
WINDOW = ROOT / "scripts" / "pictures_surveillance_window.py"


def _do(job_id: str, **given: Any) -> Mapping[str, Any]:
    return runner(job_id)(JOBS[job_id].read(given), SILENT)


def prepared(folder: Path, profile: Path) -> tuple[Path, Path]:
    """Data set and project of the event: detected, in cases, with a watch; no act of an inspector yet."""
    made = _do("demo.event", out=str(folder))
    data = Path(made["data"])
    _do("change.detect", data=str(data), before=made["before"], after=made["after"])
    _do("case.take", data=str(data))
    _do("watches.add", data=str(data), name="Ven biển Thuận Quý", classes=["sand_deposit", "plume"])
    project = data.with_suffix(".qgz")
    qgis_run.run(
        "build_project", {"data": data, "project": project, "scenes": [made["before"], made["after"]]}, profile
    )
    return data, project


def main() -> int:
    """Take the pictures; 0 when each is there."""
    raw, profile = pictures.fresh(COPY)
    data, project = prepared(COPY / "event", profile)
    with pictures.virtual_screen() as display:
        pictures.take(display, project, WINDOW, raw, profile)
    codes = [str(one["code"]) for one in _do("case.list", data=str(data))["cases"]]
    first_page("case.dossier", data, raw / "surveillance-dossier.png", cases=sorted(codes))
    pictures.publish(raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The printed sheets among the pictures of the docs: first pages of what the report jobs make of the demo."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2

from ..engine.contract import JOBS
from ..engine.jobs import runner
from ..layers.report import SILENT
from ..store import dataset, runs

DPI = 110
RULE = "qcvn01.setback"  # a breach that can be seen: the strip, its dimension, the street


def failing(data: Path) -> str:
    """Uid of a building that stands too close to its street in the newest check: the first by code."""
    run = runs.newest(data, "zoning.check")
    if run is None:
        raise FileNotFoundError(f"no check beside {data}")
    found = dataset.read(run, "finding", ["rule", "outcome", "feature_uid", "feature_code"])
    chosen = found[(found["rule"] == RULE) & (found["outcome"] == "fail")]
    return str(chosen.sort_values("feature_code")["feature_uid"].iloc[0])


def first_page(job_id: str, data: Path, target: Path, **values: object) -> None:
    """Run the job and save the first page of its PDF as ``target``."""
    with TemporaryDirectory() as place:
        out = Path(place) / "a.pdf"
        job = JOBS[job_id]
        runner(job_id)(job.read({"data": str(data), "out": str(out), **values}), SILENT)
        document = pypdfium2.PdfDocument(out)
        document[0].render(scale=DPI / 72).to_pil().save(target)
        document.close()


def take(data: Path, folder: Path) -> None:
    """Write ``sheet-check.png`` and ``sheet-plan-info.png`` into ``folder``."""
    uid = failing(data)
    first_page("zoning.report", data, folder / "sheet-check.png", uids=[uid])
    first_page("zoning.plan_info", data, folder / "sheet-plan-info.png", uid=uid)


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))

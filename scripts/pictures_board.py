"""Take the pictures of the board: the demo's alerts as cases, one in the field and one rejected, published.

The work is done on a copy of the demo, so that its own data stay as they were built.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from ..engine.contract import JOBS
from ..engine.jobs import perform
from ..ioc.publication import FORMATS
from ..layers.report import SILENT
from ..store import cases
from .board import READY, board
from .browser import Page, page
from .files import ROOT, shown
from .pictures import OUT, shrink

DEMO = ROOT / "build" / "demo"
COPY = ROOT / "build" / "pictures-board" / "demo"
_LAYER = "[...document.querySelectorAll('#layers li')].find((one) => one.querySelector('[data-layer={}]'))"


def run(job: str, data: Path, **given: Any) -> None:
    """A job of the contract on ``data``."""
    perform(JOBS[job], {"data": str(data), **given}, SILENT)


def published(copy: Path) -> Path:
    """A folder as the centre has it after a case was taken up and another was dismissed."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    data = Path(shutil.copy(DEMO / "dothi.gpkg", copy / "dothi.gpkg"))
    shutil.copytree(DEMO / "dothi.dothi", copy / "dothi.dothi")
    target = copy / "ioc"
    run("case.take", data)
    run("ioc.publish", data, target=str(target), formats=list(FORMATS))
    first, *_, last = sorted(cases.lives(data), key=lambda life: life.code)
    run("case.set", data, case=first.code, status="in_field")
    run("case.set", data, case=last.code, status="rejected", note="nằm trong giấy phép (mô phỏng)")
    run("ioc.publish", data, target=str(target), formats=list(FORMATS), allow_vanish=True)
    return target


def scenes(shown_page: Page, raw: Path) -> None:
    """The alerts, and the published plan of the island ward."""
    shown_page.wait(READY)
    shown_page.picture(raw / "board-alerts.png")
    _after(shown_page, f"{_LAYER.format('planned_zone')}.querySelector('button').click()")
    shown_page.picture(raw / "board-plan.png")


def _after(shown_page: Page, script: str) -> None:
    """Do something and wait until the map, which it has set going, stands still again."""
    shown_page.run(f"document.body.dataset.map = 'moving'; {script}")
    shown_page.wait(READY)


def main() -> int:
    """Take the pictures; 0 when each is there."""
    if not (DEMO / "dothi.gpkg").exists():
        print("make demo", file=sys.stderr)
        return 3
    with board(published(COPY)) as address, page((1600, 1000)) as found:
        found.open(address)
        scenes(found, COPY)
    for picture in sorted(COPY.glob("board-*.png")):
        made = shrink(picture, OUT)
        print(f"   {shown(made)}  {made.stat().st_size // 1000} kB")
    shutil.rmtree(COPY.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())

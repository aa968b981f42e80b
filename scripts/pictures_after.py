"""Take the pictures of what follows a check: compared, waived, judged while drawing, edges corrected.

The demo is copied, checked, edited in a few places as a planner would, and checked again.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from . import pictures
from .files import ROOT

COPY = Path(os.environ.get("DOTHI_COPY", ROOT / "build" / "pictures-after"))
WINDOW = ROOT / "scripts" / "pictures_after_window.py"


def check(data: Path) -> None:
    """A run of the whole check, by the engine of this checkout."""
    engine = ROOT / ".venv" / "bin" / "dothi"
    subprocess.run([str(engine), "zoning", "check", "--data", str(data)], check=True, stdout=subprocess.DEVNULL)


def edit(data: Path) -> None:
    """Of sixty tall buildings every other one grows by five floors, the rest come down to one: new and fixed."""
    with closing(sqlite3.connect(data)) as database, database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)  # the R-tree's triggers name them; no geometry changes here
        tall = "SELECT fid FROM building WHERE height_m > 12 ORDER BY fid LIMIT 60"
        database.execute(
            f"UPDATE building SET height_m = height_m + 16, floors = floors + 5 WHERE fid % 2 AND fid IN ({tall})"  # noqa: S608 - own words
        )
        database.execute(f"UPDATE building SET height_m = 3, floors = 1 WHERE NOT fid % 2 AND fid IN ({tall})")  # noqa: S608 - own words


def main() -> int:
    """Take the pictures; 0 when each is there."""
    raw, profile = pictures.fresh(COPY)
    project = pictures.copied_demo(COPY)
    data = project.with_suffix(".gpkg")
    check(data)
    edit(data)
    check(data)
    with pictures.virtual_screen() as display:
        pictures.take(display, project, WINDOW, raw, profile)
    pictures.publish(raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())

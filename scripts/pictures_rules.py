"""Take the picture of the panel of rules: a copy of the demo, so that nothing is ever written beside it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from . import pictures
from .files import ROOT, shown
from .qgis_profile import prepare

COPY = ROOT / "build" / "pictures-rules"
WINDOW = ROOT / "scripts" / "pictures_rules_window.py"


def main() -> int:
    """Take the picture; 0 when it is there."""
    demo = pictures.PROJECT.parent
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(demo, COPY / "demo")
    raw, profile = COPY / "raw", COPY / "profile"
    raw.mkdir()
    prepare(profile, "vi")
    with pictures.virtual_screen() as display:
        pictures.take(display, COPY / "demo" / Path(pictures.PROJECT).name, WINDOW, raw, profile)
    for picture in sorted(raw.glob("*.png")):
        made = pictures.shrink(picture, pictures.OUT)
        print(f"   {shown(made)}  {made.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

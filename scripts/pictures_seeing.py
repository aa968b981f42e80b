"""Take the pictures of a widened street, envelope, 3D view and shadow, in the real window on a copy of the demo."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from . import pictures
from .files import ROOT, shown
from .qgis_profile import prepare

COPY = ROOT / "build" / "pictures-seeing"
WINDOW = ROOT / "scripts" / "pictures_seeing_window.py"


def main() -> int:
    """Take the pictures; 0 when each is there. 3D is drawn by software, as a virtual screen has no graphics card."""
    demo = pictures.PROJECT.parent
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(demo, COPY / "demo")
    raw, profile = COPY / "raw", COPY / "profile"
    raw.mkdir()
    prepare(profile, "vi")
    os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    with pictures.virtual_screen() as display:
        pictures.take(display, COPY / "demo" / Path(pictures.PROJECT).name, WINDOW, raw, profile)
    for picture in sorted(raw.glob("*.png")):
        made = pictures.shrink(picture, pictures.OUT)
        print(f"   {shown(made)}  {made.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

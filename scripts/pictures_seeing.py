"""Take the pictures of a widened street, envelope, 3D view and shadow, in the real window on a copy of the demo."""

from __future__ import annotations

import os
import sys

from . import pictures
from .files import ROOT

COPY = ROOT / "build" / "pictures-seeing"
WINDOW = ROOT / "scripts" / "pictures_seeing_window.py"


def main() -> int:
    """Take the pictures; 0 when each is there. 3D is drawn by software, as a virtual screen has no graphics card."""
    raw, profile = pictures.fresh(COPY)
    project = pictures.copied_demo(COPY)
    os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    with pictures.virtual_screen() as display:
        pictures.take(display, project, WINDOW, raw, profile)
    pictures.publish(raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())

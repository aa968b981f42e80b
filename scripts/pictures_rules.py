"""Take the picture of the panel of rules: a copy of the demo, so that nothing is ever written beside it."""

from __future__ import annotations

import sys

from . import pictures
from .files import ROOT

COPY = ROOT / "build" / "pictures-rules"
WINDOW = ROOT / "scripts" / "pictures_rules_window.py"


def main() -> int:
    """Take the picture; 0 when it is there."""
    raw, profile = pictures.fresh(COPY)
    project = pictures.copied_demo(COPY)
    with pictures.virtual_screen() as display:
        pictures.take(display, project, WINDOW, raw, profile)
    pictures.publish(raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())

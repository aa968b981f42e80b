"""Take the pictures of scenarios: a copy of the demo with two made-up scenarios, in the real window."""

from __future__ import annotations

import sys

from . import demo_scenarios, pictures
from .files import ROOT

COPY = ROOT / "build" / "pictures-scenarios"
WINDOW = ROOT / "scripts" / "pictures_scenarios_window.py"


def main() -> int:
    """Take both pictures; 0 when each is there."""
    raw, profile = pictures.fresh(COPY)
    project = pictures.copied_demo(COPY)
    demo_scenarios.make(project.with_suffix(".gpkg"))
    with pictures.virtual_screen() as display:
        pictures.take(display, project, WINDOW, raw, profile)
    pictures.publish(raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""QGIS with the plugin on, in a profile of its own: on the demo, or on data of one's own (``DOTHI_DATA``)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ..layers.errors import InputError
from ..layers.messages import sentence
from . import own_data
from .files import ROOT
from .qgis_profile import NAME, environment, prepare

BUILD = ROOT / "build"
PROFILE = BUILD / "profile"


def has_screen() -> bool:
    """Whether a window can be opened, and is wanted (``DOTHI_NO_WINDOW``)."""
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and not os.environ.get("DOTHI_NO_WINDOW")


def command(*files: Path) -> list[str]:
    """How QGIS is started on ``files``."""
    return ["qgis", "--nologo", "--noversioncheck", "--profile", NAME, *(str(file) for file in files)]


def open_and_leave(project: Path) -> None:
    """Start QGIS on ``project`` by itself; what it prints goes to ``build/qgis.log``."""
    with (BUILD / "qgis.log").open("w", encoding="utf-8") as log:
        subprocess.Popen(
            command(project),
            cwd=ROOT,
            env=environment(PROFILE, headless=False),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def main() -> int:
    """Open QGIS and wait until it is closed. Returns its exit code."""
    language = os.environ.get("DOTHI_LANGUAGE", "vi")
    if not has_screen():
        print(sentence("doors.no_screen_run", language), file=sys.stderr)
        return 4
    try:
        subject = own_data.chosen(os.environ.get("DOTHI_DATA", ""), BUILD)
    except InputError as error:
        print(error.sentence(language), file=sys.stderr)
        return error.exit_code
    prepare(PROFILE, language)
    if subject.project.exists():
        files = [subject.project]
    elif subject.data.exists():
        files = [subject.data]
    else:
        files = []
        print(sentence("doors.run_without_demo", language))
    return subprocess.run(command(*files), cwd=ROOT, env=environment(PROFILE, headless=False), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

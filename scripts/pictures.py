"""Take the pictures of the docs from the real window: QGIS with the plugin on the demo project, on a virtual screen.

``make pictures`` runs it after the demo is built. The window is 1600 × 1000, in Vietnamese, with a profile that is made
anew each time, so that the same data give the same pictures. What happens in the window is in ``pictures_window.py``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from . import pictures_sheets
from .files import ROOT, shown
from .qgis_profile import NAME, environment, prepare

SIZE = (1600, 1000)
MOST_BYTES = 300_000
PROFILE = ROOT / "build" / "pictures" / "profile"
RAW = ROOT / "build" / "pictures" / "raw"
OUT = ROOT / "docs" / "pictures"
WINDOW = ROOT / "scripts" / "pictures_window.py"
PROJECT = ROOT / "build" / "demo" / "dothi.qgz"
SECONDS = 420


@contextmanager
def virtual_screen() -> Iterator[str]:
    """An X server of the right size on a free display; gives its name (``:99``)."""
    read, write = os.pipe()
    words = [
        "Xvfb",
        "-displayfd",
        str(write),
        "-screen",
        "0",
        f"{SIZE[0]}x{SIZE[1]}x24",
        "-dpi",
        "96",
        "-nolisten",
        "tcp",
    ]
    server = subprocess.Popen(words, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def take(display: str, project: Path, script: Path = WINDOW, raw: Path = RAW, profile: Path = PROFILE) -> None:
    """Run QGIS through all scenes; raises ``CalledProcessError`` or ``TimeoutExpired`` where it does not get there."""
    log = raw / "qgis.log"
    words = ["qgis", "--nologo", "--noversioncheck", "--profile", NAME, "--code", str(script), str(project)]
    variables = {
        **environment(profile, headless=False),
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "QT_AUTO_SCREEN_SCALE_FACTOR": "0",
        "QT_ENABLE_HIGHDPI_SCALING": "0",
        "QT_FONT_DPI": "96",
        "PYTHONPATH": str(ROOT / "scripts" / "in_window"),  # what the tours share
        "DOTHI_PICTURES": str(raw),
        "DOTHI_PICTURE_SIZE": f"{SIZE[0]}x{SIZE[1]}",
        "LANG": "C.UTF-8",
    }
    with log.open("w", encoding="utf-8") as said:
        subprocess.run(
            words,
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=SECONDS,
            check=True,
        )


def shrink(source: Path, folder: Path) -> Path:
    """Write ``source`` into ``folder`` below :data:`MOST_BYTES`: a PNG of few colours, a JPEG where it shows images."""
    with Image.open(source) as picture:
        plain = picture.convert("RGB")
    for old in folder.glob(f"{source.stem}.*"):
        old.unlink()
    target = folder / f"{source.stem}.png"
    few = plain.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=4, dither=Image.Dither.NONE)
    few.save(target, optimize=True)
    if target.stat().st_size <= MOST_BYTES:
        return target
    target.unlink()
    target = folder / f"{source.stem}.jpg"
    for quality in range(90, 40, -6):
        plain.save(target, quality=quality, optimize=True, progressive=True)
        if target.stat().st_size <= MOST_BYTES:
            break
    return target


def fresh(copy: Path) -> tuple[Path, Path]:
    """An empty folder ``copy`` with places for pictures as taken and for a QGIS profile; gives both."""
    shutil.rmtree(copy, ignore_errors=True)
    raw, profile = copy / "raw", copy / "profile"
    raw.mkdir(parents=True)
    prepare(profile, "vi")
    return raw, profile


def copied_demo(copy: Path) -> Path:
    """A copy of the demo below ``copy``, so that nothing is ever written beside it; gives its project."""
    shutil.copytree(PROJECT.parent, copy / "demo")
    return copy / "demo" / PROJECT.name


def publish(raw: Path) -> None:
    """Put the pictures taken into the documents, and say so."""
    OUT.mkdir(parents=True, exist_ok=True)
    for picture in sorted(raw.glob("*.png")):
        made = shrink(picture, OUT)
        print(f"   {shown(made)}  {made.stat().st_size // 1000} kB")


def main() -> int:
    """Take all pictures; 0 when each is there."""
    project = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT
    if not project.exists():
        print(f"{shown(project)}: make demo", file=sys.stderr)
        return 3
    shutil.rmtree(PROFILE.parent, ignore_errors=True)
    RAW.mkdir(parents=True)
    prepare(PROFILE, "vi")
    with virtual_screen() as display:
        try:
            take(display, project)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            tail = (RAW / "qgis.log").read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
            print("\n".join([str(error), *tail]), file=sys.stderr)
            return 1
    pictures_sheets.take(project.with_suffix(".gpkg"), RAW)
    publish(RAW)
    return 0


if __name__ == "__main__":
    sys.exit(main())

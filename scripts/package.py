"""Build ``dist/dothi-VERSION.zip``: what a planner installs in QGIS.

One top folder ``dothi``; the rooms, the resources, the engine's lock; no tests, no scripts, no caches. The same files
give the same bytes: sorted names, one fixed date, one mode.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from .. import __version__
from .files import ROOT, tracked

TOP = "dothi"
SHIPPED = (
    "CHANGELOG.md",
    "LICENSE",
    "__init__.py",
    "engine",
    "ioc",
    "layers",
    "metadata.txt",
    "processing",
    "py.typed",
    "qgis_plugin",
    "requirements/engine.lock",
    "resources",
    "store",
)
_DATE = (1980, 1, 1, 0, 0, 0)  # the oldest a zip can hold: bytes must not depend on the day


def shipped(root: Path = ROOT) -> list[Path]:
    """The files of the plugin, relative to ``root``."""
    wanted = [Path(name) for name in SHIPPED]
    return [path for path in tracked(root) if any(path == w or w in path.parents for w in wanted)]


def build(folder: Path, root: Path = ROOT) -> Path:
    """Write the zip into ``folder`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{TOP}-{__version__}.zip"
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name in shipped(root):
            entry = zipfile.ZipInfo(f"{TOP}/{name.as_posix()}", _DATE)
            entry.create_system = 3  # Unix, also when built on Windows
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, (root / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
    unfinished.replace(path)
    return path


if __name__ == "__main__":
    if "--version" in sys.argv:
        print(__version__)
        sys.exit(0)
    made = build(ROOT / "dist")
    print(f"{made.relative_to(ROOT)}  {made.stat().st_size / 1e6:.1f} MB  {len(shipped())} files")
    sys.exit(0)

"""Which files of the repository count: those git knows or would add, else (outside a clone) all but what was built."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_BUILT = {".git", ".venv", ".venv-qgis", ".venv-judges", "build", "dist"}


def shown(path: Path | str) -> str:
    """``path`` as somebody in the root would write it."""
    whole = Path(path)
    return str(whole.relative_to(ROOT)) if whole.is_relative_to(ROOT) else str(whole)


def tracked(root: Path = ROOT) -> list[Path]:
    """Paths relative to ``root``, sorted; files that are gone from the disk are left out."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
        paths = {Path(name) for name in names if name}
    else:
        paths = {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
        paths = {
            path
            for path in paths
            if path.parts[0] not in _BUILT and "__pycache__" not in path.parts and not path.parts[0].endswith("_cache")
        }
    return sorted(path for path in paths if (root / path).is_file())

"""Where the engine's own Python environment lies, and how to tell that it is the right one.

The environment is named by the hash of ``requirements/engine.lock``, so two versions of the plugin never share one
by accident. Whoever makes it writes the stamp last: a half-made environment has none and is not used. Standard
library only.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

LOCK = "requirements/engine.lock"
STAMP = "dothi-engine.lock"
PYTHON_OLDEST, PYTHON_NEWEST = (3, 11), (3, 13)


def lock_hash(root: Path) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of the lock of the package at ``root`` (line ends as on Linux)."""
    text = (root / LOCK).read_bytes().replace(b"\r\n", b"\n")
    return hashlib.sha256(text).hexdigest()[:12]


def user_data_folder(given: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """The user's folder for data of programs: ``%LOCALAPPDATA%``, ``~/Library/…`` or ``$XDG_DATA_HOME``."""
    variables = os.environ if given is None else given
    if platform == "win32":
        return Path(variables.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(variables.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def environment_folder(root: Path) -> Path:
    """The folder of the environment that belongs to the lock of the package at ``root`` (it need not exist)."""
    return user_data_folder() / "dothi" / f"engine-{lock_hash(root)}"


def checkout_environment(root: Path) -> Path:
    """The environment of a developer's checkout: ``.venv`` in the package folder, links resolved."""
    return root.resolve() / ".venv"


def interpreter(folder: Path, platform: str = sys.platform) -> Path:
    """The Python of the environment in ``folder``."""
    return folder / "Scripts" / "python.exe" if platform == "win32" else folder / "bin" / "python"


def environment_of(python: Path) -> Path:
    """The environment that ``python`` belongs to: the opposite of :func:`interpreter` (links are not resolved)."""
    return python.parent.parent


def write_stamp(folder: Path, root: Path) -> None:
    """Say that the environment in ``folder`` is whole and made from the lock of ``root``."""
    (folder / STAMP).write_text(lock_hash(root) + "\n", encoding="utf-8")


def read_stamp(folder: Path) -> str:
    """The lock hash the environment in ``folder`` was made from; empty where nobody said so."""
    try:
        return (folder / STAMP).read_text(encoding="utf-8").strip()
    except OSError:
        return ""

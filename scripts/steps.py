"""What is already made is used again: a step is done anew only when its code or what it stands on has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .files import ROOT, tracked

# Of the header of an SQLite file (https://www.sqlite.org/fileformat.html, 1.3): the journal mode, the change counter,
# the version that the counter is valid for. They change when a program opens the file in WAL mode and closes it again.
_TOUCHED = (slice(18, 20), slice(24, 28), slice(92, 96))


def digest(rooms: Iterable[str], *more: str) -> str:
    """A short hash of the code in ``rooms`` (folders of the root) and of ``more``."""
    made = hashlib.sha256("\0".join(more).encode())
    wanted = set(rooms)
    for path in tracked():
        if path.parts[0] in wanted and path.suffix != ".md":
            made.update(path.as_posix().encode())
            made.update((ROOT / path).read_bytes())
    return made.hexdigest()[:16]


def state(path: Path) -> str:
    """What a file holds, as one word; empty where there is none.

    Size and time, but for a GeoPackage its content: QGIS touches the header of every one it opens.
    """
    if not path.exists():
        return ""
    if path.suffix.lower() != ".gpkg":
        seen = path.stat()
        return f"{seen.st_size}-{seen.st_mtime_ns}"
    made = hashlib.sha256()
    with path.open("rb") as file:
        header = bytearray(file.read(100))
        for part in _TOUCHED:
            header[part] = bytes(len(header[part]))
        made.update(header)
        while block := file.read(1 << 20):
            made.update(block)
    return made.hexdigest()[:16]


class Steps:
    """The notebook of a folder: which step was done with which digest, and what it gave."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def made(self, name: str, wanted: str) -> Any:
        """What step ``name`` gave when it was done with ``wanted``; None: it is to be done."""
        entry = self._known.get(name)
        return entry["gave"] if entry and entry["digest"] == wanted else None

    def last(self, name: str) -> Any:
        """What step ``name`` gave the last time, whatever has changed since; None: never done."""
        return self._known.get(name, {}).get("gave")

    def note(self, name: str, wanted: str, gave: Any) -> None:
        """Write down that step ``name`` is done."""
        self._known[name] = {"digest": wanted, "gave": gave}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".part")
        unfinished.write_text(json.dumps(self._known, ensure_ascii=False, indent=1), encoding="utf-8")
        unfinished.replace(self._path)

"""The satellite images of a project."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...layers.messages import sentence
from .contents import Contents


@dataclass(frozen=True)
class Image:
    """An image; ``role`` is ``before``, ``after``, or its code where there are more than two."""

    path: Path
    role: str
    acquired: str = ""

    def name(self, language: str) -> str:
        """What the layer is called: its role and the day it was taken."""
        word = sentence(f"project.{self.role}", language) if self.role in ("before", "after") else self.role
        if not self.acquired:
            return word
        day = date.fromisoformat(self.acquired[:10])
        return f"{word} – {day:%d/%m/%Y}" if language == "vi" else f"{word} – {day.isoformat()}"


def images(found: Contents, given: Sequence[Path] | None) -> list[Image]:
    """The images, newest first as they lie on the map; those of the table ``scene`` where none are ``given``.

    Images of the table that are no files of this machine (a product in an archive) are passed over.
    """
    rows = _table(found)
    taken = {path.resolve(): day for path, day in rows}
    paths = [path for path in (given if given is not None else [p for p, _day in rows]) if path.is_file()]
    made = [
        Image(path, _role(number, len(paths), path), taken.get(path.resolve(), "")) for number, path in enumerate(paths)
    ]
    return made[::-1]


def _role(number: int, count: int, path: Path) -> str:
    if count < 2 or number == count - 1:
        return "after"
    return "before" if number == 0 else path.stem


def _table(found: Contents) -> list[tuple[Path, str]]:
    if "scene" not in found.layers:
        return []
    with closing(sqlite3.connect(f"{found.data.resolve().as_uri()}?mode=ro", uri=True)) as base:
        rows = base.execute(
            "SELECT path, acquired_on FROM scene WHERE path IS NOT NULL ORDER BY acquired_on, code"
        ).fetchall()
    return [(found.data.parent / path, str(day or "")) for path, day in rows]

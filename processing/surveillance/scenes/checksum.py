"""What a product is made of, in one number: SHA-256 of its file, or of the list of files of its folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ....layers.report import SILENT, Report, steps

_CHUNK = 4 * 1024**2


def sha256(path: Path) -> str:
    """The sum of one file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def product_checksum(path: Path, report: Report = SILENT) -> str:
    """Of a file its SHA-256; of a folder the SHA-256 of lines ``sum  name`` (as ``sha256sum`` prints them), sorted."""
    if path.is_file():
        return sha256(path)
    files = _files(path)
    lines = [
        f"{sha256(file)}  {file.relative_to(path).as_posix()}\n"
        for file in steps(report, files, len(files), "scene.step_checksum")
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def stamp(path: Path) -> str:
    """Number of files, bytes and the last change: tells at a glance whether a product is still what it was."""
    states = [file.stat() for file in ([path] if path.is_file() else _files(path))]
    return f"{len(states)};{sum(s.st_size for s in states)};{max((s.st_mtime_ns for s in states), default=0)}"


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())

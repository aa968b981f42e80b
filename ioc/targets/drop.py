"""A folder as a target: written whole or not at all, by one publisher at a time.

The new folder is made beside the old one under a hidden name, flushed to the disk, and the two change places in one
step of the system (Linux, macOS). Where the system has no such step, the old one is moved aside first; a run that dies
between the two moves is mended by the next. Readers see the old folder or the new one.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...layers.errors import DothiError, EnvironmentTroubleError, InputError, UsageError
from ...store.troubles import told
from ..alone import alone

MANIFEST = "manifest.json"
SIGNATURE = f"{MANIFEST}.p7s"
_OURS = {MANIFEST, SIGNATURE}  # files that no manifest can list
FORMAT = "dothi-drop/1"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Drop:
    """The target folder; ``writing`` is the only way to change it."""

    folder: Path

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Yield an empty folder; when the block ends well it has become the target, else nothing has happened.

        Raises :class:`InputError` for a folder with content that is not ours, :class:`EnvironmentTroubleError` while
        another run writes the same target.
        """
        with told(self.folder, writing=True), self._alone():
            self._mend()
            require_ours(self.folder)
            new = self._beside("new")
            new.mkdir()
            try:
                yield new
                _flush(new)
                self._become(new)
            except DothiError as error:
                # GDAL has many words for a full disk; the disk itself has one.
                if str(error.arguments.get("path", "")).startswith(str(new)) and _is_full(new):
                    raise EnvironmentTroubleError("engine.disk_full", path=str(self.folder)) from error
                raise
            finally:
                shutil.rmtree(new, ignore_errors=True)

    def same_as(self, new: Path) -> bool:
        """Whether the target already holds what ``new`` holds, byte by byte."""
        both = ((self.folder / name, new / name) for name in (MANIFEST, SIGNATURE))
        return all(_content(old) == _content(made) for old, made in both) and not problems(self.folder)

    @property
    def edition(self) -> str:
        """What the folder holds, as one hash; empty where it holds no publication."""
        path = self.folder / MANIFEST
        return fingerprint(path)[1] if path.is_file() else ""

    @property
    def holds(self) -> dict[str, int]:
        """Features of each layer in the folder, as its manifest says."""
        return {layer["id"]: int(layer["features"]) for layer in _manifest(self.folder).get("layers", [])}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with alone(self._beside("lock"), str(self.folder)):
            yield

    def _beside(self, word: str) -> Path:
        return self.folder.with_name(f".{self.folder.name}.dothi-{word}")

    def _mend(self) -> None:
        """Clear away what a run left that was killed."""
        aside = self._beside("old")
        if aside.exists() and not self.folder.exists():
            aside.rename(self.folder)
        for left in (aside, self._beside("new")):
            if left.exists():
                shutil.rmtree(left)

    def _become(self, new: Path) -> None:
        if self.same_as(new):
            return
        aside = self._beside("old")
        if not self.folder.exists():
            new.rename(self.folder)
        elif not _exchange(new, self.folder):
            self.folder.rename(aside)
            new.rename(self.folder)
            shutil.rmtree(aside)
        _flush_folder(self.folder.parent)


def folder_target(target: str) -> Drop:
    """The drop that ``target`` names: a folder's path or ``file:`` and a path. Raises :class:`InputError`."""
    text = target.removeprefix("file:")
    if os.name != "nt" and re.match(r"[A-Za-z]:[\\/]|\\\\", text):
        raise UsageError("engine.windows_path", parameter="target", path=text)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text):
        raise InputError("ioc.target_unknown", target=target)
    try:
        folder = Path(text).expanduser().absolute()
    except RuntimeError as error:  # ~ where no home is known, or of somebody unknown
        raise InputError("ioc.target_unknown", target=target) from error
    if not folder.name:  # the root of a disk cannot change places with another folder
        raise InputError("ioc.target_unknown", target=target)
    if folder.exists() and not folder.is_dir():
        raise InputError("ioc.target_not_folder", target=str(folder))
    return Drop(folder.resolve())


def require_ours(folder: Path) -> None:
    """Raise :class:`InputError` if ``folder`` holds anything that this program has not published into it."""
    if not folder.exists():
        return
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if not found:
        return
    listed = {*_OURS, *(item["path"] for item in _manifest(folder).get("files", []))}
    foreign = sorted(found - listed)
    if foreign:
        raise InputError("ioc.target_foreign", folder=str(folder), example=foreign[0], count=len(foreign))


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) and manifest.get("format") == FORMAT else {}


def problems(folder: Path) -> list[str]:
    """Files of a drop that are missing, changed or not listed; empty if the folder is what its manifest says."""
    listed = {item["path"]: item for item in _manifest(folder).get("files", [])}
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - _OURS
    wrong = (set(listed) ^ found) | (set() if listed else {MANIFEST})
    for path in set(listed) & found:
        if fingerprint(folder / path) != (listed[path]["bytes"], listed[path]["sha256"]):
            wrong.add(path)
    return sorted(wrong)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def fingerprint(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _is_full(folder: Path) -> bool:
    """Whether another megabyte finds no room."""
    try:
        with (folder / "probe").open("wb") as file:
            file.write(bytes(_BLOCK))
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return False


def _flush(folder: Path) -> None:
    """Make sure that every file is on the disk before it becomes visible."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            _flush_folder(path)
        else:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    _flush_folder(folder)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system or the file system cannot."""
    here, swap = -100, 2  # AT_FDCWD, and RENAME_EXCHANGE (Linux) or RENAME_SWAP (macOS)
    first, second = os.fsencode(one), os.fsencode(other)
    system: Any = ctypes.CDLL(None) if os.name == "posix" else None
    if hasattr(system, "renameat2"):
        return bool(system.renameat2(here, first, here, second, swap) == 0)
    if hasattr(system, "renamex_np"):
        return bool(system.renamex_np(first, second, swap) == 0)
    return False

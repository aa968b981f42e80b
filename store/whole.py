"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from ..layers.errors import EnvironmentTroubleError, InputError
from .troubles import told

_MARK = ".part-"
_STALE = 24 * 3600.0  # seconds after which the leavings of a killed process are removed


def temporary_name(path: Path) -> Path:
    """A hidden name beside ``path``, with its suffix (GDAL chooses the format by it)."""
    return path.with_name(f"{_MARK}{uuid4().hex[:8]}-{path.name}")


def put(temporary: Path, path: Path) -> None:
    """Write ``temporary`` out to the disk and give it its name."""
    _flush(temporary)
    temporary.replace(path)
    _flush_names(path.parent)


def put_new(temporary: Path, path: Path) -> None:
    """As :func:`put`, but never over what somebody else made at ``path`` in the meantime."""
    _flush(temporary)
    try:
        os.link(temporary, path)  # unlike a rename it fails where the name is taken
    except FileExistsError as error:
        raise EnvironmentTroubleError("store.exists", path=str(path)) from error
    except OSError:  # a file system without hard links (FAT, some network drives)
        refuse_existing(path)
        temporary.replace(path)
    _flush_names(path.parent)


def _flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _flush_names(place: Path) -> None:
    if os.name == "posix":  # the name too must survive a power cut
        folder = os.open(place, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove(temporary: Path) -> None:
    """Remove a temporary file and what SQLite keeps beside it."""
    for tail in ("", "-journal", "-wal", "-shm"):
        temporary.with_name(temporary.name + tail).unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what killed processes left in ``folder`` a day or more ago."""
    limit = time.time() - _STALE
    for path in folder.glob(f"{_MARK}*"):
        with suppress(FileNotFoundError):  # another process gave it its name in the meantime
            if path.stat().st_mtime < limit:
                path.unlink()


def refuse_existing(path: Path) -> None:
    """Raise unless a file may be made at ``path``: its folder exists and the name is free."""
    if not path.parent.is_dir():
        raise InputError("store.folder_missing", path=str(path.parent))
    if path.exists() or path.is_symlink():  # a link to nowhere is somebody's too
        raise EnvironmentTroubleError("store.exists", path=str(path))


@contextmanager
def made_whole(path: Path, *, new: bool = False, lasting: bool = True) -> Iterator[Path]:
    """Yield a temporary path; on success it becomes ``path`` (``new``: only if that is still free), else it is gone.

    One that is not ``lasting`` does not wait for the disk: a power cut may tear it, which its readers must notice.
    """
    temporary = temporary_name(path)
    try:
        with told(path, writing=True):
            yield temporary
            if lasting:
                (put_new if new else put)(temporary, path)
            else:
                temporary.replace(path)
    finally:
        remove(temporary)

"""One file over HTTP: resumed where it broke off, checked, and there under its name only when it is whole.

What has come lies in a hidden file beside the target, with a note of the version it is of (ETag or Last-Modified); both
survive the process. The rest is asked for with Range and If-Range (RFC 9110, 13.1.5 and 14), so a file that changed in
the meantime comes anew and two versions are never glued together.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from ....layers.errors import EnvironmentTroubleError, InputError
from ....layers.report import SILENT, Report
from ....store.troubles import told
from ....store.whole import put
from .multihash import Sum
from .web import Guarded, named

# A Sentinel-2 product takes about 1 GB; nothing of a scene is larger than this.
MOST_BYTES = 20 * 1024**3
_PART = 1 << 20
# Attempts without one new byte, and the pause before each, seconds.
_ATTEMPTS = 5
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
# A byte a minute would be progress too: below this many bytes an attempt counts as none.
_PROGRESS = 1024
_RANGE = re.compile(r"^bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)$")


@dataclass(frozen=True)
class Fetched:
    """What came: ``version`` is the server's ETag or Last-Modified (empty: it told none), ``checked`` by a checksum."""

    path: Path
    size: int
    sha256: str
    version: str
    checked: bool


@dataclass
class _Note:
    """What the hidden file is of."""

    address: str
    version: str = ""
    size: int = -1


class _BrokenError(Exception):
    """An attempt ended before the file was whole; what has come is kept."""


def fetch(
    session: Guarded,
    address: str,
    target: Path,
    *,
    size: int | None = None,
    checksum: Sum | None = None,
    most: int = MOST_BYTES,
    report: Report = SILENT,
    wait: Callable[[float], object] = time.sleep,
) -> Fetched:
    """Bring ``address`` to ``target``. ``size`` (bytes) and ``checksum`` are what the catalogue promises.

    Raises :class:`InputError` where the other side refuses, sends too much or something else than promised, and
    :class:`EnvironmentTroubleError` where the network fails again and again or the disk is full; what has come by then
    serves the next call, unless it is wrong.
    """
    if size is not None and size > most:
        raise InputError("scene.file_too_large", address=address[:200], size=size, limit=most)
    part, kept = target.with_name(f".fetch-{target.name}"), target.with_name(f".fetch-{target.name}.json")
    with told(target, writing=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        note = _read_note(kept, address)
        tries = 0
        while True:
            had = part.stat().st_size if part.exists() else 0
            try:
                _attempt(session, note, part, kept, size, checksum, most, report)
                break
            except _BrokenError as error:
                came = (part.stat().st_size if part.exists() else 0) - had
                tries = 0 if came >= _PROGRESS else tries + 1
                if tries >= _ATTEMPTS:
                    with named(address):
                        raise requests.exceptions.ConnectionError(str(error)[:200]) from error
                wait(_PAUSES[min(tries, len(_PAUSES) - 1)])
        found = _checked(part, kept, note, target, size, checksum)
        put(part, target)
        kept.unlink(missing_ok=True)
    return found


def _attempt(
    session: Guarded,
    note: _Note,
    part: Path,
    kept: Path,
    size: int | None,
    checksum: Sum | None,
    most: int,
    report: Report,
) -> None:
    """One request; returns when the file is whole, raises :class:`_BrokenError` when there is more to come."""
    had = part.stat().st_size if part.exists() else 0
    if had and not (note.version or checksum):
        had = 0  # nothing tells whether the rest would be of the same file
    if had and had == note.size:
        return
    headers = {"Accept-Encoding": "identity"}
    if had:
        headers["Range"] = f"bytes={had}-"
        if note.version:
            headers["If-Range"] = note.version
    try:
        with session.get(note.address, headers=headers, stream=True) as answer:
            start, whole = _place(answer, note, had)
            if whole is not None and whole > most:
                raise InputError("scene.file_too_large", address=note.address[:200], size=whole, limit=most)
            if size is not None and whole is not None and whole != size:
                _forget(part, kept)
                raise InputError("scene.size_wrong", address=note.address[:200], size=whole, promised=size)
            _require_room(part, (whole or 0) - start)
            note.version, note.size = _version(answer), -1 if whole is None else whole
            kept.write_text(json.dumps(asdict(note)), encoding="utf-8")
            _receive(answer, part, start, whole, most, report)
    except (requests.exceptions.RequestException, HTTPError) as error:
        if isinstance(error, requests.exceptions.SSLError):
            with named(note.address):
                raise
        raise _BrokenError(str(error)) from error


def _place(answer: requests.Response, note: _Note, had: int) -> tuple[int, int | None]:
    """Where the body begins in the file, and how long the file is (None: not told).

    A server may answer 200 to a Range: then all of it comes, from the start.
    """
    status = answer.status_code
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise InputError("scene.answer_packed", address=note.address[:200])
    if status == 206 and had:
        match = _RANGE.match(answer.headers.get("Content-Range", ""))
        same = not note.version or _version(answer) in ("", note.version)
        if match and int(match[1]) == had and same and (note.size < 0 or match[3] in ("*", str(note.size))):
            return had, note.size if match[3] == "*" and note.size >= 0 else None if match[3] == "*" else int(match[3])
        note.version, note.size = "", -1  # a part of something else: begin again
        raise _BrokenError("Content-Range")
    if status == 200:
        length = answer.headers.get("Content-Length", "")
        return 0, int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
    if status == 416:
        note.version, note.size = "", -1
        raise _BrokenError("416")
    if status in (408, 425, 429) or status >= 500:
        raise _BrokenError(str(status))
    raise InputError("scene.answer_wrong", address=note.address[:200], status=status)


def _receive(answer: requests.Response, part: Path, start: int, whole: int | None, most: int, report: Report) -> None:
    """Append the body to what lies there up to ``start``."""
    limit = most if whole is None else whole
    with part.open("r+b" if part.exists() else "w+b") as file:
        file.truncate(start)
        file.seek(start)
        came = start
        # read1 gives what is there: read would keep back, and lose, what came before the line broke
        while piece := answer.raw.read1(_PART):
            came += len(piece)
            if came > limit:
                file.truncate(0)
                raise InputError("scene.file_too_large", address=answer.url[:200], size=came, limit=limit)
            file.write(piece)
            report.progress(min(1.0, came / whole) if whole else 0.0)
    if whole is not None and came < whole:
        raise _BrokenError(f"{came} < {whole}")


def _checked(part: Path, kept: Path, note: _Note, target: Path, size: int | None, checksum: Sum | None) -> Fetched:
    """The whole file, if it is what was promised; else it is gone, and the error says so."""
    came = part.stat().st_size
    if size is not None and came != size:
        _forget(part, kept)
        raise InputError("scene.size_wrong", address=note.address[:200], size=came, promised=size)
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if checksum is not None and not checksum.fits(part):
        _forget(part, kept)
        raise InputError("scene.checksum_wrong", address=note.address[:200], promised=checksum.digest)
    return Fetched(target, came, digest, note.version, checksum is not None)


def _version(answer: requests.Response) -> str:
    """A strong ETag, else Last-Modified: what If-Range takes. A weak ETag promises no same bytes."""
    tag = str(answer.headers.get("ETag", ""))
    if tag and not tag.startswith("W/"):
        return tag[:500]
    return str(answer.headers.get("Last-Modified", ""))[:100]


def _require_room(part: Path, more: int) -> None:
    if more > 0 and shutil.disk_usage(part.parent).free < more:
        raise EnvironmentTroubleError("engine.disk_full", path=str(part.parent))


def _read_note(kept: Path, address: str) -> _Note:
    """What an earlier call left, if it was of the same address."""
    found: Any = None
    with suppress(OSError, ValueError):
        found = json.loads(kept.read_text(encoding="utf-8"))
    if isinstance(found, dict) and found.get("address") == address:
        version, size = found.get("version"), found.get("size")
        if isinstance(version, str) and isinstance(size, int):
            return _Note(address, version, size)
    _forget(kept.with_name(kept.name.removesuffix(".json")), kept)
    return _Note(address)


def _forget(part: Path, kept: Path) -> None:
    part.unlink(missing_ok=True)
    kept.unlink(missing_ok=True)

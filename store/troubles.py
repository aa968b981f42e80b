"""What SQLite and GDAL say when a file cannot be read or written, turned into the project's errors."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

from ..layers.errors import DothiError, EnvironmentTroubleError, InputError

# Words of SQLite's errors (sqlite.org/rescode.html), which GDAL passes on inside its own sentences.
_FULL = re.compile(r"disk is full|No space left", re.IGNORECASE)
_LOCKED = re.compile(r"database (table )?is locked|database schema is locked", re.IGNORECASE)
_READ_ONLY = re.compile(r"readonly database|read-only|Permission denied|unable to open database", re.IGNORECASE)
_DAMAGED = re.compile(
    r"malformed|not a database|file is encrypted|is not recognized|no such table: gpkg", re.IGNORECASE
)
_UNIQUE = re.compile(r"UNIQUE constraint failed: (\w+)\.(\w+)")
_NOT_NULL = re.compile(r"NOT NULL constraint failed: (\w+)\.(\w+)")
_CUT_OFF = re.compile(r"disk I/O error|File too large", re.IGNORECASE)

_MACHINE = {
    errno.ENOSPC: "engine.disk_full",
    errno.EDQUOT: "engine.disk_full",
    errno.EFBIG: "engine.disk_full",
    errno.EACCES: "engine.no_permission",
    errno.EPERM: "engine.no_permission",
    errno.EROFS: "engine.read_only",
}


def named(reason: str, path: Path, *, writing: bool) -> DothiError:
    """The error for a sentence of SQLite or GDAL about ``path``."""
    where = str(path)
    if _FULL.search(reason) or (writing and _CUT_OFF.search(reason)):
        return EnvironmentTroubleError("engine.disk_full", path=where)
    if _LOCKED.search(reason):
        return EnvironmentTroubleError("store.locked", path=where)
    if twice := _UNIQUE.search(reason):
        return InputError("schema.not_unique", layer=twice[1], field=twice[2], example="")
    if absent := _NOT_NULL.search(reason):
        return InputError("schema.value_missing", layer=absent[1], field=absent[2], count=1)
    if _DAMAGED.search(reason):
        return InputError("schema.not_geopackage", path=where, reason=_short(reason))
    if _READ_ONLY.search(reason):
        return EnvironmentTroubleError("engine.no_permission", path=where)
    if writing:
        return EnvironmentTroubleError("store.write_failed", path=where, reason=_short(reason))
    return InputError("schema.not_readable", path=where, reason=_short(reason))


def _short(reason: str) -> str:
    return " ".join(reason.split())[:300]


@contextmanager
def told(path: Path, *, writing: bool) -> Iterator[None]:
    """Turn every failure of SQLite, GDAL or the file system around ``path`` into a :class:`DothiError`."""
    try:
        with np.errstate(invalid="ignore"):  # a coordinate that is no number is the checks' to name, not numpy's
            yield
    except (sqlite3.Error, DataSourceError, DataLayerError, FeatureError, FieldError) as error:
        raise named(str(error), path, writing=writing) from error
    except OSError as error:
        if error.errno in _MACHINE:
            raise EnvironmentTroubleError(_MACHINE[error.errno], path=str(error.filename or path)) from error
        if error.errno is None and _DAMAGED.search(str(error)):  # what Arrow passes on of GDAL's words
            raise named(str(error), path, writing=writing) from error
        raise

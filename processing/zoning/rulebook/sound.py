"""Which rule files keep to their schema, remembered: to look again takes longer than all else that is done with them.

The file that remembers, ``NAME.dothi/cache/rule-files.json``, may be deleted at any time. It counts for the same bytes
of a file, of the schemas and of the code that looks, whatever their names and times.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ....layers.errors import DothiError
from ....store.whole import made_whole

MEMORY = "rule-files.json"
# Of files that keep to their schema in this process: SHA-256 and the schema's name.
_SOUND: set[tuple[str, str]] = set()


def is_sound(sha256: str, schema: str) -> bool:
    """Whether a file with these bytes was found to keep to the schema; not known without a hash."""
    return (sha256, schema) in _SOUND


def found(sha256: str, schema: str) -> None:
    """Remember that it does."""
    if sha256:
        _SOUND.add((sha256, schema))


def known_by(schemas: Mapping[str, Any], code: str) -> str:
    """A hash of what decides whether a file is sound."""
    text = json.dumps([schemas, Path(code).read_text(encoding="utf-8")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def remembered(cache: Path | None, by: str) -> Iterator[None]:
    """Go by what the folder ``cache`` remembers, and leave there what the block finds; a folder that is not there, that
    cannot be read or written remembers nothing.
    """
    known = _read(cache / MEMORY, by) if cache is not None else set()
    _SOUND.update(known)
    yield
    if cache is not None and cache.is_dir() and not known >= _SOUND:
        text = json.dumps({"by": by, "sound": sorted(_SOUND)})
        with suppress(DothiError, OSError), made_whole(cache / MEMORY, lasting=False) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _read(path: Path, by: str) -> set[tuple[str, str]]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {(sha256, schema) for sha256, schema in told["sound"]} if told["by"] == by else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()

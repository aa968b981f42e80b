"""A record: one thing as it stands at the other side, with the text by which both sides are compared.

``body`` is the canonical form: JSON with sorted keys, no blanks, numbers and instants written in one way. Two records
are the same exactly if their bodies are the same; nothing else is ever compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

SHOWN = 160  # signs of a value that are kept for showing


@dataclass(frozen=True, slots=True)
class Record:
    """``key`` names it at the other side for ever; ``kind`` tells the records of one feature apart (empty: one)."""

    layer: str
    uid: str
    kind: str
    key: str
    body: str

    @property
    def content(self) -> int:
        """Hash of the body, as the state keeps it (64 bits, signed)."""
        return hash_of(self.body)


def hash_of(body: str) -> int:
    """64 bits of BLAKE2b over the UTF-8 text, signed as SQLite keeps integers."""
    return int.from_bytes(blake2b(body.encode(), digest_size=8).digest(), "little", signed=True)


_canonical = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def canonical(value: Any) -> str:
    """``value`` as canonical JSON. Raises ``ValueError`` for NaN and infinity."""
    return _canonical(value)


def differing(ours: str, theirs: str) -> dict[str, list[str]]:
    """What differs between two bodies: member → our value and theirs, as text a person can read beside each other.

    An empty text stands for what is not there. Long values are cut: a conflict is shown, not restored, from this.
    """
    mine, other = json.loads(ours), json.loads(theirs)
    return {
        name: [_short(mine.get(name)), _short(other.get(name))]
        for name in sorted({*mine, *other})
        if mine.get(name) != other.get(name)
    }


def _short(value: Any) -> str:
    inner = value
    if isinstance(value, dict):  # of an NGSI-LD attribute only the value speaks to people
        inner = next((value[name] for name in ("value", "object", "languageMap") if name in value), value)
    text = "" if inner is None else inner if isinstance(inner, str) else canonical(inner)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"

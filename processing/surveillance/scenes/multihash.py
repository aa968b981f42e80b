"""Checksums as STAC gives them (``file:checksum``): a multihash, in hexadecimal digits.

Two numbers as variable-length integers, the function's code and the length of the digest, then the digest. Source:
multiformats.io/multihash, codes of github.com/multiformats/multicodec; STAC extension file v2.1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

_FUNCTIONS = {
    0x11: "sha1",
    0x12: "sha256",
    0x13: "sha512",
    0x14: "sha3_512",
    0x15: "sha3_384",
    0x16: "sha3_256",
    0x20: "sha384",
    0xD5: "md5",
}


@dataclass(frozen=True)
class Sum:
    """A digest in hexadecimal digits, and the function of hashlib that made it."""

    function: str
    digest: str

    def fits(self, path: Path) -> bool:
        """Whether the file has this sum."""
        with path.open("rb") as file:
            made = hashlib.file_digest(file, lambda: hashlib.new(self.function, usedforsecurity=False))
        return made.hexdigest() == self.digest


def read_multihash(text: str) -> Sum | None:
    """The sum that ``text`` says; None where it is none, or made by a function that is not known here."""
    try:
        raw = bytes.fromhex(text)
        code, rest = _number(raw)
        length, digest = _number(rest)
    except (ValueError, IndexError):
        return None
    function = _FUNCTIONS.get(code)
    if function is None or len(digest) != length:
        return None
    if length != hashlib.new(function, usedforsecurity=False).digest_size:
        return None
    return Sum(function, digest.hex())


def _number(raw: bytes) -> tuple[int, bytes]:
    """An unsigned variable-length integer of at most two bytes, and what follows it."""
    if raw[0] < 0x80:
        return raw[0], raw[1:]
    if raw[1] >= 0x80:
        raise ValueError(raw[:2])
    return (raw[0] & 0x7F) | raw[1] << 7, raw[2:]

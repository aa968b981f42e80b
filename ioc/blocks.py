"""Rows in blocks of about five hundred, each with a digest: what is as it was costs no more than reading and hashing.

A block ends behind a row whose ``uid`` says so, wherever in the file that row lies (content-defined chunking, as rsync
and backup programs cut files). So rows that come, go or get other numbers change the blocks they lie in and no others.
The digest is 128 bits of SHA-256 over an encoding from which the rows could be read again: two blocks that agree in it
hold the same rows, in the same order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

FEWEST, USUAL, MOST = 32, 512, 4096  # rows of a block
_KEY = 16  # the last signs of a uid decide where a block ends: those that differ most
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio
_ENDS = np.uint64(2**64 // USUAL)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows ``start`` to ``stop`` (without it) of those that are told, and the digest of all that is in them."""

    digest: bytes
    start: int
    stop: int


def cut(
    parts: Iterable[pa.RecordBatch], recipe: bytes, without: Collection[str] = ()
) -> Iterator[tuple[pa.RecordBatch, list[Block]]]:
    """Rows (with a column ``uid``) in whole blocks: a part after the other, and the blocks of each.

    ``recipe`` stands for the rules by which the rows are looked at; under other rules no digest is the same. Columns in
    ``without`` do not count.
    """
    rest: pa.RecordBatch | None = None
    for part in parts:
        rows = part if rest is None else pa.concat_batches([rest, part])
        ends = _ends(rows.column("uid"))
        whole = ends[-1] if ends else 0
        rest = rows.slice(whole)
        if ends:
            yield rows.slice(0, whole), _digested(rows, [0, *ends], recipe, without)
    if rest is not None and len(rest):
        yield rest, _digested(rest, [0, len(rest)], recipe, without)


def _ends(uid: pa.Array) -> list[int]:
    """Row numbers behind which a block ends."""
    lengths, offsets, data = _texts(uid)
    total = np.zeros(len(lengths), dtype=np.uint64)
    for back in range(1, _KEY + 1):
        there = lengths >= back
        signs = data[np.where(there, offsets[1:] - back, 0)] if len(data) else np.zeros(len(lengths), dtype=np.uint8)
        total = (total + np.where(there, signs, 0).astype(np.uint64) + np.uint64(1)) * _MIX
    total ^= total >> np.uint64(32)  # the low bits have seen more of the last signs than the high ones
    ends, last = [], 0
    for end in (np.flatnonzero(total * _MIX < _ENDS) + 1).tolist():
        while end - last > MOST:
            last += MOST
            ends.append(last)
        if end - last >= FEWEST:
            last = end
            ends.append(last)
    while len(lengths) - last > MOST:
        last += MOST
        ends.append(last)
    return ends


def _digested(rows: pa.RecordBatch, bounds: list[int], recipe: bytes, without: Collection[str]) -> list[Block]:
    """The blocks between ``bounds``, each with its digest."""
    counted = [field for field in rows.schema if field.name not in without]
    begun = hashlib.sha256(recipe + str([(field.name, str(field.type)) for field in counted]).encode())
    columns = [_Encoded(rows.column(field.name)) for field in counted]
    found = []
    for start, stop in pairwise(bounds):
        digest = begun.copy()
        digest.update((stop - start).to_bytes(8, "little"))
        for column in columns:
            for piece in column.pieces(start, stop):
                digest.update(piece)
        found.append(Block(digest.digest()[:16], start, stop))
    return found


class _Encoded:
    """A column as bytes from which it could be read again: which values are there, how long they are, the values."""

    def __init__(self, column: pa.Array) -> None:
        self._there = None if column.null_count == 0 else _bytes(pc.is_valid(column).cast(pa.uint8()))
        self._offsets: NDArray[Any] | None = None
        if _is_long(column.type):
            lengths, self._offsets, self._data = _texts(column)
            self._lengths = lengths.astype("<i8").view(np.uint8)
        else:
            self._data = _bytes(column)
            self._width = len(self._data) // max(1, len(column))

    def pieces(self, start: int, stop: int) -> Iterator[Any]:
        """The bytes of some rows."""
        if self._there is None:
            yield b"\1"
        else:
            yield b"\0"
            yield self._there[start:stop]
        if self._offsets is None:
            yield self._data[start * self._width : stop * self._width]
        else:
            yield self._lengths[8 * start : 8 * stop]
            yield self._data[self._offsets[start] : self._offsets[stop]]


def _is_long(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string, pa.types.is_large_binary)
    )


def _texts(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Lengths, offsets (one more) and the bytes of texts; an absent one has no length."""
    large = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
    _, places, data = column.buffers()
    offsets = np.frombuffer(places, dtype="<i8" if large else "<i4")[column.offset : column.offset + len(column) + 1]
    offsets = offsets.astype(np.int64)
    bytes_ = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
    return np.diff(offsets), offsets, bytes_


def _bytes(column: pa.Array) -> NDArray[np.uint8]:
    """Values of equal width; absent ones are nothing but noughts."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    if column.null_count:
        column = pc.fill_null(column.view(f"int{column.type.bit_width}"), 0)
    values = column.buffers()[1]
    width = column.type.bit_width // 8
    return np.frombuffer(values, dtype=np.uint8)[column.offset * width : (column.offset + len(column)) * width]

"""One number per row of Arrow columns, from the bytes as they lie there: no object is made for a value, and other
threads go on meanwhile.

A row has the same number on every machine and in every table, however the rest of the table looks. Texts and shapes are
read in words of eight bytes, each word times an odd number of its own (multilinear hashing: Lemire, Kaser: Strongly
universal string hashing is fast, The Computer Journal 57, 2014), and the sum is mixed as pandas hashes numbers
(SplitMix64). It does not protect against somebody who seeks two rows with one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: odd, so that columns cannot change places unseen
ROWS = 8_192  # read at once: their bytes stay near the processor, and the same memory serves again
_WORD = 8
# Of the last word of a value: the bytes that are its own, by how many they are.
_OWN = np.array([(1 << 8 * count) - 1 for count in range(_WORD)], dtype=np.uint64)
_HALF = np.uint64(32)
_ENDS = {pa.string(): np.int32, pa.binary(): np.int32, pa.large_string(): np.int64, pa.large_binary(): np.int64}

Hashes = NDArray[np.uint64]


def hash_rows(columns: Sequence[pa.ChunkedArray], count: int) -> Hashes:
    """``count`` numbers that change when anything in a row of ``columns`` does, or when columns change places."""
    total = np.zeros(count, dtype=np.uint64)
    for column in columns:
        parts = [_hash_array(chunk) for chunk in column.chunks if len(chunk)]
        if parts:
            total = total * STEP + np.concatenate(parts)
    return total


def bytes_of(values: pa.Array) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """The bytes of all texts or shapes, and where each of them ends (n + 1): the first number is where they begin."""
    _, ends, content = values.buffers()
    data = np.frombuffer(content if content is not None else b"", dtype=np.uint8)
    return data, np.frombuffer(ends, dtype=_ENDS[values.type])[values.offset :][: len(values) + 1]


def _hash_array(values: pa.Array) -> Hashes:
    if values.type in _ENDS:
        data, ends = bytes_of(values)
        told = np.concatenate([_hash_bytes(data, ends[at : at + ROWS + 1]) for at in range(0, len(values), ROWS)])
    else:
        told = _mixed(_hash_plain(values) + STEP)  # a number that is 0 is not like one that is absent
    told[values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)] = 0
    return told


def _hash_plain(values: pa.Array) -> Hashes:
    """Numbers of what is no text, any for what is absent: a null must not make other numbers of those beside it."""
    kind = values.type
    if (pa.types.is_integer(kind) or pa.types.is_boolean(kind)) and values.null_count:
        values = pc.fill_null(values, pa.scalar(0).cast(kind))
    plain = values.to_numpy(zero_copy_only=False)
    return np.array(pd.util.hash_array(plain, categorize=False), dtype=np.uint64)


def _hash_bytes(data: NDArray[np.uint8], ends: NDArray[Any]) -> Hashes:
    """Numbers of the values that lie in ``data`` between one of ``ends`` (n + 1) and the next."""
    lengths, begins = np.diff(ends), ends[:-1] - ends[0]
    own = np.concatenate([data[ends[0] : ends[-1]], np.zeros(_WORD, dtype=np.uint8)])
    odd = _mixed(np.arange(int(lengths.max()) // _WORD + 1, dtype=np.uint64) + STEP) | np.uint64(1)
    total = np.empty(len(lengths), dtype=np.uint64)
    order = np.argsort(lengths, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):  # there are few lengths
        length = int(lengths[rows[0]])
        count = length // _WORD + 1  # of the last word 0 to 7 bytes are the value's own
        values = np.ndarray(len(own) - _WORD * count + 1, dtype=f"V{_WORD * count}", buffer=own, strides=(1,))
        words = values[begins[rows]].view("<u8").reshape(len(rows), count)
        words[:, -1] &= _OWN[length % _WORD]
        words ^= words >> _HALF
        total[rows] = words @ odd[:count] + np.uint64(length + 1)
    return _mixed(total)


def _mixed(numbers: Hashes) -> Hashes:
    return np.asarray(pd.util.hash_array(numbers), dtype=np.uint64)

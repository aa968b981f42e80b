"""One pass over a layer that tells each row from what it was: 64 bits a row, without making a geometry or a record.

Reading is GDAL's Arrow stream, hashing is pandas' (SipHash for text and bytes), so a million rows take a second or two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyogrio import raw

from ..store.troubles import told

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: odd, so that columns cannot change places unseen
_SAMPLE = 1000  # rows that tell whether a column repeats itself


@dataclass(frozen=True)
class Rows:
    """The rows of a layer in the order of the file: ``uid``, ``fid`` and a ``hash`` of all that was asked for."""

    uid: NDArray[np.object_]
    fid: NDArray[np.int64]
    hash: NDArray[np.int64]


def rows(
    path: Path,
    layer: str,
    columns: Sequence[str],
    also: Mapping[str, Sequence[Mapping[Any, Any]]] | None = None,
    recipe: int = 0,
    area: Any = None,
) -> Rows:
    """The rows of a layer, hashed over ``columns`` and geometry.

    ``also``: column → what else its values lead to (a value of another layer). ``recipe`` stands for the rules by which
    rows become records: where it changes, every row is looked at again. ``area`` is a geometry in the
    system of the layer: only rows that meet it are told.
    """
    with told(path, writing=False):
        meta, table = raw.read_arrow(
            path, layer=layer, columns=list(dict.fromkeys(("uid", *columns))), return_fids=True, mask=area
        )
    fid = meta["fid_column"] or "OGC_FID"
    total = np.full(len(table), np.uint64(recipe % 2**64), dtype=np.uint64)
    for name in sorted(set(table.schema.names) - {fid}):
        total = total * _STEP + hashes(table[name])
        for mapping in (also or {}).get(name, ()):
            led_to = pd.Series(table[name].to_numpy(zero_copy_only=False), dtype=object).map(mapping)
            total = total * _STEP + pd.util.hash_array(led_to.to_numpy(dtype=object), categorize=True)
    uid = table["uid"].to_numpy(zero_copy_only=False)
    return Rows(uid, table[fid].to_numpy(), total.view(np.int64))


def hashes(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """A hash per value; absent values are all the same."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        repeats = len(column.slice(0, _SAMPLE).unique()) < _SAMPLE // 10
        return pd.util.hash_array(column.to_numpy(zero_copy_only=False), categorize=repeats)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pd.util.hash_array(column.to_numpy(zero_copy_only=False), categorize=False)
    if pa.types.is_temporal(kind):
        column = column.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64())
    elif pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    return pd.util.hash_array(column.to_numpy(zero_copy_only=False))

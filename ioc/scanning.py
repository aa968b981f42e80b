"""One pass over a layer that tells each row from what it was: 64 bits a row, without making a geometry or a record.

Rows in blocks that are known as they are cost no more than reading them; objects are made for the others alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..store.row_hashes import STEP, hash_rows
from ..store.row_parts import FID, row_parts
from .blocks import Block, cut


@dataclass(frozen=True)
class Rows:
    """Rows of a layer in the order of the file: ``uid``, ``fid`` and a ``hash`` of all that was asked for.

    ``nameless`` counts those without ``uid``, which are not among them. ``blocks`` are the blocks without such a row;
    ``kept`` are the digests of blocks that are known, whose rows are not told.
    """

    uid: NDArray[np.object_]
    fid: NDArray[np.int64]
    hash: NDArray[np.int64]
    nameless: int = 0
    blocks: tuple[Block, ...] = ()
    kept: frozenset[bytes] = frozenset()


def rows(
    path: Path,
    layer: str,
    columns: Sequence[str],
    also: Mapping[str, Sequence[pd.Series[Any]]] | None = None,
    recipe: int = 0,
    area: Any = None,
    agreed: Collection[bytes] = (),
) -> Rows:
    """The rows of a layer, hashed over those of ``columns`` that it has, and geometry; not those of ``agreed`` blocks.

    ``also``: column → what else its values lead to (indexed by them: a value of another layer). ``recipe`` stands for
    the rules by which rows become records (64 bits): where it changes, every row is looked at again. ``area`` is a
    geometry in the system of the layer: only rows that meet it are told.
    """
    more = _led(also or {})
    found = _Found()
    parts = (more(part) for part in row_parts(path, layer, columns, area))
    for part, blocks in cut(parts, recipe.to_bytes(8, "little", signed=True), without=(FID,)):
        differing = [block for block in blocks if not found.keeps(block, agreed)]
        if differing:
            found.add([(block, part.slice(block.start, block.stop - block.start)) for block in differing], recipe)
    return found.rows()


class _Found:
    """What was found so far of a layer."""

    def __init__(self) -> None:
        self._uid: list[NDArray[np.object_]] = [np.empty(0, dtype=object)]
        self._fid: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        self._hash: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        self._blocks: list[Block] = []
        self._kept: set[bytes] = set()
        self._told = self._nameless = 0

    def keeps(self, block: Block, agreed: Collection[bytes]) -> bool:
        """Whether a block is known; the same block a second time is not."""
        if block.digest not in agreed or block.digest in self._kept:
            return False
        self._kept.add(block.digest)
        return True

    def add(self, pieces: Sequence[tuple[Block, pa.RecordBatch]], recipe: int) -> None:
        """The rows of some blocks."""
        for block, piece in pieces:
            nameless = piece.column("uid").null_count
            rows = len(piece) - nameless
            if not nameless:
                self._blocks.append(Block(block.digest, self._told, self._told + rows))
            self._told, self._nameless = self._told + rows, self._nameless + nameless
        part = pa.concat_batches([piece for _, piece in pieces])
        part = part.filter(pc.is_valid(part.column("uid"))) if part.column("uid").null_count else part
        self._uid.append(part.column("uid").to_numpy(zero_copy_only=False))
        self._fid.append(part.column(FID).to_numpy())
        self._hash.append((_hashes(part) * STEP + np.uint64(recipe % 2**64)).view(np.int64))

    def rows(self) -> Rows:
        """All of it."""
        return Rows(
            np.concatenate(self._uid),
            np.concatenate(self._fid),
            np.concatenate(self._hash),
            self._nameless,
            tuple(self._blocks),
            frozenset(self._kept),
        )


def _led(also: Mapping[str, Sequence[pd.Series[Any]]]) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """Adds to a part what its values lead to."""
    tables = {
        f"@{name}{number}": (name, pa.array(series.index, pa.string()), pa.array(series, from_pandas=True))
        for name in sorted(also)
        for number, series in enumerate(also[name])
        if len(series)
    }

    def with_more(part: pa.RecordBatch) -> pa.RecordBatch:
        more = {
            name: values.take(pc.index_in(part.column(of).cast(pa.string()), value_set=keys))
            for name, (of, keys, values) in tables.items()
            if of in part.schema.names
        }
        return pa.RecordBatch.from_arrays([*part.columns, *more.values()], names=[*part.schema.names, *more])

    return with_more if tables else lambda part: part


def _hashes(rows: pa.RecordBatch) -> NDArray[np.uint64]:
    """One number per row that changes when anything in it does; not its number in the file."""
    names = sorted({*rows.schema.names} - {FID})
    return hash_rows([pa.chunked_array([rows.column(name)]) for name in names], len(rows))

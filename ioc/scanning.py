"""One pass over a layer that tells each row from what it was: 64 bits a row, without making a geometry or a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..store.layer_rows import STEP, hash_values, read_rows


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
    """The rows of a layer, hashed over those of ``columns`` that it has, and geometry.

    ``also``: column → what else its values lead to (a value of another layer). ``recipe`` stands for the rules by which
    rows become records: where it changes, every row is looked at again. ``area`` is a geometry in the
    system of the layer: only rows that meet it are told.
    """
    found = read_rows(path, layer, columns, area)
    total = found.hashes * STEP + np.uint64(recipe % 2**64)
    for name in sorted(set(also or {}) & set(found.columns)):
        for mapping in (also or {})[name]:
            led_to = pd.Series(found.columns[name], dtype=object).map(mapping)
            total = total * STEP + hash_values(led_to.to_numpy(dtype=object))
    return Rows(found.columns["uid"], found.fid, total.view(np.int64))

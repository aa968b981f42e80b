"""Geometry on two threads: shapely releases the interpreter's lock while it computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Run = TypeVar("Run")
Made = TypeVar("Made")

THREADS = 2
_CHUNK = 4_000  # rows computed by one thread at a time: the memory needed is that of their results


def by_chunks(compute: Callable[..., NDArray[Any]], *columns: NDArray[Any], size: int = _CHUNK) -> NDArray[Any]:
    """``compute(*columns)``, where each row of the result comes from the same row of the columns alone.

    One thread computes ``size`` rows at a time: fewer where a row takes long.
    """
    count = len(columns[0])
    if count <= size:
        return compute(*columns)
    runs = [slice(at, at + size) for at in range(0, count, size)]
    with ThreadPoolExecutor(THREADS) as pool:
        return np.concatenate(list(pool.map(lambda run: compute(*(column[run] for column in columns)), runs)))


def each(compute: Callable[[Run], Made], runs: Sequence[Run], threads: int = THREADS) -> Iterator[Made]:
    """``compute`` of every run in order; a single run needs no second thread, which takes as long as a small one."""
    if len(runs) <= 1:
        yield from map(compute, runs)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(compute, runs)

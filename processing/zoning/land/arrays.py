"""What the columns of measured ground are: geometries, positions in them, and areas."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Indices = NDArray[np.intp]
Areas = NDArray[np.float64]


def together(count: Indices, most: int) -> Iterator[slice]:
    """Slices of runs with ``count`` members each, about ``most`` of these together: computed at a time."""
    ends = np.cumsum(count)
    cuts = np.searchsorted(ends, np.arange(most, int(ends[-1]) if len(ends) else 0, most)) + 1
    for first, last in pairwise(np.unique([0, *cuts.tolist(), len(count)]).tolist()):
        yield slice(first, last)

"""What the columns of measured ground are: geometries, positions in them, and areas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Indices = NDArray[np.intp]
Areas = NDArray[np.float64]


def spread(first: Indices, count: Indices) -> tuple[Indices, Indices]:
    """Every position of the runs of ``count`` that begin at ``first``: the number of its run, and the position."""
    run = np.repeat(np.arange(len(first)), count)
    return run, np.arange(len(run)) + (first - np.cumsum(count) + count).take(run)

"""What the columns of measured ground are: geometries, positions in them, and areas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Indices = NDArray[np.intp]
Areas = NDArray[np.float64]

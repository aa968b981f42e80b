"""The outline of changed ground as numbers: size, how drawn out, how rounded, how wide in pixels."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

_FLAT = 1e-9


def shape_features(objects: NDArray[np.object_], pixel_m: float) -> dict[str, NDArray[np.float64]]:
    """Per polygon (metres): ``area_m2``, ``length_m`` and ``width_m``, ``elongation``, ``compactness``, ``width_px``.

    Length and width are those of the rectangle with the polygon's area and perimeter: a bent strip keeps its own.
    Steps of pixels lengthen a perimeter by 4/π on average, which is taken out before. ``compactness`` is 4πA/P² (Polsby
    and Popper 1991), 1 for a circle; ``width_px`` the mean width in pixels.
    """
    area = shapely.area(objects)
    perimeter = np.maximum(shapely.length(objects) * np.pi / 4.0, _FLAT)
    half = perimeter / 4.0
    # sides a, b with 2(a + b) = P and ab = A; a compact outline has no real root and counts as a square
    root = np.sqrt(np.maximum(half**2 - area, 0.0))
    length = np.maximum(half + root, np.sqrt(area))
    width = area / np.maximum(length, _FLAT)
    return {
        "area_m2": area,
        "length_m": length,
        "width_m": width,
        "elongation": length / np.maximum(width, _FLAT),
        "compactness": np.minimum(4.0 * np.pi * area / perimeter**2, 1.0),
        "width_px": width / pixel_m,
    }

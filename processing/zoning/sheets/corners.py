"""The corners of a lot as a cadastral sheet lists them: numbered, X (north) first, with the length of each side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

# Corners closer than this are one, and a side that turns by less goes straight on.
_SAME_M = 0.005


def corners(lot: Any) -> pd.DataFrame:
    """Corners of each ring of ``lot`` (a polygon or several, metres), clockwise from the most north-western one.

    Columns: ``number`` (from 1, through all rings), ``north`` (X), ``east`` (Y), ``side`` (m, to the next corner of the
    ring), ``ring`` (0 the first outer ring).
    """
    rows = []
    for ring, line in enumerate(shapely.get_rings(shapely.get_parts(lot)) if lot is not None else ()):
        points = shapely.get_coordinates(line)[:-1]
        far = np.hypot(*(points - np.roll(points, 1, axis=0)).T) > _SAME_M
        points = points[far] if far.sum() >= 3 else points
        if len(points) == 0 or not np.isfinite(points).all():
            continue
        if shapely.is_ccw(line):
            points = points[::-1]
        points = np.roll(points, -int(np.argmax(points[:, 1] - points[:, 0])), axis=0)
        sides = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
        rows += [(ring, north, east, side) for (east, north), side in zip(points, sides, strict=True)]
    made = pd.DataFrame(rows, columns=["ring", "north", "east", "side"])
    made.insert(0, "number", np.arange(1, len(made) + 1))
    return made

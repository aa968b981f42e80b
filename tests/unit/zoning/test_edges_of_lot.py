"""What a person calls one edge of a lot: from corner to corner, however the cadastre has cut it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from dothi.processing.zoning.land.lot_edges import _between_corners


@pytest.mark.parametrize(
    ("points", "count"),
    [
        ([(0, 0), (5, 0), (5, 20), (0, 20), (0, 0)], 4),
        ([(2, 0), (5, 0), (5, 20), (0, 20), (0, 0), (2, 0)], 4),  # begins within an edge
        ([(0, 0), (2, 0.001), (2, 0.002), (5, 0), (5, 20), (0, 20), (0, 0)], 4),  # a step of a millimetre
        ([(0, 0), (5, 0), (5, 20)], 2),
        ([(0, 0), (3, 0.4), (6, 1.6), (9, 3.6)], 1),  # a bend
        ([(0, 0), (5, 0)], 1),
        ([(30 * np.cos(a), 30 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40)[:-1]] + [(30.0, 0.0)], 1),  # round
    ],
)
def test_edges_end_at_corners_and_nothing_is_lost(points, count):
    line = shapely.LineString(points)
    pieces = _between_corners(line)
    assert len(pieces) == count
    assert sum(piece.length for piece in pieces) == pytest.approx(line.length)
    assert shapely.union_all(pieces).equals(shapely.union_all([line]))

"""Geometries that cannot be measured: where they lie, as far as anybody can say."""

from __future__ import annotations

import math

import numpy as np
import shapely

from dothi.processing.zoning.land.soundness import repaired


def test_what_crosses_itself_is_made_valid_and_what_is_nowhere_is_none():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    endless = shapely.from_wkt("POLYGON ((0 0, 1 0, 1 1, 0 0))")
    endless = shapely.transform(endless, lambda xy: np.where(xy == 1, math.inf, xy))
    given = np.array([bow, None, shapely.MultiPolygon(), endless, shapely.Point(1, 2)], dtype=object)
    made = repaired(given)
    assert (shapely.area(made[0]), made[4]) == (50.0, shapely.Point(1, 2))
    assert made[1:4].tolist() == [None, None, None]
    assert len(repaired(np.zeros(0, dtype=object))) == 0

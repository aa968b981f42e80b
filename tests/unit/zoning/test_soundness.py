"""Geometries that cannot be measured: where they lie, as far as anybody can say."""

from __future__ import annotations

import math

import numpy as np
import shapely

from dothi.processing.zoning.land.soundness import polygons, repaired


def test_what_crosses_itself_is_made_valid_and_what_is_nowhere_is_none():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    endless = shapely.from_wkt("POLYGON ((0 0, 1 0, 1 1, 0 0))")
    endless = shapely.transform(endless, lambda xy: np.where(xy == 1, math.inf, xy))
    given = np.array([bow, None, shapely.MultiPolygon(), endless, shapely.Point(1, 2)], dtype=object)
    made = repaired(given)
    assert (shapely.area(made[0]), made[4]) == (50.0, shapely.Point(1, 2))
    assert made[1:4].tolist() == [None, None, None]
    assert len(repaired(np.zeros(0, dtype=object))) == 0


def test_what_can_be_measured_is_what_geos_calls_valid():
    rng = np.random.default_rng(3)
    steps = [rng.integers(0, size, (rng.integers(3, 9), 2)) for size in (3, 4, 6, 40) for _ in range(500)]
    rings = [ring + np.array([580_000.0, 1_190_000.0]) for ring in steps]
    around = [ring[np.argsort(np.arctan2(*(ring - ring.mean(axis=0)).T))] for ring in rings]  # most of these are sound
    given = np.array([shapely.Polygon(ring) for ring in rings + around], dtype=object)
    given[::2] = [shapely.MultiPolygon([shape]) for shape in given[::2]]
    _, flaw = polygons(given, "bad")
    sound = flaw == None  # noqa: E711 - an array of codes and None
    assert 500 < sound.sum() < 3500
    assert (sound == shapely.is_valid(given)).all()


def test_rings_that_only_look_simple_are_unfit():
    corner = np.array([(math.cos(turn), math.sin(turn)) for turn in np.arange(5) * 0.8 * math.pi])
    star = shapely.Polygon(corner)  # goes around its middle twice, always to the left
    square = shapely.box(0, 0, 4, 4)
    outside = shapely.Polygon(square.exterior.coords, [shapely.box(9, 9, 10, 10).exterior.coords])
    inside = shapely.Polygon(square.exterior.coords, [shapely.box(1, 1, 2, 2).exterior.coords])
    twice = shapely.MultiPolygon([square, square])
    endless = shapely.transform(square, lambda points: np.where(points == 4, math.inf, points))
    given = np.array(
        [star, outside, twice, endless, None, shapely.LineString([(0, 0), (1, 1), (1, 0), (0, 0)]), inside]
    )
    assert polygons(given, "bad")[1].tolist() == ["bad"] * 6 + [None]

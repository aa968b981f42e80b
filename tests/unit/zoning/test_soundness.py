"""Geometries that cannot be measured: where they lie, as far as anybody can say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from dothi.processing.zoning.columns import absent
from dothi.processing.zoning.land.soundness import measured, polygons, repaired
from dothi.store.drawn import Drawn


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


def squares(count: int) -> list[shapely.Polygon]:
    return [shapely.box(20.0 * i, 0.0, 20.0 * i + 10.0, 10.0) for i in range(count)]


def drawn_as(shapes: Sequence[Any], *, corners: bool) -> Any:
    array = np.array([*shapes, None], dtype=object)[:-1]
    if not corners:
        return array
    return Drawn.of(pa.chunked_array([pa.array(shapely.to_wkb(array, byte_order=1).tolist(), pa.binary())]))


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("corner", [(20.0, np.inf), (np.inf, 20.0), (1e308, -1e308)])
def test_what_cannot_be_measured_leaves_its_neighbours_alone(corner, corners):
    one, other = squares(2)
    unfit = shapely.Polygon([corner, (30.0, 0.0), (30.0, 10.0), corner])
    shapes, flaws = measured(drawn_as([one, unfit, other], corners=corners), "unfit")
    assert shapes.area[::2].tolist() == [100.0, 100.0]
    assert shapes.box[::2].tolist() == [list(one.bounds), list(other.bounds)]
    assert flaws.tolist()[::2] == [None, None]
    assert shapes.outlines.at(np.array([0, 2])).length.tolist() == [10.0] * 8


def test_what_cannot_be_measured_makes_no_shapes_of_the_others():
    bow = shapely.Polygon([(5, 5), (9, 9), (9, 5), (5, 9)])
    lots = drawn_as([*squares(30), bow, None, *squares(30)], corners=True)
    shapes, flaws = measured(lots, "unfit")
    assert np.flatnonzero(~absent(flaws)).tolist() == [30, 31]
    assert np.flatnonzero(lots._known).tolist() == [30, 31]
    assert (shapes.given[30], np.isnan(shapes.area[30]), shapes.given[0].area) == (None, True, 100.0)
    same, _ = measured(np.asarray(lots), "unfit")
    every = np.arange(len(lots))
    for name in ("owner", "line", "start", "end"):
        np.testing.assert_array_equal(getattr(shapes.outlines.at(every), name), getattr(same.outlines.at(every), name))

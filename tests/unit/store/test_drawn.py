"""Polygons by their corners are the polygons that GEOS reads from the same bytes, whatever stands between them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon

from dothi.store.drawn import Drawn, read_shapes

EAST, NORTH = 587_000.0, 1_211_000.0


def square(x: float, size: float = 10.0) -> Polygon:
    return shapely.box(EAST + x, NORTH, EAST + x + size, NORTH + size)


def ring(*points: tuple[float, float]) -> bytes:
    """A polygon of one ring as WKB, closed or not, as no library would write it."""
    return struct.pack("<BIII", 1, 3, 1, len(points)) + b"".join(struct.pack("<dd", *point) for point in points)


PLAIN = {
    "polygon": shapely.to_wkb(square(0), byte_order=1),
    "multipolygon of one": shapely.to_wkb(MultiPolygon([square(20)]), byte_order=1),
    "twisted": ring((0, 0), (2, 2), (2, 0), (0, 2), (0, 0)),
    "endless": ring((0, 0), (np.inf, 0), (1, 1), (0, 0)),
    "no number within": ring((0, 0), (np.nan, 0), (1, 1), (0, 0)),
}
OTHERS = {
    "hole": shapely.to_wkb(
        shapely.difference(square(40), shapely.buffer(Point(EAST + 45, NORTH + 5), 2.0)), byte_order=1
    ),
    "two parts": shapely.to_wkb(MultiPolygon([square(60), square(75)]), byte_order=1),
    "heights": shapely.to_wkb(shapely.force_3d(square(80), 5.0), byte_order=1),
    "the other order of bytes": shapely.to_wkb(square(100), byte_order=0),
    "a point": shapely.to_wkb(Point(EAST, NORTH), byte_order=1),
    "nothing in it": shapely.to_wkb(Polygon(), byte_order=1),
    "null": None,
    "not closed": ring((0, 0), (2, 0), (2, 2), (0, 2)),
    "no number": ring((np.nan, 0), (2, 0), (2, 2), (np.nan, 0)),
    "too few": ring((0, 0), (2, 0), (0, 0)),
    "cut off": shapely.to_wkb(square(0), byte_order=1)[:-5],
    "more than it says": shapely.to_wkb(square(0), byte_order=1) + b"\0" * 16,
}
ALL = PLAIN | OTHERS


def in_pieces(blobs: list[bytes | None], pieces: int) -> pa.ChunkedArray:
    parts = np.array_split(np.arange(len(blobs)), pieces)
    return pa.chunked_array([pa.array([blobs[i] for i in part], pa.binary()) for part in parts], pa.binary())


def same(one: Any, other: Any) -> bool:
    """Whether two shapes are alike; a multipolygon of one part is that part."""
    if one is None or other is None:
        return one is other
    alike = [
        shapely.get_geometry(shape, 0) if shapely.get_num_geometries(shape) == 1 else shape for shape in (one, other)
    ]
    return bool(shapely.equals_identical(*alike))


@given(st.lists(st.sampled_from(sorted(ALL)), max_size=12), st.integers(1, 4))
def test_shapes_and_boxes_are_those_that_geos_reads(names, pieces):
    wkb = in_pieces([ALL[name] for name in names], pieces)
    drawn, read = Drawn.of(wkb), read_shapes(wkb)
    assert len(drawn) == len(names)
    assert [bool(size) for size in drawn.size] == [name in PLAIN for name in names]
    assert all(same(one, other) for one, other in zip(drawn, read, strict=True))
    np.testing.assert_array_equal(drawn.box, shapely.bounds(read).reshape(-1, 4))


def test_only_what_is_asked_for_is_made_and_once():
    drawn = Drawn.of(in_pieces([PLAIN["polygon"], OTHERS["hole"], PLAIN["multipolygon of one"]], 1))
    assert drawn._known.tolist() == [False, True, False]
    assert drawn[2] is drawn[np.array([2])][0]
    assert drawn._known.tolist() == [False, True, True]
    assert drawn[1:].tolist() == drawn[np.array([False, True, True])].tolist()
    assert drawn._known.tolist() == [False, True, True]


def test_what_is_made_of_a_part_is_made_of_the_whole():
    drawn = Drawn.of(in_pieces(list(ALL.values()), 2))
    part = drawn.part(slice(1, 3))
    assert part.size.tolist() == drawn.size[1:3].tolist()
    assert part[0] is drawn[1]
    np.testing.assert_array_equal(part.box, drawn.box[1:3])


def test_nothing_asked_for_is_nothing():
    drawn = Drawn.of(in_pieces([PLAIN["polygon"]], 1))
    nothing: list[Any] = [[], np.zeros(0, dtype=np.intp), np.array([False]), slice(1, 1)]
    assert [len(drawn[rows]) for rows in nothing] == [0] * 4


def test_an_answer_is_the_askers_own():
    drawn = Drawn.of(in_pieces([PLAIN["polygon"]], 1))
    for rows in (slice(None), np.array([0]), np.array([True])):
        drawn[rows][0] = None
    assert drawn[0] is not None


@pytest.mark.parametrize("count", [0, 3])
def test_a_layer_without_geometry_is_nowhere(count):
    drawn = Drawn.of(pa.chunked_array([pa.nulls(count, pa.binary())]))
    assert list(drawn) == [None] * count
    assert np.isnan(drawn.box).all()

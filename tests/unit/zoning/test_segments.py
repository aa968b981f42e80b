"""Stretches of lines near areas: against GEOS's buffers with fine arcs, and against distances at many points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dothi.processing.zoning.land.segments import Outlines, segments
from dothi.processing.zoning.land.stretches import stretches_near

LOT = shapely.box(0.0, 0.0, 10.0, 20.0)


def _one(line: str, area: shapely.Geometry = LOT, *, distance: float = 0.3, least: float = 0.0) -> Any:
    found = stretches_near(np.array([shapely.from_wkt(line)]), np.array([area]), distance, least)
    assert found.area.tolist() == found.line.tolist() == [0] * len(found.part)
    return found.part[0] if len(found.part) else None


def test_a_line_along_the_front_ends_where_the_circle_round_the_corner_does() -> None:
    # At 0.2 m beside the edge the circle of 0.3 m round the corner reaches √(0.3² - 0.2²) further.
    beyond = np.sqrt(0.3**2 - 0.2**2)
    part = _one("LINESTRING (-5 -0.2, 15 -0.2)")
    assert shapely.get_coordinates(part) == pytest.approx(np.array([[-beyond, -0.2], [10.0 + beyond, -0.2]]))


def test_what_lies_deep_inside_belongs_to_the_stretch() -> None:
    assert _one("LINESTRING (5 -5, 5 25)").length == pytest.approx(20.6)
    assert _one("LINESTRING (5 5, 5 15)").length == pytest.approx(10.0)  # near no edge at all
    assert _one("LINESTRING (5 5, 5 8, 6 9)").equals(shapely.from_wkt("LINESTRING (5 5, 5 8, 6 9)"))


def test_a_courtyard_is_outside() -> None:
    ring = shapely.Polygon(LOT.exterior.coords, [shapely.box(3, 3, 7, 17).exterior.coords])
    part = _one("LINESTRING (5 -5, 5 25)", ring)
    assert part.geom_type == "MultiLineString"
    assert part.length == pytest.approx(2 * 3.6)


def test_nothing_is_near_what_is_not_there() -> None:
    areas = np.array([None, shapely.Polygon(), LOT], dtype=object)
    lines = np.array([None, shapely.from_wkt("LINESTRING (0 0, 10 0)"), shapely.LineString()], dtype=object)
    found = stretches_near(lines, areas, 0.3, 1.5)
    assert (found.area.tolist(), found.line.tolist()) == ([2], [1])
    assert len(stretches_near(lines[:1], areas, 0.3, 1.5).part) == 0
    assert len(stretches_near(lines, areas[:1], 0.3, 1.5).part) == 0


def test_a_corner_is_shorter_than_asked_for() -> None:
    assert _one("LINESTRING (10.1 20.1, 15 25)", least=1.5) is None


def test_stretches_in_pieces_count_together() -> None:
    line = "LINESTRING (0 -0.1, 1 -0.1, 1 -3, 9 -3, 9 -0.1, 10 -0.1)"
    assert _one(line, least=2.3) is not None
    assert _one(line, least=2.5) is None


def test_rings_of_polygons_have_the_inside_to_the_left() -> None:
    clockwise = shapely.Polygon(LOT.exterior.coords[::-1])
    for area in (LOT, clockwise):
        of = segments(np.array([None, area], dtype=object))
        assert of.owner.tolist() == [1] * 4
        assert (of.start[:, 0] * of.end[:, 1] - of.start[:, 1] * of.end[:, 0]).sum() / 2 == pytest.approx(200.0)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_as_an_intersection_with_a_finely_drawn_buffer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    far = np.array([580_000.0, 1_190_000.0])  # from the origin, as VN-2000 is
    turns = np.sort(rng.uniform(0.0, 2 * np.pi, rng.integers(3, 9)))
    star = np.column_stack([np.cos(turns), np.sin(turns)]) * rng.uniform(2.0, 12.0, len(turns))[:, None]
    area = shapely.Polygon(star + far)
    line = shapely.LineString(rng.uniform(-15.0, 15.0, (rng.integers(2, 7), 2)) + far)
    if not area.is_valid:
        return
    near = rng.choice([0.05, 0.3, 2.0])
    found = stretches_near(np.array([line]), np.array([area]), near, 0.0)
    expected = shapely.intersection(line, shapely.buffer(area, near, quad_segs=256))
    length = found.part[0].length if len(found.part) else 0.0
    # A grazed circle differs most: by the square root of what the arcs are drawn too small.
    assert length == pytest.approx(expected.length, abs=0.02)
    if len(found.part):
        points = shapely.line_interpolate_point(found.part[0], np.linspace(0, 1, 20), normalized=True)
        assert shapely.distance(area, points).max() <= near + 1e-6


def test_pieces_of_some_are_those_of_each_by_itself() -> None:
    yard = shapely.Polygon(LOT.exterior.coords, [shapely.box(3, 3, 7, 17).exterior.coords])
    shapes = np.array([LOT, None, yard, shapely.MultiPolygon([LOT]), shapely.from_wkt("LINESTRING (0 0, 5 5, 5 5)")])
    together = Outlines.joined([Outlines.around(shapes[:2]), Outlines.around(shapes[2:])])
    asked = np.array([4, 2, 1, 0])
    found, whole = together.at(asked), segments(shapes[asked])
    for name in ("owner", "start", "end"):
        assert np.array_equal(getattr(found, name), getattr(whole, name))
    assert np.array_equal(np.diff(found.line) != 0, np.diff(whole.line) != 0)

"""The map on paper: a round scale, places where they belong, names that give way to one another."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from dothi.processing.documents.drawing import Label, Pen, Shape
from dothi.processing.documents.map_sheet import SCALES, Sheet, view_of

EAST, NORTH = 612_000.0, 1_221_000.0


@pytest.mark.parametrize(("size", "scale"), [(1.0, 100), (20.0, 500), (40.0, 1000), (900.0, 20_000)])
def test_the_scale_is_round_and_shows_all(size, scale):
    view = view_of((EAST, NORTH, EAST + size, NORTH + size), 100, 80)
    assert view.scale == scale
    assert view.scale in SCALES
    west, south, east, north = view.box
    assert west < EAST
    assert south < NORTH
    assert east > EAST + size
    assert north > NORTH + size


def test_ground_and_paper_agree():
    view = view_of((EAST, NORTH, EAST + 20, NORTH + 20), 100, 80)  # 1:500, a metre is 2 mm
    assert np.allclose(view.paper([(EAST + 10, NORTH + 10), (EAST + 11, NORTH + 12)]), [(50, 40), (52, 44)])


def sheet() -> Sheet:
    return Sheet(view_of((EAST, NORTH, EAST + 20, NORTH + 20), 100, 80))


def test_what_cannot_be_drawn_is_left_out():
    made = sheet()
    bow = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])
    with np.errstate(invalid="ignore"):
        broken = Polygon([(EAST, NORTH), (EAST + 9, float("nan")), (EAST + 9, NORTH)])
    made.areas([None, Polygon(), broken, box(0, 0, 1, 1), Point(EAST, NORTH), MultiPolygon([])], Pen(fill="#ff0000"))
    assert made.items == []
    made.areas([bow], Pen(fill="#ff0000"))  # shown, so that it can be seen
    assert len(made.items) == 1


def test_a_hole_stays_a_hole():
    made = sheet()
    outer, inner = box(EAST, NORTH, EAST + 20, NORTH + 20), box(EAST + 5, NORTH + 5, EAST + 9, NORTH + 9)
    made.areas([outer.difference(inner)], Pen(fill="#ff0000"))
    (shape,) = made.items
    assert isinstance(shape, Shape)
    assert len(shape.rings) == 2


def test_the_first_name_stays_and_what_would_cover_it_is_left_out():
    made = sheet()
    lot = box(EAST, NORTH, EAST + 20, NORTH + 20)
    assert made.name(lot, "155")
    assert not made.name(lot, "156")
    assert not made.name(box(EAST + 900, NORTH, EAST + 920, NORTH + 20), "elsewhere")


def test_a_street_is_named_along_its_line_and_never_upside_down():
    made = sheet()
    assert made.name_along(LineString([(EAST + 30, NORTH + 20), (EAST - 10, NORTH - 20)]), "Đường Bờ Sông")
    (label,) = [item for item in made.drawing("").items if isinstance(item, Label)]
    assert label.angle == pytest.approx(45.0)
    assert not made.name_along(LineString([(EAST, NORTH), (EAST + 1, NORTH)]), "Too long for so short a stretch")

"""Shadows of prisms: the known sweep, holes and concave footprints, and what a tower takes from its neighbours."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import Polygon, box

from dothi.processing.zoning.volume import shadow
from dothi.processing.zoning.volume.sun import VIETNAM, Sun

NOON = datetime(2026, 12, 22, 12, tzinfo=VIETNAM)
HOUSE = box(0, 0, 10, 20)
L_SHAPE = Polygon([(0, 0), (20, 0), (20, 5), (5, 5), (5, 20), (0, 20)])
COURT = box(0, 0, 40, 40).difference(box(5, 5, 35, 35))


def sky(azimuth: float, elevation: float, times: int = 1) -> Sun:
    return Sun((NOON,) * times, np.full(times, azimuth), np.full(times, elevation))


def thrown(shape, height: float, azimuth: float, elevation: float):
    prism = shadow.casting([shape], [height])
    return shadow.shadows(prism.footprints, prism.heights, shadow.vectors(sky(azimuth, elevation))[0])[0]


def test_the_known_sweep():
    """10 × 20 m, 30 m high, sun at 35° from azimuth 225°: 1,108.9 m²; the two copies alone would be 400 m²."""
    cast = thrown(HOUSE, 30, 225, 35)
    assert cast.area == pytest.approx(1108.9, abs=0.05)
    assert cast.covers(HOUSE)
    assert cast.bounds[2] > 30  # away from the sun: to the north-east
    assert cast.bounds[3] > 40


def test_a_concave_footprint_is_not_filled_out():
    cast = thrown(L_SHAPE, 2, 90, 45)  # the sun in the east, 2 m to the west
    assert cast.area == pytest.approx(L_SHAPE.area + 20 * 2 - 0.0)
    assert cast.area < cast.convex_hull.area - 50


def test_light_falls_into_a_court():
    """Walls of 5 m round a court of 30 m: a shadow of 12 m leaves 18 × 30 m of light; one of 40 m leaves none."""
    short = thrown(COURT, 12, 90, 45)
    assert short.area == pytest.approx(40 * 40 + 12 * 40 - 18 * 30)
    assert len(short.interiors) == 1
    assert len(thrown(COURT, 40, 90, 45).interiors) == 0


def _brute(shape, move):
    steps = [affinity.translate(shape, *(np.asarray(move) * t)) for t in np.linspace(0, 1, 201)]
    return shapely.union_all(steps)


@given(
    radii=st.lists(st.floats(2, 12), min_size=4, max_size=9),
    east=st.floats(-15, 15, allow_subnormal=False),
    north=st.floats(-15, 15, allow_subnormal=False),
    hole=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_sweep_is_the_union_of_all_its_places(radii, east, north, hole):
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    star = Polygon(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)]))
    shape = star.difference(shapely.Point(0, 0).buffer(1.0)) if hole else star
    swept = shadow.sweeps(np.array([shape], dtype=object), np.array([[east, north]]))[0]
    brute = _brute(shape, (east, north))
    assert swept.is_valid
    assert brute.difference(swept.buffer(1e-6)).area < 1e-6
    teeth = np.hypot(east, north) / 200 * shape.length  # between the steps
    assert swept.difference(brute).area <= teeth + 1e-6


def test_a_low_sun_throws_no_shadow_that_is_drawn():
    assert thrown(HOUSE, 30, 90, 4.99) is None
    assert thrown(HOUSE, 30, 90, -20) is None
    assert thrown(HOUSE, 30, 90, 5.0) is not None


@pytest.mark.parametrize("height", [0.0, float("nan"), -3.0])
def test_without_a_height_there_is_no_shadow(height):
    assert thrown(HOUSE, height, 90, 45) is None


def lost(targets, own, planned, standing, sun, step_h=1.0):
    made = np.array([*targets, None], dtype=object)[:-1]
    return shadow.lost_sun(made, np.array(own), shadow.casting(*planned), shadow.casting(*standing), sun, step_h)


def test_a_neighbour_loses_the_hours_in_which_the_shadow_lies_on_it():
    """The sun in the east at 45° for 4 hours: a wall of 10 m shades the 10 m west of it."""
    west, half, north = box(-10, 0, 0, 20), box(-20, 0, 0, 20), box(0, 30, 10, 40)
    told = lost([west, half, north], [-1, -1, -1], ([HOUSE], [10.0]), ([], []), sky(90, 45, 4))
    assert told["lost_h"].tolist() == pytest.approx([4.0, 2.0, 0.0])
    assert told["before_h"][:2].tolist() == pytest.approx([4.0, 4.0])
    assert told["after_h"][:2].tolist() == pytest.approx([0.0, 2.0])
    assert told["touched_h"].tolist() == [4.0, 4.0, 0.0]
    assert told["most_m2"].tolist() == pytest.approx([200, 200, 0])


def test_what_lies_in_shade_already_is_not_lost_again():
    west = box(-10, 0, 0, 20)
    standing = ([box(0, 0, 5, 10)], [10.0])  # shades the southern half
    told = lost([west], [-1], ([box(5, 0, 10, 20)], [15.0]), standing, sky(90, 45, 2))
    assert told["before_h"][0] == pytest.approx(1.0)
    assert told["lost_h"][0] == pytest.approx(1.0)


def test_a_house_does_not_take_its_own_sun():
    house = box(-10, 0, 0, 20)
    planned = ([HOUSE], [10.0])
    assert lost([house], [0], planned, ([house], [30.0]), sky(90, 45))["lost_h"][0] == pytest.approx(1.0)
    assert lost([house], [-1], planned, ([house], [30.0]), sky(90, 45))["lost_h"][0] == 0.0


def test_a_higher_building_never_gives_sun_back():
    targets = [box(-30, y, -5, y + 10) for y in range(-20, 30, 10)]
    sun = Sun((NOON,) * 5, np.array([70.0, 90, 120, 160, 200]), np.array([20.0, 40, 60, 70, 50]))
    hours = [lost(targets, [-1] * 5, ([L_SHAPE], [h]), ([], []), sun)["lost_h"].to_numpy() for h in (3, 9, 30, 80)]
    assert all((after >= before - 1e-9).all() for before, after in pairwise(hours))

"""The summed areas are those of GEOS's cut shapes, above all where borders coincide, touch or end in each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dothi.processing.zoning.land import shared_area as module
from dothi.processing.zoning.land.shapes import Shapes
from dothi.processing.zoning.land.shared_area import shared_areas

PLACE = np.array([580_000.0, 1_190_000.0])
LOT = shapely.box(0.0, 0.0, 10.0, 20.0)


def summed(lots: Any, zones: Any) -> Any:
    """All pairs, a row per lot."""
    lots, zones = np.asarray(lots, dtype=object), np.asarray(zones, dtype=object)
    zone, lot = (index.ravel() for index in np.indices((len(zones), len(lots))))
    areas = shared_areas(Shapes(lots), Shapes(zones), lot, zone)
    return areas.reshape(len(zones), len(lots)).T


@st.composite
def shapes(draw: Any) -> Any:
    """Polygons on a small lattice, where most borders meet: with holes and several parts, in either direction."""
    steps = st.integers(0, 6)
    rings = draw(st.lists(st.lists(st.tuples(steps, steps), min_size=3, max_size=8), min_size=1, max_size=3))
    whole: shapely.Geometry = shapely.Polygon()
    for ring in rings:
        whole = shapely.symmetric_difference(whole, shapely.make_valid(shapely.Polygon(ring)))
    flat = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    made = shapely.MultiPolygon(flat) if draw(st.booleans()) or len(flat) != 1 else flat[0]
    if draw(st.booleans()):
        made = shapely.transform(made, lambda points: points @ np.array([[0.8, 0.6], [-0.6, 0.8]]))
    made = shapely.transform(made, lambda points: points * draw(st.sampled_from([1.0, 3.3])) + PLACE)
    made = shapely.reverse(made) if draw(st.booleans()) else made
    return made if made.is_valid else shapely.Polygon()


@pytest.mark.parametrize("few", [0, 24])
@pytest.mark.parametrize("wide", [0.5, 8.0])
@given(lots=st.lists(shapes(), min_size=1, max_size=3), zones=st.lists(shapes(), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_sums_are_the_areas_of_cut_shapes(few: int, wide: float, lots: Any, zones: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", few)
        patch.setattr(module, "_WIDE", wide)
        patch.setattr(module, "_TOGETHER", 20)
        patch.setattr(module, "_MANY", 10**9)
        lots = [lot for lot in lots if lot.area > 1e-6]  # less is the rounding of where borders meet
        if not lots:
            return
        cut = shapely.area(shapely.intersection(np.array(lots)[:, None], np.array(zones)[None, :]))
        found = summed(lots, zones)
        assert found == pytest.approx(cut, abs=1e-7)
        inside = shapely.covers(np.array(zones)[None, :], np.array(lots)[:, None])
        whole = np.broadcast_to(shapely.area(lots)[:, None], found.shape)
        assert (found[inside] == whole[inside]).all()


def test_zones_that_follow_the_lots_share_nothing_else() -> None:
    lots = np.array([shapely.box(x, y, x + 1, y + 1) for x in range(4) for y in range(4)])
    lots = shapely.transform(lots, lambda points: points @ np.array([[0.8, 0.6], [-0.6, 0.8]]) + PLACE)
    zones = [shapely.union_all(lots[8 * i : 8 * i + 8]) for i in range(2)]
    found = summed(lots, zones)
    assert (found[:8, 0] == shapely.area(lots[:8])).all()
    assert (found[8:, 1] == shapely.area(lots[8:])).all()
    assert max(found[8:, 0].max(), found[:8, 1].max()) < 1e-9


def test_the_place_changes_nothing() -> None:
    zone = shapely.Point(0, 0).buffer(9.0)
    here = summed([LOT], [zone])
    far = summed(*([shapely.transform(shape, lambda points: points + PLACE)] for shape in (LOT, zone)))
    assert far == pytest.approx(here, abs=1e-7)


def test_a_pair_of_many_edges_is_left_to_be_cut() -> None:
    lot, zone = shapely.Point(0, 0).buffer(9.0, 64), shapely.Point(3, 0).buffer(9.0, 64)
    assert np.isnan(summed([lot, LOT], [zone])).tolist() == [[True], [False]]


def test_what_has_no_ground_shares_none() -> None:
    zones = [None, shapely.Polygon(), shapely.LineString([(0, 0), (5, 5)]), LOT]
    assert summed([LOT], zones).tolist() == [[0.0, 0.0, 0.0, 200.0]]

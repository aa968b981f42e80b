"""Which boxes meet: as GEOS's tree finds it, whatever their sizes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dothi.processing.zoning.land import box_index
from dothi.processing.zoning.land.box_index import BoxIndex

# Corners on a grid of whole metres often touch; far from the origin, as provinces lie.
EAST, NORTH = 600_000.0, 1_200_000.0
number = st.integers(0, 60).map(float)
size = st.one_of(st.integers(0, 6), st.sampled_from([40, 55, 900])).map(float)
box = st.one_of(
    st.tuples(number, number, size, size).map(
        lambda b: (EAST + b[0], NORTH + b[1], EAST + b[0] + b[2], NORTH + b[1] + b[3])
    ),
    st.just((np.nan,) * 4),
)
boxes = st.lists(box, max_size=40).map(
    lambda some: np.add(np.array(some, dtype=float).reshape(-1, 4), [EAST, NORTH, EAST, NORTH])
)


def by_tree(mine, others):
    """As GEOS finds them."""
    shapes = [
        np.array([None if np.isnan(one).any() else shapely.box(*one) for one in some], dtype=object)
        for some in (mine, others)
    ]
    other, found = shapely.STRtree(shapes[0]).query(shapes[1]) if len(shapes[1]) else np.zeros((2, 0), dtype=int)
    return set(zip(other.tolist(), found.tolist(), strict=True))


@given(boxes, boxes, st.sampled_from([1, 7, 10_000]))
@settings(max_examples=400, deadline=None)
def test_pairs_are_those_of_the_tree_each_once_and_in_order(mine, others, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(box_index, "_AT_ONCE", at_once)
        other, found = BoxIndex(mine).meeting(others)
    pairs = list(zip(other.tolist(), found.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == by_tree(mine, others)
    assert (np.diff(other) >= 0).all()


def test_what_is_very_wide_is_not_in_the_way_of_all_others():
    west = EAST + np.arange(10_000.0)
    lots = np.stack([west, np.full(10_000, NORTH), west + 1, np.full(10_000, NORTH + 1)], axis=1)
    river = np.array([[EAST - 1e5, NORTH, EAST + 1e5, NORTH + 1]])
    index = BoxIndex(np.concatenate([river, lots]))
    assert index._wider is not None
    assert len(index._wider._of) == 1
    other, found = index.meeting(lots[[5_000]] + [0.25, 0.25, -0.25, -0.25])
    assert sorted(found.tolist()) == [0, 5_001]
    assert other.tolist() == [0, 0]

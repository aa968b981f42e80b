"""Buildings of one lot that face each other: sought lot by lot, and around each building where a lot has thousands."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from dothi.processing.zoning.land import spacing
from dothi.processing.zoning.land.spacing import REACH_M, facing_pairs


def pairs(shapes: np.ndarray, lot: np.ndarray, main: np.ndarray) -> list[tuple[int, int, float, str]]:
    found = facing_pairs(shapes, lot, main)
    return sorted(zip(found.one.tolist(), found.other.tolist(), found.gap.tolist(), found.facing.tolist(), strict=True))


def test_both_ways_find_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    west, south = rng.uniform(0.0, 250.0, (2, 400))
    shapes = shapely.box(west, south, west + rng.uniform(3.0, 12.0, 400), south + rng.uniform(3.0, 12.0, 400))
    shapes[:5] = None  # not measurable
    lot, main = rng.integers(-1, 12, 400), rng.random(400) < 0.8
    lot[:5] = -1
    by_lot = pairs(shapes, lot, main)
    monkeypatch.setattr(spacing, "_MANY", -1)
    assert by_lot == pairs(shapes, lot, main)
    assert len(by_lot) > 50


def test_on_other_lots_farther_off_or_joined_they_do_not_face() -> None:
    west, east = np.array([0.0, 20.0, 30.02, 40.1 + REACH_M]), np.array([10.0, 30.0, 40.0, 60.0 + REACH_M])
    south, north, every = np.zeros(4), np.full(4, 10.0), np.ones(4, dtype=bool)
    houses = shapely.box(west, south, east, north)
    one_lot = pairs(houses, np.zeros(4, dtype=np.intp), every)
    assert [two[:2] for two in one_lot] == [(0, 1), (0, 2)]  # 1 and 2 are one building, and hide each other from none
    assert pairs(houses, np.arange(4), every) == []
    assert pairs(houses, np.full(4, -1), every) == []
    assert pairs(houses[:0], np.zeros(0, dtype=np.intp), every[:0]) == []

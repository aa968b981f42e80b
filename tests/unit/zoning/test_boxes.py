"""Boxes that meet others, and rows of them: the quick way, the index and looking at every pair say the same."""

from __future__ import annotations

import numpy as np
import pytest

from dothi.processing.zoning.land import boxes
from dothi.processing.zoning.land.boxes import Boxed, grown


def some(count: int, seed: int, size: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0.0, 500.0, (count, 2))
    return np.column_stack([corner, corner + rng.uniform(0.0, size, (count, 2))])


def pair_by_pair(box: np.ndarray, asked: np.ndarray, reach: float) -> list[int]:
    wider = grown(asked, reach)[:, None, :]
    meets = (box[:, 0] <= wider[..., 2]) & (box[:, 2] >= wider[..., 0])
    meets &= (box[:, 1] <= wider[..., 3]) & (box[:, 3] >= wider[..., 1])
    return np.flatnonzero(meets.any(axis=0)).tolist()


@pytest.mark.parametrize(("questions", "comparisons"), [(5_000, 30_000_000), (3, 30_000_000), (5_000, 10)])
def test_what_meets_is_what_looking_at_every_pair_finds(monkeypatch, questions: int, comparisons: int):
    monkeypatch.setattr(boxes, "_QUESTIONS", questions)
    monkeypatch.setattr(boxes, "_COMPARISONS", comparisons)
    box = some(300, 1, 30.0)
    box[7] = np.nan  # nowhere
    box[9, 2] = 5_000.0  # one that is very wide
    boxed, asked = Boxed(box), some(20, 2, 10.0)
    for reach in (0.0, 5.0, 100.0):
        assert boxed.meeting(asked, reach).tolist() == pair_by_pair(box, asked, reach)


def test_what_only_touches_meets_and_nothing_meets_nothing():
    boxed = Boxed(np.array([[0.0, 0.0, 1.0, 1.0]]))
    assert boxed.meeting(np.array([[1.0, 1.0, 2.0, 2.0]])).tolist() == [0]
    assert boxed.meeting(np.zeros((0, 4))).tolist() == []
    assert Boxed(np.zeros((0, 4))).meeting(np.array([[0.0, 0.0, 1.0, 1.0]])).tolist() == []


def test_a_row_is_followed_as_far_as_it_goes_and_no_farther():
    west = np.array([0.0, 10.2, 20.4, 40.0, 50.1])  # houses of 10 m: two gaps of 0.2 m, one of 9.6 m, one of 0.1 m
    row = Boxed(np.column_stack([west, np.zeros(5), west + 10.0, np.full(5, 8.0)]))
    assert row.chained(np.array([0]), 0.5).tolist() == [0, 1, 2]
    assert row.chained(np.array([4]), 0.5).tolist() == [3, 4]
    assert row.chained(np.array([1]), 0.1).tolist() == [1]
    assert row.chained(np.array([], dtype=np.intp), 0.5).tolist() == []

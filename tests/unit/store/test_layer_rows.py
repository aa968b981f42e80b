"""Rows are told apart by a number each: the same for the same row, however the rest of the layer looks."""

from __future__ import annotations

import numpy as np

from dothi.store.layer_rows import SAMPLE, hash_values


def texts(*values):
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def test_a_value_has_one_number_whether_its_column_repeats_itself_or_not():
    repeating = hash_values(texts("tím", None, *["lam"] * SAMPLE))
    varied = hash_values(texts("tím", None, *map(str, range(SAMPLE))))
    assert repeating[:2].tolist() == varied[:2].tolist()
    assert repeating[0] != repeating[2]


def test_absent_values_are_all_the_same_and_like_no_other():
    assert hash_values(texts(None, "", b"")).tolist()[0] == hash_values(np.array([np.nan]))[0] == 0
    assert 0 not in hash_values(texts("", b"")).tolist()
    assert hash_values(np.array(["NaT", "2026-06-01"], dtype="datetime64[D]")).tolist()[0] == 0


def test_an_empty_column_has_no_numbers():
    assert hash_values(texts()).tolist() == []

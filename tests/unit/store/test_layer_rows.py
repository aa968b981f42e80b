"""Rows are told apart by a number each: the same for the same row, however the rest of the layer looks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dothi.store.drawn import some_of
from dothi.store.layer_rows import Columns


@pytest.mark.parametrize("rows", [[], [0], [2, 3], [1, 4, 5], [0, 1, 2, 3, 4, 5]])
def test_some_rows_of_a_column_are_those_of_the_whole(rows):
    column = pa.chunked_array([["a", None], [], ["c", "d", "e"], ["f"]], pa.string())
    found = some_of(column, np.array(rows, dtype=np.intp))
    assert found.type == column.type
    assert found.to_pylist() == [column.to_pylist()[row] for row in rows]
    assert Columns({"name": column}).some("name", np.array(rows, dtype=np.intp)) == found.to_pylist()


def test_a_column_without_pieces_has_no_rows():
    assert some_of(pa.chunked_array([], pa.string()), np.zeros(0, dtype=np.intp)).to_pylist() == []


def test_texts_that_repeat_are_one_object_each():
    words, names = ["đất ở", None, "lúa", "đất ở"] * 500, [str(number) for number in range(2_000)]
    columns = Columns({"use": pa.chunked_array([words[:3], words[3:]]), "uid": pa.chunked_array([names])})
    assert columns["use"].tolist() == words
    assert len({id(word) for word in columns["use"].tolist()}) == 3
    assert columns["uid"].tolist() == names


def test_a_column_becomes_an_array_when_it_is_looked_at_and_stays_it():
    columns = Columns({"name": pa.chunked_array([["a", None]]), "floors": pa.chunked_array([[1, 2]])})
    assert list(columns) == ["name", "floors"]
    assert columns["name"].tolist() == ["a", None]
    assert columns["name"] is columns["name"]
    assert columns.get("height_m") is None

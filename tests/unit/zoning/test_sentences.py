"""Columns of numbers are written as single ones are."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dothi.layers.messages import LANGUAGES, number
from dothi.processing.zoning.verdicts.sentences import NOTHING, json_rows, shown

ODD = [0.0, -0.0, 0.004, -0.0001, 0.01, 0.1, 1.0, 10.0, 100.0, 1234.5, -1234567.891, 2.675, 99.999, 1e-12]


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.lists(st.floats(-1e9, 1e9)))
def test_a_column_is_written_as_its_numbers_are(language, some):
    values = [*ODD, *some]
    assert shown(np.array([*values, np.nan]), language) == [number(one, language) for one in values] + [NOTHING]


def test_nothing_is_written_as_nothing():
    assert shown(np.zeros(0), "vi") == []
    assert json_rows({"a": np.zeros(0)}, 0) == []


def test_rows_are_json():
    columns: dict[str, Any] = {
        "number": np.array([1.23456, np.nan, 3.0]),
        "whole": np.array([1, 2, 3]),
        "word": np.array(["a", 'b"', None], dtype=object),
        "list": [["x"], [], [1.5]],
    }
    assert [json.loads(row) for row in json_rows(columns, 3)] == [
        {"number": 1.2346, "whole": 1, "word": "a", "list": ["x"]},
        {"number": None, "whole": 2, "word": 'b"', "list": []},
        {"number": 3.0, "whole": 3, "word": None, "list": [1.5]},
    ]

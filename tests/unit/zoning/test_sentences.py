"""Columns of numbers are written as single ones are."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dothi.layers.messages import LANGUAGES, number
from dothi.processing.zoning.verdicts.sentences import NOTHING, joined, json_rows, shown, spoken

ODD = [0.0, -0.0, 0.004, -0.0001, 0.01, 0.1, 1.0, 10.0, 100.0, 1234.5, -1234567.891, 2.675, 99.999, 1e-12]


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.lists(st.floats(-1e9, 1e9)))
def test_a_column_is_written_as_its_numbers_are(language, some):
    values = [*ODD, *some]
    expected = [number(one, language) for one in values] + [NOTHING]
    assert spoken(np.array([*values, np.nan]))[language] == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_that_repeat_are_written_as_single_ones_are(language):
    values = np.array([*ODD, np.nan] * 100)
    assert spoken(values)[language] == [*(number(one, language) for one in ODD), NOTHING] * 100
    assert json_rows({"a": values}, len(values)) == json_rows({"a": values[: len(ODD) + 1]}, len(ODD) + 1) * 100
    assert spoken(np.full(1_000, 1234.5))[language] == number(1234.5, language)


@given(st.lists(st.floats()))
def test_numbers_in_json_keep_four_decimals(some):
    values = np.array([*ODD, -0.5, -0.00004, 0.00005, 1.00005, -1.0, -0.99995, 1e11, 99999999999.9999, 1e15, *some])
    with np.errstate(over="ignore", invalid="ignore"):
        expected = [json.dumps(one) if math.isfinite(one) else "null" for one in np.round(values, 4).tolist()]
    assert json_rows({"a": values}, len(values)) == [f'{{"a": {one}}}' for one in expected]


def test_pieces_are_joined_row_by_row():
    assert joined(["a", "b", ["1", "2"], "c"], 2) == ["ab1c", "ab2c"]
    assert joined(["a", "b"], 2) == ["ab", "ab"]
    assert joined(["a", []], 0) == joined([], 0) == []


def test_nothing_is_written_as_nothing():
    assert shown(np.zeros(0)) == []
    assert spoken(np.zeros(0))["vi"] == []
    assert json_rows({"a": np.zeros(0)}, 0) == []


def test_rows_are_json():
    columns: dict[str, Any] = {
        "number": np.array([1.23456, np.nan, 3.0]),
        "whole": np.array([1, 2, 3]),
        "word": np.array(["a", 'b"', None], dtype=object),
        "list": [["x"], [], [1.5]],
        "nested": [{"a": [22.0, None], "b": {"c": True}}, None, {"a": 1e-7}],
        "alike": ["é"] * 3,
    }
    assert [json.loads(row) for row in json_rows(columns, 3)] == [
        {"number": 1.2346, "whole": 1, "word": "a", "list": ["x"], "nested": columns["nested"][0], "alike": "é"},
        {"number": None, "whole": 2, "word": 'b"', "list": [], "nested": None, "alike": "é"},
        {"number": 3.0, "whole": 3, "word": None, "list": [1.5], "nested": {"a": 1e-7}, "alike": "é"},
    ]


@pytest.mark.parametrize("word", ["plain", "a, b", ', "\x1f", ', "\x1f", "é\\"])
def test_lists_and_objects_are_json_whatever_words_they_hold(word):
    columns: dict[str, list[Any]] = {
        "list": [[word], [word, word, 1.23456], [], None],
        "one": [{"in": [word, {word: None}]}] * 4,
    }
    rows = [json.loads(row) for row in json_rows(columns, 4)]
    assert [row["list"] for row in rows] == columns["list"]
    assert [row["one"] for row in rows] == columns["one"]

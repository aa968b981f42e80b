"""Columns with words in code: what they say is what a frame said, whatever the way a column came about."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dothi.processing.zoning.columns import words
from dothi.processing.zoning.table import Coded, ColumnTable, Lists, named, stacked, when

WORDS = st.lists(st.sampled_from(["đất ở", "lúa", "đường", None]), max_size=400)


def objects(values):
    made = np.full(len(values), None, dtype=object)
    made[:] = values
    return made


@given(WORDS, st.data())
def test_words_in_code_are_the_words(values, data):
    coded = Coded.of(objects(values))
    assert coded.words.tolist() == values
    assert coded.missing.tolist() == [value is None for value in values]
    assert coded.among(("lúa", "đường")).tolist() == [value in ("lúa", "đường") for value in values]
    assert coded.code.min(initial=-1) >= -1
    assert coded.code.max(initial=-1) < len(coded.known)
    rows = np.array(data.draw(st.lists(st.integers(0, len(values) - 1), max_size=20)) if values else [], dtype=np.intp)
    assert coded.at(rows).words.tolist() == [values[row] for row in rows]


@given(WORDS, st.data())
def test_when_says_a_word_over_what_stands_there(values, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))), dtype=bool)
    beneath = Coded.of(objects(values))
    for word in ("lúa", "mới", None):
        told = when(mask, word, beneath)
        assert told.words.tolist() == [word if here else value for here, value in zip(mask, values, strict=True)]
    assert beneath.words.tolist() == values
    assert when(mask, "mới").words.tolist() == ["mới" if here else None for here in mask]
    assert when(mask, "mới", "cũ").words.tolist() == ["mới" if here else "cũ" for here in mask]


def test_lists_are_made_of_the_rows_asked_for():
    lists = Lists.of(objects(["a", "b", "c"]), np.array([1, 1, 3]), 4)
    assert len(lists) == 4
    assert lists[np.array([3, 1])].tolist() == [["c"], ["a", "b"]]
    assert (lists[1], lists[1:2].tolist()) == (["a", "b"], [["a", "b"]])
    assert np.isnan(lists[0])
    table = ColumnTable({"buildings": lists})
    both = stacked([table.at(np.array([3])), table.at(np.array([False, True, False, False]))])
    assert both["buildings"].tolist() == [["c"], ["a", "b"]]
    assert table.column("buildings").spread(np.array([-1, 3])).plain.tolist() == [None, ["c"]]


def test_a_frame_and_its_table_say_the_same():
    frame = pd.DataFrame(
        {
            "use": ["lúa", None, np.nan],
            "height": [1.5, np.nan, 3.0],
            "floors": pd.array([1, None, 3], dtype="Int64"),
            "day": [date(2026, 1, 1), None, date(2026, 1, 2)],
        }
    )
    table = ColumnTable.of(frame)
    assert len(table) == 3
    for name in map(str, frame):
        assert table.words(name).tolist() == words(frame, name).tolist()
    assert np.array_equal(table.numbers("floors"), [1.0, np.nan, 3.0], equal_nan=True)
    assert table.column("height").unknown.tolist() == [False, True, False]
    assert table.coded("day").known == (date(2026, 1, 1), date(2026, 1, 2))


def test_a_column_that_is_not_there_is_missing_everywhere():
    table = ColumnTable({"a": np.arange(3.0)})
    assert "b" not in table
    assert table.words("b").tolist() == [None] * 3
    assert np.isnan(table.numbers("b")).all()
    assert table.coded("b").missing.all()
    with pytest.raises(KeyError):
        table["b"]


def test_rows_are_cut_out_of_every_kind_of_column_and_the_whole_stays():
    table = ColumnTable({"n": np.arange(4.0), "w": objects(["a", None, "b", "a"])})
    table["one"] = "x"
    for rows in (np.array([3, 1]), np.array([False, True, False, True])):
        part = table.at(rows)
        assert len(part) == 2
        assert list(part) == ["n", "w", "one"]
        at = [3, 1] if rows.dtype != bool else [1, 3]
        assert part["n"].tolist() == [float(row) for row in at]
        assert part.words("w").tolist() == [table["w"][row] for row in at]
        part["n"] = np.zeros(2)
        part["more"] = None
        assert part.at(np.array([0])).row(0) == {"n": 0.0, "w": table["w"][at[0]], "one": "x", "more": None}
    assert table["n"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert "more" not in table


def test_tables_stand_side_by_side_and_one_after_the_other():
    left, right = ColumnTable({"a": np.arange(2), "b": np.arange(2)}), ColumnTable({"b": np.arange(2) + 5})
    both = left.beside(right)
    assert both["b"].tolist() == [5, 6]
    assert both.column("a") is left.column("a")  # what is known of a column is known here too
    both["a"] = np.zeros(2)
    assert left["a"].tolist() == [0, 1]
    assert list(both.without("a")) == ["b"]
    assert list(both.only("a")) == ["a"]
    assert stacked([left, left.at(np.array([1]))])["b"].tolist() == [0, 1, 1]


def test_no_position_finds_nothing():
    table = ColumnTable({"n": np.arange(2.0), "w": objects(["a", "b"]), "c": when(np.ones(2, dtype=bool), "x")})
    nowhere = np.array([1, -1])
    assert table.column("w").spread(nowhere).words.tolist() == ["b", None]
    assert table.column("c").spread(nowhere).words.tolist() == ["x", None]
    assert np.array_equal(table.column("n").spread(nowhere).numbers, [1.0, np.nan], equal_nan=True)


def test_a_feature_without_a_code_is_called_by_its_identifier():
    table = named(pd.DataFrame({"uid": ["u1", "u2", "u3"], "code": ["A-1", None, np.nan]}))
    assert table["code"].tolist() == ["A-1", "u2", "u3"]

"""Rows have numbers from their bytes: the same for the same row, however its table is cut, another for any other."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from dothi.store import row_hashes
from dothi.store.row_hashes import hash_rows


def numbers(*columns, **kinds) -> list[int]:
    made = [pa.chunked_array([pa.array(values, **kinds)]) for values in columns]
    return hash_rows(made, len(columns[0])).tolist()


TEXTS = ["", None, "a", "a\0", "b", "đất ở", "12345678", "123456789", "x" * 5_000, "1234567\0", "\0", "\0" * 8]


def test_every_text_has_a_number_of_its_own_and_null_has_none():
    found = numbers(TEXTS)
    assert len(set(found)) == len(TEXTS)
    assert found[1] == 0
    assert numbers([None, None], type=pa.binary()) == [0, 0]
    assert numbers([text and text.encode() for text in TEXTS]) == found


def test_a_row_has_its_number_whatever_lies_around_it(monkeypatch):
    found = numbers(TEXTS)
    whole = pa.array(TEXTS)
    cut = pa.chunked_array([whole[:5], whole[5:5], whole[5:]])
    assert hash_rows([cut], len(TEXTS)).tolist() == found
    assert hash_rows([cut.slice(3, 4)], 4).tolist() == found[3:7]
    assert [numbers([text], type=pa.string())[0] for text in TEXTS] == found
    assert numbers(TEXTS, type=pa.large_string()) == found
    monkeypatch.setattr(row_hashes, "ROWS", 3)
    assert numbers(TEXTS) == found


def test_numbers_stay_what_they_were_written_as():
    """They are kept in a file beside the data: another value here needs another ``fingerprints.FORM``."""
    assert numbers(["", "a", "0123456789abcdef"]) == [6238072747940578789, 17891910071503521252, 16816201285332541381]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 0], pa.int32()),
        ([1.5, 0.0], pa.float64()),
        ([True, False], pa.bool_()),
        ([date(2026, 6, 1), date(1999, 1, 1)], pa.date32()),
    ],
)
def test_a_null_among_numbers_leaves_the_others_as_they_are(values, kind):
    first, second, nothing = numbers([*values, None], type=kind)
    assert [first, second] == numbers(values, type=kind)
    assert nothing == 0
    assert len({first, second, nothing}) == 3


def test_columns_that_change_places_are_seen():
    one, other = ["a", "b"], ["b", "a"]
    assert numbers(one, other)[0] != numbers(other, one)[0]
    assert numbers(["a", ""]) != numbers(["", "a"])
    assert numbers(["ab"], ["c"]) != numbers(["a"], ["bc"])


def test_single_bits_of_a_shape_are_seen():
    shape = bytes(range(93))
    others = [bytearray(shape) for _ in range(8 * len(shape))]
    for bit, other in enumerate(others):
        other[bit // 8] ^= 1 << bit % 8
    found = numbers([shape, *map(bytes, others)])
    assert len(set(found)) == len(found)
    moved = np.arange(20.0)
    swapped = [np.roll(moved, 2 * by).tobytes() for by in range(10)]  # the same points in another order
    assert len(set(numbers(swapped))) == 10


def test_no_rows_have_no_numbers():
    assert hash_rows([pa.chunked_array([], pa.string())], 0).tolist() == []
    assert hash_rows([], 2).tolist() == [0, 0]

"""Columns of a frame as arrays: numbers with NaN, words with None, and where nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Words = NDArray[np.object_]
Mask = NDArray[np.bool_]


def absent(values: Any) -> Mask:
    """Where an array of words, dates or geometries holds nothing."""
    return np.asarray(pd.isna(values), dtype=bool)


def numbers(frame: pd.DataFrame, name: str) -> Numbers:
    """A column as floats; NaN where it is null, and everywhere if the frame lacks it."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(pd.to_numeric(frame[name]).to_numpy(dtype=float, na_value=np.nan))


def words(frame: pd.DataFrame, name: str) -> Words:
    """A column as objects; None where it is null, and everywhere if the frame lacks it."""
    if name not in frame:
        return nothing(len(frame))
    given = frame[name].to_numpy(dtype=object)
    gone = absent(given)
    return pick(gone, None, given) if gone.any() else given.copy()


def nothing(count: int) -> Words:
    """``count`` times None."""
    return np.full(count, None, dtype=object)


def pick(mask: Mask, value: Any, otherwise: Any = None) -> Words:
    """``value`` where ``mask`` holds, else ``otherwise``; each is an array or one value for all."""
    made = np.empty(len(mask), dtype=object)
    made[:] = otherwise
    made[mask] = value[mask] if isinstance(value, np.ndarray) else value
    return made


def in_frame(columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """Columns as a frame, words as the objects they are: pandas would read each to make it another kind of word."""
    objects = pd.DataFrame({name: one for name, one in columns.items() if one.dtype == object}, dtype=object)
    others = pd.DataFrame({name: one for name, one in columns.items() if one.dtype != object})
    return pd.concat([objects, others], axis=1)

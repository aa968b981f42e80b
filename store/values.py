"""Columns as data bring them, brought to the declared type; what does not fit is marked, not dropped.

One place for writing, checking and importing, so that the three never disagree about what a value is.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..layers.model import Domain, Field

_YES = {"true", "t", "yes", "y", "1", "có", "co", "x", "đạt"}
_NO = {"false", "f", "no", "n", "0", "không", "khong", "không đạt"}
_ISO = r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_DAY_FIRST = r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"

Marks = NDArray[np.bool_]

_SOME = 500  # so many show whether a column repeats itself
_MANY = 5_000  # below this many rows a column is read word by word


def blank(raw: pd.Series) -> Marks:
    """Where a column holds nothing: null, not a number, or text of blanks only."""
    nothing: Marks = raw.isna().to_numpy(dtype=bool).copy()
    if _is_words(raw):
        filled = np.flatnonzero(~nothing)
        texts = raw.to_numpy(dtype=object)
        nothing[[at for at in filled if isinstance(texts[at], str) and not texts[at].strip()]] = True
    return nothing


def _is_words(raw: pd.Series) -> bool:
    return raw.dtype == object or isinstance(raw.dtype, (pd.StringDtype, pd.CategoricalDtype))


def cast(raw: pd.Series, field: Field, domain: Domain | None = None) -> tuple[pd.Series, Marks]:
    """``raw`` as ``field`` stores it, and a mark where a value cannot be read as that type; see :func:`_cast`.

    Columns of words repeat themselves (rules, sources, codes): each distinct word is read once.
    """
    if len(raw) < _MANY or not _is_words(raw):
        return _cast(raw, field, domain)
    words = raw.to_numpy(dtype=object)
    try:
        if len(set(words[:: len(words) // _SOME])) > _SOME // 2:  # codes and sentences: nearly all are different
            return _cast(pd.Series(words, index=raw.index, dtype=object), field, domain)
        codes, distinct = pd.factorize(words, use_na_sentinel=False)
    except TypeError:  # lists and the like have no hash
        return _cast(raw, field, domain)
    if len(distinct) * 2 > len(raw):
        return _cast(raw, field, domain)
    values, wrong = _cast(pd.Series(distinct, dtype=object), field, domain)
    taken = values.take(codes)
    taken.index = raw.index
    return taken, wrong[codes]


def _cast(raw: pd.Series, field: Field, domain: Domain | None) -> tuple[pd.Series, Marks]:
    """``raw`` as ``field`` stores it, and a mark where a value cannot be read as that type.

    Blank and wrong values are null in the result. Text stays Python ``str`` (None where null), numbers are float where
    something is null, dates ``datetime64[ms]``. A code outside a closed ``domain`` is wrong; an open one keeps it.
    """
    nothing = blank(raw)
    values, wrong = _READERS.get(field.type, _text)(raw, nothing)
    if field.type == "choice" and domain is not None and domain.closed:
        wrong = wrong | ~(nothing | values.isin(list(domain.values)).to_numpy(dtype=bool))
        values = values.where(~wrong, None)
    return values, wrong


def _text(raw: pd.Series, nothing: Marks) -> tuple[pd.Series, Marks]:
    given = raw.to_numpy(dtype=object)
    texts = [
        None if gone else value if type(value) is str else _word(value)
        for value, gone in zip(given, nothing, strict=True)
    ]
    return pd.Series(texts, index=raw.index, dtype=object), np.zeros(len(raw), dtype=bool)


def _word(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))  # a sheet number that came as 12.0
    return str(value)


def _numbers(raw: pd.Series, nothing: Marks) -> tuple[pd.Series, Marks]:
    if _is_words(raw) and not {type(value) for value in raw[~nothing]} <= {int, float}:
        texts = raw.astype(str).str.strip()
        decimal_comma = texts.str.fullmatch(r"-?\d+,\d+")
        raw = texts.where(~decimal_comma, texts.str.replace(",", ".", regex=False))
    values = pd.to_numeric(raw, errors="coerce").astype("float64")
    values = values.where(~nothing & np.isfinite(values))
    return values, ~nothing & values.isna().to_numpy()


def _integers(raw: pd.Series, nothing: Marks) -> tuple[pd.Series, Marks]:
    values, wrong = _numbers(raw, nothing)
    wrong |= (values.notna() & (values != values.round())).to_numpy()
    wrong |= (values.abs() > np.iinfo(np.int32).max).to_numpy()
    values = values.where(~wrong)
    return (values if values.isna().any() else values.astype("int32")), wrong


def _booleans(raw: pd.Series, nothing: Marks) -> tuple[pd.Series, Marks]:
    if raw.dtype == bool:
        return raw, nothing
    words = raw.astype(str).str.strip().str.lower().str.removesuffix(".0")
    yes, no = words.isin(_YES).to_numpy(), words.isin(_NO).to_numpy()
    values = pd.Series(np.where(yes, 1.0, np.where(no, 0.0, np.nan)), index=raw.index).where(~nothing)
    wrong = ~nothing & values.isna().to_numpy()
    return (values if values.isna().any() else values.astype(bool)), wrong


def _moments(raw: pd.Series, nothing: Marks) -> tuple[pd.Series, Marks]:
    if _is_words(raw):
        given = raw.where(~nothing, None)
        texts = given.astype(str)
        day_first = texts.str.match(_DAY_FIRST).to_numpy(dtype=bool) & ~nothing
        iso = texts.str.match(_ISO).to_numpy(dtype=bool) & ~nothing
        values = pd.Series(pd.NaT, index=raw.index, dtype="datetime64[ns, UTC]")
        values[iso] = pd.to_datetime(texts[iso], errors="coerce", utc=True, format="ISO8601").to_numpy()
        values[day_first] = pd.to_datetime(texts[day_first], errors="coerce", utc=True, dayfirst=True).to_numpy()
    elif pd.api.types.is_datetime64_any_dtype(raw.dtype):
        values = pd.to_datetime(raw, utc=True)
    else:  # a bare number is no date
        values = pd.Series(pd.NaT, index=raw.index, dtype="datetime64[ns, UTC]")
    plain = values.dt.tz_localize(None).astype("datetime64[ms]")
    return plain, ~nothing & plain.isna().to_numpy()


def _days(raw: pd.Series, nothing: Marks) -> tuple[pd.Series, Marks]:
    values, wrong = _moments(raw, nothing)
    return values.dt.normalize(), wrong


def _json(raw: pd.Series, nothing: Marks) -> tuple[pd.Series, Marks]:
    texts: list[str | None] = []
    wrong = np.zeros(len(raw), dtype=bool)
    for at, (value, gone) in enumerate(zip(raw.to_numpy(dtype=object), nothing, strict=True)):
        try:
            texts.append(None if gone else _as_json(value))
        except (TypeError, ValueError):
            texts.append(None)
            wrong[at] = True
    return pd.Series(texts, index=raw.index, dtype=object), wrong


def _as_json(value: Any) -> str:
    if isinstance(value, str):
        json.loads(value)
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)


_READERS = {
    "text": _text,
    "choice": _text,
    "reference": _text,
    "integer": _integers,
    "real": _numbers,
    "boolean": _booleans,
    "date": _days,
    "datetime": _moments,
    "json": _json,
}

"""Many sentences from one template at once: a template is parsed once, and columns are written as a whole.

The words come from ``resources/messages`` like all others; one at a time they would cost more than the geometry.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import repeat
from json.encoder import encode_basestring  # written in C
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....layers.messages import catalogue, number, separated

NOTHING = "–"
_SMALL = 0.01  # below it more decimals are shown
_nested = json.JSONEncoder(ensure_ascii=False).encode

Column = Sequence[Any] | NDArray[Any]


def _told(value: Any, language: str) -> str:
    if value is None or value != value:  # NaN is the one value that differs from itself
        return NOTHING
    return number(value, language) if isinstance(value, float) else str(value)


def _each(values: Iterable[Any], say: Callable[[Any], str]) -> list[str]:
    """``say`` of every value, asked once for each distinct one: limits and sources repeat a thousand times."""
    said: dict[Any, str] = {}
    made = []
    for value in values:
        text = said.get(value)
        if text is None:
            text = said[value] = say(value)
        made.append(text)
    return made


def _words_alone(values: list[Any]) -> bool:
    return set(map(type, values)) == {str}


def shown(values: NDArray[np.float64], language: str) -> list[str]:
    """``messages.number`` of every value; what is missing is a dash."""
    plain = values.tolist()
    texts = [text.rstrip("0").rstrip(".") for text in map(format, plain, repeat(",.2f"))]
    with np.errstate(invalid="ignore"):
        odd = np.flatnonzero(~(np.abs(values) >= _SMALL))  # small ones, zero, and those that are no number
    for i in odd.tolist():
        texts[i] = _told(plain[i], "en")
    return separated("\n".join(texts), language).split("\n") if texts else []


def spoken(columns: Mapping[str, Column], language: str) -> dict[str, list[str]]:
    """Columns as the language says them, for :func:`sentences`."""
    made: dict[str, list[str]] = {}
    for name, values in columns.items():
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            made[name] = shown(values, language)
            continue
        plain = values.tolist() if isinstance(values, np.ndarray) else list(values)
        made[name] = plain if _words_alone(plain) else _each(plain, lambda value: _told(value, language))
    return made


def sentences(code: str, language: str, columns: Mapping[str, Column], count: int) -> list[str]:
    """``count`` sentences of ``code``; ``columns`` has ``count`` values for every name in its braces."""
    pieces: list[Iterable[str]] = []
    template = list(string.Formatter().parse(catalogue(language)[code]))
    told = spoken({name: columns[name] for _, name, _, _ in template if name}, language)
    for literal, name, _, _ in template:
        if literal:
            pieces.append(repeat(literal, count))
        if name:
            pieces.append(told[name])
    return list(map("".join, zip(*pieces, strict=True))) if pieces else [""] * count


def _encoded(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or value != value:
        return "null"
    if isinstance(value, float):
        return repr(round(float(value), 4))
    if isinstance(value, date):
        return f'"{value.isoformat()[:10]}"'
    return _nested(value)


def _numerals(values: NDArray[np.float64]) -> list[str]:
    """Numbers as JSON with four decimals, null where there is none."""
    texts = json.dumps(np.round(values, 4).tolist())[1:-1].split(", ") if len(values) else []
    for i in np.flatnonzero(~np.isfinite(values)).tolist():
        texts[i] = "null"
    return texts


def json_rows(columns: Mapping[str, Column], count: int) -> list[str]:
    """``count`` JSON objects with the same keys; missing values are null, numbers keep four decimals."""
    pieces: list[Iterable[str]] = []
    for name, values in columns.items():
        pieces.append(repeat(f"{', ' if pieces else '{'}{encode_basestring(name)}: ", count))
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            pieces.append(_numerals(values))
            continue
        plain = values.tolist() if isinstance(values, np.ndarray) else list(values)
        if _words_alone(plain):
            pieces.append(map(encode_basestring, plain))
        elif any(isinstance(value, (list, tuple, dict)) for value in plain):
            pieces.append([_encoded(value) for value in plain])
        else:
            pieces.append(_each(plain, _encoded))
    return list(map("".join, zip(*pieces, repeat("}", count), strict=True))) if pieces else ["{}"] * count

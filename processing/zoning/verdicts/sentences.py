"""Many sentences from one template at once: a template is parsed once and its columns are formatted once.

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

from ....layers.messages import catalogue, number

NOTHING = "–"


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


def sentences(code: str, language: str, columns: Mapping[str, Sequence[Any]], count: int) -> list[str]:
    """``count`` sentences of ``code``; ``columns`` has ``count`` values for every name in its braces."""
    pieces: list[Iterable[str]] = []
    for literal, name, _, _ in string.Formatter().parse(catalogue(language)[code]):
        if literal:
            pieces.append(repeat(literal, count))
        if name:
            values = columns[name]
            plain = all(type(value) is str for value in values)
            pieces.append(values if plain else _each(values, lambda value: _told(value, language)))
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
    return json.dumps(value, ensure_ascii=False)


def json_rows(columns: Mapping[str, Sequence[Any]], count: int) -> list[str]:
    """``count`` JSON objects with the same keys; missing values are null, numbers keep four decimals."""
    pieces: list[Iterable[str]] = []
    for name, values in columns.items():
        pieces.append(repeat(f"{', ' if pieces else '{'}{encode_basestring(name)}: ", count))
        if all(type(value) is str for value in values):
            pieces.append(map(encode_basestring, values))
        elif any(isinstance(value, (list, tuple, dict)) for value in values):
            pieces.append([_encoded(value) for value in values])
        else:
            pieces.append(_each(values, _encoded))
    return list(map("".join, zip(*pieces, repeat("}", count), strict=True))) if pieces else ["{}"] * count

"""Many sentences from one template at once: a template is parsed once and its columns are formatted once.

The words come from ``resources/messages`` like all others; one at a time they would cost more than the geometry.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from datetime import date
from json.encoder import encode_basestring
from typing import Any

from ...layers.messages import catalogue, number

NOTHING = "–"


def _told(value: Any, language: str) -> str:
    if value is None or value != value:  # NaN is the one value that differs from itself
        return NOTHING
    if isinstance(value, float):
        return number(value, language)
    return str(value)


def sentences(code: str, language: str, columns: Mapping[str, Sequence[Any]], count: int) -> list[str]:
    """``count`` sentences of ``code``; ``columns`` has ``count`` values for every name in its braces."""
    columns_by_name = {name: [_told(value, language) for value in values] for name, values in columns.items()}
    pieces: list[Sequence[str]] = []
    for literal, name, _, _ in string.Formatter().parse(catalogue(language)[code]):
        if literal:
            pieces.append([literal] * count)
        if name:
            pieces.append(columns_by_name[name])
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
    if not columns:
        return ["{}"] * count
    encoded = [[f"{encode_basestring(name)}: {_encoded(v)}" for v in values] for name, values in columns.items()]
    return ["{" + ", ".join(row) + "}" for row in zip(*encoded, strict=True)]

"""Many texts at once, sentences and JSON: a template is parsed once, and columns are written as a whole.

A text is put together from pieces: a word that is the same in every row, or a list with one for each. What repeats is
said once, and numbers are written once for all languages. The words come from ``resources/messages`` like all others;
one at a time they would cost more than the geometry.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import repeat
from json.encoder import encode_basestring  # written in C
from operator import add
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....layers.messages import LANGUAGES, number, separated, template

NOTHING = "–"
_SMALL = 0.01  # below it more decimals are shown
_BETWEEN = "\x1f"  # the unit separator, which JSON writes as \u001f
_NESTED = {list, tuple, dict}
_PARTS = 10_000  # numbers in JSON have so many parts
_EXACT = 1e15  # and up to so many of them fifteen digits
_FEW = 500  # numbers that are written one by one: below that pandas takes longer to tell apart which differ
_inside = json.JSONEncoder(ensure_ascii=False).encode

Column = Sequence[Any] | NDArray[Any]
Piece = str | list[str]


def joined(pieces: Iterable[Piece], count: int) -> list[str]:
    """``count`` texts of ``pieces`` one after the other."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    if all(isinstance(piece, str) for piece in merged):
        return ["".join(str(piece) for piece in merged)] * count
    columns = (repeat(piece, count) if isinstance(piece, str) else piece for piece in merged)
    return list(map("".join, zip(*columns, strict=True)))


def once(texts: list[str]) -> Piece:
    """``texts`` as a piece: one word where all are the same."""
    alike = texts and texts[0] == texts[-1] and texts.count(texts[0]) == len(texts)
    return texts[0] if alike else texts


def _plain(values: Column) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)


def each(values: Column, say: Callable[[Any], str]) -> Piece:
    """``say`` of every value, asked once for each distinct one: limits and sources repeat a thousand times."""
    plain = _plain(values)
    said = {value: say(value) for value in dict.fromkeys(plain)}
    return next(iter(said.values())) if len(said) == 1 else list(map(said.__getitem__, plain))


def _numbers(values: NDArray[np.floating[Any]], say: Callable[[NDArray[Any]], list[str]]) -> Piece:
    """``say`` of numbers; of each distinct one where they repeat, as limits, heights and numbers of floors do."""
    if len(values) < _FEW:
        return say(values)
    bits = np.ascontiguousarray(values).view(f"i{values.itemsize}")  # 0 and -0 are written differently
    codes, distinct = pd.factorize(bits)
    if 2 * len(distinct) > len(values):
        return say(values)
    texts = np.array(say(distinct.view(values.dtype)), dtype=object)
    return str(texts[0]) if len(texts) == 1 else texts[codes].tolist()


def _words_alone(values: list[Any]) -> bool:
    return set(map(type, values)) == {str}


def _told(value: Any, language: str) -> str:
    if value is None or value != value:  # NaN is the one value that differs from itself
        return NOTHING
    return number(value, language) if isinstance(value, float) else str(value)


def shown(values: NDArray[np.float64]) -> list[str]:
    """``messages.number`` of every value in English; what is missing is a dash."""
    plain = values.tolist()
    texts = [text.rstrip("0").rstrip(".") for text in map(format, plain, repeat(",.2f"))]
    with np.errstate(invalid="ignore"):
        odd = np.flatnonzero(~(np.abs(values) >= _SMALL))  # small ones, zero, and those that are no number
    for i in odd.tolist():
        texts[i] = _told(plain[i], "en")
    return texts


def _separated(numerals: Piece, language: str) -> Piece:
    if isinstance(numerals, str):
        return separated(numerals, language)
    return separated("\n".join(numerals), language).split("\n") if numerals else []


def spoken(values: Column) -> dict[str, Piece]:
    """A column as each language says it."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        numerals = _numbers(values, shown)
        return {language: _separated(numerals, language) for language in LANGUAGES}
    plain = _plain(values)
    if _words_alone(plain):
        return dict.fromkeys(LANGUAGES, once(plain))
    return {language: each(plain, partial(_told, language=language)) for language in LANGUAGES}


def sentences(
    code: str, columns: Mapping[str, Column], own: Mapping[str, Mapping[str, Piece]]
) -> dict[str, list[Piece]]:
    """The sentence of ``code`` about many rows in each language, in pieces for :func:`joined`.

    ``columns`` has the values for the names in its braces; ``own``, by language, what is already said in it instead.
    """
    templates = {language: list(string.Formatter().parse(template(code, language) or code)) for language in LANGUAGES}
    named = {name for parts in templates.values() for _, name, _, _ in parts if name}
    wanted = named.difference(*own.values())
    told = {name: spoken(values) for name, values in columns.items() if name in wanted}
    made: dict[str, list[Piece]] = {}
    for language, parts in templates.items():
        words = {name: said[language] for name, said in told.items()} | dict(own[language])
        made[language] = [piece for literal, name, _, _ in parts for piece in (literal, words[name] if name else "")]
    return made


def _nested(values: list[Any]) -> list[str]:
    """JSON of lists and objects, what stands in them as it is: the encoder takes longer to be called than to write."""
    apart = [_BETWEEN] * (2 * len(values) - 1)
    apart[::2] = values
    texts = _inside(apart)[1:-1].split(f", {_inside(_BETWEEN)}, ")
    return texts if len(texts) == len(values) else list(map(_inside, values))  # the mark is a word of somebody's


def _encoded(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or value != value:
        return "null"
    if isinstance(value, float):
        return repr(round(float(value), 4))
    if isinstance(value, date):
        return f'"{value.isoformat()[:10]}"'
    return _inside(value)


@cache
def _fractions() -> NDArray[np.object_]:
    """What follows the whole number, by ten-thousandths: ``.0``, ``.0001``, … ``.9999``."""
    return np.array([f".{k:04d}".rstrip("0") if k else ".0" for k in range(_PARTS)], dtype=object)


def _numerals(values: NDArray[np.floating[Any]]) -> list[str]:
    """Numbers as JSON with four decimals, null where there is none.

    Put together from whole numbers and fractions, which takes half the time of looking for the shortest decimal that
    means the same number: up to fifteen digits that is the rounded number itself.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        parts = np.rint(np.asarray(values, dtype=float) * _PARTS)
        plain = (np.abs(parts) < _EXACT) & ((parts <= -_PARTS) | ~np.signbit(parts))  # -0.5 has no whole number
        odd = np.flatnonzero(~plain)
        rounded = np.round(values[odd], 4).tolist()
    whole, part = np.divmod(np.abs(np.where(plain, parts, 0.0)).astype(np.int64), _PARTS)
    texts = list(map(add, map(str, np.where(parts < 0, -whole, whole).tolist()), _fractions()[part].tolist()))
    for i, value in zip(odd.tolist(), rounded, strict=True):
        texts[i] = repr(value) if math.isfinite(value) else "null"
    return texts


def _json(values: Column) -> Piece:
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return _numbers(values, _numerals)
    plain = _plain(values)
    if _words_alone(plain):
        words = once(plain)
        return encode_basestring(words) if isinstance(words, str) else list(map(encode_basestring, words))
    kinds = set(map(type, plain))
    if not kinds.isdisjoint(_NESTED):
        return _nested(plain) if kinds <= {*_NESTED, type(None)} else list(map(_encoded, plain))
    return each(plain, _encoded)


def json_pieces(columns: Mapping[str, Column]) -> list[Piece]:
    """JSON objects with the same keys, in pieces for :func:`joined`; missing values are null, numbers keep four
    decimals.
    """
    pieces: list[Piece] = []
    for name, values in columns.items():
        pieces += [f"{', ' if pieces else '{'}{encode_basestring(name)}: ", _json(values)]
    return [*pieces, "}"] if pieces else ["{}"]


def json_rows(columns: Mapping[str, Column], count: int) -> list[str]:
    """``count`` JSON objects with the same keys; see :func:`json_pieces`."""
    return joined(json_pieces(columns), count)

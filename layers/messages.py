"""Sentences for people, in Vietnamese and English, read from ``resources/messages/{vi,en}.toml`` when first needed."""

from __future__ import annotations

import re
import string
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("vi", "en")
RESOURCES = Path(__file__).resolve().parent.parent / "resources"

_SEPARATORS = {"vi": str.maketrans(",.", ".,")}


# Where a table begins: no sentence has a line of its own that starts with a bracket.
_TABLE = re.compile(r"^(?=\[)", re.MULTILINE)


def catalogue(language: str) -> dict[str, str]:
    """All sentences of one language, keyed by dotted code."""
    return {code: text for area in _texts(language) for code, text in _area(language, area).items()}


@cache
def _texts(language: str) -> dict[str, str]:
    """The tables of one language as TOML, by the first word of their codes."""
    made: dict[str, str] = {}
    text = (RESOURCES / "messages" / f"{language}.toml").read_text(encoding="utf-8")
    for table in _TABLE.split(text)[1:]:
        area = table[1:].partition("]")[0].partition(".")[0]
        made[area] = made.get(area, "") + table
    return made


@cache
def _area(language: str, area: str) -> dict[str, str]:
    """The sentences whose codes begin with ``area``: to read all of them takes a tenth of a second."""
    return dict(_flatten("", tomllib.loads(_texts(language).get(area, ""))))


def template(code: str, language: str) -> str | None:
    """The sentence of ``code`` with its braces empty; None where the language does not know it."""
    return _area(language, code.partition(".")[0]).get(code)


def _flatten(prefix: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flatten(f"{prefix}{key}.", value)
        else:
            rows.append((prefix + key, value))
    return rows


def number(value: float, language: str, decimals: int | None = None) -> str:
    """A number as the language writes it: ``1.234,5`` in Vietnamese, ``1,234.5`` in English.

    Without ``decimals`` at most two are shown, and no trailing zeros; of numbers below 0.01 ten, lest 0 be read.
    """
    shown = 10 if 0 < abs(value) < 0.01 else 2
    text = f"{value:,.{shown if decimals is None else decimals}f}"
    if decimals is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return separated(text, language)


def separated(numerals: str, language: str) -> str:
    """Numbers as English writes them, as ``language`` does."""
    return numerals if language == "en" else numerals.translate(_SEPARATORS[language])


class _Formatter(string.Formatter):
    """Formats numbers and dates the way the language writes them; an unknown name stays visible as ``{name}``."""

    def __init__(self, language: str) -> None:
        self.language = language

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(str(key), "{" + str(key) + "}")

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, bool) or value is None:
            return str(value)
        if isinstance(value, float) or (isinstance(value, int) and not format_spec):
            decimals = int(format_spec[1:-1]) if format_spec.startswith(".") else None
            return number(value, self.language, decimals)
        if isinstance(value, date):
            return value.strftime("%d/%m/%Y") if self.language == "vi" else value.isoformat()[:10]
        if isinstance(value, (list, tuple)):
            return ", ".join(self.format_field(item, "") for item in value)
        return str(value)


def sentence(code: str, language: str = "vi", **arguments: Any) -> str:
    """The sentence of ``code`` with its braces filled.

    An unknown code is shown as it is, so that a message is never lost; a test keeps both languages complete.
    """
    found = template(code, language)
    if found is None:
        return code if not arguments else f"{code} {arguments}"
    return _Formatter(language).vformat(found, (), arguments)


def has(code: str) -> bool:
    """Whether both languages know ``code``."""
    return all(template(code, language) is not None for language in LANGUAGES)

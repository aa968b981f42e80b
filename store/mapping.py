"""Which column of a foreign file is which declared field: a proposal with reason and confidence, to be shown first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ..layers import catalogue
from ..layers.errors import InputError
from ..layers.messages import sentence
from ..layers.model import Domain, Field, Layer

# Confidence by reason: one is certain, below ACCEPTED a match is shown but not taken by itself.
CONFIDENCE = {"given": 1.0, "exact": 1.0, "alias": 0.95, "name": 0.9, "contains": 0.6}
ACCEPTED = 0.6
_DBF_NAME = 10  # dBase cuts names to ten letters
_SIMILAR = 0.86


@dataclass(frozen=True)
class Match:
    """``source`` (a column of the file) is ``target`` (a field of the layer)."""

    target: str
    source: str
    reason: str

    @property
    def confidence(self) -> float:
        """0 to 1, by the reason."""
        return CONFIDENCE[self.reason]

    def as_row(self) -> dict[str, Any]:
        """For people and programs: with the reason in both languages."""
        words = {language: sentence(f"schema.match.{self.reason}", language) for language in ("vi", "en")}
        return {
            "target": self.target,
            "source": self.source,
            "confidence": self.confidence,
            "reason": self.reason,
        } | words


def key(text: str) -> str:
    """``text`` without diacritics, case and signs: ``Số tờ`` and ``SO_TO`` are both ``soto``."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return re.sub(r"[^a-z0-9]", "", plain.encode("ascii", "ignore").decode().lower())


def propose(columns: Sequence[str], layer: Layer) -> list[Match]:
    """The best match of each field, each column used once; best first."""
    found: list[Match] = []
    for field in layer.fields:
        if field.derived:
            continue
        found += [Match(field.id, column, reason) for column in columns if (reason := _reason(column, field, layer))]
    found.sort(key=lambda match: (-match.confidence, columns.index(match.source)))
    taken_targets: set[str] = set()
    taken_sources: set[str] = set()
    chosen = []
    for match in found:
        if match.target not in taken_targets and match.source not in taken_sources:
            chosen.append(match)
            taken_targets.add(match.target)
            taken_sources.add(match.source)
    return chosen


def _reason(column: str, field: Field, layer: Layer) -> str:
    """Why ``column`` could be ``field``; empty if it could not."""
    if column == field.id:
        return "exact"
    asked = key(column)
    if not asked:
        return ""
    if asked == key(field.id):
        return "exact"
    aliases = {key(alias) for alias in catalogue.aliases(layer.id, field.id)}
    if asked in aliases:
        return "alias"
    names = {key(field.name.vi), key(field.name.en)}
    if asked in names:
        return "name"
    known = {*aliases, *names, key(field.id)}
    if len(column) == _DBF_NAME and any(word.startswith(asked) for word in known):
        return "contains"
    if len(asked) > 4 and any(SequenceMatcher(None, asked, word).ratio() >= _SIMILAR for word in known):
        return "contains"
    return ""


def given(mapping: Any, columns: Sequence[str], layer: Layer) -> list[Match]:
    """A mapping as a user hands it over: ``{target: source}``, or the rows that :func:`propose` gave.

    Raises :class:`InputError` for a field or column that is not there, or a column used twice.
    """
    if isinstance(mapping, list):
        try:
            mapping = {row["target"]: row["source"] for row in mapping}
        except (KeyError, TypeError) as error:
            raise InputError("schema.mapping_wrong", reason=str(error)) from error
    if not isinstance(mapping, Mapping):
        raise InputError("schema.mapping_wrong", reason=str(mapping)[:100])
    fields = {field.id for field in layer.fields}
    for target, source in mapping.items():
        if target not in fields or source not in columns:
            raise InputError("schema.mapping_wrong", reason=f"{target} ← {source}")
    if len(set(mapping.values())) < len(mapping):
        raise InputError("schema.mapping_wrong", reason=", ".join(sorted(map(str, mapping.values()))))
    return [Match(target, source, "given") for target, source in mapping.items()]


def codes_by_word(domain: Domain) -> dict[str, str]:
    """Keys of codes and of the words in both languages → code; a word that two codes share is left out."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for code, words in domain.values.items():
        for word in {key(words.vi), key(words.en)}:
            if word in found and found[word] != code:
                shared.add(word)
            found[word] = code
    by_word = {word: code for word, code in found.items() if word not in shared}
    return by_word | {key(code): code for code in domain.values}

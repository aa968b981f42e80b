"""Problems found in data: a code, the feature, and the sentence in both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..layers.messages import LANGUAGES, sentence
from ..layers.model import Field, Layer

# Worth a look, but no reason to refuse the data.
_WARNINGS = {"domain_open", "outside_province"}
LISTED = 200  # of each kind, layer and field; the rest is counted


class Problems:
    """A list that stays readable: every problem is counted, the first of each kind are told one by one."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def add(self, code: str, layer: Layer, field: Field | None = None, uid: str = "", **arguments: Any) -> None:
        """One problem. ``arguments`` are JSON values; names of layer and field are put in each language."""
        kind = (code, layer.id, field.id if field else "")
        self._counts[kind] += 1
        if self._counts[kind] > LISTED:
            return
        row: dict[str, Any] = {"code": f"schema.problem.{code}", "layer": layer.id, "field": kind[2], "uid": uid}
        row["level"] = "warning" if code in _WARNINGS else "error"
        row["arguments"] = arguments
        for language in LANGUAGES:
            words = {name: self._word(value, language) for name, value in arguments.items()}
            words |= {"layer": layer.name[language], "uid": uid}
            if field:
                words["field"] = field.name[language]
            row[language] = sentence(row["code"], language, **words)
        self.rows.append(row)

    @staticmethod
    def _word(value: Any, language: str) -> Any:
        """A nested sentence (``{"message": code}``) in the language; other values as they are."""
        return sentence(value["message"], language) if isinstance(value, dict) and "message" in value else value

    def each(self, code: str, layer: Layer, field: Field | None, uids: Iterable[str], **arguments: Any) -> None:
        """The same problem for several features."""
        for uid in uids:
            self.add(code, layer, field, uid, **arguments)

    @property
    def count(self) -> int:
        """All problems, listed or not."""
        return sum(self._counts.values())

    def by_code(self) -> dict[str, int]:
        """How many of each code."""
        totals: Counter[str] = Counter()
        for (code, _layer, _field), number in self._counts.items():
            totals[f"schema.problem.{code}"] += number
        return dict(sorted(totals.items()))

"""Which rows are shown, and in which order: pure functions over the rows of a run.

Qt's own sorting would ask Python twice for every comparison; a list is sorted here by one key a row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..findings.index import folded
from . import words
from .alerts import AlertRow

NO_CASE = "none"  # as a state: alerts that are in no case yet
EXPIRED = "expired"  # as a relation: the licence it lies in was not in force on the day of the scene
COLUMNS = ("code", "change_class", "area", "relation", "band", "confidence", "dates", "state")


@dataclass(frozen=True)
class Question:
    """What the user wants to see. Empty means all; ``watched`` are the alerts that the chosen watch takes, by uid."""

    change_class: str = ""
    relation: str = ""
    state: str = ""
    least_m2: float = 0.0
    text: str = ""
    watched: Collection[str] | None = None
    column: str = "area"
    descending: bool = True


def chosen(rows: Iterable[AlertRow], question: Question) -> list[AlertRow]:
    """The rows that the question lets through, in its order; equal ones stay in the order in which they come."""
    wanted = folded(question.text).split()
    found = [row for row in rows if _passes(row, question)]
    if wanted:
        found = [row for row in found if all(word in row.search for word in wanted)]
    found.sort(key=_KEYS[question.column], reverse=question.descending)
    return found


def _passes(row: AlertRow, question: Question) -> bool:
    if question.change_class and row.change_class != question.change_class:
        return False
    if question.relation and question.relation not in (row.relation, row.licence_state):
        return False
    if question.state and (row.case.status or NO_CASE) != question.state:
        return False
    if row.area_m2 < question.least_m2:
        return False
    return question.watched is None or row.uid in question.watched


_ORDER = {"new": 0, "in_field": 1, "confirmed": 2, "rejected": 3, "closed": 4}
_KEYS: Mapping[str, Callable[[AlertRow], Any]] = {
    "code": lambda row: row.code,
    "change_class": lambda row: words.kind(row.change_class),
    "area": lambda row: row.area_m2,
    "relation": lambda row: words.relation(row.relation),
    "band": lambda row: row.band,
    "confidence": lambda row: row.confidence,
    "dates": lambda row: (row.date_after, row.date_before),
    "state": lambda row: (_ORDER.get(row.case.status, -1), row.case.code),
}

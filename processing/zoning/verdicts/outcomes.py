"""The outcomes of one rule on all its subjects in a few bytes each: what a run keeps of passes."""

from __future__ import annotations

import numpy as np

from ....store.verdicts import VerdictColumns
from ..columns import Words
from ..rulebook.rules import OUTCOMES
from .judge import FAIL, NOT_APPLICABLE, Verdicts


def in_columns(verdicts: Verdicts, layer: str, uids: Words) -> VerdictColumns:
    """The outcomes of ``verdicts`` on the features ``uids`` of ``layer``."""
    judged = verdicts.code <= FAIL
    told = np.where(verdicts.code == NOT_APPLICABLE, verdicts.why.code, -1)
    there = np.flatnonzero(np.bincount(told + 1, minlength=1)[1:])
    used = sorted(there.tolist(), key=lambda number: int(np.argmax(told == number)))  # in the order in which they come
    renumbered = np.full(len(verdicts.why.known) + 1, -1, dtype=np.int16)
    renumbered[used] = np.arange(len(used))
    return VerdictColumns(
        verdicts.rule.id,
        verdicts.rule.version,
        layer,
        uids,
        OUTCOMES,
        verdicts.code,
        verdicts.measured[judged],
        verdicts.limit[judged],
        renumbered[told],
        tuple(str(verdicts.why.known[number]) for number in used),
    )

"""The outcomes of one rule on all its subjects in a few bytes each: what a run keeps of passes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....store.verdicts import VerdictColumns
from ..columns import Words
from ..rulebook.rules import OUTCOMES
from ..table import Coded
from .judge import FAIL, NOT_APPLICABLE, Verdicts
from .standing import Reasons


def in_columns(
    verdicts: Verdicts, layer: str, uids: Words, rows: NDArray[np.intp] | None = None, others: Coded | None = None
) -> VerdictColumns:
    """The outcomes of ``verdicts`` on the features ``uids`` of ``layer``.

    ``rows`` are those of the features that were judged, rising; of all ``others`` says why the rule does not apply.
    """
    judged = verdicts.code <= FAIL
    code, why = verdicts.code, verdicts.why
    if rows is not None and others is not None:
        reasons = Reasons(others)
        code = np.full(len(uids), NOT_APPLICABLE, dtype=np.int8)
        code[rows] = verdicts.code
        of_all = np.full(len(uids), -1, dtype=np.int32)
        of_all[rows] = why.code
        reasons.take(Coded(of_all, why.known), others.missing)
        why = reasons.coded
    told = np.where(code == NOT_APPLICABLE, why.code, -1)
    there = np.flatnonzero(np.bincount(told + 1, minlength=1)[1:])
    used = sorted(there.tolist(), key=lambda number: int(np.argmax(told == number)))  # in the order in which they come
    renumbered = np.full(len(why.known) + 1, -1, dtype=np.int16)
    renumbered[used] = np.arange(len(used))
    return VerdictColumns(
        verdicts.rule.id,
        verdicts.rule.version,
        layer,
        uids,
        OUTCOMES,
        code,
        verdicts.measured[judged],
        verdicts.limit[judged],
        renumbered[told],
        tuple(str(why.known[number]) for number in used),
    )

"""The outcomes of one rule on all its subjects in a few bytes each: what a run keeps of passes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ....store.verdicts import VerdictColumns
from ..columns import Words
from ..rulebook.rules import OUTCOMES
from .judge import FAIL, NOT_APPLICABLE, Verdicts


def in_columns(verdicts: Verdicts, layer: str, uids: Words) -> VerdictColumns:
    """The outcomes of ``verdicts`` on the features ``uids`` of ``layer``."""
    judged = verdicts.code <= FAIL
    outside = np.flatnonzero(verdicts.code == NOT_APPLICABLE)
    reason = np.full(len(verdicts.code), -1, dtype=np.int16)
    reason[outside], reasons = pd.factorize(verdicts.reason[outside])
    return VerdictColumns(
        verdicts.rule.id,
        verdicts.rule.version,
        layer,
        uids,
        OUTCOMES,
        verdicts.code,
        verdicts.measured[judged],
        verdicts.limit[judged],
        reason,
        tuple(str(one) for one in reasons),
    )

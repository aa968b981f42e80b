"""The outcomes of one rule on all its subjects in a few bytes each: what a run keeps of passes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ....store.verdicts import VerdictColumns
from ..columns import Words, pick
from ..rulebook.rules import OUTCOMES
from .judge import FAIL, NOT_APPLICABLE, Verdicts


def in_columns(verdicts: Verdicts, layer: str, uids: Words) -> VerdictColumns:
    """The outcomes of ``verdicts`` on the features ``uids`` of ``layer``."""
    judged = verdicts.code <= FAIL
    reason, reasons = pd.factorize(pick(verdicts.code == NOT_APPLICABLE, verdicts.reason))
    return VerdictColumns(
        verdicts.rule.id,
        verdicts.rule.version,
        layer,
        uids,
        OUTCOMES,
        verdicts.code,
        verdicts.measured[judged],
        verdicts.limit[judged],
        reason.astype(np.int16),
        tuple(str(one) for one in reasons),
    )

"""Where the trained rival of the rules may speak: its class goes before theirs, and both are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .model import Card, Model, table_of
from .naming import Named, in_words

# Less sure than this it says nothing.
SURE = 0.5


@dataclass(frozen=True)
class Speaker:
    """A model with its card."""

    model: Model
    card: Card

    def speak(self, columns: pd.DataFrame, named: Named) -> None:
        """Where the model is sure and names an alert otherwise than the rules do, its class stands in ``columns``; the
        reason says so, and what the rules said. What is set aside stays aside.
        """
        chances = self.model.probabilities(table_of(named.features, len(columns)))
        best = np.argmax(chances, axis=1)
        all_reasons = columns["reasons"].tolist()
        for row, place in enumerate(best):
            kind, chance = self.model.classes[place], float(chances[row, place])
            if named.aside[row] or chance < SURE or kind == named.kind[row]:
                continue
            told: dict[str, Any] = {
                "code": "kinds.reason.model",
                "arguments": {
                    "class_kind": kind,
                    "class_ruled": named.kind[row],
                    "chance": round(100 * chance),
                    "cases": self.card.cases,
                    "model_right": self.card.model_right,
                    "rules_right": self.card.rules_right,
                },
            }
            reasons = [told, *named.reasons[row]]
            columns.at[row, "change_class"] = kind
            columns.at[row, "class_confidence"] = round(chance, 2)
            all_reasons[row] = reasons
            for language in ("vi", "en"):
                columns.at[row, f"reason_{language}"] = in_words(tuple(reasons), language)
        columns["reasons"] = pd.Series(all_reasons, index=columns.index, dtype=object)

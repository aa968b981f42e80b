"""The words of the page: its sentences and the values it shows, in both languages."""

from __future__ import annotations

from typing import Any

from ...layers import catalogue
from ...layers.messages import LANGUAGES
from ...layers.messages import catalogue as sentences
from ..publication import ALERT

_PREFIX = "ioc.board.page."


def words() -> dict[str, Any]:
    """``sentences``: language → key → text; ``values``: field → code → words in each language."""
    alert = catalogue.layer(ALERT)
    lists = {name: catalogue.domain(alert.find(field)) for name, field in (("review", "status"), ("relation",) * 2)}
    values = {
        name: {code: {language: text[language] for language in LANGUAGES} for code, text in domain.values.items()}
        for name, domain in lists.items()
    }
    # An inspector's case knows more states than an alert of its own.
    case = catalogue.domain(catalogue.layer("case").find("status"))
    values["review"] |= {
        code: {language: text[language] for language in LANGUAGES} for code, text in case.values.items()
    }
    return {
        "sentences": {
            language: {
                key.removeprefix(_PREFIX): text for key, text in sentences(language).items() if key.startswith(_PREFIX)
            }
            for language in LANGUAGES
        },
        "values": values,
    }

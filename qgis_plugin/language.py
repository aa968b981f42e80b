"""The language of the plugin's words: Vietnamese, unless QGIS speaks English or the user chose one.

The words come from ``resources/messages``, for the engine, QGIS and the desk alike; there is no Qt translator to set up
or to leave behind.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from qgis.core import QgsApplication, QgsSettings

from ..layers.messages import LANGUAGES, sentence

SETTING = "dothi/language"


@cache
def language() -> str:
    """``vi`` or ``en``: the setting ``dothi/language``, else by QGIS's locale. Read once; see :func:`forget`."""
    chosen = str(QgsSettings().value(SETTING, "") or "")
    if chosen in LANGUAGES:
        return chosen
    return "en" if QgsApplication.locale().lower().startswith("en") else "vi"


def forget() -> None:
    """Read the setting and the locale again at the next word."""
    language.cache_clear()


def tr(code: str, **arguments: Any) -> str:
    """The sentence of ``code`` in the user's language."""
    return sentence(code, language(), **arguments)

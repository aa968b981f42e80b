"""Numbers as people type and paste them, and as the grid shows them: no grouping, the language's decimal sign."""

from __future__ import annotations

import math
import re

from ..language import language

Figure = int | float | str

_SPACES = str.maketrans("", "", " \u00a0\u202f\t")
_GROUPED = re.compile(r"^-?[1-9]\d{0,2}([.,])\d{3}$")  # ten thousand, or ten and no thousandths?
_PLAIN = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")


def read(text: str) -> Figure:
    """``4,64`` and ``4.64`` as a number; whatever is no number, or could be two, stays the text that it is.

    ``10.000`` may be ten or ten thousand, according to who wrote it: only the sign that is the language's own decimal
    sign is taken as such there.
    """
    plain = text.translate(_SPACES)
    own = "," if language() == "vi" else "."
    ambiguous = _GROUPED.match(plain)
    if ambiguous and ambiguous[1] != own:
        return text.strip()
    if "," in plain and "." in plain:
        decimal = max(",.", key=plain.rfind)
        plain = plain.replace("," if decimal == "." else ".", "")
    elif plain.count(",") > 1 or plain.count(".") > 1:  # 1.234.567
        plain = plain.replace(",", "").replace(".", "")
    plain = plain.replace(",", ".")
    if not _PLAIN.match(plain):
        return text.strip()
    number = float(plain)
    if not math.isfinite(number):
        return text.strip()
    return int(number) if number.is_integer() else number


def show(value: object) -> str:
    """``4,64`` in Vietnamese; a text as it is, nothing for None."""
    if value is None or isinstance(value, (str, bool)):
        return "" if value is None else str(value)
    if not isinstance(value, (int, float)):
        return str(value)
    text = f"{value:.10g}" if abs(value) < 1e10 else repr(value)
    return text.replace(".", ",") if language() == "vi" else text


def is_number(value: object) -> bool:
    """Whether ``value`` is a number that can be drawn."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)

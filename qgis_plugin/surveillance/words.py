"""How alerts and cases read: codes in the user's words, areas, days. Words and colours are the catalogue's."""

from __future__ import annotations

from functools import cache

from ...layers import catalogue
from ...layers.messages import number
from ..language import language, tr

HA = 10_000.0  # m² in a hectare
_SUREST = 99  # percent


def prepare() -> None:
    """Read the words from their files now, in whichever thread; later they are at hand."""
    catalogue.domains()
    tr("plugin.surveillance.title")


def word(domain: str, code: str) -> str:
    """``change_class``, ``pond_lost`` → *Mất hồ chứa*; a code nobody declares stays."""
    return _word(domain, code, language())


@cache
def _word(domain: str, code: str, spoken: str) -> str:
    known = catalogue.domains()[domain].values.get(code)
    return str(known[spoken]) if known else code


def kind(code: str) -> str:
    """The class of change."""
    return word("change_class", code)


def relation(code: str) -> str:
    """How it lies to a licence."""
    return word("alert_relation", code)


def state(code: str) -> str:
    """The state of a case; *Chưa lập hồ sơ* where there is none."""
    return word("case_status", code) if code else tr("plugin.surveillance.no_case")


def colour(domain: str, code: str) -> str:
    """The catalogue's colour; grey for a code without one."""
    return catalogue.domains()[domain].colours.get(code, "#999999")


def codes(domain: str) -> tuple[str, ...]:
    """All codes of a domain in the catalogue's order."""
    return tuple(catalogue.domains()[domain].values)


def hectares(area_m2: float) -> str:
    """``29542.1`` → *2,95*: two decimals, three below a tenth of a hectare."""
    return number(area_m2 / HA, language(), 3 if area_m2 < 0.1 * HA else 2)


def percent(share: float) -> str:
    """``0.873`` → *87 %*; nothing that was estimated reads as 100 %."""
    shown = round(100.0 * share)
    return f"{shown} %" if shown <= _SUREST else f"> {_SUREST} %"


def day(iso: str) -> str:
    """``2016-06-17`` → *17/06/2016* in Vietnamese."""
    return "/".join(reversed(iso[:10].split("-"))) if language() == "vi" and len(iso) >= 10 else iso[:10]


def days(before: str, after: str) -> str:
    """Both dates of a pair: ``28/05/2016 → 17/06/2016``."""
    return f"{day(before) or '–'} → {day(after) or '–'}"


def days_short(before: str, after: str) -> str:
    """Both dates of a pair, the year once where it is the same: ``28/05 → 17/06/2016``."""
    if language() == "vi" and before[:4] == after[:4] and len(before) >= 10:
        return f"{day(before)[:5]} → {day(after)}"
    return days(before, after)

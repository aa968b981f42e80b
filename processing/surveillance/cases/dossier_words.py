"""Words and numbers of a dossier, as a Vietnamese or English reader writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ....layers import catalogue
from ....layers.crs import WGS84
from ....layers.messages import number, sentence
from ....store.coordinates import transform

_VIET_NAM = timezone(timedelta(hours=7))


def say(key: str, language: str, **arguments: Any) -> str:
    """A sentence of the dossier."""
    return sentence(f"case.dossier.{key}", language, **arguments)


def word(domain: str, code: Any, language: str) -> str:
    """The word of a code of a closed list; of an unknown code itself."""
    values = catalogue.domains()[domain].values
    if not isinstance(code, str):
        return values["unknown"][language] if "unknown" in values else "–"
    return values[code][language] if code in values else code


def field_name(layer: str, name: str, language: str) -> str:
    """The name of a field of the catalogue."""
    return catalogue.layer(layer).find(name).name[language]


def relation(case: Mapping[str, Any], language: str) -> str:
    """How the case lies to licences, in words; with the state of a licence that is not in force."""
    words = word("alert_relation", case["relation"], language)
    if case["licence_state"] in ("expired", "not_yet"):
        words += f" ({word('licence_state', case['licence_state'], language).lower()})"
    return words


def or_none(value: Any, language: str) -> str:
    """A text, or that there is none."""
    return value if isinstance(value, str) and value else say("none", language)


def hectares(value: Any, language: str) -> str:
    """An area (m²) in hectares."""
    if pd.isna(value):
        return "–"
    return f"{number(float(value) / 1e4, language, 2)} ha"


def interval(low: Any, about: Any, high: Any, language: str) -> str:
    """An area with its interval, in hectares."""
    if pd.isna(low) or pd.isna(high):
        return hectares(about, language)
    told = [number(float(value) / 1e4, language, 2) for value in (about, low, high)]
    return say("interval", language, about=told[0], low=told[1], high=told[2])


def day_of(day: Any, language: str) -> str:
    """A day as the language writes it; a dash for none."""
    if day is None or pd.isna(day):
        return "–"
    return f"{day:%d/%m/%Y}" if language == "vi" else f"{day:%Y-%m-%d}"


def moment(moment: Any, language: str) -> str:
    """A moment in the time of Viet Nam."""
    local = pd.Timestamp(moment).tz_convert(_VIET_NAM)
    return f"{local:%H:%M %d/%m/%Y}" if language == "vi" else f"{local:%Y-%m-%d %H:%M}"


def place(geometry: Any, crs: str) -> tuple[float, float]:
    """Longitude and latitude (degrees) of a point on ``geometry``."""
    middle = shapely.point_on_surface(geometry)
    x, y = transform(np.array([middle.x]), np.array([middle.y]), crs, WGS84)
    return float(x[0]), float(y[0])

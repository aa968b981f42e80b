"""Provinces: coordinate system, administrative code, what each became on 1 July 2025. One TOML file each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from ..errors import InputError
from ..model import Text

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Successor:
    """The province that took over, and the system its data are kept in."""

    name: Text
    code: str
    crs: str
    since: date
    source: str
    status: str


@dataclass(frozen=True)
class Profile:
    """A province as its data know it.

    ``crs`` is the VN-2000 system of its data, ``code`` its two-digit code before 1 July 2025, ``extent`` west, south,
    east, north in degrees of WGS 84, rounded outwards: it serves to notice a wrong zone, not to measure.
    """

    id: str
    name: Text
    code: str
    crs: str
    extent: tuple[float, float, float, float]
    successor: Successor
    source: str
    status: str

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems in which its data are met: the old one and the successor's."""
        return tuple(dict.fromkeys((self.crs, self.successor.crs)))


@cache
def ids() -> tuple[str, ...]:
    """Ids of all provinces."""
    return tuple(sorted(path.stem for path in HERE.glob("*.toml")))


@cache
def profile(province: str) -> Profile:
    """The profile of ``province``, such as ``binh_duong``. Raises :class:`InputError` if there is none."""
    if province not in ids():
        raise InputError("store.unknown_province", province=province, known=list(ids()))
    with (HERE / f"{province}.toml").open("rb") as file:
        raw = tomllib.load(file)
    west, south, east, north = (float(degrees) for degrees in raw.pop("extent"))
    successor = raw.pop("successor")
    return Profile(
        name=Text(**raw.pop("name")),
        extent=(west, south, east, north),
        successor=Successor(name=Text(**successor.pop("name")), **successor),
        **raw,
    )


def profiles() -> tuple[Profile, ...]:
    """All provinces."""
    return tuple(profile(province) for province in ids())

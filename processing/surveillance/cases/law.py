"""The band of the law that an area or depth would fall into: a proposal (*đề xuất*), never a verdict.

The steps are data with source, day and status (``resources/surveillance/law_bands.toml``); a province's own table,
``NAME.dothi/law_bands.toml``, goes before it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from ....layers.errors import InputError
from ....layers.messages import RESOURCES
from ....layers.model import Text
from ....store import dataset

BANDS = RESOURCES / "surveillance" / "law_bands.toml"
OWN = "law_bands.toml"
STATUSES = ("unverified", "one_source", "two_sources", "verified")


@dataclass(frozen=True)
class Band:
    """A step: areas of ``area_from`` up to but without ``area_below`` (m²), depths likewise (m). ``read`` false: the
    clause is known to follow, and its text was not read.
    """

    clause: Text
    area_from: float
    area_below: float
    depth_from: float
    depth_below: float
    read: bool


@dataclass(frozen=True)
class LawTable:
    """The steps of one article with where they come from and how surely they are known. A depth counts where it is
    found over at least ``depth_over`` m².
    """

    id: str
    title: Text
    source: Text
    read_from: str
    status: str
    valid_from: date
    valid_to: date | None
    remark: Text
    bands: tuple[Band, ...]
    depth_over: float = 0.0
    classes: tuple[str, ...] = ()

    def concerns(self, kind: object) -> bool:
        """Whether the article is about this kind of change; an unknown kind may be what it is about."""
        return not self.classes or not isinstance(kind, str) or kind in self.classes

    def area_band(self, area_m2: float) -> Band | None:
        """The band of an area beyond a boundary; None for none."""
        return self._find(area_m2, "area") if area_m2 > 0 else None

    def depth_band(self, depth_m: float) -> Band | None:
        """The band of a depth beyond the licensed level; None below the first step."""
        return self._find(depth_m, "depth")

    @property
    def depth_steps(self) -> tuple[float, ...]:
        """The depths (m) at which a band begins, rising."""
        return tuple(band.depth_from for band in self.bands if math.isfinite(band.depth_from))

    def _find(self, value: float, what: str) -> Band | None:
        for band in self.bands:
            if getattr(band, f"{what}_from") <= value < getattr(band, f"{what}_below"):
                return band
        return None


@dataclass(frozen=True)
class Proposal:
    """The bands of the least, likely and greatest area (m²) that the image allows. ``contiguous``: the ground touches
    the licence, so that it can be held against it; otherwise only if its holder dug it.
    """

    table: LawTable
    least: Band | None
    likely: Band | None
    most: Band | None
    areas: tuple[float, float, float]
    contiguous: bool

    def plain(self) -> dict[str, Any]:
        """As the column ``law`` keeps it: clauses in Vietnamese, areas in m²."""
        return {
            "table": self.table.id,
            "status": self.table.status,
            "least": self.least.clause.vi if self.least else None,
            "likely": self.likely.clause.vi if self.likely else None,
            "most": self.most.clause.vi if self.most else None,
            "areas_m2": [round(value, 1) for value in self.areas],
            "contiguous": self.contiguous,
        }


def propose(table: LawTable, low: float, likely: float, high: float, *, contiguous: bool) -> Proposal | None:
    """The proposal for an area beyond a boundary (m², least, likely, greatest); None where even the greatest is 0."""
    if high <= 0:
        return None
    least, about, most = (table.area_band(area) for area in (low, likely, high))
    return Proposal(table, least, about, most, (low, likely, high), contiguous)


def table_on(day: date | None, data: Path | None = None) -> LawTable | None:
    """The table in force on ``day`` (None: the newest); the province's own first. Raises :class:`InputError`."""
    own = dataset.beside(data) / OWN if data else None
    found = [*(read(own) if own and own.is_file() else ()), *read(BANDS)]
    if day is None:
        return found[0] if found else None
    return next((one for one in found if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)), None)


def read(path: Path) -> tuple[LawTable, ...]:
    """The tables of a file. Raises :class:`InputError` that names what is wrong."""
    try:
        with path.open("rb") as file:
            return tuple(_table(raw) for raw in tomllib.load(file)["table"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("case.law_wrong", path=str(path), reason=str(error)[:200]) from error


def _table(raw: Mapping[str, Any]) -> LawTable:
    bands = tuple(_band(one) for one in raw["band"])
    steps = [band.area_from for band in bands]
    if not bands or steps != sorted(set(steps)) or raw["status"] not in STATUSES:
        raise ValueError(f"{raw['id']}: steps must rise, status is one of {', '.join(STATUSES)}")
    if any(a.area_below > b.area_from or a.depth_below > b.depth_from for a, b in pairwise(bands)):
        raise ValueError(f"{raw['id']}: bands overlap")
    days = (raw["valid_from"], raw.get("valid_to"))
    if not isinstance(days[0], date) or not (days[1] is None or isinstance(days[1], date)):
        raise ValueError(f"{raw['id']}: valid_from and valid_to are days")
    return LawTable(
        str(raw["id"]), Text(**raw["title"]), Text(**raw["source"]), str(raw["read_from"]), raw["status"], *days,
        Text(**raw["remark"]), bands, float(raw.get("depth_over", 0.0)),
        tuple(raw.get("classes", ())),
    )  # fmt: skip


def _band(raw: Mapping[str, Any]) -> Band:
    area_from, area_below = float(raw["area_from"]), float(raw.get("area_below", math.inf))
    depth_from, depth_below = float(raw.get("depth_from", math.inf)), float(raw.get("depth_below", math.inf))
    if not (0 <= area_from < area_below and depth_from >= 0 and not math.isnan(depth_below)):
        raise ValueError(f"{raw['clause']}: {area_from}–{area_below} m², {depth_from}–{depth_below} m")
    return Band(Text(**raw["clause"]), area_from, area_below, depth_from, depth_below, bool(raw.get("read", True)))

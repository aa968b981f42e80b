"""One lot as an inspector takes it up: its record, what stands and runs around it, and every verdict on it.

The verdicts are those of :func:`explain`, so that a report cannot disagree with the map. Fields marked personal in the
catalogue (owner, address) are never asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....layers.errors import InputError
from ....store import coordinates, dataset, nearby
from ..columns import absent
from ..land.lots import COUNTING_SHARE
from ..land.soundness import polygons
from ..land.surroundings import Surroundings
from ..verdicts.explain import Judging, explain

RECORD = ("code", "sheet_no", "parcel_no", "land_use", "area_legal_m2", "ward_code")
AROUND = ("planned_zone", "street_boundary", "parcel", "building", "red_line", "street_centreline")
REACH_M = 60.0  # what of the neighbourhood a sheet may show

# A finding with its JSON read, null for numbers that are not there, and ``geometry``.
Verdict: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class LotCase:
    """``record`` has the fields :data:`RECORD` and ``uid``; ``shape`` is the lot; ``around`` has what the data set has
    of :data:`AROUND`, in the lot's system ``crs``; ``buildings`` are those that count on it, by uid.
    """

    record: Mapping[str, Any]
    shape: Any
    around: Mapping[str, gpd.GeoDataFrame]
    buildings: tuple[str, ...]
    crs: str
    verdicts: tuple[Verdict, ...] = ()


def record_of(data: Path, uid: str) -> gpd.GeoDataFrame:
    """The lot ``uid`` with :data:`RECORD`; an empty frame where there is none. Raises :class:`InputError`."""
    if not dataset.UID.fullmatch(uid):
        raise InputError("store.uid_wrong", uid=uid[:60])
    return nearby.read_referring(data, "parcel", RECORD, "uid", [uid])


class Source(Protocol):
    """Where lots and their verdicts come from: the file around each, or the whole map in memory (``many_lots``)."""

    crs: str

    def place(self, uid: str) -> LotCase:
        """The lot ``uid`` and what is around it, not judged. Raises :class:`InputError` where there is none."""

    def verdicts(self, case: LotCase) -> tuple[Verdict, ...]:
        """The verdicts on the lot, then those on each building on it."""

    def general(self) -> tuple[Verdict, ...]:
        """What could not be judged for any feature, because the data set lacks a layer; known after the verdicts."""

    def streets(self, lots: Sequence[Any]) -> gpd.GeoDataFrame | None:
        """The streets among ``lots`` (geometries) with ``name`` and ``code``; None where there is no such layer."""


class FewLots:
    """Reads only what is around each lot, and judges as ``zoning.explain`` does."""

    def __init__(self, data: Path, judging: Judging) -> None:
        self.near, self.judging = Surroundings(data), judging
        self.crs = self.near.crs
        self._general: dict[str, Verdict] = {}

    def place(self, uid: str) -> LotCase:
        """See :class:`Source`."""
        lot = record_of(self.near.data, uid)
        if lot.empty:
            raise InputError("zoning.uid_unknown", uid=uid)
        near = self.near
        around = {name: coordinates.to(near.at(name, lot, REACH_M), near.crs) for name in AROUND if name in near.there}
        return made_case(lot.iloc[0], around, near.crs)

    def verdicts(self, case: LotCase) -> tuple[Verdict, ...]:
        """See :class:`Source`. Asked about a building, ``explain`` also judges its lots."""
        uid = case.record["uid"]
        told: list[Verdict] = []
        judging = self.judging
        for asked in case.buildings or (uid,):
            found = explain(
                self.near.data, asked, judging.rules, judging.on, matrix=judging.matrix, states=judging.states
            )
            rows: list[Verdict] = [verdict(row) for row in found.to_dict("records")]
            self._general |= {row["rule"]: row for row in rows if row["feature_uid"] is None}
            if not told:
                told += [row for row in rows if row["feature_uid"] == uid]
            told += [row for row in rows if row["feature_uid"] == asked != uid]
        return tuple(told)

    def general(self) -> tuple[Verdict, ...]:
        """See :class:`Source`."""
        return tuple(self._general.values())

    def streets(self, lots: Sequence[Any]) -> gpd.GeoDataFrame | None:
        """See :class:`Source`."""
        if "street_centreline" not in self.near.there:
            return None
        place = gpd.GeoDataFrame(geometry=list(lots), crs=self.crs)
        return coordinates.to(self.near.at("street_centreline", place, REACH_M), self.crs)


def made_case(lot: pd.Series, around: Mapping[str, gpd.GeoDataFrame], crs: str) -> LotCase:
    """The case of ``lot`` (a row with :data:`RECORD`, ``uid`` and ``geometry``), not judged."""
    shape = lot["geometry"]
    standing = standing_on(shape, around["building"]) if "building" in around else ()
    return LotCase({name: plain(lot[name]) for name in ("uid", *RECORD)}, shape, around, standing, crs)


def standing_on(lot: Any, buildings: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Uids of the buildings that count on ``lot``, as the check counts them; by code."""
    (ground,), _ = polygons([lot], "parcel.geometry")
    shapes, flaw = polygons(buildings.geometry.to_numpy(), "building.geometry")
    if ground is None or not len(shapes):
        return ()
    sound = absent(flaw)
    with np.errstate(invalid="ignore"):
        share = shapely.area(shapely.intersection(shapes, ground)) / shapely.area(shapes)
    counted = buildings[sound & (np.nan_to_num(share) >= COUNTING_SHARE)]
    return tuple(counted.sort_values(["code", "uid"])["uid"])


def verdict(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of findings as a :data:`Verdict`."""
    told: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("how", "missing", "arguments"):
            told[name] = json.loads(value) if isinstance(value, str) else None
        else:
            told[str(name)] = value if name == "geometry" else plain(value)
    return told


def plain(value: Any) -> Any:
    """None for what pandas calls missing, a Python number for numpy's."""
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def deleted(data: Path, uids: Sequence[str]) -> list[str]:
    """Those of ``uids`` that are no lot and no building of the data set any more."""
    near = Surroundings(data)
    there = [name for name in ("parcel", "building") if name in near.there]
    known = {uid for name in there for uid in near.features_referring(name, "uid", uids).column("uid")}
    return [uid for uid in uids if uid not in known]


def lots_under(data: Path, uids: Sequence[str]) -> list[str]:
    """The lots among ``uids``, and those that the buildings among them count on; each once, by code.

    Raises :class:`InputError` for one that is neither.
    """
    near = Surroundings(data)
    lots = near.referring("parcel", "uid", uids)
    rest = [uid for uid in dict.fromkeys(uids) if uid not in set(lots["uid"])]
    buildings = near.referring("building", "uid", rest) if rest and "building" in near.there else lots.iloc[:0]
    unknown = [uid for uid in rest if uid not in set(buildings["uid"])]
    if unknown:
        raise InputError("zoning.uid_unknown", uid=unknown[0][:60])
    found = dict(zip(lots["uid"], lots["code"], strict=True))
    buildings = coordinates.to(buildings, near.crs)
    for i in range(len(buildings)):
        house = buildings.iloc[[i]]
        around = near.at("parcel", house)[["uid", "code", "geometry"]].itertuples(index=False)
        found |= {uid: code for uid, code, ground in around if standing_on(ground, house)}
    return sorted(found, key=lambda uid: (str(found[uid]), uid))

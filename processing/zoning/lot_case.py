"""One lot as an inspector takes it up: its record, what stands and runs around it, and every verdict on it.

The verdicts are those of :func:`explain`, so that a report cannot disagree with the map. Fields marked personal in the
catalogue (owner, address) are never asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...layers.errors import InputError
from ...store import coordinates, dataset, nearby
from .columns import absent
from .explain import explain
from .lots import COUNTING_SHARE, UNSTATED, States
from .rules import Compatibility, Rule
from .soundness import polygons
from .surroundings import Surroundings

RECORD = ("code", "sheet_no", "parcel_no", "land_use", "area_legal_m2", "ward_code")
AROUND = ("planned_zone", "street_boundary", "parcel", "building", "red_line", "street_centreline")
REACH_M = 60.0  # what of the neighbourhood a sheet may show


@dataclass(frozen=True)
class Judging:
    """By what a data set is judged."""

    rules: tuple[Rule, ...]
    on: date
    matrix: Compatibility | None = None
    states: States = UNSTATED


@dataclass(frozen=True)
class LotCase:
    """``record`` has the fields :data:`RECORD` and ``uid``; ``shape`` is the lot; ``around`` has what the data set has
    of :data:`AROUND`, in the lot's system ``crs``; ``verdicts`` are findings with their JSON read and ``geometry``.
    """

    record: Mapping[str, Any]
    shape: Any
    around: Mapping[str, gpd.GeoDataFrame]
    buildings: tuple[str, ...]
    verdicts: tuple[Mapping[str, Any], ...]
    crs: str


def record_of(data: Path, uid: str) -> gpd.GeoDataFrame:
    """The lot ``uid`` with :data:`RECORD`; an empty frame where there is none. Raises :class:`InputError`."""
    if not dataset.UID.fullmatch(uid):
        raise InputError("store.uid_wrong", uid=uid[:60])
    return nearby.read_referring(data, "parcel", RECORD, "uid", [uid])


def lot_case(data: Path, uid: str, judging: Judging) -> LotCase:
    """All about the lot ``uid``. Raises :class:`InputError` where there is none."""
    bare = place_of(data, uid)
    found = _verdicts(data, uid, bare.buildings, judging)
    return replace(bare, verdicts=tuple(map(verdict, found.to_dict("records"))))


def place_of(data: Path, uid: str) -> LotCase:
    """The lot ``uid`` and what is around it, not judged. Raises :class:`InputError` where there is none."""
    lot = record_of(data, uid)
    if lot.empty:
        raise InputError("zoning.uid_unknown", uid=uid)
    near = Surroundings(data)
    around = {name: coordinates.to(near.at(name, lot, REACH_M), near.crs) for name in AROUND if name in near.there}
    shape = lot.geometry.iloc[0]
    standing = standing_on(shape, around["building"]) if "building" in around else ()
    record = {name: plain(lot[name].iloc[0]) for name in ("uid", *RECORD)}
    return LotCase(record, shape, around, standing, (), near.crs)


def _verdicts(data: Path, uid: str, buildings: Sequence[str], judging: Judging) -> pd.DataFrame:
    """Findings on the lot, then on each building: asked about a building, ``explain`` also judges its lots."""
    tables = []
    for asked in buildings or (uid,):
        found = explain(data, asked, judging.rules, judging.on, matrix=judging.matrix, states=judging.states)
        of_lot = found["feature_uid"] == uid
        if not tables:
            tables.append(found[of_lot])
        tables.append(found[(found["feature_uid"] == asked) & ~of_lot])
    return pd.concat(tables, ignore_index=True)


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
    """A finding with its JSON read and null for numbers that are not there; the geometry stays one."""
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

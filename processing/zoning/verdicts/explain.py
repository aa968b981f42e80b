"""One feature: reads what its verdicts depend on, and judges by the same functions as the check of everything.

What must be read around a feature is declared by the kinds of subjects (``subjects.model.Kind``). A building is told
together with the lots that it stands on. A feature that is drawn but not saved is judged as if it were there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....layers.errors import InputError
from ....store import coordinates, dataset, nearby
from ..land.inputs import FIELDS, STREET_REACH_M, gather
from ..land.lots import UNSTATED, States
from ..land.soundness import repaired
from ..land.surroundings import STREET_LAYERS, Surroundings, together
from ..rulebook.rules import Compatibility, Rule
from ..subjects import Kind
from .check import check, kind_of
from .drawn import Drawn


@dataclass(frozen=True)
class Judging:
    """By what a feature is judged: the ``rules``, the day, the province's matrix, and what is said of all lots."""

    rules: Sequence[Rule]
    on: date
    matrix: Compatibility | None = None
    states: States = UNSTATED


@dataclass(frozen=True)
class _Place:
    """Where to read: ``near`` a data set, in which ``drawn`` replaces what is saved."""

    near: Surroundings
    drawn: Drawn | None = None

    def _with_drawn(self, layer_id: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        if self.drawn is None or self.drawn.layer_id != layer_id:
            return frame
        return together(self.drawn.feature, frame[frame["uid"] != self.drawn.uid].reset_index(drop=True))

    def at(self, layer_id: str, place: gpd.GeoDataFrame, reach: float) -> gpd.GeoDataFrame:
        return self._with_drawn(layer_id, self.near.at(layer_id, place, reach))

    def referring(self, layer_id: str, field_id: str, values: Sequence[str]) -> gpd.GeoDataFrame:
        found = self.near.referring(layer_id, field_id, values)
        if self.drawn is None or self.drawn.layer_id != layer_id:
            return found
        mine = self.drawn.feature
        found = found[found["uid"] != self.drawn.uid].reset_index(drop=True)
        return together(found, mine[mine[field_id].isin(values)].reset_index(drop=True))

    def whole(self, layer_id: str) -> gpd.GeoDataFrame:
        return self._with_drawn(layer_id, whole_layer(self.near.data, layer_id))


def explain(
    data: Path,
    uid: str,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
    drawn: Drawn | None = None,
) -> gpd.GeoDataFrame:
    """The findings about feature ``uid``; for a building also those about the lots it stands on.

    They equal those of :func:`check` over the whole data set. ``drawn`` is judged in place of what is saved under its
    uid. Raises :class:`InputError` for an unknown ``uid``.
    """
    if not dataset.UID.fullmatch(uid):
        raise InputError("store.uid_wrong", uid=uid[:60])
    judging = Judging(rules, on, matrix, states)
    with nearby.nearby(data) as reader:
        place = _Place(Surroundings(data, reader), drawn)
        layer_id, feature = _find(place, uid, rules)
        tables = [_judged(place, layer_id, feature, judging)]
        if layer_id == "building" and "parcel" in place.near.there:
            lots = _lots_of(place, feature)
            tables += [_judged(place, "parcel", lots.iloc[[i]], judging) for i in range(len(lots))]
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=tables[0].crs)


def _find(place: _Place, uid: str, rules: Sequence[Rule]) -> tuple[str, gpd.GeoDataFrame]:
    if place.drawn is not None and place.drawn.uid == uid:
        return place.drawn.layer_id, place.drawn.feature
    for layer_id in dict.fromkeys(("parcel", "building", *(rule.layer for rule in rules))):
        if layer_id in place.near.there:
            found = place.near.one(layer_id, uid)
            if not found.empty:
                return layer_id, found
    raise InputError("zoning.uid_unknown", uid=uid)


def _lots_of(place: _Place, building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    here = coordinates.to(building, place.near.crs)
    lots = place.at("parcel", here, 0.0)
    shape = here.geometry.to_numpy()
    if not shapely.is_valid(shape).all():
        return lots.iloc[:0]
    sound = shapely.is_valid(lots.geometry.to_numpy())
    return lots[sound & shapely.intersects(lots.geometry.to_numpy(), shape[0])].reset_index(drop=True)


def _judged(place: _Place, layer_id: str, feature: gpd.GeoDataFrame, judging: Judging) -> gpd.GeoDataFrame:
    """The findings about ``feature`` itself, and those of its layer's rules that are about no feature."""
    rules = [rule for rule in judging.rules if rule.layer == layer_id]
    frames = _around(place, layer_id, feature, [kind_of(rule) for rule in rules])
    read = {name: (lambda asked: frames[asked]) for name in frames}
    layers = gather(set(frames), read, may_be_empty=True)
    uid = str(feature["uid"].iloc[0])
    return check(layers, rules, judging.on, matrix=judging.matrix, states=judging.states, about=uid)


def _around(
    place: _Place, layer_id: str, feature: gpd.GeoDataFrame, kinds: Sequence[Kind]
) -> dict[str, gpd.GeoDataFrame]:
    """What ``kinds`` must know of the ground around ``feature``: one frame for each layer that is there."""
    near = place.near
    wanted = {name for kind in kinds for name in kind.reads if name in near.there}
    entire = {name for kind in kinds for name in (kind.reads if kind.reach_m is None else kind.whole)} & wanted
    own = max((kind.own_reach_m for kind in kinds), default=0.0)
    frames: dict[str, gpd.GeoDataFrame] = {name: place.whole(name) for name in entire}
    here = coordinates.to(feature, near.crs)
    if layer_id not in frames:
        frames[layer_id] = together(feature, place.at(layer_id, here, own) if own else feature)
    ground = _ground(place, layer_id, here, frames)
    for name in wanted - set(frames):
        reach = max((kind.reach_m or 0.0 for kind in kinds if name in kind.reads), default=0.0) + own
        if name in STREET_LAYERS:
            continue
        frames[name] = place.at(name, ground, reach)
    streets = [name for name in STREET_LAYERS if name in wanted - set(frames)]
    if streets:
        reach = max((kind.reach_m or 0.0 for kind in kinds if set(streets) & set(kind.reads)), default=0.0) + own
        around = near.streets(ground, max(reach, STREET_REACH_M + own))
        frames |= {name: around[name] for name in streets}
    if "building" in frames and "building" not in entire and "parcel" in frames:
        lots = list(frames["parcel"]["uid"]) if layer_id == "parcel" else []
        frames["building"] = together(frames["building"], place.referring("building", "parcel", lots))
    for kind in kinds:
        for name, (mine, theirs) in kind.refers.items():
            if name in frames and name not in entire and mine in feature:
                values = [value for value in feature[mine] if isinstance(value, str)]
                frames[name] = together(frames[name], place.referring(name, theirs, values))
    return {name: frames[name] for name in FIELDS if name in frames}


def _ground(
    place: _Place, layer_id: str, here: gpd.GeoDataFrame, frames: dict[str, gpd.GeoDataFrame]
) -> gpd.GeoDataFrame:
    """The feature with the lots it stands on, or with the buildings that stand on it: all their streets count."""
    other = {"building": "parcel", "parcel": "building"}.get(layer_id)
    if other is None or other not in place.near.there:
        return here
    touching = coordinates.to(place.at(other, here, 0.0), place.near.crs)
    if touching.empty:
        return here
    meets = shapely.intersects(_sound(touching), _sound(here)[0])
    shapes = [*here.geometry, *touching.geometry[np.asarray(meets)]]
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=here.crs))


def _sound(frame: gpd.GeoDataFrame) -> np.ndarray:
    return repaired(frame.geometry.to_numpy())


def whole_layer(data: Path, layer_id: str) -> gpd.GeoDataFrame:
    """All of a layer: read again only when the file, or the log of an open editor beside it, has changed."""
    states = tuple(
        (found.st_ino, found.st_mtime_ns, found.st_size) if found else None
        for found in (_stat(data), _stat(data.with_name(data.name + "-wal")))
    )
    return _read_whole(data, layer_id, states)


def _stat(path: Path) -> os.stat_result | None:
    return path.stat() if path.exists() else None


@lru_cache(maxsize=8)
def _read_whole(data: Path, layer_id: str, _states: object) -> gpd.GeoDataFrame:
    return nearby.read_columns(data, layer_id, FIELDS[layer_id])

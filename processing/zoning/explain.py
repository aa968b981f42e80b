"""One parcel or building: reads what is near it, and judges by the same functions as the check of everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...layers.errors import InputError
from ...store import coordinates, dataset, nearby
from .check import check, layers_needed
from .inputs import FIELDS, STREET_REACH_M, gather
from .lots import UNSTATED, States
from .rules import Compatibility, Rule
from .scene import Layers


class _Near:
    """Reads the surroundings of a place given in the system of the parcels."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.there = set(dataset.layers_in(data))
        self.crs = dataset.crs_of(data, "parcel")
        self.systems: dict[str, str] = {"parcel": self.crs}

    def at(self, layer_id: str, place: gpd.GeoDataFrame, reach: float = 0.0) -> gpd.GeoDataFrame:
        """The features of a layer around ``place``; none for a place without geometry."""
        box = np.asarray(place.total_bounds) + np.array([-reach, -reach, reach, reach])
        if not np.isfinite(box).all():
            return nearby.read_referring(self.data, layer_id, FIELDS[layer_id], "uid", ())
        if layer_id not in self.systems:
            self.systems[layer_id] = dataset.crs_of(self.data, layer_id)
        theirs = self.systems[layer_id]
        if theirs != self.crs:
            moved = coordinates.transform_geometries(np.array([shapely.box(*box)]), self.crs, theirs)
            box = shapely.bounds(moved)[0]
        return nearby.read_near(self.data, layer_id, FIELDS[layer_id], (box[0], box[1], box[2], box[3]))

    def referring(self, layer_id: str, field: str, uids: Sequence[str]) -> gpd.GeoDataFrame:
        """The features that refer to ``uids``."""
        return nearby.read_referring(self.data, layer_id, FIELDS[layer_id], field, uids)

    def one(self, layer_id: str, uid: str) -> gpd.GeoDataFrame:
        """The feature ``uid`` or an empty frame."""
        return self.referring(layer_id, "uid", [uid])

    def streets(self, place: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
        """Streets around ``place`` with all that belongs to them."""
        borders = [name for name in ("street_boundary", "red_line") if name in self.there]
        near = {name: self.at(name, place, STREET_REACH_M) for name in borders}
        made: dict[str, gpd.GeoDataFrame] = {}
        named = [uid for frame in near.values() for uid in frame["street"].dropna()]
        if "street_centreline" in self.there:
            centre = self.at("street_centreline", place, STREET_REACH_M)
            centre = _together(centre, self.referring("street_centreline", "uid", named))
            made["street_centreline"] = centre
            named += list(centre["uid"])
        for name, frame in near.items():
            made[name] = _together(frame, self.referring(name, "street", named))
        return made


def _together(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if other.empty:
        return one
    if one.empty:
        return other
    return pd.concat([one, other], ignore_index=True).drop_duplicates("uid", ignore_index=True)


def explain(
    data: Path,
    uid: str,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
) -> gpd.GeoDataFrame:
    """The findings about feature ``uid``; for a building also those about the lots it stands on.

    They equal those of :func:`check` over the whole data set. Raises :class:`InputError` for an unknown ``uid``.
    """
    near = _Near(data)
    if not dataset.UID.fullmatch(uid):
        raise InputError("store.uid_wrong", uid=uid[:60])
    lot = near.one("parcel", uid)
    if not lot.empty:
        return _of_lot(near, lot, rules, on, matrix, states)
    building = near.one("building", uid) if "building" in near.there else lot
    if building.empty:
        raise InputError("zoning.uid_unknown", uid=uid)
    lots = _lots_of(near, building)
    chosen = [rule for rule in rules if rule.layer == "building"]
    frames = {"parcel": lots, "building": building} | near.streets(lots if len(lots) else building)
    if "planned_zone" in near.there:
        frames["planned_zone"] = near.at("planned_zone", lots)
    tables = [_judged(frames, chosen, on, matrix, states, "building")]
    tables += [_of_lot(near, lots.iloc[[i]], rules, on, matrix, states) for i in range(len(lots))]
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=tables[0].crs)


def _lots_of(near: _Near, building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lots = near.at("parcel", coordinates.to(building, near.crs))
    shape = coordinates.to(building, near.crs).geometry.to_numpy()
    if not shapely.is_valid(shape).all():
        return lots.iloc[:0]
    sound = shapely.is_valid(lots.geometry.to_numpy())
    return lots[sound & shapely.intersects(lots.geometry.to_numpy(), shape[0])].reset_index(drop=True)


def _of_lot(
    near: _Near,
    lot: gpd.GeoDataFrame,
    rules: Sequence[Rule],
    on: date,
    matrix: Compatibility | None,
    states: States,
) -> gpd.GeoDataFrame:
    frames = {"parcel": lot}
    if "building" in near.there:
        frames["building"] = _together(near.at("building", lot), near.referring("building", "parcel", list(lot["uid"])))
    if "planned_zone" in near.there:
        frames["planned_zone"] = near.at("planned_zone", lot)
    return _judged(frames, [rule for rule in rules if rule.layer == "parcel"], on, matrix, states, "parcel")


def _judged(
    frames: dict[str, gpd.GeoDataFrame],
    rules: Sequence[Rule],
    on: date,
    matrix: Compatibility | None,
    states: States,
    layer_id: str,
) -> gpd.GeoDataFrame:
    read = {name: (lambda asked: frames[asked]) for name in frames}
    layers: Layers = gather(layers_needed(rules), read, may_be_empty=True)
    found = check(layers, rules, on, matrix=matrix, states=states)
    return found[found["layer"] == layer_id]

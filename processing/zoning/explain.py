"""One parcel or building: reads what is near it, and judges by the same functions as the check of everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from ...layers.errors import InputError
from ...store import coordinates, dataset
from .check import check, layers_needed
from .inputs import gather
from .lots import UNSTATED, States
from .rules import Compatibility, Rule
from .scene import Layers
from .surroundings import Surroundings, together


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
    near = Surroundings(data)
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


def _lots_of(near: Surroundings, building: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lots = near.at("parcel", coordinates.to(building, near.crs))
    shape = coordinates.to(building, near.crs).geometry.to_numpy()
    if not shapely.is_valid(shape).all():
        return lots.iloc[:0]
    sound = shapely.is_valid(lots.geometry.to_numpy())
    return lots[sound & shapely.intersects(lots.geometry.to_numpy(), shape[0])].reset_index(drop=True)


def _of_lot(
    near: Surroundings,
    lot: gpd.GeoDataFrame,
    rules: Sequence[Rule],
    on: date,
    matrix: Compatibility | None,
    states: States,
) -> gpd.GeoDataFrame:
    frames = {"parcel": lot}
    if "building" in near.there:
        frames["building"] = together(near.at("building", lot), near.referring("building", "parcel", list(lot["uid"])))
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

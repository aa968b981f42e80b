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
from ....store.features import Features
from ..land.inputs import FIELDS, STREET_REACH_M, gather
from ..land.lots import UNSTATED, States
from ..land.overlay import Geometries
from ..land.soundness import repaired
from ..land.streets import STREET_LAYERS
from ..land.surroundings import Surroundings, together
from ..rulebook.rules import Compatibility, Rule
from ..subjects import Kind
from .check import check, kind_of
from .drawn import Drawn, around


@dataclass(frozen=True)
class Judging:
    """By what a feature is judged: the ``rules``, the day, the province's matrix, and what is said of all lots."""

    rules: Sequence[Rule]
    on: date
    matrix: Compatibility | None = None
    states: States = UNSTATED


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
        near = around(data, drawn, reader)
        layer_id, feature = _find(near, uid, rules)
        tables = [_judged(near, drawn, layer_id, feature, judging)]
        if layer_id == "building" and "parcel" in near.there:
            lots = _lots_of(near, feature)
            tables += [_judged(near, drawn, "parcel", lots.at([i]), judging) for i in range(len(lots))]
    if len(tables) == 1:
        return tables[0]
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), geometry="geometry", crs=tables[0].crs)


def _find(near: Surroundings, uid: str, rules: Sequence[Rule]) -> tuple[str, Features]:
    for layer_id in dict.fromkeys(("parcel", "building", *(rule.layer for rule in rules))):
        if layer_id in near.there:
            found = near.features_referring(layer_id, "uid", [uid])
            if len(found):
                return layer_id, found
    raise InputError("zoning.uid_unknown", uid=uid)


def _shapes(near: Surroundings, found: Features) -> Geometries:
    """Where features lie, in the system of the parcels."""
    return coordinates.transform_geometries(found.shapes, found.crs or near.crs, near.crs)


def _lots_of(near: Surroundings, building: Features) -> Features:
    shape = _shapes(near, building)
    lots = near.features_at("parcel", shapely.total_bounds(shape))
    if not shapely.is_valid(shape).all():
        return lots.at([])
    grounds = lots.shapes
    return lots.at(np.flatnonzero(shapely.is_valid(grounds) & shapely.intersects(grounds, shape[0])).tolist())


def _judged(
    near: Surroundings, drawn: Drawn | None, layer_id: str, feature: Features, judging: Judging
) -> gpd.GeoDataFrame:
    """The findings about ``feature`` itself, and those of its layer's rules that are about no feature."""
    rules = [rule for rule in judging.rules if rule.layer == layer_id]
    found, entire = _around(near, layer_id, feature, [kind_of(rule) for rule in rules])
    frames = {name: one.frame() for name, one in found.items()}
    frames |= {name: _entire(near.data, name, drawn) for name in entire}
    layers = gather(set(frames), dict.fromkeys(frames, frames.__getitem__), may_be_empty=True)
    uid = str(feature.rows[0][0])
    return check(layers, rules, judging.on, matrix=judging.matrix, states=judging.states, about={uid})


def _around(
    near: Surroundings, layer_id: str, feature: Features, kinds: Sequence[Kind]
) -> tuple[dict[str, Features], set[str]]:
    """What ``kinds`` must know of the ground around ``feature`` of each layer that is there, and the layers of which
    they must know all.
    """
    wanted = {name for kind in kinds for name in kind.reads if name in near.there}
    entire = {name for kind in kinds for name in (kind.reads if kind.reach_m is None else kind.whole)} & wanted
    own = max((kind.own_reach_m for kind in kinds), default=0.0)
    here = _shapes(near, feature)
    found: dict[str, Features] = {}
    if layer_id not in entire:
        found[layer_id] = (
            feature.joined(near.features_at(layer_id, shapely.total_bounds(here), own)) if own else feature
        )
    ground = shapely.total_bounds(_ground(near, layer_id, here))
    for name in wanted - entire - {layer_id, *STREET_LAYERS}:
        reach = max((kind.reach_m or 0.0 for kind in kinds if name in kind.reads), default=0.0) + own
        found[name] = near.features_at(name, ground, reach)
    streets = [name for name in STREET_LAYERS if name in wanted - entire - {layer_id}]
    if streets:
        reach = max((kind.reach_m or 0.0 for kind in kinds if set(streets) & set(kind.reads)), default=0.0) + own
        # A building line holds on its own street alone, which may end before it.
        lines = found["building_line"].column("street") if "building_line" in found else []
        around = near.features_of_streets(ground, max(reach, STREET_REACH_M + own), lines)
        found |= {name: around[name] for name in streets}
    if "building" in found and "parcel" in wanted and layer_id == "parcel":
        lots = found["parcel"].column("uid") if "parcel" in found else [feature.rows[0][0]]
        found["building"] = found["building"].joined(near.features_referring("building", "parcel", lots))
    for kind in kinds:
        for name, (mine, theirs) in kind.refers.items():
            if name in found and mine in feature.names:
                values = [value for value in feature.column(mine) if isinstance(value, str)]
                found[name] = found[name].joined(near.features_referring(name, theirs, values))
    return found, entire


def _ground(near: Surroundings, layer_id: str, here: Geometries) -> Geometries:
    """The feature with the lots it stands on, or with the buildings that stand on it: all their streets count."""
    other = {"building": "parcel", "parcel": "building"}.get(layer_id)
    if other is None or other not in near.there:
        return here
    touching = _shapes(near, near.features_at(other, shapely.total_bounds(here)))
    if len(touching) == 0:
        return here
    meets = shapely.intersects(repaired(touching), repaired(here)[0])
    return np.concatenate([here, touching[np.asarray(meets)]])


def _entire(data: Path, layer_id: str, drawn: Drawn | None) -> gpd.GeoDataFrame:
    frame = whole_layer(data, layer_id)
    if drawn is None or drawn.layer_id != layer_id:
        return frame
    return together(drawn.feature, frame[frame["uid"] != drawn.uid].reset_index(drop=True))


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

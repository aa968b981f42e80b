"""One feature: reads what its verdicts depend on, and judges by the same functions as the check of everything.

What must be read around a feature is declared by the kinds of subjects (``subjects.model.Kind``). A building is told
together with the lots that it stands on. A feature that is drawn but not saved is judged as if it were there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
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
from ..land.spacing import ADJOINING_M, BACKS_REACH_M
from ..land.streets import STREET_LAYERS
from ..land.surroundings import Box, Surroundings, together
from ..rulebook.rules import Compatibility, Rule
from ..subjects import Kind
from .check import judged_about, kind_of
from .drawn import Drawn, around
from .findings import Written, identified
from .incremental import Judging as Judging


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
    found, crs = explained(data, uid, Judging(rules, on, matrix, states), drawn)
    return gpd.GeoDataFrame(pd.DataFrame(found), geometry="geometry", crs=crs or None)


def explained(data: Path, uid: str, judging: Judging, drawn: Drawn | None = None) -> tuple[Written, str]:
    """As :func:`explain`, in columns; and the system of the geometries, that of the parcels where there are any."""
    if not dataset.UID.fullmatch(uid):
        raise InputError("store.uid_wrong", uid=uid[:60])
    with nearby.nearby(data) as reader:
        near = around(data, drawn, reader)
        layer_id, feature = _find(near, uid, judging.rules)
        asked = {layer_id: feature}
        if layer_id == "building" and "parcel" in near.there:
            lots = _lots_of(near, feature)
            asked |= {"parcel": lots} if len(lots) else {}
        return _judged(near, drawn, asked, judging)


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


def _extent(shapes: Geometries) -> Box:
    """Around all shapes that have a place and an end; NaN where none has."""
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if len(bounds) == 0:
        return np.full(4, np.nan)
    return np.concatenate([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)])


def _lots_of(near: Surroundings, building: Features) -> Features:
    shape = _shapes(near, building)
    lots = near.features_at("parcel", _extent(shape))
    if not shapely.is_valid(shape).all():
        return lots.at([])
    grounds = lots.shapes
    return lots.at(np.flatnonzero(shapely.is_valid(grounds) & shapely.intersects(grounds, shape[0])).tolist())


def _judged(
    near: Surroundings, drawn: Drawn | None, asked: Mapping[str, Features], judging: Judging
) -> tuple[Written, str]:
    """The findings about the features ``asked`` by layer, feature after feature, each with those of its layer's rules
    that are about no feature.
    """
    rules = [rule for rule in judging.rules if rule.layer in asked]
    kinds = {name: [kind_of(rule) for rule in rules if rule.layer == name] for name in asked}
    found, entire = _around(near, asked, kinds)
    frames = {name: one.frame() for name, one in found.items()}
    frames |= {name: _entire(near.data, name, drawn) for name in entire}
    layers = gather(set(frames), dict.fromkeys(frames, frames.__getitem__), may_be_empty=True)
    about = {str(uid) for one in asked.values() for uid in one.column("uid")}
    every = judged_about(layers, rules, judging.on, about, matrix=judging.matrix, states=judging.states)
    made = [(one.rule, one.findings.written()) for one in every]
    parts = [
        _about(uid, told)
        for name, features in asked.items()
        for uid in features.column("uid")
        for rule, told in made
        if rule.layer == name
    ]
    return identified(parts), coordinates.code_of(next(iter(layers.values())).crs)


def _about(uid: str, findings: Written) -> Written:
    """Those of the ``findings`` that are about ``uid`` or about no feature."""
    chosen = [told is None or told == uid for told in findings["feature_uid"].tolist()]
    return findings if all(chosen) else {name: values[chosen] for name, values in findings.items()}


def _around(
    near: Surroundings, asked: Mapping[str, Features], kinds: Mapping[str, Sequence[Kind]]
) -> tuple[dict[str, Features], set[str]]:
    """What ``kinds`` (by the layer that they are about) must know of the ground around the features ``asked`` of each
    layer that is there, and the layers of which they must know all.
    """
    able = {name: [one for one in some if near.there.issuperset(one.required)] for name, some in kinds.items()}
    every = [kind for some in able.values() for kind in some]
    wanted = {name for kind in every for name in kind.reads if name in near.there}
    entire = {name for kind in every for name in (kind.reads if kind.reach_m is None else kind.whole)} & wanted
    found: dict[str, Features] = {}
    places: dict[str, Geometries] = {}
    for name, features in asked.items():
        found[name] = _with_neighbours(near, name, features, able[name])
        places[name] = _ground(near, name, _shapes(near, found[name]))
    for name in sorted(wanted - entire - set(STREET_LAYERS)):  # buildings before the lots on which they stand
        looking = {own: [one for one in some if name in one.reads] for own, some in able.items() if own != name}
        around = [places[own] for own, some in looking.items() if some]
        if name == "building" and "parcel" in places and any(one.on_its_lots for one in able.get(name, ())):
            around.append(places["parcel"])
        if name == "parcel" and "building" in asked:
            around.append(_shapes(near, found["building"]))
        if around:
            reach = max((kind.reach_m or 0.0 for some in looking.values() for kind in some), default=0.0)
            here = near.features_at(name, _extent(np.concatenate(around)), reach)
            found[name] = found[name].joined(here) if name in found else here
    streets = [name for name in STREET_LAYERS if name in wanted - entire and name not in asked]
    if streets:
        reach = max((kind.reach_m or 0.0 for kind in every if set(streets) & set(kind.reads)), default=0.0)
        # A building line holds on its own street alone, which may end before it.
        lines = found["building_line"].column("street") if "building_line" in found else []
        ground = _extent(np.concatenate(list(places.values())))
        along = near.features_of_streets(ground, max(reach, STREET_REACH_M), lines)
        found |= {name: along[name] for name in streets}
    if "building" in found and "parcel" in asked:
        lots = asked["parcel"].column("uid")
        found["building"] = found["building"].joined(near.features_referring("building", "parcel", lots))
    for own, some in able.items():
        for name, (mine, theirs) in (one for kind in some for one in kind.refers.items()):
            if name in found and mine in asked[own].names:
                values = [value for value in asked[own].column(mine) if isinstance(value, str)]
                found[name] = found[name].joined(near.features_referring(name, theirs, values))
    # Of what cannot be judged at all, only the layers that are not there are to blame.
    for name in {name for some in kinds.values() for one in some for name in one.required} & near.there:
        if name not in found:
            found[name] = near.features_referring(name, "uid", ())
    return {name: one for name, one in found.items() if name not in entire}, entire


def _with_neighbours(near: Surroundings, layer_id: str, features: Features, kinds: Sequence[Kind]) -> Features:
    """``features`` and those of their own layer that ``kinds`` judge them towards."""
    box = _extent(_shapes(near, features))
    reach = max((kind.own_reach_m for kind in kinds if not kind.chained and not kind.on_its_lots), default=0.0)
    if reach:
        features = features.joined(near.features_at(layer_id, box, reach))
    farthest = max((kind.own_reach_m for kind in kinds if kind.chained), default=0.0)
    if farthest:
        row = near.features_chained(layer_id, box, BACKS_REACH_M, ADJOINING_M, farthest)
        features = features.joined(row)
    return features


def _ground(near: Surroundings, layer_id: str, here: Geometries) -> Geometries:
    """The features with the lots they stand on, or with the buildings that stand on them: all their streets count."""
    other = {"building": "parcel", "parcel": "building"}.get(layer_id)
    if other is None or other not in near.there or len(here) == 0:
        return here
    touching = _shapes(near, near.features_at(other, _extent(here)))
    if len(touching) == 0:
        return here
    meets = shapely.STRtree(repaired(touching)).query(repaired(here), predicate="intersects")[1]
    return np.concatenate([here, touching[np.unique(meets)]])


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

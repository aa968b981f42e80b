"""Edits as an editor hands them over (JSON), turned into differences against the data set they were made on.

``{"parcel": {"crs": "EPSG:9210", "added": [{"uid": …, "values": {…}, "wkt": …}], "changed": [{"uid": …,
"values": {…}, "wkt": …}], "deleted": ["uid", …]}}``. Of a changed feature only what was edited is given; without
``crs`` coordinates are those of the layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..layers import catalogue
from ..layers.errors import InputError
from ..layers.model import Layer
from . import coordinates, dataset
from .differences import GEOMETRY, between
from .rows import misfits, promote
from .values import cast

_PARTS = ("added", "changed", "deleted")


def differences(data: Path, edits: Any) -> dict[str, pd.DataFrame]:
    """Layer → differences. Raises :class:`InputError` that names the layer and the feature of a wrong edit."""
    if not isinstance(edits, Mapping):
        raise InputError("scenario.edits_unreadable", where="edits")
    return {str(layer_id): _of_layer(data, str(layer_id), given) for layer_id, given in edits.items()}


def _of_layer(data: Path, layer_id: str, given: Any) -> pd.DataFrame:
    layer = dataset.declared(data, layer_id)
    if not isinstance(given, Mapping) or not all(isinstance(given.get(part, []), list) for part in _PARTS):
        raise InputError("scenario.edits_unreadable", where=layer_id)
    added, changed = (_edits(layer, given.get(part, []), part) for part in ("added", "changed"))
    deleted = [_uid(layer, uid) for uid in given.get("deleted", [])]
    _require_once(layer, [*added, *changed, *deleted])
    touched = [*changed, *deleted]
    before = dataset.read(data, layer_id, uids=[*touched, *added])
    known = set(before["uid"])
    for uid in touched:
        if uid not in known:
            raise InputError("scenario.edit_unknown", layer=layer_id, uid=uid)
    for uid in added:
        if uid in known:
            raise InputError("scenario.uid_taken", layer=layer_id, uid=uid)
    code = str(given.get("crs") or "")
    _read_values(added | changed, layer, dataset.own_catalogue(data))
    return between(before, _after(before[~before["uid"].isin(deleted)], added, changed, code))


def _uid(layer: Layer, value: Any) -> str:
    if not isinstance(value, str) or not dataset.UID.fullmatch(value):
        raise InputError("store.uid_wrong", uid=str(value)[:60])
    return value


def _edits(layer: Layer, given: Sequence[Any], part: str) -> dict[str, dict[str, Any]]:
    """By uid the fields given, with ``geometry`` where there is one. An added feature without uid gets one."""
    made: dict[str, dict[str, Any]] = {}
    known = {field.id for field in layer.fields} - {"uid"}
    uids = []
    for number, one in enumerate(given):
        values = one.get("values", {}) if isinstance(one, Mapping) else None
        if not isinstance(one, Mapping) or not isinstance(values, Mapping):
            raise InputError("scenario.edits_unreadable", where=f"{layer.id}.{part}[{number}]")
        unknown = sorted(str(name) for name in set(values) - known)
        if unknown:
            raise InputError("schema.column_unknown", layer=layer.id, columns=unknown)
        uid = str(uuid4()) if part == "added" and not one.get("uid") else _uid(layer, one.get("uid"))
        uids.append(uid)
        made[uid] = dict(values) | ({GEOMETRY: _shape(layer, uid, one["wkt"])} if "wkt" in one else {})
    _require_once(layer, uids)
    return made


def _require_once(layer: Layer, uids: Sequence[str]) -> None:
    seen: set[str] = set()
    for uid in uids:
        if uid in seen:
            raise InputError("scenario.edit_twice", layer=layer.id, uid=uid)
        seen.add(uid)


def _shape(layer: Layer, uid: str, text: Any) -> Any:
    if text is None:
        return None
    try:
        with np.errstate(invalid="ignore"):  # a coordinate that is no number is refused below
            shape = shapely.from_wkt(str(text))
    except shapely.errors.GEOSException as error:
        raise InputError("scenario.geometry_unreadable", layer=layer.id, uid=uid) from error
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise InputError("scenario.geometry_unreadable", layer=layer.id, uid=uid)
    if not layer.is_spatial or misfits(np.array([shape], dtype=object), layer).any():
        raise InputError("schema.geometry_wrong", layer=layer.id, geometry=layer.geometry, found=shape.geom_type)
    return promote(np.array([shape], dtype=object))[0]


def _after(kept: pd.DataFrame, added: Mapping[str, Any], changed: Mapping[str, Any], code: str) -> pd.DataFrame:
    """The rows of the base that stay, as edited, and the added ones; in the base's system."""
    columns = list(kept.columns)
    spatial = isinstance(kept, gpd.GeoDataFrame)
    own = coordinates.code_of(kept.crs) if spatial else ""
    for edit in (*added.values(), *changed.values()):
        if code and spatial and edit.get(GEOMETRY) is not None:
            shape = np.array([edit[GEOMETRY]], dtype=object)
            edit[GEOMETRY] = coordinates.transform_geometries(shape, code, own)[0]
    rows = [dict(zip(columns, values, strict=True)) for values in kept.itertuples(index=False, name=None)]
    edited = [row | changed.get(row["uid"], {}) for row in rows]
    edited += [dict.fromkeys(columns) | {"uid": uid} | values for uid, values in added.items()]
    table = {name: pd.Series([row[name] for row in edited], dtype=object) for name in columns}
    if not spatial:
        return pd.DataFrame(table)
    shapes = np.full(len(edited), None, dtype=object)
    shapes[:] = [row[GEOMETRY] for row in edited]
    plain = {name: table[name] for name in columns if name != GEOMETRY}
    made: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=shapes, crs=own)
    return made


def _read_values(edits: Mapping[str, dict[str, Any]], layer: Layer, extra: Path | None) -> None:
    """What was typed, brought to each field's type; what is not of its type or list is refused."""
    for field in layer.fields:
        given = {uid: values[field.id] for uid, values in edits.items() if field.id in values}
        if not given:
            continue
        domain = catalogue.domain(field, extra) if field.type == "choice" else None
        raw = pd.Series(list(given.values()), dtype=object)
        read, wrong = cast(raw, field, domain)
        if wrong.any():
            example, count = str(raw[wrong].iloc[0])[:80], int(wrong.sum())
            raise InputError(
                "schema.value_wrong", layer=layer.id, field=field.id, count=count, type=field.type, example=example
            )
        for uid, value in zip(given, read.astype(object), strict=True):
            edits[uid][field.id] = None if pd.isna(value) else value

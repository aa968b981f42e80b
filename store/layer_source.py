"""Layers as a job is given them: the data set's own, or another file with layer name, filter and chosen features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio

from ..layers.errors import InputError
from ..layers.model import Layer
from . import dataset, sources
from .rows import misfits
from .troubles import told
from .values import cast


@dataclass(frozen=True)
class LayerSource:
    """Where a layer is: ``path``, ``layer`` (empty: the only one), ``subset`` (QGIS's filter), ``uids`` (None: all)."""

    path: Path
    layer: str = ""
    subset: str = ""
    uids: tuple[str, ...] | None = None

    @classmethod
    def of(cls, value: str | Mapping[str, Any]) -> LayerSource:
        """Read a contract value: ``file.gpkg|layername=x|subset=…`` or ``{"path", "layer", "subset", "uids"}``."""
        if isinstance(value, Mapping):
            given = dict(value)
            uids = given.get("uids")
            of_path = cls.of(str(given.get("path", "")))
            return cls(
                of_path.path,
                str(given.get("layer") or of_path.layer),
                str(given.get("subset") or of_path.subset),
                None if uids is None else tuple(str(uid) for uid in uids),
            )
        path, *options = value.split("|")
        named = {name.lower(): text for name, _, text in (option.partition("=") for option in options)}
        return cls(Path(path), named.get("layername", ""), named.get("subset", ""))


def read_layer(
    value: str | Mapping[str, Any] | None, data: str | Path | None, layer_id: str, *, required: bool = False
) -> gpd.GeoDataFrame:
    """The features of declared layer ``layer_id``: those of ``value`` if given, else those of the data set ``data``.

    Columns and types are as :func:`dataset.read` gives them; columns that a foreign file lacks are null, ``uid`` and
    geometry type must be right. With ``required`` a layer without features is an error. Raises :class:`InputError`.
    """
    if value:
        source = LayerSource.of(value)
        frame = _read(source, layer_id, data)
        where: str | Path = source.path
    elif data:
        frame, where = dataset.read(data, layer_id), data
    else:
        raise InputError("schema.layer_missing", path="", layer=layer_id, known=[])
    if required and frame.empty:
        raise InputError("schema.layer_empty", path=str(where), layer=layer_id)
    return frame


def _read(source: LayerSource, layer_id: str, data: str | Path | None) -> gpd.GeoDataFrame:
    path = sources.local_file(source.path)
    layer = dataset.declared(data or path, layer_id)
    name = sources.layer_name(path, source.layer, prefer=layer_id)
    with told(path, writing=False):
        frame = pyogrio.read_dataframe(path, layer=name, where=source.subset or None, on_invalid="ignore")
    if "uid" not in frame.columns:
        raise InputError("schema.column_missing", path=str(path), layer=name, columns=["uid"])
    if source.uids is not None:
        frame = frame[frame["uid"].isin(source.uids)].reset_index(drop=True)
    return _declared(frame, layer, path, name)


def _declared(frame: gpd.GeoDataFrame, layer: Layer, path: Path, name: str) -> gpd.GeoDataFrame:
    """``frame`` with exactly the declared columns, cast."""
    made: dict[str, Any] = {}
    for field in layer.fields:
        if field.id not in frame.columns:
            made[field.id] = [None] * len(frame)
            continue
        values, wrong = cast(frame[field.id], field)
        if wrong.any():
            example = str(frame[field.id][wrong].iloc[0])[:80]
            raise InputError(
                "schema.value_wrong",
                layer=name,
                field=field.id,
                count=int(wrong.sum()),
                type=field.type,
                example=example,
            )
        made[field.id] = values
    if not layer.is_spatial:
        return frame.assign(**made)[list(made)]
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("schema.geometry_missing", layer=name, geometry=layer.geometry)
    placed = frame.geometry.to_numpy()
    wrong = misfits(placed, layer)
    if wrong.any():
        raise InputError(
            "schema.geometry_wrong", layer=name, geometry=layer.geometry, found=str(placed[wrong][0].geom_type)
        )
    return gpd.GeoDataFrame(made, geometry=placed, crs=frame.crs)

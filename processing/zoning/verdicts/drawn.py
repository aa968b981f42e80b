"""A feature that is drawn on the map but not saved yet, as the editor hands it over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....layers.errors import InputError
from ....layers.model import Layer
from ....store import dataset, nearby
from ....store.features import Features
from ....store.rows import misfits
from ....store.values import cast
from ..land.inputs import FIELDS
from ..land.surroundings import Box, Surroundings

# A drawn feature with more points than any real lot is a mistake, and must not hold up the answers to others.
MOST_POINTS = 100_000
_KEYS = {"layer", "uid", "values", "wkt"}


@dataclass(frozen=True)
class Drawn:
    """A feature of ``layer_id`` in its layer's system: one row, standing in for the saved one of its ``uid``."""

    layer_id: str
    feature: gpd.GeoDataFrame

    @property
    def uid(self) -> str:
        """Its identifier, made up where the editor had none."""
        return str(self.feature["uid"].iloc[0])


class DrawnInto(Surroundings):
    """The surroundings in a data set with ``drawn`` in place of what is saved under its uid."""

    def __init__(self, data: Path, drawn: Drawn, reader: nearby.Nearby | None = None) -> None:
        super().__init__(data, reader)
        self.drawn = drawn
        if self.systems.get(drawn.layer_id):
            self.there.add(drawn.layer_id)

    def features_at(self, layer_id: str, box: Box, reach: float = 0.0) -> Features:
        """As :meth:`Surroundings.features_at`; what is drawn is always among it."""
        return self._with(layer_id, super().features_at(layer_id, box, reach), lambda _row: True)

    def features_chained(self, layer_id: str, box: Box, start: float, link: float, farthest: float) -> Features:
        """As :meth:`Surroundings.features_chained`; what is drawn is always among it."""
        return self._with(layer_id, super().features_chained(layer_id, box, start, link, farthest), lambda _row: True)

    def features_referring(self, layer_id: str, field: str, values: Iterable[Any]) -> Features:
        """As :meth:`Surroundings.features_referring`."""
        wanted, at = set(values), ("uid", *FIELDS[layer_id]).index(field)
        found = super().features_referring(layer_id, field, wanted)
        return self._with(layer_id, found, lambda row: row[at] in wanted)

    def _with(self, layer_id: str, found: Features, meant: Callable[[tuple[Any, ...]], bool]) -> Features:
        if layer_id != self.drawn.layer_id:
            return found
        mine = Features.of(self.drawn.feature, FIELDS[layer_id], found.crs)
        return replace(mine, rows=[row for row in mine.rows if meant(row)]).joined(found.without(self.drawn.uid))


def around(data: Path, drawn: Drawn | None, reader: nearby.Nearby | None = None) -> Surroundings:
    """The surroundings in a data set, with what is drawn if anything is."""
    return Surroundings(data, reader) if drawn is None else DrawnInto(data, drawn, reader)


def as_drawn(data: Path, given: Any) -> Drawn:
    """``{"layer", "wkt", "values": {field: value}, "uid"}`` as a feature; ``values`` and ``uid`` may be left out.

    Fields that no rule looks at are passed over. Raises :class:`InputError` for another shape of it, an unknown layer,
    text that is no WKT, and geometry with more than :data:`MOST_POINTS` points.
    """
    if not isinstance(given, Mapping) or not set(given) <= _KEYS or not {"layer", "wkt"} <= set(given):
        raise InputError("zoning.drawn_wrong", reason="layer, wkt, values, uid")
    layer_id, values = str(given["layer"]), given.get("values") or {}
    with nearby.nearby(data) as near:
        there = near.layers
    if layer_id not in FIELDS or layer_id not in there:
        raise InputError("schema.layer_missing", path=str(data), layer=layer_id, known=list(FIELDS))
    uid = str(given.get("uid") or uuid4())
    if not dataset.UID.fullmatch(uid) or not isinstance(values, Mapping):
        raise InputError("zoning.drawn_wrong", reason="uid, values")
    try:
        shape = shapely.from_wkt(str(given["wkt"]))
    except shapely.errors.ShapelyError as error:
        raise InputError("zoning.drawn_wrong", reason=str(error)[:200]) from error
    if shapely.get_num_coordinates(shape) > MOST_POINTS:
        raise InputError("zoning.drawn_wrong", reason=f"> {MOST_POINTS}")
    layer = dataset.declared(data, layer_id)
    if misfits(np.array([shape], dtype=object), layer).any():
        raise InputError("zoning.drawn_wrong", reason=f"{layer_id}: {shape.geom_type}")
    frame = pd.DataFrame({"uid": [uid]} | {name: _read(layer, name, values) for name in FIELDS[layer_id]})
    return Drawn(layer_id, gpd.GeoDataFrame(frame, geometry=[shape], crs=there[layer_id][1] or None))


def _read(layer: Layer, name: str, values: Mapping[str, Any]) -> pd.Series:
    """The value of a field as a column of one, in its declared type. Raises :class:`InputError`."""
    told, wrong = cast(pd.Series([values.get(name)], dtype=object), layer.find(name))
    if wrong.any():
        raise InputError("zoning.drawn_wrong", reason=f"{name}: {str(values[name])[:80]}")
    return told

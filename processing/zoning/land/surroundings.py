"""What lies around a place in a large data set: only that is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....store import coordinates, nearby
from ....store.features import Features
from .boxes import Boxed, grown
from .inputs import FIELDS, STREET_REACH_M, UNDRAWN
from .streets import STREET_LAYERS

Box = Sequence[float] | np.ndarray  # west, south, east, north; not finite where there is no place


class Surroundings:
    """Reads the surroundings of a place given in the system of the parcels, over ``reader`` if one is given.

    ``features_…`` hand over what is read as it is, the others as frames.
    """

    def __init__(self, data: Path, reader: nearby.Nearby | None = None) -> None:
        self.data = data
        self._reader = reader
        with self._open() as file:
            self.systems = {layer_id: crs for layer_id, (_, crs) in file.layers.items()}
            undrawn = {layer_id for layer_id in UNDRAWN if layer_id in self.systems and file.is_empty(layer_id)}
        self.there = set(self.systems) - undrawn
        self.crs = self.systems.get("parcel") or next(iter(self.systems.values()), "")

    @contextmanager
    def _open(self) -> Iterator[nearby.Nearby]:
        if self._reader is not None:
            yield self._reader
            return
        with nearby.nearby(self.data) as file:
            yield file

    def features_at(self, layer_id: str, box: Box, reach: float = 0.0) -> Features:
        """The features of a layer whose boxes meet ``box`` or lie within ``reach`` of it; none for no place."""
        wider = np.asarray(box, dtype=float) + np.array([-reach, -reach, reach, reach])
        with self._open() as file:
            if not np.isfinite(wider).all():
                return file.features_referring(layer_id, FIELDS[layer_id], "uid", ())
            theirs = self.systems[layer_id]
            if theirs != self.crs:
                moved = coordinates.transform_geometries(np.array([shapely.box(*wider)]), self.crs, theirs)
                wider = shapely.bounds(moved)[0]
            return file.features_near(layer_id, FIELDS[layer_id], (wider[0], wider[1], wider[2], wider[3]))

    def features_chained(self, layer_id: str, box: Box, start: float, link: float, farthest: float) -> Features:
        """What lies within ``start`` of ``box``, and all that follows from one to the next within ``link`` of each
        other, as far as their boxes tell it, but not farther than ``farthest`` from ``box``.
        """
        with self._open() as file:
            near = None
            if self.systems[layer_id] == self.crs and np.isfinite(np.asarray(box, dtype=float)).all():
                west, south, east, north = grown(np.array([box], dtype=float), farthest)[0].tolist()
                near = file.boxes_near(layer_id, (west, south, east, north))
            if near is None:
                return self.features_at(layer_id, box, farthest)
            boxed = Boxed(near[1])
            chosen = boxed.chained(boxed.meeting(np.array([box], dtype=float), start), link)
            return file.features_of(layer_id, FIELDS[layer_id], near[0][chosen].tolist())

    def features_referring(self, layer_id: str, field: str, values: Iterable[Any]) -> Features:
        """The features whose ``field`` is among ``values``."""
        with self._open() as file:
            return file.features_referring(layer_id, FIELDS[layer_id], field, values)

    def features_of_streets(
        self, box: Box, reach: float = STREET_REACH_M, named: Iterable[str | None] = ()
    ) -> dict[str, Features]:
        """Streets around ``box``, and those ``named`` wherever they run, with all that belongs to them."""
        borders = [name for name in STREET_LAYERS[1:] if name in self.there]
        near = {name: self.features_at(name, box, reach) for name in borders}
        made: dict[str, Features] = {}
        named = [uid for uid in named if isinstance(uid, str)]
        named += [uid for found in near.values() for uid in found.column("street") if isinstance(uid, str)]
        if "street_centreline" in self.there:
            centre = self.features_at("street_centreline", box, reach)
            centre = centre.joined(self.features_referring("street_centreline", "uid", named))
            made["street_centreline"] = centre
            named += centre.column("uid")
        for name, found in near.items():
            made[name] = found.joined(self.features_referring(name, "street", named))
        return made

    def at(self, layer_id: str, place: gpd.GeoDataFrame, reach: float = 0.0) -> gpd.GeoDataFrame:
        """The features of a layer around ``place``; none for a place without geometry."""
        return self.features_at(layer_id, place.total_bounds, reach).frame()

    def referring(self, layer_id: str, field: str, values: Sequence[str]) -> gpd.GeoDataFrame:
        """The features whose ``field`` is among ``values``."""
        return self.features_referring(layer_id, field, values).frame()

    def one(self, layer_id: str, uid: str) -> gpd.GeoDataFrame:
        """The feature ``uid`` or an empty frame."""
        return self.referring(layer_id, "uid", [uid])

    def streets(self, place: gpd.GeoDataFrame, named: Iterable[str | None] = ()) -> dict[str, gpd.GeoDataFrame]:
        """Streets around ``place``, and those ``named``, with all that belongs to them."""
        found = self.features_of_streets(place.total_bounds, named=named)
        return {name: one.frame() for name, one in found.items()}


def together(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The features of both frames, each once."""
    if other.empty:
        return one
    if one.empty:
        return other
    return pd.concat([one, other], ignore_index=True).drop_duplicates("uid", ignore_index=True)

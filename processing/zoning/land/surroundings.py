"""What lies around a place in a large data set: only that is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....store import coordinates, nearby
from .inputs import FIELDS, STREET_REACH_M, UNDRAWN

# Layers whose features belong to a street and are looked for as far from a lot as a street is wide.
STREET_LAYERS = ("street_centreline", "street_boundary", "red_line")


class Surroundings:
    """Reads the surroundings of a place given in the system of the parcels, over ``reader`` if one is given."""

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

    def at(self, layer_id: str, place: gpd.GeoDataFrame, reach: float = 0.0) -> gpd.GeoDataFrame:
        """The features of a layer around ``place``; none for a place without geometry."""
        box = np.asarray(place.total_bounds) + np.array([-reach, -reach, reach, reach])
        with self._open() as file:
            if not np.isfinite(box).all():
                return file.referring(layer_id, FIELDS[layer_id], "uid", ())
            theirs = self.systems[layer_id]
            if theirs != self.crs:
                moved = coordinates.transform_geometries(np.array([shapely.box(*box)]), self.crs, theirs)
                box = shapely.bounds(moved)[0]
            return file.near(layer_id, FIELDS[layer_id], (box[0], box[1], box[2], box[3]))

    def referring(self, layer_id: str, field: str, values: Sequence[str]) -> gpd.GeoDataFrame:
        """The features whose ``field`` is among ``values``."""
        with self._open() as file:
            return file.referring(layer_id, FIELDS[layer_id], field, values)

    def one(self, layer_id: str, uid: str) -> gpd.GeoDataFrame:
        """The feature ``uid`` or an empty frame."""
        return self.referring(layer_id, "uid", [uid])

    def streets(self, place: gpd.GeoDataFrame, reach: float = STREET_REACH_M) -> dict[str, gpd.GeoDataFrame]:
        """Streets around ``place`` with all that belongs to them."""
        borders = [name for name in ("street_boundary", "red_line") if name in self.there]
        near = {name: self.at(name, place, reach) for name in borders}
        made: dict[str, gpd.GeoDataFrame] = {}
        named = [uid for frame in near.values() for uid in frame["street"].dropna()]
        if "street_centreline" in self.there:
            centre = self.at("street_centreline", place, reach)
            centre = together(centre, self.referring("street_centreline", "uid", named))
            made["street_centreline"] = centre
            named += list(centre["uid"])
        for name, frame in near.items():
            made[name] = together(frame, self.referring(name, "street", named))
        return made


def together(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The features of both frames, each once."""
    if other.empty:
        return one
    if one.empty:
        return other
    return pd.concat([one, other], ignore_index=True).drop_duplicates("uid", ignore_index=True)

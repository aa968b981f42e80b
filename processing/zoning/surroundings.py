"""What lies around a place in a large data set: only that is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...store import coordinates, dataset, nearby
from .inputs import FIELDS, STREET_REACH_M


class Surroundings:
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

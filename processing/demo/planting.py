"""The frames that faults are planted in, and the truth collected on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import MultiPolygon

from .shapes import Rng, polygons_of


@dataclass
class Planting:
    """The frames being changed and the truth collected so far. ``taken`` are lots that already carry a fault."""

    parcel: gpd.GeoDataFrame
    building: gpd.GeoDataFrame
    zone: gpd.GeoDataFrame
    street: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame
    lots: gpd.GeoDataFrame
    fronts: pd.DataFrame
    rng: Rng
    taken: set[int] = field(default_factory=set)
    truth: list[dict[str, str]] = field(default_factory=list)

    def note(self, kind: str, layer: str, row: int, *rules: str, outcome: str = "fail") -> None:
        """Write down that the feature at ``row`` of ``layer`` gives ``outcome`` for each of ``rules``."""
        feature = {"parcel": self.parcel, "building": self.building, "planned_zone": self.zone}[layer].iloc[row]
        self.truth += [
            {"kind": kind, "layer": layer, "uid": feature.uid, "code": feature.code, "rule": rule, "outcome": outcome}
            for rule in rules
        ]

    def pick(self, mask: np.ndarray, count: int) -> list[int]:
        """``count`` lots (positions) of ``mask`` that carry no fault yet; fewer where there are fewer."""
        free = [int(k) for k in np.flatnonzero(mask) if int(k) not in self.taken]
        chosen = sorted(int(k) for k in self.rng.choice(free, size=min(count, len(free)), replace=False))
        self.taken.update(chosen)
        return chosen


def reshape(work: Planting, row: int, footprint: shapely.Geometry, *, floors: int, height: float) -> None:
    """Give the building at ``row`` another footprint, and floors, height (m) and floor area to it."""
    shape = MultiPolygon(polygons_of(shapely.set_precision(footprint, 0.001)))
    work.building.loc[row, "geometry"] = shape
    work.building.loc[row, ["floors", "height_m", "floor_area_m2"]] = [
        floors,
        height,
        round(shape.area * floors * 0.95, 1),
    ]

"""Buildings, and buildings towards each street before their lots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import absent, nothing, numbers, pick
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..land.streets import STREET_LAYERS, beyond_red_line, frontages, fronts
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects, named


def fronting(scene: Scene) -> Subjects:
    """One subject per building and street that one of its lots fronts."""
    shapes, flaw = scene.shapes
    on_lots, lotless = scene.on_lots
    used = np.unique([lot for lots in on_lots for lot in lots]).astype(np.intp)
    only = nothing(len(scene.lots))
    only[used] = scene.lots[used]
    rows = fronts(shapes, on_lots, frontages(only, scene.known_streets), scene.known_streets)
    at = rows["building"].to_numpy()
    frame = pd.concat([named(scene.buildings).iloc[at].reset_index(drop=True), rows], axis=1)
    frame["flaw"] = pick(absent(flaw), lotless, flaw)[at]
    frame["height"] = numbers(scene.buildings, "height_m")[at]
    frame["use"] = scene.buildings["use"].to_numpy(dtype=object)[at]
    frame["street"] = frame.pop("label")
    frame = pd.concat([frame, scene.states_of_buildings(at)], axis=1)
    lines = frame.pop("line").to_numpy(dtype=object)

    def too_close(rows_at: Indices, limit: NDArray[np.float64]) -> Geometries:
        return shapely.intersection(shapes[at[rows_at]], shapely.buffer(lines[rows_at], limit))

    return Subjects("building", frame, scene.buildings.geometry.to_numpy()[at], too_close)


def standing_alone(scene: Scene) -> Subjects:
    """Buildings by themselves: what of each lies on the street's side of the red line."""
    shapes, flaw = scene.shapes
    drawn = any(name in scene.layers for name in STREET_LAYERS)
    area, beyond, names = beyond_red_line(shapes, scene.known_streets, drawn=drawn)
    frame = named(scene.buildings).assign(beyond=area, street=names, flaw=flaw)
    frame = pd.concat([frame, scene.states_of_buildings(np.arange(len(frame)))], axis=1)
    return Subjects("building", frame, scene.buildings.geometry.to_numpy(), lambda at, _limit: beyond[at])


# What tells the edges of lots: streets, and what planners corrected.
STREET_READS = {
    "street_centreline": ("code", "name", "road_class", "width_m"),
    "street_boundary": ("street",),
    "red_line": ("street",),
    "lot_edge": ("parcel", "kind", "street"),
}
_READS = {
    "parcel": PARCEL_FIELDS,
    "building": BUILDING_FIELDS,
    "planned_zone": ZONE_FIELDS,
    "street_centreline": ("code", "name", "road_class", "width_m"),
    "street_boundary": ("street",),
    "red_line": ("street",),
}
FRONTING = Kind(fronting, _READS, required=("parcel", "building"), reach_m=0.0)
STANDING_ALONE = Kind(standing_alone, _READS, required=("parcel", "building"), reach_m=0.0)

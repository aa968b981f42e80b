"""Buildings, and buildings towards each street before their lots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import absent, in_frame, numbers, pick, words
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..land.streets import STREET_LAYERS, beyond_red_line, fronts
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects, named


def fronting(scene: Scene) -> Subjects:
    """One subject per building and street that one of its lots fronts."""
    shapes, flaw = scene.shapes
    on_lots, lotless = scene.on_lots
    rows = fronts(shapes, on_lots, scene.frontages, scene.known_streets)
    at = rows["building"].to_numpy()
    lines = rows["line"].to_numpy(dtype=object)
    more = {
        "flaw": pick(absent(flaw), lotless, flaw)[at],
        "height": numbers(scene.buildings, "height_m")[at],
        "use": words(scene.buildings, "use")[at],
    }
    rows = rows.drop(columns=["line", "street"]).rename(columns={"label": "street"})
    told = named(scene.buildings).iloc[at].reset_index(drop=True)
    frame = pd.concat([told, rows, in_frame(more), scene.states_of_buildings(at)], axis=1)

    def too_close(rows_at: Indices, limit: NDArray[np.float64]) -> Geometries:
        return shapely.intersection(shapes[at[rows_at]], shapely.buffer(lines[rows_at], limit))

    return Subjects("building", frame, scene.buildings.geometry.to_numpy()[at], too_close)


def standing_alone(scene: Scene) -> Subjects:
    """Buildings by themselves: what of each lies on the street's side of the red line."""
    shapes, flaw = scene.shapes
    drawn = any(name in scene.layers for name in STREET_LAYERS)
    area, beyond, names = beyond_red_line(shapes, scene.known_streets, drawn=drawn)
    told = in_frame({"beyond": area, "street": names, "flaw": flaw})
    frame = pd.concat([named(scene.buildings), told, scene.states_of_buildings(np.arange(len(told)))], axis=1)
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

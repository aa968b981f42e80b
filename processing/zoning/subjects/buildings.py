"""Buildings, and buildings towards each street before their lots."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from ..columns import absent, numbers, pick, words
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..land.streets import STREET_LAYERS, beyond_red_line, fronts
from ..table import ColumnTable
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects


def fronting(scene: Scene) -> Subjects:
    """One subject per building and street that one of its lots fronts."""
    shapes, flaw = scene.shapes
    on_lots = scene.on_lots
    rows = fronts(shapes, on_lots, scene.frontages, scene.known_streets, scene.on_streets)
    at = rows["building"].to_numpy()
    lines = rows["line"].to_numpy(dtype=object)
    rows = rows.drop(columns=["line", "street"]).rename(columns={"label": "street"})
    table = scene.named_buildings.at(at).beside(ColumnTable.of(rows), scene.states_of_buildings(at))
    table["flaw"] = pick(absent(flaw), on_lots.flaw, flaw)[at]
    table["height"] = numbers(scene.buildings, "height_m")[at]
    table["use"] = words(scene.buildings, "use")[at]

    def too_close(rows_at: Indices, limit: NDArray[np.float64]) -> Geometries:
        return shapely.intersection(shapes[at[rows_at]], shapely.buffer(lines[rows_at], limit))

    return Subjects("building", table, scene.buildings.geometry.to_numpy()[at], too_close)


def standing_alone(scene: Scene) -> Subjects:
    """Buildings by themselves: what of each lies on the street's side of the red line."""
    shapes, flaw = scene.shapes
    drawn = any(name in scene.layers for name in STREET_LAYERS)
    area, beyond, names = beyond_red_line(shapes, scene.known_streets, scene.on_streets, drawn=drawn)
    table = scene.named_buildings.beside(scene.states_of_all)
    table["beyond"], table["street"], table["flaw"] = area, names, flaw
    return Subjects("building", table, scene.buildings.geometry.to_numpy(), lambda at, _limit: beyond[at])


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

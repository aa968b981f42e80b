"""Buildings by their height, with what the zone of their lot allows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..columns import absent, numbers, pick
from ..land.scene import Scene
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects, named


def of_buildings(scene: Scene) -> Subjects:
    """One subject per building; the zone is that of the lot which holds most of it. All of it breaches a limit."""
    shapes, flaw = scene.shapes
    frame = named(scene.buildings).assign(
        height=numbers(scene.buildings, "height_m"),
        floors=numbers(scene.buildings, "floors"),
        use=scene.buildings["use"].to_numpy(dtype=object),
        flaw=pick(absent(flaw), scene.on_lots[1], flaw),
    )
    frame = pd.concat([frame, scene.states_of_buildings(np.arange(len(frame)))], axis=1)
    return Subjects("building", frame, scene.buildings.geometry.to_numpy(), lambda at, _limit: shapes[at])


HEIGHTS = Kind(
    of_buildings,
    {"parcel": PARCEL_FIELDS, "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS},
    required=("parcel", "building"),
    reach_m=0.0,
)

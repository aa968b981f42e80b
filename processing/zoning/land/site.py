"""A lot or a building with all that lies around it, measured: what questions about one place are asked of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ....layers.errors import InputError
from ....store import dataset
from ..verdicts.drawn import Drawn, around
from .inputs import gather
from .lots import States
from .scene import Scene
from .surroundings import together


@dataclass(frozen=True)
class Site:
    """The measured surroundings, and in them the ``lots`` and ``buildings`` (positions) that were asked about.

    ``joined`` are all lots that the buildings stand on: what lies between them is inside.
    """

    scene: Scene
    lots: tuple[int, ...]
    buildings: tuple[int, ...]

    @property
    def joined(self) -> tuple[int, ...]:
        """Positions of the lots under the buildings asked about."""
        if not self.buildings:
            return ()
        on = self.scene.on_lots
        return tuple(dict.fromkeys(lot for building in self.buildings for lot in on[building]))


def site(data: Path, uid: str, states: States, drawn: Drawn | None = None) -> Site:
    """The site of the parcel or building ``uid``: a parcel with what stands on it, a building with its parcels.

    What is ``drawn`` stands there as if it were saved. Raises :class:`InputError` for an unknown ``uid``.
    """
    if not dataset.UID.fullmatch(uid):
        raise InputError("store.uid_wrong", uid=uid[:60])
    near = around(data, drawn)
    has_buildings = "building" in near.there
    asked = near.one("parcel", uid)
    is_lot = not asked.empty
    if not is_lot:
        asked = near.one("building", uid) if has_buildings else asked
        if asked.empty:
            raise InputError("zoning.uid_unknown", uid=uid)
    parcels = together(asked, near.at("parcel", asked)) if is_lot else near.at("parcel", asked)
    frames = {"parcel": parcels}
    if has_buildings:
        ground = parcels if len(parcels) else asked
        standing = near.at("building", asked)
        if is_lot:
            standing = together(standing, near.referring("building", "parcel", [uid]))
            # A building here may stand on further lots, whose streets count for it too.
            frames["parcel"] = together(parcels, near.at("parcel", standing)) if len(standing) else parcels
            ground = frames["parcel"]
        frames["building"] = standing if is_lot else together(asked, standing)
    else:
        ground = parcels
    frames |= {name: near.at(name, ground) for name in ("planned_zone", "building_line") if name in near.there}
    frames |= near.streets(ground, frames["building_line"]["street"] if "building_line" in frames else ())
    if "lot_edge" in near.there:
        frames["lot_edge"] = near.referring("lot_edge", "parcel", list(frames["parcel"]["uid"]))
    read = {name: (lambda wanted: frames[wanted]) for name in frames}
    scene = Scene(gather(set(frames), read, may_be_empty=True), None, states, 0.0)
    return _placed(scene, uid, is_lot)


def _placed(scene: Scene, uid: str, is_lot: bool) -> Site:
    if is_lot:
        lot = int(np.flatnonzero(scene.layers["parcel"]["uid"] == uid)[0])
        if "building" not in scene.layers:
            return Site(scene, (lot,), ())
        mine = scene.on_lots.building[scene.on_lots.lot == lot].tolist()
        broken = np.flatnonzero((scene.buildings["parcel"] == uid) & pd.isna(scene.shapes[0]))
        return Site(scene, (lot,), (*mine, *(int(at) for at in broken)))
    at = int(np.flatnonzero(scene.buildings["uid"] == uid)[0])
    return Site(scene, tuple(scene.on_lots[at]), (at,))

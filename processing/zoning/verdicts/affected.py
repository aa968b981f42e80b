"""Which verdicts may have become others since a map was last judged: those whose surroundings changed.

What is looked at around a feature is declared by the kinds (``subjects.model.Kind``); here it is asked the other way
round: around what changed, which features look at it. Too many are harmless, they are only judged again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ....store.fingerprints import Prints
from ..land.box_index import Boxes
from ..land.overlay import Indices
from ..land.spacing import ADJOINING_M, BACKS_REACH_M
from ..land.streets import STREET_LAYERS
from ..subjects import Kind
from .ground import NO_BOXES, Ground, Streets, boxes_of, spans

# A kind of which more than this share is affected is judged entirely.
ENTIRE_SHARE = 0.5
# Layers that are found by what they name, not by where they lie.
_BY_NAME = ("lot_edge",)


@dataclass(frozen=True)
class Affected:
    """Positions of the features of one layer that must be judged again, the uids of those that are gone or have another
    uid; ``entire``: all of them.
    """

    rows: Indices
    gone: frozenset[str]
    entire: bool = False

    @property
    def nothing(self) -> bool:
        """Whether no verdict can have changed."""
        return not self.entire and len(self.rows) == 0 and not self.gone


def looked_at(kind: Kind, own: str, ground: Ground) -> tuple[str, ...]:
    """The layers that ``kind`` looks at and that are there. Of one without fields only the system counts."""
    return tuple(name for name, fields in kind.reads.items() if name in ground.prints and (fields or name == own))


def has_streets(kind: Kind) -> bool:
    """Whether lots are judged towards their streets, so that all pieces of a street belong together."""
    return "street_boundary" in kind.reads


class Reached:
    """Finds what is affected. ``before`` are the prints of the former run."""

    def __init__(self, ground: Ground, before: Mapping[str, Prints]) -> None:
        self.ground = ground
        self._street_boxes = _changed_streets(ground, before)

    def affected(self, kind: Kind, own: str) -> Affected:
        """The features of layer ``own`` whose verdicts of ``kind`` may be others now."""
        ground = self.ground
        reads = looked_at(kind, own, ground)
        changed = {name for name in reads if ground.changed[name].count}
        gone = ground.changed[own].names["uid"]
        if not changed:
            return Affected(np.zeros(0, dtype=np.intp), frozenset())
        if kind.reach_m is None or changed & set(kind.whole):
            return Affected(np.arange(len(ground.prints[own].fid)), gone, entire=True)
        rows = self._rows(kind, own, reads)
        rows = self._own_reach(kind, own, rows)
        if len(rows) > ENTIRE_SHARE * len(ground.prints[own].fid):
            return Affected(np.arange(len(ground.prints[own].fid)), gone, entire=True)
        return Affected(rows, gone)

    def _rows(self, kind: Kind, own: str, reads: tuple[str, ...]) -> Indices:
        ground, others = self.ground, [name for name in reads if name != own and name not in _BY_NAME]
        rows = [ground.changed[own].rows]
        if own == "building" and "parcel" in reads:
            lots = self._lots(kind, [name for name in others if name != "parcel"], reads)
            rows.append(ground.meeting(own, ground.boxes("parcel", lots)))
        if own == "parcel":
            rows.append(self._lots(kind, others, reads))
        else:
            rows += [ground.meeting(own, self._places(kind, name), kind.reach_m or 0.0) for name in others]
        for name, (mine, theirs) in kind.refers.items():
            if name in reads:
                rows.append(ground.referring(own, mine, ground.changed[name].names.get(theirs, frozenset())))
        return np.unique(np.concatenate(rows))

    def _lots(self, kind: Kind, others: list[str], reads: tuple[str, ...]) -> Indices:
        """Lots that changed, or on whose ground something else did."""
        ground = self.ground
        rows = [ground.changed["parcel"].rows]
        rows += [ground.meeting("parcel", self._places(kind, name), kind.reach_m or 0.0) for name in others]
        if "building" in others:
            rows.append(ground.named("parcel", ground.changed["building"].names["parcel"]))
        if "lot_edge" in reads:
            rows.append(ground.named("parcel", ground.changed["lot_edge"].names["parcel"]))
        return np.unique(np.concatenate(rows))

    def _places(self, kind: Kind, layer_id: str) -> Boxes:
        """Where something changed in a layer; of streets all that belongs to them."""
        if layer_id in STREET_LAYERS and has_streets(kind):
            return np.concatenate([self._street_boxes, self.ground.changed[layer_id].boxes])
        return self.ground.changed[layer_id].boxes

    def _own_reach(self, kind: Kind, own: str, rows: Indices) -> Indices:
        """Also what looks at one of these ``rows`` as its neighbour."""
        ground = self.ground
        if not kind.own_reach_m:
            return rows
        places = np.concatenate([ground.boxes(own, rows), ground.changed[own].boxes])
        if kind.chained:
            near = ground.meeting(own, places, BACKS_REACH_M)
            return neighbours(ground, own, chains(ground, own, np.union1d(rows, near)), BACKS_REACH_M)
        return np.union1d(rows, ground.meeting(own, places, kind.own_reach_m))


def neighbours(ground: Ground, layer_id: str, rows: Indices, reach: float) -> Indices:
    """``rows`` and what lies within ``reach`` of them."""
    return np.union1d(rows, ground.meeting(layer_id, ground.boxes(layer_id, rows), reach))


def chains(ground: Ground, layer_id: str, rows: Indices) -> Indices:
    """``rows`` and all that stands in one row with them, as far as it goes."""
    return ground.boxed(layer_id).chained(rows, ADJOINING_M)


def _changed_streets(ground: Ground, before: Mapping[str, Prints]) -> Boxes:
    """The ground on which a street of which some piece changed can tell, or could tell, something about a lot."""
    there = [name for name in STREET_LAYERS if name in ground.prints]
    if not any(ground.changed[name].count for name in there):
        return NO_BOXES
    old = Streets({name: before[name] for name in there}, {name: ground.changed[name].before for name in there})
    new = Streets({name: ground.prints[name] for name in there}, {name: ground.changed[name].rows for name in there})
    keys = {*old.pieces["key"], *new.pieces["key"]}
    parts = [one for one in (old.pieces, ground.streets.of(keys)) if not one.empty]
    if not parts:
        return NO_BOXES
    pieces = pd.concat(parts, ignore_index=True)
    # Where land was or is missing, it was or is cut from the ground between red line and centreline.
    with_land = ground.streets.with_land - old.with_land - new.with_land
    landless = spans(pieces[~pieces["key"].isin(list(with_land))])
    boxes = np.concatenate([boxes_of(pieces), boxes_of(landless)])
    found: Boxes = boxes[np.isfinite(boxes).all(axis=1)]
    return found

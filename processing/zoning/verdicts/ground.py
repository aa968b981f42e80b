"""The features of a data set by box and by what they name, as their prints tell it: nothing is read for it.

A box is only where a feature may be: what is found here is never too little, and sometimes too much.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....store.fingerprints import Changes, Prints
from ..land.box_index import Boxes, BoxIndex
from ..land.boxes import TOUCH_M, Boxed, grown
from ..land.overlay import Indices
from ..land.streets import SAME_LINE_M, STREET_LAYERS, UNKNOWN_STREET_M

NO_BOXES: Boxes = np.zeros((0, 4))


class Ground:
    """The layers that are there, and what ``changed`` in each since they were last looked at."""

    def __init__(self, prints: Mapping[str, Prints], changed: Mapping[str, Changes]) -> None:
        self.prints = prints
        self.changed = changed
        self._boxed: dict[str, Boxed] = {}
        self._uids: dict[str, pd.Index] = {}

    def boxes(self, layer_id: str, rows: Indices) -> Boxes:
        """Boxes of some features; those without geometry are left out."""
        found = self.prints[layer_id].box[rows]
        return found[np.isfinite(found).all(axis=1)]

    def meeting(self, layer_id: str, boxes: Boxes, reach: float = 0.0) -> Indices:
        """The features whose boxes lie within ``reach`` of one of ``boxes``."""
        return self.boxed(layer_id).meeting(boxes, reach)

    def boxed(self, layer_id: str) -> Boxed:
        """The features of a layer by their boxes."""
        if layer_id not in self._boxed:
            self._boxed[layer_id] = Boxed(self.prints[layer_id].box)
        return self._boxed[layer_id]

    def referring(self, layer_id: str, field: str, values: Set[str]) -> Indices:
        """The features whose ``field`` is among ``values``."""
        names = self.prints[layer_id].names.get(field)
        if names is None or not values:
            return np.zeros(0, dtype=np.intp)
        return np.flatnonzero([name in values for name in names.tolist()]).astype(np.intp)

    def named(self, layer_id: str, uids: Collection[str]) -> Indices:
        """The features with these ``uids``; those that are not there are left out."""
        rows = self.place(layer_id, np.array(list(uids), dtype=object))
        return np.sort(rows[rows >= 0])

    def place(self, layer_id: str, uids: NDArray[np.object_]) -> Indices:
        """The position of each feature, -1 where it is not there."""
        if layer_id not in self._uids:
            self._uids[layer_id] = pd.Index(self.prints[layer_id].uid, dtype=object)
        return np.asarray(self._uids[layer_id].get_indexer(pd.Index(uids, dtype=object)), dtype=np.intp)

    @cached_property
    def streets(self) -> Streets:
        """All pieces of streets as they are now."""
        return Streets({name: self.prints[name] for name in STREET_LAYERS if name in self.prints})


class Streets:
    """Pieces of streets: centrelines, land, red lines, with the name of the street that each belongs to.

    ``box`` is the ground on which a piece can tell something about a lot: a street without red line may be as wide as
    it is said to be, and where it has no land of its own that is what lies between red line and centreline.
    """

    def __init__(self, prints: Mapping[str, Prints], rows: Mapping[str, Indices] | None = None) -> None:
        parts = []
        for layer_id, one in prints.items():
            at = np.arange(len(one.fid)) if rows is None else rows[layer_id]
            box = grown(one.box[at], SAME_LINE_M)
            named = one.names["street"][at] if "street" in one.names else one.uid[at]
            if layer_id == "street_centreline":
                half = np.nan_to_num(one.numbers["width_m"][at], nan=0.0) / 2.0
                box = grown(one.box[at], np.maximum(half, UNKNOWN_STREET_M) + SAME_LINE_M)
            key = np.where(named == "", one.uid[at], named)
            names = pd.Series(key, dtype=object)  # pandas would read each word to make it another kind of word
            parts.append(pd.DataFrame({"key": names, "layer": layer_id, "row": at}).assign(**_columns(box)))
        columns = ["key", "layer", "row", *_SIDES]
        self.pieces = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)

    def of(self, keys: Collection[str]) -> pd.DataFrame:
        """The pieces of some streets."""
        return self.pieces[self.pieces["key"].isin(list(keys))]

    def at(self, boxes: Boxes) -> frozenset[str]:
        """The streets that can tell something about what lies in ``boxes``."""
        parts = [one for one in (self.pieces, self._between) if not one.empty]
        if len(boxes) == 0 or not parts:
            return frozenset()
        places = pd.concat(parts, ignore_index=True).dropna(subset=list(_SIDES))
        near, _ = BoxIndex(grown(boxes, TOUCH_M)).meeting(boxes_of(places))
        return frozenset(places["key"].to_numpy()[np.unique(near)])

    @cached_property
    def _between(self) -> pd.DataFrame:
        """The whole span of each street without land of its own."""
        return spans(self.pieces[~self.pieces["key"].isin(list(self.with_land))])

    @cached_property
    def with_land(self) -> frozenset[str]:
        """The streets whose land is drawn."""
        return frozenset(self.pieces["key"][self.pieces["layer"] == _LAND])


_SIDES = ("west", "south", "east", "north")
_LAND = "street_boundary"


def _columns(box: Boxes) -> dict[str, NDArray[np.float64]]:
    return dict(zip(_SIDES, box.T, strict=True))


def boxes_of(pieces: pd.DataFrame) -> Boxes:
    """The boxes of pieces of streets (n, 4)."""
    return np.asarray(pieces[list(_SIDES)].to_numpy(dtype=float))


def spans(pieces: pd.DataFrame) -> pd.DataFrame:
    """One box around all pieces of each street."""
    ways: dict[str, str] = dict(zip(_SIDES, ("min", "min", "max", "max"), strict=True))
    return pieces.groupby("key", as_index=False).agg(ways)

"""Everything that must be known around many features, so that they are judged as on the whole map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..land.box_index import Boxes
from ..land.overlay import Indices
from ..land.spacing import BACKS_REACH_M
from ..land.streets import STREET_LAYERS
from ..subjects import Kind
from .affected import chains, has_streets, neighbours
from .ground import Ground


def vicinity(ground: Ground, own: str, kinds: Sequence[Kind], rows: Indices | None) -> dict[str, Indices | None]:
    """By layer the ``fid`` of what ``kinds`` look at for the features ``rows`` of layer ``own`` (None: all of both)."""
    reads = [name for name in ground.prints if any(name in kind.reads for kind in kinds)]
    if rows is None:  # of a layer without fields only the system counts
        return {
            name: None if name == own or any(kind.reads.get(name) for kind in kinds) else np.zeros(0, dtype=np.intp)
            for name in reads
        }
    entire = {name for kind in kinds for name in kind.whole if name in reads}
    found = _places(ground, own, kinds, rows, reads)
    return {name: None if name in entire else ground.prints[name].fid[found[name]] for name in reads}


def _places(ground: Ground, own: str, kinds: Sequence[Kind], rows: Indices, reads: Sequence[str]) -> dict[str, Indices]:
    none = np.zeros(0, dtype=np.intp)
    found = dict.fromkeys(reads, none) | {own: _with_neighbours(ground, own, kinds, rows)}
    looked = {name for name in reads if any(kind.reads.get(name) for kind in kinds)}
    here = ground.boxes(own, found[own])
    if own == "building" and "parcel" in looked:
        found["parcel"] = ground.meeting("parcel", here)
    if own == "parcel" and "building" in looked:
        on = ground.referring("building", "parcel", frozenset(ground.prints[own].uid[rows].tolist()))
        found["building"] = np.union1d(on, ground.meeting("building", here))
    on_it = [ground.boxes(name, found[name]) for name in ("parcel", "building") if name in reads and name != own]
    here = np.concatenate([here, *on_it])
    for name in looked - {own, "lot_edge"} - ({"parcel", "building"} if own in ("parcel", "building") else set()):
        reach = max(kind.reach_m or 0.0 for kind in kinds if name in kind.reads)
        found[name] = ground.meeting(name, here, reach)
    if "lot_edge" in looked and "parcel" in found:
        lots = frozenset(ground.prints["parcel"].uid[found["parcel"]].tolist())
        found["lot_edge"] = ground.referring("lot_edge", "parcel", lots)
    if any(has_streets(kind) for kind in kinds):
        _with_streets(ground, found, here)
    for kind in kinds:
        for name, (mine, theirs) in kind.refers.items():
            if name in found:
                values = frozenset(ground.prints[own].names[mine][found[own]].tolist()) - {""}
                found[name] = np.union1d(found[name], ground.referring(name, theirs, values))
    return found


def _with_neighbours(ground: Ground, own: str, kinds: Sequence[Kind], rows: Indices) -> Indices:
    """``rows`` and those of their own layer that they are judged towards."""
    reach = max(kind.own_reach_m for kind in kinds if not kind.chained) if any(not k.chained for k in kinds) else 0.0
    found = neighbours(ground, own, rows, reach) if reach else rows
    if any(kind.chained for kind in kinds):
        found = np.union1d(found, chains(ground, own, neighbours(ground, own, rows, BACKS_REACH_M)))
    return found


def _with_streets(ground: Ground, found: dict[str, Indices], here: Boxes) -> None:
    """Adds the streets along ``here``, and those that corrections and building lines name, with all their pieces."""
    keys = set(ground.streets.at(here))
    for name in ("lot_edge", "building_line"):
        if name in found:
            keys |= {key for key in ground.prints[name].names["street"][found[name]] if key}
    if not keys:  # any street will do: a map without streets is another thing than a place without them
        keys = set(ground.streets.pieces["key"].iloc[:1])
    pieces: pd.DataFrame = ground.streets.of(keys)
    for name in STREET_LAYERS:
        if name in found:
            mine = pieces["row"][pieces["layer"] == name].to_numpy(dtype=np.intp)
            found[name] = np.union1d(found[name], mine)

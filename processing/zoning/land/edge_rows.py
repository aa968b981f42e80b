"""The edges of lots as rows of the run layer ``typed_edge``, and the corrections that found no edge to correct."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..columns import Words, nothing, pick, words
from ..verdicts.findings import new_uids
from .lot_edges import KINDS
from .overlay import Indices
from .scene import Scene
from .streets import SAME_LINE_M


def edges(scene: Scene, lots: Indices) -> gpd.GeoDataFrame:
    """The edges of ``lots`` (positions), lot by lot, its street edges first, the longer before the shorter.

    ``street`` names a row of the layer of centrelines, so that a row can be copied to ``lot_edge``; a red line that
    belongs to none gives a street edge without street.
    """
    known, parcels = scene.known_streets.table, scene.layers["parcel"]
    found = scene.edges.continuous()
    found = found[np.isin(found["lot"], lots)].assign(length=lambda rows: shapely.length(rows["line"].to_numpy()))
    found["rank"] = found["kind"].map({kind: at for at, kind in enumerate(KINDS)})
    found = found.sort_values(["lot", "rank", "length"], ascending=[True, True, False], kind="stable")
    lot, street = (found[name].to_numpy(dtype=np.intp) for name in ("lot", "street"))
    centrelines = scene.layers.get("street_centreline")
    own = known["uid"].isin([] if centrelines is None else centrelines["uid"]).to_numpy(dtype=bool)
    named = pick(own, words(known, "uid"))
    rows = pd.DataFrame(
        {
            "uid": new_uids(len(found)),
            "parcel": words(parcels, "uid")[lot],
            "parcel_code": words(parcels, "code")[lot],
            "kind": found["kind"].to_numpy(),
            "street": _and_none(named)[street],
            "street_name": _and_none(words(known, "label"))[street],
            "length_m": found["length"].to_numpy(),
            "decided": found["corrected"].to_numpy(),
            "doubtful": scene.edges.doubtful[lot],
        }
    )
    lines = shapely.multilinestrings(found["line"].to_numpy(), indices=np.arange(len(found)))
    return gpd.GeoDataFrame(rows, geometry=np.asarray(lines, dtype=object), crs=parcels.crs)


def unused(scene: Scene, lots: Indices) -> list[str]:
    """The rows of ``lot_edge`` by uid that correct nothing: they lie on no outline of their lot, or say no known kind.

    Only those of ``lots`` (positions); where these are all lots, also those whose lot is not there.
    """
    rows = scene.layers.get("lot_edge")
    if rows is None or rows.empty:
        return []
    corrected = np.flatnonzero(scene.edges.corrected)
    decided = scene.edges.united(corrected, scene.edges.lot[corrected], len(scene.ground))
    lot = pd.Index(scene.parcels["uid"]).get_indexer(pd.Index(words(rows, "parcel")))
    near = shapely.dwithin(_and_none(decided)[lot], shapely.force_2d(rows.geometry.to_numpy()), SAME_LINE_M)
    used = near & rows["kind"].isin(KINDS).to_numpy(dtype=bool)
    asked = np.isin(lot, lots) if len(np.unique(lots)) < len(scene.ground) else np.ones(len(rows), dtype=bool)
    return [str(uid) for uid in rows["uid"][asked & ~used]]


def _and_none(values: Words) -> Words:
    """``values`` and None after them: what position -1 finds."""
    return np.concatenate([values, nothing(1)])

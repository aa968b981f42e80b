"""Many lots at once: the whole map is read and checked once, and each lot finds its surroundings in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ....layers.errors import InputError
from ....layers.report import Report
from ....store import dataset
from ..land import inputs
from ..verdicts.check import check, layers_needed
from ..verdicts.explain import Judging
from .lot_case import AROUND, REACH_M, RECORD, LotCase, Verdict, made_case, verdict

# From so many lots on, one check of everything takes less time than reading around each of them.
MANY = 15


class ManyLots:
    """A :class:`~.lot_case.Source` over a whole data set, for the lots ``uids``."""

    def __init__(self, data: Path, uids: Sequence[str], judging: Judging, report: Report) -> None:
        needed = layers_needed(judging.rules) | (set(AROUND) & set(dataset.layers_in(data)))
        layers = inputs.whole(data, needed, {}, report)
        self._layers = {name: layers[name] for name in AROUND if name in layers}
        self.crs = dataset.crs_of(data, "parcel")
        self._lots = dataset.read(data, "parcel", RECORD, uids=uids).set_index("uid", drop=False)
        # The whole map is measured, but only what stands on a sheet is written down.
        found = check(
            layers,
            judging.rules,
            judging.on,
            matrix=judging.matrix,
            states=judging.states,
            about=self._told(),
            brief=True,
            report=report,
        )
        self._rows = found.reset_index(drop=True)

    def _told(self) -> set[str]:
        """The lots asked about, and the buildings that may stand on them."""
        told = set(self._lots.index)
        if "building" in self._layers:
            grounds = shapely.box(*shapely.bounds(self._lots.geometry.to_numpy()).T)
            at = self._trees["building"].query(grounds)[1]
            told |= set(self._layers["building"]["uid"].to_numpy(dtype=object)[np.unique(at)])
        return told

    @cached_property
    def _trees(self) -> dict[str, shapely.STRtree]:
        return {name: shapely.STRtree(frame.geometry.to_numpy()) for name, frame in self._layers.items()}

    @cached_property
    def _by_feature(self) -> dict[str, np.ndarray]:
        return {str(uid): at for uid, at in self._rows.groupby("feature_uid").indices.items()}

    def place(self, uid: str) -> LotCase:
        """The lot ``uid`` and what is around it, not judged. Raises :class:`InputError` where there is none."""
        if uid not in self._lots.index:
            raise InputError("zoning.uid_unknown", uid=uid)
        lot = self._lots.loc[uid]
        return made_case(
            lot, {name: self._within(name, shapely.bounds(lot["geometry"])) for name in self._layers}, self.crs
        )

    def _within(self, layer_id: str, bounds: Any) -> gpd.GeoDataFrame:
        box = np.asarray(bounds) + np.array([-REACH_M, -REACH_M, REACH_M, REACH_M])
        if not np.isfinite(box).all():
            return self._layers[layer_id].iloc[:0]
        return self._layers[layer_id].iloc[np.sort(self._trees[layer_id].query(shapely.box(*box)))]

    def verdicts(self, case: LotCase) -> tuple[Verdict, ...]:
        """The verdicts on the lot, then those on each building on it."""
        rows = [at for uid in (case.record["uid"], *case.buildings) for at in self._by_feature.get(uid, ())]
        return tuple(verdict(row) for row in self._rows.iloc[rows].to_dict("records"))

    def general(self) -> tuple[Verdict, ...]:
        """What could not be judged for any feature, because the data set lacks a layer."""
        return tuple(verdict(row) for row in self._rows[self._rows["feature_uid"].isna()].to_dict("records"))

    def streets(self, lots: Sequence[Any]) -> gpd.GeoDataFrame | None:
        """The streets among ``lots``; None where there is no such layer."""
        if "street_centreline" not in self._layers:
            return None
        return self._within("street_centreline", shapely.total_bounds(np.asarray(lots, dtype=object)))

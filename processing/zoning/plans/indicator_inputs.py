"""Reading what the indicators look at: the data set's layers, or as a scenario would have them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from ....layers import crs
from ....layers.errors import InputError
from ....store import coordinates, dataset, nearby, scenarios
from ....store.scenarios import Scenario
from .indicators import READS


def measured(data: Path, scenario: Scenario | None = None) -> dict[str, gpd.GeoDataFrame]:
    """The layers of ``READS`` that there are, in one projected system. Raises :class:`InputError` for degrees."""
    there = dataset.layers_in(data)
    made: dict[str, gpd.GeoDataFrame] = {}
    target = ""
    for layer_id, fields in READS.items():
        frame = nearby.read_columns(data, layer_id, fields) if layer_id in there else None
        if scenario is not None:
            frame = scenarios.merged(scenario, layer_id, frame)
        if frame is None:
            continue
        code = coordinates.code_of(frame.crs)
        if code in (crs.WGS84, crs.VN2000_GEOGRAPHIC):
            raise InputError("zoning.needs_metres", layer=layer_id, crs=code)
        target = target or code
        made[layer_id] = coordinates.to(frame.reset_index(drop=True), target)
    return made

"""Making a data set for a province."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...layers import catalogue, crs
from ...layers.errors import InputError
from ...layers.profiles import profile
from ...layers.report import Report
from ...store import dataset


def new(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """An empty data set in the province's system; an existing file is never touched."""
    province = profile(parameters["province"])
    system = parameters["crs"] or province.crs
    if system not in crs.GRIDS or not crs.is_vn2000(system):
        raise InputError("crs.unknown", crs=system)
    path = Path(parameters["data"])
    own = dataset.own_catalogue(path)
    layers = parameters["layers"] or [name for name in catalogue.ids(own) if catalogue.layer(name, own).in_data_set]
    dataset.create(path, layers, system, profile=province.id)
    return {"data": str(path), "layers": list(layers), "crs": system}

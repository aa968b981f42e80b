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

# Tables of a run live in the run's own file, not among the planner's data.
_OF_RUNS = ("run", "finding", "alert")


def new(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """An empty data set in the province's system; an existing file is never touched."""
    province = profile(parameters["province"])
    system = parameters["crs"] or province.crs
    if system not in crs.GRIDS or not crs.is_vn2000(system):
        raise InputError("crs.unknown", crs=system)
    path = Path(parameters["data"])
    known = catalogue.ids(dataset.own_catalogue(path))
    layers = parameters["layers"] or [name for name in known if name not in _OF_RUNS]
    dataset.create(path, layers, system, profile=province.id)
    return {"data": str(path), "layers": list(layers), "crs": system}

"""Watches: begun, listed, ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from ...layers.errors import InputError
from ...layers.report import Report
from ...processing.surveillance.cases.watching import matches
from ...store import coordinates, dataset, scenarios, sources, watches
from ...store.layer_source import LayerSource
from ...store.troubles import told


def add(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Begin a watch; the polygons of ``area`` are kept with it, whatever becomes of their file."""
    area, crs = _area(parameters["area"]) if parameters["area"] else (None, "")
    months = parameters["months"] or []
    wrong = [word for word in months if not word.isdigit()]
    if wrong:
        raise InputError("case.watch_month", month=wrong[0])
    made = watches.add(
        Path(parameters["data"]),
        parameters["name"],
        area=area,
        crs=crs,
        classes=parameters["classes"] or (),
        min_area_m2=parameters["min_area"],
        relations=parameters["relations"] or (),
        months=[int(word) for word in months],
        receivers=parameters["receivers"] or (),
        note=parameters["note"] or "",
        author=scenarios.author(),
    )
    return {"watch": made.told()}


def list_(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The watches of a data set."""
    found = watches.watches(Path(parameters["data"]), ended=bool(parameters["ended"]))
    return {"watches": [one.told() for one in found]}


def remove(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """End a watch; it stays to be seen."""
    return {"watch": watches.end(Path(parameters["data"]), parameters["name"]).told()}


def match(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The alerts of a run (their uids) that a watch takes."""
    run = Path(parameters["run"])
    if "alert" not in dataset.layers_in(run):
        raise InputError("case.run_without_alerts", run=run.name)
    rows = dataset.read(run, "alert")
    taken = rows[matches(rows, watches.find(Path(parameters["data"]), parameters["name"]))]
    return {"alerts": taken["uid"].tolist(), "count": len(taken)}


def _area(value: str | Mapping[str, Any]) -> tuple[Any, str]:
    """All polygons of a layer as one, with their system. Raises :class:`InputError` where there are none."""
    source = LayerSource.of(value)
    path = sources.local_file(source.path)
    with told(path, writing=False):
        frame = pyogrio.read_dataframe(
            path, layer=sources.layer_name(path, source.layer), where=source.subset or None, on_invalid="ignore"
        )
    if source.uids is not None:
        frame = frame[frame["uid"].isin(source.uids)]
    polygons = frame.geometry[frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]) & frame.geometry.is_valid]
    if polygons.empty:
        raise InputError("change.area_empty", path=str(path))
    return shapely.union_all(polygons.to_numpy()), coordinates.code_of(frame.crs)

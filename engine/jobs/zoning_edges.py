"""The edges of lots by kind, written as a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from ...layers.errors import InputError, UsageError
from ...layers.report import Report
from ...processing.zoning.columns import absent
from ...processing.zoning.land import edge_rows, inputs
from ...processing.zoning.land.lot_edges import KINDS
from ...processing.zoning.land.lots import States
from ...processing.zoning.land.overlay import Indices
from ...processing.zoning.land.scene import Scene
from ...processing.zoning.land.site import site
from ...store import dataset, runs

LAYERS = {"parcel", "street_centreline", "street_boundary", "red_line", "lot_edge"}
# Edges are the same on every day and in every state of the plan.
_NO_STATES = States(None, None)


def lot_edges(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The edges of the lots asked about by kind; what planners decided in the layer ``lot_edge`` goes before."""
    data = Path(parameters["data"])
    if parameters["uid"] and parameters["parcels"]:
        raise UsageError("zoning.edges.one_of_two")
    report.progress(0.0, "zoning.step_read")
    simulated = bool(dataset.meta(data).get("simulated"))
    scene, lots = _of_one(data, parameters["uid"]) if parameters["uid"] else _of_many(data, parameters, report)
    report.progress(0.4, "zoning.edges.step")
    rows = edge_rows.edges(scene, lots)
    counts = _counts(rows, lots)
    broken = [str(uid) for uid in scene.layers["parcel"]["uid"].iloc[lots[~absent(scene.lot_flaw[lots])]]]
    unused = edge_rows.unused(scene, lots)
    report.progress(0.8, "zoning.edges.step_write")
    given = {name: value for name, value in parameters.items() if value is not None}
    with runs.new_run(data, "zoning.lot_edges", given, {"data": data.name}, simulated=simulated) as run:
        run.write("typed_edge", rows)
        run.finish(counts)
    _tell(scene, counts, broken, unused, report)
    if simulated:
        report.message("zoning.simulated")
    report.progress(1.0)
    return {
        "run": str(run.path),
        "edges": f"{run.path}|layername=typed_edge",
        "counts": counts,
        "not_measured": broken,
        "unused_corrections": unused,
        "simulated": simulated,
    }


def _of_one(data: Path, uid: str) -> tuple[Scene, Indices]:
    """The surroundings of a parcel, or of a building, and the lots asked about."""
    place = site(data, uid, _NO_STATES)
    if not place.lots:
        raise InputError("zoning.edges.off_lots", uid=uid)
    return place.scene, np.array(place.lots, dtype=np.intp)


def _of_many(data: Path, parameters: Mapping[str, Any], report: Report) -> tuple[Scene, Indices]:
    """The whole map, and all lots or those that were chosen."""
    layers = inputs.whole(data, LAYERS, {"parcel": parameters["parcels"]}, report)
    if "parcel" not in layers:
        raise InputError("schema.layer_missing", path=str(data), layer="parcel", known=list(dataset.layers_in(data)))
    scene = Scene(layers, None, _NO_STATES, 0.0, report)
    asked = inputs.asked_about(layers, parameters["parcels"], None)
    if asked is None:
        return scene, np.arange(len(layers["parcel"]))
    unknown = sorted(asked["parcel"] - set(layers["parcel"]["uid"]))
    if unknown:
        raise InputError("zoning.uid_unknown", uid=unknown[0])
    return scene, np.flatnonzero(layers["parcel"]["uid"].isin(asked["parcel"]))


def _counts(rows: gpd.GeoDataFrame, lots: Indices) -> dict[str, Any]:
    """Lots asked about, those on no street and those in doubt; edges, those decided, and the metres of each kind."""
    metres = rows.groupby("kind")["length_m"].sum()
    return {
        "lots": len(lots),
        "on_no_street": int(rows["parcel"].nunique() - rows["parcel"][rows["kind"] == "street"].nunique()),
        "doubtful": int(rows["parcel"][rows["doubtful"]].nunique()),
        "edges": len(rows),
        "decided": int(rows["decided"].sum()),
        "length_m": {kind: round(float(metres.get(kind, 0.0)), 2) for kind in KINDS},
    }


def _tell(scene: Scene, counts: Mapping[str, Any], broken: list[str], unused: list[str], report: Report) -> None:
    if len(scene.known_streets.table) == 0:
        report.message("zoning.edges.no_streets", level="warning")
    elif counts["on_no_street"]:
        report.message("zoning.edges.on_no_street", count=counts["on_no_street"])
    if counts["doubtful"]:
        report.message("zoning.edges.doubtful", level="warning", count=counts["doubtful"])
    for uid in broken:
        report.message("zoning.edges.unsound", level="warning", uid=uid)
    for uid in unused:
        report.message("zoning.edges.unused", level="warning", uid=uid)

"""All that is needed to repeat a run: its parameters, the scenes with their checksums, the licences as they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from ....layers import catalogue
from ....layers.errors import DothiError, InputError
from ....layers.report import SILENT, Report
from ....store import coordinates, dataset, runs, scene_library
from ....store.layer_source import read_layer
from ..scenes.checksum import product_checksum
from ..scenes.opening import local_path
from ..scenes.reading import open_scene

# Parameters of the jobs that name one scene each.
_SCENES = ("before", "after")
# What of a licence decides nothing.
_BESIDE = ("source", "remark")


def recorded(data: Path, run: Path, report: Report = SILENT) -> dict[str, Any]:
    """The row of ``case_run`` for the run ``run``, its ``uid`` among it; reads every scene once for its checksum."""
    row = runs.row(run)
    parameters: Mapping[str, Any] = row["parameters"]
    given = [str(parameters[name]) for name in _SCENES if parameters.get(name)]
    given += [str(one) for one in parameters.get("scenes") or () if isinstance(one, str)]
    given += _seen_before(run, row["inputs"])
    return {
        "uid": row["uid"],
        "job": row["job"],
        "name": run.name,
        "engine": row["engine"],
        "started_at": pd.Timestamp(row["started_at"]).to_pydatetime(),
        "parameters": dict(parameters),
        "scenes": [scene_record(one, data, row["inputs"], report) for one in dict.fromkeys(given)],
        "licences": licence_record(data, parameters.get("concessions")),
        "found": row["counts"],
        "simulated": bool(row["simulated"]),
    }


def _seen_before(run: Path, inputs: Mapping[str, Any]) -> list[str]:
    """Of a run over many dates the scenes that its alerts were compared with: that of each earlier day, else the last
    one before it.
    """
    dates = [(str(on), str(given)) for on, given, *_ in (inputs.get("series") or {}).get("dates", ())]
    days = pd.to_datetime(dataset.read(run, "alert", columns=["date_before"])["date_before"]).dropna().unique()
    found = []
    for day in sorted(days):
        earlier = [given for on, given in sorted(dates) if on <= f"{pd.Timestamp(day):%Y-%m-%d}"]
        found += earlier[-1:]
    return list(dict.fromkeys(found))


def scene_record(given: str, data: Path, inputs: Mapping[str, Any], report: Report = SILENT) -> dict[str, Any]:
    """Where a scene lies, what it is called, its day and its SHA-256; with the reason where it cannot be read.

    ``unchanged`` says whether it still has the size and time that the run noted (None: it noted none).
    """
    noted = next(
        (one for one in inputs.values() if isinstance(one, Mapping) and one.get("name") == Path(given).name), {}
    )
    try:
        path = local_path(given).resolve()
        scene = open_scene(given)
        state = path.stat()
        sum_ = product_checksum(path, report)
    except DothiError as error:
        return {"given": given, "path": given, "name": Path(given).name, "missing": error.code}
    return {
        "given": given,
        "path": str(path),
        "beside": _relative(path, data),
        "name": path.name,
        "product": scene.product or path.stem,
        "sensor": scene.sensor,
        "date": scene.acquired_on.isoformat() if scene.acquired_on else None,
        "baseline": scene.baseline,
        "simulated": scene.simulated,
        "bytes": state.st_size,
        "sha256": sum_,
        "unchanged": noted["bytes"] == state.st_size if "bytes" in noted else None,
    }


def _relative(path: Path, data: Path) -> str | None:
    """``path`` as seen from the folder of the data set, so that both may be moved together."""
    try:
        return path.relative_to(data.resolve().parent).as_posix()
    except ValueError:
        return None


def located(record: Mapping[str, Any], data: Path) -> Path | None:
    """Where the recorded scene lies now: where it was, beside the data set if both were moved, or where the library
    has it; None: nowhere.
    """
    there = [Path(record["path"])] if record.get("path") else []
    if record.get("beside"):
        there.append(data.resolve().parent / record["beside"])
    found = next((path for path in there if path.exists()), None)
    if found is not None or "|scene=" not in str(record.get("given")):
        return found
    try:
        return local_path(scene_library.called(data, record["given"]))
    except DothiError:
        return None


def licences_of(data: Path, given: Any, crs: str) -> gpd.GeoDataFrame | None:
    """The licences of the data set (or of ``given``) with a usable boundary, in ``crs``; None where none are known."""
    if given:
        frame = read_layer(given, data, "concession")
    elif "concession" in dataset.layers_in(data):
        frame = dataset.read(data, "concession")
    else:
        return None
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty & frame.geometry.is_valid]
    return None if frame.empty else coordinates.to(frame.reset_index(drop=True), crs)


def licence_record(data: Path, given: Any) -> dict[str, Any]:
    """Every licence with its validity and boundary (WKT to the millimetre), in its own system."""
    try:
        frame = read_layer(given, data, "concession") if given else None
        if frame is None:
            frame = dataset.read(data, "concession") if "concession" in dataset.layers_in(data) else None
    except InputError as error:
        return {"missing": error.code}
    if frame is None or frame.empty:
        return {"crs": None, "rows": []}
    names = [field.id for field in catalogue.layer("concession").fields if field.id not in _BESIDE]
    rows = []
    for row, shape in zip(frame.to_dict("records"), frame.geometry, strict=True):
        told = {name: _plain(row.get(name)) for name in names}
        told["wkt"] = None if shape is None else shapely.to_wkt(shapely.normalize(shape), rounding_precision=3)
        rows.append(told)
    return {"crs": coordinates.code_of(frame.crs), "rows": sorted(rows, key=lambda one: str(one["uid"]))}


def _plain(value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value

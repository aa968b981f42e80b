"""Plans against the ground: what planned streets take, and planned against existing land use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ...layers.errors import InputError, UsageError
from ...layers.messages import sentence
from ...layers.report import Report
from ...processing.zoning.columns import numbers, words
from ...processing.zoning.land import inputs
from ...processing.zoning.plans.impact import Minimum, land_of_lines
from ...processing.zoning.plans.impact import impact as of_streets
from ...processing.zoning.plans.land_statistics import land_statistics
from ...processing.zoning.plans.plan_tables import affected_sheets, statistics_sheets
from ...store import coordinates, dataset, layer_source, nearby, runs
from ...store.sheets import write_sheets
from ...store.whole import refuse_existing

# Personal fields are not read at all, so they cannot be written.
_PARCEL = ("code", "sheet_no", "parcel_no", "ward_code", "land_use")
_BUILDING = ("code", "use", "floors")


def impact(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The lots and buildings that planned street land takes; writes a run with both lists."""
    data = Path(parameters["data"])
    report.progress(0.0, "zoning.step_read")
    table = _table(parameters)
    crs = dataset.crs_of(data, "parcel")
    land = _street_land(data, parameters)
    parcels = nearby.read_columns(data, "parcel", _PARCEL)
    there = dataset.layers_in(data)
    buildings = nearby.read_columns(data, "building", _BUILDING) if "building" in there else None
    if buildings is not None:
        buildings = coordinates.to(buildings, crs)
    least = Minimum(parameters["least_area"], parameters["least_width"])
    report.progress(0.3, "zoning.step_overlay")
    found = of_streets(parcels, buildings, coordinates.to(land, crs), least)
    for uid in found.unsound:
        report.message("plan.unsound", level="warning", uid=uid)
    if least.area_m2 is None or least.width_m is None:
        report.message("plan.minimum_unknown")
    counts = {
        "lots": len(found.lots),
        "cut_m2": round(float(found.lots["cut_m2"].sum()), 2),
        "buildings": len(found.buildings),
        "remainder": {str(name): int(n) for name, n in found.lots["remainder"].value_counts().items()},
    }
    report.progress(0.8, "zoning.step_write")
    simulated = bool(dataset.meta(data).get("simulated"))
    with runs.new_run(data, "plan.impact", _given(parameters), {"data": data.name}, simulated=simulated) as run:
        run.write("affected_lot", found.lots)
        run.write("affected_building", found.buildings)
        run.finish(counts)
    if table is not None:
        facts = {"data": data.name, "least_area": least.area_m2, "least_width": least.width_m, **counts}
        facts.pop("remainder")
        language = parameters["language"]
        sheets = affected_sheets(found, facts | _simulated(simulated, language), language)
        write_sheets(table, sheets, replace=parameters["replace"])
    if simulated:
        report.message("zoning.simulated")
    return {
        "run": str(run.path),
        "lots": f"{run.path}|layername=affected_lot",
        "buildings": f"{run.path}|layername=affected_building",
        "counts": counts,
        "table": str(table) if table else None,
        "simulated": simulated,
    }


def _table(parameters: Mapping[str, Any]) -> Path | None:
    """The table asked for. Raises ``store.exists`` before anything is computed, where a file may not be replaced."""
    if not parameters["table"]:
        return None
    path = Path(parameters["table"])
    if not (parameters["replace"] and path.is_file()):
        refuse_existing(path)
    return path


def _simulated(simulated: bool, language: str) -> dict[str, Any]:
    return {"simulated": sentence("zoning.simulated", language) if simulated else None}


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _street_land(data: Path, parameters: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Polygons with ``uid`` and ``label``: those given, centrelines widened, else the street land of the data set."""
    if parameters["street_land"] and parameters["centrelines"]:
        raise UsageError("plan.one_of_two")
    if parameters["centrelines"]:
        lines = layer_source.read_layer(parameters["centrelines"], data, "street_centreline", required=True)
        width = numbers(lines, "width_m")
        if parameters["width"] is not None:
            width = np.full(len(lines), parameters["width"])
        if np.isnan(width).any():
            raise InputError("plan.width_missing", uids=list(words(lines, "uid")[np.isnan(width)][:5]))
        _require_metres(lines, "street_centreline")
        return land_of_lines(lines, width).assign(label=_labels(lines))
    land = layer_source.read_layer(parameters["street_land"], data, "street_boundary", required=True)
    _require_metres(land, "street_boundary")
    if "street_centreline" in dataset.layers_in(data):
        centre = nearby.read_columns(data, "street_centreline", ("code", "name"))
        named = dict(zip(centre["uid"], _labels(centre), strict=True))
        return land.assign(label=[named.get(uid) for uid in words(land, "street")])
    return land.assign(label=None)


def _labels(lines: pd.DataFrame) -> np.ndarray:
    name, code = words(lines, "name"), words(lines, "code")
    return np.where(pd.isna(name), code, name)


def _require_metres(frame: gpd.GeoDataFrame, layer_id: str) -> None:
    if frame.crs is None or frame.crs.is_geographic:
        raise InputError("zoning.needs_metres", layer=layer_id, crs=coordinates.code_of(frame.crs))


def statistics(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Planned against existing land use by ward, land code and year; writes a run with the table and the changes."""
    data = Path(parameters["data"])
    on = inputs.judged_on(data, parameters["date"])
    report.progress(0.0, "zoning.step_read")
    table = _table(parameters)
    existing = dataset.read(data, "existing_land_use")
    year = _year(existing, parameters["year"])
    existing = existing[existing["year"] == year].reset_index(drop=True)
    _require_metres(existing, "existing_land_use")
    crs = coordinates.code_of(existing.crs)
    planned = coordinates.to(dataset.read(data, "planned_zone"), crs)
    units = coordinates.to(dataset.read(data, "admin_unit"), crs)
    wards = units[(units["level"] == "commune") & _in_force(units, on)].reset_index(drop=True)
    if wards.empty:
        raise InputError("plan.no_wards", date=on)
    report.progress(0.3, "zoning.step_overlay")
    found = land_statistics(wards, existing, planned, year)
    counts = {
        "wards": len(wards),
        "rows": len(found.table),
        "existing_m2": round(float(found.table["existing_m2"].sum()), 1),
        "planned_m2": round(float(found.table["planned_m2"].sum()), 1),
        "changed_m2": round(float(found.changes["area_m2"].sum()), 1),
    }
    simulated = bool(dataset.meta(data).get("simulated"))
    report.progress(0.8, "zoning.step_write")
    with runs.new_run(
        data, "plan.statistics", _given(parameters), {"data": data.name}, simulated=simulated, judged_on=on
    ) as run:
        run.write("land_statistic", found.table)
        run.write("land_change", found.changes)
        run.finish(counts)
    if table is not None:
        language = parameters["language"]
        facts = {"data": data.name, "year": year, "wards_on": sentence("zoning.table.a_day", language, day=on)}
        sheets = statistics_sheets(found, facts | _simulated(simulated, language), language)
        write_sheets(table, sheets, replace=parameters["replace"])
    if simulated:
        report.message("zoning.simulated")
    return {
        "run": str(run.path),
        "statistics": f"{run.path}|layername=land_statistic",
        "changes": f"{run.path}|layername=land_change",
        "cover": [
            {k: round(v, 1) if isinstance(v, float) else v for k, v in row.items()}
            for row in found.cover.to_dict("records")
        ],
        "counts": counts,
        "table": str(table) if table else None,
        "year": year,
        "simulated": simulated,
    }


def _year(existing: pd.DataFrame, asked: int | None) -> int:
    """The year of the inventory: the one asked for, else the newest that the data set has."""
    years = sorted({int(year) for year in existing["year"].dropna()})
    if not years or (asked is not None and asked not in years):
        raise InputError("plan.year_unknown", year=asked if asked is not None else "–", known=years)
    return asked if asked is not None else years[-1]


def _in_force(units: pd.DataFrame, on: Any) -> pd.Series:
    """Units that exist on the day; one without dates always does."""
    day = pd.Timestamp(on)
    first, last = pd.to_datetime(units["valid_from"]), pd.to_datetime(units["valid_to"])
    return (first.isna() | (first <= day)) & (last.isna() | (last >= day))

"""Terrain: two elevation models compared, one held against licensed levels, the balance of mines from all surveys."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from ...layers import crs as pinned
from ...layers.errors import InputError, UsageError
from ...layers.report import Report, Stage
from ...processing.documents import html, pdf
from ...processing.documents.blocks import Frame
from ...processing.surveillance.cases import law
from ...processing.surveillance.cases.licences import in_force
from ...processing.surveillance.scenes.grid import Grid
from ...processing.surveillance.scenes.opening import processors, raster_session
from ...processing.surveillance.terrain import balance_sheet
from ...processing.surveillance.terrain.balance import Interval
from ...processing.surveillance.terrain.balance import balance as chained
from ...processing.surveillance.terrain.depth import Licence, Survey, breaches, check_datums, provable
from ...processing.surveillance.terrain.difference import EVERYTHING, Compared, Settings
from ...processing.surveillance.terrain.difference import compare as compare_models
from ...processing.surveillance.terrain.elevation import open_elevation
from ...store import coordinates, dataset, runs, sources
from ...store.layer_source import LayerSource, read_layer
from ...store.troubles import told
from ...store.whole import made_whole, refuse_existing

_CONCESSION = "concession"


def compare(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Difference of two elevation models; with a data set a run that the balance of its mines is read from."""
    data = Path(parameters["data"]) if parameters["data"] else None
    if data is None and not parameters["out"]:
        raise UsageError("terrain.nowhere_to_write")
    days = parameters["date_before"], parameters["date_after"]
    if data is not None and not all(days):
        raise UsageError("terrain.dates_missing")
    if all(days) and days[0] >= days[1]:
        raise InputError("change.dates_reversed", before=str(days[0]), after=str(days[1]))
    before = open_elevation(parameters["before"], parameters["unit_before"], parameters["datum_before"])
    after = open_elevation(parameters["after"], parameters["unit_after"], parameters["datum_after"])
    licences = _licences(parameters)
    judged = licences if licences is None or days[1] is None else in_force(licences, days[1])
    stable = _polygons(parameters["stable"], before.grid)
    unstable = _moving(parameters["unstable"], licences, before.grid)
    zones = dict(zip(judged["uid"], _on_grid(judged, before.grid), strict=True)) if judged is not None else {}

    def compared(out: Path, report: Report) -> Compared:
        with raster_session(processors()):
            return compare_models(
                before, after, out, _settings(parameters), stable=stable, unstable=unstable, zones=zones, report=report
            )

    if data is None:
        out = Path(parameters["out"])
        refuse_existing(out)
        return {"out": str(out), "run": None, "bodies": None, **_summary(compared(out, report), judged)}
    noted = {"before": Path(parameters["before"]).name, "after": Path(parameters["after"]).name}
    asked = {name: value for name, value in parameters.items() if value is not None}
    simulated = bool(dataset.meta(data).get("simulated"))
    with runs.new_run(data, "terrain.compare", asked, noted, simulated=simulated, judged_on=days[1]) as run:
        found = compared(run.sibling(".tif"), Stage(report, 0.0, 0.97))
        run.write("cut_fill", _bodies(found, days))
        rows = _volume_rows(found, judged, days)
        run.write("terrain_volume", rows)
        run.finish({"bodies": len(found.bodies), "volumes": len(rows)})
    raster = run.sibling_path(".tif")
    if parameters["out"]:
        with made_whole(Path(parameters["out"])) as temporary:
            shutil.copyfile(raster, temporary)
    return {
        "out": parameters["out"] or str(raster),
        "run": str(run.path),
        "bodies": f"{run.path}|layername=cut_fill",
        **_summary(found, judged),
    }


def depth(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Ground below the licensed level, by the steps of the law that the survey can show."""
    data = Path(parameters["data"])
    on: date = parameters["date"]
    table = law.table_on(on, data)
    if table is None or not table.depth_steps:
        raise InputError("terrain.no_law_table", date=on)
    reach = parameters["range"]
    if reach is None:
        report.message("terrain.range_unknown")
    survey = Survey(
        parameters["sigma"], math.inf if reach is None else reach, parameters["systematic"] or 0.0,
        parameters["level_sigma"],
    )  # fmt: skip
    steps = provable(table.depth_steps, survey)
    short = [one for one in steps if not one.provable]
    if short:
        report.message(
            "terrain.steps_not_provable", "warning",
            steps=[one.step_m for one in short], largest=[round(one.largest_sigma_m, 2) for one in short],
            detection=round(survey.detection, 2),
        )  # fmt: skip
    dem = open_elevation(parameters["dem"], parameters["unit"], parameters["datum"])
    known = _licences(parameters)
    if known is None or known.empty:
        raise InputError("terrain.no_licences", path=str(data))
    licences = check_datums(dem, _levels(in_force(known, on), report), report)
    crs = coordinates.code_of(known.crs)
    simulated = bool(dataset.meta(data).get("simulated"))
    asked = {name: value for name, value in parameters.items() if value is not None}
    noted = {"dem": Path(parameters["dem"]).name, "law": table.id}
    with (
        raster_session(processors()),
        runs.new_run(data, "terrain.depth", asked, noted, simulated=simulated, judged_on=on) as run,
    ):
        found = breaches(dem, licences, crs, table.depth_steps, table.depth_over, survey, Stage(report, 0.0, 0.95))
        bands = [table.depth_band(step) for step in found["step_m"]]
        found = found.assign(
            code=[f"QS-{on:%Y%m%d}-{number:04d}" for number in range(1, len(found) + 1)],
            clause=[f"{band.clause.vi}, {table.source.vi}"[:250] if band else None for band in bands],
            clause_status=["not_read" if band and not band.read else table.status for band in bands],
            surveyed_on=on,
        )
        run.write("depth_breach", found)
        run.finish({"breaches": len(found), "certain": int(found["certain"].sum())})
    report.progress(1.0)
    return {
        "run": str(run.path),
        "breaches": f"{run.path}|layername=depth_breach",
        "count": len(found),
        "steps": [vars(one) | {"largest_sigma_m": round(one.largest_sigma_m, 3)} for one in steps],
        "rows": found.drop(columns=["geometry", "surveyed_on"]).to_dict("records"),
        "law": {
            "table": table.id,
            "source": table.source.vi,
            "status": table.status,
            "least_area_m2": table.depth_over,
        },
        "detection_m": round(survey.detection, 3),
    }


def balance(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Licensed, dug and remaining volume of each mine over all surveys registered beside the data set."""
    data = Path(parameters["data"])
    known = dataset.read(data, _CONCESSION)
    if parameters["concession"]:
        known = known[known["code"] == parameters["concession"]]
        if known.empty:
            raise InputError("terrain.concession_unknown", concession=parameters["concession"])
    surveys = _surveys(data)
    mines = []
    for row in known.to_dict("records"):
        volume = row["licensed_volume_m3"]
        found = chained(surveys.get(row["uid"], []), None if volume is None or pd.isna(volume) else float(volume))
        if found is not None:
            mines.append(_mine(row) | found.plain())
    if not mines:
        raise InputError("terrain.no_surveys", path=str(data))
    if parameters["out"]:
        _document(Path(parameters["out"]), data, mines)
    report.progress(1.0)
    return {"mines": mines, "out": parameters["out"]}


def _settings(parameters: Mapping[str, Any]) -> Settings:
    return Settings(
        align=parameters["align"],
        most_shift=parameters["max_shift"],
        most_residual=parameters["max_residual"],
        steepest=parameters["max_slope"],
        sigma_before=parameters["sigma_before"],
        sigma_after=parameters["sigma_after"],
        systematic=parameters["systematic"],
        range_m=parameters["range"],
        min_area=parameters["min_area"],
    )


def _licences(parameters: Mapping[str, Any]) -> gpd.GeoDataFrame | None:
    """The licences asked for, or the data set's; None where there are none."""
    data = parameters["data"]
    if parameters["concessions"]:
        return read_layer(parameters["concessions"], data, _CONCESSION)
    if data and _CONCESSION in dataset.layers_in(data):
        return dataset.read(data, _CONCESSION)
    return None


def _levels(licences: gpd.GeoDataFrame, report: Report) -> list[Licence]:
    """Licences that state a level and have a boundary."""
    stated = licences["licensed_level_m"].notna() & licences.geometry.notna() & licences.geometry.is_valid
    if not stated.all():
        report.message("terrain.licences_without_level", "warning", codes=licences.loc[~stated, "code"].tolist())
    rows = licences[stated]
    columns = ("uid", "code", "licensed_level_m", "height_datum")
    return [
        Licence(uid, code, shape, float(level), datum if isinstance(datum, str) else "")
        for (uid, code, level, datum), shape in zip(
            rows[list(columns)].itertuples(index=False), rows.geometry, strict=True
        )
    ]


def _polygons(given: str | Mapping[str, Any] | None, grid: Grid) -> NDArray[np.object_] | None:
    """The polygons of a vector file in the grid's system. Raises :class:`InputError` where it has none."""
    if not given:
        return None
    source = LayerSource.of(given)
    file = sources.local_file(source.path)
    name = sources.layer_name(file, source.layer)
    with told(file, writing=False):
        columns = [] if source.uids is None else ["uid"]
        frame = pyogrio.read_dataframe(
            file, layer=name, columns=columns, where=source.subset or None, on_invalid="ignore"
        )
    if source.uids is not None and "uid" in frame:
        frame = frame[frame["uid"].isin(source.uids)]
    if not isinstance(frame, gpd.GeoDataFrame) or not frame.geom_type.isin(["Polygon", "MultiPolygon"]).any():
        raise InputError("schema.geometry_missing", layer=name, geometry="MultiPolygon")
    return _on_grid(frame[frame.geom_type.isin(["Polygon", "MultiPolygon"])], grid)


def _moving(
    given: str | Mapping[str, Any] | None, licences: gpd.GeoDataFrame | None, grid: Grid
) -> NDArray[np.object_] | None:
    """Ground that may have moved: what the user names, and every licence, in force or not."""
    parts = [part for part in (_polygons(given, grid), None if licences is None else _on_grid(licences, grid))
             if part is not None]  # fmt: skip
    return np.concatenate(parts) if parts else None


def _on_grid(frame: gpd.GeoDataFrame, grid: Grid) -> NDArray[np.object_]:
    """The frame's geometries in the grid's system, through the pinned operation; sound ones."""
    shapes = frame.geometry.to_numpy()
    if frame.crs is None:
        raise InputError("crs.missing")
    if frame.crs != grid.crs.to_wkt():
        if not pinned.knows(grid.code):
            raise InputError("crs.unknown", crs=grid.code)
        shapes = coordinates.transform_geometries(shapes, coordinates.code_of(frame.crs), grid.code)
    found: NDArray[np.object_] = shapely.make_valid(np.asarray(shapes, dtype=object))
    return found


def _bodies(found: Compared, days: tuple[date, date]) -> gpd.GeoDataFrame:
    frame = found.bodies
    codes = [f"DD-{days[1]:%Y%m%d}-{number:04d}" for number in range(1, len(frame) + 1)]
    return frame.assign(code=codes, date_before=days[0], date_after=days[1])


def _volume_rows(found: Compared, licences: gpd.GeoDataFrame | None, days: tuple[date, date]) -> pd.DataFrame:
    """One row per zone and kind; the zone without licence is the whole common ground."""
    codes = {} if licences is None else dict(zip(licences["uid"], licences["code"], strict=True))
    rows = [
        {
            "concession": key or None,
            "concession_code": codes.get(key),
            "kind": kind,
            **{name: volume.plain()[name] for name in ("volume_m3", "low_m3", "high_m3", "sigma_m3", "area_m2")},
            "missing_m2": found.missing_m2[key],
            "date_before": days[0],
            "date_after": days[1],
        }
        for key, volumes in found.volumes.items()
        for kind, volume in volumes.items()
    ]
    return pd.DataFrame(rows)


def _summary(found: Compared, licences: gpd.GeoDataFrame | None) -> dict[str, Any]:
    codes = {} if licences is None else dict(zip(licences["uid"], licences["code"], strict=True))
    fit = {name: round(value, 4) if isinstance(value, float) else value for name, value in vars(found.fit).items()}
    return {
        "fit": {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in fit.items()},
        "error": {
            "slopes_deg": list(found.error.edges),
            "sigma_m": [round(value, 4) for value in found.error.sigma],
            "range_m": round(found.error.range_m, 2),
            "correlated_share": round(found.error.correlated, 3),
            "systematic_m": round(found.error.systematic_m, 4),
            "stable_cells": found.error.cells,
        },
        "detection_m": round(found.detection_m, 4),
        "volumes": [
            {
                "concession": codes.get(key),
                "missing_m2": round(found.missing_m2[key], 1),
                **{kind: volume.plain() for kind, volume in volumes.items()},
            }
            for key, volumes in found.volumes.items()
            if key == EVERYTHING or volumes["net"].area_m2 > 0
        ],
        "count": len(found.bodies),
    }


def _surveys(data: Path) -> dict[str, list[Interval]]:
    """What every comparison beside the data set says of each licence, the newest run last."""
    found: dict[str, list[Interval]] = {}
    for path in reversed(runs.runs(data, "terrain.compare")):
        rows = dataset.read(path, "terrain_volume")
        for uid, group in rows.dropna(subset=["concession"]).groupby("concession"):
            by_kind = group.set_index("kind")
            if float(by_kind.loc["net", "area_m2"]) <= 0:
                continue
            cut = by_kind.loc["cut"]
            days = (pd.Timestamp(cut["date_before"]).date(), pd.Timestamp(cut["date_after"]).date())
            fill = float(by_kind.loc["fill", "volume_m3"])
            one = Interval(*days, -float(cut["volume_m3"]), fill, float(cut["sigma_m3"]))
            found.setdefault(str(uid), []).append(one)
    return found


def _mine(row: Mapping[str, Any]) -> dict[str, Any]:
    days = [None if pd.isna(row[name]) else pd.Timestamp(row[name]).date() for name in ("valid_from", "valid_to")]
    return {
        "uid": row["uid"],
        "code": row["code"],
        **{name: row[name] if isinstance(row[name], str) else None for name in ("name", "licence_no", "holder")},
        "valid": " – ".join(f"{day:%d/%m/%Y}" if day else "…" for day in days),
    }


def _document(path: Path, data: Path, mines: list[dict[str, Any]]) -> None:
    language = "vi"
    say = balance_sheet.say
    simulated = bool(dataset.meta(data).get("simulated"))
    frame = Frame(
        title=say("document", language),
        running=say("document", language),
        footer=(say("footer", language, data=data.name),),
        page=say("page", language),
        language=language,
        banner=say("simulated", language) if simulated else "",
    )
    write = html.write if path.suffix.lower() == ".html" else pdf.write
    with made_whole(path) as temporary:
        write(temporary, frame, [balance_sheet.section(mine, language) for mine in mines])

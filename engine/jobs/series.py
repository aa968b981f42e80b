"""Series of many dates: built, followed, told of, drawn as a chart.

The computing is imported inside the functions: who asks for one does not wait for the libraries of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...layers.errors import InputError, UsageError
from ...layers.report import Report, Stage
from .scene import area_given

if TYPE_CHECKING:
    from ...processing.surveillance.series.dates import Source
    from ...processing.surveillance.series.follow import Followed
    from ...processing.surveillance.series.states import Rules


def build(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Fit the season, monitor what comes after, write the series and a run with its alerts."""
    from ...processing.surveillance.scenes.library import library_grid
    from ...processing.surveillance.series.follow import Asked
    from ...processing.surveillance.series.follow import build as build_series

    data, area = Path(parameters["data"]), area_given(parameters)
    asked = Asked(
        parameters["name"],
        parameters["index"],
        parameters["harmonics"],
        rules_given(parameters),
        parameters["begins"],
        area,
    )
    sources = _sources(parameters)
    grid = None if parameters["scenes"] else library_grid(Path(parameters["library"] or data), area)
    found = build_series(data, asked, sources, Stage(report, 0.0, 0.7), grid)
    return _with_alerts("series.build", parameters, found, report)


def update(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Take further dates in, and write a run with the alerts as they are now."""
    from ...processing.surveillance.series.follow import update as update_series

    found = update_series(Path(parameters["data"]), parameters["name"], _sources(parameters), Stage(report, 0.0, 0.7))
    return _with_alerts("series.update", parameters, found, report) | {"recomputed": found.recomputed}


def status(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The series of a data set: rules, dates, where monitoring stands."""
    from ...processing.surveillance.series.series_file import read_record, series_in, state_path

    data = Path(parameters["data"])
    told = []
    for name in series_in(data):
        record = read_record(data, name)
        told.append(
            {
                "name": record.name,
                "raster": str(state_path(data, name)),
                "index": record.measure,
                "harmonics": record.harmonics,
                "rules": vars(record.rules),
                "begins": record.begins.isoformat(),
                "history": sorted({one.on.isoformat() for one in record.history}),
                "monitored": sorted({one.on.isoformat() for one in record.monitored}),
                "simulated": record.simulated,
            }
        )
    return {"series": told}


def chart(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """An index at a point or polygon over time, with what the season lets expect."""
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    from ...processing.surveillance.series.chart import chart as chart_of

    try:
        crs = CRS.from_user_input(parameters["crs"])
    except CRSError as error:
        raise InputError("crs.unknown", crs=parameters["crs"][:80]) from error
    return chart_of(Path(parameters["data"]), parameters["name"], _place(parameters), crs)


def _place(parameters: Mapping[str, Any]) -> Any:
    import shapely

    if parameters["wkt"]:
        try:
            place = shapely.from_wkt(parameters["wkt"])
        except shapely.errors.GEOSException as error:
            raise InputError("series.place_wrong", place=parameters["wkt"][:80]) from error
        if place.is_empty or not place.is_valid or place.geom_type not in ("Point", "Polygon", "MultiPolygon"):
            raise InputError("series.place_wrong", place=parameters["wkt"][:80])
        return place
    if parameters["x"] is None or parameters["y"] is None:
        raise UsageError("engine.parameter_missing", parameter="x, y" if parameters["wkt"] is None else "wkt")
    return shapely.Point(parameters["x"], parameters["y"])


def rules_given(parameters: Mapping[str, Any]) -> Rules:
    """Rules from a job's parameters. Raises :class:`UsageError` where more are needed than are remembered."""
    from ...processing.surveillance.series.states import Rules

    if parameters["needed"] > parameters["memory"]:
        raise UsageError("series.needed_more", needed=parameters["needed"], memory=parameters["memory"])
    return Rules(
        parameters["false_alarm"],
        parameters["needed"],
        parameters["memory"],
        parameters["method"],
        float(parameters["significance"]),
        float(parameters["window"]),
    )


def _sources(parameters: Mapping[str, Any]) -> list[Source]:
    """The scenes given, or those of the library."""
    from ...processing.surveillance.series.dates import files, from_library

    data = Path(parameters["data"])
    if parameters["scenes"]:
        return files(data, parameters["scenes"])
    area = area_given(parameters) if "area" in parameters else None
    return from_library(data, Path(parameters["library"] or data), area)


def _with_alerts(job: str, parameters: Mapping[str, Any], found: Followed, report: Report) -> dict[str, Any]:
    from ...processing.surveillance.detect_series import SeriesRequest, series_alerts

    request = SeriesRequest(
        Path(parameters["data"]),
        found.record.name,
        parameters["min_area"],
        parameters["tolerance"],
        suspected=bool(parameters["suspected"]),
        concessions=parameters["concessions"],
        given={name: value for name, value in parameters.items() if value is not None and name != "scenes"},
    )
    drawn = series_alerts(request, job, Stage(report, 0.7, 0.99))
    report.progress(1.0)
    return {
        "series": str(found.path),
        "run": str(drawn.run),
        "alerts": f"{drawn.run}|layername=alert",
        "count": drawn.count,
        "relations": drawn.relations,
        "area_m2": drawn.area_m2,
        "crs": drawn.crs,
        "pixels": found.pixels,
        "taken": [day.isoformat() for day in found.taken],
        "judged": found.judged,
        "simulated": found.record.simulated,
    }

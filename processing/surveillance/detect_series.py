"""The whole way over many dates: the states of a series to a run with alerts and their raster beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ...layers.report import Report, Stage
from ...store import coordinates, dataset, runs
from ...store.layer_source import read_layer
from .cases import law
from .cases.alerts import Provenance, alerts, to_map, working_crs
from .cases.kinds_of import map_around
from .cases.licences import RELATIONS
from .cases.surroundings import read_around
from .change.objects import Objects
from .kinds.ground import Dates
from .kinds.naming import Named, in_words, name
from .kinds.neighbours import Map
from .kinds.rules import rulebook
from .scenes.image import Image
from .scenes.opening import processors, raster_session
from .series import season
from .series.dates import Source, called, opened
from .series.place import place_of
from .series.products import Found, objects_of
from .series.series_file import SeriesFile, opened_series
from .series.states import CONFIRMED, SUSPECTED

_SURELY_SMALLER = 0.5
# Dates of the history that are asked whether they show the objects, before the nearest is taken as it is.
_TRIED = 8


@dataclass(frozen=True)
class SeriesRequest:
    """Alerts of the series ``name`` of ``data``: of at least ``min_area`` (m²), with ``suspected`` also those that are
    not confirmed yet, with ``on`` only those that departed on that day. ``concessions`` replaces the data set's own
    layer.
    """

    data: Path
    name: str
    min_area: float = 1000.0
    tolerance: float = 10.0
    suspected: bool = False
    on: date | None = None
    concessions: str | Mapping[str, Any] | None = None
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SeriesAlerts:
    """What was found: path of the run, alerts by number, relation and area (m²)."""

    run: Path
    count: int
    relations: dict[str, int]
    area_m2: float
    crs: str


def series_alerts(request: SeriesRequest, job: str, report: Report) -> SeriesAlerts:
    """Draw and judge the alerts of a series, and write them as a run of ``job``. Raises :class:`InputError`."""
    data = request.data
    with raster_session(processors()), opened_series(data, request.name) as series:
        record = series.record
        licences = _concessions(request)
        crs = coordinates.code_of(licences.crs) if licences is not None else working_crs(series.grid)
        last = max((one.on for one in record.monitored), default=record.begins)
        every = (*record.history, *record.monitored)
        inputs = {"series": {"name": record.name, "dates": [[one.on, one.given, one.stamp] for one in every]}}
        # what the alerts were seen on: the day asked for, else the latest
        seen = [called(data, one) for one in every if one.on == (request.on or last)]
        given = {**request.given, "series": record.name, "on": request.on, "scenes": seen}
        with runs.new_run(data, job, given, inputs, simulated=record.simulated, judged_on=last) as run:
            fewest = int(_SURELY_SMALLER * request.min_area / float(np.prod(series.grid.pixel_m)))
            states = (CONFIRMED, SUSPECTED) if request.suspected else (CONFIRMED,)
            found = objects_of(series, run.sibling(".tif"), max(1, fewest), Stage(report, 0.0, 0.8), states)
            if request.on is not None:
                found = found.rows(np.flatnonzero(found.facts["last_on"] == request.on))
            report.progress(0.8, "change.step_alerts")
            rows = _rows(request, series, found, licences, crs, report)
            run.write("alert", rows)
            relations = {relation: Counter(rows["relation"])[relation] for relation in RELATIONS}
            run.finish({"alerts": len(rows), **relations})
    if record.simulated:
        report.message("change.simulated")
    return SeriesAlerts(run.path, len(rows), relations, round(float(rows["area_m2"].sum()), 1), crs)


def _rows(
    request: SeriesRequest,
    series: SeriesFile,
    found: Found,
    licences: gpd.GeoDataFrame | None,
    crs: str,
    report: Report,
) -> gpd.GeoDataFrame:
    """Rows of the layer ``alert``, each dated by its own departures."""
    record = series.record
    last = max((one.on for one in record.monitored), default=record.begins)
    method = f"{record.measure}, {record.rules.method}, {record.rules.needed}/{record.rules.memory}"
    provenance = Provenance(method, record.begins, last)
    around = read_around(request.data, crs)
    placed = to_map(found.objects.geometry, series.grid, crs)
    kinds = _kinds(request.data, series, found, placed, map_around(around, licences, last, crs))
    return alerts(
        found.objects, series.grid, crs, request.min_area, licences, request.tolerance, provenance, report,
        around, law.table_on(last, request.data), pd.concat([found.facts, kinds], axis=1),
    )  # fmt: skip


def _kinds(data: Path, series: SeriesFile, found: Found, placed: NDArray[np.object_], around: Map) -> pd.DataFrame:
    """Class and reason of each object, between the latest date that saw it and a date of the history of its season."""
    record, every = series.record, found.objects
    parts = []
    for day in sorted(set(found.facts["last_on"])):
        rows = np.flatnonzero(found.facts["last_on"] == day)
        objects, shapes = found.rows(rows).objects, placed[rows]
        after = next(one for one in record.monitored if one.on == day)
        with ExitStack() as stack:
            before = _clear_before(data, series, objects, day)
            pair = Dates.of(
                opened(data, before, record.outline), opened(data, after, record.outline), series.grid, (0.0, 0.0)
            )
            stack.callback(pair.close)
            parts.append(_columns(name(objects, shapes, pair, series.grid, around, rulebook(), every.geometry), rows))
    if not parts:
        return pd.DataFrame(index=range(len(every.geometry)))
    return pd.concat(parts).sort_index()


def _columns(named: Named, rows: NDArray[np.intp]) -> pd.DataFrame:
    # what one pair of dates would put down to season or weather, the series has seen stay: not known, but an alert
    classes = ["unknown" if cause else kind for kind, cause in zip(named.kind, named.aside, strict=True)]
    return pd.DataFrame(
        {
            "change_class": classes,
            "class_confidence": np.round(named.degree, 2),
            "reason_vi": [in_words(reasons, "vi") for reasons in named.reasons],
            "reason_en": [in_words(reasons, "en") for reasons in named.reasons],
            "reasons": [list(reasons) for reasons in named.reasons],
        },
        index=rows,
    )


def _clear_before(data: Path, series: SeriesFile, objects: Objects, day: date) -> Source:
    """Of the dates of the history the nearest to ``day`` in the year that shows at least half of the objects."""
    record = series.record
    nearest = sorted(record.history, key=lambda one: (season.apart_in_year(one.on, day), -one.on.toordinal()))
    middles = [shapely.point_on_surface(shape) for shape in objects.geometry]
    for source in nearest[:_TRIED]:
        with Image(opened(data, source, record.outline), series.grid) as image:
            seen = [image.read(place_of(middle, series.grid).window)[1].all() for middle in middles]
        if np.mean(seen) >= 0.5:
            return source
    return nearest[0]


def _concessions(request: SeriesRequest) -> gpd.GeoDataFrame | None:
    """The licences to judge by; None where there are none."""
    if request.concessions:
        return read_layer(request.concessions, request.data, "concession")
    if "concession" in dataset.layers_in(request.data):
        return dataset.read(request.data, "concession")
    return None

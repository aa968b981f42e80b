"""The whole way: two images and a province's licences to a run with alerts and the change raster beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from ...layers.errors import InputError
from ...layers.report import Report, Stage
from ...store import coordinates, dataset, runs, scene_library, sources
from ...store.layer_source import LayerSource, read_layer
from ...store.place import misplaced
from .cases import law
from .cases.alerts import Provenance, alerts, to_map, working_crs
from .cases.kinds_of import map_around, set_aside, tell_of_kinds
from .cases.learning import speaker_of
from .cases.licences import RELATIONS
from .cases.surroundings import read_around
from .change.blocks import Area
from .change.change_map import ChangeMap, Settings, change_map
from .change.objects import changed_objects
from .kinds.judged import judge
from .scenes.grid import Grid
from .scenes.opening import local_path
from .scenes.reading import open_scene
from .scenes.season import warn_of_season

# Groups smaller than this share of the least area (by pixel count) cannot reach it in the map.
_SURELY_SMALLER = 0.5


@dataclass(frozen=True)
class Request:
    """What to compare, against what, and where the run goes: beside ``data``, or into ``folder`` if given.

    Dates go before those of the images. ``concessions`` replaces the data set's own layer; ``area`` bounds the search;
    ``keep_all`` makes alerts of what weather, season or sea explain too.
    """

    before: str
    after: str
    data: Path | None
    folder: Path | None
    settings: Settings
    min_area: float
    tolerance: float
    concessions: str | Mapping[str, Any] | None = None
    area: str | Mapping[str, Any] | None = None
    date_before: date | None = None
    date_after: date | None = None
    keep_all: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Detection:
    """What was found: paths of the run and its raster, alerts in number, relation and area (m²)."""

    run: Path
    raster: Path
    change: ChangeMap
    count: int
    relations: dict[str, int]
    classes: dict[str, int]
    set_aside: dict[str, int]
    area_m2: float
    crs: str
    simulated: bool


def detect_change(request: Request, report: Report) -> Detection:
    """Map the change, draw and judge the alerts, write the run. Raises as :func:`.change_map.change_map` does."""
    request = _called(request)
    licences = _concessions(request)
    _tell_of_licences(licences, str(dataset.meta(request.data).get("province") or "") if request.data else "", report)
    scene = open_scene(request.before, bands=request.settings.bands, resolution=request.settings.resolution)
    later = open_scene(request.after, bands=request.settings.bands, resolution=request.settings.resolution)
    crs = coordinates.code_of(licences.crs) if licences is not None else working_crs(scene.grid)
    dates = (request.date_before or scene.acquired_on, request.date_after or later.acquired_on)
    if licences is not None and not licences.empty and dates[1] is None:
        raise InputError("change.date_missing")
    if all(dates) and dates[0] >= dates[1]:  # type: ignore[operator]
        raise InputError("change.dates_reversed", before=str(dates[0]), after=str(dates[1]))
    warn_of_season(*dates, report)
    simulated = scene.simulated or later.simulated or bool(request.data and dataset.meta(request.data).get("simulated"))
    place = request.folder or request.data
    if place is None:
        raise TypeError("a run needs a data set or a folder")
    inputs = {"before": _state(request.before), "after": _state(request.after)}
    with runs.new_run(place, "change.detect", request.given, inputs, simulated=simulated, judged_on=dates[1]) as run:
        area = _area(request.area, scene.grid) if request.area else None
        raster = run.sibling(".tif")
        change = change_map(request.before, request.after, raster, request.settings, Stage(report, 0.0, 0.8), area)
        fewest = int(_SURELY_SMALLER * request.min_area / float(np.prod(change.grid.pixel_m)))
        objects = changed_objects(raster, change.grid, max(1, fewest), Stage(report, 0.8, 0.9))
        report.progress(0.9, "change.step_kinds")
        around = read_around(request.data, crs) if request.data else None
        judged = judge(
            objects,
            change,
            raster,
            (request.before, request.after),
            lambda shapes: to_map(shapes, change.grid, crs),
            map_around(around, licences, dates[1], crs),
            request.min_area,
            keep_all=request.keep_all,
            speaker=speaker_of(request.data),
        )
        found = alerts(
            judged.alerts,
            change.grid,
            crs,
            request.min_area,
            licences,
            request.tolerance,
            Provenance(_method(request.settings), *dates),
            report,
            around,
            law.table_on(dates[1], request.data),
            judged.kinds,
        )
        report.progress(0.97, "change.step_alerts")
        run.write("alert", found)
        aside = set_aside(judged, change.grid, crs)
        run.write("set_aside", aside)
        relations = {relation: Counter(found["relation"])[relation] for relation in RELATIONS}
        classes, causes = dict(Counter(found["change_class"])), dict(Counter(aside["cause"]))
        run.finish({"alerts": len(found), **relations, "classes": classes, "set_aside": causes})
    tell_of_kinds(judged, aside, report)
    if simulated:
        report.message("change.simulated")
    total = float(found["area_m2"].sum())
    return Detection(
        run.path,
        run.sibling_path(".tif"),
        change,
        len(found),
        relations,
        classes,
        causes,
        round(total, 1),
        crs,
        simulated,
    )


def _called(request: Request) -> Request:
    """The request with scenes of the data set's library, named by their bare code, called in full."""
    if request.data is None:
        return request
    before, after = (scene_library.called(request.data, given) for given in (request.before, request.after))
    return replace(request, before=before, after=after)


def _concessions(request: Request) -> gpd.GeoDataFrame | None:
    """The licences to judge by; None where neither the request nor the data set has any."""
    if request.concessions:
        return read_layer(request.concessions, request.data, "concession")
    if request.data and "concession" in dataset.layers_in(request.data):
        return dataset.read(request.data, "concession")
    return None


def _tell_of_licences(licences: gpd.GeoDataFrame | None, province: str, report: Report) -> None:
    """Say where there is nothing to judge by, and where licences lie in a wrong VN-2000 zone: both change verdicts."""
    if licences is None or licences.empty:
        report.message("change.no_licences")
        return
    code = coordinates.code_of(licences.crs)
    found = misplaced(licences.geometry.to_numpy(), code, province)
    if found is not None and found.code == "crs_wrong_zone":
        report.message("change.licences_wrong_zone", "warning", crs=code, likely=found.zone)


def _area(value: str | Mapping[str, Any], grid: Grid) -> Area:
    """The polygons to search in, as a mask over any part of ``grid``. Raises :class:`InputError`."""
    source = LayerSource.of(value)
    path = sources.local_file(source.path)
    frame = pyogrio.read_dataframe(path, layer=sources.layer_name(path, source.layer), where=source.subset or None)
    if source.uids is not None:
        frame = frame[frame["uid"].isin(source.uids)]
    polygons = frame.geometry[frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]) & frame.geometry.is_valid]
    if polygons.empty:
        raise InputError("change.area_empty", path=str(path))
    outlines = coordinates.transform_geometries(polygons.to_numpy(), coordinates.code_of(frame.crs), grid.code)

    def inside(part: Grid) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = geometry_mask(
            outlines.tolist(), (part.height, part.width), part.transform, invert=True
        )
        return mask

    return inside


def _method(settings: Settings) -> str:
    rule = settings.rule if settings.value is None else f"{settings.rule} {settings.value:g}"
    return f"{settings.method}, {rule}, {settings.smooth}×{settings.smooth}"


def _state(given: str) -> dict[str, Any]:
    """What an input was: name, size and time, so that a reader can tell whether it is the same still."""
    path = local_path(given)
    found = path.stat()
    changed = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
    return {"name": path.name, "bytes": found.st_size, "modified": changed}

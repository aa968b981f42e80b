"""A sample of a run to be labelled, and the accuracy that its labels give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...layers.errors import InputError, UsageError
from ...layers.messages import sentence
from ...layers.report import Report
from ...processing.documents import html, pdf
from ...processing.documents.blocks import Frame
from ...processing.surveillance.accuracy.design import allocation, expected_error, sample_size
from ...processing.surveillance.accuracy.estimate import Accuracy, error_matrix, estimate
from ...processing.surveillance.accuracy.page import accuracy_section, class_words
from ...processing.surveillance.accuracy.strata import NO_CHANGE, Strata, points, strata_of
from ...processing.surveillance.cases.alerts import to_map
from ...store import coordinates, dataset, runs, samples
from ...store.interpretations import PEOPLE
from ...store.whole import made_whole
from .zoning_report import format_of

JOB = "change.detect"
CHANGE = "change"
CANNOT_TELL = "cannot_tell"
# A change by nature is none of those that an inspector is told of.
_NO_ALERT = ("natural_dune_shift",)
# Half of the side of what who labels sees around a point: thirty pixels of 10 m.
_CHIP_M = 150.0
_WRITERS = {"pdf": pdf.write, "html": html.write}


def design(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Draw the sample of a run; returns its path and how the points went to the strata."""
    data = Path(parameters["data"]) if parameters["data"] else None
    run = _run(data, parameters["run"])
    raster = run.with_suffix(".tif")
    if not raster.is_file():
        raise InputError("engine.file_missing", path=str(raster))
    alerts = dataset.read(run, "alert", ["change_class"])
    kinds = alerts["change_class"].fillna("unknown").tolist()
    if parameters["by"] == CHANGE:
        kinds = [CHANGE] * len(kinds)
    if not kinds:
        raise InputError("accuracy.no_alerts", run=run.name)
    report.progress(0.1, "accuracy.step_strata")
    strata = _strata(raster, alerts, kinds)
    expected = dict.fromkeys(strata.names, parameters["expected_change"]) | {
        NO_CHANGE: parameters["expected_no_change"]
    }
    shares = strata.shares
    wanted = allocation(sample_size(shares, expected, parameters["error"]), shares, parameters["least"])
    report.progress(0.5, "accuracy.step_points")
    places, named = points(strata, wanted, parameters["seed"])
    given = {name: named.count(name) for name in strata.names}
    about = {
        "run": run.name, "by": parameters["by"], "seed": parameters["seed"], "strata": list(strata.names),
        "pixels": list(strata.pixels), "area_m2": _areas(strata, alerts), "points": given,
    }  # fmt: skip
    path = samples.path_of(data, run, parameters["name"] or f"sample-{run.stem}")
    crs = coordinates.code_of(alerts.crs)
    samples.write(path, _frame(strata, places, named, crs), about, simulated=bool(runs.row(run).get("simulated")))
    report.progress(1.0)
    return {
        "sample": str(path),
        "points": f"{path}|layername={samples.LAYER}",
        "count": len(named),
        "allocation": given,
        "expected_error": round(expected_error(given, shares, expected), 5),
        "crs": crs,
    }


def report(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Accuracy and areas from the labels; kept beside the run, and written as a document where ``out`` is given."""
    path = Path(parameters["sample"].split("|")[0])
    frame, about = samples.read(path)
    labelled = frame[frame["label"].notna() & (frame["label"] != CANNOT_TELL)]
    if labelled.empty:
        raise InputError("accuracy.no_labels", path=str(path), count=len(frame))
    left = {"open": int(frame["label"].isna().sum()), CANNOT_TELL: int((frame["label"] == CANNOT_TELL).sum())}
    if left["open"]:
        report.message("accuracy.open", "warning", count=left["open"])
    found = _accuracy(labelled, about)
    run = path.parent.parent / "runs" / about["run"]
    run = run if run.is_file() else path.parent.parent / about["run"]
    if run.is_file():
        samples.keep_accuracy(run, found.plain() | {"sample": path.name, "labelled": len(labelled), **left})
    else:
        report.message("accuracy.run_gone", "warning", run=about["run"])
    out = None
    if parameters["out"]:
        out = _document(Path(parameters["out"]), parameters["language"], found, path, about, labelled, left)
    report.progress(1.0)
    plain = found.plain()
    keys = ("users", "producers", "areas")
    return {
        "out": out,
        "overall": plain["overall"],
        "classes": {name: {key: plain[key][i] for key in keys} for i, name in enumerate(found.classes)},
        "matrix": plain["matrix"],
        "labelled": len(labelled),
        "open": left["open"],
    }


def _run(data: Path | None, named: str | None) -> Path:
    if named:
        path = Path(named.split("|")[0])
        run = path if path.parent != Path() or data is None else dataset.beside(data) / "runs" / path.name
    elif data is not None:
        newest = runs.newest(data, JOB)
        if newest is None:
            raise InputError("accuracy.no_run", data=str(data))
        run = newest
    else:
        raise UsageError("engine.parameter_missing", parameter="run")
    if not run.is_file():
        raise InputError("engine.file_missing", path=str(run))
    return run


def _strata(raster: Path, alerts: gpd.GeoDataFrame, kinds: Sequence[str]) -> Strata:
    import rasterio

    from ...processing.surveillance.scenes.grid import grid_of

    with rasterio.open(raster) as file:
        grid = grid_of(file, str(raster))
    crs = coordinates.code_of(alerts.crs)
    outlines = coordinates.transform_geometries(alerts.geometry.to_numpy(), crs, grid.code)
    return strata_of(raster, np.asarray(outlines, object), kinds)


def _areas(strata: Strata, alerts: gpd.GeoDataFrame) -> list[float]:
    """Ground area of each stratum, m²: pixels times what a pixel measures in the alerts' own system."""
    middle = strata.grid.transform @ (strata.grid.width // 2, strata.grid.height // 2)
    across, down = (abs(strata.grid.transform.a), abs(strata.grid.transform.e))
    pixel = shapely.box(middle[0], middle[1] - 100 * down, middle[0] + 100 * across, middle[1])
    placed = to_map(np.array([pixel], object), strata.grid, coordinates.code_of(alerts.crs))
    size = float(shapely.area(placed)[0]) / 1e4
    return [round(count * size, 1) for count in strata.pixels]


def _frame(strata: Strata, places: Any, named: Sequence[str], crs: str) -> gpd.GeoDataFrame:
    placed = coordinates.transform_geometries(list(shapely.points(places)), strata.grid.code, crs)
    codes = [f"M-{number:04d}" for number in range(1, len(named) + 1)]
    columns = {"code": codes, "stratum": list(named), "chip_m": [_CHIP_M] * len(codes)}
    return gpd.GeoDataFrame(columns, geometry=list(placed), crs=crs)


def _accuracy(labelled: pd.DataFrame, about: Mapping[str, Any]) -> Accuracy:
    labels = labelled["label"].where(~labelled["label"].isin(_NO_ALERT), NO_CHANGE)
    if about["by"] == CHANGE:
        labels = labels.where(labels == NO_CHANGE, CHANGE)
    areas = dict(zip(about["strata"], about["area_m2"], strict=True))
    areas |= {name: 0.0 for name in dict.fromkeys(labels) if name not in areas}
    return estimate(error_matrix(labelled["stratum"].tolist(), labels.tolist(), tuple(areas)), areas)


def _document(
    out: Path,
    language: str,
    found: Accuracy,
    sample: Path,
    about: Mapping[str, Any],
    labelled: pd.DataFrame,
    left: Mapping[str, int],
) -> str:
    kind = format_of(out, None, tuple(_WRITERS))

    def say(key: str, **arguments: Any) -> str:
        return sentence(f"accuracy.page.{key}", language, **arguments)

    people = sorted({name for names in labelled["labeller"].dropna() for name in str(names).split(PEOPLE)})
    facts = {
        say("run"): about["run"],
        say("sample"): sample.name,
        say("points"): say("points_value", labelled=len(labelled), seed=about["seed"]),
        say("strata"): ", ".join(f"{class_words(name, language)} {count}" for name, count in about["points"].items()),
        say("labellers"): ", ".join(people) or say("unknown"),
    }
    simulated = bool(dataset.meta(sample).get("simulated"))
    frame = Frame(
        title=say("title"),
        running=say("title"),
        footer=(say("footer", run=about["run"]),),
        page=say("page"),
        language=language,
        banner=say("simulated") if simulated else "",
    )
    with made_whole(out) as temporary:
        _WRITERS[kind](temporary, frame, [accuracy_section(found, facts, left, language)])
    return str(out)

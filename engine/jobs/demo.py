"""Building the simulated province, and telling what the jobs found of its truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyogrio

from ...layers.errors import InputError
from ...layers.report import Report
from ...processing.demo.build import TRUTH
from ...processing.demo.build import build as build_province
from ...processing.demo.event_2016 import build as build_event
from ...processing.demo.score import score_change, score_zoning
from ...store import coordinates, dataset, runs


def build(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Build the province in a folder; returns the paths and the number of features per layer."""
    return build_province(Path(parameters["out"]).resolve(), parameters["seed"], report)


def event(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Build the pond failure of 16 June 2016 in a folder; returns the paths."""
    made = build_event(Path(parameters["out"]).resolve())
    report.progress(1.0)
    return made


def score(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Found, missed and reported beside the truth, for the zoning check and for change detection (null: never ran)."""
    data = Path(parameters["data"])
    truth_path = Path(parameters["truth"]) if parameters["truth"] else data.with_name(TRUTH)
    try:
        truth = json.loads(truth_path.read_text(encoding="utf-8"))
        if not all(isinstance(truth[key], list) for key in ("faults", "events", "not_in_data")):
            raise TypeError("faults, events, not_in_data")
    except FileNotFoundError as error:
        raise InputError("demo.truth_missing", path=str(truth_path)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("demo.truth_unreadable", path=str(truth_path), reason=str(error)) from error
    zoning_run = Path(parameters["zoning_run"]) if parameters["zoning_run"] else runs.newest(data, "zoning.check")
    change_run = Path(parameters["change_run"]) if parameters["change_run"] else runs.newest(data, "change.detect")
    if zoning_run is None and change_run is None:
        raise InputError("demo.nothing_to_score", path=str(data))
    zoning = change = None
    if zoning_run is not None:
        columns = ["rule", "feature_uid", "feature_code", "outcome"]
        zoning = score_zoning(truth, dataset.read(zoning_run, "finding", columns))
    if change_run is not None:
        events = pyogrio.read_dataframe(truth_path.with_suffix(".gpkg"), layer="event")
        alerts = dataset.read(change_run, "alert", ["code", "relation"])
        change = score_change(truth, events, coordinates.to(alerts, coordinates.code_of(events.crs)))
    report.progress(1.0)
    return {"zoning": zoning, "change": change}

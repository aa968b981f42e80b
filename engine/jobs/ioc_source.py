"""What publishing reads: the data set, the newest runs, and the words and counts of its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ...ioc.profile import Profile
from ...ioc.publication import ALERT, Cases, Publication, Read, Source
from ...ioc.sync import OUTCOMES
from ...layers.errors import InputError
from ...layers.report import Report
from ...store import cases, dataset, geopackage, runs
from ...store.coordinates import code_of

# A data set that does not say its province: its entities need a name space all the same.
NO_PROVINCE = "vn"


def state_path(data: Path, profile: Profile) -> Path:
    """The memory of a target, beside the data set."""
    return dataset.beside(data) / "ioc" / f"{profile.name}.sqlite"


def system_of(data: Path, publication: Publication, layer: str) -> str:
    """The coordinate system of a layer; alerts have that of their runs."""
    if layer == ALERT and publication.runs:
        return code_of(publication.runs[0].read(ALERT, ["uid"]).crs)
    return dataset.crs_of(data, layer)


def seven(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts that scripts rely on, all of them."""
    return {name: int(counts.get(name, 0)) for name in OUTCOMES}


def words(left: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the sentence for one reason: layer, type and attribute, count, the first features."""
    return {
        "layer": left["layer"],
        "where": ".".join(left[key] for key in ("type", "attribute") if key in left),
        "count": left["count"],
        "uids": list(left["uids"][:3]),
    }


def tell_ahead(issued: Sequence[str], report: Report) -> None:
    """Say how many alerts carry a moment that this machine's clock has not reached: one of the two is wrong."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ahead = [moment for moment in issued if moment > now]
    if ahead:
        report.message("ioc.issued_ahead", level="warning", count=len(ahead), at=max(ahead))


def read_publication(data: Path, wanted_runs: Sequence[str] | None, formats: tuple[str, ...]) -> Publication:
    """What can be published of a data set: its layers, and the runs named or the newest that detected changes."""
    present = dataset.layers_in(data)
    notes = dataset.meta(data)
    own = dataset.beside(data) / "ngsi"
    return Publication(
        province=str(notes.get("province") or NO_PROVINCE),
        data_date=data_date(data, notes),
        data=Source(present, reader(data), bool(notes.get("simulated"))),
        runs=tuple(run_source(path) for path in run_paths(data, wanted_runs)),
        cases=followed(data),
        formats=formats,
        own=own if own.is_dir() else None,
        extra=dataset.own_catalogue(data),
    )


def followed(data: Path) -> Cases | None:
    """The cases of a data set as alerts; None where there are none."""
    lives = {life.uid: life for life in cases.lives(data)}
    if not lives:
        return None
    frame = cases.read(data, "case")
    newest = cases.read(data, "case_sighting").sort_values("date_after", kind="stable").groupby("case").last()
    for name in ("date_before", "date_after", "run", "method"):
        frame[name] = frame["uid"].map(newest[name])
    # What is withdrawn for another reason than its state (merged into another case) is closed to the outside.
    frame.loc[frame["uid"].map(lambda uid: lives[uid].state == "withdrawn"), "status"] = "closed"
    return Cases(
        frame,
        frozenset(alert for life in lives.values() for alert in life.alerts),
        {uid: _instant(life.raised_at) for uid, life in lives.items()},
        {uid: life.state for uid, life in lives.items()},
        any(life.simulated for life in lives.values()),
    )


def _instant(text: str) -> str:
    return pd.Timestamp(text).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def data_date(data: Path, notes: Mapping[str, Any]) -> str:
    """The instant the data describe: the date they are judged on, else the last change that the file remembers."""
    if notes.get("judged_on"):
        return f"{str(notes['judged_on'])[:10]}T00:00:00.000Z"
    with geopackage.reading(data) as database:
        last = database.execute("SELECT max(last_change) FROM gpkg_contents").fetchone()[0]
    moment = datetime.fromisoformat(str(last).replace("Z", "+00:00"))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def reader(path: Path) -> Read:
    """Reads ``uid`` and columns of a layer; a declared column that the file lacks comes as null."""

    def read(layer_id: str, columns: Sequence[str]) -> gpd.GeoDataFrame:
        there = dataset.fields_in(path, layer_id)
        frame = dataset.read(path, layer_id, [name for name in columns if name in there])
        return frame.assign(**{name: None for name in columns if name not in there})

    return read


def run_paths(data: Path, wanted: Sequence[str] | None) -> list[Path]:
    """GeoPackages of the runs named (a path, or the name of a run beside the data), or the newest detection."""
    if not wanted:
        newest = runs.newest(data, "change.detect")
        return [newest] if newest else []
    beside = {path.stem: path for path in runs.runs(data)}
    found = []
    for name in wanted:
        path = Path(name) if Path(name).is_file() else beside.get(Path(name).name.removesuffix(".gpkg"))
        if path is None:
            raise InputError("ioc.run_missing", run=name, known=sorted(beside)[:10])
        found.append(path)
    return sorted(set(found), key=lambda path: path.name)


def run_source(path: Path) -> Source:
    """A run as a source of alerts."""
    row = runs.row(path)
    finished = pd.Timestamp(row["finished_at"])
    if finished.tzinfo is not None:
        finished = finished.tz_convert("UTC")
    return Source(
        dataset.layers_in(path), reader(path), bool(row["simulated"]), finished.strftime("%Y-%m-%dT%H:%M:%SZ")
    )

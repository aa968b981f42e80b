"""What a dossier is made from: a case with its alerts, runs, evidence, licences, law and images, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from rasterio.crs import CRS

from ....layers.errors import DothiError
from ....store import cases, dataset
from ..scenes.checksum import product_checksum
from ..series.chart import chart
from ..series.series_file import series_in
from .case_map import chip_view
from .chips import Look, indices_of, look
from .law import LawTable, Proposal, propose, table_on
from .licences import in_force, not_in_force
from .provenance import licences_of, located
from .surroundings import read_around

TOLERANCE_M = 10.0


@dataclass(frozen=True)
class SceneFile:
    """A scene as recorded when its run was taken, and where it is now; ``same``: its checksum is still the recorded
    one (None: it is not there).
    """

    record: Mapping[str, Any]
    path: Path | None
    same: bool | None

    @property
    def day(self) -> date | None:
        """The day of the image."""
        return date.fromisoformat(self.record["date"]) if self.record.get("date") else None


@dataclass(frozen=True)
class CaseFile:
    """All of one case for its pages. ``looks`` are before and after (None: the image is not there)."""

    case: Mapping[str, Any]
    events: pd.DataFrame
    sightings: gpd.GeoDataFrame
    evidence: gpd.GeoDataFrame
    looks: tuple[Look | None, Look | None]
    scenes: tuple[SceneFile | None, SceneFile | None]
    proposal: Proposal | None
    indices: Mapping[date, Mapping[str, float]] = field(default_factory=dict)
    series: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Facts:
    """All of a dossier: its cases, and what they share. ``missing`` are sentences (code, arguments) of what is not."""

    data: Path
    crs: str
    files: tuple[CaseFile, ...]
    runs: tuple[Mapping[str, Any], ...]
    scenes: tuple[SceneFile, ...]
    licences: gpd.GeoDataFrame | None
    ended: gpd.GeoDataFrame | None
    around: Mapping[str, gpd.GeoDataFrame | None]
    law: LawTable | None
    totals: Mapping[str, Proposal]
    missing: tuple[tuple[str, Mapping[str, Any]], ...]

    @property
    def simulated(self) -> bool:
        """Whether anything in it is."""
        return any(bool(one.case["simulated"]) for one in self.files)


def gather(data: Path, words: Sequence[str], bands: Sequence[str] = ()) -> Facts:
    """Read what the dossier of the cases ``words`` needs. Raises :class:`InputError` for an unknown case.

    An image that is gone, changed or unreadable does not stop it: it is named among ``missing``.
    """
    rows = [cases.find(data, word) for word in dict.fromkeys(words)]
    every = cases.read(data, "case")
    crs = str(every.crs.to_string())
    sightings = {row["uid"]: cases.of_case(data, "case_sighting", row["uid"]) for row in rows}
    last = max((day for found in sightings.values() for day in pd.to_datetime(found["date_after"]) if pd.notna(day)),
               default=None)  # fmt: skip
    day = last.date() if last is not None else None
    wanted = {run for found in sightings.values() for run in found["run"]}
    runs = [run_row(row) for row in cases.read(data, "case_run").to_dict("records") if row["uid"] in wanted]
    missing: list[tuple[str, Mapping[str, Any]]] = []
    scenes = _scenes(runs, data, missing)
    licences = licences_of(data, None, crs)
    law = table_on(day, data)
    names = {str(run["uid"]): str(run["parameters"].get("series") or "") for run in runs}
    files = tuple(
        replace(
            _file(row, sightings[row["uid"]], scenes, data, crs, law, bands, missing),
            series=_series(data, [names[run] for run in sightings[row["uid"]]["run"]], row["geometry"], crs),
        )
        for row in rows
    )
    valid = ended = None
    if licences is not None and day is not None:
        valid, ended = in_force(licences, day), not_in_force(licences, day)
    return Facts(
        data, crs, files, tuple(runs), tuple(scenes), valid, ended, read_around(data, crs), law,
        _totals(every, rows, law), tuple(missing),
    )  # fmt: skip


def _series(data: Path, names: Sequence[str], ground: Any, crs: str) -> Mapping[str, Any] | None:
    """The values of the case over all dates of the series that found it, else of one that it lies in; None: in none."""
    for name in dict.fromkeys([*reversed([name for name in names if name]), *series_in(data)]):
        try:
            return chart(data, name, ground, CRS.from_user_input(crs))
        except DothiError:  # ended, or rebuilt elsewhere: the two dates still stand for it
            continue
    return None


def run_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of ``case_run`` with its JSON read."""
    return {str(k): json.loads(v) if k in ("parameters", "scenes", "licences", "found") and isinstance(v, str) else v
            for k, v in row.items()}  # fmt: skip


def _scenes(
    runs: Sequence[Mapping[str, Any]], data: Path, missing: list[tuple[str, Mapping[str, Any]]]
) -> list[SceneFile]:
    found: dict[str, SceneFile] = {}
    for record in (one for run in runs for one in run["scenes"] or ()):
        key = str(record.get("sha256") or record.get("path"))
        if key in found:
            continue
        path = located(record, data)
        same = product_checksum(path) == record.get("sha256") if path is not None else None
        if not same:
            missing.append(("scene_gone" if path is None else "scene_changed", {"name": record.get("name")}))
        found[key] = SceneFile(record, path, same)
    return sorted(found.values(), key=lambda one: (one.record.get("date") or "", str(one.record.get("name"))))


def _file(
    case: Mapping[str, Any],
    sightings: gpd.GeoDataFrame,
    scenes: Sequence[SceneFile],
    data: Path,
    crs: str,
    law: LawTable | None,
    bands: Sequence[str],
    missing: list[tuple[str, Mapping[str, Any]]],
) -> CaseFile:
    before, after = pd.to_datetime(sightings["date_before"]).min(), pd.to_datetime(sightings["date_after"]).max()
    chosen = tuple(_on(scenes, one.date() if pd.notna(one) else None) for one in (before, after))
    view = chip_view(case["geometry"])
    looks = tuple(_look(one, view, crs, bands, missing) for one in chosen)
    indices = {}
    for scene in scenes:
        if scene.same and scene.path and scene.day:
            try:
                indices[scene.day] = indices_of(scene.path, case["geometry"], crs)
            except DothiError as error:
                missing.append((error.code, error.arguments))
    return CaseFile(
        case, cases.of_case(data, "case_event", case["uid"]), sightings,
        cases.of_case(data, "case_evidence", case["uid"]), (looks[0], looks[1]), (chosen[0], chosen[1]),
        _proposal(case, law), indices,
    )  # fmt: skip


def _on(scenes: Sequence[SceneFile], day: date | None) -> SceneFile | None:
    return next((one for one in scenes if day is not None and one.day == day), None)


def _look(
    scene: SceneFile | None, view: Any, crs: str, bands: Sequence[str], missing: list[tuple[str, Mapping[str, Any]]]
) -> Look | None:
    if scene is None or scene.path is None or not scene.same:
        return None
    try:
        return look(scene.path, view, crs, bands)
    except DothiError as error:
        missing.append((error.code, error.arguments))
        return None


def _proposal(case: Mapping[str, Any], law: LawTable | None) -> Proposal | None:
    numbers = [case[name] for name in ("outside_low_m2", "outside_m2", "outside_high_m2", "distance_m")]
    if law is None or any(pd.isna(value) for value in numbers) or case["relation"] in ("inside", "none"):
        return None
    if not law.concerns(case["change_class"]):
        return None
    low, area, high, distance = (float(value) for value in numbers)
    return propose(law, low, area, high, contiguous=distance <= TOLERANCE_M)


def _totals(every: gpd.GeoDataFrame, rows: Sequence[Mapping[str, Any]], law: LawTable | None) -> dict[str, Proposal]:
    """Per licence of these cases what *all* cases that touch it add up to: the law counts the total of one licence.

    Rejected and merged cases are left out; so is ground that does not touch the licence.
    """
    if law is None:
        return {}
    alive = every[every["merged_into"].isna() & (every["status"] != "rejected")]
    alive = alive[alive["relation"].isin(["straddling", "outside", "tolerance"]) & (alive["distance_m"] <= TOLERANCE_M)]
    alive = alive[[law.concerns(kind) for kind in alive["change_class"]]] if len(alive) else alive
    made = {}
    for code in dict.fromkeys(str(row["concession_code"]) for row in rows if isinstance(row["concession_code"], str)):
        held = alive[alive["concession_code"] == code]
        sums = [float(np.nansum(held[name].to_numpy(float))) for name in
                ("outside_low_m2", "outside_m2", "outside_high_m2")]  # fmt: skip
        proposal = propose(law, *sums, contiguous=True)
        if proposal is not None:
            made[code] = proposal
    return made


def province_of(data: Path) -> str:
    """The name that the data set gives its province, or nothing."""
    return str(dataset.meta(data).get("province") or "")

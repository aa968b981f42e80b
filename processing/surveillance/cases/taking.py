"""From the alerts of a run to cases: the same place is the same case, a new one is raised, a rejected one stays away.

All of a run goes into one transaction. A finding that is already in a case (the same shape, days and kind, from
whatever run) is passed over, so taking a run twice, or a repeated run, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....layers.errors import InputError
from ....layers.report import SILENT, Report
from ....store import case_changes, coordinates, dataset, runs
from ....store.case_changes import Changes
from ....store.watches import Watch
from .areas import real_growth
from .matching import Matching, candidates, same_family
from .places import EDGE_M, described, footprint
from .provenance import licences_of, recorded
from .watching import matches

# What of an alert its sighting keeps, under the same name.
_KEPT = (
    "code", "date_before", "date_after", "change_class", "reason_vi", "reason_en", "confidence", "area_m2",
    "area_low_m2", "area_high_m2", "edge_m", "relation", "licence_state", "concession", "concession_code",
    "expired_code", "outside_m2", "outside_low_m2", "outside_high_m2", "distance_m", "surroundings", "method",
)  # fmt: skip
_ASLEEP = ("rejected", "closed")


@dataclass
class Taken:
    """What became of the alerts of a run: codes of cases, and numbers of alerts.

    ``seen`` were seen again without growing; ``kept_away`` were rejected or closed and did not grow enough;
    ``joins`` tells alerts that lie on several cases: (the case that has it now, the others).
    """

    run: str
    alerts: int = 0
    passed_over: int = 0
    not_watched: int = 0
    raised: list[str] = field(default_factory=list)
    grew: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    kept_away: list[str] = field(default_factory=list)
    joins: list[tuple[str, list[str]]] = field(default_factory=list)


def take(
    data: Path,
    run: Path,
    *,
    watches: Sequence[Watch] = (),
    matching: Matching = Matching(),  # noqa: B008 - frozen
    tolerance_m: float = 10.0,
    author: str = "",
    report: Report = SILENT,
) -> Taken:
    """Bring the alerts of ``run`` (those that one of ``watches`` takes, if any are given) into the cases of ``data``.

    Raises :class:`InputError` for a run without alerts and for damaged files, :class:`EnvironmentTroubleError` where
    another program holds the cases; nothing is changed then.
    """
    if "alert" not in dataset.layers_in(run):
        raise InputError("case.run_without_alerts", run=run.name)
    frame = dataset.read(run, "alert")
    taken = Taken(run.name, alerts=len(frame))
    if watches:
        wanted = np.logical_or.reduce([matches(frame, watch) for watch in watches])
        taken.not_watched = int((~wanted).sum())
        frame = frame[wanted].reset_index(drop=True)
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty & frame.geometry.is_valid].reset_index(drop=True)
    if frame.empty:
        return taken
    report.progress(0.1, "case.step_scenes")
    provenance = recorded(data, run, report)
    report.progress(0.8, "case.step_match")
    with case_changes.changing(data, coordinates.code_of(frame.crs)) as changes:
        frame = coordinates.to(frame, changes.crs).assign(key=keys(frame))
        known = changes.rows("case_sighting")
        fresh = frame[~frame["key"].isin(known["key"])].drop_duplicates("key").reset_index(drop=True)
        taken.passed_over = len(frame) - len(fresh)
        if len(fresh):
            _keep_run(changes, provenance)
            licences = licences_of(data, provenance["parameters"].get("concessions"), changes.crs)
            _Taking(changes, known, licences, provenance, matching, tolerance_m, author, taken).all(fresh)
    report.progress(1.0)
    return taken


def keys(alerts: gpd.GeoDataFrame) -> list[str]:
    """What makes a finding the same finding: SHA-256 of shape (to the centimetre, any order of corners), days, kind."""
    shapes = shapely.to_wkb(shapely.normalize(shapely.set_precision(alerts.geometry.to_numpy(), 0.01)), byte_order=1)
    kinds = alerts["change_class"] if "change_class" in alerts.columns else [None] * len(alerts)
    made = []
    for shape, before, after, kind in zip(shapes, alerts["date_before"], alerts["date_after"], kinds, strict=True):
        words = "|".join("" if pd.isna(word) else str(word)[:10] for word in (before, after))
        made.append(hashlib.sha256(shape + f"|{words}|{kind or ''}".encode()).hexdigest())
    return made


def _keep_run(changes: Changes, provenance: Mapping[str, Any]) -> None:
    known = changes.rows("case_run")
    if provenance["uid"] not in set(known["uid"]):
        changes.insert("case_run", **provenance, taken_at=changes.now)


class _Taking:
    """One run on its way into the cases, within the transaction ``changes``."""

    def __init__(
        self,
        changes: Changes,
        sightings: gpd.GeoDataFrame,
        licences: gpd.GeoDataFrame | None,
        provenance: Mapping[str, Any],
        matching: Matching,
        tolerance_m: float,
        author: str,
        taken: Taken,
    ) -> None:
        self.changes, self.licences, self.provenance = changes, licences, provenance
        self.matching, self.tolerance_m, self.author, self.taken = matching, tolerance_m, author, taken
        rows = changes.rows("case")
        self.cases = rows[rows["merged_into"].isna() & rows.geometry.notna()].reset_index(drop=True)
        self.sightings = sightings
        self.events = changes.rows("case_event")

    def all(self, alerts: gpd.GeoDataFrame) -> None:
        """Give every alert to its case, or a case to it."""
        of_case: dict[int, list[int]] = {}
        others: dict[int, list[str]] = {}
        matched: set[int] = set()
        for row, place, _ in candidates(alerts.geometry.to_numpy(), self.cases.geometry.to_numpy(), self.matching):
            if not same_family(_text(alerts["change_class"].iloc[row]), _text(self.cases["change_class"].iloc[place])):
                continue
            if row in matched:
                others.setdefault(row, []).append(str(self.cases["code"].iloc[place]))
            else:
                of_case.setdefault(place, []).append(row)
                matched.add(row)
        for place, rows in sorted(of_case.items()):
            self._again(self.cases.iloc[place], alerts.iloc[rows])
            also = sorted({code for row in rows for code in others.get(row, [])})
            if also:
                self.taken.joins.append((str(self.cases["code"].iloc[place]), also))
        for row in range(len(alerts)):
            if row not in matched:
                self._raise(alerts.iloc[[row]])

    def _raise(self, alert: gpd.GeoDataFrame) -> None:
        columns = described(alert, self.licences, self.tolerance_m)
        year = (columns["last_seen"] or self.changes.now.date()).year
        code = self.changes.next_code(year)
        now = self.changes.now
        uid = self.changes.insert(
            "case", code=code, status="new", raised_at=now, updated_at=now, revision=0,
            simulated=self.provenance["simulated"], **columns,
        )  # fmt: skip
        number = self.changes.event(uid, "raised", author=self.author, status="new", area_m2=columns["area_m2"])
        self._sight(uid, alert, number)
        self.taken.raised.append(code)

    def _again(self, case: pd.Series, alerts: gpd.GeoDataFrame) -> None:
        """New sightings of a known place: it grew, was only seen again, or comes back although it was put aside."""
        known = self.sightings[self.sightings["case"] == case["uid"]]
        whole = gpd.GeoDataFrame(pd.concat([known, alerts], ignore_index=True), geometry="geometry", crs=known.crs)
        edge = float(pd.to_numeric(whole["edge_m"]).fillna(EDGE_M).max())
        ground = footprint(whole)
        grown = round(float(real_growth(ground, case["geometry"], edge).area), 1)
        kind, status, code = "grew" if grown > 0 else "seen", str(case["status"]), str(case["code"])
        more: dict[str, Any] = {}
        if status in _ASLEEP:
            since = round(float(real_growth(ground, self._put_aside(case, known), edge).area), 1)
            if since >= self.matching.regrow_m2:
                kind, status, grown = "reopened", "new", since
                more = {"status": "new", "withdrawn_at": None}
        columns = described(whole, self.licences, self.tolerance_m)
        number = self.changes.event(
            case["uid"], kind, author=self.author, status=status, area_m2=columns["area_m2"],
            grown_m2=grown if kind != "seen" else None,
        )  # fmt: skip
        self.changes.update("case", case["uid"], **columns, **more)
        self._sight(case["uid"], alerts, number)
        if status in _ASLEEP:
            self.taken.kept_away.append(code)
        else:
            {"grew": self.taken.grew, "seen": self.taken.seen, "reopened": self.taken.reopened}[kind].append(code)

    def _put_aside(self, case: pd.Series, known: gpd.GeoDataFrame) -> Any:
        """The ground of a case as it was when somebody last rejected or closed it."""
        events = self.events[(self.events["case"] == case["uid"]) & (self.events["kind"] == "status")]
        aside = events[events["status"].isin(_ASLEEP)]["number"].max()
        before = known[known["event"] < aside] if pd.notna(aside) else known
        return footprint(before if len(before) else known)

    def _sight(self, case: str, alerts: gpd.GeoDataFrame, number: int) -> None:
        for row in alerts.to_dict("records"):
            values = {name: _plain(row.get(name)) for name in _KEPT}
            self.changes.insert(
                "case_sighting", case=case, key=row["key"], alert=row["uid"], run=self.provenance["uid"], event=number,
                geometry=row["geometry"], **values,
            )  # fmt: skip


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.date()
    return None if value is None or (not isinstance(value, (list, dict)) and pd.isna(value)) else value


def newest_run(data: Path) -> Path:
    """The newest run with alerts. Raises :class:`InputError` where there is none."""
    for path in runs.runs(data):
        if "alert" in dataset.layers_in(path):
            return path
    raise InputError("case.no_run", data=str(data))

"""All rules over the layers of one data set: frames in, findings out. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ...layers.report import SILENT, Report, Stage
from .columns import Mask, absent, nothing, numbers, pick, words
from .findings import Subjects, new_uids, write_down
from .judge import judge
from .land_use import against_zones, refusals
from .lots import UNSTATED, States, built_on, lots_of_buildings, zone_states
from .measures import MEASURES
from .overlay import Geometries, Indices, Overlay, no_overlay, overlay
from .rules import Compatibility, Rule
from .soundness import polygons
from .streets import Streets, beyond_red_line, frontages, fronts, streets


@dataclass(frozen=True)
class Layers:
    """The layers of a data set in one projected system in metres; None where the data set has none.

    Frames carry the fields of the catalogue; ``parcel`` is always there, ``building`` where a rule asks for it.
    """

    parcel: gpd.GeoDataFrame
    building: gpd.GeoDataFrame | None = None
    planned_zone: gpd.GeoDataFrame | None = None
    street_centreline: gpd.GeoDataFrame | None = None
    street_boundary: gpd.GeoDataFrame | None = None
    red_line: gpd.GeoDataFrame | None = None


def layers_needed(rules: Sequence[Rule], states: States) -> set[str]:
    """Ids of the layers that ``rules`` look at; zones only where they decide something."""
    subjects = {MEASURES[rule.measure].subject for rule in rules}
    needed = {"parcel"}
    if subjects - {"use"}:
        needed.add("building")
    if subjects & {"front", "building"}:
        needed |= {"street_centreline", "street_boundary", "red_line"}
    if "use" in subjects or states.area is None or states.plan is None:
        needed.add("planned_zone")
    return needed


class Scene:
    """The measured map. Each thing is measured once, when the first rule asks for it."""

    def __init__(
        self, layers: Layers, matrix: Compatibility | None, states: States, sliver_m2: float, report: Report = SILENT
    ) -> None:
        self.layers = layers
        self.matrix = matrix
        self.states = states
        self.sliver_m2 = sliver_m2
        self.report = report
        self.lots, self.lot_flaw = polygons(layers.parcel.geometry.to_numpy(), "parcel.geometry")

    @cached_property
    def zones(self) -> tuple[pd.DataFrame, Geometries]:
        """The planned zones that can be measured."""
        frame = self.layers.planned_zone
        if frame is None:
            return pd.DataFrame({name: [] for name in ("uid", "code", "land_use")}, dtype=object), np.zeros(
                0, dtype=object
            )
        shapes, flaw = polygons(frame.geometry.to_numpy(), "planned_zone.geometry")
        for uid in frame["uid"][~absent(flaw)]:
            self.report.message("zoning.zone_unsound", level="warning", uid=str(uid))
        return frame.drop(columns=frame.geometry.name), shapes

    @cached_property
    def zoning(self) -> Overlay:
        """Lots against zones, with the shape of the parts whose use the zone refuses."""

        def tell(share: float) -> None:
            self.report.progress(share, "zoning.step_overlay")

        tell(0.0)
        uses = self.layers.parcel["land_use"].to_numpy(dtype=object)
        wanted = refusals(uses, self.zones[0]["land_use"].to_numpy(dtype=object), self.matrix)
        return overlay(self.lots, self.zones[1], wanted=wanted, progress=tell)

    @cached_property
    def lot_states(self) -> pd.DataFrame:
        """Area state and plan state of each lot."""
        frame, _ = self.zones
        decided = self.states.area is not None and self.states.plan is not None
        shared = no_overlay() if decided else self.zoning
        return zone_states(frame, shared, shapely.area(self.lots), self.states)

    @cached_property
    def buildings(self) -> gpd.GeoDataFrame:
        """The building layer."""
        if self.layers.building is None:
            raise ValueError("no building layer")
        return self.layers.building

    @cached_property
    def shapes(self) -> tuple[Geometries, NDArray[np.object_]]:
        """Buildings that can be measured, and the flaw of the others."""
        return polygons(self.buildings.geometry.to_numpy(), "building.geometry")

    @cached_property
    def standing(self) -> Overlay:
        """Buildings against lots."""
        self.report.progress(0.0, "zoning.step_buildings")
        return overlay(self.shapes[0], self.lots)

    @cached_property
    def on_lots(self) -> tuple[list[list[int]], NDArray[np.object_]]:
        """The lots of each building."""
        return lots_of_buildings(self.standing, self.shapes[0], len(self.buildings))

    @cached_property
    def known_streets(self) -> Streets:
        """Streets with their land and red lines."""
        self.report.progress(0.0, "zoning.step_streets")
        centrelines = self.layers.street_centreline
        if centrelines is None:
            names = ["uid", "code", "name", "width_m", "road_class"]
            centrelines = gpd.GeoDataFrame({name: [] for name in names}, geometry=[], dtype=object)
        return streets(centrelines, self.layers.street_boundary, self.layers.red_line)

    def _unmeasured_lots(self) -> Mask:
        """Lots on which a building stands whose geometry cannot be measured."""
        at = np.flatnonzero(~absent(self.shapes[1]))
        marked = np.zeros(len(self.lots), dtype=bool)
        broken = self.buildings.iloc[at]
        marked |= self.layers.parcel["uid"].isin(broken["parcel"].dropna()).to_numpy()
        repaired = shapely.make_valid(broken.geometry.to_numpy())
        _, lot = shapely.STRtree(self.lots).query(repaired, predicate="intersects")
        marked[lot] = True
        return marked

    def subjects(self, kind: str) -> Subjects:
        """What rules of ``kind`` (see ``measures``) are about."""
        made: Subjects = getattr(self, f"_{kind}")
        return made

    @cached_property
    def _lot(self) -> Subjects:
        parcel = self.layers.parcel
        table = built_on(
            parcel, self.lots, self.lot_flaw, self.buildings, self.shapes[0], self.standing, self._unmeasured_lots()
        )
        frame = pd.concat([_named(parcel), table, self.lot_states], axis=1)
        covered = frame.pop("parts").to_numpy(dtype=object)
        return Subjects("parcel", frame, parcel.geometry.to_numpy(), lambda at, _limit: covered[at])

    @cached_property
    def _use(self) -> Subjects:
        parcel, (zones, shapes) = self.layers.parcel, self.zones
        use = against_zones(parcel, self.lots, zones, shapes, self.zoning, self.matrix, self.sliver_m2)
        frame = pd.concat([_named(parcel), use.table, self.lot_states[["plan_state", "approved_on"]]], axis=1)
        frame["flaw"] = self.lot_flaw
        if self.matrix is not None:
            frame["status"] = pick(use.by_matrix, self.matrix.status)
            frame["source"] = pick(use.by_matrix, self.matrix.source.citation)
        return Subjects("parcel", frame, parcel.geometry.to_numpy(), lambda at, _limit: use.refused[at])

    @cached_property
    def _front(self) -> Subjects:
        shapes, flaw = self.shapes
        on_lots, lotless = self.on_lots
        used = np.unique([lot for lots in on_lots for lot in lots]).astype(np.intp)
        only = nothing(len(self.lots))
        only[used] = self.lots[used]
        rows = fronts(shapes, on_lots, frontages(only, self.known_streets), self.known_streets)
        at = rows["building"].to_numpy()
        frame = pd.concat([_named(self.buildings).iloc[at].reset_index(drop=True), rows], axis=1)
        frame["flaw"] = pick(absent(flaw), lotless, flaw)[at]
        frame["height"] = numbers(self.buildings, "height_m")[at]
        frame["use"] = self.buildings["use"].to_numpy(dtype=object)[at]
        frame["street"] = frame.pop("label")
        frame = pd.concat([frame, self._states_at(at)], axis=1)
        lines = frame.pop("line").to_numpy(dtype=object)

        def too_close(rows_at: Indices, limit: NDArray[np.float64]) -> Geometries:
            return shapely.intersection(shapes[at[rows_at]], shapely.buffer(lines[rows_at], limit))

        return Subjects("building", frame, self.buildings.geometry.to_numpy()[at], too_close)

    @cached_property
    def _building(self) -> Subjects:
        shapes, flaw = self.shapes
        area, beyond, names = beyond_red_line(shapes, self.known_streets)
        frame = _named(self.buildings).assign(beyond=area, street=names, flaw=flaw)
        frame = pd.concat([frame, self._states_at(np.arange(len(frame)))], axis=1)
        return Subjects("building", frame, self.buildings.geometry.to_numpy(), lambda at, _limit: beyond[at])

    def _states_at(self, buildings: Indices) -> pd.DataFrame:
        """The states of the lot that holds most of each building; those of the job where it stands on none."""
        lot = np.array([lots[0] if lots else -1 for lots in self.on_lots[0]], dtype=np.intp)[buildings]
        off = pd.DataFrame([{"area": self.states.area, "plan_state": self.states.plan}], dtype=object)
        return pd.concat([self.lot_states, off], ignore_index=True).iloc[lot].reset_index(drop=True)


def _named(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    code, uid = words(frame, "code"), words(frame, "uid")
    return pd.DataFrame({"uid": uid, "code": pick(absent(code), uid, code)})


def check(
    layers: Layers,
    rules: Sequence[Rule],
    on: date,
    *,
    matrix: Compatibility | None = None,
    states: States = UNSTATED,
    brief: bool = False,
    report: Report = SILENT,
) -> gpd.GeoDataFrame:
    """The findings of ``rules`` on the day ``on``: one row per rule and subject, columns of ``findings.COLUMNS``.

    ``states`` overrides what the zones say; ``brief`` leaves out the sentences of passes. A matrix that is not valid on
    the day counts as none.
    """
    if matrix is not None and not matrix.valid.first <= on <= matrix.valid.last:
        matrix = None
    sliver = max((rule.tolerance for rule in rules if rule.measure == "misused_area"), default=0.0)
    scene = Scene(layers, matrix, states, sliver, Stage(report, 0.0, 0.6))
    tables = []
    for done, rule in enumerate(rules):
        subjects = scene.subjects(MEASURES[rule.measure].subject)
        report.progress(0.6 + 0.4 * done / len(rules), "zoning.step_judge")
        tables.append(write_down(judge(rule, subjects.frame, on), subjects, brief=brief))
    found = pd.concat(tables, ignore_index=True)
    found.insert(0, "uid", new_uids(len(found)))
    return gpd.GeoDataFrame(found, geometry="geometry", crs=layers.parcel.crs)

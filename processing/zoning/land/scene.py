"""The measured map that all subjects are built from: each thing is measured once, when the first rule asks for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....layers.report import SILENT, Report
from ....store.drawn import Drawn
from ..columns import Mask, absent, words
from ..rulebook.rules import Compatibility
from ..table import ColumnTable, named, when
from .land_use import refusals
from .layers import Layers, drawn, table
from .lot_edges import Edges, positions, typed_edges
from .lots import OnLots, States, built_on, zone_states
from .overlay import Geometries, Indices, Overlay, every_pair, overlay
from .shapes import Shapes
from .soundness import measurable, measured, polygons, repaired
from .streets import Frontages, Streets, frontages, streets
from .threads import each

# What does not wait for each other, by the layers that it is measured on.
_FIRST = {"standing": {"parcel", "building"}, "lot_states": {"parcel", "planned_zone"}}
# What is long in coming and asked for late, if at all.
_LATER = {"frontages": {"parcel", "building", "street_boundary", "red_line"}}


class Scene:
    """What is on the map, and how its parts lie to each other."""

    def __init__(
        self, layers: Layers, matrix: Compatibility | None, states: States, sliver_m2: float, report: Report = SILENT
    ) -> None:
        self.layers = layers
        self.matrix = matrix
        self.states = states
        self.sliver_m2 = sliver_m2
        self.report = report

        self._sound: dict[str, tuple[Geometries, NDArray[np.object_]]] = {}

    def measure(self, reads: Sequence[Collection[str]]) -> None:
        """Measure together what many kinds of subjects ask for first; ``reads`` are the layers of each kind."""
        there = [self.layers.keys() & set(one) for one in reads]
        first = [name for name, layers in _FIRST.items() if any(layers <= one for one in there)]
        if len(first) == len(_FIRST):
            self.ground  # noqa: B018 - both look at it
            list(each(lambda name: getattr(self, name), first))

    def late(self, reads: Collection[str]) -> list[str]:
        """What a kind of subjects with these layers asks for that is long in coming."""
        return [name for name, layers in _LATER.items() if layers <= self.layers.keys() & set(reads)]

    def measure_later(self, reads: Sequence[Collection[str]]) -> None:
        """Measure what the last kinds of subjects ask for, on the thread of the caller, while the first are judged."""
        for name in dict.fromkeys(name for one in reads for name in self.late(one)):
            getattr(self, name)  # whoever asks meanwhile waits for it, or measures it too (from Python 3.12 on)

    def forget(self) -> None:
        """Give up what only measuring needs: all kinds of subjects are built."""
        for name in {"_parcels", "_footprints"} & self.__dict__.keys():
            self.__dict__[name][0].forget()

    def sound(self, layer_id: str) -> tuple[Geometries, NDArray[np.object_]]:
        """The geometries of any layer that can be measured (None where one cannot), and the flaw of the others."""
        if layer_id not in self._sound:
            self._sound[layer_id] = measurable(self.layers[layer_id].geometry.to_numpy(), f"{layer_id}.geometry")
        return self._sound[layer_id]

    @cached_property
    def _parcels(self) -> tuple[Shapes, NDArray[np.object_]]:
        return measured(self.whole_lots, "parcel.geometry")

    @property
    def parcels(self) -> pd.DataFrame:
        """The fields of the parcel layer."""
        return table(self.layers, "parcel")

    @property
    def whole_lots(self) -> Geometries | Drawn:
        """The lots as they are drawn, also those that cannot be measured."""
        return drawn(self.layers, "parcel")

    @property
    def ground(self) -> Shapes:
        """Lots that can be measured, None where one cannot: all other layers are set against them."""
        return self._parcels[0]

    @cached_property
    def lots(self) -> Geometries:
        """The shapes of the :attr:`ground`, all of them made."""
        return np.asarray(self._parcels[0].given, dtype=object)

    @property
    def lot_flaw(self) -> NDArray[np.object_]:
        """The flaw of the lots that cannot be measured."""
        return self._parcels[1]

    @cached_property
    def named_lots(self) -> ColumnTable:
        """Identifier and code of every lot."""
        return named(self.parcels)

    @cached_property
    def named_buildings(self) -> ColumnTable:
        """Identifier and code of every building."""
        return named(self.buildings)

    @cached_property
    def zones(self) -> tuple[pd.DataFrame, Geometries]:
        """The planned zones that can be measured."""
        frame = self.layers.get("planned_zone")
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
        uses = words(self.parcels, "land_use")
        wanted = refusals(uses, words(self.zones[0], "land_use"), self.matrix)
        return overlay(self.ground, self.zones[1], wanted=wanted, progress=tell)

    @cached_property
    def lot_states(self) -> ColumnTable:
        """Area state and plan state of each lot."""
        frame, _ = self.zones
        states = zone_states(frame, self.zoning, self.ground.area, self.states)
        states["lot_code"] = words(self.parcels, "code")
        return states

    @cached_property
    def buildings(self) -> gpd.GeoDataFrame:
        """The building layer."""
        return self.layers["building"]

    @cached_property
    def _footprints(self) -> tuple[Shapes, NDArray[np.object_]]:
        return measured(self.buildings.geometry.to_numpy(), "building.geometry")

    @property
    def footprints(self) -> Shapes:
        """Buildings that can be measured, None where one cannot."""
        return self._footprints[0]

    @property
    def shapes(self) -> tuple[Geometries, NDArray[np.object_]]:
        """The shapes of the :attr:`footprints`, and the flaw of the buildings that cannot be measured."""
        return np.asarray(self._footprints[0].given, dtype=object), self._footprints[1]

    @cached_property
    def standing(self) -> Overlay:
        """Buildings against lots, with the part of each building on each lot."""
        self.report.progress(0.0, "zoning.step_buildings")
        return overlay(self.footprints, self.ground, wanted=every_pair)

    @cached_property
    def on_lots(self) -> OnLots:
        """The lots of each building."""
        return OnLots.of(self.standing, self.footprints)

    @cached_property
    def known_streets(self) -> Streets:
        """Streets with their land and red lines."""
        self.report.progress(0.0, "zoning.step_streets")
        centrelines = self.layers.get("street_centreline")
        if centrelines is None:
            names = ["uid", "code", "name", "width_m", "road_class"]
            centrelines = gpd.GeoDataFrame({name: [] for name in names}, geometry=[], dtype=object)
        return streets(centrelines, self.layers.get("street_boundary"), self.layers.get("red_line"))

    @cached_property
    def frontages(self) -> Frontages:
        """The streets that the lots under buildings front."""
        used = np.zeros(len(self.ground), dtype=bool)
        used[self.on_lots.lot] = True
        return frontages(self.ground, self.known_streets, among=np.flatnonzero(used))

    @cached_property
    def on_streets(self) -> Overlay:
        """Buildings against the land of streets, with the part of each building on each."""
        return overlay(self.footprints, self.known_streets.land, wanted=every_pair)

    @cached_property
    def edges(self) -> Edges:
        """The edges of the lots by kind, with the corrections of the layer ``lot_edge``."""
        known = self.known_streets.table
        corrections = self.layers.get("lot_edge")
        if corrections is not None:
            corrections = positions(corrections, self.parcels["uid"], known["uid"])
        return typed_edges(self.lots, self.known_streets, corrections)

    @cached_property
    def built(self) -> ColumnTable:
        """What stands on each lot (``lots.built_on``)."""
        return built_on(
            self.parcels,
            self.ground,
            self.lot_flaw,
            self.buildings,
            self.footprints,
            self.standing,
            self.unmeasured_lots(),
        )

    @cached_property
    def lot_of_building(self) -> Indices:
        """The lot that holds most of each building, -1 where it stands on none."""
        return self.on_lots.main

    def unmeasured_lots(self) -> Mask:
        """Lots on which a building stands whose geometry cannot be measured."""
        at = np.flatnonzero(~absent(self.shapes[1]))
        marked = np.zeros(len(self.ground), dtype=bool)
        if len(at) == 0:
            return marked
        broken = self.buildings.iloc[at]
        marked |= self.parcels["uid"].isin(broken["parcel"].dropna()).to_numpy()
        marked[self.ground.meeting(repaired(broken.geometry.to_numpy()))[0]] = True
        return marked

    def states_of_buildings(self, buildings: Indices) -> ColumnTable:
        """The states of the lot that holds most of each building; those of the job where it stands on none."""
        return self.states_of_all.at(buildings)

    @cached_property
    def states_of_all(self) -> ColumnTable:
        """As :meth:`states_of_buildings`, of every building."""
        lot = self.lot_of_building
        made = ColumnTable({}, len(lot))
        for name in self.lot_states:
            made[name] = self.lot_states.column(name).spread(lot)
        off = lot < 0
        for name, stated in (("area", self.states.area), ("plan_state", self.states.plan)):
            made[name] = when(off, stated, made.coded(name))
        return made

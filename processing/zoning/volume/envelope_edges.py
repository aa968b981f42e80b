"""What a building keeps away from on a lot: the red lines of its streets, its sides, its back, and its forecourts.

Whether there is such an edge, and whether its place is known, is told as the builders of ``subjects`` tell it to the
check: by the typed edges of the lot, and by the building lines that divide it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely

from ..columns import words
from ..land.building_lines import forecourts
from ..land.scene import Scene
from ..land.streets import SAME_LINE_M, frontages

# The measure that keeps buildings from each kind of edge that is no street.
BY_KIND = {"side": "side_distance", "back": "back_distance"}
LINE = "building_line"


@dataclass(frozen=True)
class Edge:
    """A border of the lot from which buildings keep a distance by the rules of ``measure``.

    ``line`` is None where its place is unknown; ``inputs`` are what the rules ask for beside the height. ``ground`` is
    given instead where no distance is kept but a part of the lot stays free: the forecourt before a building line.
    """

    line: shapely.Geometry | None
    measure: str
    inputs: Mapping[str, Any]
    ground: shapely.Geometry | None = None

    @property
    def op(self) -> str:
        """The side of the limit that rules about this edge state."""
        return "at_most" if self.measure == LINE else "at_least"


def street_edges(scene: Scene, lot: int, use: str | None) -> list[Edge]:
    """The red lines before a lot, each with its street and the lot's states."""
    found = frontages(scene.lots[[lot]], scene.known_streets)
    states = scene.lot_states.row(lot)
    made = []
    for street, line in zip(found.street, found.line, strict=True):
        of = scene.known_streets.table.iloc[street]
        inputs = {
            "street": of["label"],
            "street_uid": of["uid"],
            "road_width": of["road_width"],
            "road_class": of["road_class"],
            "use": use,
            **({} if line is not None else {"distance": math.nan}),
        }
        made.append(Edge(line, "setback", states | inputs))
    return made


def border_edges(scene: Scene, lot: int, use: str | None, joined: Sequence[int] = ()) -> list[Edge]:
    """The sides and the back of a lot. What it shares with the lots ``joined`` is inside a building over all of them.

    A lot whose streets are not all known may have other sides: then their place is unknown.
    """
    inputs = scene.lot_states.row(lot) | {"use": use}
    if scene.edges.doubtful[lot]:
        return [Edge(None, measure, inputs | {"edge_distance": math.nan}) for measure in BY_KIND.values()]
    others = [other for other in joined if other != lot]
    made = []
    for kind, measure in BY_KIND.items():
        line = scene.edges.of_kind(kind, len(scene.lots))[lot]
        if line is not None and others:
            inner = shapely.buffer(shapely.union_all(scene.lots[others]), SAME_LINE_M)
            line = shapely.difference(line, inner)
        if line is not None and not shapely.is_empty(line):
            made.append(Edge(line, measure, inputs))
    return made


def forecourt_edges(scene: Scene, lot: int, use: str | None) -> list[Edge]:
    """The ground of a lot before the building lines that cross it, if any does."""
    if "building_line" not in scene.layers or scene.layers["building_line"].empty:
        return []
    lines, _ = scene.sound("building_line")
    named = pd.Index(words(scene.layers["building_line"], "street"))
    of_street = pd.Index(scene.known_streets.table["uid"]).get_indexer(named)
    ground, crossed, dangling = forecourts(scene.lots, scene.edges, lines, of_street)
    inputs = scene.lot_states.row(lot) | {"use": use}
    if dangling[lot]:
        return [Edge(None, LINE, inputs | {"beyond_line": math.nan})]
    return [Edge(None, LINE, inputs, ground[lot])] if crossed[lot] and ground[lot] is not None else []

"""Hydrants: along their street, at the kerb, on their pipe; and buildings that they must reach."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from ..columns import Words, absent, nothing, numbers, pick, words
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..table import named, when
from .model import Kind, Subjects
from .separation import MARK_M, areal

# A hydrant farther from every centreline stands on no street: half of the widest, as for lots.
STREET_M = 110.0
# Beyond this a building is told to be out of reach without a distance: no rule asks for as much.
FAR_M = 2_000.0


def spaced(scene: Scene) -> Subjects:
    """One subject per hydrant: how far along its street the next one stands; none for the last of a street."""
    hydrants, streets = scene.layers["hydrant"], scene.layers["street_centreline"]
    shapes, flaw = scene.sound("hydrant")
    lines, place, at, off = _on_streets(shapes, scene.sound("street_centreline")[0])
    along = pd.DataFrame({"line": at, "place": place, "row": np.arange(len(shapes))})
    along = along[at >= 0].sort_values(["line", "place", "row"])
    same = along["line"].eq(along["line"].shift(-1))
    spacing, following = np.full(len(shapes), np.nan), np.full(len(shapes), -1, dtype=np.intp)
    here = along["row"].to_numpy(dtype=np.intp)
    spacing[here] = (along["place"].shift(-1) - along["place"]).where(same).to_numpy()
    following[here] = along["row"].shift(-1).where(same, -1).to_numpy(dtype=np.intp)

    table = named(hydrants)
    table["flaw"] = flaw
    last = absent(flaw) & (following < 0)
    table["scope"] = when(last & off, "off_street", when(last, "last_on_street"))
    table["spacing"] = spacing
    table["street"] = _of(_labels(streets), lines[at], at)
    table["next"] = _of(table["code"], following, following)
    table["next_uid"] = _of(words(hydrants, "uid"), following, following)
    curves = _curves(scene.sound("street_centreline")[0])[0]

    def stretch(rows: Indices, _limit: NDArray[np.float64]) -> Geometries:
        made = nothing(len(rows))
        for i, row in enumerate(rows):
            made[i] = substring(curves[at[row]], place[row], place[following[row]])
        return np.asarray(shapely.buffer(made, MARK_M))

    return Subjects("hydrant", table, areal(hydrants.geometry.to_numpy()), stretch)


def kerbside(scene: Scene) -> Subjects:
    """One subject per hydrant: its distance from the kerb of its street, inside or outside the carriageway."""
    hydrants, streets = scene.layers["hydrant"], scene.layers["street_centreline"]
    shapes, flaw = scene.sound("hydrant")
    roads = scene.sound("street_centreline")[0]
    near, apart = _nearest(shapes, roads, STREET_M)
    half = numbers(streets, "carriageway_m") / 2.0
    half[~(half > 0.0)] = np.nan
    table = named(hydrants)
    table["flaw"] = flaw
    table["scope"] = when(absent(flaw) & (near < 0), "off_street")
    table["kerb"] = np.abs(apart - np.append(half, np.nan)[near])
    table["hydrant_type"] = words(hydrants, "hydrant_type")
    table["street"] = _of(_labels(streets), near, near)
    whole = areal(hydrants.geometry.to_numpy())
    return Subjects("hydrant", table, whole, lambda rows, _limit: whole[rows])


def fed(scene: Scene) -> Subjects:
    """One subject per hydrant: the diameter of the pipe that it names."""
    hydrants, pipes = scene.layers["hydrant"], scene.layers["water_pipe"]
    dn = numbers(pipes, "dn_mm").copy()
    dn[~(dn > 0.0)] = np.nan
    row = pd.Index(words(pipes, "uid")).get_indexer(pd.Index(words(hydrants, "branch_pipe_id")))
    table = named(hydrants)
    table["branch_dn"] = np.append(dn, np.nan)[row]
    table["branch_dn.lacking"] = when(row < 0, "hydrant.branch_pipe_id")
    table["pipe"] = _of(words(pipes, "code"), row, row)
    whole = areal(hydrants.geometry.to_numpy())
    return Subjects("hydrant", table, whole, lambda rows, _limit: whole[rows])


def reached(scene: Scene) -> Subjects:
    """One subject per building: from its farthest corner to the hydrant that is nearest to it."""
    hydrants = scene.layers["hydrant"]
    shapes, flaw = scene.shapes
    places = scene.sound("hydrant")[0]
    near, _ = _nearest(shapes, places, FAR_M)
    reach = np.where(near < 0, FAR_M, shapely.hausdorff_distance(shapes, _and_none(places)[near]))
    table = scene.named_buildings.beside()
    table["flaw"] = flaw
    table["reach"] = np.where(absent(flaw), reach, np.nan)
    table["use"] = words(scene.buildings, "use")
    table["hydrant"] = _of(_labels(hydrants), near, near)
    table["hydrant_uid"] = _of(words(hydrants, "uid"), near, near)

    def beyond(rows: Indices, limit: NDArray[np.float64]) -> Geometries:
        circle = shapely.buffer(_and_none(places)[near[rows]], limit, quad_segs=32)
        return pick(near[rows] < 0, shapes[rows], shapely.difference(shapes[rows], circle))

    return Subjects("building", table, scene.buildings.geometry.to_numpy(), beyond)


def _curves(roads: Geometries) -> tuple[Geometries, Indices]:
    """Centrelines as single lines, each with the row it comes from: a street in pieces is several lines."""
    merged = shapely.line_merge(roads)
    curves, of = shapely.get_parts(merged, return_index=True)
    return curves, of.astype(np.intp)


def _on_streets(
    shapes: Geometries, roads: Geometries
) -> tuple[Indices, NDArray[np.float64], Indices, NDArray[np.bool_]]:
    """The row of each line's street; for each hydrant its place along the line, the line (-1: none), and if off all."""
    curves, of = _curves(roads)
    near, _ = _nearest(shapes, curves, STREET_M)
    place = shapely.line_locate_point(_and_none(curves)[near], shapes)
    return np.append(of, -1).astype(np.intp), place, near, near < 0


def _nearest(shapes: Geometries, others: Geometries, reach: float) -> tuple[Indices, NDArray[np.float64]]:
    """For each shape the row of the nearest other (-1: none within reach), and its distance."""
    row = np.full(len(shapes), -1, dtype=np.intp)
    apart = np.full(len(shapes), np.nan)
    known = np.flatnonzero(~absent(shapes))
    tree = shapely.STRtree(others)
    found, distance = tree.query_nearest(shapes[known], max_distance=reach, return_distance=True)
    order = np.lexsort((found[1], found[0]))[::-1]  # of several that are as near the first of the layer counts
    row[known[found[0][order]]], apart[known[found[0][order]]] = found[1][order], distance[order]
    return row, apart


def _and_none(values: Words | Geometries) -> Words:
    """``values`` and None after them: what row -1 finds."""
    return np.concatenate([values, nothing(1)])


def _labels(frame: pd.DataFrame) -> Words:
    name, code = words(frame, "name"), words(frame, "code")
    return pick(absent(name), code, name)


def _of(values: Words, rows: Indices, there: Indices) -> Words:
    """``values`` at ``rows``; None where ``there`` is negative."""
    return pick(there >= 0, _and_none(values)[rows])


_STREETS = ("code", "name", "carriageway_m")
_HYDRANTS = ("code", "hydrant_type", "branch_pipe_id")
SPACED = Kind(spaced, {"hydrant": _HYDRANTS, "street_centreline": _STREETS}, required=("hydrant", "street_centreline"))
KERBSIDE = Kind(
    kerbside,
    {"hydrant": _HYDRANTS, "street_centreline": _STREETS},
    required=("hydrant", "street_centreline"),
    reach_m=STREET_M,
)
FED = Kind(fed, {"hydrant": _HYDRANTS, "water_pipe": ("code", "dn_mm")}, required=("hydrant", "water_pipe"))
REACHED = Kind(
    reached,
    {"building": ("code", "use"), "hydrant": ("code", "name")},
    required=("building", "hydrant"),
    reach_m=FAR_M,
)

"""Subjects of distances: each feature with the nearest object of every class that rules tell apart.

Objects with the same attributes face the same limit, so of those only the nearest matters. A feature with no object in
reach has one row, outside every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import Numbers, Words, absent, numbers, pick, words
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..land.separations import SEPARATIONS, Separation
from ..table import named, when
from .model import Kind, Subjects

# A point or a line has no part that is too near: the place itself is shown, this far around it.
MARK_M = 1.0


def separated(one: Separation, scene: Scene) -> Subjects:
    """The pairs of one line of the table, nearest of each class, and the subjects that are far from everything."""
    subjects, objects = _chosen(scene.layers[one.subject], one.of), _chosen(scene.layers[one.object], one.among)
    mine, flaw = _sound(scene, one.subject, subjects)
    theirs, broken = _sound(scene, one.object, objects)
    edge, edge_gap = _edges(one, objects)
    _tell_unplaced(scene, one.object, objects)
    at, to, apart = _near(mine, _searched(objects), np.nan_to_num(edge), one)
    if one.subject == one.object:
        other = subjects.index.to_numpy()[at] != objects.index.to_numpy()[to]  # nothing is apart from itself
        at, to, apart = at[other], to[other], apart[other]
    apart[~absent(broken)[to]] = np.nan
    apart = np.maximum(apart - edge[to], 0.0)
    asked = {name: _values(objects, name_of)[to] for name, name_of in one.attributes.items()}
    if one.limit:  # a width beyond what is searched could not be held: it counts as unknown
        asked[one.limit] = pick(asked[one.limit].astype(float) <= one.reach_m, asked[one.limit])
    if one.flow:
        asked["stream_side"] = stream_sides(mine[at], theirs[to], words(objects, one.flow)[to])
    keep = _nearest(at, apart, asked)
    lonely = np.setdiff1d(np.arange(len(subjects)), at)
    rows = np.concatenate([at[keep], lonely])
    order = np.argsort(rows, kind="stable")
    there = np.concatenate([np.ones(len(keep), dtype=bool), np.zeros(len(lonely), dtype=bool)])[order]
    seen = np.concatenate([to[keep], np.full(len(lonely), -1)])[order].astype(np.intp)
    rows = rows[order].astype(np.intp)

    table = named(subjects).at(rows)
    table["flaw"] = flaw[rows]
    table["scope"] = when(~there & absent(flaw[rows]), "no_object")
    table["apart"] = _spread(apart[keep], there, order, np.nan).astype(float)
    labels, uids, gaps = _labels(objects), words(objects, "uid"), pick(absent(broken), edge_gap, broken)
    for name, values in (("object", labels), ("object_uid", uids), ("apart.lacking", gaps)):
        table[name] = pick(there, values[seen] if len(values) else None)
    for name, known in asked.items():
        table[name] = _spread(known[keep], there, order, None)
    for name, name_of in one.own.items():
        table[name] = _values(subjects, name_of)[rows]

    def too_near(at_rows: Indices, limit: NDArray[np.float64]) -> Geometries:
        corridor = shapely.buffer(theirs[seen[at_rows]], limit + np.nan_to_num(edge[seen[at_rows]]))
        return areal(shapely.intersection(areal(mine[rows[at_rows]]), corridor))

    return Subjects(one.subject, table, areal(subjects.geometry.to_numpy())[rows], too_near)


def areal(shapes: Geometries) -> Geometries:
    """Areas as they are; points and lines as the ground just around them, so that they can be shown as areas."""
    thin = shapely.get_dimensions(shapes) < 2
    made = np.array(shapes, dtype=object)
    made[thin] = shapely.buffer(made[thin], MARK_M)
    return made


def stream_sides(subjects: Geometries, intakes: Geometries, bearings: Words) -> Words:
    """``upstream`` or ``downstream`` of intakes whose water flows towards ``bearings``, degrees from north; or None."""
    bearing = np.radians(np.array([np.nan if value is None else value for value in bearings], dtype=float))
    line = shapely.shortest_line(intakes, subjects)
    start, end = shapely.get_point(line, 0), shapely.get_point(line, -1)
    east, north = shapely.get_x(end) - shapely.get_x(start), shapely.get_y(end) - shapely.get_y(start)
    along = east * np.sin(bearing) + north * np.cos(bearing)
    return pick(np.isfinite(along), np.where(along < 0, "upstream", "downstream").astype(object))


def _chosen(frame: gpd.GeoDataFrame, among: tuple[str, tuple[str, ...]] | None) -> gpd.GeoDataFrame:
    """The features meant, with their place in the layer as index."""
    if among is None:
        return frame
    name, values = among
    given = words(frame, name)
    meant = np.isin(given.astype(str), values) & ~absent(given) if values else ~absent(given)
    return frame[meant]


def _sound(scene: Scene, layer_id: str, frame: gpd.GeoDataFrame) -> tuple[Geometries, Words]:
    shapes, flaw = scene.sound(layer_id)
    at = frame.index.to_numpy(dtype=np.intp)
    return shapes[at], flaw[at]


def _tell_unplaced(scene: Scene, layer_id: str, objects: gpd.GeoDataFrame) -> None:
    """Objects without a place protect nothing that could be found: people are told, nobody guesses."""
    nowhere = absent(_searched(objects)) | shapely.is_empty(objects.geometry.to_numpy())
    for uid in words(objects, "uid")[nowhere]:
        scene.report.message("zoning.object_unplaced", level="warning", layer=layer_id, uid=str(uid))


def _searched(objects: gpd.GeoDataFrame) -> Geometries:
    """Where objects lie, also those that cannot be measured: who is near one of these cannot be judged."""
    given = shapely.force_2d(objects.geometry.to_numpy())
    odd = ~shapely.is_valid(given) & ~absent(given)
    finite = np.array([np.isfinite(shapely.get_coordinates(shape)).all() for shape in given], dtype=bool)
    given = pick(finite & ~absent(given), given)
    given[odd & finite] = shapely.make_valid(given[odd & finite])
    return given


def _edges(one: Separation, objects: gpd.GeoDataFrame) -> tuple[Numbers, Words]:
    """How far outside the drawn line each object begins, and what is missing where that is not known."""
    if not one.edge:
        return np.zeros(len(objects)), pick(np.zeros(len(objects), dtype=bool), None)
    edge = numbers(objects, one.edge) * one.edge_share
    edge[~(edge >= 0.0) | (edge > one.edge_most_m)] = np.nan
    return edge, pick(np.isnan(edge), f"{one.object}.{one.edge}")


def _near(
    mine: Geometries, theirs: Geometries, edge: Numbers, one: Separation
) -> tuple[Indices, Indices, NDArray[np.float64]]:
    """Pairs of subjects and objects within reach of each other, with their distance."""
    tree = shapely.STRtree(mine)
    to, at = tree.query(theirs, predicate="dwithin", distance=one.reach_m + edge)
    apart = shapely.distance(mine[at], theirs[to])
    return at.astype(np.intp), to.astype(np.intp), np.asarray(apart, dtype=float)


def _nearest(at: Indices, apart: Numbers, asked: Mapping[str, Words]) -> Indices:
    """The nearest pair of each subject and class, in the subjects' order. What cannot be measured comes first."""
    table = pd.DataFrame({"at": at, **asked})
    table["class"] = table.groupby(list(asked), dropna=False, sort=False).ngroup() if asked else 0
    order = np.lexsort((np.nan_to_num(apart, nan=-1.0), table["class"].to_numpy(), at))
    first = ~table.iloc[order].duplicated(["at", "class"]).to_numpy()
    return np.asarray(order[first], dtype=np.intp)


def _values(frame: gpd.GeoDataFrame, name: str) -> Words:
    """A field; of numbers only those that a thing can have."""
    given = words(frame, name)
    if any(isinstance(value, str) for value in given):
        return given
    found = numbers(frame, name)
    return pick(found > 0.0, found)


def _labels(objects: gpd.GeoDataFrame) -> Words:
    name, code = words(objects, "name"), words(objects, "code")
    return pick(absent(name), code, name)


def _spread(values: NDArray[np.generic], there: NDArray[np.bool_], order: Indices, nothing: float | None) -> Words:
    """``values`` of the pairs on the rows of all subjects."""
    made = np.full(len(there), nothing, dtype=object)
    joined = np.concatenate([values.astype(object), np.full(len(there) - len(values), nothing, dtype=object)])
    made[:] = joined[order]
    return made


def _kind(one: Separation) -> Kind:
    build: Callable[[Scene], Subjects] = partial(separated, one)
    theirs = {*one.attributes.values(), *(value for value in (one.edge, one.flow) if value)}
    theirs |= {one.among[0]} if one.among else set()
    own = {*one.own.values()} | ({one.of[0]} if one.of else set())
    name = () if one.object == "building" else ("name",)
    reads: dict[str, tuple[str, ...]] = {one.subject: ("code", *sorted(own))}
    reads[one.object] = tuple(dict.fromkeys((*reads.get(one.object, ()), "code", *name, *sorted(theirs))))
    among_themselves = one.around_m if one.subject == one.object else 0.0
    return Kind(build, reads, (one.subject, one.object), reach_m=one.around_m, own_reach_m=among_themselves)


KINDS: Mapping[str, Kind] = {one.id: _kind(one) for one in SEPARATIONS}

"""Which geometries can be measured at all: the others are named, and the rest is still checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from ....store.drawn import Drawn
from ..columns import Mask, Numbers, Words, absent, nothing, pick
from .arrays import Areas, Geometries, Indices
from .segments import Outlines, Rings
from .shapes import Fit, Shapes
from .threads import by_chunks, each

# Of two products that nearly cancel each other out, this share is more than their rounding.
_CLEARLY = 1e-12
_CHUNK = 4_000  # polygons taken apart by one thread at a time


def polygons(geometries: Any, flaw: str) -> tuple[Geometries, Words]:
    """Polygons fit to be measured, None where one is not, and there the code ``flaw``.

    Null, empty, self-crossing and area-less geometries are unfit. Heights are dropped.
    """
    given = np.asarray(geometries, dtype=object)
    fit = np.asarray(by_chunks(lambda some: _areas(some, Rings.of_each(some)), given), dtype=bool)
    return _flat(given, fit), pick(fit, None, flaw)


def measured(geometries: Any, flaw: str) -> tuple[Shapes, Words]:
    """As :func:`polygons`, with outlines made of the same points that tell which are fit."""
    given = geometries if isinstance(geometries, Drawn) else np.asarray(geometries, dtype=object)
    runs = [slice(at, at + _CHUNK) for at in range(0, max(len(given), 1), _CHUNK)]
    found = list(each(lambda run: _measured(given.part(run) if isinstance(given, Drawn) else given[run]), runs))
    fit, some, area, box = zip(*found, strict=True)
    sound = np.concatenate(fit)
    flat = Fit(given, sound) if isinstance(given, Drawn) else _flat(given, sound)
    outlines = Outlines.joined(some, _shared(given, some))
    return Shapes(flat, outlines, np.concatenate(area), np.concatenate(box)), pick(sound, None, flaw)


def _shared(given: Geometries | Drawn, outlines: Sequence[Outlines]) -> Numbers | None:
    """The points of all outlines where they are the corners as they were read, one after the other."""
    if isinstance(given, Drawn) and all(np.may_share_memory(one.points, given.points) for one in outlines):
        return given.points if sum(len(one.points) for one in outlines) == len(given.points) else None
    return None


def _flat(given: Geometries, fit: Mask) -> Geometries:
    return pick(fit, shapely.force_2d(given) if shapely.has_z(given).any() else given)


def _measured(shapes: Geometries | Drawn) -> tuple[Mask, Outlines, Areas, Numbers]:
    """Which polygons are fit; the outlines, areas and boxes of these."""
    rings = Rings.of_each(shapes)
    fit = _areas(shapes, rings)
    area, box = np.full(len(shapes), np.nan), np.full((len(shapes), 4), np.nan)
    if len(rings.first):
        at = rings.of[rings.first]
        area[at] = np.abs(rings.area)
        box[at, :2] = np.minimum.reduceat(rings.points, rings.first, axis=0)
        box[at, 2:] = np.maximum.reduceat(rings.points, rings.first, axis=0)
        others = at[~rings.alone]
        area[others] = shapely.area(shapes[others])
    if fit.all():
        return fit, Outlines.around(shapes, rings), area, box
    area[~fit], box[~fit] = np.nan, np.nan
    sound = Fit(shapes, fit) if isinstance(shapes, Drawn) else pick(fit, shapes)
    return fit, Outlines.around(sound, rings.among(fit)), area, box


def measurable(geometries: Any, flaw: str) -> tuple[Geometries, Words]:
    """Geometries of any type fit to be measured, in two dimensions, None where one is not, and there ``flaw``."""
    given = np.asarray(geometries, dtype=object)
    valid = by_chunks(lambda some: _valid(some, Rings.of_each(some))[0], given)
    fit = np.asarray(valid, dtype=bool) & ~shapely.is_empty(given) & ~absent(given)
    return _flat(given, fit), pick(fit, None, flaw)


def repaired(geometries: Any) -> Geometries:
    """Geometries made valid, so that it is known where they lie; None where that is nowhere, or has no end."""
    given = np.asarray(geometries, dtype=object)
    made = nothing(len(given))
    somewhere = np.isfinite(shapely.bounds(given)).all(axis=1) if len(given) else np.zeros(0, dtype=bool)
    made[somewhere] = shapely.make_valid(given[somewhere])
    return made


def _areas(shapes: Geometries | Drawn, rings: Rings) -> Mask:
    """Which are valid and have an area."""
    fit, rest = _valid(shapes, rings)
    fit[rest] &= ~shapely.is_empty(shapes[rest]) & (shapely.get_dimensions(shapes[rest]) == 2)
    return fit


def _valid(shapes: Geometries | Drawn, rings: Rings) -> tuple[Mask, Indices]:
    """Valid is a ring that goes around a point once, always to the same side: most lots and buildings are such.

    GEOS, which looks for crossings, is asked about the others: where these are.
    """
    valid = np.zeros(len(shapes), dtype=bool)
    if len(rings.first):
        valid[rings.of[rings.first]] = rings.alone & _around_middle(rings.points, rings.first)
    rest = np.flatnonzero(~valid)
    valid[rest] = shapely.is_valid(shapes[rest])
    return valid, rest


def _around_middle(points: Numbers, first: Indices) -> Mask:
    """Which rings, whose ``points`` begin at ``first``, turn once around their middle, clearly to one side."""
    size = np.diff(first, append=len(points))
    with np.errstate(invalid="ignore", over="ignore"):  # of endless coordinates nothing is clear
        middle = np.add.reduceat(points, first, axis=0) / size[:, None]
        x, y = (points - np.repeat(middle, size, axis=0)).T.copy()
        one, other = x[:-1] * y[1:], y[:-1] * x[1:]
        turn, doubt = one - other, _CLEARLY * (np.abs(one) + np.abs(other))
    left, right = np.append(turn > doubt, True), np.append(turn < -doubt, True)
    below = y < 0.0
    rises = np.append(below[:-1] & ~below[1:], False)
    last = first + size - 1  # from there nothing leads to the next ring
    left[last], right[last], rises[last] = True, True, False
    one_way = np.logical_and.reduceat(left, first) | np.logical_and.reduceat(right, first)
    return np.asarray(one_way & (np.add.reduceat(rises, first, dtype=np.intp) == 1))


def as_multipolygons(geometries: Geometries, *, sound: bool = False) -> Geometries:
    """The area of any geometries as MultiPolygons, None where there is none.

    Self-crossing ones are repaired, so that they can be seen; ``sound`` says that there are none.
    """
    made = nothing(len(geometries))
    kind = shapely.get_type_id(geometries)
    simple = np.flatnonzero((kind == shapely.GeometryType.POLYGON) & ~shapely.is_empty(geometries))
    if len(simple):
        made[simple] = shapely.multipolygons(geometries[simple], indices=np.arange(len(simple)))
    multiple = kind == shapely.GeometryType.MULTIPOLYGON
    made[multiple] = geometries[multiple]
    made[shapely.is_empty(made)] = None
    odd = kind == shapely.GeometryType.GEOMETRYCOLLECTION
    if not sound:
        odd |= ~absent(made) & ~shapely.is_valid(made)
    for i in np.flatnonzero(odd):
        if not np.isfinite(shapely.get_coordinates(geometries[i])).all():  # beyond repair
            made[i] = None
            continue
        pieces = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometries[i])))
        flat = [piece for piece in pieces if piece.geom_type == "Polygon"]
        made[i] = shapely.MultiPolygon(flat) if flat else None
    return made

"""Which geometries can be measured at all: the others are named, and the rest is still checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from ..columns import Mask, Words, absent, nothing, pick
from .overlay import Geometries
from .threads import by_chunks


def polygons(geometries: Any, flaw: str) -> tuple[Geometries, Words]:
    """Polygons fit to be measured, None where one is not, and there the code ``flaw``.

    Null, empty, self-crossing and area-less geometries are unfit. Heights are dropped.
    """
    given = np.asarray(geometries, dtype=object)
    fit = _valid(given) & ~shapely.is_empty(given) & (shapely.get_dimensions(given) == 2)
    flat = given
    if shapely.has_z(given).any():
        flat = shapely.force_2d(given)
    return pick(fit, flat), pick(fit, None, flaw)


def measurable(geometries: Any, flaw: str) -> tuple[Geometries, Words]:
    """Geometries of any type fit to be measured, in two dimensions, None where one is not, and there ``flaw``."""
    given = np.asarray(geometries, dtype=object)
    fit = _valid(given) & ~shapely.is_empty(given) & ~absent(given)
    flat = shapely.force_2d(given) if shapely.has_z(given).any() else given
    return pick(fit, flat), pick(fit, None, flaw)


def repaired(geometries: Any) -> Geometries:
    """Geometries made valid, so that it is known where they lie; None where that is nowhere, or has no end."""
    given = np.asarray(geometries, dtype=object)
    made = nothing(len(given))
    somewhere = np.isfinite(shapely.bounds(given)).all(axis=1) if len(given) else np.zeros(0, dtype=bool)
    made[somewhere] = shapely.make_valid(given[somewhere])
    return made


def _valid(shapes: Geometries) -> Mask:
    return np.asarray(by_chunks(shapely.is_valid, shapes), dtype=bool)


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

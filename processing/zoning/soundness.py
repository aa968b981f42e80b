"""Which geometries can be measured at all: the others are named, and the rest is still checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from .columns import Words, absent, nothing, pick
from .overlay import Geometries


def polygons(geometries: Any, flaw: str) -> tuple[Geometries, Words]:
    """Polygons fit to be measured, None where one is not, and there the code ``flaw``.

    Null, empty, self-crossing and area-less geometries are unfit. Heights are dropped.
    """
    given = np.asarray(geometries, dtype=object)
    fit = shapely.is_valid(given) & ~shapely.is_empty(given) & (shapely.get_dimensions(given) == 2)
    flat = given
    if shapely.has_z(given).any():
        flat = shapely.force_2d(given)
    return pick(fit, flat), pick(fit, None, flaw)


def as_multipolygons(geometries: Geometries) -> Geometries:
    """The area of any geometries as MultiPolygons, None where there is none; self-crossing ones repaired to be seen."""
    made = nothing(len(geometries))
    kind = shapely.get_type_id(geometries)
    simple = np.flatnonzero((kind == shapely.GeometryType.POLYGON) & ~shapely.is_empty(geometries))
    if len(simple):
        made[simple] = shapely.multipolygons(geometries[simple], indices=np.arange(len(simple)))
    multiple = kind == shapely.GeometryType.MULTIPOLYGON
    made[multiple] = geometries[multiple]
    made[shapely.is_empty(made)] = None
    odd = (kind == shapely.GeometryType.GEOMETRYCOLLECTION) | (~absent(made) & ~shapely.is_valid(made))
    for i in np.flatnonzero(odd):
        pieces = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometries[i])))
        flat = [piece for piece in pieces if piece.geom_type == "Polygon"]
        made[i] = shapely.MultiPolygon(flat) if flat else None
    return made

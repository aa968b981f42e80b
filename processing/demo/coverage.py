"""One surface without gaps or overlaps: all borders noded on a millimetre grid and closed again to faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon

from .shapes import polygons_of
from .streets import Street

GRID = 0.001  # metres


def seal(pieces: Sequence[shapely.Geometry]) -> NDArray[np.object_]:
    """``pieces`` (polygons that should tile a surface, to rounding) with exactly shared borders.

    Returns one MultiPolygon per piece in the same order, coordinates on the millimetre grid. Every face between the
    borders goes to the piece that holds its inner point; what no piece holds stays out.
    """
    borders = shapely.union_all(shapely.boundary(np.asarray(pieces, dtype=object)), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([borders]))
    inner = shapely.point_on_surface(faces)
    face, piece = shapely.STRtree(list(pieces)).query(inner, predicate="intersects")
    owner = np.full(len(faces), -1)
    owner[face[::-1]] = piece[::-1]  # where two pieces hold it, the first found keeps it
    sealed = np.empty(len(pieces), dtype=object)
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(pieces) + 1))
    for k in range(len(pieces)):
        own = faces[order[starts[k] : starts[k + 1]]]
        whole = own[0] if len(own) == 1 else shapely.coverage_union_all(own)
        sealed[k] = MultiPolygon(polygons_of(shapely.normalize(whole)))
    return sealed


def street_pieces(streets: Sequence[Street], land: shapely.Geometry) -> list[shapely.Geometry]:
    """``land`` of all streets shared out among them: a crossing belongs to the widest, a corner to the nearest."""
    lines = [s.line for s in streets]
    widths = np.array([s.width_m for s in streets])
    bands = shapely.buffer(lines, widths / 2, cap_style="flat")
    borders = shapely.union_all([shapely.boundary(land), *shapely.boundary(bands)], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([borders]))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(land)
    inside = shapely.intersects(land, inner)
    faces, inner = faces[inside], inner[inside]
    owner = shapely.STRtree(lines).nearest(inner)
    face, street = shapely.STRtree(bands).query(inner, predicate="intersects")
    narrow_first = np.lexsort((-street, widths[street]))
    owner[face[narrow_first]] = street[narrow_first]  # the last to write is the widest
    return [shapely.coverage_union_all(faces[owner == k]) for k in range(len(streets))]

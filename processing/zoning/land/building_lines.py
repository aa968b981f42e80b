"""Building lines: the ground of a lot between its street and the line up to which it may be built on.

A building line divides the lots it crosses; the part that touches the red line of its street is the forecourt, which
the main building keeps free (QCVN 01:2021/BXD, 1.4.23). A line that ends inside a lot divides nothing: there the
forecourt is unknown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from ..columns import Mask, absent, nothing
from .lot_edges import Edges
from .overlay import Geometries, Indices, unions
from .streets import SAME_LINE_M

# A building line that enters a lot by less only grazes its corner.
_GRAZE_M = 1.0
_NODE_M = 1e-3  # coordinates are kept to the millimetre


def forecourts(lots: Geometries, edges: Edges, lines: Geometries, of_street: Indices) -> tuple[Geometries, Mask, Mask]:
    """Per lot: its forecourt (None: none), whether a building line crosses it, and whether one ends inside it.

    ``lines`` are building lines and ``of_street`` the position of the street of each (-1: any). Metres.
    """
    count = len(lots)
    line, lot = shapely.STRtree(lots).query(lines, predicate="intersects")
    inside = shapely.intersection(lines[line], lots[lot])
    deep = shapely.length(inside) > _GRAZE_M
    line, lot, inside = line[deep], lot[deep], inside[deep]
    # Drawn a little beyond the lot, so that line and outline surely cross; what hangs over bounds no face.
    longer = nothing(len(lines))
    used = np.unique(line)
    longer[used] = _extended(lines[used])
    drawn = shapely.intersection(longer[line], shapely.buffer(lots[lot], SAME_LINE_M, join_style="mitre"))
    along = _streets_of(edges, lot, of_street[line])
    fronting = ~absent(along)  # the line of a street that passes elsewhere rules nothing here
    lot, inside, along, drawn = lot[fronting], inside[fronting], along[fronting], drawn[fronting]
    crossed, dangling = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    if len(lot) == 0:
        return nothing(count), crossed, dangling
    # All lines of a corner lot divide it together.
    mine, group = np.unique(lot, return_inverse=True)
    inside, along, drawn = (unions(lines, group, len(mine)) for lines in (inside, along, drawn))
    network = shapely.union(shapely.boundary(lots[mine]), drawn)[:, None]
    faces, _, loose, _ = shapely.polygonize_full(network)
    parts, of = shapely.get_parts(faces, return_index=True)
    divided = np.bincount(of, minlength=len(mine)) > 1
    # What hangs inside the lot and does not run along its red line bounds nothing.
    hanging = shapely.difference(shapely.intersection(loose, lots[mine]), shapely.buffer(along, SAME_LINE_M))
    ends_inside = shapely.length(hanging) > _GRAZE_M
    crossed[mine[~ends_inside]] = True
    dangling[mine[ends_inside]] = True
    touching = shapely.length(shapely.intersection(along[of], shapely.buffer(parts, _NODE_M))) > _GRAZE_M
    taken = touching & divided[of] & ~ends_inside[of]
    return unions(parts[taken], mine[of[taken]], count), crossed, dangling


def _extended(lines: Geometries) -> Geometries:
    """Lines with both ends of every part drawn on by 0.3 m: a building line may end on a red line, not quite at it."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    made = []
    for part in parts:
        points = shapely.get_coordinates(part)
        ends = []
        for end, before in ((points[0], points[1]), (points[-1], points[-2])):
            step = end - before
            ends.append(end + step / max(float(np.hypot(*step)), 1e-9) * SAME_LINE_M)
        made.append(shapely.linestrings(np.vstack([ends[0], points, ends[1]])))
    return np.asarray(shapely.multilinestrings(np.array(made, dtype=object), indices=owner), dtype=object)


def _streets_of(edges: Edges, lot: Indices, street: Indices) -> Geometries:
    """What of the outline of each ``lot`` lies on its ``street`` (-1: any); None where nothing."""
    at = np.flatnonzero((edges.kind == "street") & np.isin(edges.lot, lot))
    wanted = pd.DataFrame({"lot": lot, "street": street, "pair": np.arange(len(lot))})
    pieces = pd.DataFrame({"lot": edges.lot[at], "of": edges.street[at], "piece": at})
    met = wanted.merge(pieces, on="lot")
    met = met[(met["street"] < 0) | (met["street"] == met["of"])]
    return edges.united(met["piece"].to_numpy(), met["pair"].to_numpy(), len(lot))

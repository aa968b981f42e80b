"""The simulated land: Bạch Đằng island, the Đồng Nai river around it, and the bank where the town lies.

EPSG:9210, metres. The island keeps to the published box (11.0097–11.0568 N, 106.7769–106.8130 E) and area (about
1,079 ha) of the commune; its outline is drawn, not surveyed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon

from .shapes import Points, Rng, curve, normals, polygons_of, wiggle

CRS = "EPSG:9210"

# Clockwise from the landing of the first bridge in the north-west.
_ISLAND = (
    (612260, 1221150), (612560, 1221640), (613040, 1222130), (613620, 1222560), (614300, 1222890), (614960, 1222800),
    (615480, 1222420), (615830, 1221820), (615940, 1221180), (615640, 1220600), (615100, 1220170), (614640, 1219640),
    (614450, 1218960), (614300, 1218240), (613960, 1217740), (613600, 1218000), (613450, 1218600), (613240, 1219220),
    (612800, 1219680), (612240, 1220020), (612030, 1220480), (612090, 1220840),
)  # fmt: skip
_SPAN = 24

# The river comes from the north-east and leaves to the south.
_UPSTREAM = ((615250, 1222700), (615900, 1223350), (616700, 1223750), (617300, 1224450))
_DOWNSTREAM = ((613950, 1217900), (613780, 1217000), (613250, 1216250), (613100, 1215500))


@dataclass(frozen=True)
class Ground:
    """Outlines of the land. ``bank`` (n, 2) is the smooth left bank of the western branch, south to north."""

    island: Polygon
    river: Polygon
    bank: Points


def ground(rng: Rng) -> Ground:
    """The island, the river (with a hole where the island is) and the smooth bank line that the town follows."""
    base = curve(_ISLAND, _SPAN, closed=True)
    outward = normals(base, closed=True)  # clockwise: the left side is outside
    along = _along(base)
    shore = base + outward * wiggle(rng, along, (410.0, 170.0, 75.0), 16.0)[:, None]
    island = shapely.set_precision(Polygon(shore), 0.001)

    centre = base.mean(axis=0)
    angle = np.arctan2(base[:, 1] - centre[1], base[:, 0] - centre[0])
    width = 265.0 + 105.0 * np.cos(angle + 0.5)  # the main channel runs east of the island
    outer_base = base + outward * width[:, None]
    outer = outer_base + outward * wiggle(rng, along, (520.0, 200.0, 90.0), 11.0)[:, None]
    water = shapely.union_all(
        [Polygon(outer).buffer(0), _channel(rng, _UPSTREAM, 370.0), _channel(rng, _DOWNSTREAM, 400.0)]
    )
    river = polygons_of(shapely.set_precision(water.buffer(25.0).buffer(-25.0).difference(island), 0.001))[0]

    first, last = 21 * _SPAN - 4, 22 * _SPAN
    bank = np.vstack([outer_base[first:last], outer_base[: 3 * _SPAN + 14]])
    return Ground(island=island, river=river, bank=bank)


def _along(points: Points) -> Points:
    steps = np.hypot(*np.diff(points, axis=0, append=points[:1]).T)
    return np.concatenate([[0.0], np.cumsum(steps)[:-1]])


def _channel(rng: Rng, points: tuple[tuple[float, float], ...], width: float) -> Polygon:
    line = curve(points, 20)
    line = line + normals(line) * wiggle(rng, _along(line), (900.0, 240.0), 14.0)[:, None]
    return LineString(line).buffer(width / 2, cap_style="flat")


class BankGrid:
    """Coordinates that follow the bank: ``u`` metres along it, ``v`` metres inland."""

    def __init__(self, bank: Points) -> None:
        steps = np.hypot(*np.diff(bank, axis=0).T)
        self._at = np.concatenate([[0.0], np.cumsum(steps)])
        self._bank = bank
        self._inland = normals(bank)
        self.length = float(self._at[-1])

    def to_map(self, uv: Points) -> Points:
        """Map coordinates (n, 2) of ``uv`` (n, 2)."""
        u, v = uv[:, 0], uv[:, 1]
        foot = np.column_stack([np.interp(u, self._at, self._bank[:, k]) for k in (0, 1)])
        inland = np.column_stack([np.interp(u, self._at, self._inland[:, k]) for k in (0, 1)])
        return np.asarray(foot + inland * v[:, None])

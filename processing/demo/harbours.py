"""The land around the two ports: a stretch of river, quay and yards, an access road, hamlets along it, fields behind.

Simulated throughout. Drawn in coordinates of the river, ``u`` metres downstream and ``v`` metres inland of the bank,
and then laid over the port's point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon, box

from . import labels
from .ground import CRS
from .shapes import Points, Rng, halve, polygons_of, wiggle

Line = NDArray[np.float64]

PORT_V = 90.0  # the port's point lies this far inland
_HALF_LENGTH, _BEYOND, _INLAND = 2300.0, -2300.0, 2600.0  # the sheet
_APRON, _DEPTH, _ROAD_V = 55.0, 340.0, 470.0
_FIELD_M2, _YARD_M2 = 95_000.0, 36_000.0


@dataclass(frozen=True)
class _Site:
    """How a port lies: ``downstream`` in degrees from east, the land to the ``left`` of it or not, river width in m."""

    downstream: float
    left: bool
    river: float
    quay: float


_SITES = {"CANG-AT": _Site(-58.0, True, 190.0, 900.0), "CANG-TH": _Site(-104.0, False, 330.0, 560.0)}


def harbours(seed: int, ports: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows of ``existing_land_use`` around ``ports``; within a port's sheet they meet without gap or overlap."""
    codes: list[str] = []
    shapes: list[Polygon] = []
    for k, (code, site) in enumerate(_SITES.items()):
        point = ports.geometry[ports.code == code].iloc[0]
        parts = _parts(np.random.default_rng([seed, 11, k]), site)
        laid = [_lay(area, site, point.x, point.y) for _use, area in parts]
        for use, cell in _coverage([use for use, _area in parts], laid):
            codes.append(use)
            shapes.append(cell)
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "existing_land_use", f"harbour {k}") for k in range(len(codes))],
            "land_use": codes,
            "year": 2025,
            "area_m2": np.round(shapely.area(shapes), 1),
            "source": labels.SOURCE,
        },
        geometry=[MultiPolygon([cell]) for cell in shapes],
        crs=CRS,
    )


def _parts(rng: Rng, site: _Site) -> list[tuple[str, Any]]:
    """Land codes and areas in river coordinates."""
    sheet = box(-_HALF_LENGTH, _BEYOND, _HALF_LENGTH, _INLAND)
    river = _river(rng, site.river)
    banks = polygons_of(sheet.difference(river))
    beyond, land = sorted(banks[:2], key=lambda part: part.centroid.y)
    half = site.quay / 2
    port = box(-half, -40.0, half, _DEPTH).intersection(land)
    apron = box(-half, -40.0, half, _APRON).intersection(port)
    roads = _roads(rng, sheet).intersection(land).difference(port)
    strips = _hamlets(rng).intersection(land).difference(shapely.union_all([port, roads]))
    rest = land.difference(shapely.union_all([port, roads, strips]))
    made = [("SON", river.intersection(sheet)), ("DGT", apron), *(("DGT", part) for part in polygons_of(roads))]
    for area in polygons_of(port.difference(apron)):
        made += [("SKC", yard) for yard in halve(rng, area, _YARD_M2, skew=0.0)]
    made += [("ONT", part) for part in polygons_of(strips)]
    for area in [*polygons_of(rest), beyond]:
        fields = halve(rng, area, _FIELD_M2, bend=0.04)
        uses = rng.choice(["CLN", "HNK", "LUC", "CLN"], size=len(fields))
        made += [(str(use), field) for use, field in zip(uses, fields, strict=True)]
    return made


def _river(rng: Rng, width: float) -> Polygon:
    u = np.linspace(-_HALF_LENGTH - 200.0, _HALF_LENGTH + 200.0, 260)
    calm = 1.0 - np.exp(-((u / 900.0) ** 4))  # straight along the quay
    near = wiggle(rng, u, (1500.0, 420.0, 130.0), 70.0) * calm
    far = -width + wiggle(rng, u, (1700.0, 380.0, 150.0), 60.0)
    return Polygon(np.vstack([np.column_stack([u, near]), np.column_stack([u, far])[::-1]]))


def _roads(rng: Rng, sheet: Polygon) -> Any:
    u = np.linspace(-_HALF_LENGTH, _HALF_LENGTH, 90)
    along = LineString(np.column_stack([u, _ROAD_V + _bend(u)]))
    v = np.linspace(_DEPTH - 10.0, _INLAND, 60)
    inland = LineString(np.column_stack([wiggle(rng, v, (1900.0, 700.0), 60.0) * (v - _DEPTH) / _INLAND, v]))
    both = [along.buffer(8.0, cap_style="flat"), inland.buffer(12.0, cap_style="flat")]
    return shapely.union_all(both).intersection(sheet)


def _bend(u: Line) -> Line:
    return 70.0 * np.sin(u / 620.0) * np.minimum(1.0, np.abs(u) / 900.0)


def _hamlets(rng: Rng) -> Any:
    """Strips of houses along the road by the river, with gaps."""
    strips = []
    start = -_HALF_LENGTH + 150.0
    while start < _HALF_LENGTH - 400.0:
        end = start + rng.uniform(260.0, 520.0)
        u = np.linspace(start, end, 24)
        line = LineString(np.column_stack([u, _ROAD_V + _bend(u)]))
        strips.append(line.buffer(52.0, cap_style="flat"))
        start = end + rng.uniform(140.0, 380.0)
    return shapely.union_all(strips)


def _lay(area: shapely.Geometry, site: _Site, east: float, north: float) -> shapely.Geometry:
    turn = np.radians(site.downstream)
    along = np.array([np.cos(turn), np.sin(turn)])
    inland = np.array([-along[1], along[0]]) * (1.0 if site.left else -1.0)

    def move(points: Points) -> Points:
        return np.asarray([east, north] + points[:, :1] * along + (points[:, 1:2] - PORT_V) * inland)

    return shapely.transform(area, move)


def _coverage(uses: list[str], areas: list[shapely.Geometry]) -> list[tuple[str, Polygon]]:
    """The same areas with borders that are shared to the millimetre, in a stable order."""
    borders = shapely.union_all([shapely.boundary(area) for area in areas], grid_size=0.001)
    cells = shapely.get_parts(shapely.polygonize([borders]))
    tree = shapely.STRtree(areas)
    inner = shapely.point_on_surface(cells)
    cell_of, area_of = tree.query(inner, predicate="within")
    owner = dict(zip(cell_of[::-1].tolist(), area_of[::-1].tolist(), strict=True))
    made = [(uses[owner[k]], cell) for k, cell in enumerate(cells) if k in owner and cell.area > 1.0]
    return sorted(made, key=lambda one: (round(one[1].centroid.x, 3), round(one[1].centroid.y, 3)))

"""The dune coast at Suối Nhum (Bình Thuận) as shapes: land cover, roads, licences, and what changes between two dates.

Map coordinates are WGS 84 / UTM 49 (the scenes' grid). The place, the size of the pond, its failure of 16/06/2016 and
the coast road ĐT.719 are real; outlines, licences, dates and all other events are simulated.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from ...layers.crs import WGS84
from ...store.coordinates import transform, transform_geometries
from . import labels
from .shapes import Points, Rng, curve, wiggle

GRID_CRS = "EPSG:32649"
LICENCE_CRS = "EPSG:9218"
PIXEL = 10.0
SIZE = 1200  # pixels a side
CENTRE = (108.012, 10.797)  # longitude, latitude: Nam Suối Nhum, Thuận Quý
BEFORE, AFTER = "2025-02-16", "2026-02-21"

# Metres from the centre of the sheet: the coast runs from south-west to north-east, the sea is in the south-east.
_SHORE = (
    (-6400, -4600), (-5200, -3950), (-4100, -3050), (-3000, -2350), (-1900, -1500), (-700, -850), (400, 60),
    (1500, 750), (2500, 1700), (3700, 2500), (4700, 3600), (5600, 4250), (6500, 5300),
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """Something that differs between the dates.

    ``expected``: whether a change detector should raise an alert; ``relations``: what that alert may say of licences.
    """

    id: str
    kind: str
    shape: Polygon
    expected: bool
    relations: tuple[str, ...] = ()
    concession: str = ""


@dataclass(frozen=True)
class Coast:
    """Shapes on the scenes' grid. ``origin`` is the upper left corner (E, N)."""

    origin: tuple[float, float]
    shore: LineString
    road: LineString
    sea: Polygon
    licences: dict[str, Polygon]
    pond: Polygon
    events: tuple[Event, ...]


def coast(seed: int) -> Coast:
    """The coast and its events, the same for the same ``seed``."""
    rng = np.random.default_rng([seed, 8])
    x, y = transform(*CENTRE, WGS84, GRID_CRS)
    half = SIZE * PIXEL / 2
    west = round((float(x) - half) / PIXEL) * PIXEL
    north = round((float(y) + half) / PIXEL) * PIXEL
    centre = np.array([west + half, north - half])

    base = curve(np.asarray(_SHORE, dtype=float), 24)
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(base, axis=0).T))])
    side = _left(base)
    line = base + side * wiggle(rng, steps, (1500.0, 520.0, 210.0), 28.0)[:, None] + centre
    shore = LineString(line)
    road = LineString(line + side * (170.0 + wiggle(rng, steps, (2600.0, 900.0), 55.0))[:, None])
    far = centre + np.array([[9000.0, 9000.0], [9000.0, -9000.0], [-9000.0, -9000.0]])
    sea = Polygon(np.vstack([line, far])).buffer(0)

    def spot(along: float, inland: float) -> Points:
        """The point ``along`` metres on the shore from the south-west end and ``inland`` metres from it."""
        k = int(np.searchsorted(steps, along))
        return np.asarray(base[k] + centre + side[k] * inland)

    def patch(along: float, inland: float, hectares: float, stretch: float = 1.3, turn: float = 0.6) -> Polygon:
        return _blob(rng, spot(along, inland), hectares * 1e4, stretch, turn)

    licences = {
        "SN-01": _field(rng, spot(8400.0, 1350.0), 1900.0, 1250.0),
        "SN-02": _field(rng, spot(5200.0, 900.0), 1500.0, 950.0),
        "SN-03": _field(rng, spot(11300.0, 1500.0), 1300.0, 1000.0),
        "SN-04": _field(rng, spot(2900.0, 1500.0), 1200.0, 850.0),
    }
    pond = patch(5250.0, 560.0, 3.0, 1.5)
    spill = _spill(rng, spot(5250.0, 500.0), spot(5330.0, 25.0))
    joined = ("inside", "straddling")  # the pond and what ran out of it touch: one alert may hold both
    events = (
        Event("pit_inside", "pit", patch(8500.0, 1500.0, 6.5), True, ("inside",), "SN-01"),
        Event("pit_outside", "pit", patch(9950.0, 950.0, 3.2), True, ("outside",)),
        Event("pond_lost", "pond_loss", pond, True, joined, "SN-02"),
        Event("tailings_spill", "spill", spill, True, ("outside", "straddling"), "SN-02"),
        Event("dune_shift", "dune_shift", patch(7000.0, 2700.0, 260.0, 2.2), False),
    )
    return Coast((west, north), shore, road, sea, licences, pond, events)


def _left(points: Points) -> Points:
    along = np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    return np.column_stack([-along[:, 1], along[:, 0]])


def _blob(rng: Rng, centre: Points, area: float, stretch: float, turn: float) -> Polygon:
    angle = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    radius = 1.0 + wiggle(rng, angle, (np.pi, 2 * np.pi / 3, 2 * np.pi / 5), 0.2)
    x, y = radius * np.cos(angle) * np.sqrt(stretch), radius * np.sin(angle) / np.sqrt(stretch)
    shape = np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
    return Polygon(shape * np.sqrt(area / Polygon(shape).area) + centre)


def _field(rng: Rng, centre: Points, length: float, width: float) -> Polygon:
    """A licence: a few straight sides along the coast."""
    turn = 0.68 + rng.normal(0.0, 0.08)
    corners = np.array([(-0.5, -0.5), (0.1, -0.56), (0.5, -0.42), (0.52, 0.3), (0.3, 0.5), (-0.42, 0.48)])
    corners = corners * (length, width) + rng.normal(0.0, 45.0, corners.shape)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return Polygon(corners @ spin + centre)


def _spill(rng: Rng, pond: Points, sea: Points) -> Polygon:
    """From the pond through a narrow gully to a fan across the road: about 2 ha of sand (facts of 2016)."""
    gully = LineString([pond, pond * 0.3 + sea * 0.7]).buffer(14.0)
    fan = _blob(rng, pond * 0.28 + sea * 0.72, 2.0e4, 1.5, 0.75)
    return Polygon(shapely.union_all([gully, fan]).buffer(4.0).exterior)


_HOLDERS = {
    "SN-01": ("Công ty Khoáng sản Mô Phỏng A", "MP-101/GP-BTNMT", "2019-03-01", "2034-03-01"),
    "SN-02": ("Công ty Khoáng sản Mô Phỏng B", "MP-102/GP-BTNMT", "2015-06-01", "2038-12-31"),
    "SN-03": ("Công ty Khoáng sản Mô Phỏng C", "MP-103/GP-UBND", "2012-01-10", "2022-01-10"),
    "SN-04": ("Công ty Khoáng sản Mô Phỏng D", "MP-104/GP-UBND", "2021-08-15", "2031-08-15"),
}


def concessions(seed: int, made: Coast) -> gpd.GeoDataFrame:
    """Layer ``concession`` in EPSG:9218, one of them expired."""
    codes = list(made.licences)
    moved = transform_geometries([made.licences[c] for c in codes], GRID_CRS, LICENCE_CRS)
    shapes = [MultiPolygon([shapely.set_precision(g, 0.001)]) for g in moved]
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "concession", c) for c in codes],
            "code": codes,
            "name": [f"Mỏ titan Suối Nhum {c[-1]} (mô phỏng)" for c in codes],
            "licence_no": [_HOLDERS[c][1] for c in codes],
            "holder": [_HOLDERS[c][0] for c in codes],
            "mineral": "Sa khoáng titan – zircon",
            "valid_from": [_HOLDERS[c][2] for c in codes],
            "valid_to": [_HOLDERS[c][3] for c in codes],
            "area_licensed_ha": [round(s.area / 1e4, 2) for s in shapes],
            "licensed_level_m": [12.0, 8.0, 20.0, 15.0],
            "height_datum": "Hòn Dấu",
            "tolerance_m": 10.0,
            "source": labels.SOURCE,
            "remark": "Ranh giới, giấy phép và tổ chức đều mô phỏng",
        },
        geometry=shapes,
        crs=LICENCE_CRS,
    )

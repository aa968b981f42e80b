"""Water supply of the simulated land: a looped network along the streets, valves, hydrants, meters, a plant, a tower.

Pipes run parallel to the centrelines by one common shift, so they meet where streets meet. Every hydrant stands on a
branch that leaves the main at a node; the main is split there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
import shapely.affinity
import shapely.ops
from shapely import LineString, MultiLineString, Point

from . import labels
from .cadastre import Frames
from .ground import CRS
from .shapes import Rng
from .streets import Street

_SHIFT = (1.9, -1.5)  # metres from the centreline
_DN = {"main": 315.0, "area_main": 250.0, "area": 200.0, "distributor": 160.0, "housing_group": 110.0, "path": 110.0}
_HYDRANT_EVERY = 140.0  # metres; QCVN 01:2021/BXD 2.10.5 asks for at most 150
_HYDRANT_OFF = 2.0
_TOWER = Point(614610.0, 1221150.0)
_USE_OF = {
    "detached": "household",
    "apartment": "household",
    "mixed": "business",
    "factory": "industry",
    "public": "public",
}


@dataclass(frozen=True)
class Pipe:
    """A pipe between two nodes; ``valve`` marks where valves stand on it."""

    line: LineString
    dn: float
    function: str = "distribution"
    valve: tuple[str, ...] = ()


def water(seed: int, streets: tuple[Street, ...], frames: Frames) -> Frames:
    """Layers ``water_pipe``, ``water_valve``, ``hydrant``, ``water_tank``, ``water_pump``, ``water_meter``."""
    rng = np.random.default_rng([seed, 6])
    mains = _mains(streets)
    pipes, hydrants = _with_hydrants(mains)
    plant, tower = _lead(mains, _plant_site(frames)), _lead(mains, _TOWER)
    first = len(pipes)
    middle = plant.interpolate(0.12, normalized=True)
    suction, delivery = (
        LineString([plant.coords[0], middle.coords[0]]),
        LineString([middle.coords[0], plant.coords[-1]]),
    )
    pipes += [
        Pipe(suction, 315.0, "transmission"),
        Pipe(delivery, 315.0, "transmission", ("isolation",)),
        Pipe(tower, 200.0, "transmission", ("isolation",)),
    ]
    table = _pipes(seed, rng, pipes)
    valves, of_branch = _valves(seed, rng, pipes, table)
    return {
        "water_pipe": table,
        "water_valve": valves,
        "hydrant": _hydrants(seed, rng, hydrants, pipes, table, valves, of_branch),
        "water_tank": _tanks(seed, Point(plant.coords[0]), Point(tower.coords[0])),
        "water_pump": _pumps(seed, middle, table.uid[first], table.uid[first + 1]),
        "water_meter": _meters(seed, rng, table, frames),
    }


def _mains(streets: tuple[Street, ...]) -> list[Pipe]:
    """Pipes between the street crossings that hang together, each as wide as its street's class asks."""
    served = [s for s in streets if s.place == "town" or s.settled]
    net = shapely.node(shapely.GeometryCollection([s.line for s in served]))
    edges = shapely.get_parts(shapely.line_merge(shapely.set_precision(net, 0.001)))
    edges = [e for e in edges if e.length > 6.0]
    keep = _connected(edges)
    tree = shapely.STRtree([s.line for s in served])
    classes = [served[int(k)].road_class for k in tree.nearest([e.interpolate(0.5, normalized=True) for e in edges])]
    moved = [shapely.set_precision(shapely.affinity.translate(e, *_SHIFT), 0.001) for e in edges]
    return [Pipe(line, _DN.get(c, 110.0)) for line, c, ok in zip(moved, classes, keep, strict=True) if ok]


def _connected(edges: list[LineString]) -> np.ndarray:
    """Which edges belong to the largest connected part."""
    ends = np.array([[e.coords[0], e.coords[-1]] for e in edges]).reshape(-1, 2)
    _, node = np.unique(np.round(ends, 3), axis=0, return_inverse=True)
    parent = np.arange(node.max() + 1)

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = int(parent[k])
        return k

    pairs = node.reshape(-1, 2)
    for a, b in pairs:
        parent[root(int(a))] = root(int(b))
    roots = np.array([root(int(a)) for a in pairs[:, 0]])
    values, counts = np.unique(roots, return_counts=True)
    return np.asarray(roots == values[np.argmax(counts)])


def _with_hydrants(mains: list[Pipe]) -> tuple[list[Pipe], list[tuple[int, Point]]]:
    """Mains split where hydrant branches leave, with the branches; and for each hydrant its branch and place."""
    pipes: list[Pipe] = []
    hydrants: list[tuple[int, Point]] = []
    for main in mains:
        count = round(main.line.length / _HYDRANT_EVERY) if main.line.length > 60.0 else 0
        cuts = [(k + 0.5) / count for k in range(count)]
        stops = [0.0, *cuts, 1.0]
        pieces = [
            shapely.set_precision(shapely.ops.substring(main.line, a, b, normalized=True), 0.001)
            for a, b in zip(stops[:-1], stops[1:], strict=True)
        ]
        for k, piece in enumerate(pieces):
            pipes.append(replace(main, line=piece, valve=("isolation",) if k == 0 else ()))
            if k:
                start = np.array(piece.coords[0])
                along = np.array(piece.coords[1]) - start
                along /= np.hypot(*along)
                place = np.round(start + _HYDRANT_OFF * np.array([along[1], -along[0]]), 3)
                hydrants.append((len(pipes), Point(place)))
                pipes.append(Pipe(LineString([start, place]), 110.0, "hydrant_branch", ("hydrant",)))
    return pipes, hydrants


def _plant_site(frames: Frames) -> Point:
    """The water plant stands on the largest green lot by the river."""
    green = frames["parcel"][frames["parcel"].land_use == "DKV"]
    river = frames["planned_zone"][frames["planned_zone"].land_use == "SON"].union_all()
    by_river = green[green.distance(river) < 1.0]
    point: Point = by_river.geometry.iloc[int(np.argmax(by_river.area))].representative_point()
    return shapely.set_precision(point, 0.001)


def _lead(mains: list[Pipe], place: Point) -> LineString:
    """A straight pipe from ``place`` to the nearest node of the mains."""
    ends = [Point(c) for m in mains for c in (m.line.coords[0], m.line.coords[-1])]
    nearest = ends[int(shapely.STRtree(ends).nearest(place))]
    return LineString([place, nearest])


def _asset(seed: int, layer: str, prefix: str, count: int) -> dict[str, object]:
    return {
        "uid": [labels.uid(seed, layer, k) for k in range(count)],
        "code": [f"{prefix}-{k + 1:04d}" for k in range(count)],
        "lifecycle": "in_service",
        "owner": "Cấp nước Tân Uyên (mô phỏng)",
        "ward_code": labels.WARD,
        "source": labels.SOURCE,
    }


def _pipes(seed: int, rng: Rng, pipes: list[Pipe]) -> gpd.GeoDataFrame:
    n = len(pipes)
    ends = np.array([[p.line.coords[0], p.line.coords[-1]] for p in pipes]).reshape(-1, 2)
    _, node = np.unique(np.round(ends, 3), axis=0, return_inverse=True)
    pair = node.reshape(-1, 2)
    dn = np.array([p.dn for p in pipes])
    return gpd.GeoDataFrame(
        {
            **_asset(seed, "water_pipe", "OC", n),
            "from_node": [f"N{k + 1:05d}" for k in pair[:, 0]],
            "to_node": [f"N{k + 1:05d}" for k in pair[:, 1]],
            "function": [p.function for p in pipes],
            "material": np.where(dn >= 200, "DI", "HDPE"),
            "dn_mm": dn,
            "int_diameter_mm": np.round(np.where(dn >= 200, dn, dn * 0.88), 1),
            "pn_bar": 10.0,
            "length_m": [round(p.line.length, 2) for p in pipes],
            "depth_m": np.where(dn > 300, 1.1, 0.8),
            "dma_id": np.where(shapely.get_x(shapely.centroid([p.line for p in pipes])) < 612_900, "DMA-01", "DMA-02"),
            "epa_roughness": np.where(dn >= 200, 120.0, 140.0),
            "epa_status": "OPEN",
            "install_date": [f"{y}-06-01" for y in rng.integers(2008, 2024, n)],
        },
        geometry=[MultiLineString([p.line]) for p in pipes],
        crs=CRS,
    )


def _valves(seed: int, rng: Rng, pipes: list[Pipe], table: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[int, int]]:
    """Valves on the pipes that carry one; and for each pipe its valve's row."""
    on = [(k, function) for k, pipe in enumerate(pipes) for function in pipe.valve]
    places = [pipes[k].line.interpolate(min(3.0, pipes[k].line.length / 2)) for k, _ in on]
    n = len(on)
    stuck = rng.random(n) < 0.03
    frame = gpd.GeoDataFrame(
        {
            **_asset(seed, "water_valve", "VN", n),
            "valve_function": [function for _, function in on],
            "valve_type": ["gate" if pipes[k].dn < 250 else "butterfly" for k, _ in on],
            "dn_mm": [int(pipes[k].dn) for k, _ in on],
            "actuation": "manual",
            "closed": False,
            "normal_position": "open",
            "operable": np.where(stuck, "no", "yes"),
            "pipe_id": [table.uid[k] for k, _ in on],
            "epa_type": "shutoff",
            "install_date": "2017-03-01",
        },
        geometry=places,
        crs=CRS,
    )
    return frame, {k: row for row, (k, _) in enumerate(on)}


def _hydrants(
    seed: int,
    rng: Rng,
    hydrants: list[tuple[int, Point]],
    pipes: list[Pipe],
    table: gpd.GeoDataFrame,
    valves: gpd.GeoDataFrame,
    valve_of: dict[int, int],
) -> gpd.GeoDataFrame:
    n = len(hydrants)
    static = np.round(rng.uniform(2.2, 3.6, n), 1)
    return gpd.GeoDataFrame(
        {
            **_asset(seed, "hydrant", "TCC", n),
            "hydrant_type": "pillar",
            "dn_mm": [int(pipes[k].dn) for k, _ in hydrants],
            "outlets": "2×65+1×100",
            "branch_pipe_id": [table.uid[k] for k, _ in hydrants],
            "valve_id": [valves.uid[valve_of[k]] for k, _ in hydrants],
            "node_id": [table.to_node[k] for k, _ in hydrants],
            "static_pressure_bar": static,
            "dynamic_pressure_bar": np.round(static - rng.uniform(0.5, 1.1, n), 1),
            "flow_lps": np.round(rng.uniform(11.0, 18.0, n), 1),
            "test_date": "2025-11-12",
            "test_pass": True,
            "required_flow_lps": 10.0,
            "marked": rng.random(n) < 0.9,
            "install_date": "2018-03-01",
        },
        geometry=[place for _, place in hydrants],
        crs=CRS,
    )


def _tanks(seed: int, plant: Point, tower: Point) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            **_asset(seed, "water_tank", "BE", 2),
            "name": ["Bể chứa nhà máy nước Tân Uyên", "Đài nước Bạch Đằng"],
            "tank_type": ["ground", "elevated"],
            "shape": "cylinder",
            "material": "concrete",
            "diameter_m": [26.0, 9.0],
            "bottom_elevation_m": [4.0, 24.0],
            "min_level_m": [0.5, 0.4],
            "max_level_m": [4.5, 5.0],
            "initial_level_m": [3.6, 4.0],
            "volume_m3": [2120.0, 290.0],
            "fire_reserve_m3": [216.0, 108.0],
            "overflow": True,
            "mixing_model": "MIXED",
        },
        geometry=[plant, tower],
        crs=CRS,
    )


def _pumps(seed: int, place: Point, suction: str, delivery: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            **_asset(seed, "water_pump", "MB", 2),
            "name": ["Máy bơm cấp II số 1", "Máy bơm cấp II số 2 (dự phòng)"],
            "station_id": "TB-01",
            "pump_type": "centrifugal",
            "rated_flow_lps": 60.0,
            "rated_head_m": 38.0,
            "power_kw": 37.0,
            "speed_ratio": 1.0,
            "epa_status": ["OPEN", "CLOSED"],
            "from_pipe_id": suction,
            "to_pipe_id": delivery,
        },
        geometry=[place, Point(round(place.x + 1.5, 3), round(place.y, 3))],
        crs=CRS,
    )


def _meters(seed: int, rng: Rng, pipes: gpd.GeoDataFrame, frames: Frames) -> gpd.GeoDataFrame:
    """A meter one metre behind the front of every built lot within 60 m of a distribution pipe."""
    building, parcel = frames["building"], frames["parcel"].set_index("uid")
    use = building.groupby("parcel", sort=False)["use"].first()
    lots = parcel.geometry.reindex(use.index)
    mains = pipes[pipes.function == "distribution"].reset_index(drop=True)
    nearest = mains.sindex.nearest(lots.to_numpy(), return_all=False, max_distance=60.0)
    lot, pipe = nearest
    inner = shapely.buffer(lots.to_numpy()[lot], -0.5, join_style="mitre")
    toward = shapely.shortest_line(inner, mains.geometry.to_numpy()[pipe])
    places = shapely.set_precision(shapely.get_point(toward, 0), 0.001)
    n = len(lot)
    kind = [_USE_OF[u] for u in use.to_numpy()[lot]]
    household = np.array([k == "household" for k in kind])
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "water_meter", k) for k in range(n)],
            "code": [f"DH-{k + 1:05d}" for k in range(n)],
            "meter_kind": "customer",
            "dn_mm": np.where(household, 15, 50),
            "serial": [f"MP{s}" for s in rng.integers(10**6, 10**7, n)],
            "verification_date": [f"{y}-04-10" for y in rng.integers(2021, 2026, n)],
            "reading_m3": np.round(rng.uniform(80.0, 2_400.0, n)),
            "reading_date": "2026-05-25",
            "protocol": np.where(rng.random(n) < 0.3, "nbiot", "none"),
            "customer_code": [f"KHMP{k + 1:05d}" for k in range(n)],
            "customer_type": kind,
            "parcel_id": use.index.to_numpy()[lot],
            "service_pipe_id": mains.uid.to_numpy()[pipe],
            "base_demand_lps": np.round(
                np.where(household, rng.uniform(0.004, 0.012, n), rng.uniform(0.05, 0.6, n)), 4
            ),
            "lifecycle": "in_service",
            "install_date": "2019-08-01",
            "ward_code": labels.WARD,
            "source": labels.SOURCE,
        },
        geometry=places,
        crs=CRS,
    )

"""Water supply of the simulated land as layers: pipes, valves, hydrants, meters, a plant with pumps, a tower."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, MultiLineString, Point

from . import labels
from .cadastre import Frames
from .ground import CRS
from .pipes import Pipe, lead, mains_along, with_hydrants
from .shapes import Rng
from .streets import Street

_TOWER = Point(614610.0, 1221150.0)
_MAIN_CLEAR_M = 8.0  # QCVN 01:2021/BXD, Bảng 2.20 asks for 7 m from mains of 300 mm
_USE_OF = {
    "detached": "household",
    "apartment": "household",
    "mixed": "business",
    "factory": "industry",
    "other": "public",
    "public": "public",
}


def water(seed: int, streets: tuple[Street, ...], frames: Frames) -> Frames:
    """Layers ``water_pipe``, ``water_valve``, ``hydrant``, ``water_tank``, ``water_pump``, ``water_meter``."""
    rng = np.random.default_rng([seed, 6])
    mains = mains_along(streets)
    walls = frames["building"].geometry.to_numpy()
    pipes, hydrants = with_hydrants(mains, streets, walls)
    plant, tower = _plant_lead(mains, frames), lead(mains, _TOWER, walls, 1.0)
    if tower is None:
        raise ValueError("the tower has no clear way to the mains")
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


def _plant_lead(mains: list[Pipe], frames: Frames) -> LineString:
    """From the water plant, on the largest green lot by the river that has a clear way, to the mains."""
    green = frames["parcel"][frames["parcel"].land_use == "DKV"]
    river = frames["planned_zone"][frames["planned_zone"].land_use == "SON"].union_all()
    by_river = green[green.distance(river) < 1.0].geometry
    walls = frames["building"].geometry.to_numpy()
    for lot in sorted(by_river, key=lambda lot: -lot.area):
        made = lead(mains, shapely.set_precision(lot.representative_point(), 0.001), walls, _MAIN_CLEAR_M)
        if made is not None:
            return made
    raise ValueError("no green lot by the river has a clear way to the mains")


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
            "test_pass": True,  # nosec B105 - a hydrant that passed its test, no password
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

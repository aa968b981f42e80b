"""Street lighting of the simulated land: poles along the streets, luminaires on them, cabinets that feed them.

Spacing and heights are a design, not numbers of a code: QCVN 07-7:2023/BXD prescribes neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from . import labels
from .cadastre import Frames
from .ground import CRS
from .shapes import Rng
from .streets import Street


@dataclass(frozen=True)
class Design:
    """How a class of street is lit. ``arrangement`` is ``opposite``, ``staggered`` or ``one_side``."""

    arrangement: str
    spacing_m: float
    height_m: float
    power_w: float
    flux_lm: float


_DESIGNS = {
    "main": Design("opposite", 34.0, 11.0, 150.0, 21_000.0),
    "area_main": Design("staggered", 30.0, 10.0, 120.0, 16_800.0),
    "area": Design("staggered", 29.0, 9.0, 100.0, 14_000.0),
    "distributor": Design("one_side", 28.0, 8.0, 80.0, 10_800.0),
    "housing_group": Design("one_side", 30.0, 7.0, 60.0, 8_000.0),
    "path": Design("one_side", 34.0, 6.0, 40.0, 5_200.0),
}
_KERB = 0.8  # metres from the red line to the pole
_PER_CABINET = 46
_ARM = 1.6  # metres


def lighting(seed: int, streets: tuple[Street, ...], frames: Frames) -> Frames:
    """Layers ``lighting_pole``, ``luminaire``, ``lighting_cabinet``; needs ``substation`` in ``frames``."""
    rng = np.random.default_rng([seed, 5])
    spots = [spot for number, street in enumerate(streets) for spot in _along(number, street)]
    spots = _off_crossings(spots, streets)
    number = np.array([s[0] for s in spots])
    points = np.array([s[1:3] for s in spots])
    bearing = np.array([s[3] for s in spots])
    n = len(spots)
    designs = [_DESIGNS[streets[k].road_class] for k in number]
    group = np.arange(n) // _PER_CABINET
    cabinets = _cabinets(seed, rng, points, group, frames["substation"])
    pole_uid = [labels.uid(seed, "lighting_pole", k) for k in range(n)]
    year = rng.integers(2016, 2025, group.max() + 1)[group]
    installed = [f"{y}-0{1 + k % 9}-15" for k, y in enumerate(year)]
    common = {
        "lifecycle": "in_service",
        "install_date": installed,
        "owner": "UBND phường Tân Uyên (mô phỏng)",
        "operator": "Xí nghiệp chiếu sáng (mô phỏng)",
        "ward_code": labels.WARD,
        "source": labels.SOURCE,
    }
    poles = gpd.GeoDataFrame(
        {
            "uid": pole_uid,
            "code": [f"CD-{k + 1:04d}" for k in range(n)],
            "pole_type": "steel_column",
            "material": "steel",
            "height_m": [d.height_m for d in designs],
            "setback_m": 0.6,
            "arm_count": 1,
            "bearing_deg": np.round(bearing, 1),
            "earthing": True,
            "earth_ohm": np.round(rng.uniform(2.0, 9.0, n), 1),
            "cabinet_id": cabinets.uid.to_numpy()[group],
            "circuit_id": [f"{c}-L{1 + k % _PER_CABINET // 23}" for k, c in enumerate(cabinets.code.to_numpy()[group])],
            "phase": np.array(["L1", "L2", "L3"])[np.arange(n) % 3],
            **common,
        },
        geometry=shapely.points(np.round(points, 3)),
        crs=CRS,
    )
    turn = np.radians(bearing)
    heads = points + _ARM * np.column_stack([np.sin(turn), np.cos(turn)])
    led = rng.random(n) < 0.86
    state = np.where(rng.random(n) < 0.985, "ok", rng.choice(["defectiveLamp", "brokenLantern", "columnIssue"], n))
    luminaires = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "luminaire", k) for k in range(n)],
            "code": [f"BD-{k + 1:04d}" for k in range(n)],
            "pole_id": pole_uid,
            "arm_no": 1,
            "model_id": [
                f"{'LED' if is_led else 'HPS'}-{d.power_w:.0f}" for is_led, d in zip(led, designs, strict=True)
            ],
            "category": "sideEntry",
            "lamp_technology": np.where(led, "LED", "HPS"),
            "power_w": [d.power_w if is_led else d.power_w * 1.7 for is_led, d in zip(led, designs, strict=True)],
            "flux_lm": [d.flux_lm for d in designs],
            "cct_k": np.where(led, 4000.0, 2000.0),
            "cri": np.where(led, 70.0, 25.0),
            "mounting_height_m": [d.height_m for d in designs],
            "overhang_m": _ARM - 0.6,
            "tilt_deg": 5.0,
            "mf": 0.8,
            "ip_code": "IP66",
            "ik_code": "IK08",
            "controlling_method": np.where(led, "individual", "group"),
            "status": state,
            "power_state": np.where(state == "ok", "on", "off"),
            "location_category": "road",
            **common,
        },
        geometry=shapely.points(np.round(heads, 3)),
        crs=CRS,
    )
    return {"lighting_pole": poles, "luminaire": luminaires, "lighting_cabinet": cabinets}


def _along(number: int, street: Street) -> list[tuple[int, float, float, float]]:
    """Street number, east, north and bearing to the road of every pole of one street."""
    design = _DESIGNS.get(street.road_class)
    if design is None or (street.place == "island" and not street.settled):
        return []
    line = street.line
    at = np.arange(design.spacing_m / 2, line.length, design.spacing_m)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(at + 0.5, line.length)))
    back = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(at - 0.5, 0.0)))
    along = (ahead - back) / np.maximum(np.linalg.norm(ahead - back, axis=1, keepdims=True), 1e-9)
    left = np.column_stack([-along[:, 1], along[:, 0]])
    reach = street.width_m / 2 - _KERB
    spots: list[tuple[int, float, float, float]] = []
    for k in range(len(at)):
        if design.arrangement == "opposite":
            sides = [1, -1]
        else:
            sides = [-1] if design.arrangement == "staggered" and k % 2 == 0 else [1]
        for side in sides:
            east, north = here[k] + side * reach * left[k]
            bearing = np.degrees(np.arctan2(-side * left[k][0], -side * left[k][1])) % 360.0
            spots.append((number, float(east), float(north), float(bearing)))
    return spots


def _off_crossings(
    spots: list[tuple[int, float, float, float]], streets: tuple[Street, ...]
) -> list[tuple[int, float, float, float]]:
    """Without the poles that would stand in another street."""
    points = shapely.points(np.array([s[1:3] for s in spots]))
    bands = shapely.buffer([s.line for s in streets], [s.width_m / 2 - 0.4 for s in streets])
    spot, street = shapely.STRtree(bands).query(points, predicate="intersects")
    own = np.array([s[0] for s in spots])
    blocked = set(spot[street != own[spot]].tolist())
    return [s for k, s in enumerate(spots) if k not in blocked]


def _cabinets(
    seed: int, rng: Rng, points: np.ndarray, group: np.ndarray, substations: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """One cabinet beside the middle pole of each group, fed by the nearest transformer."""
    count = int(group.max()) + 1
    middle = np.array([np.flatnonzero(group == g)[np.sum(group == g) // 2] for g in range(count)])
    places = shapely.points(np.round(points[middle] + 0.7, 3))
    transformers = substations[substations.secondary_voltage_kv < 1.0].reset_index(drop=True)
    feeder = transformers.sindex.nearest(places, return_all=False)[1]
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "lighting_cabinet", k) for k in range(count)],
            "code": [f"TDK-{k + 1:03d}" for k in range(count)],
            "name": [f"Tủ chiếu sáng {k + 1}" for k in range(count)],
            "cabinet_type": "feeder",
            "transformer_id": transformers.uid.to_numpy()[feeder],
            "voltage_v": 380,
            "phases": 3,
            "rated_current_a": 63.0,
            "max_power_kw": 25.0,
            "subscribed_power_kva": 22.0,
            "meter_no": [f"CT{rng.integers(10**7, 10**8)}" for _ in range(count)],
            "meter_reading_kwh": np.round(rng.uniform(9_000, 90_000, count)),
            "working_mode": np.where(np.arange(count) % 6 == 5, "semiautomatic", "automatic"),
            "features": "astronomicalClock",
            "schedule_on": "18:00",
            "schedule_off": "05:30",
            "comms": np.where(np.arange(count) % 3 == 0, "nbiot", "gsm"),
            "ip_code": "IP55",
            "earth_ohm": np.round(rng.uniform(2.0, 4.0, count), 1),
            "lifecycle": "in_service",
            "install_date": "2018-05-20",
            "owner": "UBND phường Tân Uyên (mô phỏng)",
            "ward_code": labels.WARD,
            "source": labels.SOURCE,
        },
        geometry=places,
        crs=CRS,
    )

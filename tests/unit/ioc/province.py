"""A tiny province with one of each layer that may leave, by the front door of the store.

Personal fields and fields that no rule lets leave hold the canary: no output may contain it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import geopandas as gpd
import pandas as pd
import shapely

from dothi.store import dataset, runs

CANARY = "Chim-Hoàng-Yến-7391"
LAND, COAST = "EPSG:9210", "EPSG:9218"
E, N = 612000.0, 1220000.0  # Bạch Đằng
LAYERS = (
    "admin_unit", "parcel", "existing_land_use", "planned_zone", "street_centreline", "street_boundary", "red_line",
    "building_line", "building", "lighting_cabinet", "lighting_pole", "luminaire", "water_pipe", "water_valve",
    "hydrant", "water_tank", "water_pump", "water_meter", "power_line", "substation", "village_facility",
    "logistics_port", "concession",
)  # fmt: skip


def uid(number: int) -> str:
    return str(UUID(int=number, version=4))


def square(east: float, north: float, size: float = 20.0) -> shapely.MultiPolygon:
    """Clockwise on purpose: what is published must turn the other way."""
    return shapely.MultiPolygon([shapely.box(east, north, east + size, north + size, ccw=False)])


def frame(rows: list[dict[str, Any]], crs: str = LAND) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=crs)


def asset(number: int, code: str, east: float, north: float, **more: Any) -> dict[str, Any]:
    secret = {"owner": CANARY, "remark": CANARY, "source": CANARY}
    return {"uid": uid(number), "code": code, "geometry": shapely.Point(east, north), **secret, **more}


def build(path: Path, *, simulated: bool = False, parcels: int = 3) -> Path:
    """Make the data set at ``path`` and return it."""
    dataset.create(path, LAYERS, LAND, {"concession": COAST}, "binh_duong", simulated=simulated)
    dataset.set_meta(path, judged_on="2026-06-01", plan_state="approved")
    for layer_id, rows in contents(parcels).items():
        dataset.append(path, layer_id, frame(rows, COAST if layer_id == "concession" else LAND))
    return path


def contents(parcels: int) -> dict[str, list[dict[str, Any]]]:
    line = shapely.MultiLineString([[(E, N), (E + 100, N + 5.5), (E + 200, N)]])
    hole = shapely.Polygon(
        [(E, N), (E + 90, N), (E + 90, N + 90), (E, N + 90)],
        [[(E + 10, N + 10), (E + 20, N + 10), (E + 20, N + 20), (E + 10, N + 20)]],
    )
    return {
        "admin_unit": [{"uid": uid(1), "code": "25747", "name": "Phường Thủ Dầu Một", "level": "commune",
                        "geometry": square(E - 500, N - 500, 2000), "remark": CANARY}],
        "parcel": [
            {"uid": uid(100 + i), "code": f"12-{i}", "sheet_no": "12", "parcel_no": str(i), "land_use": "ODT",
             "area_legal_m2": 400.25, "address": CANARY, "owner_name": CANARY, "ward_code": "25747",
             "geometry": square(E + 25 * (i % 300), N + 25 * (i // 300)), "remark": CANARY}
            for i in range(parcels)
        ],
        "existing_land_use": [{"uid": uid(2), "land_use": "CLN", "year": 2024,
                               "geometry": shapely.MultiPolygon([hole])}],
        "planned_zone": [
            {"uid": uid(3), "code": "A-01", "name": "Khu ở", "land_use": "ODT", "max_density_pct": 60.0, "max_far": 2.4,
             "plan_state": "approved", "approved_on": "2024-05-20", "geometry": square(E, N, 300), "source": CANARY},
        ],
        "street_centreline": [{"uid": uid(4), "code": "D1", "name": "Đường số 1", "road_class": "area", "width_m": 17.5,
                               "lanes": 2, "geometry": line}],
        "street_boundary": [{"uid": uid(5), "street": uid(4), "geometry": square(E, N - 30, 17.5)}],
        "red_line": [{"uid": uid(6), "street": uid(4), "approved_on": "2024-05-20", "geometry": line}],
        "building_line": [{"uid": uid(7), "street": uid(4), "setback_m": 3.0, "geometry": line}],
        "building": [
            {"uid": uid(200), "code": "N1", "use": "detached", "height_m": 9.5, "floors": 3, "parcel": uid(100),
             "permit_no": CANARY, "geometry": square(E + 2, N + 2, 8)},
            {"uid": uid(201), "code": "N2", "use": "mixed", "floors": 5, "geometry": square(E + 27, N + 2, 8)},
            {"uid": uid(202), "code": "N3", "use": "other", "geometry": square(E + 52, N + 2, 8)},
        ],
        "lighting_cabinet": [asset(10, "TU-1", E, N - 5, working_mode="automatic", max_power_kw=12.5,
                                   features="astronomicalClock", meter_no=CANARY)],
        "lighting_pole": [asset(11, "C-1", E + 5, N - 5, height_m=9.0, cabinet_id=uid(10), material="concrete"),
                          asset(12, "C-2", E + 35, N - 5, height_m=9.0)],
        "luminaire": [
            asset(13, "D-1", E + 5, N - 5, pole_id=uid(11), lamp_technology="LED", power_w=90.0, status="ok",
                  install_date="2021-03-09", power_state="off", location_category="road"),
            asset(14, "D-2", E + 35, N - 5, pole_id=uid(12), lamp_technology="MH", power_w=150.0,
                  status="brokenLantern"),
        ],
        "water_pipe": [{k: v for k, v in asset(20, "O-1", E, N, material="HDPE", dn_mm=110.0, int_diameter_mm=96.8,
                        length_m=200.3, epa_status="OPEN", function="distribution").items() if k != "geometry"}
                       | {"geometry": line}],
        "water_valve": [asset(21, "V-1", E + 100, N + 5.5, valve_function="isolation", valve_type="gate", dn_mm=110,
                              closed=False, pipe_id=uid(20), operable="yes"),
                        asset(22, "V-2", E + 150, N + 2, valve_function="isolation")],
        "hydrant": [asset(23, "H-1", E + 110, N + 5, hydrant_type="pillar", dn_mm=100, outlets="2×65+1×100",
                          branch_pipe_id=uid(20), valve_id=uid(21), static_pressure_bar=2.5, test_date="2026-01-15",
                          test_pass=True, brand=CANARY)],
        "water_tank": [asset(24, "B-1", E + 200, N + 50, tank_type="elevated", volume_m3=500.0, diameter_m=9.0,
                             bottom_elevation_m=24.5, max_level_m=5.0, mixing_model="MIXED")],
        "water_pump": [asset(25, "P-1", E + 210, N + 50, pump_type="centrifugal", power_kw=22.0, from_pipe_id=uid(20),
                             rated_flow_lps=30.0, rated_head_m=35.0, epa_status="OPEN")],
        "water_meter": [asset(26, "DH-1", E + 60, N, customer_code=CANARY, customer_type="household")],
        "power_line": [{"uid": uid(27), "code": "DZ-1", "voltage_kv": 110.0, "geometry": line, "remark": CANARY}],
        "substation": [asset(28, "TBA-1", E, N + 80, voltage_kv=22.0)],
        "village_facility": [{"uid": uid(30), "code": "CT-1", "name": "Trạm y tế Bạch Đằng", "kind": "clinic",
                              "capacity": 20, "geometry": shapely.Point(E + 60, N + 60)}],
        "logistics_port": [{"uid": uid(31), "code": "CG-1", "name": "Cảng An Tây", "port_kind": "inland_port",
                            "quay_m": 300.0, "area_ha": 100.0, "capacity_t_year": 5e6, "waterway": "Sông Sài Gòn",
                            "geometry": shapely.Point(E - 400, N)}],
        "concession": [{"uid": uid(40), "code": "GP-1", "name": "Mỏ cát Suối Nhum", "licence_no": "12/GP",
                        "holder": CANARY, "mineral": "titan", "valid_from": "2020-01-01",
                        "geometry": square(450000, 1205000, 800)}],
    }  # fmt: skip


def detect(path: Path, *, simulated: bool = False) -> Path:
    """A detection run beside ``path`` with a new, a confirmed and a rejected alert."""
    rows = [
        {"uid": uid(300 + i), "code": f"CB-{i}", "status": status, "area_m2": 1500.0 + i, "confidence": 0.9,
         "date_before": "2026-01-10", "date_after": "2026-05-20", "relation": relation, "concession_code": "GP-1",
         "inside_m2": 0.0, "outside_m2": 1500.0, "distance_m": 40.5, "method": "irmad", "remark": CANARY,
         "geometry": square(451000 + 100 * i, 1205000, 40)}
        for i, (status, relation) in enumerate(
            [("new", "outside"), ("confirmed", "straddling"), ("rejected", "inside")]
        )
    ]  # fmt: skip
    with runs.new_run(path, "change.detect", {}, {}, simulated=simulated) as run:
        run.write("alert", frame(rows, COAST))
        run.finish({"alerts": len(rows)})
    return run.path

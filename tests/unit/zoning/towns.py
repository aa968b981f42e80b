"""A small town in which every kind of verdict has something to judge: two streets, three rows of lots, all networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from dothi.processing.zoning.land.inputs import FIELDS
from dothi.store import dataset

from .scenes import CRS, EAST, NORTH, line, rectangle, uid

LOTS, WIDE, DEEP = 8, 6.0, 20.0


def point(x: float, y: float) -> Point:
    return Point(EAST + x, NORTH + y)


def _lots() -> tuple[dict[str, Any], dict[str, Any]]:
    """Terraced houses on both sides of the first street, a third row behind them, and two large lots."""
    lots: dict[str, Any] = {}
    houses: dict[str, Any] = {}
    rows = {"n": 0.0, "b": DEEP, "s": -15.0 - DEEP}
    for row, south in rows.items():
        for i in range(LOTS):
            west = WIDE * i
            use = "ODT" if i % 5 else "TMD"
            lots[f"{row}{i}"] = (rectangle(west, south, west + WIDE, south + DEEP), {"land_use": use})
            if (row, i) in (("b", 3), ("s", 6)):
                continue
            back = 1.0 if row == "n" else 3.0
            house = rectangle(west + 0.1, south + 1.5, west + WIDE - 0.1, south + DEEP - back)
            told: dict[str, Any] = {
                "use": "detached",
                "height_m": 9.0 + 2 * i,
                "floors": 3 + i // 2,
                "floor_area_m2": 300.0,
            }
            houses[f"h{row}{i}"] = (house, told | {"parcel": uid(f"{row}{i}"), "permit_no": f"GP{row}{i % 3}"})
    lots["big"] = (rectangle(70, 0, 130, 60), {"land_use": "ODT", "area_legal_m2": 3600.0})
    flats: dict[str, Any] = {"use": "apartment", "height_m": 30.0, "floors": 9, "floor_area_m2": 4000.0}
    houses["podium"] = (rectangle(75, 6, 110, 30), flats | {"height_m": 12.0, "part": "podium"})
    houses["tower"] = (rectangle(80, 10, 100, 25), flats | {"part": "tower"})
    houses["slab"] = (rectangle(75, 40, 110, 52), flats)
    lots["works"] = (rectangle(70, -60, 130, -15), {"land_use": "SKC"})
    houses["hall"] = (rectangle(75, -50, 120, -20), {"use": "factory", "height_m": 11.0, "floors": 1})
    houses["shed"] = (rectangle(121, -50, 129, -40), {"use": "other", "height_m": 4.0, "floors": 1})
    lots["empty"] = (rectangle(140, 0, 160, 20), {"land_use": "CLN"})
    return lots, houses


_ZONE = {"area_state": "existing", "plan_state": "approved", "max_density_pct": 80.0, "max_far": 4.0}
_STREET = {"road_class": "area", "carriageway_m": 9.0, "sidewalk_m": 3.0, "area_state": "existing", "setting": "urban"}


def _layers() -> dict[str, dict[str, Any]]:
    lots, houses = _lots()
    return {
        "parcel": lots,
        "building": houses,
        "planned_zone": {
            "z1": (
                rectangle(-20, 0, 25, 70),
                _ZONE | {"land_use": "ODT", "unit": "A", "role": "housing", "population": 300},
            ),
            "z2": (
                rectangle(25, 0, 135, 70),
                _ZONE | {"land_use": "ODT", "max_height_m": 20.0, "gross_kind": "housing_unit"},
            ),
            "z3": (
                rectangle(-20, -70, 62, -15),
                _ZONE | {"land_use": "ODT", "area_state": "new", "unit": "A", "role": "public_green"},
            ),
            "z4": (rectangle(62, -70, 135, -15), _ZONE | {"land_use": "SKC", "unit": "B", "role": "parking"}),
        },
        "upper_zone": {
            "u1": (rectangle(-30, -80, 60, 80), {"land_use": "ODT", "max_far": 3.0, "plan_state": "approved"})
        },
        "street_centreline": {
            "first": (line((-60, -7.5), (180, -7.5)), _STREET | {"width_m": 15.0, "name": "Lê Lợi"}),
            "second": (line((136, -90), (136, 90)), _STREET | {"width_m": 8.0, "design_speed_kmh": 40.0}),
            "third": (line((-40, 45), (62, 45)), _STREET | {"width_m": 9.0, "road_class": "housing_group"}),
        },
        "street_boundary": {"l1": (rectangle(-60, -15, 180, 0), {"street": uid("first")})},
        "red_line": {
            "r1": (line((-60, 0), (180, 0)), {"street": uid("first")}),
            "r3": (line((-40, 40), (62, 40)), {"street": uid("third")}),
        },
        "lot_edge": {"e1": (line((0, 0), (0, 20)), {"parcel": uid("n0"), "kind": "street", "street": uid("first")})},
        "building_line": {"bl1": (line((-5, 3), (60, 3)), {"street": uid("first")})},
        "building_permit": {
            "p0": (rectangle(0, 1, 6, 18), {"permit_no": "GPn0", "height_m": 10.0}),
            "p1": (rectangle(6, 1, 12, 18), {"permit_no": "GPn1", "height_m": 20.0}),
        },
        "green_space": {"g1": (rectangle(112, 5, 128, 55), {"kind": "planted"})},
        "service_facility": {
            "school": (point(100, -7), {"kind": "primary", "capacity": 200}),
            "shop": (point(-30, 0), {"kind": "market"}),
        },
        "admin_unit": {
            "ward": (rectangle(-500, -500, 500, 500), {"name": "Phường Một", "level": "commune", "population": 12000})
        },
        "hydrant": {
            "hy1": (point(5, -3.2), {"hydrant_type": "pillar", "branch_pipe_id": uid("pipe1")}),
            "hy2": (point(90, -3.0), {"hydrant_type": "pillar", "branch_pipe_id": uid("pipe2")}),
            "hy3": (point(170, -2.0), {"hydrant_type": "underground"}),
        },
        "water_pipe": {
            "pipe1": (line((-60, -5), (60, -5)), {"dn_mm": 110, "function": "distribution"}),
            "pipe2": (line((60, -5), (170, -5)), {"dn_mm": 160, "function": "transmission"}),
        },
        "power_line": {
            "power": (line((-60, 64), (130, 64)), {"voltage_kv": 110, "installation": "overhead", "conductor": "bare"})
        },
        "watercourse": {"brook": (rectangle(-120, -120, 200, -85), {"water_kind": "river"})},
        "safety_site": {
            "graves": (rectangle(300, 0, 340, 40), {"site_kind": "burial"}),
            "petrol": (rectangle(145, 30, 155, 40), {"site_kind": "petrol_station"}),
            "petrol2": (rectangle(145, 130, 155, 140), {"site_kind": "petrol_station"}),
        },
        "industrial_park": {"park": (rectangle(62, -70, 135, -15), {})},
        "logistics_port": {"port": (point(0, -100), {"port_kind": "inland_port", "area_ha": 5.0, "quay_m": 200.0})},
        "village_facility": {"hall2": (point(170, 45), {"kind": "culture_house"})},
    }


def town(path: Path) -> Path:
    """The town as a data set at ``path``, with all layers that rules look at."""
    dataset.create(path, FIELDS, CRS)
    dataset.set_meta(path, judged_on="2026-06-01", province="binh_duong", simulated=True)
    for layer_id, features in _layers().items():
        fields = {field.id: field for field in dataset.declared(path, layer_id).fields}
        rows = [
            {"uid": uid(name)} | ({"code": name} if "code" in fields else {}) | values | {"geometry": shape}
            for name, (shape, values) in features.items()
        ]
        for row in rows:
            row |= {
                one: "1" for one, field in fields.items() if field.required and field.type == "text" and one not in row
            }
        frame = gpd.GeoDataFrame(pd.DataFrame(rows, dtype=object), geometry="geometry", crs=CRS)
        dataset.append(path, layer_id, frame)
    return path

"""Facilities of the smart village, ports, and administrative units before and after 1 July 2025.

Names and codes are real; outlines and exact positions are simulated, and say so.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import MultiPolygon, Point, Polygon

from ...layers.crs import WGS84
from ...store.coordinates import transform
from . import labels
from .cadastre import Frames, Land
from .ground import CRS
from .shapes import Rng, wiggle

_KINDS = {
    "administration": ("committee", "Trụ sở hành chính Bạch Đằng", 60),
    "school": ("school", "Trường tiểu học Bạch Đằng", 620),
    "clinic": ("clinic", "Trạm y tế Bạch Đằng", 40),
    "market": ("market", "Chợ Bạch Đằng", 180),
    "culture": ("culture_house", "Nhà văn hóa Bạch Đằng", 300),
    "park": ("park", "Công viên trung tâm Bạch Đằng", 400),
}
_POINTS = (
    ("wifi", "Wi-Fi công cộng Điều Hòa", 613990, 1218930, 100),
    ("wifi", "Wi-Fi công cộng Bình Hưng", 614560, 1222450, 100),
    ("wifi", "Wi-Fi công cộng Tân Trạch", 613110, 1220600, 100),
    ("tourism", "Vườn bưởi Bạch Đằng", 612640, 1221080, 150),
    ("tourism", "Điểm dừng du lịch đường sông", 614330, 1222720, 80), ("ferry", "Bến đò An Chữ", 615790, 1221420, 60),
    ("waste", "Điểm tập kết rác trung tâm", 614800, 1220870, 0), ("temple", "Đình Bình Hưng", 614430, 1222320, 120),
)  # fmt: skip

# (code, name, kind, longitude, latitude, quay m, area ha, t/year, waterway)
_PORTS = (
    ("CANG-AT", "Cảng An Tây", "inland_port", 106.531, 11.079, 750.0, 32.0, 3_000_000.0, "Sông Sài Gòn"),
    ("CANG-TH", "Cảng Thái Hòa", "inland_port", 106.771, 10.968, 420.0, 14.0, 1_600_000.0, "Sông Đồng Nai"),
)

_NEW = "2025-07-01"
_OLD = "2025-06-30"
# (code, name, level, from, to, successor, longitude, latitude, km², height : width)
_UNITS = (
    ("74", "Tỉnh Bình Dương", "province", None, _OLD, "79", 106.66, 11.20, 2694.4, 1.1),
    ("60", "Tỉnh Bình Thuận", "province", None, _OLD, "68", 108.10, 11.08, 7812.9, 0.75),
    ("723", "Thành phố Tân Uyên", "district_old", None, _OLD, "25888", 106.775, 11.060, 192.0, 1.5),
    ("25937", "Xã Thạnh Hội", "commune", None, _OLD, "25891", 106.785, 10.978, 4.4, 0.9),
    ("25939", "Phường Thái Hòa", "commune", None, _OLD, "25891", 106.752, 10.976, 11.4, 1.0),
    ("25936", "Phường Thạnh Phước", "commune", None, _OLD, "25891", 106.767, 10.997, 8.0, 1.0),
    ("25843", "Phường An Tây", "commune", None, _OLD, "25843", 106.547, 11.092, 44.0, 1.2),
    ("25888", "Phường Tân Uyên", "commune", _NEW, None, None, 106.7955, 11.0635, 87.607, 1.95),
    ("25843", "Phường Tây Nam", "commune", _NEW, None, None, 106.501, 11.1836, 119.796, 1.6),
    ("25891", "Phường Tân Khánh", "commune", _NEW, None, None, 106.726, 11.0122, 38.273, 0.7),
    ("23143", "Xã Tân Thành", "commune", _NEW, None, None, 107.973, 10.7599, 64.8, 0.6),
)


def places(seed: int, land: Land) -> Frames:
    """Layers ``village_facility``, ``logistics_port`` and ``admin_unit``."""
    rng = np.random.default_rng([seed, 7])
    return {
        "village_facility": _facilities(seed, land),
        "logistics_port": _ports(seed),
        "admin_unit": _units(rng, seed, land),
    }


def _facilities(seed: int, land: Land) -> gpd.GeoDataFrame:
    rows: list[tuple[str, str, int, Point]] = []
    for use, (kind, name, capacity) in _KINDS.items():
        lots = land.lots[(land.lots.use == use) & (land.lots.place == "island")]
        rows += [(kind, name, capacity, lot.representative_point()) for lot in lots.geometry[:1]]
    rows += [(kind, name, capacity, Point(x, y)) for kind, name, x, y, capacity in _POINTS]
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "village_facility", k) for k in range(len(rows))],
            "code": [f"LTM-{k + 1:02d}" for k in range(len(rows))],
            "name": [row[1] for row in rows],
            "kind": [row[0] for row in rows],
            "capacity": [row[2] for row in rows],
            "source": labels.SOURCE,
            "remark": "Làng thông minh Bạch Đằng; vị trí mô phỏng",
        },
        geometry=shapely.set_precision([row[3] for row in rows], 0.001),
        crs=CRS,
    )


def _ports(seed: int) -> gpd.GeoDataFrame:
    east, north = transform([p[3] for p in _PORTS], [p[4] for p in _PORTS], WGS84, CRS)
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "logistics_port", p[0]) for p in _PORTS],
            "code": [p[0] for p in _PORTS],
            "name": [p[1] for p in _PORTS],
            "port_kind": [p[2] for p in _PORTS],
            "quay_m": [p[5] for p in _PORTS],
            "area_ha": [p[6] for p in _PORTS],
            "capacity_t_year": [p[7] for p in _PORTS],
            "waterway": [p[8] for p in _PORTS],
            "source": labels.SOURCE,
            "remark": "Vị trí và số liệu mô phỏng",
        },
        geometry=shapely.points(np.round(east, 3), np.round(north, 3)),
        crs=CRS,
    )


def _units(rng: Rng, seed: int, land: Land) -> gpd.GeoDataFrame:
    """Outlines of about the published area around the published point; the old commune Bạch Đằng is the island."""
    east, north = transform([u[6] for u in _UNITS], [u[7] for u in _UNITS], WGS84, CRS)
    shapes = [_outline(rng, x, y, u[8] * 1e6, u[9]) for x, y, u in zip(east, north, _UNITS, strict=True)]
    island = ("25930", "Xã Bạch Đằng", "commune", None, _OLD, "25888")
    units = [u[:6] for u in _UNITS] + [island]
    shapes.append(Polygon(land.ground.island.exterior).buffer(90.0, quad_segs=4))
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "admin_unit", f"{u[0]} {u[1]}") for u in units],
            "code": [u[0] for u in units],
            "name": [u[1] for u in units],
            "level": [u[2] for u in units],
            "valid_from": [u[3] for u in units],
            "valid_to": [u[4] for u in units],
            "successor": [u[5] for u in units],
            "source": labels.SOURCE,
            "remark": "Ranh giới mô phỏng; mã và tên theo danh mục",
        },
        geometry=[MultiPolygon([shapely.set_precision(s, 0.001)]) for s in shapes],
        crs=CRS,
    )


def _outline(rng: Rng, x: float, y: float, area: float, tall: float) -> Polygon:
    turn = np.linspace(0.0, 2 * np.pi, 160, endpoint=False)
    radius = 1.0 + wiggle(rng, turn, (2 * np.pi / 2, 2 * np.pi / 3, 2 * np.pi / 7), 0.12)
    shape = np.column_stack([radius * np.cos(turn) / np.sqrt(tall), radius * np.sin(turn) * np.sqrt(tall)])
    scale = np.sqrt(area / Polygon(shape).area)
    return Polygon(shape * scale + (x, y))

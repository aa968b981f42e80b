"""Power lines and substations of the simulated land: 110 kV to the town, 22 kV along the main streets, transformers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, MultiLineString, Point

from . import labels
from .cadastre import Frames
from .ground import CRS
from .shapes import curve
from .streets import Street

_HIGH = ((610720, 1223650), (611150, 1223180), (611480, 1222620), (611500, 1222150))
_FEEDER_STREETS = ("Đường ĐT.747", "Đường Bạch Đằng", "Đường Cầu Bạch Đằng 1", "Đường vòng Cù lao", "Đường Lê Lợi")
_EVERY = 420.0  # metres of feeder per transformer


def power(seed: int, streets: tuple[Street, ...]) -> Frames:
    """Layers ``power_line`` and ``substation``."""
    high = LineString(curve(_HIGH, 1))
    lines: list[tuple[str, float, str, str, shapely.Geometry]] = [
        ("Đường dây 110 kV Tân Uyên", 110.0, "overhead", "bare", MultiLineString([high]))
    ]
    stations: list[tuple[str, float, float, float, str, Point]] = [
        ("Trạm 110 kV Tân Uyên", 110.0, 22.0, 40_000.0, "fenced", Point(high.coords[-1]))
    ]
    for name in _FEEDER_STREETS:
        parts = [s for s in streets if s.name == name]
        shifted = [s.line.offset_curve(s.width_m / 2 - 1.6) for s in parts]
        pieces = [p for line in shifted for p in shapely.get_parts(line) if p.length > 20.0]
        lines.append((f"Xuất tuyến 22 kV {name}", 22.0, "overhead", "insulated", MultiLineString(pieces)))
        for piece in pieces:
            for at in np.arange(_EVERY / 2, piece.length, _EVERY):
                spot = piece.interpolate(float(at))
                stations.append((f"Trạm biến áp {len(stations)}", 22.0, 0.4, 250.0, "pole", spot))
    common = {
        "lifecycle": "in_service",
        "install_date": "2015-09-01",
        "owner": "Điện lực Tân Uyên (mô phỏng)",
        "ward_code": labels.WARD,
        "source": labels.SOURCE,
    }
    power_line = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "power_line", k) for k in range(len(lines))],
            "code": [f"DZ-{k + 1:03d}" for k in range(len(lines))],
            "name": [line[0] for line in lines],
            "voltage_kv": [line[1] for line in lines],
            "installation": [line[2] for line in lines],
            "conductor": [line[3] for line in lines],
            "circuits": [2 if line[1] > 100 else 1 for line in lines],
            **common,
        },
        geometry=shapely.set_precision([line[4] for line in lines], 0.001),
        crs=CRS,
    )
    substation = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "substation", k) for k in range(len(stations))],
            "code": [f"TBA-{k + 1:03d}" for k in range(len(stations))],
            "name": [s[0] for s in stations],
            "voltage_kv": [s[1] for s in stations],
            "secondary_voltage_kv": [s[2] for s in stations],
            "capacity_kva": [s[3] for s in stations],
            "enclosure": [s[4] for s in stations],
            **common,
        },
        geometry=shapely.set_precision([s[5] for s in stations], 0.001),
        crs=CRS,
    )
    return {"power_line": power_line, "substation": substation}

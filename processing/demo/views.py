"""Where to look in the simulated province: the places that a project of it opens at, kept in the data themselves.

Each is ``id``, ``name``, ``crs``, ``extent`` (west, south, east, north in that system, metres) and the map ``theme``
that shows it best.
"""

from __future__ import annotations

from typing import Any

from .coast import LICENCE_CRS
from .ground import CRS

PLACES: list[dict[str, Any]] = [
    {
        "id": "tan_uyen",
        "name": {"vi": "Tân Uyên", "en": "Tân Uyên"},
        "crs": CRS,
        "extent": [611550, 1221350, 613250, 1223000],
        "theme": "planning",
    },
    {
        "id": "bach_dang",
        "name": {"vi": "Bạch Đằng", "en": "Bạch Đằng"},
        "crs": CRS,
        "extent": [612900, 1219900, 616100, 1222900],
        "theme": "village",
    },
    {
        "id": "trung_tam_bach_dang",
        "name": {"vi": "Trung tâm Bạch Đằng – hạ tầng", "en": "Bạch Đằng centre – networks"},
        "crs": CRS,
        "extent": [614200, 1220750, 615000, 1221250],
        "theme": "networks",
    },
    {
        "id": "cang_an_tay",
        "name": {"vi": "Cảng An Tây", "en": "An Tây port"},
        "crs": CRS,
        "extent": [584000, 1224400, 586400, 1226200],
        "theme": "village",
    },
    {
        "id": "cang_thai_hoa",
        "name": {"vi": "Cảng Thái Hòa", "en": "Thái Hòa port"},
        "crs": CRS,
        "extent": [610200, 1212200, 612600, 1214000],
        "theme": "village",
    },
    {
        "id": "suoi_nhum",
        "name": {"vi": "Suối Nhum", "en": "Suối Nhum"},
        "crs": LICENCE_CRS,
        "extent": [440600, 1191200, 449600, 1198300],
        "theme": "after",
    },
]

"""Two made-up scenarios (mô phỏng) on the demo: what to do with two housing blocks in the middle of Tân Uyên.

A clears them for a park; B builds six apartment houses of twelve storeys where the row houses stand.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import geopandas as gpd
import shapely

from ..store import dataset, edits, scenarios
from .files import ROOT, shown

DATA = ROOT / "build" / "demo" / "dothi.gpkg"
BLOCKS = ("QH-ODT-086", "QH-ODT-094")
PARK, TOWERS = "Phương án A – công viên (mô phỏng)", "Phương án B – chung cư (mô phỏng)"
FLOORS, STOREY_M, SIDE_M, DEPTH_M = 12, 3.4, 18.0, 24.0
_SHARES = (0.2, 0.5, 0.8)  # where along a block the houses stand


def _standing(buildings: gpd.GeoDataFrame, ground: shapely.Geometry) -> gpd.GeoDataFrame:
    """The buildings whose middle lies on ``ground``."""
    return buildings[shapely.within(shapely.point_on_surface(buildings.geometry.to_numpy()), ground)]


def park(zones: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> dict[str, Any]:
    """The blocks become a park, what stands there goes."""
    gone = _standing(buildings, shapely.union_all(zones.geometry.to_numpy()))
    values = {"land_use": "DKV", "zone_use": "Công viên", "max_density_pct": 5.0, "max_far": None}
    return {
        "planned_zone": {"changed": [{"uid": uid, "values": values} for uid in zones["uid"]]},
        "building": {"deleted": list(gone["uid"])},
    }


def towers(zones: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> dict[str, Any]:
    """Row houses give way to apartment houses along each block's long side."""
    gone = _standing(buildings, shapely.union_all(zones.geometry.to_numpy()))
    added = []
    for code, block in zip(zones["code"], zones.geometry, strict=True):
        corners = shapely.get_coordinates(shapely.oriented_envelope(block))[:4]
        along, across = corners[1] - corners[0], corners[2] - corners[1]
        if (along**2).sum() < (across**2).sum():
            along, across = across, along
        along, across = along / (along**2).sum() ** 0.5, across / (across**2).sum() ** 0.5
        length = abs((shapely.get_coordinates(block) - corners[0]) @ along).max()
        middle = shapely.get_coordinates(block.centroid)[0]
        for number, share in enumerate(_SHARES):
            at = middle + (share - 0.5) * length * along
            turns = ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ring = [at + a * SIDE_M / 2 * along + b * DEPTH_M / 2 * across for a, b in turns]
            area = SIDE_M * DEPTH_M * FLOORS
            values: dict[str, Any] = {
                "code": f"{code}-CC{number + 1}",
                "name": f"Chung cư {number + 1}",
                "use": "apartment",
            }
            values |= {"height_m": FLOORS * STOREY_M, "floors": FLOORS, "floor_area_m2": area}
            uid = str(uuid5(NAMESPACE_URL, f"{code} {number}"))
            added.append({"uid": uid, "values": values, "wkt": shapely.MultiPolygon([shapely.Polygon(ring)]).wkt})
    return {"building": {"deleted": list(gone["uid"]), "added": added}}


def make(data: Path) -> list[scenarios.Scenario]:
    """Write both beside ``data``; earlier ones of these names are replaced."""
    zones, buildings = dataset.read(data, "planned_zone"), dataset.read(data, "building")
    chosen = zones[zones["code"].isin(BLOCKS)]
    return [
        scenarios.save(
            data, name, edits.differences(data, plan(chosen, buildings)), note="Ví dụ của bản mẫu", over=True
        )
        for name, plan in ((PARK, park), (TOWERS, towers))
    ]


def main() -> int:
    """Make both on the demo, or on a copy of it."""
    for made in make(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA):
        print(f"   {shown(made.path)}  {dict(made.counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

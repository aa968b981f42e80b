"""What is planted: the yards of flats, public buildings and factories, and the parks with their ponds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from . import labels
from .cadastre import Frames, Land
from .ground import CRS
from .shapes import polygons_of

# Share of a lot planted, by the use of its buildings: a designer's choice above the minimum of Bảng 2.11.
_PLANTED = {"apartment": 0.27, "public": 0.36, "factory": 0.26}
_PARKS = ("park", "riverside")
_WALK = 0.8  # metres kept free around buildings


def greens(seed: int, land: Land, frames: Frames, bare: set[str]) -> Frames:
    """Layers ``green_space`` and ``lot_edge``. The yards of the parcels ``bare`` are paved instead of planted."""
    parcel, building = frames["parcel"], frames["building"]
    shapes: list[shapely.Geometry] = []
    rows: list[tuple[str, str, str | None]] = []
    of_lot = building.groupby("parcel")
    for uid, mine in of_lot:
        share = _PLANTED.get(str(mine.use.iloc[0]))
        if share is None:
            continue
        lot = parcel.geometry.to_numpy()[int(np.flatnonzero(parcel.uid == uid)[0])]
        shapes.append(_strip(lot, shapely.union_all(mine.geometry.to_numpy()), share))
        rows.append(("paved" if uid in bare else "planted", "limited", str(uid)))
    for k in np.flatnonzero(land.lots.use.isin(_PARKS)):
        lot = parcel.geometry.to_numpy()[k]
        pond = lot.centroid.buffer(0.12 * np.sqrt(lot.area), quad_segs=6).intersection(lot)
        for kind, shape in (("planted", lot.difference(pond)), ("water", pond)):
            shapes.append(shape)
            rows.append((kind, "public", str(parcel.uid[k])))
    made = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "green_space", k) for k in range(len(rows))],
            "name": ["Hồ cảnh quan" if kind == "water" else None for kind, _, _ in rows],
            "kind": [row[0] for row in rows],
            "access": [row[1] for row in rows],
            "parcel": [row[2] for row in rows],
            "source": labels.SOURCE,
        },
        geometry=[MultiPolygon(polygons_of(shapely.set_precision(shape, 0.001))) for shape in shapes],
        crs=CRS,
    )
    return {"green_space": made, "lot_edge": _edges(seed, land, frames)}


def _strip(lot: BaseGeometry, built: BaseGeometry, share: float) -> BaseGeometry:
    """A planted strip along the border of the lot, as wide as the share needs."""
    open_ground = lot.difference(built.buffer(_WALK, join_style="mitre"))
    low, high = 0.5, 60.0
    for _ in range(12):
        middle = (low + high) / 2
        strip = open_ground.difference(lot.buffer(-middle, join_style="mitre"))
        low, high = (low, middle) if strip.area > share * lot.area else (middle, high)
    return open_ground.difference(lot.buffer(-high, join_style="mitre"))


def _edges(seed: int, land: Land, frames: Frames) -> gpd.GeoDataFrame:
    """A planner's corrections: gardens on the river bank, whose edge there borders public land."""
    parcel = frames["parcel"]
    bank = land.town.bank
    near = shapely.distance(parcel.geometry.to_numpy(), bank)
    chosen = [int(k) for k in np.argsort(near, kind="stable")[:400] if land.lots.use[k] == "riverside"][:3]
    lines = []
    for k in chosen:
        outline = parcel.geometry[k].boundary
        middle = outline.interpolate(outline.project(bank.interpolate(bank.project(parcel.geometry[k].centroid))))
        stretch = outline.intersection(middle.buffer(8.0))
        lines.append([part for part in shapely.get_parts(stretch) if part.length > 0])
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "lot_edge", k) for k in range(len(chosen))],
            "parcel": parcel.uid.to_numpy()[chosen],
            "kind": "public",
            "source": labels.SOURCE,
            "remark": "Cạnh giáp bờ sông (mô phỏng)",
        },
        geometry=[shapely.MultiLineString(parts) for parts in lines],
        crs=CRS,
    )

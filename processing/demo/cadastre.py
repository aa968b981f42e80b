"""The cadastre and the plan of the simulated land as frames: streets, lots, planned zones, existing use.

All in EPSG:9210. Lots, streets and the river tile one surface (``coverage.seal``); zones and existing use are unions of
lots, so their borders fall on lot borders.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import MultiLineString, MultiPolygon

from . import labels
from .blocks import Block, island_blocks, street_land, town_blocks
from .coverage import GRID, seal, street_pieces
from .ground import CRS, Ground, ground
from .lots import hamlet_of, lots_of
from .open_land import with_open_land
from .shapes import Rng, halve, polygons_of, wiggle
from .streets import Street, Town, island, town

Frames = dict[str, gpd.GeoDataFrame]
BUILDING_LINES = {"main": 6.0, "area_main": 4.0}  # metres behind the red line, by class of the street
_AROUND = (610700.0, 1216300.0, 617300.0, 1224000.0)  # the map sheet: river and the other banks


@dataclass(frozen=True)
class Land:
    """The made land: ``frames`` by layer id, what the other generators build on."""

    ground: Ground
    town: Town
    streets: tuple[Street, ...]
    blocks: list[Block]
    frames: Frames
    lots: gpd.GeoDataFrame  # parcel uid, use, block, place, new


def land(seed: int) -> Land:
    """Streets, lots, zones and existing land use, the same for the same ``seed``."""
    rng = np.random.default_rng([seed, 1])
    made = ground(rng)
    built = town(rng, made)
    rural_streets = island(rng, made, built.bridge)
    blocks, town_streets = town_blocks(rng, built)
    streets = (*town_streets, *rural_streets)
    blocks = [*with_open_land(blocks), *island_blocks(made, rural_streets)]
    net = street_land(streets)
    settled = street_land(tuple(s for s in rural_streets if s.settled))
    lots = [lot for k, block in enumerate(blocks) for lot in lots_of(rng, k, block, net, settled)]

    dry = shapely.union_all([built.land, made.island])
    on_land = street_pieces(streets, net)
    outside = shapely.box(*_AROUND).difference(shapely.union_all([dry, made.river, net]))
    countryside = [p for part in polygons_of(outside) for p in halve(rng, part, 180_000.0, bend=0.04, skew=0.2)]
    water = polygons_of(made.river.difference(net))
    sealed = seal([*(lot.polygon for lot in lots), *on_land, *water, *countryside])
    n, m = len(lots), len(streets)

    table = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "parcel", k) for k in range(n)],
            "use": _field_uses(rng, [lot.use for lot in lots], sealed[:n]),
            "block": [lot.block for lot in lots],
            "place": [blocks[lot.block].place for lot in lots],
            "new": [blocks[lot.block].new for lot in lots],
        },
        geometry=sealed[:n],
        crs=CRS,
    )
    frames = _streets(seed, streets, sealed[n : n + m])
    frames["parcel"] = _parcels(table)
    frames["planned_zone"] = _zones(seed, table, blocks, sealed[n + m :], len(water))
    frames["existing_land_use"] = _existing(seed, table, sealed[n : n + m], sealed[n + m :], len(water))
    return Land(made, built, streets, blocks, frames, table)


def _field_uses(rng: Rng, uses: list[str], polygons: np.ndarray) -> list[str]:
    """Rice in the low middle of the island, orchards and some vegetables around."""
    x, y = shapely.get_x(shapely.centroid(polygons)), shapely.get_y(shapely.centroid(polygons))
    wet = wiggle(rng, x, (2100.0, 900.0), 1.0) + wiggle(rng, y, (1700.0, 800.0), 1.0) + 0.25
    draw = rng.random(len(uses))
    return [
        use if use != "field" else "rice" if low > 0.1 else "vegetable" if luck < 0.16 else "field"
        for use, low, luck in zip(uses, wet, draw, strict=True)
    ]


def _parcels(lots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    centre = shapely.centroid(lots.geometry.to_numpy())
    east, north = shapely.get_x(centre), shapely.get_y(centre)
    sheet = ((1_224_000 - north) // 900).astype(int) * 8 + ((east - 610_700) // 900).astype(int) + 1
    order = np.lexsort((east, -north // 40, sheet))
    number = np.empty(len(lots), dtype=int)
    for s in np.unique(sheet):
        of_sheet = order[sheet[order] == s]
        number[of_sheet] = np.arange(1, len(of_sheet) + 1)
    rural = [hamlet_of(point) if place == "island" else "" for point, place in zip(centre, lots.place, strict=True)]
    return gpd.GeoDataFrame(
        {
            "uid": lots.uid,
            "code": [f"{labels.WARD}-{s:02d}-{k:04d}" for s, k in zip(sheet, number, strict=True)],
            "sheet_no": [str(s) for s in sheet],
            "parcel_no": [str(k) for k in number],
            "land_use": [
                "ODT" if u == "garden" and p == "town" else labels.USES[u].lot
                for u, p in zip(lots.use, lots.place, strict=True)
            ],
            "area_legal_m2": np.round(lots.area, 1),
            "address": [f"Ấp {h}, phường Tân Uyên" if h else "Phường Tân Uyên" for h in rural],
            "owner_name": [f"Chủ sử dụng mô phỏng {k + 1}" for k in range(len(lots))],
            "ward_code": labels.WARD,
            "source": labels.SOURCE,
        },
        geometry=lots.geometry.to_numpy(),
        crs=CRS,
    )


def _streets(seed: int, streets: tuple[Street, ...], pieces: np.ndarray) -> Frames:
    """One feature per street name: centreline, land, red lines and building lines."""
    names = list(dict.fromkeys(s.name for s in streets))
    members = {name: [k for k, s in enumerate(streets) if s.name == name] for name in names}
    uids = [labels.uid(seed, "street_centreline", name) for name in names]
    first = [streets[members[name][0]] for name in names]
    lines = [MultiLineString([shapely.set_precision(streets[k].line, GRID) for k in members[name]]) for name in names]
    centreline = gpd.GeoDataFrame(
        {
            "uid": uids,
            "code": [f"D{k + 1:03d}" for k in range(len(names))],
            "name": names,
            "road_class": [s.road_class for s in first],
            "width_m": [s.width_m for s in first],
            "lanes": [s.lanes for s in first],
            "source": labels.SOURCE,
        },
        geometry=lines,
        crs=CRS,
    )
    areas = [MultiPolygon(polygons_of(shapely.coverage_union_all(pieces[members[name]]))) for name in names]
    boundary = gpd.GeoDataFrame(
        {"uid": [labels.uid(seed, "street_boundary", n) for n in names], "street": uids, "source": labels.SOURCE},
        geometry=areas,
        crs=CRS,
    )
    edge = shapely.boundary(shapely.coverage_union_all(np.asarray(areas, dtype=object)))
    red, back = [], []
    for area, street in zip(areas, first, strict=True):
        red.append(_multi(shapely.line_merge(shapely.intersection(area.boundary, edge))))
        setback = BUILDING_LINES.get(street.road_class, 0.0)
        moved = area.buffer(setback, join_style="mitre").boundary if setback else area.boundary
        outer = moved.difference(shapely.union_all([a for a in areas if a.distance(area) < 2 * setback]))
        back.append((setback, _multi(outer) if setback else red[-1]))
    red_line = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "red_line", n) for n in names],
            "street": uids,
            "decision_no": labels.DECISION,
            "approved_on": labels.APPROVED_ON,
            "source": labels.SOURCE,
        },
        geometry=red,
        crs=CRS,
    )
    building_line = gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "building_line", n) for n in names],
            "street": uids,
            "setback_m": [setback for setback, _ in back],
            "source": labels.SOURCE,
        },
        geometry=[line for _, line in back],
        crs=CRS,
    )
    building_line = building_line[(building_line.setback_m > 0) & ~building_line.is_empty].reset_index(drop=True)
    return {
        "street_centreline": centreline,
        "street_boundary": boundary,
        "red_line": red_line,
        "building_line": building_line,
    }


def _multi(geometry: shapely.Geometry) -> MultiLineString:
    return MultiLineString([p for p in shapely.get_parts(geometry) if p.geom_type == "LineString" and p.length > 0])


def _zones(seed: int, lots: gpd.GeoDataFrame, blocks: list[Block], beyond: np.ndarray, rivers: int) -> gpd.GeoDataFrame:
    """One zone per block and land code; the river is a zone too."""
    zone = np.array(
        [
            "ODT" if u == "garden" and p == "town" else labels.USES[u].zone
            for u, p in zip(lots.use, lots.place, strict=True)
        ]
    )
    rows: list[dict[str, str]] = []
    shapes: list[shapely.Geometry] = []
    for (block, code), of_zone in lots.groupby([lots.block, zone], sort=True):
        use = labels.USES[of_zone.use.iloc[0]]
        number = len(rows) + 1
        rows.append(
            {
                "uid": labels.uid(seed, "planned_zone", number),
                "code": f"QH-{code}-{number:03d}",
                "name": f"Ô {code} {number}",
                "land_use": code,
                "zone_use": use.name.vi,
                "area_state": "new" if blocks[block].new else "existing",
                "gross_kind": "park" if use.zone == "DKV" else "",
            }
        )
        shapes.append(MultiPolygon(polygons_of(shapely.coverage_union_all(of_zone.geometry.to_numpy()))))
    for k in range(rivers):
        rows.append(
            {
                "uid": labels.uid(seed, "planned_zone", f"river {k}"),
                "code": f"QH-SON-{k + 1:03d}",
                "name": "Sông Đồng Nai",
                "land_use": "SON",
                "zone_use": "Mặt nước sông",
                "area_state": "existing",
            }
        )
        shapes.append(beyond[k])
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS)
    return frame.assign(
        gross_kind=frame["gross_kind"].replace("", None),
        plan_state=labels.PLAN_STATE,
        plan_name=labels.PLAN_NAME,
        decision_no=labels.DECISION,
        approved_on=labels.APPROVED_ON,
        source=labels.SOURCE,
    )


def _existing(
    seed: int, lots: gpd.GeoDataFrame, streets: np.ndarray, beyond: np.ndarray, rivers: int
) -> gpd.GeoDataFrame:
    """Use found on the ground in 2025: lots of one code in one block together, streets, river, country around."""
    code = np.array([labels.USES[u].lot for u in lots.use])
    parts: list[tuple[str, shapely.Geometry]] = [
        (str(key[1]), shapely.coverage_union_all(group.geometry.to_numpy()))
        for key, group in lots.groupby([lots.block, code], sort=True)
    ]
    parts.append(("DGT", shapely.coverage_union_all(streets)))
    parts += [("SON", area) for area in beyond[:rivers]]
    choices = np.random.default_rng([seed, 2]).choice(["CLN", "HNK", "LUC", "CLN"], size=len(beyond) - rivers)
    parts += [(str(c), area) for c, area in zip(choices, beyond[rivers:], strict=True)]
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "existing_land_use", k) for k in range(len(parts))],
            "land_use": [c for c, _ in parts],
            "year": 2025,
            "area_m2": [round(float(shapely.area(area)), 1) for _, area in parts],
            "source": labels.SOURCE,
        },
        geometry=[MultiPolygon(polygons_of(area)) for _, area in parts],
        crs=CRS,
    )


def concat(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Frames of one layer together."""
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)

"""Planned against existing land use: area by ward and land code, and what the plan turns into what.

The layout is that of a land inventory: one row per ward, land code and year, with what is there, what is planned, and
the difference. Area of a ward that no drawing covers, or that one covers twice, is told and not spread over the codes.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..columns import words
from ..land.overlay import Geometries, Overlay, overlay
from ..land.soundness import as_multipolygons, polygons

# Pieces below a square metre are borders drawn twice.
LEAST_CHANGE_M2 = 1.0


@dataclass(frozen=True)
class LandStatistics:
    """``table``: rows of ``land_statistic``; ``changes``: of ``land_change``.

    ``cover`` has a row per ward: its ``area_m2`` and how much of it (m²) either drawing leaves out or counts twice.
    """

    table: pd.DataFrame
    changes: gpd.GeoDataFrame
    cover: pd.DataFrame


def _in_wards(shapes: Geometries, wards: Geometries) -> Overlay:
    return overlay(shapes, wards, wanted=lambda lot, _ward: np.ones(len(lot), dtype=bool))


def _by_code(frame: pd.DataFrame, on: Overlay, wards: int, column: str) -> pd.DataFrame:
    """Area by ward position and land code."""
    found = pd.DataFrame({"ward": on.zone, "land_use": words(frame, "land_use")[on.lot], column: on.area})
    return found[found["land_use"].notna()].groupby(["ward", "land_use"])[column].sum().reset_index()


def _gaps(wards: Geometries, on: Overlay, name: str) -> pd.DataFrame:
    """For each ward the area that nothing covers and the area that is covered more than once (m²)."""
    left, twice = np.zeros(len(wards)), np.zeros(len(wards))
    for ward in range(len(wards)):
        mine = on.part[on.zone == ward]
        united = shapely.union_all(mine) if len(mine) else shapely.Polygon()
        left[ward] = shapely.area(shapely.difference(wards[ward], united))
        twice[ward] = max(float(on.area[on.zone == ward].sum()) - shapely.area(united), 0.0)
    return pd.DataFrame({f"{name}_uncovered_m2": left, f"{name}_twice_m2": twice})


def land_statistics(
    wards: gpd.GeoDataFrame, existing: gpd.GeoDataFrame, planned: gpd.GeoDataFrame, year: int
) -> LandStatistics:
    """Statistics of ``existing`` land use in ``year`` and of the ``planned`` zones, by ward.

    ``wards`` has ``code`` and ``name``; the others ``land_use``. One projected system in metres; unsound geometries are
    left out and show up as uncovered ground.
    """
    ground, _ = polygons(wards.geometry.to_numpy(), "x")
    usable = ~shapely.is_missing(ground)
    wards, ground = wards[usable].reset_index(drop=True), ground[usable]
    now, then = polygons(existing.geometry.to_numpy(), "x")[0], polygons(planned.geometry.to_numpy(), "x")[0]
    now_in, then_in = _in_wards(now, ground), _in_wards(then, ground)
    table = _by_code(existing, now_in, len(ground), "existing_m2").merge(
        _by_code(planned, then_in, len(ground), "planned_m2"), on=["ward", "land_use"], how="outer"
    )
    table = table.fillna({"existing_m2": 0.0, "planned_m2": 0.0}).sort_values(["ward", "land_use"], ignore_index=True)
    table["change_m2"] = table["planned_m2"] - table["existing_m2"]
    at = table.pop("ward").to_numpy(dtype=np.intp)
    table.insert(0, "ward_code", words(wards, "code")[at])
    table.insert(1, "ward_name", words(wards, "name")[at])
    table.insert(3, "year", year)
    cover = pd.DataFrame(
        {"ward_code": words(wards, "code"), "ward_name": words(wards, "name"), "area_m2": shapely.area(ground)}
    )
    cover = pd.concat([cover, _gaps(ground, now_in, "existing"), _gaps(ground, then_in, "planned")], axis=1)
    return LandStatistics(table, _changes(wards, existing, planned, now_in, then), cover)


def _changes(
    wards: gpd.GeoDataFrame, existing: gpd.GeoDataFrame, planned: gpd.GeoDataFrame, now_in: Overlay, then: Geometries
) -> gpd.GeoDataFrame:
    """The pieces of ground whose planned code differs, dissolved by ward and pair of codes."""
    before = words(existing, "land_use")[now_in.lot]
    after = words(planned, "land_use")

    def differs(piece: np.ndarray, zone: np.ndarray) -> np.ndarray:
        return np.asarray(before[piece] != after[zone], dtype=bool)

    on = overlay(now_in.part, then, wanted=differs)
    kept = np.flatnonzero(~shapely.is_missing(on.part))
    pieces = pd.DataFrame(
        {
            "ward_code": words(wards, "code")[now_in.zone[on.lot[kept]]],
            "land_use_from": before[on.lot[kept]],
            "land_use_to": after[on.zone[kept]],
        }
    )
    flat = gpd.GeoDataFrame(pieces, geometry=as_multipolygons(on.part[kept]), crs=existing.crs).dropna()
    if flat.empty:
        return flat.assign(area_m2=pd.Series(dtype=float))
    made = flat.dissolve(["ward_code", "land_use_from", "land_use_to"], as_index=False)
    made["area_m2"] = made.area
    made = made[made["area_m2"] > LEAST_CHANGE_M2].sort_values("area_m2", ascending=False, ignore_index=True)
    return made.set_geometry(gpd.GeoSeries(as_multipolygons(made.geometry.to_numpy()), crs=existing.crs))

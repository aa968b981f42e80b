"""What planned street land takes: which lots, how much of each, which buildings, and what remains of a lot.

Street land is the ground between the red lines. What remains is measured piece by piece, because a street through the
middle leaves two halves, neither of which may be enough. Names and addresses are neither read nor told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..columns import Numbers, Words, absent, nothing, words
from ..land.overlay import Geometries, Indices, overlay, unions
from ..land.soundness import as_multipolygons, polygons

# Lots and red lines are drawn on maps of different scale: a smaller cut is the width of a line (our judgement).
LEAST_CUT_M2 = 0.5
# A building of which less than this is left is taken down whole (our judgement).
LEAST_LEFT_M2 = 1.0


@dataclass(frozen=True)
class Minimum:
    """The least area (m²) and width (m) that a lot may have: the province's decision, None where it is not known."""

    area_m2: float | None = None
    width_m: float | None = None


@dataclass(frozen=True)
class Impact:
    """Frames of the layers ``affected_lot`` and ``affected_building``; ``unsound`` uids could not be measured."""

    lots: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    unsound: tuple[str, ...]


def impact(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None, street_land: gpd.GeoDataFrame, least: Minimum
) -> Impact:
    """What ``street_land`` (polygons with ``label``) takes from ``parcels`` and ``buildings``.

    All in one projected system in metres. Sorted by the area taken, the largest first.
    """
    lots, lot_flaw = polygons(parcels.geometry.to_numpy(), "x")
    land, land_flaw = polygons(street_land.geometry.to_numpy(), "x")
    cut, hit, labels = _taken(lots, land, words(street_land, "label"))
    rest = shapely.difference(lots[hit], cut)
    pieces, widths, counts = _largest_pieces(rest)
    area, taken, left = shapely.area(lots[hit]), shapely.area(cut), shapely.area(rest)
    frame = pd.DataFrame(
        {
            "code": words(parcels, "code")[hit],
            "sheet_no": words(parcels, "sheet_no")[hit],
            "parcel_no": words(parcels, "parcel_no")[hit],
            "ward_code": words(parcels, "ward_code")[hit],
            "land_use": words(parcels, "land_use")[hit],
            "streets": labels,
            "area_m2": area,
            "cut_m2": taken,
            "cut_pct": np.minimum(100.0 * taken / area, 100.0),
            "remaining_m2": left,
            "remaining_parts": counts,
            "largest_m2": pieces,
            "largest_width_m": widths,
            "remainder": _remainder(pieces, widths, least),
            "parcel": words(parcels, "uid")[hit],
        }
    )
    made = gpd.GeoDataFrame(frame, geometry=as_multipolygons(cut, sound=True), crs=parcels.crs)
    on_land, building_flaw = _buildings(buildings, land, lots, parcels)
    unsound = [
        *words(parcels, "uid")[~absent(lot_flaw)],
        *words(street_land, "uid")[~absent(land_flaw)],
        *building_flaw,
    ]
    _count_buildings(made, on_land)
    return Impact(
        made.sort_values(["cut_m2", "code"], ascending=[False, True], ignore_index=True),
        on_land.drop(columns="lots").sort_values(["cut_m2", "code"], ascending=[False, True], ignore_index=True),
        tuple(unsound),
    )


def _taken(shapes: Geometries, land: Geometries, label: Words) -> tuple[Geometries, Indices, Words]:
    """The united part of each shape on the land, the shapes' positions, and whose land it is."""
    on = overlay(shapes, land, wanted=lambda lot, _zone: np.ones(len(lot), dtype=bool))
    part = unions(on.part, on.lot, len(shapes))
    hit = np.flatnonzero(np.nan_to_num(shapely.area(part)) > LEAST_CUT_M2)
    names = nothing(len(shapes))
    for at, name in zip(on.lot, label[on.zone], strict=True):
        if name and name not in (names[at] or "").split(", "):
            names[at] = ", ".join(filter(None, (names[at], name)))
    return part[hit], hit, names[hit]


def _largest_pieces(rests: Geometries) -> tuple[Numbers, Numbers, NDArray[np.intp]]:
    """Area (m²) and width (m) of the largest piece of each rest, and how many pieces above a square metre there are."""
    pieces, of = shapely.get_parts(rests, return_index=True)
    areas = shapely.area(pieces)
    counts = np.bincount(of[areas > LEAST_LEFT_M2], minlength=len(rests)).astype(np.intp)
    largest, width = np.zeros(len(rests)), np.zeros(len(rests))
    for at in np.lexsort((areas, of)):  # the last of each rest is its largest
        if areas[at] <= LEAST_LEFT_M2:
            continue
        largest[of[at]] = areas[at]
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(pieces[at]))
        width[of[at]] = min(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[1])))
    return largest, width, counts


def _remainder(area: Numbers, width: Numbers, least: Minimum) -> Words:
    """What can be said of the largest piece: without both numbers of the province only what is sure."""
    unknown = least.area_m2 is None or least.width_m is None
    made = np.full(len(area), "not_checkable" if unknown else "buildable", dtype=object)
    if least.width_m is not None:
        made[width < least.width_m] = "too_narrow"
    if least.area_m2 is not None:
        made[area < least.area_m2] = "too_small"
    made[area <= LEAST_LEFT_M2] = "none"
    return made


def _buildings(
    buildings: gpd.GeoDataFrame | None, land: Geometries, lots: Geometries, parcels: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """The buildings on the land, with the positions of their ``lots``, and the uids of those that are not sound."""
    columns = ["code", "use", "floors", "area_m2", "cut_m2", "cut_pct", "parcels", "building", "lots"]
    if buildings is None or buildings.empty:
        empty = pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
        return gpd.GeoDataFrame(empty, geometry=[], crs=parcels.crs), []
    shapes, flaw = polygons(buildings.geometry.to_numpy(), "x")
    cut, hit, _ = _taken(shapes, land, nothing(len(land)))
    standing = overlay(shapes[hit], lots)
    on: list[list[int]] = [[] for _ in hit]
    for building, lot in zip(standing.lot, standing.zone, strict=True):
        on[building].append(int(lot))
    code = words(parcels, "code")
    frame = pd.DataFrame(
        {
            "code": words(buildings, "code")[hit],
            "use": words(buildings, "use")[hit],
            "floors": buildings["floors"].to_numpy()[hit] if "floors" in buildings else None,
            "area_m2": shapely.area(shapes[hit]),
            "cut_m2": shapely.area(cut),
            "parcels": [", ".join(str(code[lot]) for lot in mine) for mine in on],
            "building": words(buildings, "uid")[hit],
            "lots": pd.Series(on, dtype=object),
        }
    )
    frame["cut_pct"] = np.minimum(100.0 * frame["cut_m2"] / frame["area_m2"], 100.0)
    made = gpd.GeoDataFrame(frame[columns], geometry=as_multipolygons(cut, sound=True), crs=parcels.crs)
    made["lots"] = [[words(parcels, "uid")[lot] for lot in mine] for mine in on]
    return made, [str(uid) for uid in words(buildings, "uid")[~absent(flaw)]]


def _count_buildings(lots: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    """Fill what each lot loses of its buildings; a building over two lots counts on both."""
    many, whole, area = (dict.fromkeys(lots["parcel"], 0.0) for _ in range(3))
    for row in buildings.itertuples():
        for uid in row.lots:
            if uid in many:
                many[uid] += 1
                whole[uid] += row.area_m2 - row.cut_m2 <= LEAST_LEFT_M2
                area[uid] += row.cut_m2 / max(len(row.lots), 1)
    lots["buildings"] = [int(many[uid]) for uid in lots["parcel"]]
    lots["buildings_whole"] = [int(whole[uid]) for uid in lots["parcel"]]
    lots["building_cut_m2"] = [area[uid] for uid in lots["parcel"]]


def land_of_lines(lines: gpd.GeoDataFrame, width_m: Sequence[float] | Numbers) -> gpd.GeoDataFrame:
    """Street land of planned centrelines: half of the width to either side, ends flat, joints mitred."""
    half = np.asarray(width_m, dtype=float) / 2.0
    shapes = shapely.buffer(lines.geometry.to_numpy(), half, cap_style="flat", join_style="mitre")
    return lines.set_geometry(gpd.GeoSeries(shapes, index=lines.index, crs=lines.crs))

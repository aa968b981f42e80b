"""Planned buildings among their neighbours: who may lie in their shadow, and what stands there already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....layers.errors import InputError
from ....store import coordinates, dataset
from ....store.place import looks_like_degrees
from ..columns import numbers, words
from ..land.lots import COUNTING_SHARE
from ..land.overlay import Geometries
from ..land.soundness import polygons
from ..land.surroundings import Surroundings
from ..verdicts.drawn import Drawn
from .shadow import Prisms, high_enough, lost_sun, shadows, vectors
from .sun import Sun

# TT 08/2024/TT-BTNMT: public recreation ground, parks among it.
PARK_USES = ("DKV",)
# Green space that anybody may enter (``green_access``).
PUBLIC_GREEN = "public"
# Standing buildings farther than this from all that is looked at are not read.
MOST_REACH_M = 500.0


@dataclass(frozen=True)
class Planned:
    """What is to be built: prisms, and the uids of those that stand in the data set already."""

    prisms: Prisms
    uids: tuple[str, ...]
    crs: str
    missing: tuple[str, ...] = ()


def from_data(data: Path, uids: Sequence[str], height: float | None) -> Planned:
    """Buildings of the data set, as high as it says or all ``height`` metres.

    Those without a sound geometry or a height are named in ``missing``. Raises :class:`InputError` for an unknown uid,
    and where none is left.
    """
    near = Surroundings(data)
    for uid in uids:
        if not dataset.UID.fullmatch(uid):
            raise InputError("store.uid_wrong", uid=uid[:60])
    found = coordinates.to(near.referring("building", "uid", uids), near.crs)
    for uid in uids:
        if uid not in set(found["uid"]):
            raise InputError("zoning.uid_unknown", uid=uid)
    shapes, _ = polygons(found.geometry.to_numpy(), "building.geometry")
    heights = np.full(len(found), height) if height else numbers(found, "height_m")
    usable = ~shapely.is_missing(shapes) & (heights > 0)
    if not usable.any():
        raise InputError("zoning.shadow_no_height", buildings=[str(code) for code in found["code"]])
    lacking = tuple(str(code) for code in found["code"][~usable])
    return Planned(Prisms(shapes[usable], heights[usable]), tuple(found["uid"]), near.crs, lacking)


def footprint(data: Path, text: str, height: float | None) -> Planned:
    """A footprint drawn on the map: WKT in the system of the parcels. Raises :class:`InputError`."""
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.ShapelyError as error:
        raise InputError("zoning.shadow_geometry", reason=str(error)[:120]) from error
    return _prism(shape, height, (), Surroundings(data).crs)


def from_drawn(data: Path, drawn: Drawn, height: float | None) -> Planned:
    """A building drawn but not saved: as high as it says or ``height`` metres. The saved one of its uid is not there.

    Raises :class:`InputError` for another layer, and for what throws no shadow.
    """
    if drawn.layer_id != "building":
        raise InputError("zoning.shadow_drawn_layer", layer=drawn.layer_id)
    crs = Surroundings(data).crs
    feature = coordinates.to(drawn.feature, crs)
    told = float(numbers(feature, "height_m")[0])
    return _prism(feature.geometry.to_numpy()[0], height or (told if told > 0 else None), (drawn.uid,), crs)


def _prism(shape: shapely.Geometry, height: float | None, uids: tuple[str, ...], crs: str) -> Planned:
    shapes, flaw = polygons(np.array([shape], dtype=object), "geometry")
    if shapes[0] is None:
        raise InputError("zoning.shadow_geometry", reason=shapely.is_valid_reason(shape) if shape else str(flaw[0]))
    if looks_like_degrees(shapes):
        raise InputError("zoning.shadow_degrees", crs=crs)
    if not height:
        raise InputError("zoning.shadow_no_height", buildings=list(uids) or ["–"])
    return Planned(Prisms(shapes, np.array([height])), uids, crs)


def thrown(planned: Planned, sun: Sun) -> gpd.GeoDataFrame:
    """The shadow of all that is planned at each moment high enough: ``moment``, ``azimuth``, ``elevation``."""
    rows = []
    for at in np.flatnonzero(high_enough(sun)):
        cast = shadows(planned.prisms.footprints, planned.prisms.heights, vectors(sun)[at])
        shape = shapely.union_all(cast[~shapely.is_missing(cast)])
        told = {"moment": sun.moments[at], "azimuth": sun.azimuth[at], "elevation": sun.elevation[at]}
        rows.append({**told, "geometry": shape})
    columns = ["moment", "azimuth", "elevation", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=planned.crs)


@dataclass(frozen=True)
class _Targets:
    table: pd.DataFrame
    shapes: Geometries
    ground: Geometries


def effects(
    data: Path, planned: Planned, sun: Sun, step_h: float, progress: Callable[[float], None] = lambda _share: None
) -> gpd.GeoDataFrame:
    """Neighbouring lots, buildings and parks that lose sun, with the hours: columns of ``shadow.lost_sun``.

    A lot counts by its open ground, a building by the ground under it without its own shadow: what reaches its walls.
    """
    near = Surroundings(data)
    shade = thrown(planned, sun)
    place = gpd.GeoDataFrame(geometry=[shapely.union_all(shade.geometry.to_numpy())], crs=planned.crs)
    standing, frame = _standing(near, planned, place, sun)
    targets = _targets(near, planned, place, standing, frame)
    own = np.full(len(targets.table), -1, dtype=np.intp)
    at = pd.Index(frame["uid"]).get_indexer(pd.Index(targets.table["uid"]))
    is_building = (targets.table["kind"] == "building").to_numpy()
    own[is_building] = at[is_building]
    lost = lost_sun(targets.ground, own, planned.prisms, standing, sun, step_h, progress)
    made = gpd.GeoDataFrame(
        pd.concat([targets.table, lost], axis=1), geometry=gpd.GeoSeries(list(targets.shapes), crs=planned.crs)
    )
    made = made[made["touched_h"] > 0].sort_values(["lost_h", "code"], ascending=[False, True])
    return made.reset_index(drop=True)


def _standing(
    near: Surroundings, planned: Planned, place: gpd.GeoDataFrame, sun: Sun
) -> tuple[Prisms, gpd.GeoDataFrame]:
    frame = _around(near, "building", place, MOST_REACH_M)
    shapes, _ = polygons(frame.geometry.to_numpy(), "building.geometry")
    keep = ~shapely.is_missing(shapes) & ~frame["uid"].isin(planned.uids).to_numpy()
    frame = frame[keep].reset_index(drop=True)
    return Prisms(shapes[keep], numbers(frame, "height_m")), frame


def _around(near: Surroundings, layer_id: str, place: gpd.GeoDataFrame, reach: float = 0.0) -> gpd.GeoDataFrame:
    """The features of a layer around ``place``; none where the data set has no such layer."""
    if layer_id not in near.there:
        return gpd.GeoDataFrame({name: [] for name in ("uid", "code", "height_m")}, geometry=[], crs=near.crs)
    return coordinates.to(near.at(layer_id, place, reach), near.crs)


def _targets(
    near: Surroundings, planned: Planned, place: gpd.GeoDataFrame, standing: Prisms, frame: gpd.GeoDataFrame
) -> _Targets:
    shade = place.geometry.to_numpy()[0]
    own = shapely.union_all(planned.prisms.footprints)
    built = shapely.union_all(np.concatenate([standing.footprints, planned.prisms.footprints]))
    parcels = _around(near, "parcel", place)
    lots, _ = polygons(parcels.geometry.to_numpy(), "parcel.geometry")
    reached = ~shapely.is_missing(lots) & shapely.intersects(lots, shade)
    reached &= np.nan_to_num(shapely.area(shapely.intersection(lots, own))) < COUNTING_SHARE * own.area
    kinds = [("lot", parcels[reached], lots[reached], shapely.difference(lots[reached], built))]
    hit = shapely.intersects(standing.footprints, shade)
    kinds.append(("building", frame[hit], standing.footprints[hit], standing.footprints[hit]))
    parks, park = _parks(near, place)
    shaded = shapely.intersects(park, shade)
    kinds.append(("park", parks[shaded], park[shaded], shapely.difference(park[shaded], built)))
    tables = [
        pd.DataFrame({"kind": kind, "uid": words(of, "uid"), "code": words(of, "code")}) for kind, of, _, _ in kinds
    ]
    ground = np.concatenate([part for _, _, _, part in kinds])
    shapes = np.concatenate([whole for _, _, whole, _ in kinds])
    open_ = shapely.area(ground) > 0
    table = pd.concat(tables, ignore_index=True)[open_].reset_index(drop=True)
    return _Targets(table, shapes[open_], ground[open_])


def _parks(near: Surroundings, place: gpd.GeoDataFrame) -> tuple[pd.DataFrame, Geometries]:
    """Planned parks, and public green spaces that lie in none of them: each park once."""
    tables = [pd.DataFrame({"uid": [], "code": []}, dtype=object)]
    shapes = np.zeros(0, dtype=object)
    if "planned_zone" in near.there:
        zones = coordinates.to(near.at("planned_zone", place), near.crs)
        zones = zones[zones["land_use"].isin(PARK_USES).to_numpy()]
        tables.append(pd.DataFrame({"uid": words(zones, "uid"), "code": words(zones, "code")}))
        shapes = polygons(zones.geometry.to_numpy(), "planned_zone.geometry")[0]
    if "green_space" in near.there:
        green = coordinates.to(near.at("green_space", place), near.crs)
        green = green[((green["access"] == PUBLIC_GREEN) & (green["kind"] != "water")).to_numpy()]
        found, _ = polygons(green.geometry.to_numpy(), "green_space.geometry")
        planned = shapely.union_all(shapes[~shapely.is_missing(shapes)])
        outside = shapely.area(shapely.difference(found, planned)) > 0.5 * shapely.area(found)
        tables.append(pd.DataFrame({"uid": words(green, "uid"), "code": words(green, "name")})[outside])
        shapes = np.concatenate([shapes, found[outside]])
    return pd.concat(tables, ignore_index=True), shapes

"""How changed ground lies to the licences in force: inside, outside, across the line, or too near the line to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

RELATIONS = ("inside", "outside", "straddling", "tolerance", "none")


@dataclass(frozen=True)
class Relations:
    """One row per alert. ``nearest`` is the row of the licence it belongs to, or lies nearest to (-1: there is
    none).
    """

    relation: NDArray[np.object_]
    inside_m2: NDArray[np.float64]
    outside_m2: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    nearest: NDArray[np.int64]


def in_force(concessions: gpd.GeoDataFrame, on: date) -> gpd.GeoDataFrame:
    """Licences as they stood on ``on``; a missing date is an open end.

    ``valid_to`` is the last day. A licence that was ended early (``ended_on``), or that another one ``replaces`` (by
    its ``code``: extended, enlarged, reduced), is over from that day, or from the day the other begins.
    """
    kept: gpd.GeoDataFrame = concessions[_states(concessions, on) == "in_force"]
    return kept.reset_index(drop=True)


def not_in_force(concessions: gpd.GeoDataFrame, on: date) -> gpd.GeoDataFrame:
    """Licences that had ended by ``on`` or had not begun; the column ``state`` says which (``expired``: also those
    ended early or replaced).
    """
    state = _states(concessions, on)
    kept: gpd.GeoDataFrame = concessions.assign(state=state)[state != "in_force"]
    return kept.reset_index(drop=True)


def _states(concessions: gpd.GeoDataFrame, on: date) -> NDArray[np.object_]:
    day = pd.Timestamp(on)
    start, end = pd.to_datetime(concessions["valid_from"]), pd.to_datetime(concessions["valid_to"])
    over = (end < day).to_numpy()
    if "ended_on" in concessions:  # data sets made before the column was declared
        over = over | (pd.to_datetime(concessions["ended_on"]) <= day).to_numpy()
    if "replaces" in concessions:
        begun = start.isna() | (start <= day)
        over = over | concessions["code"].isin(set(concessions.loc[begun, "replaces"].dropna())).to_numpy()
    later = (start > day).to_numpy()
    return np.select([over, later], ["expired", "not_yet"], "in_force").astype(object)


def largest_share(alerts: NDArray[np.object_], areas: NDArray[np.object_], least_m2: float) -> NDArray[np.int64]:
    """Per alert the row of ``areas`` that it shares most ground with; -1 where it shares less than ``least_m2``."""
    best, held = np.full(len(alerts), -1), np.zeros(len(alerts))
    if not len(areas):
        return best
    rows, found = shapely.STRtree(areas).query(alerts, predicate="intersects")
    shared = shapely.area(shapely.intersection(alerts[rows], areas[found]))
    for row, place, size in zip(rows, found, shared, strict=True):
        if size >= least_m2 and size > held[row]:
            best[row], held[row] = place, size
    return best


def relate(
    alerts: NDArray[np.object_],
    licences: NDArray[np.object_],
    tolerance_m: NDArray[np.float64],
    pixel_m2: float,
    without: str = "none",
) -> Relations:
    """Judge ``alerts`` (polygons) against ``licences`` (valid polygons) in the same projected system, metres.

    Only what lies beyond the ring of ``tolerance_m`` (one per licence) on either side of the boundary proves anything,
    and only from the size of one pixel on. ``distance_m`` is to the nearest licence, 0 where they touch. Without
    licences every relation is ``without``, and the distance NaN.
    """
    count = len(alerts)
    area = shapely.area(alerts)
    if len(licences) == 0:
        nothing = np.full(count, np.nan)
        return Relations(np.full(count, without, object), np.zeros(count), area, nothing, np.full(count, -1))
    union = shapely.union_all(licences)
    certain_in = shapely.union_all(shapely.buffer(licences, -tolerance_m))
    possible_in = shapely.union_all(shapely.buffer(licences, tolerance_m))
    for whole in (union, certain_in, possible_in):
        shapely.prepare(whole)
    inside = shapely.area(shapely.intersection(alerts, union))
    surely_inside = shapely.area(shapely.intersection(alerts, certain_in)) >= pixel_m2
    surely_outside = shapely.area(shapely.difference(alerts, possible_in)) >= pixel_m2
    relation = np.select(
        [surely_inside & surely_outside, surely_inside, surely_outside],
        ["straddling", "inside", "outside"],
        default="tolerance",
    ).astype(object)
    distance, nearest = _nearest(alerts, licences)
    return Relations(relation, inside, area - inside, distance, nearest)


def _nearest(
    alerts: NDArray[np.object_], licences: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance to, and row of, the licence with the largest common area, else the nearest one."""
    tree = shapely.STRtree(licences)
    distance, nearest = np.zeros(len(alerts)), np.full(len(alerts), -1)
    (rows, found), apart = tree.query_nearest(alerts, return_distance=True, all_matches=False)
    distance[rows], nearest[rows] = apart, found
    rows, found = tree.query(alerts, predicate="intersects")
    shared = shapely.area(shapely.intersection(alerts[rows], licences[found]))
    for place in np.argsort(shared, kind="stable"):  # the largest share is written last
        if shared[place] > 0:
            nearest[rows[place]] = found[place]
    return distance, nearest

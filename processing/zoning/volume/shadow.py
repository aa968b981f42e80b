"""Shadows as geometry: what a prism on flat ground shades, and how much sun its neighbours lose.

A prism's shadow is the sweep of its footprint along a vector of length h / tan(elevation), away from the sun. Roofs,
overhangs and terrain are not covered. Below :data:`LEAST_ELEVATION_DEG` shadows run to the horizon: such moments are
left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from ..columns import Mask, Numbers, nothing
from ..land.overlay import Geometries, Indices, unions
from .sun import Sun

LEAST_ELEVATION_DEG = 5.0
# Shared parts smaller than this are inexact borders.
SLIVER_M2 = 0.01


def high_enough(sun: Sun) -> Mask:
    """Moments at which shadows are worth drawing."""
    return sun.elevation >= LEAST_ELEVATION_DEG


def vectors(sun: Sun) -> Numbers:
    """Displacement (east, north) of the shadow of 1 m at each moment, shape (moments, 2); NaN below the cut-off."""
    with np.errstate(divide="ignore", invalid="ignore"):
        length = np.where(high_enough(sun), 1.0 / np.tan(np.radians(sun.elevation)), np.nan)
    azimuth = np.radians(sun.azimuth)
    return np.column_stack([-length * np.sin(azimuth), -length * np.cos(azimuth)])


def sweeps(footprints: Geometries, moves: Numbers) -> Geometries:
    """The ground that each valid polygon covers while it is moved by its row of ``moves`` (metres, shape (n, 2)).

    It is the polygon, its moved copy and the parallelogram of every edge, of holes too, united. A footprint without
    holes that equals its convex hull needs only the hull of both copies.
    """
    hulls = shapely.convex_hull(footprints)
    convex = np.isclose(shapely.area(hulls), shapely.area(footprints), rtol=1e-12, atol=0.0)
    made = nothing(len(footprints))
    at = np.flatnonzero(convex)
    moved = _moved(hulls[at], moves[at])
    made[at] = shapely.convex_hull(shapely.geometrycollections(np.column_stack([hulls[at], moved])))
    for i in np.flatnonzero(~convex):
        made[i] = _swept(footprints[i], moves[i])
    return made


def _moved(shapes: Geometries, moves: Numbers) -> Geometries:
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    copies: Geometries = shapely.set_coordinates(shapes.copy(), points + moves[owner])
    return copies


def _swept(footprint: shapely.Geometry, move: Numbers) -> shapely.Geometry:
    rings = shapely.get_rings(shapely.get_parts(footprint))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = np.flatnonzero(np.diff(ring) == 0)
    start, end = points[same], points[same + 1]
    across = np.abs((end - start)[:, 0] * move[1] - (end - start)[:, 1] * move[0])
    wide = across > 1e-9  # an edge along the move covers nothing
    start, end = start[wide], end[wide]
    parallelograms = np.array(shapely.polygons(np.stack([start, end, end + move, start + move], axis=1)), dtype=object)
    whole = np.array([footprint], dtype=object)
    return shapely.union_all(np.concatenate([whole, _moved(whole, move[None, :]), parallelograms]))


def shadows(footprints: Geometries, heights: Numbers, move: Numbers) -> Geometries:
    """The shadow on flat ground of each prism while 1 m throws ``move`` (east, north); None without a height."""
    made = nothing(len(footprints))
    at = np.flatnonzero((heights > 0) & ~shapely.is_missing(footprints))
    if len(at) and np.isfinite(move).all():
        made[at] = sweeps(footprints[at], heights[at, None] * move[None, :])
    return made


@dataclass(frozen=True)
class Prisms:
    """Buildings as prisms on flat ground: ``footprints`` and ``heights`` in metres (NaN: throws no shadow)."""

    footprints: Geometries
    heights: Numbers

    def near(self, ground: Numbers, move: Numbers) -> Indices:
        """Prisms whose shadow may meet the box ``ground`` (west, south, east, north), by the boxes of their shadows."""
        boxes = shapely.bounds(self.footprints)
        reach = np.nan_to_num(self.heights)[:, None] * move[None, :]
        low = np.minimum(boxes[:, :2], boxes[:, :2] + reach)
        high = np.maximum(boxes[:, 2:], boxes[:, 2:] + reach)
        west, south, east, north = ground
        meets = (low[:, 0] <= east) & (high[:, 0] >= west) & (low[:, 1] <= north) & (high[:, 1] >= south)
        return np.flatnonzero(meets & (self.heights > 0))


def lost_sun(
    targets: Geometries,
    own: Indices,
    planned: Prisms,
    standing: Prisms,
    sun: Sun,
    step_h: float,
    progress: Callable[[float], None] = lambda _share: None,
) -> pd.DataFrame:
    """Hours of sun on each target without and with the planned prisms, each of ``sun.moments`` standing for ``step_h``.

    ``own`` is the standing prism whose shadow does not count for a target (the target itself), or -1. Columns:
    ``before_h`` and ``after_h`` the mean over the target's area, ``lost_h`` their difference, ``touched_h`` the hours
    in which the planned shadow takes sun from any part of it, ``most_m2`` the largest part shaded anew at a moment.
    Targets that the planned shadow never reaches have NaN before and after, and lose 0.
    """
    count, usable = len(targets), np.flatnonzero(high_enough(sun))
    moves = vectors(sun)
    area = np.nan_to_num(shapely.area(targets))
    anew = np.zeros((count, len(usable)))
    thrown = [_united(shadows(planned.footprints, planned.heights, moves[at])) for at in usable]
    tree = shapely.STRtree(targets)
    for step, (at, shadow) in enumerate(zip(usable, thrown, strict=True)):
        progress(0.6 * step / max(len(usable), 1))
        reached = tree.query(shadow, predicate="intersects") if shadow is not None else np.zeros(0, dtype=np.intp)
        parts = shapely.intersection(targets[reached], shadow)
        dark = _standing_shade(parts, own[reached], standing, moves[at])
        anew[reached, step] = shapely.area(shapely.difference(parts, dark))
    anew[anew < SLIVER_M2] = 0.0
    touched = np.flatnonzero((anew > 0).any(axis=1))
    before = np.full(count, np.nan)
    before[touched] = 0.0
    for step, at in enumerate(usable):
        progress(0.6 + 0.4 * step / max(len(usable), 1))
        dark = _standing_shade(targets[touched], own[touched], standing, moves[at])
        lit = shapely.area(shapely.difference(targets[touched], dark))
        before[touched] += lit / area[touched] * step_h
    lost = np.divide(anew.sum(axis=1) * step_h, area, out=np.zeros(count), where=area > 0)
    return pd.DataFrame(
        {
            "before_h": before,
            "after_h": before - lost,
            "lost_h": lost,
            "touched_h": (anew > 0).sum(axis=1) * step_h,
            "most_m2": anew.max(axis=1, initial=0.0),
        }
    )


def _united(shapes: Geometries) -> shapely.Geometry | None:
    there = shapes[~shapely.is_missing(shapes)]
    return shapely.union_all(there) if len(there) else None


_NOTHING = shapely.Polygon()


def _standing_shade(grounds: Geometries, own: Indices, standing: Prisms, move: Numbers) -> Geometries:
    """The shade of the standing prisms on each ground, leaving out its own; an empty polygon where there is none."""
    made = np.full(len(grounds), _NOTHING, dtype=object)
    if len(grounds) == 0 or len(standing.footprints) == 0:
        return made
    near = standing.near(shapely.total_bounds(grounds), move)
    shade = shadows(standing.footprints[near], standing.heights[near], move)
    ground, caster = shapely.STRtree(shade).query(grounds, predicate="intersects")
    others = near[caster] != own[ground]
    ground, caster = ground[others], caster[others]
    united = unions(shade[caster], ground, len(grounds))
    there = ~shapely.is_missing(united)
    made[there] = united[there]
    return made


def casting(footprints: Sequence[shapely.Geometry], heights: Sequence[float]) -> Prisms:
    """Prisms of plain lists."""
    return Prisms(np.array([*footprints, None], dtype=object)[:-1], np.asarray(heights, dtype=float))

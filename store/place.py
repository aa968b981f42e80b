"""Do coordinates lie where the data say they are? Notices degrees taken for metres and a wrong VN-2000 zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ..layers import crs
from ..layers.profiles import Profile, profiles
from .coordinates import transform

_MOST = 0.5  # a few stray features are errors of their own; half of a layer is a wrong zone
_VN2000 = tuple(code for code, grid in crs.GRIDS.items() if grid.datum == "VN-2000")


@dataclass(frozen=True)
class Misplaced:
    """What is wrong with the place of a layer: a problem code with the arguments of its sentence."""

    code: str
    province: Profile | None = None
    zone: str = ""
    count: int = 0


def looks_like_degrees(geometries: NDArray[np.object_]) -> bool:
    """Whether all coordinates would fit longitude and latitude: no province has metres that small."""
    west, south, east, north = shapely.total_bounds(geometries)
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def _inside(points: NDArray[np.float64], system: str, province: Profile) -> NDArray[np.bool_]:
    longitude, latitude = transform(points[:, 0], points[:, 1], system, crs.WGS84)
    west, south, east, north = province.extent
    found: NDArray[np.bool_] = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    return found


def _of_system(system: str) -> list[Profile]:
    """Provinces that keep data in ``system``; if none does, all."""
    return [profile for profile in profiles() if system in profile.systems] or list(profiles())


def _zone_that_fits(points: NDArray[np.float64], system: str, province: Profile, zones: Iterable[str]) -> str:
    """The first of ``zones`` in which most points lie in the province; empty if there is none."""
    for zone in zones:
        if zone != system and _inside(points, zone, province).mean() > _MOST:
            return zone
    return ""


def misplaced(geometries: NDArray[np.object_], system: str, province: str = "") -> Misplaced | None:
    """What is wrong with the place of ``geometries`` in ``system`` (``EPSG:n``), or None.

    ``province`` (a profile's id) is the data set's own. Most of a layer must lie in it, or, if it would not lie in it
    even when read in its zones, in another province that uses ``system``. What lies in none, but in one when read in
    another VN-2000 zone, has the wrong zone: 107°45' for 108°30' is 82 km. Provinces are boxes, so a shift that stays
    inside the box is not noticed.
    """
    there = geometries[~(shapely.is_missing(geometries) | shapely.is_empty(geometries))]
    if len(there) == 0 or system not in crs.GRIDS:
        return None
    if looks_like_degrees(there):
        return Misplaced("crs_degrees")
    if crs.GRIDS[system].datum != "VN-2000":
        return None
    boxes = shapely.bounds(there)
    points = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2))
    own = [profile for profile in profiles() if profile.id == province]
    for profile in own:
        if _inside(points, system, profile).mean() <= _MOST:
            zone = _zone_that_fits(points, system, profile, profile.systems)
            if zone:
                return Misplaced("crs_wrong_zone", profile, zone, len(points))
    expected = list(dict.fromkeys((*own, *_of_system(system))))
    outside = int((~np.logical_or.reduce([_inside(points, system, profile) for profile in expected])).sum())
    if outside == 0:
        return None
    if outside >= (1 - _MOST) * len(points):
        for profile in dict.fromkeys((*own, *profiles())):
            zone = _zone_that_fits(points, system, profile, (*profile.systems, *_VN2000))
            if zone:
                return Misplaced("crs_wrong_zone", profile, zone, outside)
    return Misplaced("outside_province", expected[0], "", outside)

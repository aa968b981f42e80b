"""Do coordinates lie where the data say they are? Notices degrees taken for metres and a wrong VN-2000 zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ..layers import crs
from ..layers.profiles import Profile, profiles
from .coordinates import transform

_SHARE_OUTSIDE = 0.5  # a few stray features are errors of their own; half of a layer is a wrong zone


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


def _expected(system: str, province: str) -> list[Profile]:
    """Provinces that keep data in ``system``; if none does, the one of the data set."""
    of_system = [profile for profile in profiles() if system in profile.systems]
    return of_system or [profile for profile in profiles() if profile.id == province]


def misplaced(geometries: NDArray[np.object_], system: str, province: str = "") -> Misplaced | None:
    """What is wrong with the place of ``geometries`` in ``system`` (``EPSG:n``), or None.

    A layer of which half lies outside every province that uses ``system``, but which lies inside a province when read
    in another VN-2000 zone, has the wrong zone: 107°45' for 108°30' is 82 km. ``province`` (a profile's id) is the
    data set's own. Provinces are boxes, so a shift that stays inside the box is not noticed.
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
    expected = _expected(system, province)
    if not expected:
        return None
    inside = np.logical_or.reduce([_inside(points, system, one) for one in expected])
    outside = int((~inside).sum())
    if outside == 0:
        return None
    if outside >= _SHARE_OUTSIDE * len(points):
        for other in sorted(profiles(), key=lambda profile: profile.id != province):
            zones = (*other.systems, *(code for code, grid in crs.GRIDS.items() if grid.datum == "VN-2000"))
            for zone in dict.fromkeys(zones):
                if zone != system and _inside(points, zone, other).mean() > _SHARE_OUTSIDE:
                    return Misplaced("crs_wrong_zone", other, zone, outside)
    return Misplaced("outside_province", expected[0], "", outside)

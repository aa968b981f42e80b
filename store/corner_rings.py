"""Rings of corners made one polygon in the right zone: every doubt is told or refused with a sentence.

VN-2000 in 3° zones: north is 0.85 to 2.6 million metres in Việt Nam and east 0.2 to 0.8 million, so exchanged axes are
known by their size. A wrong meridian is not: the zones that put the licence into the province are named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..layers import crs
from ..layers.errors import InputError
from ..layers.profiles import Profile, profile, profiles
from ..layers.report import Report
from .coordinates import transform, transform_geometries
from .corner_table import Ring

_NORTH = (850_000.0, 2_650_000.0)  # m, 7.7° to 24° N
_EAST = (200_000.0, 800_000.0)  # m, the whole of Việt Nam in any zone near it
_ZONES = tuple(code for code, grid in crs.GRIDS.items() if grid.datum == "VN-2000" and grid.scale == 0.9999)
# A stated area is rounded, and a grid's area differs by up to 1.2 m² a hectare between zones.
_AREA_SHARE = 0.001


@dataclass(frozen=True)
class Placed:
    """The polygon in ``crs`` (``EPSG:n``) and its area there (ha)."""

    geometry: Any
    crs: str
    area_ha: float


def zone_of(meridian: float) -> str:
    """The 3° zone of VN-2000 with this central meridian (degrees). Raises :class:`InputError`."""
    for code in _ZONES:
        if abs(crs.GRIDS[code].central_meridian - meridian) < 1e-6:
            return code
    raise InputError("concession.meridian_unknown", meridian=meridian_text(meridian))


def meridian_text(meridian: float) -> str:
    """``108°30'``."""
    minutes = round(meridian * 60)
    return f"{minutes // 60}°{minutes % 60:02d}'"


def ordered_axes(rings: Sequence[Ring], report: Report) -> list[Ring]:
    """The rings with north first. Exchanged axes are put right and told; degrees and odd numbers are refused."""
    numbers = np.array([(north, east) for ring in rings for _, north, east in ring.points])
    if not np.isfinite(numbers).all():
        raise InputError("concession.not_finite")
    first, second = numbers[:, 0], numbers[:, 1]
    if np.abs(numbers).max() <= 180:
        raise InputError("concession.in_degrees")
    if _within(first, _NORTH) and _within(second, _EAST):
        return list(rings)
    if _within(second, _NORTH) and _within(first, _EAST):
        report.message("concession.axes_swapped", "warning")
        return [
            Ring(ring.title, ring.left_out, [(name, east, north) for name, north, east in ring.points])
            for ring in rings
        ]
    wrong = next(
        (name or str(at + 1), north, east)
        for ring in rings
        for at, (name, north, east) in enumerate(ring.points)
        if not (_NORTH[0] <= north <= _NORTH[1] and _EAST[0] <= east <= _EAST[1])
    )
    raise InputError("concession.corner_out_of_range", corner=wrong[0], north=wrong[1], east=wrong[2])


def _within(values: NDArray[np.float64], bounds: tuple[float, float]) -> bool:
    return bool((values >= bounds[0]).all() and (values <= bounds[1]).all())


def polygon_of(rings: Sequence[Ring], report: Report) -> Any:
    """One MultiPolygon (x east, y north) of the rings. Raises :class:`InputError` for rings that are none.

    Doubled corners are dropped; corners out of the order of their numbers are put in order where that mends a line that
    crosses itself; a ring inside another is a hole. All is told.
    """
    whole: list[Any] = []
    holes: list[Any] = []
    for number, ring in enumerate(rings, start=1):
        (holes if ring.left_out else whole).append(_ring(ring, ring.title or str(number), report))
    if not whole:
        raise InputError("concession.only_holes")
    whole.sort(key=lambda one: -one.area)
    outer: list[Any] = []
    for one in whole:
        if any(other.contains(one) for other in outer):
            report.message("concession.hole_found", "warning", area=round(one.area / 1e4, 2))
            holes.append(one)
        elif any(other.intersection(one).area > 1.0 for other in outer):
            raise InputError("concession.parts_overlap")
        else:
            outer.append(one)
    union = shapely.union_all(outer)
    for hole in holes:
        if not union.buffer(0.01).contains(hole):
            raise InputError("concession.hole_outside", area=round(hole.area / 1e4, 2))
    found = shapely.difference(union, shapely.union_all(holes)) if holes else union
    if shapely.is_empty(found):
        raise InputError("concession.only_holes")
    return shapely.MultiPolygon([part for part in shapely.get_parts(found) if part.geom_type == "Polygon"])


def _ring(ring: Ring, title: str, report: Report) -> Any:
    points = list(ring.points)
    if len(points) > 1 and points[0][1:] == points[-1][1:]:
        points.pop()  # the table closes the line itself
    kept = [point for at, point in enumerate(points) if point[1:] != points[at - 1][1:] or len(points) == 1]
    if len(kept) < len(points):
        report.message("concession.corners_doubled", "warning", ring=title, count=len(points) - len(kept))
    if len({point[1:] for point in kept}) < 3:
        raise InputError("concession.too_few_corners", ring=title, count=len(kept))
    shape = shapely.Polygon([(east, north) for _, north, east in kept])
    numbers = [int(found[1]) if (found := re.search(r"(\d+)$", name)) else None for name, _, _ in kept]
    in_order = all(one is not None for one in numbers) and numbers == sorted(numbers, key=lambda n: n or 0)
    if not shape.is_valid and not in_order and None not in numbers and len(set(numbers)) == len(numbers):
        again = [point for _, point in sorted(zip(numbers, kept, strict=True), key=lambda pair: pair[0] or 0)]
        mended = shapely.Polygon([(east, north) for _, north, east in again])
        if mended.is_valid:
            report.message("concession.corners_reordered", "warning", ring=title)
            shape = mended
    if not shape.is_valid or shape.area <= 0:
        raise InputError("concession.crosses_itself", ring=title, reason=shapely.is_valid_reason(shape))
    return shape


def placed(polygon: Any, stated: str, province: str, report: Report) -> Placed:
    """The polygon in its zone. ``stated`` is the zone (``EPSG:n``) that the decision or the user names, or empty.

    Raises :class:`InputError`: the stated zone puts it outside the province, or no zone is stated and not exactly one
    of the province's fits.
    """
    known = profile(province) if province else None
    possible = known.systems if known else tuple(dict.fromkeys(code for one in profiles() for code in one.systems))
    fitting = [code for code in possible if _in_province(polygon, code, known)]
    if stated:
        if not _in_province(polygon, stated, known):
            raise InputError(
                "concession.wrong_zone",
                stated=_told(stated),
                place=_where(polygon, stated),
                province=known.name.vi if known else "Việt Nam",
                fitting=[_told(code) for code in fitting] or ["–"],
            )
        others = [code for code in fitting if code != stated]
        if others:  # the box cannot tell them apart: people must look
            report.message(
                "concession.zone_look", stated=_told(stated), place=_where(polygon, stated),
                other=_told(others[0]), elsewhere=_where(polygon, others[0]),
            )  # fmt: skip
        chosen = stated
    elif len(fitting) == 1:
        chosen = fitting[0]
        report.message("concession.zone_found", zone=_told(chosen), place=_where(polygon, chosen))
    elif fitting:
        raise InputError(
            "concession.zone_needed", zones=[f"{_told(code)}: {_where(polygon, code)}" for code in fitting]
        )
    else:
        raise InputError("concession.no_zone_fits", province=known.name.vi if known else "Việt Nam")
    return Placed(polygon, chosen, polygon.area / 1e4)


def refuse_outside(polygon: Any, code: str, province: str) -> None:
    """Raise :class:`InputError` where a polygon whose system is sure does not lie in the province."""
    known = profile(province) if province else None
    if not _in_province(polygon, code, known):
        place, name = _where(polygon, code), known.name.vi if known else "Việt Nam"
        raise InputError("concession.outside_province", place=place, province=name)


def _in_province(polygon: Any, code: str, known: Profile | None) -> bool:
    west, south, east, north = shapely.bounds(polygon)
    longitude, latitude = transform([west, east], [south, north], code, crs.WGS84)
    return any(
        one.extent[0] <= longitude.min()
        and longitude.max() <= one.extent[2]
        and one.extent[1] <= latitude.min()
        and latitude.max() <= one.extent[3]
        for one in ([known] if known else profiles())
    )


def _told(code: str) -> str:
    return f"{meridian_text(crs.GRIDS[code].central_meridian)} ({code})"


def _where(polygon: Any, code: str) -> str:
    middle = polygon.centroid
    longitude, latitude = transform([middle.x], [middle.y], code, crs.WGS84)
    return f"{latitude[0]:.4f}° B, {longitude[0]:.4f}° Đ"


def check_area(found_ha: float, stated_ha: float, decimals: int) -> bool:
    """Whether the area of the corners is the one stated, within its rounding and a thousandth."""
    return abs(found_ha - stated_ha) <= max(0.5 * 10.0**-decimals, _AREA_SHARE * stated_ha) + 1e-9


def decimals_of(value: float) -> int:
    """How many decimals a number was written with, at most four."""
    return next((count for count in range(5) if math.isclose(round(value, count), value, abs_tol=1e-9)), 4)


def in_system(polygon: Any, source: str, target: str) -> Any:
    """The polygon in another system, through the pinned operation."""
    return transform_geometries(np.array([polygon], dtype=object), source, target)[0]

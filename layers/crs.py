"""VN-2000 and WGS 84: one pinned operation, as text that PROJ, pyproj, GDAL and QGIS all take.

Defaults of these programs choose between EPSG operations 6960 and 5194 per point and disagree by 0.8 m inside Bình
Dương, so nothing here or above asks for a default. Operation 6960: VN-2000 to WGS 84 (2), Quyết định
05/2007/QĐ-BTNMT; 1 m accuracy onshore. A trip there and back leaves up to 0.15 mm (the height is dropped between).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OPERATION = "EPSG:6960"
OPERATION_NAME = "VN-2000 to WGS 84 (2), QĐ 05/2007/QĐ-BTNMT"
WGS84 = "EPSG:4326"
VN2000_GEOGRAPHIC = "EPSG:4756"

# EPSG dataset v11, operation 6960, coordinate-frame convention: metres, arc seconds, parts per million.
_HELMERT = (
    "+step +proj=helmert +x=-191.90441429 +y=-39.30318279 +z=-111.45032835 "
    "+rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame"
)
_SHIFT = (
    f"+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 {_HELMERT} "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3"
)


@dataclass(frozen=True)
class Grid:
    """A transverse Mercator grid of VN-2000 or WGS 84 (EPSG registry)."""

    code: str
    central_meridian: float
    scale: float
    datum: Literal["VN-2000", "WGS 84"]
    false_northing: float = 0.0

    @property
    def projection(self) -> str:
        """The PROJ step from geographic radians to this grid."""
        return (
            f"+proj=tmerc +lat_0=0 +lon_0={self.central_meridian:g} +k={self.scale:g} "
            f"+x_0=500000 +y_0={self.false_northing:g} +ellps=WGS84"
        )


# EPSG registry: VN-2000 3° zones of provinces and UTM-like zones; WGS 84 / UTM north 48 and 49.
GRIDS: dict[str, Grid] = {
    grid.code: grid
    for grid in (
        Grid("EPSG:9210", 105.75, 0.9999, "VN-2000"),
        Grid("EPSG:9218", 108.5, 0.9999, "VN-2000"),
        Grid("EPSG:5899", 107.75, 0.9999, "VN-2000"),
        Grid("EPSG:5896", 102.0, 0.9999, "VN-2000"),
        Grid("EPSG:5897", 105.0, 0.9999, "VN-2000"),
        Grid("EPSG:5898", 108.0, 0.9999, "VN-2000"),
        Grid("EPSG:3405", 105.0, 0.9996, "VN-2000"),
        Grid("EPSG:3406", 111.0, 0.9996, "VN-2000"),
        Grid("EPSG:32648", 105.0, 0.9996, "WGS 84"),
        Grid("EPSG:32649", 111.0, 0.9996, "WGS 84"),
    )
}

_TO_RADIANS = "+step +proj=unitconvert +xy_in=deg +xy_out=rad"
_TO_DEGREES = "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
_WEB_MERCATOR = "EPSG:3857"


def is_vn2000(code: str) -> bool:
    """Whether ``code`` (such as ``EPSG:9210``) is a VN-2000 system that this module knows."""
    return code == VN2000_GEOGRAPHIC or (code in GRIDS and GRIDS[code].datum == "VN-2000")


def knows(code: str) -> bool:
    """Whether a pinned pipeline can start or end at ``code``."""
    return code in GRIDS or code in (WGS84, VN2000_GEOGRAPHIC, _WEB_MERCATOR)


def to_wgs84(code: str) -> str:
    """The pinned PROJ pipeline from ``code`` to longitude, latitude in degrees of WGS 84 (that axis order).

    Raises ``KeyError`` for a system that :func:`knows` does not know.
    """
    if code == WGS84:
        return "+proj=noop"
    if code == VN2000_GEOGRAPHIC:
        return f"+proj=pipeline {_TO_RADIANS} {_SHIFT} {_TO_DEGREES}"
    if code == _WEB_MERCATOR:
        return f"+proj=pipeline +step +inv +proj=webmerc +ellps=WGS84 {_TO_DEGREES}"
    grid = GRIDS[code]
    shift = f" {_SHIFT}" if grid.datum == "VN-2000" else ""
    return f"+proj=pipeline +step +inv {grid.projection}{shift} {_TO_DEGREES}"


def between(source: str, target: str) -> str:
    """The pinned PROJ pipeline from ``source`` to ``target`` of the WGS 84 datum (UTM, web map), through WGS 84.

    Degrees stand as longitude, latitude. Raises ``KeyError`` for a system that is not known and ``ValueError`` for a
    VN-2000 target: that is the inverse of the way there.
    """
    if is_vn2000(target):
        raise ValueError(target)
    there = to_wgs84(source)
    if target == WGS84:
        return there
    projection = "+proj=webmerc +ellps=WGS84" if target == _WEB_MERCATOR else GRIDS[target].projection
    start = "+proj=pipeline" if there == "+proj=noop" else there
    return f"{start} {_TO_RADIANS} +step {projection}"


def utm_code(longitude: float) -> str:
    """WGS 84 UTM code (northern hemisphere) of ``longitude``: 108° E is the border of 48 and 49."""
    return f"EPSG:{32600 + int((longitude + 180.0) // 6.0) + 1}"

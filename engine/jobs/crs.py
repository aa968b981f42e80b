"""Coordinates through the pinned operation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...layers import crs
from ...layers.errors import InputError
from ...layers.report import Report
from ...store.coordinates import transform as transform_points


def transform(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """One point: ``lon``, ``lat`` to nine decimals where the target is geographic, else ``x``, ``y`` in metres."""
    source, target = parameters["from"], parameters["to"]
    x, y = transform_points(parameters["x"], parameters["y"], source, target)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InputError("crs.out_of_range", x=parameters["x"], y=parameters["y"], crs=source)
    shifted = crs.is_vn2000(source) != crs.is_vn2000(target)
    operation = crs.OPERATION if shifted else "none"
    if target in (crs.WGS84, crs.VN2000_GEOGRAPHIC):
        return {"lon": round(float(x), 9), "lat": round(float(y), 9), "operation": operation, "crs": target}
    return {"x": round(float(x), 4), "y": round(float(y), 4), "operation": operation, "crs": target}

"""A small data set with licences, and runs of alerts on it, for the tests of cases."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from dothi.processing.surveillance.cases.areas import interval
from dothi.store import dataset, runs

CRS = "EPSG:9218"
X, Y = 400_000.0, 1_190_000.0


def box(x: float, y: float, width: float = 100.0, height: float = 100.0) -> Any:
    """A rectangle from the corner (``x``, ``y``) metres off the origin of the tests."""
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def province(folder: Path, **licence: Any) -> Path:
    """A data set with one licence, 500 m square, west of the origin."""
    data = dataset.create(folder / "tỉnh.gpkg", ["concession"], CRS, simulated=True)
    row = {
        "code": "SN-01", "name": "Mỏ thử", "licence_no": "01/GP", "valid_from": date(2019, 1, 1),
        "valid_to": date(2034, 1, 1), "tolerance_m": 10.0,
    } | licence  # fmt: skip
    frame = {name: [value] for name, value in row.items()}
    dataset.append(data, "concession", gpd.GeoDataFrame(frame, geometry=[box(-500, -250, 500, 500)], crs=CRS))
    return data


def run_of(
    data: Path,
    shapes: list[Any],
    after: date = date(2026, 2, 21),
    before: date = date(2025, 2, 16),
    kinds: list[str] | None = None,
    parameters: dict[str, Any] | None = None,
) -> Path:
    """A run with an alert for each of ``shapes``."""
    drawn = np.array(shapes, dtype=object)
    low, high = interval(drawn, 5.0)
    frame = gpd.GeoDataFrame(
        {
            "code": [f"BD-{after:%Y%m%d}-{i:04d}" for i in range(1, len(shapes) + 1)],
            "status": "new",
            "change_class": kinds or ["new_pit"] * len(shapes),
            "area_m2": shapely.area(drawn),
            "area_low_m2": low,
            "area_high_m2": high,
            "edge_m": 5.0,
            "confidence": 0.9,
            "date_before": before,
            "date_after": after,
            "relation": "outside",
        },
        geometry=shapes,
        crs=CRS,
    )
    with runs.new_run(data, "change.detect", parameters or {}, {}, simulated=True, judged_on=after) as run:
        run.write("alert", frame)
        run.finish({"alerts": len(frame)})
    return run.path

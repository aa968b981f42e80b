from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from dothi.store import coordinates, dataset, runs, samples

from ..surveillance.scenes import UTM49, grid, write, write_pair

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

VN2000 = "EPSG:9218"
COUNT = 24


def draw_sample(folder: Path, by: str = "change", name: str = "thu") -> Path:
    """A data set with a run over two images, and a sample of it: 8 points of change, 16 without, codes at random."""
    folder.mkdir(exist_ok=True)
    before, after = write_pair(folder)
    data = dataset.create(folder / "tỉnh.gpkg", ["concession"], VN2000, simulated=True)
    given = {"before": str(before), "after": str(after)}
    noted = {key: {"name": Path(path).name, "bytes": Path(path).stat().st_size} for key, path in given.items()}
    with runs.new_run(data, "change.detect", given, noted, simulated=True) as run, rasterio.open(before) as image:
        write(run.sibling(".tif"), np.zeros((2, image.height, image.width), np.float32), ("decision", "confidence"))
        run.finish({})
    rng = np.random.default_rng(4)
    columns, rows = rng.choice(np.arange(40, 80), (2, COUNT))
    places = [shapely.Point(grid() @ (column + 0.5, row + 0.5)) for column, row in zip(columns, rows, strict=True)]
    kind = "new_pit" if by == "classes" else "change"
    frame = gpd.GeoDataFrame(
        {
            "code": [f"M-{number:04d}" for number in range(1, COUNT + 1)],
            "stratum": [kind if number % 3 == 0 else "no_change" for number in range(COUNT)],
            "chip_m": 150.0,
        },
        geometry=list(coordinates.transform_geometries(places, UTM49, VN2000)),
        crs=VN2000,
    )
    about = {
        "run": run.path.name, "by": by, "seed": 1, "strata": [kind, "no_change"], "pixels": [800, 15_200],
        "area_m2": [80_000.0, 1_520_000.0], "points": {kind: 8, "no_change": 16},
    }  # fmt: skip
    path = samples.path_of(data, run.path, name)
    samples.write(path, frame, about, simulated=True)
    return path


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return draw_sample(tmp_path / "tỉnh thử")


@pytest.fixture
def uids(sample: Path) -> list[str]:
    """Of the points, by code."""
    return [str(uid) for uid in samples.read(sample)[0].sort_values("code")["uid"]]

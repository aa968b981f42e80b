from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from dothi.store import dataset

# Bạch Đằng island in EPSG:9210 (test point of the pinned operation).
LAYERS = ("parcel", "lighting_pole", "lighting_cabinet", "concession", "run")
EAST, NORTH = 612351.550, 1220521.183


def square(number: int, size: float = 20.0) -> shapely.Polygon:
    """The plot number ``number`` of a row that begins at Bạch Đằng."""
    west = EAST + number * size
    return shapely.box(west, NORTH, west + size, NORTH + size)


def parcels(count: int = 3, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": [f"T{number}" for number in range(count)], "land_use": ["ODT"] * count} | columns,
        geometry=[square(number) for number in range(count)],
        crs="EPSG:9210",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "Dữ liệu tỉnh"
    place.mkdir()
    return place


@pytest.fixture
def data(folder: Path) -> Path:
    """An empty data set with some layers, in a folder with blanks and diacritics."""
    return dataset.create(folder / "Bình Dương.gpkg", LAYERS, "EPSG:9210", {"concession": "EPSG:9218"}, "binh_duong")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as plain SQLite, committed and closed at the end."""
    with closing(sqlite3.connect(path)) as database, database:
        yield database

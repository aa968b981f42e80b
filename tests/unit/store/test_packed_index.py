"""The packed spatial index against a search of all boxes, SQLite's own check of the tree, and GDAL reading by it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from dothi.layers.catalogue import layer
from dothi.store import bulk, geopackage, packed_index, tables

COUNTS = (0, 1, 2, 50, 51, 52, 102, 2601, 2602, 7000)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "made.gpkg", isolation_level=None)) as opened:
        geopackage.initialise(opened)
        tables.create_table(opened, layer("hydrant"), "EPSG:9210")
        yield opened


def _fill(path: Path, count: int, seed: int = 1, first: int = 0) -> np.ndarray:
    """``count`` hydrants on a province, and where they are."""
    rng = np.random.default_rng(seed)
    xy = np.column_stack([rng.uniform(560_000, 640_000, count), rng.uniform(1_200_000, 1_290_000, count)])
    frame = gpd.GeoDataFrame(
        {
            "uid": [f"00000000-0000-4000-8000-{at:012d}" for at in range(first, first + count)],
            "code": [f"TN-{at}" for at in range(first, first + count)],
            "lifecycle": ["planned"] * count,
        },
        geometry=shapely.points(xy),
        crs="EPSG:9210",
    )
    bulk.fill(path, layer("hydrant"), frame)
    return xy


@pytest.mark.parametrize("count", COUNTS)
def test_the_tree_is_sound_and_finds_what_a_search_of_all_finds(
    database: sqlite3.Connection, tmp_path: Path, count: int
) -> None:
    xy = _fill(tmp_path / "made.gpkg", count)
    bulk.index(tmp_path / "made.gpkg", ["hydrant"])
    assert database.execute("SELECT rtreecheck('rtree_hydrant_geom')").fetchone()[0] == "ok"
    rng = np.random.default_rng(2)
    for west, south in zip(rng.uniform(560_000, 630_000, 20), rng.uniform(1_200_000, 1_280_000, 20), strict=True):
        east, north = west + 9_000, south + 9_000
        found = database.execute(
            "SELECT id FROM rtree_hydrant_geom WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ? ORDER BY id",
            (west, east, south, north),
        ).fetchall()
        inside = (xy >= (west, south)).all(axis=1) & (xy <= (east, north)).all(axis=1)
        assert {row[0] for row in found} >= set((np.flatnonzero(inside) + 1).tolist())
        assert len(found) <= inside.sum() + 2  # boxes of four-byte floats are up to 0.13 m wider
    extent = database.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents").fetchone()
    assert extent == ((*xy.min(axis=0), *xy.max(axis=0)) if count else (None,) * 4)


def test_boxes_are_rounded_outwards() -> None:
    boxes = np.array([[600_000.013, 600_000.017, 1_250_000.06, 1_250_000.07]])
    near = packed_index._outwards(boxes)
    assert (near[:, [0, 2]] <= boxes[:, [0, 2]]).all()
    assert (near[:, [1, 3]] >= boxes[:, [1, 3]]).all()


@pytest.mark.parametrize("more", [400, 20])  # so many that all are packed anew, and a few that are entered one by one
def test_rows_written_later_are_indexed_with_the_first(database: sqlite3.Connection, tmp_path: Path, more: int) -> None:
    path = tmp_path / "made.gpkg"
    first = _fill(path, 400)
    bulk.index(path, ["hydrant"])
    later = _fill(path, more, seed=2, first=400)
    bulk.index(path, ["hydrant"])
    assert database.execute("SELECT rtreecheck('rtree_hydrant_geom')").fetchone()[0] == "ok"
    assert database.execute("SELECT count(*) FROM rtree_hydrant_geom").fetchone()[0] == 400 + more
    assert database.execute("SELECT max_x FROM gpkg_contents").fetchone()[0] == max(
        first[:, 0].max(), later[:, 0].max()
    )


def test_gdal_reads_and_edits_by_it(database: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "made.gpkg"
    xy = _fill(path, 3_000)
    bulk.index(path, ["hydrant"])
    database.close()
    box = (590_000.0, 1_220_000.0, 600_000.0, 1_240_000.0)
    found = pyogrio.read_dataframe(path, layer="hydrant", bbox=box)
    assert len(found) == ((xy >= box[:2]).all(axis=1) & (xy <= box[2:]).all(axis=1)).sum() > 0
    with geopackage.writing(path) as opened:  # as an editor does: row by row, through the triggers
        opened.execute("DELETE FROM hydrant WHERE fid % 2 = 0")
    with closing(sqlite3.connect(path)) as again:
        assert again.execute("SELECT rtreecheck('rtree_hydrant_geom')").fetchone()[0] == "ok"
        assert again.execute("SELECT count(*) FROM rtree_hydrant_geom").fetchone()[0] == 1_500

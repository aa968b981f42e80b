from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject
from rasterio.windows import Window

from dothi.layers.errors import InputError
from dothi.processing.surveillance.scenes.grid import BLOCK_ROWS, Grid, operation
from dothi.store.coordinates import transform

from .scenes import EAST, NORTH, UTM49, grid


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("EPSG:32648", UTM49),
        (UTM49, "EPSG:9218"),
        ("EPSG:9218", "EPSG:4326"),
        ("EPSG:4326", UTM49),
        ("EPSG:9218", "EPSG:9210"),
    ],
)
def test_resampling_goes_through_the_pinned_operation(source, target):
    """An image whose value is its own easting, resampled: what arrives is where the pinned operation says."""
    centre = [float(v) for v in transform(EAST + 500, NORTH - 500, UTM49, source)]
    there = [float(v) for v in transform(EAST + 500, NORTH - 500, UTM49, target)]
    own, wanted = around(centre, 200, 2e-4 if source == "EPSG:4326" else 20.0), around(there, 40, metres(target, 10.0))
    columns, rows = np.meshgrid(np.arange(200) + 0.5, np.arange(200) + 0.5)
    found = np.full((40, 40), np.nan)
    pipeline = operation(CRS.from_string(source), CRS.from_string(target))
    assert pipeline
    reproject(
        columns, found, src_transform=own, src_crs=source, dst_transform=wanted, dst_crs=target,
        resampling=Resampling.bilinear, COORDINATE_OPERATION=pipeline, dst_nodata=np.nan,
    )  # fmt: skip
    columns, rows = np.meshgrid(np.arange(40) + 0.5, np.arange(40) + 0.5)
    east, _ = transform(wanted.c + wanted.a * columns, wanted.f + wanted.e * rows, target, source)
    assert np.abs(found - (east - own.c) / own.a).max() < 0.01  # pixels of the source


def metres(crs: str, size: float) -> float:
    return size / 111_000 if crs == "EPSG:4326" else size


def around(centre: list[float], pixels: int, size: float) -> Affine:
    half = pixels * size / 2
    return Affine(size, 0, centre[0] - half, 0, -size, centre[1] + half)


def test_other_systems_need_a_common_datum():
    assert operation(CRS.from_epsg(32640), CRS.from_epsg(32639)) is None
    with pytest.raises(InputError) as told:
        operation(CRS.from_epsg(9218), CRS.from_epsg(32650))
    assert told.value.code == "crs.unknown"


def test_pixel_size_in_metres_of_a_grid_in_degrees():
    made = Grid(CRS.from_epsg(4326), Affine(1e-4, 0, 108.0, 0, -1e-4, 11.0), 100, 100)
    assert made.pixel_m == pytest.approx((10.92, 11.12), abs=0.01)


def test_blocks_cover_the_grid_once_and_stay_small():
    made = Grid(CRS.from_string(UTM49), grid(), 9000, 700)
    seen = np.zeros((700, 9000), np.uint8)
    for window in made.blocks():
        assert window.height <= BLOCK_ROWS <= 512
        assert window.width * window.height <= 1 << 20
        seen[window.toslices()] += 1
    assert (seen == 1).all()


def test_grids_that_share_their_pixels_are_known():
    made = Grid(CRS.from_string(UTM49), grid(), 100, 100)
    assert made.window(Window(30, 20, 5, 5)).offset_in(made) == (30, 20)
    assert made.moved(0.4, 0.0).offset_in(made) is None
    assert Grid(made.crs, grid(pixel=20.0), 50, 50).offset_in(made) is None
    assert Grid(CRS.from_epsg(32648), grid(), 100, 100).offset_in(made) is None

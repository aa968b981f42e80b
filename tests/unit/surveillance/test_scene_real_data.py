"""Real products in the library: what is measured of them, and copies that are their very pixels."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from dothi.processing.surveillance.scenes import cataloguing, library
from dothi.processing.surveillance.scenes.common_grid import footprint
from dothi.processing.surveillance.scenes.grid import Grid
from dothi.processing.surveillance.scenes.image import Image
from dothi.processing.surveillance.scenes.metadata_xml import elements, first
from dothi.processing.surveillance.scenes.product_files import product_files
from dothi.processing.surveillance.scenes.reading import open_scene
from dothi.processing.surveillance.scenes.sentinel2 import _radiometry
from dothi.store import dataset, scene_library

from .scenes import Told

pytestmark = pytest.mark.real_data
PRODUCT = "sentinel2_safe/S2A_MSIL2A_20221005T115411_N0400_R023_T29UNU_20221005T164454.SAFE"


@pytest.fixture
def data(tmp_path) -> Path:
    return dataset.create(tmp_path / "d.gpkg", ("concession",), "EPSG:9218", profile="binh_thuan")


def copied(data: Path, given: Path, area=None, **options) -> tuple[dict, int]:
    """Add a product, decode ``area`` and compare pixel by pixel; the row, and how many pixels were usable."""
    made = cataloguing.add(data, [given], Told(), resolution=options.get("resolution"))
    assert len(made.added) == 1
    row = next(row for row in library.scenes_of(data) if row["code"] == made.added[0])
    with library.open_cached(data, row, area) as image:
        on = image.grid
        values, valid = image.read(Window(0, 0, on.width, on.height))
    with Image(open_scene(given, **options), on) as image:
        expected, usable = image.read(Window(0, 0, on.width, on.height))
    assert (valid == usable).all()
    assert (values == expected).all()
    return row, int(valid.sum())


def test_a_sentinel_2_product_in_the_library(satellite, data):
    product = satellite / PRODUCT
    grid = open_scene(product, resolution=60).grid
    middle = Grid(grid.crs, grid.transform @ rasterio.Affine.translation(100, 1550), 260, 260)
    row, usable = copied(data, product, footprint(middle), resolution=60)
    assert usable > 10_000
    assert (row["code"], row["tile"], row["orbit"]) == ("S2A_20221005T115411_T29UNU", "T29UNU", 23)
    assert (row["acquired_on"], row["baseline"], row["offset"]) == (date(2022, 10, 5), "04.00", -1000)
    assert row["bands"] == "B02 B03 B04 B8A"
    # the metadata says 59.8 % cloud (8, 9, 10), 10.305 % shadow, of the valid pixels; 40.419 % of the tile is nodata
    assert row["cloud_pct"] == pytest.approx(59.8 + 10.3, abs=0.5)
    assert scene_library.placed(data, row["thumbnail"]).stat().st_size > 10_000


def test_cloud_probability_masks_what_is_more_probable(satellite):
    product = satellite / PRODUCT
    plain, strict = (open_scene(product, resolution=60, cloud_probability=most) for most in (None, 20))
    with rasterio.open(next((product / "GRANULE").rglob("MSK_CLDPRB_60m.jp2"))) as file:
        part = Window(100, 1400, 400, 400)
        probability = file.read(1, window=part)
    with Image(plain, plain.grid) as one, Image(strict, strict.grid) as other:
        (_, valid), (_, fewer) = one.read(part), other.read(part)
    assert not fewer[probability > 20].any()
    assert not (fewer & ~valid).any()
    assert 0.9 * valid.sum() < fewer.sum() < valid.sum()


def test_a_zip_of_the_real_product_is_the_same_scene(satellite, tmp_path):
    folder = satellite / PRODUCT
    archive = Path(shutil.make_archive(str(tmp_path / "p"), "zip", folder.parent, folder.name))
    one, other = (open_scene(path, resolution=60) for path in (folder, archive))
    window = Window(600, 600, 256, 256)
    with Image(one, one.grid) as first_image, Image(other, other.grid) as second_image:
        assert (first_image.read(window)[0] == second_image.read(window)[0]).all()
    assert (one.product, one.tile, one.orbit) == (other.product, other.tile, other.orbit)


@pytest.mark.parametrize(("folder", "code"), [("assets3", "LC08_20191201T15"), ("assets2", "LC08_20191129T")])
def test_a_landsat_product_in_the_library(satellite, data, folder, code):
    row, _usable = copied(data, satellite / "landsat_c2l2" / folder)
    assert row["code"].startswith(code)
    assert row["season"] == "dry"
    assert len(row["tile"]) == 6


def test_the_offset_is_read_of_every_baseline(satellite):
    """Facts: absent before 04.00, -1000 from then on, also on scenes sensed earlier; one test product says -7000."""
    read: dict[str, set[float]] = {}
    for metadata in sorted((satellite / "sentinel2_safe").glob("*/MTD_MSIL2A.xml")):
        found = elements(metadata.read_bytes(), metadata.name)
        quantification, offsets = _radiometry(found, product_files(metadata.parent))
        read.setdefault(first(found, "PROCESSING_BASELINE"), set()).update(offsets.values())
        assert quantification == 10_000
    assert set(read) >= {"02.12", "02.14", "04.00", "05.09"}
    for baseline, told in read.items():
        assert told == ({0.0} if float(baseline) < 4 else {-1000.0}), baseline


def test_the_real_pair_keeps_its_shift_in_the_library(satellite, data):
    folder = satellite / "s2_shift_pair"
    for name, day in (("ref", date(2016, 6, 8)), ("tgt", date(2016, 5, 29))):
        cataloguing.add(data, [next(folder.glob(f"{name}_*.jp2"))], Told(), day=day)
    first_row, second_row = library.scenes_of(data)
    grid = library.library_grid(data)
    area = footprint(Grid(grid.crs, grid.transform @ rasterio.Affine.translation(900, 900), 200, 200))
    with library.open_cached(data, first_row, area) as one, library.open_cached(data, second_row, area) as other:
        assert one.grid == other.grid
        window = Window(0, 0, one.grid.width, one.grid.height)
        assert not np.array_equal(one.read(window)[0], other.read(window)[0])

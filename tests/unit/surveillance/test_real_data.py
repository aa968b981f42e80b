"""Real images: published labels, real products, a real shift. Figures: the truth targets of the project."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from dothi.engine.contract import JOBS
from dothi.engine.jobs import change
from dothi.layers.errors import InputError
from dothi.processing.surveillance.alignment.pair import pair_of
from dothi.processing.surveillance.scenes.image import Image
from dothi.processing.surveillance.scenes.reading import open_scene

from .scenes import BANDS, Told

pytestmark = pytest.mark.real_data
PRODUCT = "sentinel2_safe/S2A_MSIL2A_20221005T115411_N0400_R023_T29UNU_20221005T164454.SAFE"


def mapped(before: Path, after: Path, out: Path, **given) -> np.ndarray:
    """The decision of ``change map``."""
    values = JOBS["change.map"].read({"before": str(before), "after": str(after), "out": str(out), **given})
    change.map_(values, Told())
    with rasterio.open(out) as raster:
        decision: np.ndarray = raster.read(1)
    return decision


def labels(path: Path) -> np.ndarray:
    with pytest.warns(NotGeoreferencedWarning), rasterio.open(path) as file:
        found: np.ndarray = file.read(1)
    return found


def read(path: str) -> np.ndarray:
    with rasterio.open(path) as file:
        found: np.ndarray = file.read(1)
    return found


def f1(hits: int, flagged: int, true: int) -> float:
    return 2 * hits / (flagged + true)


@pytest.mark.parametrize("smooth", [1, 3])
def test_taizhou_irmad_with_the_automatic_threshold(satellite, tmp_path, smooth):
    folder = satellite / "taizhou"
    decision = mapped(folder / "2000TM", folder / "2003TM", tmp_path / "o.tif", smooth=smooth) == 1
    changed, same = labels(folder / "change.bmp") > 0, labels(folder / "unchanged.bmp") > 0
    known = changed | same
    assert f1((decision & changed).sum(), (decision & known).sum(), changed.sum()) >= (0.95 if smooth == 3 else 0.94)


def stack(folder: Path, out: Path) -> Path:
    """Four bands of one OSCD date in one file."""
    files = [next(folder.glob(f"*_{name}.tif")) for name in BANDS]
    with rasterio.open(files[0]) as first:
        profile = first.profile | {"count": 4, "driver": "GTiff"}
    with rasterio.open(out, "w", **profile) as made:
        for number, file in enumerate(files, start=1):
            with rasterio.open(file) as band:
                made.write(band.read(1), number)
        made.descriptions = BANDS
    return out


def test_three_oscd_cities_with_change_vectors_and_a_budget(satellite, tmp_path):
    hits = flagged = true = 0
    for city in ("abudhabi", "mumbai", "rennes"):
        folder = satellite / "oscd" / city
        before, after = (stack(folder / f"imgs_{n}", tmp_path / f"{city}{n}.tif") for n in (1, 2))
        decision = mapped(before, after, tmp_path / "o.tif", method="cva", budget=0.04) == 1
        changed = labels(folder / "cm" / f"{city}-cm.tif") == 2
        assert decision.mean() == pytest.approx(0.04, abs=0.003)
        hits, flagged, true = hits + (decision & changed).sum(), flagged + decision.sum(), true + changed.sum()
    assert f1(hits, flagged, true) >= 0.33


def test_a_level_2a_product_opens_with_offset_scale_mask_and_system(satellite):
    product = satellite / PRODUCT
    scene = open_scene(product, resolution=60)
    assert scene.names == ("B02", "B03", "B04", "B8A")
    assert {(round(1 / band.scale), round(band.offset, 9)) for band in scene.bands} == {(10_000, -0.1)}
    assert (scene.baseline, scene.acquired_on, scene.sensor) == ("04.00", date(2022, 10, 5), "Sentinel-2A")
    assert scene.grid.code == "EPSG:32629"
    assert (scene.grid.transform.c, scene.grid.transform.f, scene.grid.width) == (499_980, 5_900_040, 1830)
    with Image(scene, scene.grid) as image:
        values, valid = image.read(Window(0, 0, 1830, 1830))
    numbers, classes = read(scene.bands[0].path), read(scene.mask.path)
    ground = np.isin(classes, (2, 4, 5, 6, 7))
    assert not valid[~ground].any()
    assert valid.sum() > 0.9 * ground.sum()  # what is lacking is the rim around clouds
    assert (numbers[valid] > 0).all()
    assert np.abs(values[0][valid] - (numbers[valid].astype(float) - 1000) / 10_000).max() < 1e-6
    assert values[0][valid].min() < 0.0  # negative reflectance is legal


def test_missing_bands_of_a_real_product_are_an_error_and_not_zeros(satellite):
    with pytest.raises(InputError) as told:
        open_scene(satellite / PRODUCT)
    assert told.value.code == "change.product_incomplete"
    assert len(told.value.arguments["missing"]) == 4


@pytest.mark.parametrize(
    ("folder", "crs", "on"),
    [
        ("assets", "EPSG:32624", date(2015, 7, 10)),
        ("assets3", "EPSG:32618", date(2019, 12, 1)),
        ("assets4", "EPSG:32617", date(2013, 4, 19)),
    ],
)
def test_a_landsat_scene_opens_with_its_quality_mask(satellite, folder, crs, on):
    scene = open_scene(satellite / "landsat_c2l2" / folder)
    assert scene.names == ("SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7")
    assert (scene.grid.code, scene.acquired_on) == (crs, on)
    with Image(scene, scene.grid) as image:
        values, valid = image.read(Window(0, 0, 512, 512))
    numbers = np.array([read(band.path) for band in scene.bands])
    assert (valid == (((read(scene.mask.path) & 0b111111) == 0) & (numbers > 0).all(axis=0))).all()
    assert valid.any() == (folder == "assets3")  # the others are all cloud and snow
    assert np.abs(values - (numbers * 2.75e-05 - 0.2))[:, valid].max(initial=0.0) < 1e-5


def test_the_mtl_is_read_by_group(satellite):
    scene = open_scene(satellite / "landsat_c2l2" / "assets2")  # polar: EPSG:3031 without a code in the file
    assert {(band.scale, band.offset) for band in scene.bands} == {(2.75e-05, -0.2)}


def test_the_shift_of_a_real_pair(satellite):
    folder = satellite / "s2_shift_pair"
    first, second = (next(folder.glob(f"{name}_*.jp2")) for name in ("ref", "tgt"))
    with pair_of(open_scene(first), open_scene(second), Told()) as pair:
        pair.align(3.0, Told())
        found = pair.metres()
        assert found["east_m"] == pytest.approx(-6.4, abs=1.5)
        assert found["north_m"] == pytest.approx(-18.3, abs=1.5)
        pair.align(3.0, Told())  # measured again on the corrected picture
        assert pair.shift.length < 0.2


def test_a_real_pair_too_far_apart_is_refused(satellite, tmp_path):
    folder = satellite / "s2_shift_pair"
    first, second = (next(folder.glob(f"{name}_*.jp2")) for name in ("ref", "tgt"))
    with pytest.raises(InputError) as told:
        mapped(first, second, tmp_path / "o.tif", max_shift=1.0, method="cva")
    assert told.value.code == "change.shift_too_large"
    assert json.dumps(told.value.arguments)

"""Mount St. Helens, 2000 to 2007: published volumes and the project's table, each with its own baseline.

Data: Messerich, Schilling, Thompson 2008, USGS Open-File Report 2008-1169. Published: Schilling et al. 2008, USGS
Professional Paper 1750 chapter 8 (73 million m³ by 15/12/2005, a welt of 10 before 11/10/2004); USGS SIM 2928 (80 from
October 2004 to 09/02/2006). Their surfaces are of 1986 and 2003, ours of 2000.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.features import shapes
from scipy import ndimage

from dothi.processing.surveillance.terrain.difference import EVERYTHING, Settings, compare
from dothi.processing.surveillance.terrain.elevation import open_elevation

from .scenes import Told

pytestmark = pytest.mark.real_data
# number: (survey in ha, million m³ since 2000, since 04/10/2004)
TABLE = {
    2: (20.0, 5.49, 0.0), 3: (36.5, 11.45, 5.96), 4: (65.8, 13.71, 8.22), 8: (76.5, 37.19, 31.70),
    12: (143.9, 59.17, 53.68), 16: (163.4, 64.52, 59.03), 19: (156.3, 79.02, 73.53), 20: (158.4, 87.31, 81.82),
    21: (157.7, 96.57, 91.07), 24: (218.5, 86.97, 81.47), 27: (222.9, 99.05, 93.55),
}  # fmt: skip
DOME = 100  # cells around the middle of the dome in the plain shift test


@pytest.fixture(scope="module")
def helens() -> Path:
    given = os.environ.get("DOTHI_TEST_DATA")
    if not given:
        pytest.skip("DOTHI_TEST_DATA is not set")
    return Path(given) / "terrain" / "mt_st_helens"


def of(helens: Path, number: int) -> Path:
    return helens / ("native/1_msh00_83_from_e00.tif" if number == 1 else f"merged_10m/{number}.tif")


def heights(path: Path) -> np.ndarray:
    with rasterio.open(path) as raster:
        found: np.ndarray = raster.read(1)
    return found


def rim(helens: Path, number: int) -> np.ndarray:
    """The outer 30 m of a survey as polygons: the only ground of the crater that a survey shows and the dome is not."""
    seen = heights(of(helens, number)) != heights(of(helens, 1))
    whole = ndimage.binary_fill_holes(ndimage.binary_closing(seen, iterations=2))
    edge = seen & ~ndimage.binary_erosion(whole, iterations=3)
    with rasterio.open(of(helens, 1)) as raster:
        transform = raster.transform
    return np.array(
        [shapely.geometry.shape(s) for s, v in shapes(edge.astype(np.uint8), edge, transform=transform) if v]
    )


def between(helens: Path, before: int, after: int, folder: Path):
    """The volume with the error that the rim of the later survey shows; nothing is moved, as in the publications."""
    return compare(
        open_elevation(of(helens, before)), open_elevation(of(helens, after)), folder / f"{before}-{after}.tif",
        Settings(align="none", steepest=90.0), stable=rim(helens, after), report=Told(),
    ).volumes[EVERYTHING]["net"]  # fmt: skip


@pytest.mark.parametrize("number", TABLE)
def test_rows_of_the_table(helens, tmp_path, number):
    survey, since_2000, since_2004 = TABLE[number]
    found = between(helens, 1, number, tmp_path)
    assert found.volume_m3 / 1e6 == pytest.approx(since_2000, rel=0.005)
    assert found.area_m2 / 1e4 == pytest.approx(survey, rel=0.005)
    if number != 2:
        assert between(helens, 2, number, tmp_path).volume_m3 / 1e6 == pytest.approx(since_2004, rel=0.005)


@pytest.mark.parametrize(
    ("published", "before", "after", "tolerance"), [(73.0, 2, 19, 0.10), (80.0, 2, 20, 0.10), (10.0, 1, 3, 0.15)]
)
def test_published_volumes_lie_in_the_interval(helens, tmp_path, published, before, after, tolerance):
    found = between(helens, before, after, tmp_path)
    assert found.volume_m3 / 1e6 == pytest.approx(published, rel=tolerance)
    low, high = found.error.interval(found.volume_m3)
    assert low / 1e6 < published < high / 1e6
    print(f"{published}: {found.volume_m3 / 1e6:.2f} [{low / 1e6:.2f}, {high / 1e6:.2f}]", found.error)


def test_the_native_survey_comes_to_the_older_grid(helens, tmp_path):
    """11/10/2004 at 2 m with an origin of its own: 11.28 million m³ over 35.5 ha, bilinear."""
    path = next((helens / "native").glob("3_*.tif"))
    found = compare(
        open_elevation(of(helens, 1)), open_elevation(path), tmp_path / "out.tif",
        Settings(align="none", sigma_before=1.0, sigma_after=1.0, systematic=1.0, range_m=50.0), report=Told(),
    ).volumes[EVERYTHING]["net"]  # fmt: skip
    assert found.volume_m3 / 1e6 == pytest.approx(11.28, rel=0.02)
    assert found.area_m2 / 1e4 == pytest.approx(35.5, rel=0.03)


def shifted(helens: Path, folder: Path, number: int) -> Path:
    """A survey moved by 13 m east, 7 m north, 2.5 m up, by cubic interpolation; borders of 10 cells cut."""
    moved = ndimage.shift(heights(of(helens, number)), (-0.7, 1.3), order=3, mode="nearest") + 2.5
    with rasterio.open(of(helens, 1)) as raster:
        profile = raster.profile
    moved[:10] = moved[-10:] = moved[:, :10] = moved[:, -10:] = -9999.0
    path = folder / "shifted.tif"
    with rasterio.open(path, "w", **{**profile, "nodata": -9999.0}) as file:
        file.write(moved.astype(np.float32), 1)
    return path


def test_the_dome_must_be_masked(helens, tmp_path):
    """The old surface against itself with the dome of 15/12/2005, moved: masked, the shift and the volume come back."""
    after = shifted(helens, tmp_path, 19)
    seen = heights(of(helens, 19)) != heights(of(helens, 1))
    with rasterio.open(of(helens, 1)) as raster:
        grown = ndimage.binary_dilation(seen, iterations=4).astype(np.uint8)
        dome = np.array([shapely.geometry.shape(s) for s, v in shapes(grown, transform=raster.transform) if v])
    whole = shapely.union_all(dome)
    found = compare(
        open_elevation(of(helens, 1)), open_elevation(after), tmp_path / "out.tif", Settings(),
        unstable=dome, zones={"dome": whole}, report=Told(),
    )  # fmt: skip
    assert np.allclose([found.fit.east, found.fit.north, found.fit.up], (-13.0, -7.0, -2.5), atol=0.1)
    net = found.volumes["dome"]["net"]
    assert net.volume_m3 / 1e6 == pytest.approx(79.02, rel=0.005)
    low, high = net.error.interval(net.volume_m3)
    assert low / 1e6 < 79.02 < high / 1e6
    assert found.fit.nmad < 0.3

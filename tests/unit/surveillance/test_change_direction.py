"""The direction of change vectors: known angles and sectors, and the raster of a pit that grew brighter or darker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from dothi.engine.contract import JOBS
from dothi.engine.jobs import change
from dothi.layers.errors import InputError
from dothi.processing.surveillance.change.direction import polar

from .scenes import BANDS, Told, pair, write

PIT = (slice(100, 115), slice(60, 80))


def test_angles_and_sectors_of_known_vectors():
    vectors = np.array([[3, 0, 0], [0, 2, 0], [1, 1, 1], [-1, -1, -1], [1, -1, 0], [0, 0, 0]], np.float32).T
    found = polar(vectors)
    one_band = np.degrees(np.arccos(1 / np.sqrt(3)))
    assert found.magnitude == pytest.approx([3, 2, np.sqrt(3), np.sqrt(3), np.sqrt(2), 0], rel=1e-6)
    assert found.angle == pytest.approx([one_band, one_band, 0, 180, 90, 90], abs=0.05)
    assert found.signs.tolist() == [1, 2, 7, 0, 1, 0]


def directed(folder: Path, step: np.ndarray, **given: str) -> tuple[np.ndarray, np.ndarray, Told]:
    """The decision and the direction of a pair whose pit changed by ``step`` (4) in numbers."""
    before, after = pair(pit=None)
    after = after.astype(float)
    after[:, *PIT] += step[:, None, None]
    first, second = write(folder / "a.tif", before), write(folder / "b.tif", np.rint(after).astype(np.uint16))
    out, direction = folder / "o.tif", folder / "hướng.tif"
    values = {"before": str(first), "after": str(second), "out": str(out), "direction_out": str(direction), **given}
    told = Told()
    assert change.map_(JOBS["change.map"].read(values), told)["direction_out"] == str(direction)
    with rasterio.open(out) as raster:
        decision = raster.read(1)
    with rasterio.open(direction) as raster:
        assert raster.descriptions == ("magnitude", "angle", "signs")
        assert raster.tags()["bands"] == ",".join(BANDS)
        assert raster.nodata == -1
        return decision, raster.read(), told


@pytest.mark.parametrize("method", ["irmad", "mad", "cva", "pca", "fusion"])
def test_a_pit_that_grows_brighter_in_all_bands_points_up(tmp_path, method):
    decision, (magnitude, angle, signs), _ = directed(tmp_path, np.full(4, 1_500.0), method=method)
    assert (decision[PIT] == 1).mean() > 0.9
    inside = decision[PIT] == 1
    assert (magnitude[PIT][inside] > 3).all()
    assert np.median(angle[PIT]) < 35
    assert (signs[PIT][inside] == 15).mean() > 0.95
    for layer in (magnitude, angle, signs):
        assert (layer[decision != 1] == -1).all()


def test_vegetation_lost_points_apart_and_a_pond_points_down(tmp_path):
    _, (_, angle, signs), _ = directed(tmp_path, np.array([600.0, 700.0, 1_100.0, -1_500.0]), method="cva")
    assert np.median(signs[PIT]) == 7  # red, green and blue up, near infrared down
    assert 40 < np.median(angle[PIT]) < 100
    _, (_, angle, signs), _ = directed(tmp_path, np.array([-500.0, -700.0, -1_200.0, -2_000.0]), method="cva")
    assert np.median(signs[PIT]) == 0
    assert np.median(angle[PIT]) > 145


def test_neither_an_image_nor_the_map_is_overwritten(tmp_path):
    before, after = pair()
    first, second = str(write(tmp_path / "a.tif", before)), str(write(tmp_path / "b.tif", after))
    for out, direction in ((tmp_path / "o.tif", first), (tmp_path / "o.tif", tmp_path / "o.tif")):
        values = {"before": first, "after": second, "out": str(out), "direction_out": str(direction)}
        with pytest.raises(InputError) as refused:
            change.map_(JOBS["change.map"].read(values), Told())
        assert refused.value.code == "change.out_is_input"
    values = {"before": first, "after": second, "out": str(tmp_path / "o.tif"), "direction_out": str(tmp_path)}
    with pytest.raises(InputError) as refused:
        change.map_(JOBS["change.map"].read(values), Told())
    assert refused.value.code == "engine.is_folder"

"""Shifts between two dates: known ones, with noise and change in the way, and what cannot be trusted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.windows import Window
from scipy.ndimage import affine_transform, gaussian_filter, shift

from dothi.layers.errors import InputError
from dothi.processing.surveillance.alignment.registration import (
    CLEAR_PEAK,
    agreed,
    measure_shift,
    patch_shift,
    weighted_median,
)
from dothi.processing.surveillance.change.change_map import Settings, change_map
from dothi.processing.surveillance.scenes.grid import Grid

from .scenes import UTM49, Told, grid, pair, write


def measure(before: np.ndarray, after: np.ndarray):
    """The shift between two pictures."""
    valid = np.ones(before.shape, bool)

    def read(window: Window):
        part = window.toslices()
        return before[part], after[part], valid[part]

    return measure_shift(read, Grid(CRS.from_string(UTM49), grid(), before.shape[1], before.shape[0]))


def measured(rows: float, columns: float, *, noise: float = 0.02, size: int = 600, changed: float = 0.0):
    rng = np.random.default_rng(3)
    before = gaussian_filter(rng.normal(size=(size, size)), 1.2).astype(np.float32)
    after = shift(before, (-rows, -columns), order=3, mode="reflect")
    after += noise * float(before.std()) * rng.normal(size=after.shape)
    blocks = np.kron(rng.random((size // 20, size // 20)) < changed, np.ones((20, 20))) > 0
    after[blocks] = 4.0 * float(before.std())
    return measure(before, after.astype(np.float32))


@pytest.mark.parametrize(("rows", "columns"), [(0.0, 0.0), (0.4, -0.7), (1.85, -0.65), (-3.2, 2.1)])
def test_a_known_shift_is_found_to_a_tenth_of_a_pixel(rows, columns):
    found = measured(rows, columns)
    assert found.known
    assert (found.rows, found.columns) == pytest.approx((rows, columns), abs=0.1)


def test_pictures_without_anything_in_common_prove_nothing():
    assert not measured(0.0, 0.0, noise=200.0).known


def test_a_few_wild_patches_do_not_matter_but_a_majority_does():
    good, wild = np.full((7, 3), (1.0, -0.5, 30.0)), np.full((4, 3), 30.0)
    wild[:, :2] = np.random.default_rng(0).uniform(-30, 30, (4, 2))
    found = agreed(np.vstack([good, wild]))
    assert (found.known, found.torn, found.patches) == (True, False, 7)
    assert (found.rows, found.columns) == (1.0, -0.5)
    lost = agreed(np.vstack([good[:5], wild, wild * (0.7, 0.7, 1.0)]))
    assert (lost.known, lost.torn) == (False, True)
    assert lost.spread > 1.0
    few = agreed(np.vstack([good[:4], wild]))
    assert (few.known, few.torn) == (False, False)  # eight patches prove nothing, in either direction
    assert not agreed(good[:4]).known


def test_the_middle_is_that_of_the_weight():
    values = np.array([[0.0, 5.0], [1.0, 4.0], [9.0, 3.0]])
    assert weighted_median(values, np.ones(3)) == pytest.approx([1.0, 4.0])
    assert weighted_median(values, np.array([1.0, 1.0, 1e6])) == pytest.approx([9.0, 3.0], abs=1e-3)


def test_a_patch_of_two_pictures_without_a_common_pattern_has_no_peak():
    rng = np.random.default_rng(5)
    first, second = (gaussian_filter(rng.normal(size=(256, 256)), 1.2).astype(np.float32) for _ in range(2))
    valid = np.ones(first.shape, bool)
    assert patch_shift(first, second, valid) is None
    found = patch_shift(first, np.roll(first, (-3, 2), (0, 1)) + 0.1 * second, valid)
    assert found is not None
    rows, columns, peak = found
    assert (rows, columns) == pytest.approx((3.0, -2.0), abs=0.06)
    assert peak > 3 * CLEAR_PEAK
    valid[:10] = False
    assert patch_shift(first, first, valid) is None


def test_change_over_a_third_of_the_ground_does_not_move_the_shift():
    assert measured(0.4, -0.7, changed=0.3).known
    found = measured(0.4, -0.7, changed=0.3)
    assert (found.rows, found.columns) == pytest.approx((0.4, -0.7), abs=0.1)


def torn(folder: Path) -> tuple[Path, Path]:
    """A pair whose second image is stretched: no single shift brings it together."""
    before, _ = pair(size=720, pit=None)
    stretched = np.stack([affine_transform(band, (0.94, 0.94), order=1, mode="reflect") for band in before])
    return write(folder / "a.tif", before), write(folder / "b.tif", stretched)


def test_images_that_no_shift_brings_together_are_refused_with_a_sentence(tmp_path):
    with pytest.raises(InputError) as refused:
        change_map(*torn(tmp_path), tmp_path / "o.tif", Settings(), Told())
    assert refused.value.code == "change.shift_disagrees"
    assert refused.value.arguments["patches"] >= 9
    assert refused.value.arguments["spread"] > 1.0
    assert not (tmp_path / "o.tif").exists()


@pytest.mark.real_data
@pytest.mark.parametrize(("rows", "columns"), [(0.0, 0.4), (0.6, -0.2), (-1.4, 2.2), (2.8, -1.6)])
def test_known_shifts_of_a_real_image_with_noise_and_change(satellite, rows, columns):
    """Means of 5 × 5 pixels of a real image, the second some pixels aside: an exact shift without resampling."""
    path = next((satellite / "s2_shift_pair").glob("ref_*.jp2"))
    with rasterio.open(path) as file:
        fine = file.read(1, window=Window(800, 200, 1600, 2900)).astype(np.float32)
    down, right = round(5 * rows), round(5 * columns)
    before, after = (coarse(fine[50 + r : -50 + r, 50 + c : -50 + c]) for r, c in ((0, 0), (down, right)))
    rng = np.random.default_rng(8)
    after = 1.1 * after + 80.0 + 0.1 * float(after.std()) * rng.normal(size=after.shape).astype(np.float32)
    for row, column in rng.integers(0, 280, (40, 2)):
        after[2 * row : 2 * row + 20, column : column + 20] = 3_000.0
    found = measure(before, after.astype(np.float32))
    assert found.known
    assert (found.rows, found.columns) == pytest.approx((rows, columns), abs=0.06)


def coarse(fine: np.ndarray) -> np.ndarray:
    """Means of 5 × 5 pixels."""
    rows, columns = (length // 5 for length in fine.shape)
    return fine[: 5 * rows, : 5 * columns].reshape(rows, 5, columns, 5).mean(axis=(1, 3))

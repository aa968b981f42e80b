from __future__ import annotations

import numpy as np
import pytest
from rasterio.windows import Window
from scipy.ndimage import gaussian_filter, shift

from dothi.processing.surveillance.alignment.registration import agreed, measure_shift

from .scenes import UTM49, grid


def measured(rows: float, columns: float, *, noise: float = 0.02, size: int = 600):
    from rasterio.crs import CRS

    from dothi.processing.surveillance.scenes.grid import Grid

    rng = np.random.default_rng(3)
    before = gaussian_filter(rng.normal(size=(size, size)), 1.2).astype(np.float32)
    after = shift(before, (-rows, -columns), order=3, mode="reflect")
    after += noise * float(before.std()) * rng.normal(size=after.shape)
    valid = np.ones(before.shape, bool)

    def read(window: Window):
        part = window.toslices()
        return before[part], after[part].astype(np.float32), valid[part]

    return measure_shift(read, Grid(CRS.from_string(UTM49), grid(), size, size))


@pytest.mark.parametrize(("rows", "columns"), [(0.0, 0.0), (0.4, -0.7), (1.85, -0.65), (-3.2, 2.1)])
def test_a_known_shift_is_found_to_a_tenth_of_a_pixel(rows, columns):
    found = measured(rows, columns)
    assert found.known
    assert (found.rows, found.columns) == pytest.approx((rows, columns), abs=0.1)


def test_pictures_without_anything_in_common_prove_nothing():
    assert not measured(0.0, 0.0, noise=200.0).known


def test_a_few_wild_patches_do_not_matter_but_a_majority_does():
    good, wild = np.full((7, 2), (1.0, -0.5)), np.random.default_rng(0).uniform(-30, 30, (4, 2))
    found = agreed(np.vstack([good, wild]))
    assert (found.known, found.patches) == (True, 7)
    assert (found.rows, found.columns) == (1.0, -0.5)
    assert not agreed(np.vstack([good[:5], wild, wild * 0.7])).known
    assert not agreed(good[:4]).known

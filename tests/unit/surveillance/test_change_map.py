"""Two images to a change raster: the right pit, nothing else, whatever the pair has against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject

from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.processing.surveillance.change import blocks, change_raster, fitting
from dothi.processing.surveillance.change.change_map import Settings, change_map
from dothi.processing.surveillance.scenes import grid
from dothi.store.coordinates import transform

from .scenes import BANDS, UTM49, Told, landsat, pair, safe, write, write_pair
from .scenes import grid as placed

PIT = (slice(100, 115), slice(60, 80))
TRUTH = np.zeros((240, 240), bool)
TRUTH[PIT] = True


def run(before: Path, after: Path, out: Path, told: Told | None = None, **settings: Any):
    found = change_map(before, after, out, Settings(**settings), told or Told())
    with rasterio.open(out) as raster:
        assert raster.nodata == 255
        assert raster.descriptions == ("decision", "confidence")
        assert raster.profile["tiled"]
        decision, confidence = raster.read()
    assert set(np.unique(decision)) <= {0, 1, 255}
    assert ((confidence == 255) == (decision == 255)).all()
    assert (confidence[decision != 255] <= 1).all()
    return found, decision, confidence


def right(decision: np.ndarray, beside: float = 0.1) -> None:
    """The pit to a tenth of its area, and next to nothing beside it (share of the pit's pixels)."""
    assert (decision[TRUTH] == 1).mean() > 0.9
    assert ((decision == 1) & ~TRUTH).sum() <= beside * TRUTH.sum()


@pytest.mark.parametrize("method", ["irmad", "mad", "cva", "pca"])
@pytest.mark.parametrize("smooth", [1, 3])
def test_the_pit_is_found_and_nothing_else(tmp_path, method, smooth):
    found, decision, confidence = run(*write_pair(tmp_path), tmp_path / "biến động.tif", method=method, smooth=smooth)
    right(decision)
    assert found.valid_share == 1.0
    assert found.changed == (decision == 1).sum()
    assert confidence[TRUTH].min() > 0.95
    assert np.median(confidence[~TRUTH]) < 0.7
    assert (found.date_before.isoformat(), found.date_after.isoformat()) == ("2025-02-16", "2026-02-21")


@pytest.mark.parametrize("method", ["irmad", "mad", "cva"])
def test_where_nothing_happened_nothing_is_flagged(tmp_path, method):
    found, decision, _ = run(*write_pair(tmp_path, pit=None), tmp_path / "o.tif", method=method)
    assert (decision == 1).mean() < 1e-3
    assert found.changed_share < 1e-3


def test_the_same_picture_twice_is_no_change(tmp_path):
    before, _ = write_pair(tmp_path)
    same = write(tmp_path / "same.tif", pair()[0])
    for method in ("irmad", "cva"):
        assert run(before, same, tmp_path / "o.tif", method=method)[0].changed == 0


def test_a_budget_and_a_false_alarm_rate(tmp_path):
    images = write_pair(tmp_path)
    assert run(*images, tmp_path / "o.tif", rule="budget", value=0.02)[0].changed_share == pytest.approx(0.02, abs=1e-3)
    few = run(*images, tmp_path / "o.tif", rule="false_alarm", value=1e-4, smooth=1)[1]
    assert ((few == 1) & ~TRUTH).sum() < 60  # 6 are expected of 57,300
    assert (few[TRUTH] == 1).all()


@pytest.mark.parametrize("method", ["cva", "fusion"])
def test_the_blocks_leave_no_seams(tmp_path, monkeypatch, method):
    images = write_pair(tmp_path)
    _, whole, sure = run(*images, tmp_path / "whole.tif", method=method)
    monkeypatch.setattr(blocks, "BLOCK", 64)
    _, pieces, also = run(*images, tmp_path / "pieces.tif", method=method)
    assert (whole == pieces).all()
    assert np.abs(sure - also).max() <= 2 / change_raster.CONFIDENCE_STEPS


def test_a_sieve_drops_small_groups_also_across_blocks(tmp_path, monkeypatch):
    before, after = pair()
    after[:, 30:32, 126:130] += 2_500  # 8 pixels, on the border of two blocks
    first, second = write(tmp_path / "a.tif", before), write(tmp_path / "b.tif", after)
    monkeypatch.setattr(grid, "BLOCK_ROWS", 64)
    monkeypatch.setattr(grid, "BLOCK_COLUMNS", 64)
    small = np.s_[30:32, 126:130]
    assert (run(first, second, tmp_path / "o.tif", method="cva", smooth=1, sieve=8)[1][small] == 1).all()
    found, decision, _ = run(first, second, tmp_path / "o.tif", method="cva", smooth=1, sieve=9)
    assert (decision[small] == 0).all()
    assert found.changed == (decision == 1).sum()
    right(decision)


def test_the_same_twice_gives_the_same_bytes(tmp_path):
    images = write_pair(tmp_path)
    for name in ("a.tif", "b.tif"):
        run(*images, tmp_path / name)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_a_sample_serves_as_well_as_all_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "SAMPLE", 8_000)
    monkeypatch.setattr(fitting, "SEEN_WHOLE", 30_000)
    monkeypatch.setattr(fitting, "SEEN", 30_000)
    monkeypatch.setattr(fitting, "_WINDOW", 64)
    right(run(*write_pair(tmp_path), tmp_path / "o.tif")[1])


# ---- grids


def test_the_second_image_may_come_from_the_other_side_of_108_east(tmp_path):
    before, after = write_pair(tmp_path)
    x, y = placed() @ np.array([[0, 240, 240, 0], [0, 0, 240, 240]])
    corners = transform(x, y, UTM49, "EPSG:32648")
    west, north = (float(v) for v in (corners[0].min(), corners[1].max()))
    there = Affine(10, 0, west - 20, 0, -10, north + 20)
    moved = np.zeros((4, 260, 260), np.uint16)
    with rasterio.open(after) as file:
        reproject(
            file.read(), moved, src_transform=file.transform, src_crs=file.crs, dst_transform=there,
            dst_crs="EPSG:32648", resampling=Resampling.cubic,
        )  # fmt: skip
    other = write(tmp_path / "khác.tif", moved, crs="EPSG:32648", transform=there)
    _, decision, _ = run(before, other, tmp_path / "o.tif")
    right(decision, beside=0.25)  # resampled twice: the edge of the pit is a pixel wide
    assert (decision == 255).mean() < 0.02


def test_a_coarser_second_image_is_brought_to_the_first_ones_grid(tmp_path):
    before, after = pair()
    first = write(tmp_path / "a.tif", before)
    coarse = np.rint(after.reshape(4, 120, 2, 120, 2).mean(axis=(2, 4))).astype(np.uint16)
    second = write(tmp_path / "b.tif", coarse, transform=placed(pixel=20.0))
    _, decision, _ = run(first, second, tmp_path / "o.tif", method="cva")
    assert decision.shape == (240, 240)
    assert (decision[PIT] == 1).mean() > 0.9


def test_images_may_overlap_in_part(tmp_path):
    before, after = pair()
    first = write(tmp_path / "a.tif", before)
    second = write(
        tmp_path / "b.tif", after[:, 40:, 30:], transform=Affine(10, 0, placed().c + 300, 0, -10, placed().f - 400)
    )
    found, decision, _ = run(first, second, tmp_path / "o.tif")
    assert (decision[:40] == 255).all()
    assert (decision[:, :30] == 255).all()
    assert found.valid_share == pytest.approx(200 * 210 / 240**2)
    right(decision)


def test_a_shift_is_measured_corrected_and_told(tmp_path):
    before, after = pair(size=520)
    first = write(tmp_path / "a.tif", before)
    second = write(tmp_path / "b.tif", after, transform=placed(east=placed().c + 12.0, north=placed().f - 7.0))
    told = Told()
    found, decision, _ = run(first, second, tmp_path / "o.tif", told)
    assert "change.shift_corrected" in told.codes
    assert (found.shift.columns, found.shift.rows) == pytest.approx((-1.2, -0.7), abs=0.2)
    assert found.shift_m == pytest.approx({"east_m": -12.0, "north_m": 7.0}, abs=2.0)
    assert (decision[PIT] == 1).mean() > 0.85
    with pytest.raises(InputError) as refused:
        run(first, second, tmp_path / "p.tif", max_shift=1.0)
    assert refused.value.code == "change.shift_too_large"
    assert not (tmp_path / "p.tif").exists()


# ---- what the pair has against it


def test_cloud_is_masked_and_raises_no_alert(tmp_path):
    before, after = pair()
    scl = np.full((1, 240, 240), 5, np.uint16)
    scl[0, 20:60, 150:200] = 9
    after[:, 20:60, 150:200] = 8_000
    names = (*BANDS, "SCL")
    first = write(tmp_path / "a.tif", np.vstack([before, np.full_like(scl, 5)]), names)
    second = write(tmp_path / "b.tif", np.vstack([after, scl]), names)
    found, decision, _ = run(first, second, tmp_path / "o.tif")
    assert (decision[18:62, 148:202] == 255).all()
    right(decision)
    assert found.valid_share == pytest.approx(1 - 44 * 54 / 240**2)


@pytest.mark.parametrize("what", ["cloud", "nodata", "nan"])
def test_all_cloud_all_nodata_or_all_nan_is_an_error(tmp_path, what):
    before, after = pair()
    names: tuple[str, ...] = BANDS
    if what == "cloud":
        names = (*BANDS, "SCL")
        before = np.vstack([before, np.full((1, 240, 240), 5, np.uint16)])
        after = np.vstack([after, np.full((1, 240, 240), 9, np.uint16)])
    elif what == "nodata":
        after[:] = 0
    else:
        before, after = before.astype(np.float32), np.full(after.shape, np.nan, np.float32)
    first, second = write(tmp_path / "a.tif", before, names), write(tmp_path / "b.tif", after, names)
    with pytest.raises(InputError) as told:
        run(first, second, tmp_path / "o.tif")
    assert told.value.code == "change.nothing_valid"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif"]


def test_images_of_different_places_do_not_overlap(tmp_path):
    before, after = pair()
    first = write(tmp_path / "a.tif", before)
    second = write(tmp_path / "b.tif", after, transform=placed(east=placed().c + 50_000))
    with pytest.raises(InputError) as told:
        run(first, second, tmp_path / "o.tif")
    assert told.value.code == "change.no_overlap"


def test_common_bands_are_used_and_the_others_told(tmp_path):
    before, after = pair()
    first = write(tmp_path / "a.tif", before, ("B02", "B03", "B04", "B08"))
    second = write(tmp_path / "b.tif", after[[3, 2, 1]], ("B08", "B04", "B03"))
    told = Told()
    found, decision, _ = run(first, second, tmp_path / "o.tif", told)
    assert found.bands == ("B03", "B04", "B08")
    assert told.arguments["change.bands_left"]["left"] == ["B02"]
    right(decision)


def test_no_common_band_is_an_error_but_unnamed_bands_pair_up_in_order(tmp_path):
    before, after = pair()
    first = write(tmp_path / "a.tif", before)
    with pytest.raises(InputError) as told:
        run(first, write(tmp_path / "b.tif", after, ("B05", "B06", "B07", "B11")), tmp_path / "o.tif")
    assert told.value.code == "change.no_common_bands"
    with pytest.raises(InputError) as told:
        run(write(tmp_path / "c.tif", before, None), write(tmp_path / "d.tif", after[:3], None), tmp_path / "o.tif")
    assert told.value.code == "change.no_common_bands"
    right(run(tmp_path / "c.tif", write(tmp_path / "e.tif", after, None), tmp_path / "o.tif")[1])


def test_sentinel_and_landsat_meet_in_bands_of_the_same_colour(tmp_path):
    told = Told()
    change = change_map(
        safe(tmp_path, cloud=False), landsat(tmp_path), tmp_path / "o.tif", Settings(method="cva"), told
    )
    assert set(change.bands) <= set(BANDS)
    assert change.shift_m == {"east_m": 0.0, "north_m": 0.0}


def test_constant_and_repeated_bands_are_left_out_and_told(tmp_path):
    before, after = pair()
    before[1] = 1_234
    first = write(tmp_path / "a.tif", np.vstack([before, before[:1]]), (*BANDS, "again"))
    second = write(tmp_path / "b.tif", np.vstack([after, after[:1]]), (*BANDS, "again"))
    for method in ("irmad", "mad", "cva"):
        told = Told()
        found, decision, _ = run(first, second, tmp_path / "o.tif", told, method=method)
        assert found.bands == ("B02", "B04", "B08")
        assert told.arguments["change.bands_constant"]["bands"] == ["B03"]
        assert told.arguments["change.bands_duplicate"]["bands"] == ["again"]
        right(decision)
    flat = write(tmp_path / "c.tif", np.full((4, 240, 240), 900, np.uint16))
    with pytest.raises(InputError) as refused:
        run(first, flat, tmp_path / "o.tif")
    assert refused.value.code == "change.no_usable_band"


def test_stripes_of_nodata_and_single_bad_pixels_do_no_harm(tmp_path):
    before, after = (date.astype(np.float32) for date in pair())
    before[:, ::17] = np.nan
    after[2, 5, :] = np.inf
    after[1, :, 200] = -np.inf
    first, second = write(tmp_path / "a.tif", before), write(tmp_path / "b.tif", after)
    _, decision, _ = run(first, second, tmp_path / "o.tif")
    usable = TRUTH & (decision != 255)
    assert (decision[usable] == 1).mean() > 0.9
    assert ((decision == 1) & ~TRUTH).sum() <= 30
    assert (decision[::17] == 255).all()


# ---- writing


def test_an_input_is_never_overwritten(tmp_path):
    before, after = write_pair(tmp_path)
    held = before.read_bytes()
    with pytest.raises(InputError) as told:
        run(before, after, before)
    assert told.value.code == "change.out_is_input"
    assert before.read_bytes() == held


def test_a_failure_half_way_leaves_neither_a_file_nor_the_loss_of_the_old_one(tmp_path, monkeypatch):
    images = write_pair(tmp_path)
    out = tmp_path / "o.tif"
    out.write_bytes(b"the old one")

    def full(*_: Any, **__: Any) -> None:
        raise rasterio.errors.RasterioIOError("TIFFAppendToStrip:Write error: No space left on device")

    monkeypatch.setattr(change_raster.ChangeRaster, "_write_band", full)
    with pytest.raises(EnvironmentTroubleError) as told:
        run(*images, out)
    assert told.value.code == "engine.disk_full"
    assert out.read_bytes() == b"the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.tif", "sau.tif", "trước.tif"]


def test_both_dates_in_one_system_that_nobody_knows_still_compare(tmp_path):
    before, after = pair()
    first = write(tmp_path / "a.tif", before, crs="EPSG:32651")
    second = write(tmp_path / "b.tif", after, crs="EPSG:32651")
    right(run(first, second, tmp_path / "o.tif")[1])
    with pytest.raises(InputError) as told:
        run(first, write(tmp_path / "c.tif", after, crs="EPSG:9218"), tmp_path / "o.tif")
    assert told.value.code == "crs.unknown"


def test_a_grid_in_degrees_is_read_as_it_is(tmp_path):
    before, after = pair()
    degrees = {"crs": "EPSG:4326", "transform": Affine(9.1e-5, 0, 108.0, 0, -9.0e-5, 10.8)}
    first, second = write(tmp_path / "a.tif", before, **degrees), write(tmp_path / "b.tif", after, **degrees)
    found, decision, _ = run(first, second, tmp_path / "o.tif")
    right(decision)
    assert found.grid.pixel_m == pytest.approx((9.94, 10.0), abs=0.02)


def test_the_report_may_stop_the_work(tmp_path):
    from dothi.layers.errors import CancelledError

    class Stops(Told):
        def progress(self, share: float, code: str = "", **arguments: Any) -> None:
            if share > 0.6:
                raise CancelledError

    with pytest.raises(CancelledError):
        run(*write_pair(tmp_path), tmp_path / "o.tif", Stops())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sau.tif", "trước.tif"]

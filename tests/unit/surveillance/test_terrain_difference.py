"""Two elevation models: laid on one another, differenced, summed, each with its error; known shapes, known answers."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely

from dothi.layers.errors import InputError
from dothi.processing.surveillance.terrain.difference import EVERYTHING, NODATA, Settings, compare
from dothi.processing.surveillance.terrain.elevation import open_elevation
from dothi.processing.surveillance.terrain.error import (
    Error,
    correlated_mean,
    largest_sigma,
    level_of_detection,
    mean_error,
)

from . import hills
from .scenes import Told

PIT = (slice(150, 200), slice(100, 180))  # 50 × 80 cells of 2 m: 1.6 ha
DEPTH = 3.0


def box(rows: slice, columns: slice, grow: float = 0.0, pixel: float = 2.0):
    west, east = hills.EAST + columns.start * pixel, hills.EAST + columns.stop * pixel
    north, south = hills.NORTH - rows.start * pixel, hills.NORTH - rows.stop * pixel
    return shapely.box(west - grow, south - grow, east + grow, north + grow)


def dug(**given):
    heights = hills.model(**given)
    heights[PIT] -= DEPTH
    return heights


def compared(folder, before, after, report=None, settings=None, **given):
    first, second = (
        open_elevation(hills.write(folder / name, heights) if isinstance(heights, np.ndarray) else heights)
        for name, heights in (("before.tif", before), ("after.tif", after))
    )
    return compare(first, second, folder / "out.tif", settings or Settings(), report=report or Told(), **given)


@pytest.mark.parametrize("shift", [(0.0, 0.0, 0.0), (0.6, -0.3, 0.2), (5.0, 3.0, 2.5), (-7.3, 4.1, -1.0)])
def test_a_known_shift_is_found_and_the_pit_keeps_its_volume(tmp_path, shift):
    before, after = hills.model(noise=0.05), dug(shift=shift, noise=0.05, seed=2)
    around = box(*PIT, grow=20.0)
    found = compared(tmp_path, before, after, unstable=np.array([around]), zones={"pit": around})
    assert np.allclose([found.fit.east, found.fit.north, found.fit.up], np.negative(shift), atol=0.03)
    assert found.fit.nmad < 0.12
    truth = -DEPTH * 50 * 80 * 4.0
    pit = found.volumes["pit"]
    assert pit["net"].volume_m3 == pytest.approx(truth, rel=0.005)
    assert pit["cut"].volume_m3 == pytest.approx(truth, rel=0.02)
    low, high = pit["net"].error.interval(pit["net"].volume_m3)
    assert low < truth < high
    assert high - low < 0.1 * abs(truth)


def test_moving_ground_that_is_not_masked_is_told(tmp_path):
    report = Told()
    compared(tmp_path, hills.model(noise=0.05), dug(noise=0.05, seed=2), report)
    assert "terrain.no_mask" in report.codes


def test_bodies_of_change_are_drawn_with_their_volume(tmp_path):
    after = dug(noise=0.05, seed=2)
    after[300:330, 300:340] += 2.0
    found = compared(tmp_path, hills.model(noise=0.05), after, unstable=np.array([box(*PIT, grow=12.0)]))
    assert found.bodies["kind"].tolist() == ["cut", "fill"]
    cut, fill = found.bodies.iloc[0], found.bodies.iloc[1]
    assert cut["volume_m3"] == pytest.approx(-DEPTH * 16_000, rel=0.02)
    assert fill["volume_m3"] == pytest.approx(2.0 * 30 * 40 * 4, rel=0.02)
    assert cut["low_m3"] < -DEPTH * 16_000 < cut["high_m3"]
    assert shapely.area(shapely.symmetric_difference(cut.geometry, box(*PIT))) < 0.03 * 16_000
    with rasterio.open(tmp_path / "out.tif") as raster:
        assert raster.descriptions == ("difference_m", "detection_m", "direction")
        direction = raster.read(3)
    assert (direction[PIT] == -1).mean() > 0.99


def test_flat_ground_fixes_the_height_alone_and_says_so(tmp_path):
    report = Told()
    flat = np.random.default_rng(3)
    before = (10 + flat.normal(0, 0.02, (300, 300))).astype(np.float32)
    after = (10.4 + flat.normal(0, 0.02, (300, 300))).astype(np.float32)
    found = compared(tmp_path, before, after, report)
    assert not found.fit.horizontal
    assert (found.fit.east, found.fit.north) == (0.0, 0.0)
    assert found.fit.up == pytest.approx(-0.4, abs=0.002)
    assert "terrain.too_flat" in report.codes


def test_noise_alone_has_a_net_volume_within_its_interval(tmp_path):
    """Correlated noise: the interval holds nought in about 95 of 100 surveys; the independent one far less often."""
    inside = 0
    for seed in range(20):
        before = hills.model(200, 200, noise=0.2, blur=4.0, seed=100 + seed)
        after = hills.model(200, 200, noise=0.2, blur=4.0, seed=200 + seed)
        whole = compared(
            tmp_path, before, after, settings=Settings(align="none"), zones={"a": box(slice(60, 120), slice(60, 120))}
        )
        low, high = whole.volumes["a"]["net"].error.interval(whole.volumes["a"]["net"].volume_m3)
        inside += low < 0 < high
        (tmp_path / "out.tif").unlink()
    assert inside >= 17


def test_spread_is_told_by_slope(tmp_path):
    before = hills.model(600, 600, steep=1.6)
    across = np.hypot(*np.gradient(before, 2.0))
    rng = np.random.default_rng(5)
    noise = np.where(across > np.tan(np.radians(20)), 0.5, 0.1)
    found = compared(
        tmp_path,
        before,
        (before + noise * rng.normal(size=before.shape)).astype(np.float32),
        settings=Settings(align="none"),
    )
    sigma = dict(zip(found.error.edges[1:], found.error.sigma, strict=True))
    assert sigma[10.0] == pytest.approx(0.1, rel=0.15)
    assert sigma[30.0] == pytest.approx(0.5, rel=0.15)
    assert found.error.correlated < 0.3  # noise from cell to cell


def test_another_grid_and_pixel_come_to_the_older_one(tmp_path):
    before = hills.write(tmp_path / "old.tif", hills.model(300, 300, 2.0), pixel=2.0)
    fine = hills.model(500, 500, 1.0)  # a metre, from the same corner
    after = hills.write(tmp_path / "new.tif", fine, pixel=1.0)
    found = compared(tmp_path, before, after)
    assert found.grid.pixel_m == (2.0, 2.0)
    assert found.volumes[EVERYTHING]["net"].area_m2 == pytest.approx(250_000, rel=0.02)
    assert found.missing_m2[EVERYTHING] == pytest.approx(110_000, rel=0.05)
    assert np.hypot(found.fit.east, found.fit.north) < 0.05
    assert found.fit.nmad < 0.05


def test_gaps_stay_gaps(tmp_path):
    before, after = hills.model(noise=0.05), hills.model(noise=0.05, seed=2)
    before[10:20, 10:20] = -9999.0
    after[30:40, 30:40] = np.nan
    after[50:60, 50:60] = np.inf
    found = compared(tmp_path, before, after)
    with rasterio.open(tmp_path / "out.tif") as raster:
        difference = raster.read(1)
    for gap in ((10, 20), (30, 40), (50, 60)):
        assert (difference[slice(*gap), slice(*gap)] == NODATA).all()
    assert found.missing_m2[EVERYTHING] == pytest.approx(3 * 100 * 4.0)


def test_feet_are_converted_where_the_file_says_so(tmp_path):
    feet = (hills.model(noise=0.05, seed=2) / 0.3048).astype(np.float32)
    after = hills.write(tmp_path / "feet.tif", feet, unit="ft")
    found = compared(tmp_path, hills.model(noise=0.05), after)
    assert abs(found.fit.up) < 0.02


def test_feet_that_nobody_names_are_refused(tmp_path):
    feet = (hills.model() / 0.3048).astype(np.float32)
    with pytest.raises(InputError) as error:
        compared(tmp_path, hills.model(), hills.write(tmp_path / "feet.tif", feet, unit=""))
    assert error.value.code == "terrain.looks_like_feet"


def test_units_that_contradict_are_refused(tmp_path):
    path = hills.write(tmp_path / "a.tif", hills.model(), unit="ft")
    with pytest.raises(InputError) as error:
        open_elevation(path, unit="m")
    assert error.value.code == "terrain.units_contradict"
    path = hills.write(tmp_path / "b.tif", hills.model(), unit="fathom")
    with pytest.raises(InputError) as error:
        open_elevation(path)
    assert error.value.code == "terrain.unit_unknown"


def test_a_compound_system_tells_unit_and_datum(tmp_path):
    path = hills.write(tmp_path / "a.tif", hills.model(60, 60), crs="EPSG:6339+6360", unit="")  # NAVD88 in US feet
    found = open_elevation(path)
    assert found.unit == "us-ft"
    assert found.unit_stated
    assert "NAVD88" in found.datum
    assert found.grid.crs.to_epsg() == 6339


def test_heights_above_different_surfaces_are_not_subtracted(tmp_path):
    paths = [hills.write(tmp_path / name, hills.model()) for name in ("a.tif", "b.tif")]
    first, second = open_elevation(paths[0], datum="Hòn Dấu"), open_elevation(paths[1], datum="Ellipsoid WGS 84")
    with pytest.raises(InputError) as error:
        compare(first, second, tmp_path / "o.tif", Settings(align="none"), report=Told())
    assert error.value.code == "terrain.datums_differ"
    with pytest.raises(InputError) as error:
        open_elevation(
            hills.write(tmp_path / "c.tif", hills.model(60, 60), crs="EPSG:6339+5703", unit=""), datum="Hòn Dấu"
        )
    assert error.value.code == "terrain.datum_contradicts"


@pytest.mark.parametrize(
    ("stable", "settings", "code"),
    [
        (box(slice(0, 10), slice(0, 10)), Settings(), "terrain.stable_too_small"),
        (None, Settings(most_shift=2.0), "terrain.shift_too_large"),
        (None, Settings(most_residual=0.001), "terrain.residual_too_large"),
    ],
)
def test_alignment_that_cannot_be_trusted_is_refused(tmp_path, stable, settings, code):
    before, after = hills.model(noise=0.05), hills.model(noise=0.05, shift=(5.0, 3.0, 0.0), seed=2)
    with pytest.raises(InputError) as error:
        compared(tmp_path, before, after, settings=settings, stable=None if stable is None else np.array([stable]))
    assert error.value.code == code
    assert not (tmp_path / "out.tif").exists()


def test_degrees_pictures_and_apart_models_are_refused(tmp_path):
    degrees = hills.write(tmp_path / "d.tif", hills.model(60, 60), crs="EPSG:4326", pixel=0.0001, corner=(108.0, 11.0))
    with pytest.raises(InputError) as error:
        open_elevation(degrees)
    assert error.value.code == "terrain.in_degrees"
    away = hills.write(tmp_path / "away.tif", hills.model(60, 60), corner=(hills.EAST + 90_000, hills.NORTH))
    with pytest.raises(InputError) as error:
        compared(tmp_path, hills.model(60, 60), away)
    assert error.value.code == "terrain.no_common_ground"


def test_levels_of_detection_are_those_of_the_facts():
    assert level_of_detection(0.047, 0.047) == pytest.approx(0.13, abs=0.005)
    assert level_of_detection(0.343, 0.343) == pytest.approx(0.95, abs=0.005)
    assert [round(largest_sigma(step), 2) for step in (0.5, 1.0, 2.0)] == [0.18, 0.36, 0.72]


@pytest.mark.parametrize(("range_m", "share"), [(5.0, 0.13), (10.0, 0.25), (15.0, 0.38)])
def test_the_mean_over_a_tenth_of_a_hectare(range_m, share):
    assert correlated_mean(1000.0, range_m) == pytest.approx(share, abs=0.005)
    error = Error((0.0, 90.0), (1.0,), range_m, 1.0, 0.0, 0)
    assert mean_error(error, 1.0, 1000.0, 1.0) == pytest.approx(share, abs=0.005)


def test_a_bias_does_not_average_out():
    error = Error((0.0, 90.0), (0.0,), 0.0, 0.0, 0.05, 0)
    assert mean_error(error, 0.0, 100_000.0, 1.0) * 100_000 == pytest.approx(5_000)


def test_a_body_over_a_seam_is_one(tmp_path, monkeypatch):
    from dothi.processing.surveillance.terrain import difference

    around = np.array([box(*PIT, grow=12.0)])
    whole = compared(tmp_path, hills.model(noise=0.05), dug(noise=0.05, seed=2), unstable=around)
    monkeypatch.setattr(difference, "_CELLS_A_STRIP", 400 * 170)  # a seam through the pit
    (tmp_path / "out.tif").unlink()
    cut = compared(tmp_path, hills.model(noise=0.05), dug(noise=0.05, seed=2), unstable=around)
    assert len(cut.bodies) == len(whole.bodies) == 1
    assert (
        shapely.area(shapely.symmetric_difference(cut.bodies.geometry[0], whole.bodies.geometry[0])) < 20
    )  # a corner at the seam
    assert cut.bodies["volume_m3"][0] == pytest.approx(whole.bodies["volume_m3"][0], rel=1e-3)

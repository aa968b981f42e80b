"""Depth against the licensed level: found where it is, refused where the survey cannot show it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from dothi.layers.errors import InputError
from dothi.processing.surveillance.terrain.depth import Licence, Survey, breaches, check_datums, provable
from dothi.processing.surveillance.terrain.elevation import open_elevation

from . import hills
from .scenes import Told

STEPS = (0.5, 1.0, 2.0)
LEVEL = 12.0
DRONE = Survey(sigma=0.05, range_m=5.0, systematic=0.02)
FIELD = shapely.box(hills.EAST + 20, hills.NORTH - 380, hills.EAST + 380, hills.NORTH - 20)
LICENCE = Licence("uid-1", "SN-01", FIELD, LEVEL, "Hòn Dấu")


def floor(noise: float = 0.05, seed: int = 4) -> np.ndarray:
    """A pit floor half a metre above the licensed level, 1 m cells."""
    return (LEVEL + 0.5 + np.random.default_rng(seed).normal(0, noise, (400, 400))).astype(np.float32)


def found(folder, heights, survey=DRONE, licences=(LICENCE,)):
    dem = open_elevation(hills.write(folder / "d.tif", heights, pixel=1.0), datum="Hon Dau 1992")
    report = Told()
    return breaches(dem, check_datums(dem, licences, report), hills.CRS, STEPS, 1000.0, survey, report), report


def test_each_step_is_drawn_where_the_ground_is_that_deep(tmp_path):
    heights = floor()
    heights[100:160, 100:160] = LEVEL - 0.7  # 0.36 ha, 0.7 m too deep
    heights[200:240, 200:250] = LEVEL - 2.4  # 0.2 ha
    rows, _ = found(tmp_path, heights)
    assert sorted(zip(rows["step_m"], rows["depth_m"].round(1), strict=True)) == [
        (0.5, 0.7),
        (0.5, 2.4),
        (1.0, 2.4),
        (2.0, 2.4),
    ]
    assert rows["certain"].all()
    shallow = rows[rows["depth_m"] < 1].iloc[0]
    assert 0.92 * 3600 < shallow["area_m2"] <= 3600  # its outermost metre is averaged with the wall
    truth = shapely.box(hills.EAST + 100, hills.NORTH - 160, hills.EAST + 160, hills.NORTH - 100)
    assert shapely.area(shapely.symmetric_difference(shallow.geometry, truth)) < 0.08 * 3600
    assert shallow["low_m"] < 0.7 < shallow["high_m"]
    assert set(rows["concession_code"]) == {"SN-01"}


def test_ground_above_the_level_small_holes_and_ground_outside_are_no_breach(tmp_path):
    heights = floor()
    heights[100:128, 100:130] = LEVEL - 3.0  # 840 m²
    heights[:18, :] = LEVEL - 3.0  # outside the licence
    rows, _ = found(tmp_path, heights)
    assert rows.empty


def test_noise_at_the_step_is_never_certain(tmp_path):
    """True depth 0.40 m, survey at its limit, error correlated over 5 m: 0.5 m is not certain."""
    survey = Survey(sigma=0.18, range_m=5.0, systematic=0.0)
    for seed in range(5):
        noise = hills.model(400, 400, 1.0, steep=0.0, noise=0.18, blur=1.5, seed=seed) - 60.0
        rows, _ = found(tmp_path, (LEVEL - 0.40 + noise).astype(np.float32), survey)
        assert not rows["certain"].any()


@pytest.mark.parametrize(
    ("sigma", "shown"),
    [
        (0.047, [True, True, True]),
        (0.18, [True, True, True]),
        (0.19, [False, True, True]),
        (0.343, [False, True, True]),
        (0.72, [False, False, True]),
    ],
)
def test_what_each_survey_can_prove(sigma, shown):
    told = provable(STEPS, Survey(sigma, 5.0, 0.0))
    assert [one.provable for one in told] == shown
    assert [round(one.largest_sigma_m, 2) for one in told] == [0.18, 0.36, 0.72]


@pytest.mark.parametrize("sigma", [0.73, 2.0, 5.7])
def test_a_model_that_cannot_show_it_is_refused_and_told_what_could(sigma):
    with pytest.raises(InputError) as error:
        provable(STEPS, Survey(sigma, 5.0, 0.0))
    assert error.value.code == "terrain.depth_not_provable"
    assert error.value.arguments["largest"] == [0.18, 0.36, 0.72]


def test_steps_that_cannot_be_shown_are_not_claimed(tmp_path):
    heights = floor()
    heights[100:160, 100:160] = LEVEL - 1.6
    rows, _ = found(tmp_path, heights, Survey(0.343, 5.0, 0.0))
    assert rows["step_m"].tolist() == [1.0]


def test_another_height_system_is_not_compared(tmp_path):
    other = Licence("uid-2", "SN-02", FIELD, LEVEL, "Mũi Nai")
    rows, report = found(tmp_path, floor(), licences=(LICENCE, other))
    assert rows.empty
    assert report.arguments["terrain.depth_datum_left"]["codes"] == ["SN-02"]
    with pytest.raises(InputError) as error:
        found(tmp_path, floor(), licences=(other,))
    assert error.value.code == "terrain.depth_datum_differs"
    dem = open_elevation(hills.write(tmp_path / "n.tif", floor(), pixel=1.0))
    with pytest.raises(InputError) as error:
        check_datums(dem, [LICENCE], Told())
    assert error.value.code == "terrain.depth_datum_missing"


def test_a_fine_model_is_looked_at_in_metres(tmp_path):
    fine = np.repeat(np.repeat(floor(), 4, axis=0), 4, axis=1)
    fine[400:640, 400:640] = LEVEL - 1.3
    dem = open_elevation(hills.write(tmp_path / "f.tif", fine, pixel=0.25), datum="Hòn Dấu")
    rows = breaches(dem, [LICENCE], hills.CRS, STEPS, 1000.0, DRONE, Told())
    assert rows["step_m"].tolist() == [0.5, 1.0]
    assert rows["area_m2"].iloc[0] == pytest.approx(3600, rel=0.03)

"""The sun against pvlib 0.16.1 (NREL SPA), and true north against the map's."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest

from dothi.layers.errors import InputError
from dothi.processing.zoning.volume import sun
from dothi.store import coordinates

THU_DAU_MOT, PHAN_THIET = (10.980, 106.652), (10.929, 108.102)

# Place, day, hour (UTC+7), azimuth and elevation in degrees, shadow of 1 m.
KNOWN = [
    (THU_DAU_MOT, "2026-03-20", 9, 100.98, 43.67, 1.047),
    (THU_DAU_MOT, "2026-06-21", 9, 67.40, 46.56, 0.947),
    (THU_DAU_MOT, "2026-06-21", 12, 354.85, 77.49, 0.222),
    (THU_DAU_MOT, "2026-12-22", 9, 129.67, 35.71, 1.391),
    (THU_DAU_MOT, "2026-12-22", 12, 183.32, 55.52, 0.687),
    (THU_DAU_MOT, "2026-12-22", 15, 232.80, 32.56, 1.566),
    (PHAN_THIET, "2026-06-21", 12, 348.87, 77.24, 0.227),
    (PHAN_THIET, "2026-12-22", 12, 185.67, 55.46, 0.688),
    (PHAN_THIET, "2026-12-22", 15, 233.64, 31.45, 1.635),
]


@pytest.mark.parametrize(("place", "day", "hour", "azimuth", "elevation", "shadow"), KNOWN)
def test_the_sun_stands_where_spa_puts_it(place, day, hour, azimuth, elevation, shadow):
    seen = sun.at([datetime.fromisoformat(f"{day}T{hour:02}:00+07:00")], *place)
    across = np.cos(np.radians(elevation))  # what a difference of azimuth is worth on the sky
    assert abs((seen.azimuth[0] - azimuth + 180) % 360 - 180) * across < 0.02
    assert abs(seen.elevation[0] - elevation) < 0.02
    assert 1 / np.tan(np.radians(seen.elevation[0])) == pytest.approx(shadow, abs=0.002)


def test_the_noon_sun_stands_in_the_north_for_128_days():
    noons = [datetime(2026, 1, 1, 11, 54, tzinfo=sun.VIETNAM).replace(month=m, day=d) for m in (4, 8) for d in (18, 19)]
    declination_over_latitude = [np.cos(np.radians(sun.at([noon], *THU_DAU_MOT).azimuth[0])) > 0 for noon in noons]
    assert declination_over_latitude == [False, True, True, True]
    assert np.cos(np.radians(sun.at([datetime(2026, 8, 25, 11, 56, tzinfo=sun.VIETNAM)], *THU_DAU_MOT).azimuth[0])) < 0


@pytest.mark.parametrize(
    ("code", "place", "degrees"), [("EPSG:9210", THU_DAU_MOT, 0.17), ("EPSG:9218", PHAN_THIET, -0.08)]
)
def test_the_maps_north_is_not_true_north(code, place, degrees):
    latitude, longitude = place
    assert coordinates.convergence(longitude, latitude, code) == pytest.approx(degrees, abs=0.005)
    x, y = coordinates.transform(longitude, latitude, "EPSG:4326", code)
    moment = [datetime(2026, 12, 22, 9, tzinfo=sun.VIETNAM)]
    difference = sun.at(moment, *place).azimuth - sun.on_map(moment, float(x), float(y), code).azimuth
    assert difference[0] == pytest.approx(degrees, abs=0.005)


def test_the_grids_azimuth_is_that_of_a_line_drawn_on_the_map():
    """A step towards the sun on the ground, drawn on the map, has the azimuth told."""
    latitude, longitude = THU_DAU_MOT
    moment = [datetime(2026, 12, 22, 9, tzinfo=sun.VIETNAM)]
    true = np.radians(sun.at(moment, latitude, longitude).azimuth[0])
    step = 1e-4  # degrees of latitude, about 11 m
    metres = {"north": 110_610.0, "east": 109_280.0}  # of one degree at 10.98° N on WGS 84
    there = (
        longitude + step * np.sin(true) * metres["north"] / metres["east"],
        latitude + step * np.cos(true),
    )
    x, y = coordinates.transform([longitude, there[0]], [latitude, there[1]], "EPSG:4326", "EPSG:9210")
    drawn = np.degrees(np.arctan2(x[1] - x[0], y[1] - y[0])) % 360
    told = sun.on_map(moment, float(x[0]), float(y[0]), "EPSG:9210").azimuth[0]
    assert drawn == pytest.approx(told, abs=0.02)


@pytest.mark.parametrize("latitude", [float("nan"), float("inf"), 91.0, -90.5])
def test_a_place_that_is_none_is_refused(latitude):
    with pytest.raises(InputError, match="sun_place"):
        sun.at([datetime(2026, 6, 21, 12, tzinfo=sun.VIETNAM)], latitude, 106.0)


def test_south_of_the_equator_and_at_the_pole_it_still_holds():
    """Sydney at noon in December: the sun in the north; the pole in June: above the horizon all day."""
    assert np.cos(np.radians(sun.at([datetime(2026, 12, 22, 9, tzinfo=sun.VIETNAM)], -33.9, 151.2).azimuth[0])) > 0.9
    assert (sun.at(sun.hours(date(2026, 6, 21), 0, 23, 60), 90.0, 0.0).elevation > 23).all()


def test_steps_cover_the_hours_asked_for():
    assert [m.hour for m in sun.hours(date(2026, 6, 21), 8, 16, 60)] == list(range(8, 17))
    middles = sun.hours(date(2026, 6, 21), 8, 16, 15, middle=True)
    assert len(middles) == 32
    assert (middles[0].hour, middles[0].minute, middles[0].second) == (8, 7, 30)

"""One operation for every point: the test points hold to a millimetre, the other operations' points do not."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from dothi.layers import crs
from dothi.layers.errors import InputError
from dothi.store.coordinates import code_of, to, transform

MILLIMETRE = 0.001
DEGREE_OF_A_MILLIMETRE = 1e-8
# place, longitude, latitude, system, east, north: operation 6960 computed by PROJ 9.5.1, QGIS 3.40 and GDAL alike.
POINTS = [
    ("Thủ Dầu Một", 106.652, 10.980, "EPSG:9210", 598382.244, 1214392.133),
    ("Bạch Đằng", 106.780, 11.035, "EPSG:9210", 612351.550, 1220521.183),
    ("Dĩ An", 106.767, 10.906, "EPSG:9210", 610979.125, 1206246.398),
    ("Dầu Tiếng", 106.363, 11.280, "EPSG:9210", 566728.055, 1247495.692),
    ("Phan Thiết", 108.102, 10.929, "EPSG:9218", 456302.490, 1208633.996),
    ("Lương Sơn", 108.390, 11.200, "EPSG:9218", 487793.039, 1238581.316),
    ("Mũi Né", 108.290, 10.945, "EPSG:9218", 476852.914, 1210382.988),
    ("Phan Thiết", 108.102, 10.929, "EPSG:5899", 538279.785, 1208627.273),
    ("Lương Sơn", 108.390, 11.200, "EPSG:5899", 569695.823, 1238654.408),
    ("Mũi Né", 108.290, 10.945, "EPSG:5899", 558826.116, 1210427.330),
]
# What operation 5194 gives, the default of pyproj and GDAL south of 11.04° N.
WRONG = [
    (106.652, 10.980, 598381.449, 1214392.089),
    (106.780, 11.035, 612350.755, 1220521.137),
    (106.767, 10.906, 610978.329, 1206246.352),
]


@pytest.mark.parametrize(("place", "longitude", "latitude", "system", "east", "north"), POINTS)
def test_points_hold_to_a_millimetre_both_ways(place, longitude, latitude, system, east, north):
    x, y = transform(longitude, latitude, crs.WGS84, system)
    assert (float(x), float(y)) == pytest.approx((east, north), abs=MILLIMETRE), place
    x, y = transform(east, north, system, crs.WGS84)
    assert (float(x), float(y)) == pytest.approx((longitude, latitude), abs=DEGREE_OF_A_MILLIMETRE), place


@pytest.mark.parametrize(("longitude", "latitude", "east", "north"), WRONG)
def test_the_other_operation_would_be_noticed(longitude, latitude, east, north):
    x, y = transform(longitude, latitude, crs.WGS84, "EPSG:9210")
    assert np.hypot(float(x) - east, float(y) - north) > 0.79


def test_there_is_no_step_at_the_parallel_where_defaults_change():
    latitude = np.array([11.0399, 11.0401])
    east, _ = transform(np.full(2, 106.78), latitude, crs.WGS84, "EPSG:9210")
    assert abs(east[1] - east[0]) < 0.1  # 22 m of meridian convergence; the step of the defaults is 0.8 m


def test_a_zone_change_inside_vn2000_is_the_grid_alone():
    east, north = transform(456302.490, 1208633.996, "EPSG:9218", "EPSG:5899")
    plain = Transformer.from_crs("EPSG:9218", "EPSG:5899", always_xy=True).transform(456302.490, 1208633.996)
    assert (float(east), float(north)) == pytest.approx(plain, abs=MILLIMETRE)


@pytest.mark.parametrize(("target", "longitude"), [("EPSG:32648", 106.7), ("EPSG:32649", 108.2), ("EPSG:3857", 106.7)])
def test_other_targets_are_reached_through_wgs84_as_epsg_defines_them(target, longitude):
    lon, lat = np.linspace(longitude - 0.3, longitude + 0.3, 7), np.linspace(10.8, 11.4, 7)
    expected = Transformer.from_crs("EPSG:4326", target, always_xy=True).transform(lon, lat)
    assert np.allclose(transform(lon, lat, crs.WGS84, target), expected, rtol=0, atol=MILLIMETRE)
    system = "EPSG:9210" if longitude < 107 else "EPSG:9218"
    east, north = transform(lon, lat, crs.WGS84, system)
    assert np.allclose(transform(east, north, system, target), expected, rtol=0, atol=MILLIMETRE)


def test_a_trip_there_and_back_stays_within_a_millimetre():
    lon, lat = np.meshgrid(np.linspace(106.3, 107.0, 20), np.linspace(10.8, 11.5, 20))
    east, north = transform(lon, lat, crs.WGS84, "EPSG:9210")
    back = transform(*transform(east, north, "EPSG:9210", crs.WGS84), crs.WGS84, "EPSG:9210")
    assert east.shape == lon.shape
    assert np.abs(back[0] - east).max() < MILLIMETRE
    assert np.abs(back[1] - north).max() < MILLIMETRE


def test_a_frame_is_moved_and_the_given_one_left_alone():
    frame = gpd.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(106.65, 10.98, 106.66, 10.99)], crs="EPSG:4326")
    before = frame.copy()
    moved = to(frame, "EPSG:9210")
    assert frame.equals(before)
    assert moved.crs.to_epsg() == 9210
    corners = shapely.get_coordinates(frame.geometry[0])
    expected = np.column_stack(transform(corners[:, 0], corners[:, 1], crs.WGS84, "EPSG:9210"))
    assert np.allclose(shapely.get_coordinates(moved.geometry[0]), expected, rtol=0, atol=1e-9)
    assert to(moved, "EPSG:9210") is moved


TOWGS84 = "+ellps=WGS84 +towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
TM3 = "+proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +y_0=0 +units=m"


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("EPSG:9210", "EPSG:9210"),
        (9218, "EPSG:9218"),
        ("OGC:CRS84", "EPSG:4326"),
        (f"{TM3} {TOWGS84}", "EPSG:9210"),
        (f"{TM3} +datum=WGS84", "EPSG:9210"),
        (CRS.from_epsg(9210).to_wkt("WKT1_ESRI"), "EPSG:9210"),
        ("+proj=utm +zone=48 +datum=WGS84", "EPSG:32648"),
        (f"{TM3} {TOWGS84}".replace("105.75", "105").replace("0.9999", "0.9996"), "EPSG:3405"),
    ],
)
def test_a_system_is_known_by_code_or_by_its_numbers(system, code):
    assert code_of(system) == code


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (None, "crs.missing"),
        ("EPSG:2154", "crs.unknown"),
        ("nonsense", "crs.unknown"),
        (f"{TM3} +ellps=krass", "crs.unknown"),
        (f"{TM3} +ellps=WGS84".replace("105.75", "105.5"), "crs.unknown"),
    ],
)
def test_a_system_that_is_not_known_is_refused(system, code):
    with pytest.raises(InputError) as caught:
        code_of(system)
    assert caught.value.code == code

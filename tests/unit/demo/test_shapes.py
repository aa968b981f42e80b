from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, box

from dothi.processing.demo.coverage import seal, street_pieces
from dothi.processing.demo.fronts import fronts
from dothi.processing.demo.lots import Rows, in_rows
from dothi.processing.demo.shapes import curve, cut, halve, normals
from dothi.processing.demo.streets import Street


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def street(width: float, *points: tuple[float, float], name: str = "Đường A") -> Street:
    return Street(name, "area", width, LineString(points), "town")


def test_a_curve_goes_through_its_points():
    points = [(0.0, 0.0), (10.0, 5.0), (20.0, 0.0), (35.0, 8.0)]
    drawn = curve(points, 8)
    assert all(np.hypot(*(drawn - p).T).min() < 1e-9 for p in points)


def test_normals_point_to_the_left():
    assert normals(np.array([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)])) == pytest.approx(np.array([(0.0, 1.0)] * 3))


def test_cutting_loses_no_land():
    parts = cut(box(0, 0, 10, 10), [LineString([(5, -1), (5, 11)]), LineString([(-1, 4), (11, 4)])])
    assert sorted(p.area for p in parts) == pytest.approx([20.0, 20.0, 30.0, 30.0])


def test_halving_keeps_the_area_and_comes_under_the_size(rng):
    parts = halve(rng, box(0, 0, 400, 250), 9_000.0)
    assert sum(p.area for p in parts) == pytest.approx(100_000.0)
    assert max(p.area for p in parts) < 9_000.0 * 1.35


def test_sealing_gives_exactly_shared_borders():
    left, right = box(0, 0, 10, 10), Polygon([(10, 0), (20, 0), (20, 10), (10 + 1e-7, 10), (10 - 1e-7, 4.3)])
    sealed = seal([left, right])
    polygons = np.array([part for piece in sealed for part in piece.geoms])
    assert shapely.coverage_is_valid(polygons)
    assert shapely.area(sealed) == pytest.approx([100.0, 100.0], abs=0.01)


def test_a_crossing_belongs_to_the_wider_street():
    streets = [street(10, (-50, 0), (50, 0)), street(20, (0, -50), (0, 50), name="Đường B")]
    land = shapely.union_all([s.line.buffer(s.width_m / 2, cap_style="flat") for s in streets])
    narrow, wide = street_pieces(streets, land)
    assert shapely.area([wide, narrow]) == pytest.approx([20 * 100, 10 * 80])


def test_a_block_between_two_streets_gets_two_rows_and_every_lot_a_front(rng):
    block = box(0, 0, 120, 44)
    around = block.buffer(10, join_style="mitre").difference(block)
    lots = in_rows(rng, block, around, Rows(8.0))
    assert sum(lot.area for lot in lots) == pytest.approx(block.area)
    assert shapely.coverage_is_valid(np.array(lots))
    assert all(lot.boundary.intersection(block.boundary).length > 3.0 for lot in lots)
    assert 24 <= len(lots) <= 34


def test_a_corner_lot_has_a_front_on_both_streets():
    lots = gpd.GeoDataFrame(
        geometry=seal([box(0, 0, 10, 20), box(10, 0, 20, 20), box(-8, -8, 20, 0), box(-8, 0, 0, 20)])
    )
    table = fronts(lots.iloc[:2], lots.iloc[2:].reset_index(drop=True))
    corner = table[table.lot == 0].set_index("street")
    assert dict(corner["length_m"]) == {0: 10.0, 1: 20.0}
    assert list(corner.loc[0, ["nx", "ny"]]) == [0.0, 1.0]  # into the lot: north of the southern street
    assert list(corner.loc[1, ["nx", "ny"]]) == [1.0, 0.0]
    assert list(table.loc[table.lot == 1, "street"]) == [0]

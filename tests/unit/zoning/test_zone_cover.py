"""Zones that overlap or leave holes are told, each place with its area."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from dothi.processing.zoning.land import zone_cover
from dothi.processing.zoning.land.shapes import Shapes


def _array(*shapes: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


class Heard:
    """A report that keeps what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        """Nothing to keep."""

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        """Keep it."""
        assert level == "warning"
        self.said.append((code, arguments))


def test_neighbours_that_share_an_edge_neither_overlap_nor_leave_a_hole() -> None:
    shapes = _array(*(shapely.box(x, y, x + 10, y + 10) for x in (0, 10, 20) for y in (0, 10)), None)
    assert len(zone_cover.overlaps(shapes).area) == 0
    assert len(zone_cover.holes(shapes)) == 0


def test_a_corner_on_a_neighbours_edge_is_clean_ground() -> None:
    shapes = _array(shapely.box(0, 0, 20, 10), shapely.box(0, 10, 10, 20), shapely.box(10, 10, 20, 20))
    assert len(zone_cover.overlaps(shapes).area) == 0


@pytest.mark.parametrize("second", [shapely.box(8, 0, 18, 10), shapely.box(2, 2, 4, 12), shapely.box(3, 3, 5, 13)])
def test_ground_covered_twice_is_found_whoever_of_the_two_comes_first(second: shapely.Polygon) -> None:
    first = shapely.box(0, 0, 10, 10)
    for pair in (_array(first, second), _array(second, first)):
        found = zone_cover.overlaps(pair)
        assert (found.one.tolist(), found.other.tolist()) == ([0], [1])
        assert found.area[0] == pytest.approx(first.intersection(second).area)


def test_a_zone_within_another_and_one_drawn_twice_are_overlaps() -> None:
    shapes = _array(
        shapely.box(0, 0, 10, 10), shapely.box(4, 4, 6, 6), shapely.box(50, 0, 60, 10), shapely.box(50, 0, 60, 10)
    )
    assert zone_cover.overlaps(shapes).area.tolist() == [100.0, 4.0]


def test_a_hole_is_found_in_a_clean_and_in_an_unclean_map() -> None:
    ring = [shapely.box(x, y, x + 10, y + 10) for x in (0, 10, 20) for y in (0, 10, 20) if (x, y) != (10, 10)]
    for extra in ([], [shapely.box(-5, 0, 5, 10)]):
        found = zone_cover.holes(_array(*ring, *extra))
        assert [shape.bounds for shape in found] == [(10, 10, 20, 20)]


SIDE = 6
MOSAIC = [shapely.box(x, y, x + 10, y + 10) for x in range(0, 10 * SIDE, 10) for y in range(0, 10 * SIDE, 10)]


@pytest.mark.parametrize("left_out", [[], [14], [14, 21], [0, 35, 14, 15]])
def test_a_mosaic_covers_its_ground_once(left_out: list[int]) -> None:
    tiles = _array(*(None if at in left_out else tile for at, tile in enumerate(MOSAIC)))
    ground = zone_cover.covered_once(Shapes(tiles))
    assert shapely.equals(ground, shapely.union_all(tiles))


@pytest.mark.parametrize(
    "more",
    [
        [MOSAIC[14]],
        [MOSAIC[14], MOSAIC[14]],
        [shapely.box(20, 20, 40, 30)],
        [shapely.box(-5, 0, 5, 10)],
        [shapely.box(2, 2, 8, 8)],
        [shapely.box(-5, -5, 65, 65)],
    ],
)
def test_a_mosaic_with_ground_covered_twice_is_not_plain(more: list[shapely.Polygon]) -> None:
    assert zone_cover.covered_once(Shapes(_array(*MOSAIC, *more))) is None


def test_an_inexact_border_is_no_place_to_tell() -> None:
    shapes = _array(shapely.box(0, 0, 10, 10), shapely.box(9.95, 0, 20, 10))
    assert len(zone_cover.overlaps(shapes).area) == 0


def test_no_zones_and_only_broken_ones_say_nothing() -> None:
    for shapes in (_array(), _array(None, None)):
        assert len(zone_cover.overlaps(shapes).area) == 0
        assert len(zone_cover.holes(shapes)) == 0


def test_the_largest_places_are_told_by_code_and_the_rest_counted() -> None:
    pairs = [shapely.box(100 * i, 0, 100 * i + 10, 10) for i in range(25) for _ in range(2)]
    zones = gpd.GeoDataFrame(
        {"uid": [f"u{i}" for i in range(50)], "code": [None if i == 0 else f"Z{i}" for i in range(50)]}, geometry=pairs
    )
    heard = Heard()
    zone_cover.tell(zone_cover.cover(zones), heard)
    assert heard.said[0] == ("zoning.zones_overlap", {"one": "u0", "other": "Z1", "area": 100.0})
    assert [code for code, _ in heard.said].count("zoning.zones_overlap") == zone_cover.TOLD
    assert heard.said[-1] == ("zoning.zones_more", {"count": 5})

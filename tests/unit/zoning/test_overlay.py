"""The shared areas equal those of the plain way, whether zones tile the ground, overlap or leave holes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from dothi.processing.zoning.land import overlay as module
from dothi.processing.zoning.land.overlay import overlay, unions
from dothi.processing.zoning.land.shapes import Shapes
from dothi.scripts.zoning_ground import make_lattice, make_lots, make_zones

RNG = np.random.default_rng(7)
LATTICE = make_lattice(600, RNG)
LOTS, _ = make_lots(600, LATTICE, RNG)
ZONES = make_zones(25, LATTICE.side, RNG)


def plainly(lots, zones) -> dict[tuple[int, int], float]:
    areas = shapely.area(shapely.intersection(lots[:, None], zones[None, :]))
    return {(int(i), int(j)): float(areas[i, j]) for i, j in np.argwhere(areas > module.LEAST_AREA_M2)}


def holes(zones):
    return np.where(np.arange(len(zones)) % 5 == 0, None, zones)


@pytest.mark.parametrize(
    "zones",
    [ZONES, holes(ZONES), shapely.buffer(ZONES, 3.0), shapely.segmentize(ZONES, 0.5)],
    ids=["tiles", "holes", "overlaps", "many vertices"],
)
@pytest.mark.parametrize("size", [20_000, 100])
def test_areas_are_those_of_the_plain_way(zones, size, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", size)
    monkeypatch.setattr(module, "_CUTS", size)
    zones = np.asarray(zones, dtype=object)
    expected = plainly(LOTS, zones)
    found = overlay(LOTS, zones, wanted=lambda lot, zone: zone % 2 == 0)
    assert list(zip(found.lot.tolist(), found.zone.tolist(), strict=True)) == sorted(expected)
    assert found.area == pytest.approx([expected[pair] for pair in sorted(expected)], abs=1e-6)
    asked = found.zone % 2 == 0
    assert shapely.area(found.part[asked]) == pytest.approx(found.area[asked], abs=1e-6)
    assert shapely.is_missing(found.part[~asked]).all()


def test_where_zones_tile_the_ground_no_area_is_lost():
    assert overlay(LOTS, ZONES).area.sum() == pytest.approx(shapely.area(LOTS).sum(), abs=1e-3)


def test_nothing_meets_nothing():
    none = np.array([None, shapely.Polygon()], dtype=object)
    assert (
        len(overlay(LOTS[:3], none).area) == len(overlay(none, ZONES).area) == len(overlay(none[:0], ZONES).area) == 0
    )


def test_unions_leave_groups_without_members_empty():
    made = unions(
        np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1), shapely.box(5, 0, 6, 1)]), np.array([2, 2, 0]), 4
    )
    assert [None if shape is None else shape.area for shape in made] == [1.0, None, 3.0, None]


def test_a_needle_in_a_zone_takes_nothing_from_the_lot():
    # GEOS clips this zone to the needle: a hole that is narrower than coordinates are exact.
    needle = [
        (582408.526, 1190602.914), (582407.90775, 1190603.69475), (582407.2895, 1190604.4755000002),
        (582407.9077499999, 1190603.69475),
    ]  # fmt: skip
    lot = shapely.box(582397.807, 1190587.867, 582413.921, 1190603.449)
    zone = shapely.Polygon(shapely.segmentize(shapely.box(582000, 1190000, 583000, 1191000), 5.0).exterior, [needle])
    assert zone.is_valid
    found = overlay(np.array([lot]), np.array([zone]), wanted=module.every_pair)
    assert shapely.area(found.part) == pytest.approx([lot.area], abs=1e-6)


def test_shapes_are_measured_once_and_again_when_all_was_forgotten():
    lots = Shapes(LOTS)
    outlines = lots.outlines
    first = overlay(lots, ZONES)
    assert lots.outlines is outlines
    lots.forget()
    assert np.array_equal(overlay(lots, ZONES).area, first.area)


def test_the_largest_share_of_each_lot_comes_first():
    found = overlay(LOTS, ZONES)
    assert np.array_equal(found.largest_first, np.lexsort((-found.area, found.lot)))

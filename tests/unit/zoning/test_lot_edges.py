"""The edges of lots by kind, on small maps with hand-computed answers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon

from dothi.processing.zoning.land.lot_edges import positions, typed_edges
from dothi.processing.zoning.land.streets import Streets, streets

from .scenes import EAST, NORTH, STREET, centrelines, line, of_streets, rectangle, uid

FLAG = [(60.0, 0.0), (64.0, 0.0), (64.0, 20.0), (80.0, 20.0), (80.0, 40.0), (60.0, 40.0)]


def polygon(points: list[tuple[float, float]]) -> MultiPolygon:
    return MultiPolygon([Polygon([(EAST + x, NORTH + y) for x, y in points])])


def known(change=lambda shape: shape) -> Streets:
    """A street of 15 m along y = 0 (lots north of it) and one of 30 m along x = 0 (lots east of it)."""
    land = of_streets(south=rectangle(-100, -15, 300, 0), west=rectangle(-30, 0, 0, 300))
    centre = centrelines(
        south=(line((-100, -7.5), (300, -7.5)), STREET), west=(line((-15, 0), (-15, 300)), STREET | {"width_m": 30.0})
    )
    land, centre = (frame.set_geometry(gpd.GeoSeries([change(g) for g in frame.geometry])) for frame in (land, centre))
    return streets(centre, land, None)


def lengths(lot: MultiPolygon, on: Streets | None = None, corrections: pd.DataFrame | None = None) -> dict[str, float]:
    found = typed_edges(np.array([lot], dtype=object), on or known(), corrections)
    total = pd.Series(found.length).groupby(found.kind).sum().round(6)
    made = {str(kind): float(metres) for kind, metres in total.items()}
    assert sum(made.values()) == pytest.approx(shapely.length(lot))  # the whole outline, once
    return made


def test_a_lot_in_the_row_has_two_sides_and_a_back():
    assert lengths(rectangle(20, 0, 28, 25)) == {"street": 8.0, "side": 50.0, "back": 8.0}


def test_a_corner_lot_has_one_back_opposite_its_widest_street():
    found = typed_edges(np.array([rectangle(0, 0, 20, 30)], dtype=object), known())
    table = found.continuous().set_index("kind")
    assert sorted(shapely.length(table.line["street"])) == [20.0, 30.0]
    assert table.line["back"].length == 30.0  # the western street is the wider one
    assert table.line["side"].length == 20.0


@pytest.mark.parametrize("angle", [0, 7, 33, 61, 123, 200, 301])
def test_of_two_fronts_as_long_the_same_one_is_the_main_however_the_map_is_turned(angle):
    """20.125 m lies on the edge between two centimetres, where rounding falls either way."""

    def turned(shape):
        return affinity.rotate(shape, angle, origin=(EAST, NORTH))

    land = of_streets(south=turned(rectangle(-100, -15, 300, 0)), west=turned(rectangle(-15, 0, 0, 300)))
    lines = {"south": line((-100, -7.5), (300, -7.5)), "west": line((-7.5, 0), (-7.5, 300))}
    centre = centrelines(**{name: (turned(shape), STREET) for name, shape in lines.items()})
    lot = turned(rectangle(0, 0, 20.125, 20.125))
    found = typed_edges(np.array([lot], dtype=object), streets(centre, land, None))
    front = affinity.rotate(shapely.Point(found.front[0]), -angle, origin=(0, 0))
    assert (front.x, front.y) == pytest.approx((0, -1), abs=1e-6)


def test_a_lot_through_to_another_street_has_no_back():
    both = streets(
        centrelines(south=(line((-100, -7.5), (300, -7.5)), STREET), north=(line((-100, 32.5), (300, 32.5)), STREET)),
        of_streets(south=rectangle(-100, -15, 300, 0), north=rectangle(-100, 25, 300, 40)),
        None,
    )
    found = typed_edges(np.array([rectangle(20, 0, 28, 25)], dtype=object), both)
    assert set(found.kind) == {"street", "side"}
    assert found.through.tolist() == [True]


def test_a_flag_lot_looks_to_the_street_over_its_neighbour():
    assert lengths(polygon(FLAG)) == {"street": 4.0, "side": 20 + 40 + 16 + 20.0, "back": 20.0}


def test_a_lot_without_a_street_has_no_front():
    found = typed_edges(np.array([rectangle(20, 30, 40, 60)], dtype=object), known())
    assert set(found.kind) == {"other"}
    assert np.isnan(found.front).all()
    assert not found.doubtful.any()


def test_a_touch_at_the_corner_is_no_front():
    assert lengths(polygon([(20, 0), (21, 0), (30, 25), (10, 25)])) == {"other": pytest.approx(74.496, abs=1e-3)}


def test_a_street_without_red_line_leaves_doubt():
    nowhere = streets(centrelines(south=(line((-100, -7.5), (300, -7.5)), STREET)), None, None)
    found = typed_edges(np.array([rectangle(20, 0, 28, 25)], dtype=object), nowhere)
    assert found.doubtful.all()
    assert set(found.kind) == {"other"}


def test_lots_that_cannot_be_measured_have_no_edges():
    found = typed_edges(np.array([None, rectangle(20, 0, 28, 25)], dtype=object), known())
    assert set(found.lot) == {1}


def test_a_correction_goes_before_what_is_computed():
    rows = gpd.GeoDataFrame(
        {"parcel": [uid("a"), uid("gone")], "kind": ["public", "side"], "street": [None, None]},
        geometry=[line((28, 10), (28, 30)), line((0, 0), (1, 1))],
    )
    corrections = positions(rows, pd.Series([uid("a")]), pd.Series([uid("south")]))
    assert len(corrections) == 1
    found = lengths(rectangle(20, 0, 28, 25), corrections=corrections)
    assert found == {"street": 8.0, "side": 35.0, "back": 8.0, "public": 15.0}


def test_a_correction_to_a_street_that_nobody_names_leaves_doubt():
    rows = gpd.GeoDataFrame({"parcel": [uid("a")], "kind": ["street"]}, geometry=[line((20, 25), (28, 25))])
    corrections = positions(rows, pd.Series([uid("a")]), pd.Series([uid("south")]))
    found = typed_edges(np.array([rectangle(20, 0, 28, 25)], dtype=object), known(), corrections)
    assert found.doubtful.all()
    assert found.kind[found.corrected].tolist() == ["street"]


LOTS = [rectangle(20, 0, 28, 25), rectangle(0, 0, 20, 30), polygon(FLAG), rectangle(100, 40, 120, 60)]
BEFORE = [lengths(lot) for lot in LOTS]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3), st.floats(-5e3, 5e3), st.floats(0, 360), st.integers(0, 5), st.booleans(), st.floats(1, 9))
def test_place_direction_and_vertices_change_no_kind(which, shift, angle, start, reverse, step):
    def change(shape):
        return affinity.translate(affinity.rotate(shape, angle, origin=(EAST, NORTH)), shift, -shift)

    ring = list(shapely.get_parts(shapely.segmentize(LOTS[which], step))[0].exterior.coords)[:-1]
    ring = ring[start:] + ring[:start]
    lot = change(MultiPolygon([Polygon(ring[::-1] if reverse else ring)]))
    found = lengths(lot, known(change))
    assert found.keys() == BEFORE[which].keys()
    assert all(found[kind] == pytest.approx(BEFORE[which][kind], abs=1e-3) for kind in found)

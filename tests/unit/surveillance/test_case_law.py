"""Areas with their interval, bands of the law as proposals, licences as they stood, and what lies around."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS

from dothi.layers.errors import InputError
from dothi.processing.surveillance.cases import law
from dothi.processing.surveillance.cases.alerts import Provenance, alerts
from dothi.processing.surveillance.cases.areas import interval, outside_interval, real_growth
from dothi.processing.surveillance.cases.surroundings import missing, read_around, surroundings
from dothi.processing.surveillance.change.objects import Objects
from dothi.processing.surveillance.scenes.grid import Grid
from dothi.store import dataset
from dothi.store.coordinates import transform_geometries

from .scenes import Told

ZONE = "EPSG:9218"
X, Y = 400_000.0, 1_190_000.0


def square(hectares, x=X, y=Y):
    side = (hectares * 1e4) ** 0.5
    return shapely.box(x, y, x + side, y + side)


@pytest.mark.parametrize(
    ("hectares", "low", "high"),
    # "0.1 ha … ±5 m at the edge: 0.05–0.17 ha", "0.37–0.65", "0.81–1.21"
    [(0.1, 0.05, 0.17), (0.5, 0.37, 0.65), (1.0, 0.81, 1.21)],
)
def test_half_a_pixel_at_the_edge_gives_the_known_intervals(hectares, low, high):
    found = interval(np.array([square(hectares)]), 5.0)
    assert [round(float(part[0]) / 1e4, 2) for part in found] == [low, high]


def test_what_lies_outside_is_least_beyond_both_tolerances():
    licence = np.array([shapely.box(X - 500, Y - 500, X, Y + 500)])
    pit = np.array([shapely.box(X - 50, Y, X + 50, Y + 100)])
    low, high = outside_interval(pit, licence, np.array([10.0]), 5.0)
    assert low[0] == pytest.approx((50 - 5 - 10) * 90)
    assert high[0] == pytest.approx((50 + 5 + 10) * 110)


def test_slivers_along_a_common_outline_are_no_growth():
    before = shapely.box(X, Y, X + 100, Y + 100)
    sliver = shapely.box(X - 8, Y, X + 100, Y + 100)
    assert real_growth(sliver, before, 5.0).area == 0
    ring = shapely.box(X - 30, Y, X + 100, Y + 100)
    assert real_growth(ring, before, 5.0).area == pytest.approx(3000, rel=0.01)
    assert real_growth(before, before, 5.0).is_empty


@pytest.mark.parametrize(
    ("area", "clause"), [(0.0, None), (1.0, "khoản 3"), (999.9, "khoản 3"), (1000.0, "khoản 4"), (4999.0, "khoản 4")]
)
def test_the_steps_of_article_37(area, clause):
    table = law.table_on(date(2026, 2, 21))
    band = table.area_band(area)
    assert (band.clause.vi if band else None) == clause


def test_steps_nobody_has_read_are_named_and_not_filled():
    table = law.table_on(date(2026, 2, 21))
    assert table.status == "unverified"
    assert table.area_band(5000.0).read is False
    assert [table.depth_band(d).clause.vi if table.depth_band(d) else None for d in (0.4, 0.5, 1.0)] == [
        None, "khoản 3", "khoản 4",
    ]  # fmt: skip
    assert law.table_on(date(2020, 5, 9)) is None  # not yet in force


def test_a_proposal_tells_the_bands_of_least_likely_and_most():
    table = law.table_on(date(2026, 2, 21))
    assert table is not None
    told = law.propose(table, 600.0, 1200.0, 5200.0, contiguous=False).plain()
    assert (told["least"], told["likely"], told["most"]) == ("khoản 3", "khoản 4", "khoản 5 đến khoản 10")
    assert told["contiguous"] is False
    assert law.propose(table, 0, 0, 0, contiguous=True) is None


OWN = """
[[table]]
id = "thu"
title = {{ vi = "Thử", en = "Trial" }}
source = {{ vi = "Thử", en = "Trial" }}
read_from = "test"
status = "{status}"
valid_from = {start}
remark = {{ vi = "Thử", en = "Trial" }}
[[table.band]]
clause = {{ vi = "khoản 1", en = "clause 1" }}
area_from = {low}
"""


def test_a_province_may_have_a_table_of_its_own(tmp_path):
    data = dataset.create(tmp_path / "tỉnh.gpkg", ["concession"], ZONE)
    own = dataset.beside(data) / law.OWN
    own.parent.mkdir(exist_ok=True)
    own.write_text(OWN.format(status="verified", start="2026-01-01", low="0.0"), encoding="utf-8")
    assert law.table_on(date(2026, 2, 1), data).id == "thu"
    assert law.table_on(date(2025, 2, 1), data).id == "nd-36-2020-37"
    for wrong in (
        OWN.format(status="sure", start="2026-01-01", low="0.0"),
        OWN.format(status="verified", start='"soon"', low="0.0"),
        OWN.format(status="verified", start="2026-01-01", low="-1.0"),
        OWN.format(status="verified", start="2026-01-01", low="nan"),
        "[[table]",
        "x = 1",
    ):
        own.write_text(wrong, encoding="utf-8")
        with pytest.raises(InputError) as told:
            law.table_on(date(2026, 2, 1), data)
        assert told.value.code == "case.law_wrong"


def licences(*rows):
    return gpd.GeoDataFrame(
        {
            "uid": [f"00000000-0000-4000-8000-00000000000{i}" for i in range(len(rows))],
            "code": [row[0] for row in rows],
            "valid_from": [row[2] for row in rows],
            "valid_to": [row[3] for row in rows],
            "tolerance_m": [None] * len(rows),
        },
        geometry=[row[1] for row in rows],
        crs=ZONE,
    )


def judged(shapes, concessions, **more):
    grid = Grid(CRS.from_string("EPSG:32649"), Affine(10, 0, 0, 0, -10, 0), 100, 100)
    moved = gpd.GeoSeries(shapes, crs=ZONE)
    drawn = transform_geometries(moved.to_numpy(), ZONE, "EPSG:32649")
    day = Provenance("irmad", date(2025, 2, 16), date(2026, 2, 21))
    objects = Objects(drawn, np.full(len(drawn), 100), np.full(len(drawn), 0.9))
    return alerts(objects, grid, ZONE, 0.0, concessions, 10.0, day, Told(), **more)


def test_a_licence_is_judged_as_it_stood_on_the_day_of_the_scene():
    ended = ("A", shapely.box(X - 100, Y - 100, X + 200, Y + 200), "2012-01-10", "2022-01-10")
    coming = ("B", shapely.box(X + 900, Y - 100, X + 1300, Y + 200), "2030-01-01", None)
    running = ("C", shapely.box(X + 1900, Y - 100, X + 2300, Y + 300), "2020-01-01", None)
    shapes = [square(0.9), square(0.8, X + 1000), square(0.7, X + 2000), square(0.6, X + 4000)]
    made = judged(shapes, licences(ended, coming, running), law=law.table_on(date(2026, 2, 21)))
    assert made["licence_state"].tolist() == ["expired", "not_yet", "in_force", "none"]
    assert made["expired_code"].dropna().tolist() == ["A", "B"]
    assert made["relation"].tolist() == ["outside", "outside", "inside", "outside"]
    assert made["law"].iloc[2] is None
    assert made["law"].iloc[3]["contiguous"] is False
    low, area, high = (made[name].iloc[3] for name in ("outside_low_m2", "outside_m2", "outside_high_m2"))
    assert area == pytest.approx(6000, rel=0.01)
    assert low < area < high
    assert made["edge_m"].iloc[3] == pytest.approx(5.0, rel=0.01)


def test_what_digs_over_the_line_is_held_against_its_licence():
    licence = ("A", shapely.box(X - 500, Y - 500, X, Y + 500), "2020-01-01", None)
    pit = shapely.box(X - 60, Y, X + 60, Y + 60)
    made = judged([pit], licences(licence), law=law.table_on(date(2026, 2, 21)))
    told = made["law"].iloc[0]
    assert made["relation"].iloc[0] == "straddling"
    assert told["contiguous"] is True
    assert (told["least"], told["likely"]) == ("khoản 4", "khoản 4")


def test_around_a_change_lie_reserve_forest_coast_and_road_or_nobody_knows(tmp_path):
    data = dataset.create(
        tmp_path / "a.gpkg", ["mineral_reserve", "existing_land_use", "coastline", "street_centreline"], ZONE
    )
    pit = np.array([square(1.0), square(1.0, X + 5000)])
    nothing = read_around(data, ZONE)
    assert missing(nothing) == ["mineral_reserve", "existing_land_use", "coastline", "street_centreline"]
    assert all(row[topic]["state"] == "missing" for row in surroundings(pit, nothing) for topic in row)

    def put(layer, geometry, **columns):
        columns = {name: [value] for name, value in columns.items()}
        dataset.append(data, layer, gpd.GeoDataFrame(columns, geometry=[geometry], crs=ZONE))

    put("mineral_reserve", shapely.box(X + 50, Y - 50, X + 800, Y + 800), code="DT-1", name="Lương Sơn")
    put("existing_land_use", shapely.box(X - 50, Y - 50, X + 20, Y + 800), land_use="RPH")
    put("coastline", shapely.LineString([(X, Y - 300), (X + 900, Y - 300)]), name="Thuận Quý")
    put("street_centreline", shapely.LineString([(X - 50, Y + 50), (X + 500, Y + 50)]), code="D1", name="ĐT719",
        road_class="main")  # fmt: skip
    near, far = surroundings(pit, read_around(data, ZONE))
    assert near["reserve"]["area_m2"] == pytest.approx(5000)
    assert near["reserve"]["names"] == ["Lương Sơn"]
    assert near["forest"] == {"layer": "existing_land_use", "state": "touches", "distance_m": 0.0, "area_m2": 2000.0,
                              "names": ["RPH"]}  # fmt: skip
    assert (near["coast"]["state"], near["coast"]["distance_m"]) == ("clear", 300.0)
    assert (near["road"]["length_m"], near["road"]["names"]) == (100.0, ["ĐT719"])
    assert far["forest"]["state"] == "missing"  # nobody has mapped the land there
    assert far["road"]["state"] == "clear"
    (away,) = surroundings(np.array([square(1.0, X + 90_000)]), read_around(data, ZONE))
    assert {row["state"] for row in away.values()} == {"missing"}  # layers of another place say nothing here

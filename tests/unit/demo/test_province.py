from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point

from dothi.layers import catalogue
from dothi.layers.messages import has
from dothi.processing.demo.faults import KINDS
from dothi.store import checking, dataset
from dothi.store.coordinates import transform

SQUARE_CENTIMETRE = 1e-4


# What the province has none of.
LEFT_EMPTY = {"coastline", "gas_pipeline", "hydraulic_work", "industrial_park", "mineral_reserve"}
RESULTS = {layer_id for layer_id in catalogue.ids() if not catalogue.layer(layer_id).in_data_set}


def test_it_holds_every_layer_that_is_not_of_a_run(demo, layer):
    ids = set(catalogue.ids()) - RESULTS
    assert set(dataset.layers_in(demo / "dothi.gpkg")) == ids
    assert all(len(layer(layer_id)) for layer_id in ids - LEFT_EMPTY)
    assert 2_500 <= len(layer("parcel")) <= 4_000


def test_it_says_that_it_is_simulated_and_when_it_is_judged(demo, layer):
    meta = dataset.meta(demo / "dothi.gpkg")
    assert meta["simulated"] is True
    assert (meta["judged_on"], meta["plan_state"]) == ("2026-06-01", "approved")
    for layer_id in set(catalogue.ids()) - RESULTS - LEFT_EMPTY:
        assert (layer(layer_id)["source"] == "mô phỏng").all(), layer_id


def test_the_declarations_find_nothing_wrong(demo):
    problems = checking.check(demo / "dothi.gpkg")
    # the units of Bình Thuận stand in the one table of units, in the system of Bình Dương
    assert [p for p in problems.rows if p["layer"] != "admin_unit"] == []
    assert set(problems.by_code()) <= {"schema.problem.outside_province"}


def test_lots_neither_overlap_nor_leave_gaps_within_a_block(layer):
    lots = layer("parcel").geometry.to_numpy()
    first, second = shapely.STRtree(lots).query(lots, predicate="intersects")
    pairs = first < second
    overlap = shapely.area(shapely.intersection(lots[first[pairs]], lots[second[pairs]]))
    assert overlap.max() < SQUARE_CENTIMETRE
    assert shapely.coverage_is_valid(np.concatenate([shapely.get_parts(lots), _parts(layer("street_boundary"))]))
    zones = layer("planned_zone")
    land = shapely.area(zones[zones.land_use != "SON"].geometry.to_numpy()).sum()
    assert shapely.area(lots).sum() == pytest.approx(land, abs=0.1)


def _parts(frame):
    return shapely.get_parts(frame.geometry.to_numpy())


def test_lots_are_not_squares_of_a_grid(layer):
    lots = layer("parcel")
    homes = lots[(lots.land_use == "ODT") & (lots.area < 400)]
    boxes = shapely.area(shapely.oriented_envelope(homes.geometry.to_numpy()))
    assert (homes.area / boxes < 0.985).mean() > 0.3  # many are not rectangles
    coordinates = shapely.get_coordinates(shapely.oriented_envelope(homes.geometry.to_numpy())).reshape(-1, 5, 2)
    along = coordinates[:, 1] - coordinates[:, 0]
    turned = np.round(np.degrees(np.arctan2(along[:, 1], along[:, 0])) % 90)
    assert len(np.unique(turned)) > 60  # and they look in all directions
    assert homes.area.std() > 30.0


def test_the_river_bank_cuts_lots_and_the_island_is_where_it_is(layer):
    zones = layer("planned_zone")
    river = zones[zones.land_use == "SON"].union_all()
    by_water = layer("parcel").geometry.intersection(river.boundary).length > 10.0
    assert by_water.sum() > 100
    east, north = transform(106.8001, 11.0398, "EPSG:4326", "EPSG:9210")
    old = layer("admin_unit").set_index("code").loc["25930"].geometry
    assert old.contains(Point(float(east), float(north)))
    assert old.buffer(-90).area / 1e4 == pytest.approx(1_079, rel=0.05)  # ha, as published


def test_every_building_stands_in_its_lot_unless_planted(layer, truth):
    building, parcel = layer("building"), layer("parcel").set_index("uid")
    lots = parcel.geometry.reindex(building["parcel"]).to_numpy()
    outside = building[~shapely.covered_by(building.geometry.to_numpy(), shapely.buffer(lots, 0.001))]
    planted = {f["uid"] for f in truth["faults"] if f["kind"] == "red_line_crossed"}
    assert set(outside["uid"]) == planted


def test_buildings_of_different_lots_do_not_overlap(layer):
    building = layer("building").geometry.to_numpy()
    first, second = shapely.STRtree(building).query(building, predicate="intersects")
    pairs = first < second
    assert shapely.area(shapely.intersection(building[first[pairs]], building[second[pairs]])).sum() < 1.0


def test_street_widths_reach_from_alleys_to_main_roads(layer):
    streets = layer("street_centreline")
    assert streets.width_m.min() == 7.0
    assert streets.width_m.max() == 32.0
    assert streets.width_m.isna().sum() == 1  # planted


@pytest.mark.parametrize(
    ("child", "field", "parent"),
    [
        ("luminaire", "pole_id", "lighting_pole"),
        ("lighting_pole", "cabinet_id", "lighting_cabinet"),
        ("lighting_cabinet", "transformer_id", "substation"),
        ("hydrant", "branch_pipe_id", "water_pipe"),
        ("hydrant", "valve_id", "water_valve"),
        ("water_valve", "pipe_id", "water_pipe"),
        ("water_meter", "parcel_id", "parcel"),
        ("water_pump", "to_pipe_id", "water_pipe"),
        ("building", "parcel", "parcel"),
        ("red_line", "street", "street_centreline"),
    ],
)
def test_references_resolve(layer, child, field, parent):
    assert layer(child)[field].isin(layer(parent)["uid"]).all()


def test_poles_stand_in_their_streets_and_off_the_carriageway(layer):
    poles, land = layer("lighting_pole"), layer("street_boundary").union_all()
    assert shapely.covered_by(poles.geometry.to_numpy(), land).mean() > 0.995
    centre = layer("street_centreline").union_all()
    assert poles.distance(centre).min() > 1.5


def test_water_pipes_form_one_looped_network(layer):
    pipes = layer("water_pipe")
    nodes = pd.unique(pipes[["from_node", "to_node"]].to_numpy().ravel())
    parent = {node: node for node in nodes}

    def root(node: str) -> str:
        while parent[node] != node:
            node = parent[node]
        return node

    loops = 0
    for a, b in zip(pipes.from_node, pipes.to_node, strict=True):
        first, second = root(a), root(b)
        loops += first == second
        parent[first] = second
    assert len({root(node) for node in nodes}) == 1
    assert loops > 50


def test_valves_and_hydrants_sit_on_their_pipes(layer):
    pipe = layer("water_pipe").set_index("uid").geometry
    valves, hydrants = layer("water_valve"), layer("hydrant")
    assert valves.distance(pipe.reindex(valves.pipe_id).set_axis(valves.index)).max() < 0.01
    assert hydrants.distance(pipe.reindex(hydrants.branch_pipe_id).set_axis(hydrants.index)).max() < 0.01


def test_meters_stand_on_their_lots(layer):
    meters = layer("water_meter")
    lots = layer("parcel").set_index("uid").geometry.reindex(meters.parcel_id).to_numpy()
    assert shapely.covered_by(meters.geometry.to_numpy(), lots).all()


def test_every_kind_of_fault_is_planted(truth):
    planted = {kind: sum(f["kind"] == kind for f in truth["faults"]) for kind in KINDS}
    assert planted == {
        "density_over": 7,
        "far_over": 3,
        "setback_short": 8,
        "red_line_crossed": 5,
        "use_against_zone": 7,
        "height_missing": 22,
        "width_missing": 6,
        "building_line_crossed": 3,
        "gap_short": 2,
        "backs_short": 2,
        "frontage_short": 1,
        "green_short": 2,
        "gross_over": 1,
    }
    assert len({(f["rule"], f["uid"]) for f in truth["faults"]}) == len(truth["faults"])


def test_truth_names_features_that_are_there(layer, truth):
    for fault in truth["faults"]:
        feature = layer(fault["layer"]).set_index("uid").loc[fault["uid"]]
        assert feature.code == fault["code"]


def test_units_before_and_after_july_2025(layer):
    units = layer("admin_unit")
    old = units[units.valid_to.notna()]
    assert (pd.to_datetime(old.valid_to) == "2025-06-30").all()
    assert old.successor.notna().all()
    assert (pd.to_datetime(units[units.valid_from.notna()].valid_from) == "2025-07-01").all()


def test_every_kind_of_planted_fault_has_words(truth):
    kinds = {fault["kind"] for fault in truth["faults"]}
    assert len(kinds) > 30
    assert [kind for kind in sorted(kinds) if not has(f"demo.kind.{kind}")] == []

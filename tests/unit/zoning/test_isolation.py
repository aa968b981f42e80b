"""Isolating valves on small networks, counted by hand, and against the plain way of taking segments out in turn."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import affinity

from dothi.processing.zoning.land.layers import Layers
from dothi.processing.zoning.subjects.isolation import cut_off

from .scenes import EAST, NORTH, line, moved, uid
from .test_networks import at
from .test_separations import run, things

RULE = "qcvn10.isolation"
MAIN = {"function": "distribution", "lifecycle": "in_service"}
OPEN = {"valve_function": "isolation", "closed": False, "normal_position": "open"}


def street_main(hydrants: int, *valves: tuple[float, dict[str, object]], tank: float | None = 0.0) -> Layers:
    """A main of three pipes of 100 m, west to east, a tank on it, hydrants every 10 m from x = 110, and valves."""
    parts = {"a": (0, 100), "b": (100, 200), "c": (200, 300)}
    made: Layers = {
        "water_pipe": things(**{name: (line((x0, 0), (x1, 0)), MAIN) for name, (x0, x1) in parts.items()}),
        "water_valve": things(
            elsewhere=(at(0, 900), OPEN | {"pipe_id": None}),
            **{f"v{i}": (at(x, 0), OPEN | {"pipe_id": uid(pipe_at(x))} | how) for i, (x, how) in enumerate(valves)},
        ),
        "hydrant": things(
            **{f"t{i}": (at(110 + 10 * i, 0), {"branch_pipe_id": uid(pipe_at(110 + 10 * i))}) for i in range(hydrants)}
        ),
        "water_tank": things(**({"be": (at(tank, 0), {})} if tank is not None else {"xa": (at(0, 900), {})})),
    }
    return made


def pipe_at(x: float) -> str:
    return "a" if x < 100 else "b" if x < 200 else "c"


def told(layers: Layers) -> dict[str, tuple[str, float]]:
    found = run(layers, RULE)
    return {row.feature_code: (row.outcome, row.measured) for row in found.itertuples()}


def test_without_a_valve_one_repair_cuts_off_all():
    assert told(street_main(6)) == {"a": ("fail", 6.0)}
    assert told(street_main(5)) == {"a": ("pass", 5.0)}


def test_a_valve_behind_the_tank_saves_nothing_a_repair_before_the_hydrants_cuts_off():
    """Six hydrants on b: shut a (with the tank) and all are dry, shut b and c and all are too."""
    found = told(street_main(6, (50, {})))
    assert found == {"a": ("fail", 6.0), "b": ("fail", 6.0)}


def test_two_segments_share_the_hydrants_but_the_nearer_one_still_feeds_the_farther():
    """Valve at 145: 4 hydrants before it and 4 behind. The repair before it cuts off all 8, behind it only 4."""
    found = run(street_main(8, (145, {})), RULE).set_index("feature_code")
    assert found.measured.to_dict() == {"a": 8.0, "c": 4.0}
    assert found.outcome.to_dict() == {"a": "fail", "c": "pass"}
    inputs = json.loads(found.how["a"])["inputs"]
    assert (inputs["own_hydrants"], inputs["segment_length"]) == (4.0, 145.0)


def test_a_tank_at_each_end_feeds_both_sides():
    layers = street_main(8, (145, {}))
    layers = {**layers, "water_tank": things(west=(at(0, 0), {}), east=(at(300, 0), {}))}
    assert told(layers) == {"a": ("pass", 4.0), "c": ("pass", 4.0)}


def test_through_a_closed_valve_nothing_is_fed():
    """The valve at 145 is shut: what lies east of it reaches no tank, and that is told, not passed."""
    found = run(street_main(8, (145, {"closed": True})), RULE).set_index("feature_code")
    assert found.measured["a"] == 4.0
    assert json.loads(found.missing["c"]) == ["water_tank"]


@pytest.mark.parametrize("function", ["check", "air_release", None])
def test_a_valve_that_stops_nothing_divides_nothing(function):
    assert set(told(street_main(6, (145, {"valve_function": function})))) == {"a"}


def test_a_valve_at_the_end_of_a_pipe_divides_there():
    """At x = 100, on b: west of it a with the tank and no hydrant, which all depend on; east b and c."""
    found = run(street_main(6, (100, {})), RULE).set_index("feature_code")
    assert json.loads(found.how["a"])["inputs"]["own_hydrants"] == 0.0
    assert found.measured.to_dict() == {"a": 6.0, "b": 6.0}


def test_without_a_tank_on_the_network_nothing_is_passed():
    found = run(street_main(1, tank=None), RULE)
    assert list(found.outcome) == ["not_checkable"]
    assert json.loads(found.missing.iloc[0]) == ["water_tank"]


def test_a_hydrant_that_hangs_on_no_pipe_leaves_the_nearest_segment_open():
    layers = street_main(2)
    layers = {**layers, "hydrant": things(astray=(at(110, 30), {"branch_pipe_id": None}))}
    assert json.loads(run(layers, RULE).missing.iloc[0]) == ["hydrant.branch_pipe_id"]


def test_pipes_without_water_do_not_feed():
    layers = dict(street_main(6))
    layers["water_pipe"]["lifecycle"] = ["abandoned", "in_service", "in_service"]
    found = run(layers, RULE)
    assert set(found.outcome) == {"not_checkable"}


@given(
    edges=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=24),
    fed=st.lists(st.booleans(), min_size=12, max_size=12),
    own=st.lists(st.integers(0, 4), min_size=12, max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_what_is_cut_off_is_what_taking_each_segment_out_leaves_dry(edges, fed, own):
    joints = np.array(edges, dtype=np.intp).reshape(-1, 2)
    source, weight = np.array(fed), np.array(own, dtype=float)

    def wet(out: int) -> np.ndarray:
        left = joints[(joints != out).all(axis=1)]
        graph = coo_array((np.ones(len(left)), (left[:, 0], left[:, 1])), shape=(12, 12))
        _, part = connected_components(graph, directed=False)
        alive = np.arange(12) != out
        return np.isin(part, part[source & alive]) & alive

    before = wet(-1)
    plain = [weight[before & ~wet(one)].sum() if before[one] else np.nan for one in range(12)]
    np.testing.assert_array_equal(cut_off(12, joints, source, weight), plain)


@given(shift=st.floats(-5000, 5000), angle=st.floats(0, 360), reverse=st.booleans())
@settings(max_examples=25, deadline=None)
def test_turning_the_map_or_drawing_pipes_the_other_way_changes_nothing(shift, angle, reverse):
    layers = street_main(8, (100, {}), (145, {}), (250, {}))
    before = told(layers)
    if reverse:
        pipes = layers["water_pipe"]
        layers = {**layers, "water_pipe": pipes.set_geometry(pipes.geometry.reverse())}
    after = told(
        moved(layers, lambda shape: affinity.translate(affinity.rotate(shape, angle, (EAST, NORTH)), shift, -shift))
    )
    assert after == before

"""What the simulated truth says of a water network, on one that is worked out by hand."""

from __future__ import annotations

import geopandas as gpd
import shapely

from dothi.processing.demo.water_faults import _repairs_that_cut_off


def test_a_joint_between_two_valves_is_repaired_too():
    """A tank, 100 m of pipe, a joint with a valve on either side, 100 m of pipe with six hydrants.

    Whatever part of it is shut, all six are cut off: the first pipe, the second, and the five metres of the joint, of
    which three are the second pipe's. Without the sixth hydrant nothing is too much.
    """
    ways = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (200, 0)])]
    pipes = gpd.GeoDataFrame({"uid": ["a", "b"], "from_node": ["0", "1"], "to_node": ["1", "2"]}, geometry=ways)
    valves = gpd.GeoDataFrame({"pipe_id": ["a", "b"]}, geometry=gpd.points_from_xy([98, 103], [0, 0]))
    tank = gpd.GeoDataFrame({"uid": ["t"]}, geometry=gpd.points_from_xy([0], [0]))
    for count, rows in ((6, [0, 1, 1]), (5, [])):
        hydrants = gpd.GeoDataFrame(
            {"branch_pipe_id": ["b"] * count}, geometry=gpd.points_from_xy(range(110, 110 + count), [0] * count)
        )
        frames = {"water_pipe": pipes, "water_valve": valves, "water_tank": tank, "hydrant": hydrants}
        assert sorted(_repairs_that_cut_off(frames)) == rows

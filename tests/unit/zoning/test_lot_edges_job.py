"""The job zoning.lot_edges: hand-computed lots, a planner's word before the computed one, and what it cannot know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon

from dothi.engine.contract import JOBS
from dothi.engine.jobs import zoning
from dothi.layers.errors import InputError, UsageError
from dothi.store import dataset, runs

from .scenes import CRS, EAST, NORTH, STREET, buildings, centrelines, frame, line, of_streets, parcels, rectangle, uid
from .test_seeing import Heard

LAYERS = ("parcel", "building", "street_centreline", "street_boundary", "red_line", "lot_edge")
# A corner lot of 20 by 30 m, one of 8 by 25 m in the row, one on no street, one whose outline crosses itself.
BOW = MultiPolygon([Polygon([(EAST + x, NORTH + y) for x, y in ((60, 40), (69, 49), (69, 40), (60, 49))])])
LOTS = {
    "corner": rectangle(0, 0, 20, 30),
    "row": rectangle(20, 0, 28, 25),
    "inner": rectangle(40, 30, 60, 60),
    "bow": BOW,
}
LOTS_OF = {uid(name): shape for name, shape in LOTS.items()}
HOUSE = {"use": "detached"}
SOUTH, WEST = rectangle(-100, -15, 300, 0), rectangle(-30, 0, 0, 300)


def decided(**rows: tuple[str, str, Any]) -> gpd.GeoDataFrame:
    """``name=(parcel, kind, line)``."""
    made = [
        {"uid": uid(name), "parcel": uid(parcel), "kind": kind, "geometry": shape}
        for name, (parcel, kind, shape) in rows.items()
    ]
    return frame(made, ("parcel", "kind", "street"))


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "Thủ Dầu Một"
    folder.mkdir()
    path = dataset.create(folder / "cạnh thửa.gpkg", LAYERS, CRS)
    dataset.set_meta(path, simulated=True)
    dataset.append(path, "parcel", parcels(**LOTS))
    dataset.append(
        path, "building", buildings(house=(rectangle(21, 1, 27, 15), HOUSE), off=(rectangle(200, 100, 210, 110), HOUSE))
    )
    return path


def with_streets(path: Path) -> Path:
    """A street of 15 m south of the lots, one of 30 m west of them."""
    south, west = (line((-100, -7.5), (300, -7.5)), STREET), (line((-15, 0), (-15, 300)), STREET | {"width_m": 30.0})
    dataset.append(path, "street_centreline", centrelines(south=south, west=west))
    dataset.append(path, "street_boundary", of_streets(south=SOUTH, west=WEST))
    return path


def ask(path: Path, heard: Heard | None = None, **values: Any) -> tuple[dict[str, Any], gpd.GeoDataFrame]:
    told = zoning.lot_edges(JOBS["zoning.lot_edges"].read({"data": str(path), **values}), heard or Heard())
    return told, dataset.read(told["run"], "typed_edge")


def metres(rows: gpd.GeoDataFrame, name: str) -> list[tuple[str, float]]:
    mine = rows[rows["parcel"] == uid(name)]
    return [(kind, round(length, 6)) for kind, length in zip(mine["kind"], mine["length_m"], strict=True)]


def test_every_lot_by_hand(data):
    before = with_streets(data).read_bytes()
    heard = Heard()
    told, rows = ask(data, heard)
    assert data.read_bytes() == before
    assert metres(rows, "corner") == [("street", 30), ("street", 20), ("side", 20), ("back", 30)]
    assert metres(rows, "row") == [("street", 8), ("side", 25), ("side", 25), ("back", 8)]
    assert metres(rows, "inner") == [("other", 100)]
    assert metres(rows, "bow") == []
    on_street = rows[rows["kind"] == "street"].set_index("length_m")["street"].to_dict()
    assert on_street == {30: uid("west"), 20: uid("south"), 8: uid("south")}
    assert not rows["decided"].any()
    assert not rows["doubtful"].any()
    assert rows.crs == CRS
    assert shapely.length(rows.geometry.to_numpy()) == pytest.approx(rows["length_m"].to_numpy())
    left = shapely.offset_curve(rows.geometry.to_numpy(), 1.0)  # the lot lies to the left of its edges
    inside = shapely.within(left, [LOTS_OF[parcel].buffer(1e-6) for parcel in rows["parcel"]])
    assert inside.all()
    assert told["not_measured"] == [uid("bow")]
    assert told["counts"] == {
        "lots": 4, "on_no_street": 1, "doubtful": 0, "edges": 9, "decided": 0,
        "length_m": {"street": 58.0, "side": 70.0, "back": 38.0, "public": 0.0, "other": 100.0},
    }  # fmt: skip
    assert runs.row(told["run"])["counts"] == told["counts"]
    assert heard.codes == ["zoning.edges.on_no_street", "zoning.edges.unsound", "zoning.simulated"]


def test_the_word_of_a_planner_is_kept_and_marked_and_what_fits_nowhere_is_named(data):
    with_streets(data)
    rows_given = decided(
        kept=("row", "public", line((28, 10), (28, 25))),
        off=("row", "side", line((35, 0), (35, 25))),
        other_lot=("inner", "back", line((20, 0), (20, 25))),
    )
    dataset.append(data, "lot_edge", rows_given)
    heard = Heard()
    told, rows = ask(data, heard)
    assert metres(rows, "row") == [("street", 8), ("side", 25), ("side", 10), ("back", 8), ("public", 15)]
    assert rows[rows["decided"]]["kind"].tolist() == ["public"]
    assert told["counts"]["decided"] == 1
    assert told["unused_corrections"] == [uid("off"), uid("other_lot")]
    assert heard.codes.count("zoning.edges.unused") == 2
    assert ask(data, uid=uid("row"))[0]["unused_corrections"] == [uid("off")]


@pytest.mark.parametrize("name", ["row", "house"])
def test_of_one_lot_or_of_the_lot_of_a_building_they_are_those_of_the_whole(data, name):
    whole = ask(with_streets(data))[1]
    told, alone = ask(data, uid=uid(name))
    assert metres(alone, "row") == metres(whole, "row")
    assert set(alone["parcel"]) == {uid("row")}
    assert told["counts"]["lots"] == 1


def test_chosen_lots_alone_are_told(data):
    chosen = {"path": str(with_streets(data)), "layer": "parcel", "uids": [uid("row"), uid("bow")]}
    told, rows = ask(data, parcels=chosen)
    assert set(rows["parcel"]) == {uid("row")}
    assert told["not_measured"] == [uid("bow")]


def test_without_streets_no_edge_has_a_kind_and_it_is_said(data):
    heard = Heard()
    told, rows = ask(data, heard)
    assert set(rows["kind"]) == {"other"}
    assert rows["street"].isna().all()
    assert told["counts"]["on_no_street"] == 3
    assert "zoning.edges.no_streets" in heard.codes


def test_without_streets_a_planner_may_still_say_what_an_edge_is(data):
    dataset.append(data, "lot_edge", decided(kept=("row", "back", line((20, 25), (28, 25)))))
    assert metres(ask(data)[1], "row") == [("back", 8), ("other", 58)]


def test_a_street_without_red_line_leaves_doubt_and_it_is_said(data):
    dataset.append(data, "street_centreline", centrelines(south=(line((-100, -7.5), (300, -7.5)), STREET)))
    heard = Heard()
    told, rows = ask(data, heard)
    assert set(rows[rows["doubtful"]]["parcel"]) == {uid("corner"), uid("row")}
    assert told["counts"]["doubtful"] == 2
    assert "zoning.edges.doubtful" in heard.codes


def test_a_red_line_of_no_street_gives_an_edge_that_names_none(data):
    nameless = frame([{"uid": uid("nameless"), "geometry": line((-100, 0), (300, 0))}], ("street",))
    dataset.append(data, "red_line", nameless)
    rows = ask(data)[1]
    assert metres(rows, "row")[0] == ("street", 8)
    assert rows["street"].isna().all()


@pytest.mark.parametrize(
    ("values", "error", "code"),
    [
        ({"uid": uid("nobody")}, InputError, "uid_unknown"),
        ({"uid": "'; drop"}, InputError, "uid_wrong"),
        ({"uid": uid("off")}, InputError, "off_lots"),
        ({"uid": uid("row"), "parcels": "x.gpkg"}, UsageError, "one_of_two"),
    ],
)
def test_what_cannot_be_asked_is_refused(data, values, error, code):
    with pytest.raises(error, match=code):
        ask(with_streets(data), **values)
    assert runs.runs(data) == []


def test_a_choice_of_lots_that_are_not_there_is_refused(data):
    with pytest.raises(InputError, match="uid_unknown"):
        ask(data, parcels={"path": str(data), "layer": "parcel", "uids": [uid("nobody")]})


def test_a_data_set_without_parcels_is_refused(tmp_path):
    path = dataset.create(tmp_path / "a.gpkg", ["street_centreline"], CRS)
    with pytest.raises(InputError, match="layer_missing"):
        ask(path)

"""Scenarios: differences on one base, kept apart from it; told when the base moves on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import runner
from dothi.layers.errors import DothiError, EnvironmentTroubleError, InputError
from dothi.layers.report import SILENT
from dothi.store import dataset, runs, scenarios
from dothi.store.differences import CHANGE, FIELDS, between

from ..zoning.scenes import CRS, EAST, NORTH, buildings, parcels, rectangle, uid, zones

LAYERS = ("parcel", "building", "planned_zone")
NAME = "Phương án A/B: mở rộng công viên – đợt 1"


def alter(path: Path, sql: str, *values: object) -> None:
    """Change the base as another program would, with the functions that its spatial index calls."""
    with closing(sqlite3.connect(path)) as database, database:
        spatial(database).execute(sql, values)


def spatial(database: sqlite3.Connection) -> sqlite3.Connection:
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(name, 1, lambda _geometry: 0)
    return database


class Heard:
    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def progress(self, share: float, code: str = "", **arguments: Any) -> None:
        pass

    def message(self, code: str, level: str = "info", **arguments: Any) -> None:
        self.said.append((code, arguments))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three lots, two houses and a zone."""
    folder = tmp_path / "Dữ liệu tỉnh"
    folder.mkdir()
    path = dataset.create(folder / "đô thị.gpkg", LAYERS, CRS, profile="binh_duong", simulated=True)
    dataset.set_meta(path, judged_on="2026-06-01")
    fill(path)
    return path


def fill(path: Path) -> None:
    lots = {f"lot{i}": (rectangle(20 * i, 0, 20 * i + 20, 30), {"land_use": "ODT"}) for i in range(3)}
    house = {"use": "detached", "height_m": 12.0, "floors": 3, "floor_area_m2": 300.0}
    dataset.append(path, "parcel", parcels(**lots))
    dataset.append(
        path, "building", buildings(**{f"house{i}": (rectangle(20 * i + 5, 5, 20 * i + 15, 15), house) for i in (0, 1)})
    )
    dataset.append(path, "planned_zone", zones(zone=(rectangle(-50, -50, 200, 200), {"land_use": "ODT"})))


def job(job_id: str, report: Any = SILENT, **values: Any) -> dict[str, Any]:
    return runner(job_id)(
        JOBS[job_id].read({name: str(v) if isinstance(v, Path) else v for name, v in values.items()}), report
    )


def wkt(west: float, south: float, east: float, north: float) -> str:
    return str(rectangle(west, south, east, north).wkt)


EDITS = {
    "building": {
        "added": [{"values": {"code": "new", "use": "detached", "height_m": 9.0}, "wkt": wkt(45, 5, 55, 15)}],
        "changed": [{"uid": uid("house0"), "values": {"height_m": 20.0}, "wkt": wkt(5, 5, 15, 25)}],
        "deleted": [uid("house1")],
    }
}


def code_of(caught: pytest.ExceptionInfo[DothiError]) -> str:
    assert caught.value.sentence("vi") != caught.value.code
    assert "{" not in caught.value.sentence("vi")
    return caught.value.code


def refused(data: Path, edits: Any, **values: Any) -> str:
    with pytest.raises(DothiError) as caught:
        job("scenario.save", data=data, name="x", edits=edits, **values)
    assert scenarios.listed(data)[0] == []
    return code_of(caught)


def merged(data: Path, word: str, layer_id: str = "building") -> gpd.GeoDataFrame:
    frame = scenarios.merged(scenarios.find(data, word), layer_id, dataset.read(data, layer_id))
    assert frame is not None
    return frame.set_index("code")


def test_a_scenario_holds_the_differences_alone_and_leaves_the_base_as_it_is(data):
    before = data.read_bytes()
    made = job("scenario.save", data=data, name=NAME, edits=EDITS)
    assert data.read_bytes() == before
    assert made["scenario"] == "phuong-an-a-b-mo-rong-cong-vien-dot-1"
    assert made["counts"] == {"building": {"added": 1, "changed": 1, "deleted": 1}}
    path = Path(made["path"])
    assert path.parent == data.with_suffix(".dothi") / "scenarios"
    assert dataset.layers_in(path) == ("building",)
    rows = scenarios.read(scenarios.find(data, NAME), "building").set_index(CHANGE)
    assert len(rows) == 3
    assert rows.loc["changed", FIELDS] == '["height_m", "geometry"]'
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_merged_layer_is_the_base_with_the_edits_made(data):
    job("scenario.save", data=data, name=NAME, edits=EDITS)
    found = merged(data, NAME)
    assert sorted(found.index) == ["house0", "new"]
    assert found.loc["house0", "height_m"] == 20.0
    assert found.loc["house0", "floor_area_m2"] == 300.0
    assert found.loc["house0"].geometry.area == pytest.approx(200.0)
    assert found.crs == CRS
    assert list(merged(data, NAME, "parcel").index) == ["lot0", "lot1", "lot2"]


def test_a_field_that_the_scenario_does_not_edit_follows_the_base(data):
    job("scenario.save", data=data, name="a", edits=EDITS)
    alter(data, "UPDATE building SET floors = 7 WHERE uid = ?", uid("house0"))
    assert merged(data, "a").loc["house0", "floors"] == 7


def test_coordinates_of_another_system_go_through_the_pinned_operation(data):
    lot = rectangle(45, 5, 55, 15)
    from dothi.store.coordinates import transform_geometries

    west = transform_geometries([lot], CRS, "EPSG:9218")[0].wkt
    edits = {"building": {"crs": "EPSG:9218", "added": [{"values": {"code": "n", "use": "detached"}, "wkt": west}]}}
    job("scenario.save", data=data, name="a", edits=edits)
    assert merged(data, "a").loc["n"].geometry.hausdorff_distance(lot) < 0.001
    assert refused_code(data, {"building": {"crs": "EPSG:99", "added": edits["building"]["added"]}}) == "crs.unknown"


def refused_code(data: Path, edits: Any) -> str:
    with pytest.raises(DothiError) as caught:
        job("scenario.save", data=data, name="y", edits=edits)
    return code_of(caught)


ADD = {"uid": uid("new"), "values": {"code": "n"}, "wkt": wkt(0, 0, 1, 1)}


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ({"building": {"added": [ADD, ADD]}}, "scenario.edit_twice"),
        ({"building": {"added": [{**ADD, "uid": uid("house0")}]}}, "scenario.uid_taken"),
        ({"building": {"deleted": [uid("house0"), uid("house0")]}}, "scenario.edit_twice"),
        ({"building": {"deleted": [uid("nobody")]}}, "scenario.edit_unknown"),
        ({"building": {"changed": [{"uid": "1 OR 1=1"}]}}, "store.uid_wrong"),
        ({"building": {"added": [{**ADD, "wkt": "POLYGON ((0 0"}]}}, "scenario.geometry_unreadable"),
        ({"building": {"added": [{**ADD, "wkt": "POLYGON ((0 0, 0 1, NaN 1, 0 0))"}]}}, "scenario.geometry_unreadable"),
        ({"building": {"added": [{**ADD, "wkt": "POINT (0 0)"}]}}, "schema.geometry_wrong"),
        ({"building": {"added": [{**ADD, "values": {"colour": "red"}}]}}, "schema.column_unknown"),
        ({"building": {"added": [{**ADD, "values": {"height_m": "cao"}}]}}, "schema.value_wrong"),
        ({"building": {"added": [{**ADD, "values": {"use": "castle"}}]}}, "schema.value_wrong"),
        ({"castle": {"added": [ADD]}}, "schema.unknown_layer"),
        ({"street_centreline": {"deleted": [uid("a")]}}, "schema.layer_missing"),
        ({"building": {"added": 5}}, "scenario.edits_unreadable"),
        ({"building": {"added": [5]}}, "scenario.edits_unreadable"),
        ([], "scenario.edits_unreadable"),
        ({}, "scenario.empty"),
        ({"building": {"changed": [{"uid": uid("house0"), "values": {"height_m": "12,0"}}]}}, "scenario.empty"),
    ],
)
def test_wrong_edits_are_refused_and_nothing_is_left(data, edits, code):
    assert refused(data, edits) == code


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Đường vành đai / 2", "duong-vanh-dai-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("方案", "phuong-an"),
        ("CON", "con-1"),
        ("x" * 120, "x" * 60),
        ("?*|", "phuong-an"),
    ],
)
def test_any_name_has_a_plain_file(data, name, slug):
    made = job("scenario.save", data=data, name=name, edits=EDITS)
    assert made["scenario"] == slug
    assert Path(made["path"]).parent == scenarios.folder(data)
    assert scenarios.find(data, name).name == name
    assert scenarios.find(data, slug).name == name


def test_names_that_cannot_be_shown_are_refused(data):
    for name in ("  ", "x" * 121, "a\x07b"):
        with pytest.raises(InputError) as caught:
            job("scenario.save", data=data, name=name, edits=EDITS)
        assert code_of(caught) == "scenario.name_wrong"


def test_names_that_fold_to_the_same_file_get_two_and_a_taken_name_is_kept(data):
    first = job("scenario.save", data=data, name="Lô A", edits=EDITS)
    second = job("scenario.save", data=data, name="Lo a", edits=EDITS)
    assert (first["scenario"], second["scenario"]) == ("lo-a", "lo-a-2")
    with pytest.raises(EnvironmentTroubleError) as caught:
        job("scenario.save", data=data, name="LÔ A", edits=EDITS)
    assert code_of(caught) == "scenario.name_taken"
    kept = scenarios.find(data, "lo-a").uid
    over = {"building": {"deleted": [uid("house0")]}}
    again = job("scenario.save", data=data, name="Lô A", edits=over, over=True)
    assert again["path"] == first["path"]
    assert again["counts"] == {"building": {"added": 0, "changed": 0, "deleted": 1}}
    assert scenarios.find(data, "lo-a").uid == kept


def test_scenarios_are_listed_renamed_and_removed(data):
    assert job("scenario.list", data=data) == {"scenarios": [], "unreadable": []}
    job("scenario.save", data=data, name="b", edits=EDITS, note="thử")
    job("scenario.save", data=data, name="a", edits=EDITS)
    assert [one["name"] for one in job("scenario.list", data=data)["scenarios"]] == ["a", "b"]
    assert job("scenario.rename", data=data, scenario="b", name="Bờ kè")["scenario"] == "b"
    with pytest.raises(EnvironmentTroubleError):
        job("scenario.rename", data=data, scenario="b", name="A")
    assert job("scenario.remove", data=data, scenario="Bờ kè") == {"removed": "Bờ kè"}
    with pytest.raises(InputError) as caught:
        job("scenario.remove", data=data, scenario="Bờ kè")
    assert code_of(caught) == "scenario.unknown"


def test_a_damaged_file_hides_no_other(data):
    job("scenario.save", data=data, name="a", edits=EDITS)
    folder = scenarios.folder(data)
    (folder / "nat.gpkg").write_bytes(b"not a GeoPackage")
    whole = (folder / "a.gpkg").read_bytes()
    (folder / "half.gpkg").write_bytes(whole[: len(whole) // 2])
    dataset.create(folder / "other.gpkg", ["parcel"], CRS)
    later = dict(dataset.meta(folder / "a.gpkg")["scenario"], format=99)
    (folder / "later.gpkg").write_bytes(whole)
    dataset.set_meta(folder / "later.gpkg", scenario=later)
    told = job("scenario.list", data=data)
    assert [one["name"] for one in told["scenarios"]] == ["a"]
    assert sorted(one["code"] for one in told["unreadable"]) == [
        "scenario.not_one",
        "scenario.other_format",
        "schema.not_geopackage",
        "schema.not_geopackage",
    ]


def test_what_happened_to_the_base_since_is_told(data):
    job("scenario.save", data=data, name="a", edits=EDITS)
    one = scenarios.find(data, "a")
    assert scenarios.base_since(data, one) == {}
    new = scenarios.read(one, "building").set_index(CHANGE).loc["added", "uid"]
    shape = gpd.GeoDataFrame(
        {"uid": [new], "code": ["mine"], "use": ["other"]}, geometry=[rectangle(0, 0, 2, 2)], crs=CRS
    )
    dataset.append(data, "building", shape)
    alter(data, "UPDATE building SET floors = 7 WHERE uid = ?", uid("house1"))
    alter(data, "UPDATE building SET uid = ? WHERE uid = ?", uid("else"), uid("house0"))
    heard = Heard()
    found = scenarios.tell_since(data, one, heard)["building"]
    assert (found.changed, found.gone, found.there) == ((uid("house1"),), (uid("house0"),), (new,))
    assert [code for code, _ in heard.said] == ["scenario.base_changed", "scenario.base_gone", "scenario.base_there"]
    left = merged(data, "a")
    assert sorted(left.index) == ["house0", "new"]  # the house with another uid is another house
    assert left.loc["house0", "height_m"] == 12.0


def test_a_scenario_of_another_data_set_is_refused(data, tmp_path):
    job("scenario.save", data=data, name="a", edits=EDITS)
    other = dataset.create(tmp_path / "khác.gpkg", LAYERS, CRS)
    dataset.append(other, "building", buildings(stranger=(rectangle(0, 0, 5, 5), {"use": "other"})))
    scenarios.folder(other).mkdir(parents=True)
    (scenarios.folder(other) / "a.gpkg").write_bytes((scenarios.folder(data) / "a.gpkg").read_bytes())
    with pytest.raises(InputError) as caught:
        scenarios.base_since(other, scenarios.find(other, "a"))
    assert code_of(caught) == "scenario.other_data"


def test_a_base_that_an_editor_holds_open_is_read(data):
    """QGIS keeps its GeoPackage in WAL mode with a transaction open while somebody draws."""
    with closing(sqlite3.connect(data, isolation_level=None)) as editor:
        editor.execute("PRAGMA journal_mode = WAL")
        editor.execute("BEGIN IMMEDIATE")
        spatial(editor).execute("UPDATE building SET floors = 9")
        job("scenario.save", data=data, name="a", edits=EDITS)
        assert merged(data, "a").loc["house0", "floors"] == 3
        editor.execute("ROLLBACK")


def test_a_base_locked_for_good_is_named(data):
    with closing(sqlite3.connect(data, isolation_level=None)) as editor:
        editor.execute("BEGIN EXCLUSIVE")
        with pytest.raises(EnvironmentTroubleError) as caught:
            job("scenario.save", data=data, name="a", edits=EDITS)
        assert code_of(caught) == "store.locked"


def test_two_data_sets_give_a_scenario(data, tmp_path):
    other = tmp_path / "bản sao.gpkg"
    other.write_bytes(data.read_bytes())
    alter(other, "UPDATE parcel SET land_use = 'TMD' WHERE code = 'lot1'")
    alter(other, "ALTER TABLE building DROP COLUMN permit_no")  # an older copy lacks a column: no difference
    dataset.append(other, "parcel", parcels(extra=(rectangle(100, 0, 120, 30), {"land_use": "DKV"})))
    made = job("scenario.diff", data=data, other=other, name="b")
    assert made["counts"] == {"parcel": {"added": 1, "changed": 1, "deleted": 0}}
    found = merged(data, "b", "parcel")
    assert found.loc["lot1", "land_use"] == "TMD"
    assert found.loc["extra", "land_use"] == "DKV"
    with pytest.raises(InputError) as caught:
        job("scenario.diff", data=data, other=other, name="c", layers=["hydrant"])
    assert code_of(caught) == "schema.layer_missing"


def test_the_same_ring_begun_elsewhere_or_rounded_is_no_difference():
    before = parcels(lot=(rectangle(0, 0, 10, 10), {"land_use": "ODT"}))
    ring = [(10, 10), (0, 10), (0, 0), (10, 0)]
    same = shapely.MultiPolygon([shapely.Polygon([(EAST + x + 3e-5, NORTH + y) for x, y in ring])])
    after = parcels(lot=(same, {"land_use": "ODT"}))
    assert between(before, after).empty
    moved = parcels(lot=(rectangle(0, 0, 10, 10.001), {"land_use": "ODT"}))
    assert list(between(before, moved)[FIELDS]) == ['["geometry"]']


def test_a_uid_that_stands_twice_cannot_be_matched():
    twice = pd.concat([parcels(lot=rectangle(0, 0, 1, 1))] * 2, ignore_index=True)
    with pytest.raises(InputError) as caught:
        between(twice, twice)
    assert code_of(caught) == "scenario.uid_twice"


def test_a_base_row_that_breaks_the_catalogue_can_still_be_deleted(data):
    alter(data, "UPDATE building SET use = 'castle' WHERE uid = ?", uid("house1"))
    job("scenario.save", data=data, name="a", edits={"building": {"deleted": [uid("house1")]}})
    assert list(merged(data, "a").index) == ["house0"]


def test_a_job_killed_while_it_writes_leaves_no_scenario(data, tmp_path):
    script = tmp_path / "slow.py"
    script.write_text(
        "import sys, time\n"
        "from dothi.store import bulk, scenarios, edits\n"
        "fill = bulk.fill\n"
        "def slow(*given):\n"
        "    fill(*given); print('writing', flush=True); time.sleep(60)\n"
        "bulk.fill = slow\n"
        "import json; from pathlib import Path\n"
        "data = Path(sys.argv[1])\n"
        "scenarios.save(data, 'a', edits.differences(data, json.loads(sys.argv[2])))\n",
        encoding="utf-8",
    )
    import json

    words = [sys.executable, "-P", str(script), str(data), json.dumps(EDITS)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"writing\n"
        os.kill(child.pid, signal.SIGKILL)
    assert job("scenario.list", data=data) == {"scenarios": [], "unreadable": []}
    assert job("scenario.save", data=data, name="a", edits=EDITS)["scenario"] == "a"


def test_a_scenario_is_judged_without_writing_the_data_set(data):
    """House 0 grows over 90 % of its lot of 600 m²; house 1 goes."""
    edits = {"building": {"changed": [{"uid": uid("house0"), "wkt": wkt(0, 0, 20, 29)}], "deleted": [uid("house1")]}}
    job("scenario.save", data=data, name="lớn", edits=edits)
    before = data.read_bytes()
    asked = {"data": data, "rules": ["qcvn01.net_density"], "plan_state": "approved", "area_state": "new"}
    base, planned = job("zoning.check", **asked), job("zoning.check", **asked, scenario="lớn")
    assert base["outcomes"]["fail"] == 0
    assert planned["outcomes"]["fail"] == 1
    assert data.read_bytes() == before
    assert Path(planned["run"]).parent == scenarios.folder(data) / "lon.runs"
    assert runs.newest(data, "zoning.check") == Path(base["run"])

    compared = job("scenario.compare", **asked, floor_per_person=30.0)
    rows = {(row["indicator"], row["label"]): row for row in compared["rows"]}
    assert [one["scenario"] for one in compared["columns"]] == [None, "lon"]
    assert rows["buildings", ""]["values"] == [2.0, 1.0]
    assert rows["population", ""]["values"] == [pytest.approx(20.0), pytest.approx(10.0)]  # 300 m² for 10 people
    assert rows["population", ""]["assumed"] == [True, True]
    assert rows["verdicts", "fail"]["values"] == [0.0, 1.0]
    assert rows["findings", "new"]["values"] == [None, 1.0]
    # 200 m² of 250 x 250 m, then 20 x 29 m
    assert rows["coverage", ""]["values"] == [pytest.approx(0.32), pytest.approx(100 * 580 / 62_500)]
    table = Path(compared["table"]).read_text(encoding="utf-8-sig").splitlines()
    assert table[0] == "Chỉ tiêu,Của,Đơn vị,Dữ liệu gốc,lớn,Ghi chú"
    assert "Dân số,,người,20.0,10.0,theo giả định của người dùng" in table
    assert runs.row(compared["run"])["counts"]["rows"] == compared["rows"]


def test_an_unknown_scenario_is_named_with_those_there_are(data):
    job("scenario.save", data=data, name="a", edits=EDITS)
    for asked in ({"job_id": "zoning.check", "scenario": "b"}, {"job_id": "scenario.compare", "scenarios": ["b"]}):
        with pytest.raises(InputError) as caught:
            job(data=data, **asked)
        assert code_of(caught) == "scenario.unknown"
        assert caught.value.arguments["known"] == ["a"]

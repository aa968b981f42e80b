"""The job on a real data set: a run file, the same verdicts for one feature, and what is refused."""

from __future__ import annotations

import json
import math
import os
import signal
import sqlite3
import struct
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from dothi.engine.contract import JOBS
from dothi.engine.jobs import zoning
from dothi.layers.errors import InputError
from dothi.layers.report import SILENT
from dothi.store import dataset, runs, verdicts

from .scenes import CRS, STREET, buildings, centrelines, line, of_streets, parcels, rectangle, uid, zones
from .test_rule_files import MATRIX

LAYERS = ("parcel", "building", "planned_zone", "street_centreline", "street_boundary", "red_line")
HOUSE = {"use": "detached", "height_m": 20.0, "floors": 5, "floor_area_m2": 500.0}


def write(path: Path, crs: str = CRS, **meta) -> Path:
    dataset.create(path, LAYERS, crs)
    dataset.set_meta(path, judged_on="2026-06-01", province="binh_duong", simulated=True, **meta)
    lots = {f"lot{i}": (rectangle(20 * i, 0, 20 * i + 20, 30), {"land_use": "ODT"}) for i in range(5)}
    houses = {f"house{i}": (rectangle(20 * i + 2, i, 20 * i + 18, 20), HOUSE) for i in range(5)}
    zone = {"land_use": "ODT", "area_state": "new", "plan_state": "approved"}
    for layer_id, frame in {
        "parcel": parcels(**lots, far=(rectangle(500, 500, 520, 520), {"land_use": "SKC"})),
        "building": buildings(**houses),
        "planned_zone": zones(zone=(rectangle(-50, 0, 700, 700), zone)),
        "street_centreline": centrelines(first=(line((-100, -7.5), (300, -7.5)), STREET)),
        "street_boundary": of_streets(first=rectangle(-100, -15, 300, 0)),
    }.items():
        dataset.append(path, layer_id, frame.set_crs(crs, allow_override=True))
    return path


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "Bình Dương mới"
    folder.mkdir()
    return write(folder / "đô thị.gpkg")


def check(path: Path, report=SILENT, **values) -> dict[Any, Any]:
    return zoning.check(JOBS["zoning.check"].read({"data": str(path), **values}), report)


def explain(path: Path, name: str, **values) -> list[dict[str, Any]]:
    return zoning.explain(JOBS["zoning.explain"].read({"data": str(path), "uid": uid(name), **values}), SILENT)[
        "verdicts"
    ]


def ask(path: Path, **values) -> dict[str, Any]:
    return zoning.explain(JOBS["zoning.explain"].read({"data": str(path), **values}), SILENT)


def test_a_run_holds_what_was_found_and_from_what(data):
    before = data.read_bytes()
    result = check(data)
    run = Path(result["run"])
    assert run.parent == dataset.beside(data) / "runs"
    assert data.read_bytes() == before
    found = dataset.read(run, "finding")
    rows = found["outcome"].value_counts()
    counted: Counter[str] = Counter()
    for columns in verdicts.read(run):
        counted.update(columns.counts)
    unjudged = found["feature_uid"].isna().sum()  # rules that lack a layer are rows only
    assert dict(counted) | {"not_checkable": counted["not_checkable"] + unjudged} == result["outcomes"]
    assert set(rows.index) <= {"fail", "not_checkable"}
    assert rows["fail"] == counted["fail"]
    assert rows["not_checkable"] == counted["not_checkable"] + unjudged
    assert sum(row["fail"] for row in result["by_rule"]) == result["outcomes"]["fail"]
    setback = found[(found["rule"] == "qcvn01.setback") & (found["outcome"] == "fail")]
    assert sorted(setback["measured"]) == [0.0, 1.0, 2.0]
    assert found["uid"].is_unique
    assert found.crs == CRS
    placed = found["feature_uid"].notna()
    assert (found.geometry.isna() == ~placed).all()
    assert set(shapely.get_type_id(found.geometry.dropna())) == {6}
    row = runs.row(run)
    assert row["inputs"]["rules"]["qcvn01.setback"] == 1
    assert row["inputs"]["judged_on"] == "2026-06-01"
    assert row["simulated"]


@pytest.mark.parametrize(
    ("day", "source"), [("2020-06-01", "NĐ 43/2015/NĐ-CP, Điều 9"), ("2026-06-01", "NĐ 53/2024/NĐ-CP, Điều 22-25")]
)
def test_the_list_of_rules_names_the_edition_of_the_day(data, day, source):
    [told] = check(data, date=day, rules=["corridor.bank.river_bank"])["by_rule"]
    assert told["source"] == source


def test_every_verdict_about_one_feature_equals_that_of_the_run(data):
    path = check(data)["run"]
    run = dataset.read(path, "finding")
    for name in ("lot1", "far", "house0", "house4"):
        alone = explain(data, name)
        mine = [v for v in alone if v["feature_uid"] == uid(name)]
        theirs = run[run["feature_uid"] == uid(name)]
        kept = {one["rule"]: one for one in verdicts.verdicts_of(path, uid(name))}
        assert len(mine) == len(kept) > 0
        for verdict in mine:
            stored = kept[verdict["rule"]]
            assert verdict["message_vi"]
            assert verdict["outcome"] == stored["outcome"]
            assert verdict["measured"] == stored.get("measured")  # to the last bit
            assert ("reason" in stored) == (verdict["outcome"] == "not_applicable")
            if verdict["outcome"] in ("pass", "fail"):
                assert verdict["limit_value"] == stored["limit"]
            row = theirs[theirs["rule"] == verdict["rule"]]
            if verdict["outcome"] in ("fail", "not_checkable"):
                assert verdict["message_vi"] == row["message_vi"].item()
                assert verdict["how"] == (json.loads(row["how"].item()) if row["how"].notna().item() else None)
            else:
                assert row.empty
    about = [v for v in explain(data, "house1") if v["feature_uid"]]
    assert {v["feature_code"] for v in about} == {"house1", "lot1"}


def test_a_matrix_beside_the_data_decides_and_is_named_in_the_run(data):
    assert check(data, rules="plan.land_use")["outcomes"]["not_checkable"] == 1
    rules = dataset.beside(data) / "rules"
    rules.mkdir()
    (rules / "use.toml").write_text(MATRIX, encoding="utf-8")
    result = check(data, rules="plan.land_use")
    assert result["outcomes"] == {"pass": 5, "fail": 1, "not_applicable": 0, "not_checkable": 0}
    assert runs.row(result["run"])["inputs"]["compatibility"] == {"test.land_use": 1}


def test_the_date_of_the_job_overrides_that_of_the_data(data):
    assert check(data, rules="qcvn01.setback", date="2027-02-01")["outcomes"]["not_checkable"] == 0
    late = check(data, rules="qcvn01.setback", date="2027-02-01", plan_state="not_appraised")
    assert late["outcomes"]["not_checkable"] == 5


def test_a_selection_of_parcels_is_checked_alone(data):
    chosen = {"path": str(data), "layer": "parcel", "uids": [uid("lot1")]}
    result = check(data, parcels=chosen)
    assert result["checked"] == 2


def test_a_choice_of_buildings_does_not_make_a_lot_look_emptier(data):
    chosen = {"path": str(data), "layer": "building", "uids": [uid("house1")]}
    run = check(data, buildings=chosen)["run"]
    told = {one for columns in verdicts.read(run) if columns.layer == "building" for one in columns.uids}
    assert told == {uid("house1")}
    density = {one["rule"]: one for one in verdicts.verdicts_of(run, uid("lot0"))}
    assert density["qcvn01.net_density.detached"]["measured"] > 50


def test_an_empty_layer_is_an_error_and_an_absent_one_is_told_rule_by_rule(tmp_path):
    path = dataset.create(tmp_path / "a.gpkg", ["parcel"], CRS)
    with pytest.raises(InputError, match="layer_empty"):
        check(path, rules="plan.land_use")
    dataset.append(path, "parcel", parcels(lot=(rectangle(0, 0, 20, 30), {"land_use": "ODT"})))
    found = dataset.read(check(path, rules=["qcvn01.setback", "plan.land_use"])["run"], "finding").set_index("rule")
    assert list(found["outcome"]) == ["not_checkable", "not_checkable"]
    assert found.loc["qcvn01.setback", "missing"] == '["layer.building"]'
    assert found.loc["qcvn01.setback", "message_vi"].endswith("tập dữ liệu không có lớp Công trình.")
    assert found["feature_code"].isna().to_dict() == {"qcvn01.setback": True, "plan.land_use": False}


def test_a_geometry_that_nobody_can_read_stops_no_other(data):
    """A ring that does not close, one of no numbers, one without end: not checkable, and all others as before."""
    ring = struct.pack("<BII", 1, 6, 1) + struct.pack("<BIII", 1, 3, 1, 4)
    without_end = ring + struct.pack("<8d", 0, 0, math.inf, 0, 9, 9, 0, 0)
    open_ring = ring + struct.pack("<8d", 0, 0, 9, 0, 9, 9, 0, 9)
    no_numbers = ring + struct.pack("<8d", *[math.nan] * 8)
    before = {(row["rule"], row["outcome"]) for row in explain(data, "house3")}
    with closing(sqlite3.connect(data)) as file, file:
        triggers = file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:  # they ask for functions that only QGIS has
            file.execute(f'DROP TRIGGER "{name}"')
        head = file.execute("SELECT substr(geom, 1, 8) FROM building").fetchone()[0]
        plain = head[:3] + bytes([head[3] & 0x01]) + head[4:]
        for name, wkb in (("house1", open_ring), ("house2", no_numbers), ("house4", without_end)):
            file.execute("UPDATE building SET geom = ? WHERE uid = ?", (plain + wkb, uid(name)))
    found = dataset.read(check(data, rules="qcvn01.setback")["run"], "finding")
    unread = ("house1", "house2", "house4")
    broken = found[found["feature_uid"].isin([uid(name) for name in unread])]
    assert broken["missing"].tolist() == ['["building.geometry"]'] * 3
    for name in unread:
        assert "pass" not in {row["outcome"] for row in explain(data, name)}
    assert {(row["rule"], row["outcome"]) for row in explain(data, "house3")} == before


def test_a_data_set_with_nothing_to_judge_is_an_error(tmp_path):
    path = dataset.create(tmp_path / "a.gpkg", ["hydrant"], CRS)
    with pytest.raises(InputError, match="layer_missing"):
        check(path, rules="plan.land_use")


def test_degrees_are_refused(tmp_path, data):
    degrees = gpd.read_file(data, layer="parcel").to_crs("EPSG:4756")
    degrees.to_file(tmp_path / "degrees.gpkg", layer="parcel")
    with pytest.raises(InputError, match="needs_metres"):
        check(data, parcels=str(tmp_path / "degrees.gpkg"))
    assert runs.runs(data) == []


def test_a_layer_in_another_zone_is_noticed(tmp_path, data):
    """Zones written by a program that was told 107°45' instead of 105°45'."""
    other = gpd.read_file(data, layer="planned_zone").set_crs("EPSG:5899", allow_override=True)
    other.to_file(tmp_path / "zones.gpkg", layer="planned_zone")
    with pytest.raises(InputError, match="layer_elsewhere"):
        check(data, zones=str(tmp_path / "zones.gpkg"))


def test_a_data_set_in_a_wrong_zone_is_told(tmp_path):
    told = []

    class Listener:
        def progress(self, share, code="", **arguments):
            pass

        def message(self, code, level="info", **arguments):
            told.append(code)

    path = write(tmp_path / "wrong.gpkg", crs="EPSG:5899")
    check(path, Listener(), rules="plan.land_use")
    assert "zoning.wrong_zone" in told


def test_an_unknown_feature_is_said_to_be_unknown(data):
    with pytest.raises(InputError, match="uid_unknown"):
        explain(data, "nobody")


def test_a_job_killed_in_the_middle_leaves_no_run(data):
    code = (
        "import os, signal\n"
        "from dothi.engine.jobs import zoning\n"
        "from dothi.engine.contract import JOBS\n"
        "from dothi.layers.report import Silent\n"
        "class Killer(Silent):\n"
        "    def progress(self, share, code='', **arguments):\n"
        "        if code == 'zoning.step_write':\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        f"zoning.check(JOBS['zoning.check'].read({{'data': {str(data)!r}}}), Killer())\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert runs.runs(data) == []
    check(data)
    assert len(runs.runs(data)) == 1


def test_two_runs_at_once_both_end_whole(data):
    code = "import sys; from dothi.engine.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-P", "-c", code, "zoning", "check", "--data", str(data), "--json"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1"}) for _ in "ab"]
    told = [json.loads(process.communicate(timeout=120)[0]) for process in started]
    assert told[0]["run"] != told[1]["run"]
    assert told[0]["outcomes"] == told[1]["outcomes"]
    assert len(runs.runs(data)) == 2


def test_a_drawn_feature_is_judged_as_if_it_were_saved(data):
    stored = dataset.read(data, "building", uids=[uid("house1")]).iloc[0]
    values = {name: stored[name] for name in ("code", "use", "height_m", "floor_area_m2")}
    drawn = {"layer": "building", "wkt": stored.geometry.wkt, "values": values | {"floors": float(stored["floors"])}}
    saved = {v["rule"]: v["outcome"] for v in explain(data, "house1")}
    replaced = ask(data, uid=uid("house1"), drawn=drawn | {"uid": uid("house1")})
    assert {v["rule"]: v["outcome"] for v in replaced["verdicts"]} == saved
    lower = drawn | {"uid": uid("house1"), "values": drawn["values"] | {"height_m": None}}
    gone = {v["rule"]: v["missing"] for v in ask(data, drawn=lower)["verdicts"]}
    assert gone["qcvn01.setback"] == ["building.height_m"]
    new = ask(data, drawn=drawn)
    assert new["uid"] not in (uid("house1"), "")
    setback = next(v for v in new["verdicts"] if v["rule"] == "qcvn01.setback")
    assert setback["feature_uid"] == new["uid"]
    density = next(v for v in new["verdicts"] if v["rule"] == "qcvn01.net_density.detached")
    assert set(density["how"]["inputs"]["buildings"]) >= {uid("house1"), new["uid"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"layer": "building"},
        {"layer": "building", "wkt": "POLYGON((0 0, 1"},
        {"layer": "building", "wkt": "POINT (1 1)"},
        {"layer": "building", "wkt": "POLYGON((0 0,1 0,1 1,0 0))", "uid": "1 OR 1=1"},
        {"layer": "building", "wkt": "POLYGON((0 0,1 0,1 1,0 0))", "values": [1]},
        {"layer": "building", "wkt": "POLYGON((0 0,1 0,1 1,0 0))", "values": {"height_m": "cao"}},
        {"layer": "building", "wkt": "POINT (1 1)", "sql": "x"},
        {"layer": "run", "wkt": "POINT (1 1)"},
        [1, 2],
        "building",
    ],
)
def test_a_drawn_feature_of_another_shape_is_refused(data, wrong):
    with pytest.raises(InputError):
        ask(data, drawn=json.dumps(wrong))


def test_a_choice_of_parcels_still_measures_their_neighbours(data):
    chosen = {"path": str(data), "layer": "parcel", "uids": [uid("lot1")]}
    told = []
    for run in (check(data), check(data, parcels=chosen)):
        found = dataset.read(run["run"], "finding")
        mine = found[found["feature_uid"].isin({uid("lot1"), uid("house1")})].round(6).astype(str)
        told.append(sorted(mine[["rule", "feature_uid", "outcome", "measured", "message_vi"]].to_numpy().tolist()))
    assert told[0] == told[1] != []
    assert len(found) == len(mine)

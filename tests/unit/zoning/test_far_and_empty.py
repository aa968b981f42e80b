"""What is far away, empty, deleted or damaged is said to be that, and not something else."""

from __future__ import annotations

import csv
import json
import sqlite3
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dothi.engine.contract import JOBS
from dothi.engine.jobs import zoning
from dothi.layers.errors import EnvironmentTroubleError, InputError, UsageError
from dothi.layers.report import SILENT, Silent
from dothi.processing.zoning.land.inputs import UNDRAWN
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.verdicts.check import check
from dothi.processing.zoning.verdicts.explain import explain
from dothi.store import dataset, waivers
from dothi.store import sheets as office
from dothi.store.state import STATE
from dothi.store.verdicts import VerdictColumns

from .scenes import CRS, buildings, centrelines, line, of_streets, parcels, rectangle, uid

RULES = packs.load()[0]
DAY = date(2026, 6, 1)
LAND = {"land_use": "ODT"}
HOUSE = {"use": "detached", "height_m": 9.0}


def run(job: str, path: Path, listener=SILENT, **values):
    return getattr(zoning, job.partition(".")[2])(JOBS[job].read({"data": str(path), **values}), listener)


class Heard(Silent):
    """Keeps what a job tells."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict]] = []

    def message(self, code, level="info", **arguments):
        self.told.append((code, arguments))


def made(path: Path, *layers: str) -> Path:
    """Two lots: one on a street, one 600 m from every street."""
    every = ["parcel", "building", "street_centreline", "street_boundary", "red_line", "building_line", *layers]
    dataset.create(path, every, CRS)
    lots = {"near": (rectangle(0, 0, 10, 20), LAND), "far": (rectangle(0, 600, 10, 620), LAND)}
    dataset.append(path, "parcel", parcels(**lots))
    houses = {"hnear": (rectangle(0, 3, 10, 15), HOUSE), "hfar": (rectangle(0, 603, 10, 615), HOUSE)}
    dataset.append(path, "building", buildings(**houses))
    dataset.append(path, "street_centreline", centrelines(st=(line((-50, -5), (60, -5)), {"width_m": 10.0})))
    dataset.append(path, "street_boundary", of_streets(st=rectangle(-50, -10, 60, 0)))
    dataset.append(path, "red_line", of_streets(st=line((-50, 0), (60, 0))))
    dataset.set_meta(path, judged_on="2026-06-01")
    return path


@pytest.fixture
def data(tmp_path):
    return made(tmp_path / "a.gpkg")


def outcomes(found) -> dict[str, tuple[str, object]]:
    return {row.rule: (row.outcome, row.missing) for row in found.itertuples()}


def test_no_street_near_is_no_missing_red_line(data):
    rules = packs.select(RULES, ["qcvn01.red_line"])
    layers = {name: dataset.read(data, name) for name in ("parcel", "building", "street_centreline", "red_line")}
    layers["street_boundary"] = dataset.read(data, "street_boundary")
    whole = check(layers, rules, DAY)
    mine = outcomes(whole[whole.feature_uid == uid("hfar")])
    assert mine["qcvn01.red_line"][0] == "pass"
    assert outcomes(explain(data, uid("hfar"), rules, DAY)) == mine


def test_a_map_without_any_street_cannot_tell_who_is_over_the_red_line(tmp_path):
    path = dataset.create(tmp_path / "b.gpkg", ["parcel", "building", "street_centreline", "red_line"], CRS)
    dataset.append(path, "parcel", parcels(lot=(rectangle(0, 0, 10, 20), LAND)))
    dataset.append(path, "building", buildings(house=(rectangle(0, 3, 10, 15), HOUSE)))
    found = explain(path, uid("house"), packs.select(RULES, ["qcvn01.red_line"]), DAY)
    assert [row.outcome for row in found.itertuples()] == ["not_checkable"]


def test_a_building_line_of_a_street_that_ends_before_it_rules_nothing_here(data):
    far = centrelines(elsewhere=(line((2000, 0), (2100, 0)), {"width_m": 10.0}))
    dataset.append(data, "street_centreline", far)
    dataset.append(data, "building_line", of_streets(elsewhere=line((-5, 6), (15, 6))))
    rules = packs.select(RULES, ["qcvn01.building_line"])
    names = ("parcel", "building", "street_centreline", "street_boundary", "red_line", "building_line")
    whole = check({name: dataset.read(data, name) for name in names}, rules, DAY)
    mine = outcomes(whole[whole.feature_uid == uid("hnear")])
    assert mine["qcvn01.building_line"][0] == "not_applicable"
    assert outcomes(explain(data, uid("hnear"), rules, DAY)) == mine


def test_a_layer_without_features_says_nothing_once(tmp_path):
    path = made(tmp_path / "c.gpkg", "upper_zone", "building_permit", "service_facility", "planned_zone")
    assert {"upper_zone", "building_permit", "service_facility"} < set(UNDRAWN)
    told = run("zoning.check", path, rules=["plan.permit", "qcvn01.service_radius"])
    rows = dataset.read(Path(told["run"]), "finding")
    assert len(rows) == len(set(rows["rule"]))
    assert rows["feature_uid"].isna().all()
    assert all("layer." in missing for missing in rows["missing"])


def test_a_report_leaves_out_what_was_deleted_and_says_so(data, tmp_path):
    for name, west in (("gone", 20), ("stays", 40)):
        dataset.append(data, "parcel", parcels(**{name: (rectangle(west, 0, west + 10, 20), LAND)}))
        house = (rectangle(west, -2, west + 10, 10), HOUSE)  # 2 m over the red line
        dataset.append(data, "building", buildings(**{f"h{name}": house}))
    run("zoning.check", data, rules=["qcvn01.red_line"])
    with sqlite3.connect(data) as database:
        database.create_function("ST_IsEmpty", 1, lambda _blob: 0)
        for layer, name in (("parcel", "gone"), ("building", "hgone")):
            database.execute(f"DELETE FROM {layer} WHERE uid = ?", (uid(name),))
    heard = Heard()
    done = run("zoning.report", data, heard, out=str(tmp_path / "r.html"))
    assert done["lots"] == 1
    told = dict(heard.told)["zoning.report.deleted"]
    assert told["count"] == 1
    assert uid("gone") not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_one_place_is_asked_about_by_name_or_by_coordinates(data):
    with pytest.raises(UsageError) as refused:
        run("zoning.plan_info", data, uid=uid("near"), x=5.0, y=5.0)
    assert refused.value.code == "zoning.plan_info.one_of_two"


def test_a_footprint_in_degrees_throws_no_shadow(data):
    drawn = "POLYGON ((106.6 10.9, 106.601 10.9, 106.601 10.901, 106.6 10.901, 106.6 10.9))"
    with pytest.raises(InputError) as refused:
        run("zoning.shadow", data, footprint=drawn, height_m=20, date="2026-06-01")
    assert refused.value.code == "zoning.shadow_degrees"


def test_a_damaged_state_is_told_as_that(data):
    waivers.waive(data, "a", uid("near"), document="QĐ 1", author="A", valid_from=DAY)
    state = dataset.beside(data) / STATE
    state.write_bytes(b"not a database at all" * 100)
    for ask in (
        lambda: waivers.in_force(data, DAY),
        lambda: waivers.waive(data, "a", uid("far"), document="QĐ 2", author="A", valid_from=DAY),
    ):
        with pytest.raises(InputError) as refused:
            ask()
        assert refused.value.code == "store.state_damaged"
        assert "bản sao lưu" in refused.value.sentence("vi")


def test_a_full_disk_while_a_sheet_is_written_prints_no_trace(tmp_path, monkeypatch, capfd):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EnvironmentTroubleError) as told:
        office.write_sheets(tmp_path / "a.xlsx", [office.Sheet("a", ["x"], [[1]])])
    assert told.value.code == "engine.disk_full"
    assert capfd.readouterr().err == ""


def test_passes_are_exported_where_they_are_asked_for(data, tmp_path):
    done = run("zoning.check", data, rules=["qcvn01.red_line", "qcvn01.setback"])
    table = tmp_path / "a.csv"
    wanted = ["pass", "not_applicable"]
    count = run("zoning.export_findings", data, table=str(table), outcomes=wanted)["rows"]
    assert count == sum(done["outcomes"][outcome] for outcome in wanted) > 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        heads, *rows = list(csv.reader(file))
    assert len(rows) == count
    assert {row[heads.index("Kết luận")] for row in rows} == {"Đạt", "Không áp dụng"}
    only = run("zoning.export_findings", data, table=str(tmp_path / "b.csv"), outcomes=["fail"])["rows"]
    assert only == done["outcomes"]["fail"]


def test_verdicts_one_after_the_other_take_time_in_proportion():
    count = 40_000
    code = np.zeros(count, dtype=np.int8)
    code[::3] = 2
    judged = int((code == 0).sum())
    one = VerdictColumns(
        "r", 1, "parcel", np.array([str(i) for i in range(count)], dtype=object),
        ("pass", "fail", "not_applicable", "not_checkable"), code, np.arange(judged, dtype=float),
        np.arange(judged, dtype=float), np.where(code == 2, 0, -1).astype(np.int16), ("why",),
    )  # fmt: skip
    begun = time.process_time()
    told = [one.verdict(at) for at in range(count)]
    assert time.process_time() - begun < 5.0  # it was minutes
    assert [row["measured"] for row in told if row["outcome"] == "pass"] == list(range(judged))
    assert pd.Series([row["outcome"] for row in told]).value_counts()["pass"] == judged
    assert json.dumps(told[0])

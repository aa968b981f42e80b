from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from dothi.engine.contract.demo import SCORE
from dothi.engine.contract.zoning import CHECK
from dothi.engine.jobs import demo as jobs
from dothi.engine.jobs import zoning
from dothi.layers.errors import InputError
from dothi.layers.report import SILENT
from dothi.processing.demo.score import score_change, score_zoning

TRUTH = {
    "not_in_data": ["qcvn01.green_share."],
    "faults": [
        {"kind": "far_over", "layer": "parcel", "uid": "a", "code": "A", "rule": "r.far", "outcome": "fail"},
        {"kind": "height_missing", "layer": "building", "uid": "b", "code": "B", "rule": "r.back"}
        | {"outcome": "not_checkable"},
    ],
    "events": [
        {"id": "pit", "kind": "pit", "expected": True, "relations": ["inside"]},
        {"id": "pit2", "kind": "pit", "expected": True, "relations": ["outside"]},
        {"id": "dune", "kind": "dune_shift", "expected": False, "relations": []},
    ],
}  # fmt: skip


def findings(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["rule", "feature_uid", "outcome"])
    return frame.assign(feature_code=frame["feature_uid"].str.upper())


def test_found_missed_and_extra_are_told_apart():
    told = score_zoning(
        TRUTH,
        findings(
            ("r.far", "a", "fail"),
            ("r.back", "b", "pass"),  # missed
            ("r.far", "c", "fail"),  # nobody planted it
            ("r.far", "d", "pass"),
            ("qcvn01.green_share.public", "e", "not_checkable"),  # no layer holds it
        ),
    )
    assert (told["planted"], told["found"], told["extra"]) == (2, 1, 1)
    assert told["by_kind"]["height_missing"] == {"planted": 1, "found": 0, "missed": 1}
    assert [fault["code"] for fault in told["missed"]] == ["B"]
    assert told["extra_by_rule"] == {"r.far fail": 1}


def test_the_wrong_outcome_is_not_found():
    told = score_zoning(TRUTH, findings(("r.far", "a", "not_checkable")))
    assert (told["found"], told["extra"]) == (0, 0)


def test_events_alerts_and_their_relation():
    events = gpd.GeoDataFrame(
        {"id": ["pit", "pit2", "dune"]}, geometry=[box(0, 0, 100, 100), box(300, 0, 400, 100), box(900, 0, 999, 99)]
    )
    alerts = gpd.GeoDataFrame(
        {"code": ["1", "2", "3"], "relation": ["inside", "outside", "outside"]},
        geometry=[box(0, 0, 100, 60), box(390, 0, 410, 100), box(700, 0, 720, 20)],
    )
    told = score_change(TRUTH, events, alerts)
    assert (told["planted"], told["found"], told["extra"]) == (2, 1, 1)
    assert told["missed"] == ["pit2"]
    assert told["extra_alerts"] == ["3"]
    pit, pit2, dune = told["events"]
    assert (pit["covered_pct"], pit["relation"], pit["relation_right"]) == (60.0, "inside", True)
    assert (pit2["found"], pit2["relation_right"]) == (False, None)
    assert (dune["found"], dune["relation"]) == (False, "")


def test_no_alerts_at_all_are_scored_too():
    events = gpd.GeoDataFrame({"id": ["pit", "pit2", "dune"]}, geometry=[box(0, 0, 1, 1)] * 3)
    told = score_change(TRUTH, events, gpd.GeoDataFrame({"code": [], "relation": []}, geometry=[]))
    assert (told["found"], told["extra"]) == (0, 0)


def test_the_planning_check_finds_what_is_planted_and_nothing_else(demo):
    given = {"data": str(demo / "dothi.gpkg"), "date": "2026-06-01", "plan_state": "approved"}
    zoning.check(CHECK.read(given), SILENT)
    told = jobs.score(SCORE.read({"data": given["data"]}), SILENT)
    assert told["change"] is None
    assert told["zoning"]["found"] == told["zoning"]["planted"]
    assert told["zoning"]["missed"] == []
    assert told["zoning"]["extra_features"] == []


def test_without_truth_or_run_it_says_so(tmp_path):
    given = SCORE.read({"data": str(tmp_path / "dothi.gpkg")})
    with pytest.raises(InputError) as caught:
        jobs.score(given, SILENT)
    assert caught.value.code == "demo.truth_missing"
    (tmp_path / "truth.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        jobs.score(given, SILENT)
    assert caught.value.code == "demo.truth_unreadable"
    (tmp_path / "truth.json").write_text('{"faults": [], "events": [], "not_in_data": []}', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        jobs.score(given, SILENT)
    assert caught.value.code == "demo.nothing_to_score"

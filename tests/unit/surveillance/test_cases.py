"""The same place is the same case: raised, grown, rejected, coming back; merged, split; withdrawn for the outside."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dothi.layers.errors import InputError
from dothi.processing.surveillance.cases import life
from dothi.processing.surveillance.cases.matching import Matching, candidates, commonness, same_family
from dothi.processing.surveillance.cases.taking import newest_run, take
from dothi.store import cases, watches

from .casework import CRS, box, province, run_of

LATER = (date(2026, 3, 3), date(2026, 3, 13), date(2026, 3, 23), date(2026, 4, 2))


@pytest.fixture
def data(tmp_path):
    return province(tmp_path)


def kinds_of(data, code):
    return cases.of_case(data, "case_event", cases.find(data, code)["uid"])["kind"].tolist()


def test_a_run_raises_a_case_for_each_new_place(data):
    taken = take(data, run_of(data, [box(0, 0), box(400, 0)]), author="An")
    assert taken.raised == ["VV-2026-0001", "VV-2026-0002"]
    first = cases.find(data, "vv-2026-0001")
    assert (first["status"], first["area_m2"], first["sightings"]) == ("new", 10_000.0, 1)
    assert (first["area_low_m2"], first["area_high_m2"]) == (8_100.0, 12_100.0)
    assert (first["relation"], first["concession_code"], first["distance_m"]) == ("outside", "SN-01", 0.0)
    assert bool(first["simulated"])
    assert first["geometry"].equals(box(0, 0))
    assert cases.read(data, "case").crs.to_epsg() == 9218


def test_taking_a_run_twice_or_a_repeated_run_changes_nothing(data):
    run = run_of(data, [box(0, 0), box(400, 0)])
    take(data, run)
    before = cases.path_of(data).read_bytes()[100:]
    again = take(data, run)
    repeated = take(data, run_of(data, [box(400, 0), box(0, 0)]))  # other identifiers, other order
    assert (again.raised, again.passed_over) == ([], 2)
    assert (repeated.raised, repeated.passed_over) == ([], 2)
    assert len(cases.read(data, "case_sighting")) == len(cases.read(data, "case_event")) == 2
    assert len(cases.path_of(data).read_bytes()[100:]) == len(before)


def test_a_pit_that_grows_is_the_same_case_and_says_by_how_much(data):
    take(data, run_of(data, [box(0, 0)]))
    strip = run_of(data, [box(100, 0, 60, 100)], after=LATER[0], kinds=["pit_growth"])  # beside, nothing in common
    assert take(data, strip).grew == ["VV-2026-0001"]
    event = cases.of_case(data, "case_event", cases.find(data, "VV-2026-0001")["uid"]).iloc[-1]
    assert (event["kind"], event["grown_m2"], event["area_m2"]) == ("grew", 6_000.0, 16_000.0)
    seen = take(data, run_of(data, [box(0, 0, 158, 100)], after=LATER[1]))
    assert (seen.seen, seen.grew) == (["VV-2026-0001"], [])
    case = cases.find(data, "VV-2026-0001")
    assert (case["sightings"], case["change_class"]) == (3, "new_pit")
    assert case["last_seen"].date() == LATER[1]


def test_several_findings_of_one_run_in_one_place_are_one_event(data):
    take(data, run_of(data, [box(0, 0)]))
    take(data, run_of(data, [box(100, 0, 40, 100), box(-40, 0, 40, 100)], after=LATER[0]))
    assert kinds_of(data, "VV-2026-0001") == ["raised", "grew"]
    assert len(cases.read(data, "case_sighting")) == 3


def test_neighbours_of_one_run_stay_apart_and_a_plume_is_no_pit(data):
    taken = take(data, run_of(data, [box(0, 0), box(105, 0), box(0, 90)], kinds=["new_pit", "new_pit", "plume"]))
    assert len(taken.raised) == 3
    assert same_family("pond_lost", "new_pit")
    assert not same_family("plume", "sand_deposit")
    assert same_family(None, "plume")


def test_an_alert_over_two_cases_goes_to_the_nearer_and_tells_of_the_other(data):
    take(data, run_of(data, [box(0, 0), box(110, 0)]))
    taken = take(data, run_of(data, [box(-20, 0, 200, 100)], after=LATER[0]))
    assert taken.joins == [("VV-2026-0001", ["VV-2026-0002"])]


def test_places_are_matched_by_area_or_by_a_common_front_at_any_size():
    def common(one, other):
        return float(commonness(np.array([one], dtype=object), np.array([other], dtype=object), 20.0)[0])

    assert common(box(0, 0), box(10, 10, 30, 30)) == 1.0
    assert common(box(0, 0), box(100, 0)) > 0.25
    assert common(box(0, 0, 1000, 1000), box(1000, 0, 1000, 1000)) > 0.25  # a front, however large
    assert common(box(0, 0), box(110, 110)) < 0.15  # corner to corner
    assert common(box(0, 0), box(200, 0)) == 0.0
    assert candidates(np.array([], object), np.array([], object), Matching()) == []


def test_what_was_rejected_stays_away_until_it_grows(data):
    take(data, run_of(data, [box(0, 0)]))
    life.change(data, "VV-2026-0001", status="rejected", note="Cồn cát dịch chuyển", author="Bình")
    assert [one.code for one in cases.to_withdraw(data)] == ["VV-2026-0001"]
    taken = take(data, run_of(data, [box(5, 0)], after=LATER[0]))
    assert (taken.kept_away, taken.raised, taken.reopened) == (["VV-2026-0001"], [], [])
    half = take(data, run_of(data, [box(105, 0, 12, 40)], after=LATER[1]))
    assert half.kept_away == ["VV-2026-0001"]  # 680 m²: less than the smallest step of the law
    whole = take(data, run_of(data, [box(100, 0, 30, 100)], after=LATER[2]))
    assert whole.reopened == ["VV-2026-0001"]
    case = cases.find(data, "VV-2026-0001")
    assert case["status"] == "new"
    assert cases.to_withdraw(data) == []
    assert kinds_of(data, "VV-2026-0001") == ["raised", "status", "withdrawn", "seen", "grew", "reopened"]
    last = cases.of_case(data, "case_event", case["uid"]).iloc[-1]
    assert last["grown_m2"] == pytest.approx(3_000, abs=1)  # since it was rejected, not since it was last seen


def test_the_life_of_a_case_for_the_outside(data):
    run = run_of(data, [box(0, 0), box(400, 0)])
    take(data, run)
    states = {one.code: (one.state, one.revision) for one in cases.lives(data)}
    assert states == {"VV-2026-0001": ("raised", 1), "VV-2026-0002": ("raised", 1)}
    life.change(data, "VV-2026-0001", status="confirmed", author="An")
    life.change(data, "VV-2026-0002", status="rejected", note="bóng mây")
    first, second = cases.lives(data)
    assert (first.state, first.status, first.withdrawn_at) == ("updated", "confirmed", None)
    assert (second.state, second.reason, second.withdrawn_at) == ("withdrawn", "rejected", second.updated_at)
    assert first.raised_at <= first.updated_at
    assert len(first.alerts) == 1
    assert first.simulated


def test_every_change_says_who_when_and_why(data):
    take(data, run_of(data, [box(0, 0)]))
    case = life.change(
        data, "VV-2026-0001", status="in_field", assignee="Trần Thị Bình", decision_no="12/QĐ-KT", note="Đi kiểm tra",
        author="An",
    )  # fmt: skip
    assert (case["status"], case["assignee"], case["decision_no"]) == ("in_field", "Trần Thị Bình", "12/QĐ-KT")
    events = cases.of_case(data, "case_event", case["uid"])
    assert events["kind"].tolist() == ["raised", "status", "assigned", "decision"]
    assert events["text"].tolist()[1:] == ["Đi kiểm tra", "Trần Thị Bình", "12/QĐ-KT"]
    assert events["author"].tolist()[1:] == ["An"] * 3
    assert events["at"].is_monotonic_increasing


@pytest.mark.parametrize("was", list(life.TRANSITIONS))
def test_only_states_that_may_follow_do(data, was):
    take(data, run_of(data, [box(0, 0)]))
    way = {"new": [], "in_field": ["in_field"], "confirmed": ["confirmed"], "rejected": ["rejected"],
           "closed": ["confirmed", "closed"]}  # fmt: skip
    for step in way[was]:
        life.change(data, "VV-2026-0001", status=step, note="lý do")
    for to in life.TRANSITIONS:
        if to not in life.TRANSITIONS[was]:
            with pytest.raises(InputError) as told:
                life.change(data, "VV-2026-0001", status=to, note="lý do")
            assert told.value.code == "case.state_wrong"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"status": "rejected"}, "case.why_missing"),
        ({"status": "đã xong"}, "case.state_wrong"),
        ({}, "case.nothing_given"),
        ({"note": "   "}, "case.nothing_given"),
        ({"note": "a\x00"}, "case.text_wrong"),
        ({"assignee": "a" * 1001}, "case.text_wrong"),
    ],
)
def test_a_wrong_change_is_refused_and_leaves_no_trace(data, given, code):
    take(data, run_of(data, [box(0, 0)]))
    with pytest.raises(InputError) as told:
        life.change(data, "VV-2026-0001", **given)
    assert told.value.code == code
    assert kinds_of(data, "VV-2026-0001") == ["raised"]


def test_merged_cases_keep_their_history_and_are_withdrawn(data):
    take(data, run_of(data, [box(0, 0), box(105, 0)]))
    case = life.merge(data, "VV-2026-0001", ["VV-2026-0002"], note="cùng một moong", author="An")
    assert (case["sightings"], case["area_m2"]) == (2, 20_000.0)
    gone = cases.find(data, "VV-2026-0002")
    assert (gone["status"], gone["merged_into"]) == ("closed", case["uid"])
    assert [(one.code, one.reason) for one in cases.to_withdraw(data)] == [("VV-2026-0002", "merged")]
    assert kinds_of(data, "VV-2026-0001") == ["raised", "merged"]
    assert kinds_of(data, "VV-2026-0002") == ["raised", "merged_into"]
    for call in (
        lambda: life.change(data, "VV-2026-0002", note="x"),
        lambda: life.merge(data, "VV-2026-0001", ["VV-2026-0002"]),
    ):
        with pytest.raises(InputError) as told:
            call()
        assert told.value.code == "case.merged"
    with pytest.raises(InputError) as told:
        life.merge(data, "VV-2026-0001", ["VV-2026-0001"])
    assert told.value.code == "case.merge_self"
    # the place goes on in the case that took it over
    assert take(data, run_of(data, [box(105, 0, 130, 100)], after=LATER[0])).grew == ["VV-2026-0001"]


def test_a_case_is_split_by_its_alerts(data):
    take(data, run_of(data, [box(0, 0)]))
    take(data, run_of(data, [box(100, 0, 60, 100)], after=LATER[0]))
    new = life.split(data, "VV-2026-0001", ["BD-20260303-0001"], author="An")
    old = cases.find(data, "VV-2026-0001")
    assert (old["area_m2"], new["area_m2"], new["status"]) == (10_000.0, 6_000.0, "new")
    assert kinds_of(data, "VV-2026-0001")[-1] == "split"
    assert kinds_of(data, new["code"]) == ["split_from"]
    for alerts in (["không có"], ["BD-20260221-0001"], []):
        with pytest.raises(InputError) as told:
            life.split(data, "VV-2026-0001", alerts)
        assert told.value.code == "case.split_wrong"


def test_only_what_is_watched_becomes_a_case(data):
    watch = watches.add(data, "chỉ lớn", min_area_m2=5_000, area=box(-50, -50, 300, 300), crs=CRS)
    taken = take(data, run_of(data, [box(0, 0), box(0, 150, 50, 50), box(900, 0)]), watches=[watch])
    assert (taken.raised, taken.not_watched) == (["VV-2026-0001"], 2)


def test_a_case_of_an_expired_licence_says_so(tmp_path):
    data = province(tmp_path, valid_to=date(2022, 1, 10))
    take(data, run_of(data, [box(-300, 0)]))
    case = cases.find(data, "VV-2026-0001")
    assert (case["relation"], case["licence_state"]) == ("outside", "expired")


def test_without_cases_there_is_nothing_to_list_and_no_file_is_made(data):
    assert len(cases.read(data, "case")) == 0
    assert cases.lives(data) == cases.to_withdraw(data) == []
    with pytest.raises(InputError) as told:
        cases.find(data, "VV-2026-0001")
    assert told.value.code == "case.unknown"
    with pytest.raises(InputError) as told:
        life.change(data, "VV-2026-0001", note="x")
    assert told.value.code == "case.none"
    with pytest.raises(InputError) as told:
        newest_run(data)
    assert told.value.code == "case.no_run"
    assert not cases.path_of(data).exists()

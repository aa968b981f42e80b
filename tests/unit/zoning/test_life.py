"""What becomes of findings: two runs compared, breaches waived."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dothi.engine.contract import JOBS
from dothi.engine.jobs import zoning
from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.layers.report import SILENT
from dothi.processing.zoning.verdicts import runs_compared
from dothi.store import dataset
from dothi.store import waivers as kept
from dothi.store.state import STATE

from .scenes import CRS, buildings, parcels, rectangle, uid, zones

DENSITY = "qcvn01.net_density.detached"


def run(job, path, **values):
    name = job.partition(".")[2]
    return getattr(zoning, name)(JOBS[job].read({"data": str(path), **values}), SILENT)


def check(path, **values):
    return run("zoning.check", path, rules=[DENSITY], **values)


@pytest.fixture
def data(tmp_path):
    """Lots of 200 m² (70 % allowed) with houses that cover 80, 80, 60 and an unknown part of them."""
    path = dataset.create(tmp_path / "đô thị.gpkg", ["parcel", "building", "planned_zone"], CRS)
    lots = {f"lot{i}": (rectangle(20 * i, 0, 20 * i + 10, 20), {"land_use": "ODT"}) for i in range(4)}
    dataset.append(path, "parcel", parcels(**lots))
    high = {"use": "detached", "height_m": 9.0}
    houses = {f"h{i}": (rectangle(20 * i, 0, 20 * i + 10, deep), high) for i, deep in enumerate((16, 16, 12))}
    dataset.append(path, "building", buildings(**houses, h3=(rectangle(60, 0, 70, 5), high | {"use": "other"})))
    dataset.append(
        path,
        "planned_zone",
        zones(z=(rectangle(-5, -5, 200, 50), {"land_use": "ODT", "area_state": "new", "plan_state": "approved"})),
    )
    dataset.set_meta(path, judged_on="2026-06-01")
    return path


def edit(path, name, deep):
    frame = dataset.read(path, "building")
    frame.loc[frame["code"] == name, "geometry"] = [rectangle(20 * int(name[1:]), 0, 20 * int(name[1:]) + 10, deep)]
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM rtree_building_geom")
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'building'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("DELETE FROM building")
    dataset.append(path, "building", frame)


def test_new_fixed_changed_and_unchanged_are_told_apart(data):
    first = check(data)
    for name, deep in (("h0", 12), ("h1", 18), ("h2", 15)):  # mended, worse, newly broken
        edit(data, name, deep)
    second = check(data)
    told = run("zoning.compare_runs", data)
    assert (told["before"], told["after"]) == (first["run"], second["run"])
    assert told["counts"]["fail"] == {"new": 1, "fixed": 1, "changed": 1, "unchanged": 0}
    rows = {row["uid"]: row for row in told["rows"]}
    assert rows[uid("lot0")]["state"] == "fixed"
    assert (rows[uid("lot1")]["measured_before"], rows[uid("lot1")]["measured_after"]) == pytest.approx((80, 90))
    assert rows[uid("lot2")]["outcome_before"] == "pass"


def test_a_run_compared_with_itself_is_unchanged(data):
    path = check(data)["run"]
    told = run("zoning.compare_runs", data, before=path, after=path)
    assert told["counts"]["fail"]["unchanged"] == 2
    assert sum(told["counts"]["fail"].values()) == 2
    assert told["rows"] == []


def test_a_breach_that_can_no_longer_be_checked_is_not_fixed(data):
    before = check(data)["run"]
    after = check(data, date="2027-02-01", plan_state="not_appraised")["run"]
    compared = runs_compared.compare(before, after)
    assert "fixed" not in set(compared["state"])


def test_long_comparisons_are_cut_and_say_so(data):
    check(data)
    edit(data, "h0", 12)
    edit(data, "h1", 12)
    check(data)
    told = run("zoning.compare_runs", data, most=1)
    assert (len(told["rows"]), told["left_out"]) == (1, 1)


def test_comparing_takes_two_runs(data):
    check(data)
    with pytest.raises(InputError, match="two_runs_wanted"):
        run("zoning.compare_runs", data)


def waive(path, name, **values):
    given = {"rule": DENSITY, "uid": uid(name), "document": "QĐ 12/QĐ-UBND ngày 01/02/2026", "author": "Phòng QLĐT"}
    return run("zoning.waive", path, **given | values)["waiver"]


def findings(path, **values) -> gpd.GeoDataFrame:
    found = dataset.read(check(path, **values)["run"], "finding")
    return found[found["outcome"] == "fail"].set_index("feature_code")


def test_a_waived_breach_stays_a_breach_and_names_its_document(data):
    waive(data, "lot0", expires="2026-12-31", date="2026-01-01")
    found = findings(data)
    assert set(found.index) == {"lot0", "lot1"}
    assert found.loc["lot0", "waiver"] == "QĐ 12/QĐ-UBND ngày 01/02/2026"
    assert pd.isna(found.loc["lot1", "waiver"])


def test_a_waiver_ends_with_its_day_and_does_not_reach_back(data):
    waive(data, "lot0", date="2026-01-01", expires="2026-05-31")
    waive(data, "lot1", date="2026-07-01")
    assert findings(data)["waiver"].isna().all()
    assert findings(data, date="2026-05-31")["waiver"].notna().sum() == 1


def test_a_revoked_waiver_no_longer_holds_and_is_still_seen(data):
    made = waive(data, "lot0", date="2026-01-01")
    run("zoning.unwaive", data, waiver=made["uid"])
    assert findings(data)["waiver"].isna().all()
    listed = run("zoning.waivers", data, uid=uid("lot0"))["waivers"]
    assert [(one["uid"], one["holds"]) for one in listed] == [(made["uid"], False)]
    assert listed[0]["revoked_at"]
    with pytest.raises(InputError, match="waiver_unknown"):
        run("zoning.unwaive", data, waiver=made["uid"])


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"rule": "qcvn99.none"}, "rule_unknown"),
        ({"uid": "1 OR 1=1"}, "uid_wrong"),
        ({"document": "  "}, "waiver_lacks"),
        ({"author": " "}, "waiver_lacks"),
        ({"note": "x" * 2000}, "waiver_text"),
        ({"author": "abc\u202ecba"}, "waiver_text"),
        ({"uid": "00000000-0000-4000-8000-000000000000"}, "uid_unknown"),
        ({"date": "2026-02-01", "expires": "2026-01-01"}, "waiver_dates"),
    ],
)
def test_a_waiver_without_its_parts_is_refused(data, values, code):
    with pytest.raises(InputError, match=code):
        waive(data, "lot0", **values)
    assert kept.waivers(data) == []


def test_many_who_write_at_once_all_succeed(data):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: waive(data, "lot0", note=str(n), date="2026-01-01"), range(24)))
    assert {one.note for one in kept.waivers(data)} == {str(n) for n in range(24)}


def test_a_process_killed_while_it_writes_leaves_nothing_half_done(data):
    code = (
        "import os, sys, pathlib, datetime\n"
        "from dothi.store import waivers\n"
        "with waivers._state(pathlib.Path(sys.argv[1])) as database:\n"
        "    database.execute('INSERT INTO waiver VALUES (1,1,1,1,1,1,1,1,1,1)')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code, str(data)], check=False)
    assert done.returncode == -9
    assert kept.waivers(data) == []
    waive(data, "lot0")
    assert len(kept.waivers(data)) == 1


def test_a_damaged_state_is_told(data):
    waive(data, "lot0")
    state = dataset.beside(data) / STATE
    state.write_bytes(b"no database at all" * 100)
    with pytest.raises((InputError, EnvironmentTroubleError)):
        kept.waivers(data)


@settings(max_examples=60, deadline=None)
@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
def test_a_waiver_holds_between_its_days(first, last, on):
    one = kept.Waiver("u", "r", "f", "d", "a", first.isoformat(), last.isoformat(), "", "")
    assert one.holds(on) == (first <= on <= last)

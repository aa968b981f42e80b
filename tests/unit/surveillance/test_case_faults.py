"""Cases killed in the middle, held by another program, damaged; taken by two programs at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date

import pytest

from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.processing.surveillance.cases import life
from dothi.processing.surveillance.cases.taking import take
from dothi.store import cases

from .casework import box, province, run_of

# Dies at the n-th statement that writes, or at the renaming of the new file.
KILLED = """
import os, signal, sqlite3, sys, pathlib
from dothi.processing.surveillance.cases.taking import take
from dothi.store import case_changes
left = [int(sys.argv[3])]
def count(statement):
    if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "COMMIT", "BEGIN ") or statement[:5] == "BEGIN":
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
real = sqlite3.connect
def connect(path, *args, **options):
    made = real(path, *args, **options)
    if "cases.gpkg" in str(path) and "mode=ro" not in str(path):
        made.set_trace_callback(count)
    return made
case_changes.sqlite3.connect = connect
take(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
print("whole")
"""


def told(data):
    events = cases.read(data, "case_event")
    found = cases.read(data, "case").sort_values("code")
    sightings = cases.read(data, "case_sighting")
    return (
        found["code"].tolist(),
        found["area_m2"].tolist(),
        sorted(sightings["key"]),
        sorted(zip(events["kind"], events["number"], strict=True)),
        len(cases.read(data, "case_run")),
    )


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("moment", [1, 2, 5, 20, 110, 130, 136, 139, 141])
def test_killed_at_any_moment_nothing_is_doubled_or_lost(tmp_path, moment):
    data = province(tmp_path)
    if moment % 2:
        take(data, run_of(data, [box(0, 0), box(400, 0)]))
    run = run_of(data, [box(100, 0, 60, 100), box(800, 0)], after=date(2026, 3, 3))
    (tmp_path / "b").mkdir()
    whole = province(tmp_path / "b")
    if moment % 2:
        take(whole, run_of(whole, [box(0, 0), box(400, 0)]))
    take(whole, run_of(whole, [box(100, 0, 60, 100), box(800, 0)], after=date(2026, 3, 3)))
    ended = subprocess.run(
        [sys.executable, "-P", "-c", KILLED, str(data), str(run), str(moment)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    assert len(cases.lives(data)) in ((2, 3) if moment % 2 else (0, 2))  # all of it or nothing
    take(data, run)
    assert told(data) == told(whole)
    left = [path for path in cases.path_of(data).parent.iterdir() if path.name.startswith("cases.gpkg-")]
    assert left == []


def test_two_programs_take_turns(tmp_path):
    data = province(tmp_path)
    take(data, run_of(data, [box(0, 0)]))
    runs = [run_of(data, [box(1000 * i, 1000)], after=date(2026, 3, i)) for i in range(1, 4)]
    code = (
        "import sys, pathlib\n"
        "from dothi.processing.surveillance.cases.taking import take\n"
        "take(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
    )
    both = [subprocess.Popen([sys.executable, "-P", "-c", code, str(data), str(run)]) for run in (*runs, runs[0])]
    assert [one.wait(120) for one in both] == [0, 0, 0, 0]
    assert cases.read(data, "case")["code"].sort_values().tolist() == [f"VV-2026-{i:04d}" for i in range(1, 5)]


def test_a_program_that_holds_the_cases_is_told_in_a_sentence(tmp_path, monkeypatch):
    data = province(tmp_path)
    run = run_of(data, [box(0, 0)])
    take(data, run)
    monkeypatch.setattr("dothi.store.case_changes.PATIENCE", 0.1)
    with closing(sqlite3.connect(cases.path_of(data), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(EnvironmentTroubleError) as error:
            life.change(data, "VV-2026-0001", note="x")
        assert error.value.code == "store.locked"
        assert time.monotonic() - began < 5
        other.execute("ROLLBACK")
    life.change(data, "VV-2026-0001", note="x")


@pytest.mark.parametrize("damage", ["text", "cut", "empty", "other"])
def test_a_damaged_file_is_told_and_left_alone(tmp_path, damage):
    data = province(tmp_path)
    run = run_of(data, [box(0, 0)])
    take(data, run)
    path = cases.path_of(data)
    whole = path.read_bytes()
    if damage == "other":
        path.unlink()
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE a (b)")
    else:
        path.write_bytes({"text": b"not a database " * 100, "cut": whole[: len(whole) // 2], "empty": b""}[damage])
    spoilt = path.read_bytes()
    for call in (
        lambda: take(data, run_of(data, [box(500, 0)])),
        lambda: life.change(data, "VV-2026-0001", note="x"),
        lambda: cases.lives(data),
    ):
        with pytest.raises((InputError, EnvironmentTroubleError)) as error:
            call()
        assert error.value.code.startswith(("schema.", "store."))
    assert path.read_bytes() == spoilt


def test_a_run_without_alerts_is_no_case(tmp_path):
    from dothi.store import runs

    data = province(tmp_path)
    with runs.new_run(data, "zoning.check", {}, {}, simulated=True) as run:
        run.finish({})
    with pytest.raises(InputError) as error:
        take(data, run.path)
    assert error.value.code == "case.run_without_alerts"
    assert not cases.path_of(data).exists()

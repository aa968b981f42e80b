"""A run is there whole or not at all."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date

import geopandas as gpd
import pytest

from dothi.store import dataset, runs

from .conftest import square


def finding() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "outcome": ["fail"],
            "severity": ["error"],
            "rule": ["qcvn01.setback"],
            "measured": [1.5],
            "missing": [["height_m"]],
            "arguments": [{"limit": 3.0}],
        },
        geometry=[square(0)],
        crs="EPSG:9210",
    )


def make(data, job="zoning.check"):
    with runs.new_run(data, job, {"date": date(2026, 6, 1)}, {"data": data}, simulated=True) as run:
        run.write("finding", finding())
        run.sibling(".tif").write_bytes(b"II*\x00")
        run.finish({"fail": 1})
    return run


def test_a_whole_run_is_found_with_its_findings(data):
    run = make(data)
    assert run.path.parent == dataset.beside(data) / "runs"
    assert runs.runs(data, "zoning.check") == [run.path]
    back = dataset.read(run.path, "finding")
    assert back["run"].tolist() == [run.uid]
    assert back["arguments"].tolist() == ['{"limit": 3.0}']
    row = runs.row(run.path)
    assert row["parameters"] == {"date": "2026-06-01"}
    assert row["counts"] == {"fail": 1}
    assert row["simulated"]
    assert run.sibling_path(".tif").read_bytes() == b"II*\x00"
    assert sorted(path.suffix for path in run.path.parent.iterdir()) == [".gpkg", ".tif"]


def test_moments_are_told_to_the_millisecond(data):
    with closing(sqlite3.connect(make(data).path)) as database:
        told = database.execute("SELECT started_at, finished_at FROM run").fetchone()
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment) for moment in told)


def test_the_newest_comes_first_and_jobs_are_told_apart(data):
    first, other, last = make(data), make(data, "change.detect"), make(data)
    assert runs.runs(data, "zoning.check") == [last.path, first.path]
    assert runs.newest(data, "change.detect") == other.path
    assert runs.newest(data, "ioc.publish") is None


def test_an_empty_result_is_a_result(data):
    with runs.new_run(data, "zoning.check", {}, {}, simulated=False) as run:
        run.write("finding", finding().iloc[:0])
        run.finish({})
    assert dataset.read(run.path, "finding").empty


def fail_in_the_middle(data):
    with runs.new_run(data, "zoning.check", {}, {}, simulated=False) as run:
        run.write("finding", finding())
        run.sibling(".tif").write_bytes(b"half")
        raise ZeroDivisionError


def test_a_run_that_fails_leaves_nothing(data):
    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle(data)
    assert list((dataset.beside(data) / "runs").iterdir()) == []


def test_a_run_that_is_not_finished_is_no_success(data):
    with pytest.raises(RuntimeError), runs.new_run(data, "zoning.check", {}, {}, simulated=False):
        pass
    assert runs.runs(data) == []


def test_a_run_goes_to_a_folder_where_there_is_no_data_set(folder):
    with runs.new_run(folder / "kết quả", "change.detect", {}, {}, simulated=False) as run:
        run.finish({})
    assert runs.runs(folder / "kết quả") == [run.path]


KILLED = """
import sys, time
from dothi.store import runs
with runs.new_run(sys.argv[1], "zoning.check", {}, {}, simulated=False) as run:
    run.sibling(".tif").write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_killed_run_is_not_there(data):
    child = subprocess.Popen([sys.executable, "-P", "-c", KILLED, str(data)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"writing\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert runs.runs(data) == []
    left = list((dataset.beside(data) / "runs").iterdir())
    assert all(path.name.startswith(".part-") for path in left)
    for path in left:  # a day later the next run clears them away
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    run = make(data)
    assert {path.stem for path in run.path.parent.iterdir()} == {run.path.stem}


def test_two_runs_at_once_do_not_meet(data):
    with runs.new_run(data, "zoning.check", {}, {}, simulated=False) as one:
        with runs.new_run(data, "zoning.check", {}, {}, simulated=False) as two:
            two.write("finding", finding())
            two.finish({})
        one.write("finding", finding())
        one.finish({})
    assert set(runs.runs(data)) == {one.path, two.path}

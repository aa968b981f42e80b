"""Findings on their way into a run: the same whoever puts them into words and writes them, and nothing else left."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from textwrap import dedent
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import dothi
from dothi.engine.jobs import zoning_rows
from dothi.layers.errors import EnvironmentTroubleError
from dothi.processing.zoning.land import inputs
from dothi.processing.zoning.land.inputs import FIELDS
from dothi.processing.zoning.land.layers import system
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.table import ColumnTable
from dothi.processing.zoning.verdicts.check import check, judged
from dothi.processing.zoning.verdicts.incremental import ROWS
from dothi.store import dataset, runs, verdicts

from .towns import town

ROOT = Path(dothi.__file__).resolve().parent
ON = date(2026, 6, 1)
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no second process")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return town(tmp_path_factory.mktemp("rows") / "town.gpkg")


def run(data: Path, program: str = "") -> subprocess.CompletedProcess[str]:
    """A check of ``data`` as from the command line, with a second process; ``program`` is done before."""
    words = ["zoning", "check", "--data", str(data), "--json", "--full"]
    head = f"""\
        import os, signal, sys
        sys.path.insert(0, {str(ROOT / "engine")!r})
        import launch
        launch.load()
        from dothi.engine.cli import main
        from dothi.engine.jobs import zoning, zoning_rows
        zoning.MANY_LOTS = 0
        """
    end = f"\nsys.exit(main({words!r}))"
    return subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", dedent(head) + dedent(program) + end],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def findings(path: Path) -> pd.DataFrame:
    """The rows of a run in a fixed order, without what is new in each run."""
    frame = dataset.read(path, "finding")
    told = pd.DataFrame(frame.drop(columns=["uid", "run", "fid"], errors="ignore"))
    told["geometry"] = frame.geometry.to_wkb()
    return told.sort_values(["rule", "feature_uid", "how"], ignore_index=True)


def files(data: Path) -> set[Path]:
    """All that lies beside a data set, hidden files too."""
    return {path for path in dataset.beside(data).rglob("*") if path.is_file()}


def test_what_is_told_of_needs_no_other_columns_than_are_handed_over(data):
    layers = inputs.whole(data, set(FIELDS), {})
    few = check(layers, packs.load()[0], ON)
    with mock.patch.object(ColumnTable, "only", lambda table, *_names: table):
        all_of_them = check(layers, packs.load()[0], ON)
    assert len(few) > 500
    plain = [pd.DataFrame(found).drop(columns=["uid", "geometry"]) for found in (few, all_of_them)]
    assert_frame_equal(plain[0], plain[1])


@linux
def test_a_second_process_writes_what_a_thread_writes(data):
    told = "zoning_rows_fill = zoning_rows._fill\n"
    told += "def fill(*given):\n    print(os.getpid(), file=sys.stderr)\n    return zoning_rows_fill(*given)\n"
    done = run(data, told + "zoning_rows._fill = fill\nprint(os.getpid(), file=sys.stderr)\n")
    assert done.returncode == 0, done.stderr
    numbers = {line for line in done.stderr.splitlines() if line.isdigit()}
    assert len(numbers) == 2  # the first process told its own number, the second those of what it wrote
    by_process = Path(json.loads(done.stdout)["run"])
    by_thread = Path(json.loads(run(data, "zoning.MANY_LOTS = 10**9\n").stdout)["run"])
    assert_frame_equal(findings(by_process), findings(by_thread))
    for one, other in zip(verdicts.read(by_process), verdicts.read(by_thread), strict=True):
        for name, value in vars(other).items():
            assert np.array_equal(getattr(one, name), value)


@linux
@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "Tiến trình thứ hai"),
        ("raise OSError(28, 'disk full', 'đĩa')", "Đĩa đã đầy"),
        ("raise MemoryError", "Không đủ bộ nhớ"),
    ],
)
def test_trouble_of_the_second_process_ends_the_job_with_a_sentence_and_leaves_nothing(data, trouble, code):
    before = files(data)
    done = run(data, f"def fill(*_given):\n    {trouble}\nzoning_rows._fill = fill\n")
    assert done.returncode == 4
    assert code in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert files(data) <= before


class Never(Executor):
    """Begins nothing of what it is asked."""

    def submit(self, *_given, **_named):
        return Future()


def made(data: Path, folder: Path, hand: Executor) -> pd.DataFrame:
    """All findings of a run, written by ``hand``."""
    layers = inputs.whole(data, set(FIELDS), {})
    with runs.new_run(folder, "zoning.check", {}, {}, simulated=True) as run:
        with zoning_rows.writing(run, system(layers), {}, hand) as rows:
            for one in judged(layers, packs.load()[0], ON, wanted=ROWS):
                rows.add(one.findings)
        run.finish({})
    return findings(run.path)


def test_what_nobody_has_begun_is_written_at_the_end(data, tmp_path):
    with ThreadPoolExecutor(1) as thread:
        by_thread = made(data, tmp_path / "thread", thread)
    assert len(by_thread) > 100
    assert_frame_equal(made(data, tmp_path / "never", Never()), by_thread)


def test_few_rows_wait_at_a_time(data, tmp_path, monkeypatch):
    monkeypatch.setattr(zoning_rows, "WAITING", 20)
    with ThreadPoolExecutor(1) as thread:
        made(data, tmp_path, thread)
        most = 0
        add = zoning_rows.Rows.add

        def watched(rows, some):
            nonlocal most
            add(rows, some)
            if len(rows._waiting) > 1:  # those of one rule alone may be many
                most = max(most, sum(len(one.shapes.blobs) for one in rows._waiting))

        monkeypatch.setattr(zoning_rows.Rows, "add", watched)
        made(data, tmp_path, thread)
    assert most <= 20


def test_nobody_writes_any_more_when_the_block_ended_badly(data, tmp_path):
    written: list[bool] = []

    def slow(*_given):
        written.append(False)
        raise EnvironmentTroubleError("engine.disk_full", path="đĩa")

    with (
        ThreadPoolExecutor(1) as thread,
        mock.patch.object(zoning_rows, "_fill", slow),
        pytest.raises(EnvironmentTroubleError),
    ):
        made(data, tmp_path, thread)
    assert len(written) < 5  # the rest was called off
    assert not list(tmp_path.glob("*"))

"""The engine as a process: JSON lines alone on its output, an end that means something, under any folder's name."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dothi
from dothi.engine.contract.protocol import PROTOCOL, clean_environment

ROOT = Path(dothi.__file__).resolve().parent


def engine(
    *words: str, given: str = "", launch: Path = ROOT / "engine" / "launch.py"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(launch), *words],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=clean_environment(os.environ),
        check=False,
    )


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


POINT = json.dumps({"from": "EPSG:9210", "to": "EPSG:4326", "x": 598382.244, "y": 1214392.133})


def test_a_job_says_hello_and_its_result():
    done = engine("crs", "transform", "--events", given=POINT)
    hello, result = events(done)
    assert done.returncode == 0
    assert (hello["event"], hello["protocol"], hello["engine"]) == ("hello", PROTOCOL, dothi.__version__)
    assert result["event"] == "result"
    assert result["value"]["lon"] == pytest.approx(106.652, abs=1e-8)


@pytest.mark.parametrize(
    ("given", "code", "exit_code"),
    [
        ("không phải JSON", "engine.parameters_unreadable", 2),
        ('{"nothing": 1}', "engine.parameter_unknown", 2),
        ("[1, 2]", "engine.parameters_unreadable", 2),
        ('"chữ"', "engine.parameters_unreadable", 2),
        ("[" * 100_000, "engine.parameters_unreadable", 2),
        ('{"x": ' + "9" * 5000 + "}", "engine.parameters_unreadable", 2),
        ('{"from": "\\ud800", "to": "EPSG:4326", "x": 1, "y": 2}', "engine.parameter_wrong", 2),
        ('{"from": "EPSG:9210", "to": "EPSG:4326", "x": 1e300, "y": 1}', "crs.out_of_range", 3),
        ('{"from": "EPSG:1", "to": "EPSG:4326", "x": 1, "y": 2}', "crs.unknown", 3),
    ],
)
def test_a_failure_is_one_event_with_its_code(given, code, exit_code):
    done = engine("crs", "transform", "--events", given=given)
    told = events(done)[-1]
    assert (told["event"], told["code"], told["exit"]) == ("error", code, exit_code)
    assert done.returncode == exit_code


NOISY = """
import os, sys
from dothi.engine.contract import crs
from dothi.engine.run import Events, run_events
from dothi.engine import run
def loud(parameters, report):
    print("a library prints")
    os.system("echo a child prints")
    report.progress(0.5, "engine.about")
    report.message("engine.about", "warning")
    return {"x": 1.0}
def broken(parameters, report):
    print("before the end")
    raise ZeroDivisionError("lỗi lạ")
run.perform = lambda job, values, report: {"loud": loud, "broken": broken}[sys.argv[1]](values, report)
sys.exit(run_events(crs.TRANSFORM, {"from": "a", "to": "b", "x": 1, "y": 2}, Events()))
"""


def noisy(how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-X", "utf8", "-c", NOISY, how],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_what_libraries_print_goes_to_standard_error():
    done = noisy("loud")
    assert [event["event"] for event in events(done)] == ["hello", "progress", "message", "result"]
    assert "a library prints" in done.stderr
    assert "a child prints" in done.stderr


def test_a_bug_is_told_with_its_place_and_keeps_its_trace():
    done = noisy("broken")
    told = events(done)[-1]
    assert (told["code"], told["exit"], done.returncode) == ("engine.unexpected", 1, 1)
    assert "ZeroDivisionError: lỗi lạ" in told["arguments"]["reason"]
    assert "Traceback" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM")
def test_ending_the_process_is_a_cancel():
    program = NOISY.replace('report.progress(0.5, "engine.about")', "report.progress(0.5); import time; time.sleep(60)")
    program = "import signal\nfrom dothi.engine.cli import _end\nsignal.signal(signal.SIGTERM, _end)\n" + program
    with subprocess.Popen([sys.executable, "-P", "-c", program, "loud"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert [json.loads(child.stdout.readline())["event"] for _ in range(2)] == ["hello", "progress"]
        child.send_signal(signal.SIGTERM)
        assert json.loads(child.stdout.readline())["code"] == "engine.cancelled"
        assert child.wait() == 130


def test_serve_answers_line_by_line_until_its_input_ends():
    asked = [
        json.dumps({"id": 1, "job": "crs.transform", "parameters": json.loads(POINT)}),
        "không phải JSON",
        "",
        json.dumps({"id": 2, "job": "zoning.check", "parameters": {}}),
        json.dumps({"id": 3, "job": "crs.transform", "parameters": {"from": "EPSG:9210"}}),
    ]
    done = engine("serve", given="\n".join(asked) + "\n")
    hello, answer, *errors = events(done)
    assert hello["event"] == "hello"
    assert (answer["id"], answer["value"]["lat"]) == (1, pytest.approx(10.98, abs=1e-8))
    assert [(error["id"], error["code"]) for error in errors] == [
        (None, "engine.parameters_unreadable"),
        (2, "engine.not_served"),
        (3, "engine.parameter_missing"),
    ]
    assert done.returncode == 0


def test_the_engine_starts_under_any_folder_name(tmp_path):
    """As unpacked by hand: blanks, a dash and diacritics in the folder's name, no link in site-packages needed."""
    place = tmp_path / "Đô Thị – bản sao"
    place.mkdir()
    for room in ("layers", "engine", "store", "resources"):
        shutil.copytree(ROOT / room, place / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "__init__.py", place)
    done = engine("crs", "transform", "--events", given=POINT, launch=place / "engine" / "launch.py")
    assert events(done)[-1]["event"] == "result", done.stderr
    data = place / "dữ liệu mới.gpkg"
    made = engine(
        "project", "new", "--events", launch=place / "engine" / "launch.py",
        given=json.dumps({"data": str(data), "province": "binh_duong", "layers": ["parcel"]}),
    )  # fmt: skip
    assert events(made)[-1]["value"]["data"] == str(data)


HOSTILE = (
    "[" * 100_000,
    "x" * 5_000_000,
    '{"id": NaN, "job": "crs.transform"}',
    '{"id": {"a": 1}, "job": "\\ud800"}',
    '{"id": 6, "job": "crs.transform", "parameters": 7}',
    '{"id": ' + "9" * 5000 + "}",
)


def test_serve_outlives_whatever_it_is_asked():
    last = json.dumps({"id": "sau", "job": "crs.transform", "parameters": json.loads(POINT)})
    done = engine("serve", given="\n".join((*HOSTILE, last)))
    _hello, *errors, answer = events(done)
    assert [error["event"] for error in errors] == ["error"] * len(HOSTILE)
    assert (answer["event"], answer["id"]) == ("answer", "sau")
    assert (done.returncode, done.stderr) == (0, "")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    words = f"'{sys.executable}' -I -X utf8 '{ROOT / 'engine' / 'launch.py'}'"
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {command.replace('dothi', words)}"],
        capture_output=True, text=True, encoding="utf-8", env=clean_environment(os.environ), check=False,
    )  # fmt: skip


TRANSFORM = "dothi crs transform --from EPSG:9210 --to EPSG:4326 598382.244 1214392.133"


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="shell redirections")
@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (f"{TRANSFORM} --json <&- >&- 2>&-", 0),
        (f"{TRANSFORM} --json 2>&- | cat", 0),
        ("dothi crs transform --events <&-", 2),
        ("dothi serve <&-", 0),
        ("yes '{\"id\": 1}' | head -20000 | dothi serve | head -1 >/dev/null", 130),
        (f"echo '{POINT}' | dothi crs transform --events >&-", 0),
    ],
)
def test_closed_streams_and_readers_who_leave_end_it_without_a_trace(command, exit_code):
    done = shell(command)
    assert (done.returncode, done.stderr) == (exit_code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_result_that_cannot_be_written_is_told():
    done = shell(f"{TRANSFORM} --json >/dev/full")
    assert done.returncode == 4
    assert done.stderr.startswith("engine.disk_full: ")
    assert shell(f"echo '{POINT}' | dothi crs transform --events >/dev/full").returncode == 130


WARNING = """
import sys, warnings
from dothi.engine import cli, run
def warns(parameters, report):
    warnings.warn("attempt to write a readonly database", RuntimeWarning)
    return {}
run.perform = lambda job, values, report: warns(values, report)
sys.exit(cli.main(["crs", "transform", "--from", "a", "--to", "b", "1", "2", "--json"]))
"""


def test_warnings_of_libraries_are_not_for_users():
    done = subprocess.run([sys.executable, "-P", "-c", WARNING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{}\n", "")


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", program],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_end_of_a_process_frees_nothing_but_waits_for_threads_and_does_what_is_to_be_done():
    program = f"""if True:
        import atexit, sys, threading, time
        sys.path.insert(0, {str(ROOT / "engine")!r})
        import launch
        class Told:
            def __del__(self): print("freed")
        atexit.register(launch._leave)
        atexit.register(print, "at the end")
        threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
        told = Told()
        launch._code = 3
        print("main")
    """
    done = run(program)
    assert (done.returncode, done.stdout.split("\n"), done.stderr) == (3, ["main", "thread", "at the end", ""], "")
    assert "freed" in run(program.replace("launch._code = 3", "")).stdout  # it ended in no way that anybody knows of


def test_modules_of_a_job_are_read_without_looking_for_garbage_in_them():
    program = f"""if True:
        import gc, os, sys
        sys.path.insert(0, {str(ROOT / "engine")!r})
        import launch
        launch.load()
        from dothi.engine.jobs import runner
        runner("crs.transform")
        print(gc.isenabled(), gc.get_freeze_count() > 10_000, os.environ["OPENBLAS_NUM_THREADS"])
        kept = gc.get_freeze_count()
        runner("crs.transform")
        print(gc.get_freeze_count() == kept)
    """
    assert run(program).stdout.split() == ["True", "True", "1", "True"]

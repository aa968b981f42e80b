"""The engine's client against an engine that behaves, dies, hangs, speaks another protocol or is not there."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from dothi.engine.contract import crs
from dothi.engine.contract import environment as place
from dothi.layers.errors import CancelledError, DothiError, EnvironmentTroubleError, InputError, UsageError
from dothi.qgis_plugin import child, engine_client
from dothi.qgis_plugin.child import Child
from dothi.qgis_plugin.serve_client import ServeClient

from .conftest import ROOT, Heard, settle

HELLO = 'print(\'{"event": "hello", "protocol": 1, "engine": "0.1.0"}\', flush=True)\n'
THUDAUMOT = {"from": "EPSG:4326", "to": "EPSG:9210", "x": 106.652, "y": 10.98}

needs_engine = pytest.mark.skipif(
    not place.interpreter(ROOT / ".venv").exists(), reason="no engine: make it with 'make engine'"
)


@pytest.fixture
def fake(tmp_path):
    """An engine made of a few lines; returns the words to start it."""

    def make(body: str) -> list[str]:
        script = tmp_path / "động cơ.py"
        script.write_text("import json, os, signal, subprocess, sys, time\n" + textwrap.dedent(body), encoding="utf-8")
        return [sys.executable, "-I", "-X", "utf8", str(script)]

    return make


def alive(pid: int) -> bool:
    """Whether the process still runs (one that nobody buried does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@needs_engine
def test_the_engine_is_found_and_verified_by_running_it(settings):
    engine = engine_client.find()
    assert engine.python == place.interpreter(ROOT / ".venv")
    assert engine.version == "0.1.0"
    assert engine.python != Path(sys.executable)


@needs_engine
def test_a_job_comes_back_with_its_value(heard):
    value = engine_client.run_job(crs.TRANSFORM, THUDAUMOT, heard)
    assert value["x"] == pytest.approx(598382.244, abs=0.001)
    assert value["operation"] == "EPSG:6960"


@needs_engine
def test_what_the_engine_refuses_comes_back_as_its_error(heard):
    with pytest.raises(InputError) as refused:
        engine_client.run_job(crs.TRANSFORM, {**THUDAUMOT, "to": "EPSG:2154"}, heard)
    assert refused.value.code == "crs.unknown"
    with pytest.raises(UsageError):
        engine_client.run_job(crs.TRANSFORM, {"from": "EPSG:9210"}, heard)


def test_progress_and_messages_reach_the_feedback_in_words(fake, heard, settings):
    settings.setValue("dothi/language", "vi")
    words = fake(
        HELLO
        + """
        print(json.dumps({"event": "progress", "share": 0.25, "code": "engine.option_json", "arguments": {}}))
        print("a library that prints")
        print(json.dumps({"event": "message", "level": "warning", "code": "crs.unknown", "arguments": {"crs": "X"}}))
        print(json.dumps({"event": "message", "level": "info", "code": "crs.missing", "arguments": {}}))
        print(json.dumps({"event": "result", "value": {"asked": json.loads(sys.stdin.read())}}))
        """.replace("\n        ", "\n")
    )
    value = engine_client.converse(words, {"tên": "Bạch Đằng"}, heard)
    assert value == {"asked": {"tên": "Bạch Đằng"}}
    assert heard.progress() == 25.0
    assert heard.texts
    assert "X" in heard.warnings[0]
    assert len(heard.infos) == 1
    assert heard.debug == ["a library that prints"]


def test_cancel_ends_the_job_and_its_children_within_a_second(fake, tmp_path):
    words = fake(
        HELLO
        + f"""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        grandchild = subprocess.Popen(["/bin/sleep", "60"])
        open({str(tmp_path / "pids")!r}, "w").write(f"{{os.getpid()}} {{grandchild.pid}}")
        print(json.dumps({{"event": "progress", "share": 0.1, "code": "stop here", "arguments": {{}}}}), flush=True)
        time.sleep(60)
        """.replace("\n        ", "\n")
    )
    feedback = Heard(cancel_at="stop here")
    started = time.monotonic()
    with pytest.raises(CancelledError):
        engine_client.converse(words, {}, feedback)
    assert time.monotonic() - started < 3.0  # interpreter start included
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert settle(lambda: not any(alive(pid) for pid in pids), seconds=1.0)


@pytest.mark.parametrize(
    ("end", "code"), [("os._exit(7)", "7"), ("os.kill(os.getpid(), signal.SIGSEGV)", "-11"), ("sys.exit(0)", "0")]
)
def test_a_job_that_died_is_reported_with_its_last_words(fake, heard, end, code):
    words = fake(HELLO + f"print('GDAL: hết bộ nhớ', file=sys.stderr, flush=True)\n{end}\n")
    with pytest.raises(EnvironmentTroubleError) as died:
        engine_client.converse(words, {}, heard)
    assert died.value.code == "plugin.engine_died"
    assert died.value.arguments == {"exit": code, "last_words": "GDAL: hết bộ nhớ"}


def test_a_job_that_dies_before_it_reads_its_parameters_is_reported_too(fake, heard):
    with pytest.raises(EnvironmentTroubleError) as died:
        engine_client.converse(fake("os._exit(3)"), {"uids": ["x" * 36] * 100_000}, heard)
    assert died.value.arguments["exit"] == "3"


def test_an_engine_of_another_protocol_is_refused(fake, heard):
    words = fake("print(json.dumps({'event': 'hello', 'protocol': 99, 'engine': '9.0'}), flush=True)\ntime.sleep(60)\n")
    with pytest.raises(EnvironmentTroubleError) as refused:
        engine_client.converse(words, {}, heard)
    assert refused.value.code == "plugin.engine_other_version"
    assert "9.0" in refused.value.sentence("en")


def test_an_error_without_a_known_exit_is_still_an_error(fake, heard):
    words = fake("print(json.dumps({'event': 'error', 'code': 'crs.missing', 'arguments': {}}), flush=True)")
    with pytest.raises(DothiError) as told:
        engine_client.converse(words, {}, heard)
    assert told.value.code == "crs.missing"


def test_a_missing_engine_is_a_sentence(settings, monkeypatch, tmp_path):
    monkeypatch.setattr(place, "checkout_environment", lambda root: tmp_path / "none")
    monkeypatch.setattr(place, "user_data_folder", lambda *_: tmp_path / "data")
    assert engine_client.chosen_python() is None
    settings.setValue("dothi/language", "en")
    from dothi.qgis_plugin import language

    language.forget()
    assert "Set up the engine" in engine_client.missing()
    language.forget()


def test_an_interpreter_that_is_no_engine_is_refused(settings):
    settings.setValue(engine_client.SETTING_PYTHON, "/bin/false")
    with pytest.raises(EnvironmentTroubleError) as refused:
        engine_client.find()
    assert refused.value.code == "plugin.engine_not_starting"


def test_an_environment_of_another_lock_is_refused(settings, tmp_path):
    python = place.interpreter(tmp_path)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / place.STAMP).write_text("0123456789ab\n")
    settings.setValue(engine_client.SETTING_PYTHON, str(python))
    with pytest.raises(EnvironmentTroubleError) as refused:
        engine_client.find()
    assert refused.value.code == "plugin.engine_other_libraries"


def test_the_childs_environment_is_scrubbed(fake, heard, monkeypatch):
    for name in ("PYTHONPATH", "PROJ_LIB", "GDAL_DATA", "LD_LIBRARY_PATH", "QT_PLUGIN_PATH"):
        monkeypatch.setenv(name, "/qgis")
    words = fake("print(json.dumps({'event': 'result', 'value': dict(os.environ)}))")
    seen = engine_client.converse(words, {}, heard)
    assert "/qgis" not in seen.values()
    assert seen["PYTHONUTF8"] == "1"


def test_unloading_ends_what_still_computes(fake):
    words = fake(HELLO + "time.sleep(60)\n")
    caught: list[BaseException] = []

    def compute() -> None:
        try:
            engine_client.converse(words, {}, Heard())
        except CancelledError as error:
            caught.append(error)

    worker = threading.Thread(target=compute)
    worker.start()
    assert settle(lambda: any(not one.ended.is_set() for one in list(child._running)), 5.0)
    assert child.end_all() == 0
    worker.join(5.0)
    assert caught


def test_leaving_the_block_ends_the_child():
    with Child(["/bin/sleep", "60"], dict(os.environ)) as sleeper:
        pid = sleeper.pid
        assert alive(pid)
    assert not alive(pid)


@needs_engine
def test_serve_answers_warm_and_ends_with_its_client(settings):
    client = ServeClient()
    answers: list[dict[str, object]] = []
    refusals: list[DothiError] = []
    client.ask(crs.TRANSFORM, THUDAUMOT, answers.append, refusals.append)
    client.ask(crs.TRANSFORM, {**THUDAUMOT, "to": "EPSG:2154"}, answers.append, refusals.append)
    assert settle(lambda: bool(answers and refusals))
    assert answers[0]["x"] == pytest.approx(598382.244, abs=0.001)
    assert refusals[0].code == "crs.unknown"
    pid = client.pid
    client.stop()
    assert not alive(pid)
    assert client.pid == 0


@needs_engine
def test_serve_that_dies_tells_who_waits(settings):
    client = ServeClient()
    refusals: list[DothiError] = []
    client.ask(crs.TRANSFORM, THUDAUMOT, lambda value: None, lambda error: None)
    os.kill(client.pid, 9)
    client.ask(crs.TRANSFORM, THUDAUMOT, lambda value: None, refusals.append)
    assert settle(lambda: bool(refusals))
    assert refusals[0].code == "plugin.engine_died"
    client.stop()

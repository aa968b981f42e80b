"""The second process: it helps, tells what went wrong, and never outlives the first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

import dothi
from dothi.engine.jobs import beside
from dothi.engine.jobs.beside import second_process

ROOT = Path(dothi.__file__).resolve().parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no second process")


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A program that loads the engine in a process with one thread, as the command line does."""
    head = f"""\
        import os, signal, sys, time
        sys.path.insert(0, {str(ROOT / "engine")!r})
        import launch
        launch.load()
        from dothi.engine.jobs.beside import second_process
        from dothi.layers.errors import DothiError, InputError
        """
    return subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", dedent(head) + dedent(program), *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@linux
def test_what_it_is_asked_is_done_by_another_process_in_turn():
    done = run(
        """
        with second_process() as pool:
            others = {pool.submit(os.getpid).result() for _ in range(3)}
            assert others and os.getpid() not in others and len(others) == 1
            assert pool.submit(signal.getsignal, signal.SIGTERM).result() == signal.SIG_IGN
        print("done")
        """
    )
    assert done.stdout == "done\n", done.stderr


@linux
def test_an_error_comes_back_with_its_code_and_words():
    done = run(
        """
        def refuse():
            raise InputError("engine.file_missing", path="đường/dẫn")
        with second_process() as pool:
            try:
                pool.submit(refuse).result()
            except DothiError as error:
                print(error.exit_code, error.code, error.sentence("vi"))
        """
    )
    assert done.stdout == "3 engine.file_missing Không tìm thấy đường/dẫn. Hãy kiểm tra đường dẫn.\n", done.stderr


@linux
def test_its_sudden_end_is_told_in_both_languages():
    done = run(
        """
        def die():
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            with second_process() as pool:
                pool.submit(die).result()
        except DothiError as error:
            print(error.exit_code, error.code, *map(error.sentence, ("vi", "en")), sep="|")
        """
    )
    number, code, vi, en = done.stdout.split("|")
    assert (number, code) == ("4", "engine.second_process_ended"), done.stderr
    assert "thiếu bộ nhớ" in vi
    assert "out of memory" in en


@linux
def test_its_sudden_end_leaves_nobody_waiting_to_write_to_it():
    done = run(
        """
        def die(_much):
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            with second_process() as pool:
                several = [pool.submit(die, b"x" * 3_000_000) for _ in range(4)]
                several[0].result()
        except DothiError as error:
            print(error.code)
        """
    )
    assert done.stdout == "engine.second_process_ended\n", done.stderr


@linux
def test_it_ends_with_the_first_however_that_ends():
    done = run(
        """
        with second_process() as pool:
            print(pool.submit(os.getpid).result(), flush=True)
            pool.submit(time.sleep, 60)
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert done.returncode == -signal.SIGKILL
    second = Path("/proc") / done.stdout.strip()
    for _ in range(100):
        if not second.exists() or "\nState:\tZ" in (second / "status").read_text():
            break
        time.sleep(0.05)
    else:
        pytest.fail("the second process is still there")


@pytest.mark.parametrize("why", ["threads", "one processor", "another system", "no semaphores"])
def test_where_it_is_no_help_there_is_none(monkeypatch, why):
    def refused(*_given):
        raise OSError

    monkeypatch.setattr(beside, "active_count", lambda: 2 if why == "threads" else 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0} if why == "one processor" else {0, 1}, raising=False)
    monkeypatch.setattr(sys, "platform", "win32" if why == "another system" else "linux")
    monkeypatch.setattr(beside, "ProcessPoolExecutor", refused)
    with second_process() as pool:
        assert pool is None

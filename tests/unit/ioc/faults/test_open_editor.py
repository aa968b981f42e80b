"""QGIS has the data set open: what is committed is published, what is not stays, and the file is left alone."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import pytest

from dothi.tests.unit.ioc import province

from .conftest import publish, there, verify

# Opens the file as QGIS does, commits one edit that stays in the WAL, begins another one, and waits.
EDITOR = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
assert database.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
database.execute("PRAGMA wal_autocheckpoint = 0")
for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
    database.execute(f'DROP TRIGGER "{name}"')
database.execute("UPDATE parcel SET parcel_no = 'đã ghi' WHERE uid = ?", (sys.argv[2],))
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE parcel SET parcel_no = 'chưa ghi' WHERE uid = ?", (sys.argv[3],))
database.execute("DELETE FROM hydrant")
print("ready", flush=True)
if sys.stdin.readline().strip() == "commit":
    database.execute("COMMIT")
    print("done", flush=True)
sys.stdin.readline()
"""
COMMITTED, PENDING = province.uid(101), province.uid(102)


@contextmanager
def editing(data):
    """The editor at work on ``data``, which has committed one edit and not the other."""
    arguments = [sys.executable, "-c", EDITOR, str(data), COMMITTED, PENDING]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().strip() == "ready"
        yield process
        process.stdin.close()


def bytes_of(data):
    """The file and its WAL, bit by bit, and when they were written."""
    found = {}
    for path in (data, data.with_name(data.name + "-wal")):
        if path.exists():
            found[path.name] = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
    return found


def test_what_is_committed_is_published_and_the_file_is_not_touched(own, centre):
    centre.aim(own)
    everything = publish(own)["created"]
    before = centre.held()
    with editing(own):
        bits = bytes_of(own)
        assert len(bits) == 2
        begun = time.monotonic()
        assert publish(own) == {"updated": 1, "unchanged": everything - 1}
        assert time.monotonic() - begun < 20  # nobody waits for the editor
        assert centre.held() == {**before, COMMITTED: "đã ghi"}
        assert bytes_of(own) == bits
        assert publish(own) == verify(own) == {"unchanged": everything}


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_an_editor_that_died_leaves_what_it_had_committed(own, broker):
    broker.aim(own)
    everything = publish(own)["created"]
    before = broker.held()
    with editing(own) as editor:
        os.kill(editor.pid, signal.SIGKILL)
    assert len(bytes_of(own)) == 2
    assert publish(own) == {"updated": 1, "unchanged": everything - 1}
    assert broker.held() == {**before, COMMITTED: "đã ghi"} == there(own)
    with closing(sqlite3.connect(own)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_rest_is_published_once_it_is_committed(own, broker):
    broker.aim(own)
    everything = publish(own)["created"]
    with editing(own) as editor:
        publish(own)
        print("commit", file=editor.stdin, flush=True)
        assert editor.stdout.readline().strip() == "done"
        assert publish(own, allow_vanish=True) == {"updated": 1, "deleted": 12, "unchanged": everything - 13}
        assert broker.held() == there(own)

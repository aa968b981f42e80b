"""A program killed within a transaction leaves a journal; whoever reads next finds the file as it was before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dothi.store import journal, state

KILLED = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 2")  # pages go to the file before the end of the transaction
database.execute("BEGIN IMMEDIATE")
for number in range(2000):
    database.execute("INSERT INTO watch_step VALUES ('x', ?, 'step', ?, '')", (str(number), "y" * 500))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_state_left_by_a_killed_program_is_read(tmp_path: Path):
    data = tmp_path / "tỉnh.gpkg"
    journal.note(data, "canh", "2024-01-05", "finished", ["run"])
    path = tmp_path / "tỉnh.dothi" / state.STATE
    child = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert child.returncode == -9
    assert path.with_name(path.name + "-journal").stat().st_size > 0
    assert journal.steps(data, "canh") == [journal.Step("2024-01-05", "finished", ["run"])]
    assert journal.steps(data, "x") == []

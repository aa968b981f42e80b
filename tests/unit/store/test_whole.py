"""What killed processes left is removed, and nothing that another process is still at."""

from __future__ import annotations

import os
import time

import pytest

from dothi.store import whole

DAY = 24 * 3600.0


def test_only_what_was_left_long_ago_is_removed(tmp_path):
    old, new, other = (tmp_path / name for name in (".part-1-run.gpkg", ".part-2-run.gpkg", "run.gpkg"))
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 2 * DAY,) * 2)
    whole.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]


@pytest.mark.skipif(os.name != "posix", reason="links that lead nowhere need no rights on POSIX alone")
def test_a_file_that_is_gone_when_it_is_looked_at_stops_nobody(tmp_path):
    """Two checks at once: what the one lists, the other has given its name by then."""
    (tmp_path / ".part-1-run.gpkg").symlink_to(tmp_path / "given its name")
    whole.sweep(tmp_path)

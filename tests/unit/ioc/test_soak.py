"""A short siege of publishing; the long one is ``make soak``."""

from __future__ import annotations

import sys

import pytest

from dothi.scripts import soak_ioc


@pytest.mark.skipif(sys.platform == "win32", reason="the siege forks its publishers, which Windows cannot")
def test_edits_faults_and_kills_end_with_both_sides_equal(tmp_path):
    told = soak_ioc.soak(tmp_path / "vây", edits=150, kills=6, seed=5)
    assert told["equal"], told
    assert told["publications"]["killed"] >= 6
    assert sum(told["faults"].values()) >= 3
    page = soak_ioc.written(told, 5)
    assert "equal, entity by entity" in page

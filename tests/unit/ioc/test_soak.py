"""A short siege of publishing; the long one is ``make soak``."""

from __future__ import annotations

import sys

import pytest

from dothi.scripts import soak_ioc


@pytest.mark.skipif(sys.platform == "win32", reason="the siege forks its publishers, which Windows cannot")
@pytest.mark.parametrize(("kind", "word"), [("broker", "entity"), ("gateway", "record")])
def test_edits_faults_and_kills_end_with_both_sides_equal(tmp_path, monkeypatch, kind, word):
    monkeypatch.setattr("dothi.ioc.sync.PAUSE_S", 0.0)  # the publishers are forked, and wait as little
    told = soak_ioc.soak(tmp_path / "vây", edits=150, kills=6, seed=5, kind=kind)
    assert told["equal"], told
    assert told["publications"]["killed"] >= 6
    assert sum(told["faults"].values()) >= 3
    page = soak_ioc.written(told, 5)
    assert f"equal, {word} by {word}" in page

"""What the demo says of its jobs is whole sentences."""

from __future__ import annotations

import pytest

from dothi.scripts import tell


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_was_left_out_is_told_with_its_layer_and_field(capsys, language: str) -> None:
    left = {"layer": "building", "type": "Building", "attribute": "category", "what": "attribute", "count": 1}
    results = {
        "counts": {"features": {"building": 3}, "entities": {"Building": 3}, "files": 2},
        "left_out": [left | {"reason": "value_not_allowed", "uids": ["a", "b", "c", "d"]}],
        "folder": "/ioc",
    }
    tell.ioc(results, language)
    told = capsys.readouterr().out
    assert "Building.category" in told
    assert "{" not in told

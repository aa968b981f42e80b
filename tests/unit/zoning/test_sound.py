"""Rule files that were found sound are not set against their schema again, and others are, whatever is remembered."""

from __future__ import annotations

import pytest

from dothi.layers.errors import InputError
from dothi.processing.zoning.rulebook import packs, rule_files, sound

from .test_rule_files import MATRIX


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """The folder beside a data set, with a rule file of its own and a cache; nothing is known in this process."""
    for name in ("rules", "cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "rules" / "use.toml").write_text(MATRIX, encoding="utf-8")
    _forget(monkeypatch)
    return tmp_path


def _forget(monkeypatch):
    monkeypatch.setattr(sound, "_SOUND", set())
    packs._library.cache_clear()
    packs._folder.cache_clear()


@pytest.fixture
def looked_at(monkeypatch):
    """The files that were set against their schema."""
    paths: list[str] = []
    every = rule_files.schema_errors

    def noted(raw, path, schema):
        paths.append(path.name)
        return every(raw, path, schema)

    monkeypatch.setattr(rule_files, "schema_errors", noted)
    return paths


def test_the_next_process_does_not_look_again(beside, looked_at, monkeypatch):
    first = packs.library(beside / "rules")
    assert {"use.toml", "pack.toml"} < set(looked_at)
    looked_at.clear()
    _forget(monkeypatch)
    assert packs.library(beside / "rules") == first
    assert looked_at == []


def test_an_edited_file_is_looked_at_and_only_that(beside, looked_at, monkeypatch):
    packs.library(beside / "rules")
    looked_at.clear()
    _forget(monkeypatch)
    (beside / "rules" / "use.toml").write_text(MATRIX + "\n[unknown]\n", encoding="utf-8")
    for _ in range(2):  # what is wrong is not remembered as sound
        with pytest.raises(InputError, match="rule_wrong"):
            packs.library(beside / "rules")
    assert set(looked_at) == {"use.toml"}


@pytest.mark.parametrize("text", ["", "[]", '{"by": "x"}', '{"by": 1, "sound": [["a", "b"]]}', "\0"])
def test_a_memory_of_other_code_or_a_damaged_one_says_nothing(beside, looked_at, monkeypatch, text):
    packs.library(beside / "rules")
    whole = len(looked_at)
    looked_at.clear()
    _forget(monkeypatch)
    (beside / "cache" / sound.MEMORY).write_text(text, encoding="utf-8")
    packs.library(beside / "rules")
    assert len(looked_at) == whole
    assert (beside / "cache" / sound.MEMORY).read_text(encoding="utf-8") != text


def test_no_folder_is_made_to_remember(beside):
    (beside / "cache").rmdir()
    packs.library(beside / "rules")
    assert [path.name for path in beside.iterdir()] == ["rules"]

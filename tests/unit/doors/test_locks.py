"""The locks: every library by version and hash, from no named index."""

from __future__ import annotations

import re

import pytest

from dothi.engine.contract.environment import lock_hash
from dothi.scripts.files import ROOT

LOCKS = ("engine", "desk", "dev", "qgis-tests")


@pytest.mark.parametrize("name", LOCKS)
def test_every_library_has_a_version_and_hashes(name):
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_an_index_or_a_folder(name):
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|\s@\s|^-e", text, re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_what_is_asked_for(name):
    asked = re.findall(
        r"^([a-z][a-z0-9_-]*)", (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8"), re.MULTILINE
    )
    locked = re.findall(
        r"^([a-z0-9._-]+)==", (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(asked) <= set(locked)


def test_tools_and_engine_agree_on_versions():
    """Tests must run on the very libraries that planners get."""

    def pins(name: str) -> set[tuple[str, str]]:
        text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))

    engine, dev = pins("engine"), pins("dev")
    shared = {name for name, _ in engine} & {name for name, _ in dev}
    assert {pin for pin in dev if pin[0] in shared} <= engine


def test_the_name_of_the_environment_follows_the_lock(tmp_path):
    (tmp_path / "requirements").mkdir()
    lock = tmp_path / "requirements" / "engine.lock"
    lock.write_bytes(b"a==1\n")
    first = lock_hash(tmp_path)
    lock.write_bytes(b"a==1\r\n")
    assert lock_hash(tmp_path) == first
    lock.write_bytes(b"a==2\n")
    assert lock_hash(tmp_path) != first


def test_the_shell_names_the_environment_as_the_plugin_does():
    """``scripts/engine.sh`` writes the stamp that the plugin reads."""
    script = (ROOT / "scripts" / "engine.sh").read_text(encoding="utf-8")
    assert "tr -d '\\r' <\"$1\" | sha256sum | cut -c1-12" in script
    assert "dothi-engine.lock" in script

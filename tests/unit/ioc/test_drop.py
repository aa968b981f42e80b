"""A folder is written whole or not at all, whatever ends the writing."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time

import pytest

from dothi.ioc.targets import drop as drops
from dothi.ioc.targets.drop import Drop, problems
from dothi.layers.errors import EnvironmentTroubleError

from . import province
from .drop_for_ever import write


def version(folder) -> int:
    """The one version that every file in the folder agrees on."""
    assert problems(folder) == []
    found = {path.read_text().split()[0] for path in folder.rglob("*.txt")}
    assert len(found) == 1
    assert int(found.pop()) == json.loads((folder / "manifest.json").read_text())["version"]
    return int(json.loads((folder / "manifest.json").read_text())["version"])


def put(folder, number: int) -> None:
    with Drop(folder).writing() as new:
        write(new, number)


def python(module: str, *arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"dothi.tests.unit.ioc.{module}", *arguments], text=True, **options
    )


def test_killed_at_any_moment_the_folder_is_the_old_or_the_new(tmp_path):
    target, chance, reached = tmp_path / "đích đến", random.Random(7), 0
    for _ in range(8):
        writer = python("drop_for_ever", str(target), stdout=subprocess.PIPE)
        for _ in range(chance.randint(1, 3)):
            assert writer.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.1))
        writer.kill()
        told = writer.communicate()[0].split()
        at_least = int(told[-1]) if told else 1
        assert version(target) >= at_least
        reached = max(reached, version(target))
    assert reached > 1
    put(target, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["đích đến"]  # nothing of the dead is left


def test_a_failed_writing_leaves_the_old(tmp_path):
    put(tmp_path / "a", 1)
    with pytest.raises(TypeError), Drop(tmp_path / "a").writing() as new:
        write(new, object())  # type: ignore[arg-type]  # fails when the manifest is to be written, after the files
    assert version(tmp_path / "a") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_two_at_once_is_said_and_the_first_is_not_disturbed(tmp_path):
    target = tmp_path / "a"
    with Drop(target).writing() as new:
        with pytest.raises(EnvironmentTroubleError) as busy:
            put(target, 2)
        assert busy.value.code == "ioc.target_busy"
        write(new, 1)
    assert version(target) == 1


def test_where_folders_cannot_change_places_a_death_between_two_moves_is_mended(tmp_path, monkeypatch):
    monkeypatch.setattr(drops, "_exchange", lambda one, other: False)
    target = tmp_path / "a"
    put(target, 1)
    put(target, 2)
    assert version(target) == 2
    target.rename(tmp_path / ".a.dothi-old")  # the moment in which a run was killed
    put(target, 3)
    assert version(target) == 3
    target.rename(tmp_path / ".a.dothi-old")
    with pytest.raises(ZeroDivisionError), Drop(target).writing():
        raise ZeroDivisionError
    assert version(target) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_publication_killed_in_the_middle_leaves_the_old_one(tmp_path, publication):
    data = province.build(tmp_path / "a.gpkg")
    target = tmp_path / "đích"
    before = publication(data, target, layers="parcel")["counts"]["features"]
    writer = python("publish_once", str(data), str(target))
    while not (tmp_path / ".đích.dothi-new" / "layers.gpkg").exists():
        assert writer.poll() is None
        time.sleep(0.002)
    writer.kill()
    writer.wait()
    assert problems(target) == []
    assert {layer["id"] for layer in json.loads((target / "manifest.json").read_text())["layers"]} == {"parcel"}
    assert publication(data, target, layers="parcel")["counts"]["features"] == before
    assert {path.name for path in tmp_path.iterdir()} - {"a.dothi"} == {"a.gpkg", "đích"}  # beside it lies its memory


@pytest.mark.parametrize("limit", [40_000, 400_000])
def test_a_full_disk_is_said_and_the_old_one_stays(tmp_path, publication, limit):
    data = province.build(tmp_path / "a.gpkg", parcels=1500)
    target = tmp_path / "đích"
    publication(data, target, layers="water_pipe")
    writer = python("publish_once", str(data), str(target), str(limit), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told, _ = writer.communicate(timeout=120)
    assert told.strip() == "engine.disk_full"
    assert writer.returncode == 4
    assert problems(target) == []
    assert {path.name for path in tmp_path.iterdir()} - {"a.dothi"} == {"a.gpkg", "đích"}  # beside it lies its memory


def test_a_folder_that_cannot_be_written_is_said(data, publication):
    with pytest.raises(EnvironmentTroubleError) as refused:
        publication(data, "/sys/ioc")
    assert refused.value.code in ("engine.no_permission", "engine.read_only")

"""A disk that is full while the state or the folder is written: said, nothing lost, and nothing twice afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dothi.ioc.targets.drop import problems
from dothi.layers.errors import EnvironmentTroubleError

from .conftest import NAME, publish, renamed, there, verify
from .processes import Publisher

ALL = "gpkg,geojson,ngsi"


@pytest.fixture
def disk(tmp_path):
    """A disk of its own that is small, where the machine lets us mount one."""
    place = tmp_path / "đĩa"
    place.mkdir()
    mount = shutil.which("mount")
    size = ["-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if (
        mount is None
        or os.geteuid() != 0
        or subprocess.run([mount, *size], check=False, capture_output=True).returncode
    ):
        pytest.skip("no right to mount a disk here; the limit of a process stands for it below")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def filled(disk: Path, left: int) -> Path:
    """Fill the disk but for ``left`` bytes."""
    filler = disk / "đầy"
    with filler.open("wb") as file:
        while True:
            room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            if room <= left:
                return filler
            file.write(bytes(min(room - left, 1 << 16)))
            file.flush()


def remembering_on(disk: Path, data: Path) -> None:
    """Let the memory of targets lie on ``disk``."""
    memory = data.with_suffix(".dothi") / "ioc"
    shutil.copytree(memory, disk / "ioc")
    shutil.rmtree(memory)
    memory.symlink_to(disk / "ioc")


def full(data, **more):
    with pytest.raises(EnvironmentTroubleError) as error:
        publish(data, **more)
    assert error.value.code == "engine.disk_full"
    for language in ("vi", "en"):
        assert error.value.sentence(language)


@pytest.mark.parametrize("left", [0, 8192])
def test_a_disk_full_of_the_state(own, centre, disk, left):
    """The memory lies on a disk that is full, the target does not; ``left`` bytes: at the first or at a later page."""
    centre.aim(own)
    remembering_on(disk, own)
    filler = filled(disk, left)
    full(own)
    filler.unlink()
    writes = centre.held()
    assert set(writes) <= set(there(own))
    told = publish(own)
    assert sum(told.values()) == len(there(own))
    assert set(told) <= {"created", "unchanged"}
    assert centre.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": len(there(own))}


def test_what_could_not_be_noted_was_not_sent(own, centre, disk):
    """Else the next run would take its own change for one of the other side."""
    centre.aim(own)
    remembering_on(disk, own)
    everything = sum(publish(own).values())
    before = centre.held()
    renamed(own, 1, "một")
    filler = filled(disk, 0)
    full(own)
    assert centre.held() == before
    renamed(own, 1, "hai")
    filler.unlink()
    assert publish(own) == {"updated": 1, "unchanged": everything - 1}
    assert centre.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": everything}


@pytest.mark.parametrize("left", [0, 40_000, 120_000])
def test_a_disk_full_of_the_folder(own, folder, disk, left):
    place = disk / "đích"
    to_disk = type(folder)("file", str(place), folder.held)
    to_disk.aim(own)
    everything = publish(own, formats=ALL)["created"]
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    renamed(own, 1, "mới")
    filler = filled(disk, left)
    full(own, formats=ALL)
    assert problems(place) == []
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before
    assert {path.name for path in disk.iterdir()} == {"đích", "đầy"}
    filler.unlink()
    assert publish(own, formats=ALL) == {"updated": 1, "unchanged": everything - 1}
    assert problems(place) == []
    assert publish(own, formats=ALL) == {"unchanged": everything}


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no such limit there")
def test_the_limit_of_a_process_stands_for_a_disk(own, centre):
    """What the kernel says at the end of a quota, on machines where nobody may mount a disk."""
    centre.aim(own)
    assert Publisher(own, NAME, largest=12_288).told() == "engine.disk_full"
    publish(own)
    assert centre.held() == there(own)
    assert publish(own) == {"unchanged": len(there(own))}

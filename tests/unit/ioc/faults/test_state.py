"""The memory of a target is lost, damaged, of another version, or an old copy: told, made again, and nothing twice."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from dothi.layers.errors import InputError

from .conftest import NAME, publish, renamed, repair, status, there, verify


def memory(data):
    return data.with_suffix(".dothi") / "ioc" / f"{NAME}.sqlite"


def refused(data, **more):
    with pytest.raises(InputError) as error:
        publish(data, **more)
    assert error.value.sentence("vi") != error.value.sentence("en")
    return error.value.code


def test_a_lost_state_adopts_what_is_there(own, centre):
    centre.aim(own)
    everything = sum(publish(own).values())
    memory(own).unlink()
    assert publish(own) in ({"unchanged": everything}, {"created": everything})  # a folder is proved by its bytes
    assert centre.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": everything}


def test_a_lost_state_and_a_change_here_are_somebodys_decision(own, centre):
    """Without a memory nobody can tell whose version is the newer one."""
    centre.aim(own)
    everything = sum(publish(own).values())
    before = centre.held()
    memory(own).unlink()
    renamed(own, 1, "mới")
    if centre.kind == "file":
        assert refused(own) == "ioc.folder_other"
    else:
        assert publish(own) == {"conflicts": 1, "unchanged": everything - 1}
    assert centre.held() == before
    repair(own, write_over=True)
    assert centre.held() == there(own)
    assert publish(own) == {"unchanged": everything}


@pytest.mark.parametrize("centre", ["file", "ngsi-ld"], indirect=True)
def test_a_lost_state_does_not_lose_the_guard(own, centre):
    """Half of a layer is gone, and nobody remembers that it was there: it is asked before anything is deleted."""
    centre.aim(own)
    publish(own)
    before = centre.held()
    memory(own).unlink()
    with closing(sqlite3.connect(own)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("DELETE FROM parcel WHERE fid % 2")
    with pytest.raises(InputError) as error:
        repair(own, write_over=True)
    assert error.value.code == "ioc.many_vanish"
    assert centre.held() == before
    repair(own, write_over=True, allow_vanish=True)
    assert centre.held() == there(own)


def garbage(path):
    path.write_bytes(b"\x93" * path.stat().st_size)


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoilt_inside(path):
    """Every page but the first one: the file opens, and its records cannot be read."""
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x93" * (len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [garbage, truncated, spoilt_inside])
def test_a_damaged_state_is_told_and_made_again(own, broker, spoil):
    broker.aim(own)
    everything = sum(publish(own).values())
    spoil(memory(own))
    assert refused(own) == "ioc.state_damaged"
    with pytest.raises(InputError) as error:
        status(own)
    assert error.value.code == "ioc.state_damaged"
    writes = [one for one in broker.double.seen if one[0] == "POST" and "query" not in one[1]]
    assert repair(own) == {"unchanged": everything}
    after = [one for one in broker.double.seen if one[0] == "POST" and "query" not in one[1]]
    assert len(after) <= len(writes) + 2  # the trial with the real permissions, and nothing else
    assert broker.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": everything}


def test_a_state_of_a_later_program_is_left_alone(own, broker):
    broker.aim(own)
    publish(own)
    with closing(sqlite3.connect(memory(own))) as database, database:
        database.execute("UPDATE note SET value = '2' WHERE key = 'format'")
    before = memory(own).read_bytes()
    assert refused(own) == "ioc.state_later"
    with pytest.raises(InputError) as error:
        repair(own)
    assert error.value.code == "ioc.state_later"
    assert memory(own).read_bytes() == before


@pytest.mark.parametrize("centre", ["ngsi-ld", "postgresql"], indirect=True)
def test_an_old_copy_of_the_state_is_put_right_by_reading(own, centre, tmp_path):
    centre.aim(own)
    everything = sum(publish(own).values())
    shutil.copy(memory(own), tmp_path / "cũ")
    renamed(own, 1, "mới")
    assert publish(own)["updated"] == 1
    shutil.copy(tmp_path / "cũ", memory(own))
    assert publish(own) == {"updated": 1, "unchanged": everything - 1}  # learnt, and not sent again
    assert centre.held() == there(own)
    assert publish(own) == {"unchanged": everything}

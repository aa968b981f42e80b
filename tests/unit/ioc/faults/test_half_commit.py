"""A commit of QGIS that was applied in part: rows without a name, two of one name, broken shapes, half of the edits."""

from __future__ import annotations

import pytest

from dothi.layers.errors import InputError
from dothi.tests.unit.ioc import province

from ..heard import Heard
from .conftest import edited, plan, publish, rebuilt, status, there, verify


def loosened(data, layer):
    """The table as another program makes it: two rows may have one name, and a row may have none."""
    with edited(data) as database:
        rebuilt(database, layer)


def copied(database, layer, uid, new):
    """A row that is there twice; ``new`` is the name of the second one."""
    names = [r[1] for r in database.execute(f'PRAGMA table_info("{layer}")') if r[1] not in ("fid", "uid")]
    listed = ", ".join(f'"{name}"' for name in names)
    database.execute(
        f'INSERT INTO "{layer}" (uid, {listed}) SELECT ?, {listed} FROM "{layer}" WHERE uid = ?', (new, uid)
    )


def test_rows_without_a_name_are_told_every_time_and_the_others_go(own, centre):
    centre.aim(own)
    loosened(own, "parcel")
    with edited(own) as database:
        copied(database, "parcel", province.uid(101), None)
        copied(database, "parcel", province.uid(102), None)
    named = {uid: name for uid, name in there(own).items() if uid}
    for _ in range(2):
        heard = Heard()
        told = publish(own, heard)
        assert ("ioc.left_out.uid_unusable", 2) in [(code, given.get("count")) for code, given in heard.said]
        assert told["failed"] == 2
        assert centre.held() == named


def test_two_of_one_name_keep_what_was_published(own, centre):
    """Somebody pasted a row with its name. Which of the two is meant nobody can know."""
    centre.aim(own)
    everything = sum(publish(own).values())
    before, disputed = centre.held(), province.uid(101)
    loosened(own, "parcel")
    with edited(own) as database:
        copied(database, "parcel", disputed, disputed)
    heard = Heard()
    told = publish(own, heard)
    assert "ioc.left_out.uid_repeated" in heard.codes
    if centre.kind == "file":  # it shows the layer as it is now
        assert told == {"deleted": 1, "failed": 1, "unchanged": everything - 1}
        assert publish(own) == {"failed": 1, "unchanged": everything - 1}
        assert centre.held() == {uid: name for uid, name in before.items() if uid != disputed}
    else:
        assert told == {"failed": 1, "unchanged": everything - 1}
        assert centre.held() == before
        (trouble,) = status(own)["troubles"]
        assert (trouble["uid"], trouble["code"]) == (disputed, "ioc.kept_there")
        assert publish(own) == {"failed": 1, "unchanged": everything - 1}  # and said again
    with edited(own) as database:
        database.execute("DELETE FROM parcel WHERE fid = (SELECT max(fid) FROM parcel WHERE uid = ?)", (disputed,))
    publish(own)
    assert centre.held() == before
    assert publish(own) == verify(own) == {"unchanged": everything}


@pytest.mark.parametrize("centre", ["file", "ngsi-ld"], indirect=True)
def test_a_whole_layer_pasted_twice_takes_nothing_away(own, centre):
    centre.aim(own)
    everything = sum(publish(own).values())
    before = centre.held()
    loosened(own, "parcel")
    with edited(own) as database:
        for uid in [row[0] for row in database.execute("SELECT uid FROM parcel").fetchall()]:
            copied(database, "parcel", uid, uid)
    if centre.kind == "file":
        with pytest.raises(InputError) as error:
            publish(own)
        assert error.value.code == "ioc.many_vanish"
    else:
        assert publish(own) == {"failed": 24, "unchanged": everything - 24}
    assert centre.held() == before


def test_a_shape_that_is_broken_keeps_what_was_published(own, broker):
    broker.aim(own)
    everything = sum(publish(own).values())
    before = broker.held()
    with edited(own) as database:
        database.execute("UPDATE parcel SET geom = NULL, parcel_no = 'x' WHERE uid = ?", (province.uid(101),))
        database.execute("UPDATE parcel SET parcel_no = 'y' WHERE uid = ?", (province.uid(102),))
    heard = Heard()
    assert publish(own, heard) == {"updated": 1, "failed": 1, "unchanged": everything - 2}
    assert "ioc.left_out.geometry_missing" in heard.codes
    assert broker.held() == {**before, province.uid(102): "y"}


@pytest.mark.parametrize("centre", ["file", "postgresql"], indirect=True)
def test_half_of_a_commit_is_followed_by_its_other_half(own, centre):
    """QGIS adds rows first and changes attributes then: what is in the file is published, and nothing of it twice."""
    centre.aim(own)
    everything = sum(publish(own).values())
    new = province.uid(900)
    loosened(own, "parcel")
    with edited(own) as database:
        copied(database, "parcel", province.uid(101), new)
    assert publish(own) == {"created": 1, "unchanged": everything}
    with edited(own) as database:
        database.execute("UPDATE parcel SET parcel_no = 'nửa sau' WHERE uid IN (?, ?)", (new, province.uid(102)))
    assert plan(own)["updated"] == 2
    assert publish(own) == {"updated": 2, "unchanged": everything - 1}
    assert centre.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": everything + 1}

"""Two publishers of one layer at the same time: nothing doubled, nothing lost, and one of them says so."""

from __future__ import annotations

import sys

import pytest

from dothi.tests.unit.ioc import province

from .conftest import NAME, edited, publish, there, verify
from .processes import Publisher

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="publishers are forked, which Windows cannot")

# Where a publisher is held: all is planned, nothing is there yet. Hydrants are the first to be written.
BEFORE_WRITING = {
    "file": "dothi.ioc.targets.drop:_flush",
    "ngsi-ld": "dothi.ioc.state:State.sending",
    "postgresql": "dothi.ioc.state:State.sending",
    "rest": "dothi.ioc.state:State.sending",
}
# What the second is told while the first one writes.
SAID = {"file": "ioc.target_busy", "postgresql": "ioc.target_busy"}


def test_two_processes_with_one_data_set(own, centre):
    centre.aim(own)
    first = Publisher(own, NAME, at=BEFORE_WRITING[centre.kind])
    assert Publisher(own, NAME).told() == "ioc.target_busy"
    assert first.go_on().told() == {"created": len(there(own))}
    assert centre.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": len(there(own))}


def test_two_machines_with_the_same_data(machine, centre):
    one, other = centre.aim(machine("một")), centre.aim(machine("hai"))
    all_of_them = len(there(one))
    first = Publisher(one, NAME, at=BEFORE_WRITING[centre.kind])
    second = Publisher(other, NAME).told()
    if centre.kind in SAID:
        assert second == SAID[centre.kind]
        assert first.go_on().told() == {"created": all_of_them}
    else:  # who comes second finds the same there, which is no conflict
        assert second == {"created": all_of_them}
        told = first.go_on().told()
        assert set(told) <= {"created", "unchanged"}
        assert sum(told.values()) == all_of_them
    assert centre.held() == there(one)
    for data in (one, other):
        assert publish(data) == {"unchanged": all_of_them} or centre.kind in SAID
        assert publish(data) == verify(data) == {"unchanged": all_of_them}


def test_two_machines_that_know_different_things(machine, centre):
    one, other = centre.aim(machine("một")), centre.aim(machine("hai"))
    all_of_them, disputed = len(there(one)), province.uid(401)
    for data, word in ((one, "H-một"), (other, "H-hai")):
        with edited(data) as database:
            database.execute("UPDATE hydrant SET code = ? WHERE uid = ?", (word, disputed))
    first = Publisher(one, NAME, at=BEFORE_WRITING[centre.kind])
    second, told = Publisher(other, NAME).told(), first.go_on().told()
    if centre.kind in SAID:
        assert (told, second) == ({"created": all_of_them}, SAID[centre.kind])
        loser, word = other, "H-một"
    else:  # the second one has written before the first one could
        assert second == {"created": all_of_them}
        assert told["conflicts"] == 1
        loser, word = one, "H-hai"
    assert centre.held() == {**there(loser), disputed: word}
    decided_there(centre, loser, all_of_them)
    assert centre.held()[disputed] == word
    publish(loser, write_over=True)
    assert centre.held() == there(loser)


def decided_there(centre, loser, all_of_them):
    """Nothing of the other machine is written over until somebody says so."""
    if centre.kind == "file":
        with pytest.raises(Exception, match=r"ioc\.folder_other"):
            publish(loser)
    else:
        assert publish(loser) == {"conflicts": 1, "unchanged": all_of_them - 1}

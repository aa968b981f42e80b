"""Two states are kept equal, whatever the other side does and wherever the process dies."""

from __future__ import annotations

import contextlib
import sqlite3
from random import Random

import pytest

from dothi.ioc import state as states
from dothi.ioc.plan import plan
from dothi.ioc.proving import repair, verify
from dothi.ioc.sync import OUTCOMES, publish
from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.tests.unit.ioc.two_sides import LAYER, Broker, KilledError, Layer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ioc" / "centre.sqlite"


def run(layer, broker, path, **how):
    with states.opened(path, broker.identity) as state:
        return publish(layer, broker, state, wait=lambda seconds: None, **how).counts


def counts(**given):
    return {name: given.get(name, 0) for name in OUTCOMES}


def ten():
    return Layer({f"u{n}": str(n) for n in range(10)})


def test_a_second_run_of_the_same_does_nothing(path):
    layer, broker = ten(), Broker()
    assert run(layer, broker, path) == counts(created=10)
    written, made = broker.written, layer.made
    assert run(layer, broker, path) == counts(unchanged=10)
    assert (broker.written, layer.made) == (written, made)


def test_new_changed_and_gone_features_arrive_and_nothing_else_is_touched(path):
    layer, broker = ten(), Broker()
    run(layer, broker, path)
    layer.features |= {"u1": "other", "new": "1"}
    del layer.features["u2"]
    broker.written = 0
    assert run(layer, broker, path) == counts(created=1, updated=1, deleted=1, unchanged=8)
    assert broker.written == 2
    assert broker.held == {f"urn:{uid}": layer.body(uid) for uid in layer.features}


def test_what_changed_there_is_a_conflict_until_somebody_decides(path):
    layer, broker = ten(), Broker()
    run(layer, broker, path)
    broker.held["urn:u3"] = '{"id":"u3","value":"theirs"}'
    layer.features["u3"] = "ours"
    layer.features["u4"] = "ours"
    assert run(layer, broker, path) == counts(updated=1, conflicts=1, unchanged=8)
    assert "theirs" in broker.held["urn:u3"]
    assert run(layer, broker, path) == counts(conflicts=1, unchanged=9)
    assert run(layer, broker, path, over=True) == counts(updated=1, unchanged=9)
    assert broker.held["urn:u3"] == layer.body("u3")


def test_a_feature_changed_there_is_not_deleted_in_silence(path):
    layer, broker = ten(), Broker()
    run(layer, broker, path)
    broker.held["urn:u3"] = '{"id":"u3","value":"theirs"}'
    del layer.features["u3"]
    assert run(layer, broker, path) == counts(conflicts=1, unchanged=9)
    assert run(layer, broker, path, over=True) == counts(deleted=1, unchanged=9)
    assert "urn:u3" not in broker.held


def test_many_vanishing_features_ask_first_and_nothing_is_sent(path):
    layer, broker = Layer({f"u{n}": str(n) for n in range(100)}), Broker()
    run(layer, broker, path)
    layer.features = {f"u{n}": "other" for n in range(50)}
    broker.written = 0
    with pytest.raises(InputError) as error:
        run(layer, broker, path)
    assert error.value.code == "ioc.many_vanish"
    assert broker.written == 0
    assert run(layer, broker, path, vanish=True) == counts(updated=50, deleted=50)


def test_a_withheld_feature_is_withdrawn_if_it_was_there_and_else_never_leaves(path):
    layer, broker = ten(), Broker()
    layer.withheld = {"u9"}
    assert run(layer, broker, path) == counts(created=9)
    assert "urn:u9" not in broker.held
    layer.withheld = {"u8", "u9"}
    assert run(layer, broker, path) == counts(updated=1, unchanged=8)
    assert "withdrawn" in broker.held["urn:u8"]
    layer.withheld = {"u8"}
    assert run(layer, broker, path) == counts(created=1, unchanged=9)


def test_a_lost_state_adopts_what_is_there_and_sends_nothing_twice(path):
    layer, broker = ten(), Broker()
    run(layer, broker, path)
    path.unlink()
    broker.written = 0
    assert run(layer, broker, path) == counts(unchanged=10)
    assert broker.written == 0


def test_verifying_tells_what_is_missing_other_and_too_much_and_changes_nothing(path):
    layer, broker = ten(), Broker()
    layer.withheld = {"u8"}
    run(layer, broker, path)
    layer.withheld = {"u7", "u8"}
    run(layer, broker, path)
    assert dict(verify(layer, broker).counts) == {"unchanged": 8}
    del broker.held["urn:u1"]
    broker.held["urn:u2"] = '{"id":"u2","value":"theirs"}'
    broker.held["urn:ghost"] = '{"id":"ghost"}'
    before = dict(broker.held)
    proof = verify(layer, broker)
    assert dict(proof.counts) == {"unchanged": 6, "created": 1, "updated": 1, "deleted": 1}
    assert [(one["key"], one["what"]) for one in proof.differences] == [
        ("urn:u1", "created"), ("urn:u2", "updated"), ("urn:ghost", "deleted"),
    ]  # fmt: skip
    assert broker.held == before


def test_repairing_brings_both_sides_together_and_leaves_decisions_to_people(path):
    layer, broker = ten(), Broker()
    run(layer, broker, path)
    del broker.held["urn:u1"]
    broker.held["urn:u2"] = '{"id":"u2","value":"theirs"}'
    broker.held["urn:ghost"] = '{"id":"ghost"}'
    with states.opened(path, broker.identity) as state:
        result = repair(layer, broker, state)
    assert result.counts == counts(created=1, conflicts=1, deleted=1, unchanged=8)
    assert "theirs" in broker.held["urn:u2"]
    with states.opened(path, broker.identity) as state:
        assert repair(layer, broker, state, over=True).counts == counts(updated=1, unchanged=9)
    assert broker.held == {f"urn:{uid}": layer.body(uid) for uid in layer.features}


def test_a_server_that_forgot_everything_is_filled_again(path):
    layer, broker = ten(), Broker()
    run(layer, broker, path)
    broker.held.clear()
    assert run(layer, broker, path) == counts(created=10)
    del broker.held["urn:u3"]
    assert run(layer, broker, path) == counts(created=1, unchanged=9)


def test_a_silent_server_ends_the_run_and_what_was_proved_stays(path):
    layer, broker = ten(), Broker(trouble=1.0)
    with pytest.raises(EnvironmentTroubleError) as error:
        run(layer, broker, path)
    assert error.value.code == "ioc.no_answer"


def test_a_damaged_state_and_one_of_another_target_are_named(path):
    layer, broker = ten(), Broker()
    run(layer, broker, path)
    with pytest.raises(InputError) as error:
        run(layer, Broker(identity="memory:other"), path)
    assert error.value.code == "ioc.state_other"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(InputError) as error:
        run(layer, broker, path)
    assert error.value.code == "ioc.state_damaged"


def test_two_publishers_of_one_target_do_not_meet(path):
    layer, broker = ten(), Broker()
    with states.opened(path, broker.identity), pytest.raises(EnvironmentTroubleError) as error:
        run(layer, broker, path)
    assert error.value.code == "ioc.target_busy"


@pytest.mark.parametrize("seed", range(6))
def test_after_any_faults_and_deaths_both_sides_are_equal(path, seed):
    random = Random(seed)
    layer, broker = Layer(), Broker(random, trouble=0.25)
    deaths, silences = 0, []
    for _ in range(60):
        for _ in range(random.randrange(1, 12)):
            layer.edit(random)
        broker.kill_at = broker.requests + random.randrange(1, 12) if random.random() < 0.4 else None
        try:
            run(layer, broker, path, vanish=True)
        except KilledError:
            deaths += 1
        except EnvironmentTroubleError as error:
            silences.append(error.code)
    broker.trouble, broker.kill_at = 0.0, None
    run(layer, broker, path, vanish=True)
    last = run(layer, broker, path, vanish=True)
    assert deaths > 5
    assert set(silences) <= {"ioc.no_answer"}
    assert len(broker.faults) > 5
    assert {name for name, count in last.items() if count} <= {"unchanged"}
    published = {key.removeprefix("urn:") for key in broker.held}
    assert set(layer.features) - layer.withheld <= published <= set(layer.features)
    assert broker.held == {f"urn:{uid}": layer.body(uid) for uid in published}
    with contextlib.closing(sqlite3.connect(path)) as database:
        proved = database.execute("SELECT count(*) FROM record WHERE mark = ?", (states.PROVED,)).fetchone()[0]
    assert proved == len(published)
    with states.opened(path, broker.identity) as state:
        assert [one.to_send for one in plan(layer, state, (LAYER,))] == [()]

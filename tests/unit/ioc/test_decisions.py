"""A conflict is decided by somebody, for chosen features, and it is kept who decided what."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dothi.engine.contract.ioc import BOARD, DECIDE, PUBLISH, REPAIR, STATUS, VERIFY
from dothi.engine.jobs import ioc as jobs
from dothi.engine.jobs.ioc_board import received_from
from dothi.ioc import state as states
from dothi.ioc.decisions import OURS, THEIRS, decide
from dothi.ioc.proving import repair, verify
from dothi.ioc.sync import OUTCOMES, publish
from dothi.layers.errors import EnvironmentTroubleError, InputError, UsageError
from dothi.layers.report import SILENT
from dothi.tests.doubles.gateway import server as gateway
from dothi.tests.unit.ioc import province
from dothi.tests.unit.ioc.test_broker import rewritten
from dothi.tests.unit.ioc.two_sides import Broker, Layer

T3, T4 = '{"id":"u3","value":"theirs"}', '{"id":"u4","value":"theirs"}'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ioc" / "centre.sqlite"


@pytest.fixture
def sides(path):
    """Ten features there, of which both sides have changed two."""
    layer, broker = Layer({f"u{n}": str(n) for n in range(10)}), Broker()
    run(layer, broker, path)
    broker.held |= {"urn:u3": T3, "urn:u4": T4}
    layer.features |= {"u3": "ours", "u4": "ours", "u5": "waits"}
    return layer, broker


def run(layer, broker, path, **how):
    with states.opened(path, broker.identity) as state:
        return seven(publish(layer, broker, state, wait=lambda seconds: None, **how))


def ruled(layer, broker, path, uids, keep):
    with states.opened(path, broker.identity) as state:
        return seven(decide(layer, broker, state, uids, keep, "ann", wait=lambda seconds: None))


def proof(layer, broker, path):
    with states.opened(path, broker.identity) as state:
        found = verify(layer, broker, standing=state.standing())
    return {name: count for name, count in found.counts.items() if count}, [
        (one["uid"], one["what"]) for one in found.differences
    ]


def seven(result):
    return {name: result.counts[name] for name in OUTCOMES if result.counts[name]}


def test_ours_is_sent_for_the_chosen_feature_and_for_no_other(sides, path):
    layer, broker = sides
    assert run(layer, broker, path) == {"updated": 1, "conflicts": 2, "unchanged": 7}
    layer.features["u6"] = "waits"
    assert ruled(layer, broker, path, ["u3"], OURS) == {"updated": 1}
    assert broker.held["urn:u3"] == layer.body("u3")
    assert broker.held["urn:u4"] == T4
    assert broker.held["urn:u6"] != layer.body("u6")
    assert run(layer, broker, path) == {"updated": 1, "conflicts": 1, "unchanged": 8}


def test_ours_is_not_written_over_what_they_changed_after_the_decision(sides, path):
    layer, broker = sides
    run(layer, broker, path)
    later = '{"id":"u3","value":"later"}'
    wrote = broker.write

    def write(records):
        broker.held["urn:u3"] = later
        return {}

    broker.write = write
    assert ruled(layer, broker, path, ["u3"], OURS) == {"conflicts": 1}
    broker.write = wrote
    assert run(layer, broker, path) == {"conflicts": 2, "unchanged": 8}
    assert broker.held["urn:u3"] == later


def test_theirs_stands_is_told_and_nothing_is_sent(sides, path):
    layer, broker = sides
    run(layer, broker, path)
    assert ruled(layer, broker, path, ["u3", "u4"], THEIRS) == {"unchanged": 2}
    broker.written = 0
    assert run(layer, broker, path) == {"unchanged": 10}
    assert (broker.written, broker.held["urn:u3"]) == (0, T3)
    assert proof(layer, broker, path) == ({"unchanged": 10}, [("u3", "theirs"), ("u4", "theirs")])
    told = states.summary(path)
    assert (told["counts"]["theirs"], told["counts"]["conflicts"]) == (2, 0)
    assert told["troubles"][0]["by"] == "ann"
    assert told["troubles"][0]["differs"] == {"value": ["ours", "theirs"]}


@pytest.mark.parametrize("who", ["here", "there"])
def test_theirs_stands_until_either_side_changes_again(sides, path, who):
    layer, broker = sides
    run(layer, broker, path)
    ruled(layer, broker, path, ["u3", "u4"], THEIRS)
    if who == "here":
        layer.features["u3"] = "newer"
    else:
        broker.held["urn:u3"] = '{"id":"u3","value":"newer"}'
        assert proof(layer, broker, path)[1] == [("u3", "updated"), ("u4", "theirs")]
        layer.features["u3"] = "ours "  # looked at again because something of ours changed
    assert run(layer, broker, path) == {"conflicts": 1, "unchanged": 9}
    assert "newer" not in broker.held["urn:u3"] or who == "there"
    assert ruled(layer, broker, path, ["u3"], OURS) == {"updated": 1}


def test_theirs_stands_when_all_is_looked_at_again_or_made_anew(sides, path):
    layer, broker = sides
    run(layer, broker, path)
    ruled(layer, broker, path, ["u3", "u4"], THEIRS)
    del broker.held["urn:u1"]
    layer.features["u7"] = "changed"
    assert run(layer, broker, path) == {"created": 1, "updated": 1, "unchanged": 8}
    assert broker.held["urn:u3"] == T3
    with states.opened(path, broker.identity) as state:
        assert seven(repair(layer, broker, state)) == {"unchanged": 10}
    assert broker.held["urn:u3"] == T3
    assert proof(layer, broker, path) == ({"unchanged": 10}, [("u3", "theirs"), ("u4", "theirs")])


def test_a_feature_that_we_removed_and_they_changed_may_stay_theirs(sides, path):
    layer, broker = sides
    run(layer, broker, path)
    ruled(layer, broker, path, ["u4"], OURS)
    del layer.features["u3"]
    assert run(layer, broker, path) == {"conflicts": 1, "unchanged": 9}
    ruled(layer, broker, path, ["u3"], THEIRS)
    assert run(layer, broker, path) == {"unchanged": 9}
    assert proof(layer, broker, path) == ({"unchanged": 9}, [("u3", "theirs")])
    with states.opened(path, broker.identity) as state:
        assert seven(repair(layer, broker, state)) == {"unchanged": 9}
    assert broker.held["urn:u3"] == T3
    layer.features["u3"] = "back again"
    assert run(layer, broker, path) == {"conflicts": 1, "unchanged": 9}
    del layer.features["u3"]
    run(layer, broker, path)
    ruled(layer, broker, path, ["u3"], OURS)
    assert "urn:u3" not in broker.held


def test_a_decision_may_be_changed_and_every_one_is_kept(sides, path):
    layer, broker = sides
    run(layer, broker, path)
    ruled(layer, broker, path, ["u3"], THEIRS)
    assert ruled(layer, broker, path, ["u3"], OURS) == {"updated": 1}
    assert broker.held["urn:u3"] == layer.body("u3")
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT uid, keep, by FROM decision ORDER BY rowid").fetchall()
    assert rows == [("u3", "theirs", "ann"), ("u3", "ours", "ann")]


def test_what_cannot_be_decided(sides, path):
    layer, broker = sides
    run(layer, broker, path)
    for uids in (["u5"], ["u3", "nobody"]):
        with pytest.raises(InputError) as refused:
            ruled(layer, broker, path, uids, OURS)
        assert refused.value.code == "ioc.not_disputed"
    del broker.held["urn:u3"]
    with pytest.raises(InputError) as refused:
        ruled(layer, broker, path, ["u3"], THEIRS)
    assert refused.value.code == "ioc.gone_there"
    broker.trouble = 1.0
    with pytest.raises(EnvironmentTroubleError) as silent:
        ruled(layer, broker, path, ["u4"], OURS)
    assert silent.value.code == "ioc.no_answer"


def test_through_the_door(data, tmp_path, monkeypatch):
    monkeypatch.setattr("dothi.ioc.sync.PAUSE_S", 0.0)
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    own, centre = Path(shutil.copy(data, tmp_path / "tỉnh.gpkg")), gateway.Gateway()
    uid = province.uid(100)
    with gateway.serving(centre) as address:
        given = {"data": str(own), "target": f"rest+{address}", "contract": str(gateway.CONTRACT), "layers": "parcel"}
        jobs.publish(PUBLISH.read(given), SILENT)
        centre.held["parcel"][uid]["properties"]["soTo"] = "99"
        rewritten(own, "parcel", uid, sheet_no="13")
        assert jobs.publish(PUBLISH.read(given), SILENT)["conflicts"] == 1
        told = jobs.decide(DECIDE.read({**given, "uids": uid, "keep": "theirs"}), SILENT)
        assert (told["unchanged"], told["conflicts"]) == (1, 0)
        assert jobs.publish(PUBLISH.read(given), SILENT)["same"]
        assert [one["what"] for one in jobs.verify(VERIFY.read(given), SILENT)["differences"]] == ["theirs"]
        asked = BOARD.read(given)
        with received_from(jobs._profile(own, asked), asked) as received:
            assert (received.proof().wrong, received.proof().problems) == (0, [])
        assert jobs.repair(REPAIR.read(given), SILENT)["conflicts"] == 0
        (state,) = jobs.status(STATUS.read({"data": str(own), "target": given["target"]}), SILENT)["targets"]
        assert [one["code"] for one in state["troubles"]] == ["ioc.theirs_stands"]
        assert json.dumps(state).count(uid) == 1
        assert jobs.decide(DECIDE.read({**given, "uids": uid, "keep": "ours"}), SILENT)["updated"] == 1
        assert centre.held["parcel"][uid]["properties"]["soTo"] == "13"
    with pytest.raises(InputError) as refused:
        jobs.decide(DECIDE.read({"data": str(own), "target": str(tmp_path / "x"), "uids": uid, "keep": "ours"}), SILENT)
    assert refused.value.code == "ioc.folder_undisputed"
    with pytest.raises(UsageError):
        DECIDE.read({**given, "uids": uid, "keep": "both"})

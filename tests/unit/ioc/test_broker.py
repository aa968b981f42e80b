"""A province is published to a broker over HTTP: once, whole, and proved by reading back."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from dothi.engine.jobs.ioc_source import read_publication
from dothi.ioc import state as states
from dothi.ioc.outgoing import Outgoing
from dothi.ioc.publication import layers_to_publish
from dothi.ioc.sync import OUTCOMES, publish
from dothi.ioc.targets import broker as brokers
from dothi.ioc.web import Credentials
from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.store import dataset, geopackage
from dothi.tests.doubles.ngsi_ld.server import Broker, serving

CONTEXT = "https://ioc.example/context/v1.jsonld"


@pytest.fixture
def centre():
    broker = Broker()
    with serving(broker) as address:
        yield broker, address


class Side:
    """A data set and a target, published again and again."""

    def __init__(self, data, address, state, layers=(), token=""):
        self.data, self.address, self.state, self.layers, self.token = data, address, state, layers, token

    def publish(self, **how):
        publication = read_publication(self.data, None, ("ngsi",))
        chosen = [of for of in layers_to_publish(publication, self.layers) if of.entities]
        target = brokers.Broker(
            f"ngsi-ld+{self.address}?tenant=binhduong", publication.province, chosen, context=CONTEXT,
            credentials=Credentials(token=self.token),
        )  # fmt: skip
        source = Outgoing(self.data, publication, chosen, brokers.form(publication, chosen))
        with states.opened(self.state, target.identity) as state:
            return publish(source, target, state, wait=lambda seconds: None, **how)


def rewritten(data, layer, uid, **values):
    """Change a row; the triggers of the spatial index need functions that plain SQLite lacks."""
    with geopackage.writing(data) as database:
        for trigger in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f'DROP TRIGGER "{trigger[0]}"')
        for name, value in values.items():
            database.execute(f'UPDATE "{layer}" SET "{name}" = ? WHERE uid = ?', (value, uid))


def counts(result):
    return {name: count for name, count in result.counts.items() if count}


def test_the_whole_province_arrives_once(data, centre, tmp_path):
    broker, address = centre
    side = Side(data, address, tmp_path / "state.sqlite")
    first = counts(side.publish())
    assert set(first) == {"created"}
    held = broker.tenants["binhduong"].held
    assert first["created"] <= len(held)
    assert all("@context" not in entity for entity in held.values())
    writes = [seen for seen in broker.seen if seen[1].endswith(("/create", "/upsert"))]
    assert len(writes) >= 2
    again = counts(side.publish())
    assert again == {"unchanged": first["created"]}
    # The trial with the real permissions is there the second time only if there is something to send.
    assert [seen for seen in broker.seen if seen[1].endswith(("/create", "/upsert"))] == writes


def test_every_fault_of_a_broker_ends_with_both_sides_equal(data, centre, tmp_path):
    broker, address = centre
    random = Random(3)
    faults = ("lost", "answer lost", "kept nothing", "half", "500", "413", "restart empty")
    writing = ("/create", "/upsert")
    broker.faults = lambda _, path: random.choice(faults) if random.random() < 0.3 and path.endswith(writing) else ""
    side = Side(data, address, tmp_path / "state.sqlite")
    side.publish()
    broker.faults = lambda method, path: ""
    side.publish()
    last = counts(side.publish())
    assert set(last) == {"unchanged"}
    clean = Broker()
    with serving(clean) as other:
        Side(data, other, tmp_path / "other.sqlite").publish()
    assert broker.tenants["binhduong"].held == clean.tenants["binhduong"].held


def test_a_value_that_nobody_had_entered_and_is_0_now_is_published(data, centre, tmp_path):
    own = Path(shutil.copy(data, tmp_path / "tỉnh.gpkg"))
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    side = Side(own, centre[1], tmp_path / "state.sqlite")
    side.publish()
    unknown = dataset.read(own, "building", ["height_m"]).query("height_m.isna()").iloc[0]
    rewritten(own, "building", unknown["uid"], height_m=0.0)
    assert counts(side.publish())["updated"] == 1


class Killed(BaseException):
    """The program ends here."""


def probes(broker):
    return [key for key in broker.tenants["binhduong"].held if brokers.PROBE in key]


def test_what_a_killed_trial_left_is_taken_away_even_where_nothing_is_to_be_sent(data, centre, tmp_path, monkeypatch):
    broker, address = centre
    own = Path(shutil.copy(data, tmp_path / "tỉnh.gpkg"))
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    side = Side(own, address, tmp_path / "state.sqlite")
    side.publish()
    before = dataset.read(own, "parcel", ["sheet_no"]).iloc[0]
    rewritten(own, "parcel", before["uid"], sheet_no="999")
    post = brokers.Broker._post

    def killed(self, path, given):
        if path.endswith("/delete"):
            raise Killed
        return post(self, path, given)

    monkeypatch.setattr(brokers.Broker, "_post", killed)
    with pytest.raises(Killed):
        side.publish()
    monkeypatch.undo()
    assert len(probes(broker)) == 1
    rewritten(own, "parcel", before["uid"], sheet_no=before["sheet_no"])
    assert set(counts(side.publish())) == {"unchanged"}
    assert probes(broker) == []
    seen = len(broker.seen)
    side.publish()
    assert not [path for _, path in broker.seen[seen:] if path.endswith(("/create", "/upsert", "/delete"))]


def test_a_trial_whose_removal_was_lost_is_removed_again(data, centre, tmp_path):
    broker, address = centre
    lost = iter(["lost"])
    broker.faults = lambda _, path: next(lost, "") if path.endswith("/delete") else ""
    Side(data, address, tmp_path / "state.sqlite").publish()
    assert probes(broker) == []


def test_an_attribute_of_another_system_stays_and_ours_that_is_gone_goes(data, centre, tmp_path):
    broker, address = centre
    data = Path(shutil.copy(data, tmp_path / "copy.gpkg"))
    side = Side(data, address, tmp_path / "state.sqlite", ["luminaire"])
    side.publish()
    held = broker.tenants["binhduong"].held
    key = next(key for key in held if ":Streetlight:" in key)
    held[key]["lampState"] = {"type": "Property", "value": "on"}
    uid = key.rpartition(":")[2]
    rewritten(data, "luminaire", uid, power_w=None)
    assert held[key]["powerRating"]
    assert counts(side.publish())["updated"] == 1
    assert held[key]["lampState"]["value"] == "on"
    assert "powerRating" not in held[key]


def test_a_wrong_token_is_named_and_nothing_is_sent(data, centre, tmp_path):
    broker, address = centre
    broker.token = "right"
    with pytest.raises(InputError) as error:
        Side(data, address, tmp_path / "state.sqlite", token="wrong").publish()
    assert error.value.code == "ioc.not_allowed"
    assert "wrong" not in str(error.value)
    assert broker.tenants["binhduong"].held == {}


WITH_PASSWORD = "https://user:pw@ioc.example"  # pragma: allowlist secret


@pytest.mark.parametrize("address", ["http://ioc.example", "ftp://127.0.0.1", WITH_PASSWORD, "http://"])
def test_an_address_that_is_not_safe_is_refused(data, tmp_path, address):
    with pytest.raises(InputError) as error:
        Side(data, address, tmp_path / "state.sqlite").publish()
    assert error.value.code in ("ioc.address_wrong", "ioc.secret_in_address")


def test_nobody_at_the_address_is_said(data, tmp_path):
    with pytest.raises(EnvironmentTroubleError) as error:
        Side(data, "http://127.0.0.1:9", tmp_path / "state.sqlite").publish()
    assert error.value.code == "ioc.no_answer"


def test_outcomes_are_the_ones_that_scripts_rely_on():
    assert OUTCOMES == ("created", "updated", "deleted", "unchanged", "unproved", "failed", "conflicts")

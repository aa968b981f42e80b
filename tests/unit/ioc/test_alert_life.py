"""The life of an alert at the centre: raised, updated, withdrawn; and what the centre answers."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dothi.engine.contract.case import SET, TAKE
from dothi.engine.contract.ioc import PUBLISH, STATUS
from dothi.engine.jobs import case
from dothi.engine.jobs import ioc as jobs
from dothi.layers.report import SILENT
from dothi.store import cases
from dothi.tests.doubles.ngsi_ld.server import Broker, serving
from dothi.tests.unit.ioc.test_broker import CONTEXT

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture
def own(data, tmp_path):
    """A data set of its own, whose alerts have become cases."""
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    path = Path(shutil.copy(data, tmp_path / "tỉnh.gpkg"))
    case.take(TAKE.read({"data": str(path)}), SILENT)
    return path


def publish(data, target, **more):
    given = {
        "data": str(data),
        "target": str(target),
        "layers": ["alert"],
        "allow_vanish": True,
        "context": CONTEXT,
        **more,
    }
    return jobs.publish(PUBLISH.read(given), SILENT)


def decide(data, status):
    life = next(life for life in cases.lives(data) if life.state != "withdrawn")
    case.set_(SET.read({"data": str(data), "case": life.code, "status": status, "note": "bãi thải cũ"}), SILENT)
    return life


def test_a_case_is_one_entity_for_its_whole_life(own):
    broker = Broker()
    with serving(broker) as address:
        target = f"ngsi-ld+{address}"
        made = publish(own, target)["created"]
        held = broker.tenants[""].held
        assert made == len(held) == len(cases.lives(own))
        life = decide(own, "in_field")
        assert publish(own, target)["updated"] == 1
        entity = held[next(key for key in held if key.endswith(life.uid))]
        assert (entity["reviewStatus"]["value"], entity["name"]["value"]) == ("in_field", life.code)
        decide(own, "rejected")
        assert publish(own, target)["updated"] == 1
        assert held[entity["id"]]["alertState"]["value"] == "withdrawn"
        assert publish(own, target)["unchanged"] == made


def test_a_case_that_was_rejected_before_it_was_published_never_leaves(own):
    life = decide(own, "rejected")
    broker = Broker()
    with serving(broker) as address:
        publish(own, f"ngsi-ld+{address}")
    assert all(not key.endswith(life.uid) for key in broker.tenants[""].held)


def test_in_a_folder_a_withdrawn_alert_becomes_a_cancel(own, tmp_path):
    folder = tmp_path / "thả"
    publish(own, folder, formats=["geojson", "cap"])
    life = decide(own, "rejected")
    publish(own, folder, formats=["geojson", "cap"])
    message = ET.parse(folder / "cap" / f"{life.uid}.xml").getroot()
    assert message.findtext(f"{CAP}msgType") == "Cancel"
    assert message.findtext(f"{CAP}references").split(",")[1].endswith(life.uid)
    assert life.uid not in (folder / "geojson" / "alert.geojson").read_text(encoding="utf-8")


def test_what_the_centre_answers_is_kept_with_time_and_sender(own):
    broker = Broker()
    with serving(broker) as address:
        target = f"ngsi-ld+{address}"
        publish(own, target)
        entity = next(iter(broker.tenants[""].held.values()))
        entity["acknowledgement"] = {
            "type": "Property", "value": "Đã nhận, cử tổ công tác", "observedAt": "2026-06-01T02:00:00Z",
            "sender": {"type": "Property", "value": "IOC Lâm Đồng"},
        }  # fmt: skip
        for _ in range(2):
            publish(own, target)
        assert entity["acknowledgement"]
        told = jobs.status(STATUS.read({"data": str(own), "target": target}), SILENT)["targets"][0]["said"]
    assert [(one["text"], one["sender"], one["at"]) for one in told] == [
        ("Đã nhận, cử tổ công tác", "IOC Lâm Đồng", "2026-06-01T02:00:00Z")
    ]

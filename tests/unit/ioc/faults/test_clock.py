"""The clock is a year behind, a year ahead, or jumps between runs: identity, order and proof do not come from it."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from dothi.engine.contract.ioc import PUBLISH
from dothi.engine.jobs import ioc as jobs
from dothi.ioc.board.folder import Folder
from dothi.layers.report import SILENT
from dothi.scripts import browser
from dothi.scripts.board import READY
from dothi.store import runs
from dothi.tests.unit.ioc import province
from dothi.tests.unit.ioc.test_board import served

from ..heard import Heard
from .conftest import publish, renamed, status, there, verify

YEAR = timedelta(days=365)
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture
def clock(monkeypatch):
    """Set the clock of every module of the program: ``clock(by)`` from now."""

    def wrong(by):
        class Wrong(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + by

        for name, module in list(sys.modules.items()):
            if name.startswith("dothi.") and ".tests." not in name:
                found = getattr(module, "datetime", None)
                if isinstance(found, type) and issubclass(found, datetime):
                    monkeypatch.setattr(module, "datetime", Wrong)

    return wrong


@pytest.mark.parametrize("centre", ["file", "ngsi-ld"], indirect=True)
def test_a_jumping_clock_changes_nothing_there(own, centre, clock):
    centre.aim(own)
    clock(YEAR)
    everything = sum(publish(own).values())
    for by in (-YEAR, YEAR, timedelta(0)):
        clock(by)
        assert publish(own) == {"unchanged": everything}
    clock(-YEAR)
    renamed(own, 1, "mới")
    assert publish(own) == {"updated": 1, "unchanged": everything - 1}
    clock(timedelta(0))
    assert centre.held() == there(own)
    assert publish(own) == verify(own) == {"unchanged": everything}
    proof = datetime.fromisoformat(status(own)["last_proof"])
    assert proof < datetime.now(UTC) - YEAR / 2  # the last one, as its clock had it, and not the largest


def test_the_bytes_of_a_folder_do_not_know_the_clock(own, tmp_path, clock):
    made = []
    for number, by in enumerate((YEAR, -YEAR)):
        clock(by)
        target = tmp_path / f"đích {number}"
        jobs.publish(
            PUBLISH.read({"data": str(own), "target": str(target), "formats": "gpkg,geojson,ngsi,csv,fgb"}), SILENT
        )
        made.append(
            {
                path.relative_to(target).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in target.rglob("*")
                if path.is_file()
            }
        )
    assert made[0] == made[1]
    assert len(made[0]) > 5


def detected(data, number):
    """A run with one alert."""
    row = {"uid": province.uid(number), "code": f"CB-{number}", "status": "new", "area_m2": 1500.0, "confidence": 0.9,
           "date_before": "2026-01-10", "date_after": "2026-05-20", "relation": "outside", "method": "irmad",
           "geometry": province.square(451000, 1205000, 40)}  # fmt: skip
    with runs.new_run(data, "change.detect", {}, {}, simulated=False) as run:
        run.write("alert", province.frame([row], province.COAST))
        run.finish({"alerts": 1})
    return run.path


def test_the_newest_detection_is_the_one_made_last(own, clock):
    clock(YEAR)
    detected(own, 301)
    clock(-YEAR)
    made = [detected(own, number) for number in (302, 303)]
    assert runs.runs(own, "change.detect")[:2] == made[::-1]
    assert runs.newest(own, "change.detect") == made[-1]


def sent(target):
    (message,) = (target / "cap").glob("*.xml")
    return datetime.fromisoformat(ET.parse(message).getroot().findtext(f"{CAP}sent").replace("-00:00", "+00:00"))


@pytest.mark.parametrize(("by", "told"), [(-YEAR, False), (YEAR, True), (timedelta(0), False)])
def test_a_message_is_never_sent_before_its_image_and_a_clock_ahead_is_said(own, tmp_path, clock, by, told):
    clock(by)
    detected(own, 301)
    clock(timedelta(0))
    heard, target = Heard(), tmp_path / "đích"
    jobs.publish(PUBLISH.read({"data": str(own), "target": str(target), "formats": "cap,geojson"}), heard)
    assert sent(target) >= datetime(2026, 5, 20, tzinfo=UTC)
    assert ("ioc.issued_ahead" in heard.codes) is told
    if by < timedelta(0):
        assert sent(target) == datetime(2026, 5, 20, tzinfo=UTC)


@pytest.mark.skipif(browser.chromium() is None, reason="no Chromium on this machine: apt-get install chromium")
def test_the_board_tells_no_age_of_what_is_still_to_come(machine, tmp_path, clock):
    told = []
    with browser.page() as page:
        for name, by in (("nhanh", YEAR), ("đúng", timedelta(days=-3))):
            data, target = machine(name), tmp_path / f"đích {name}"
            clock(by)
            detected(data, 301)
            clock(timedelta(0))
            given = {"data": str(data), "target": str(target), "formats": "cap,geojson,ngsi"}
            jobs.publish(PUBLISH.read(given), SILENT)
            with served(Folder(target)) as address:
                page.open(address)
                page.wait(READY)
                told.append(page.run("document.querySelector('#alerts .when').textContent"))
    assert "-" not in told[0]
    assert ["·" in one for one in told] == [False, True], told  # the area, and the age where there is one

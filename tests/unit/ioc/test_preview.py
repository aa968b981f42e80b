"""Before anything is sent: counts, ten features as they are there and as they will be, and what leaves the house."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from dothi.engine.contract.ioc import PLAN, PUBLISH, STATUS
from dothi.engine.jobs import ioc as jobs
from dothi.engine.jobs.ioc_source import state_path
from dothi.ioc import profile as profiles
from dothi.ioc import state as states
from dothi.ioc.preview import EXAMPLES
from dothi.layers.errors import EnvironmentTroubleError
from dothi.layers.report import SILENT
from dothi.scripts import postgis
from dothi.store import dataset, geopackage
from dothi.tests.doubles.gateway import server as gateway
from dothi.tests.doubles.ngsi_ld import server as broker
from dothi.tests.unit.ioc import province
from dothi.tests.unit.ioc.heard import Heard
from dothi.tests.unit.ioc.test_broker import rewritten

PARCELS = 14


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr("dothi.ioc.sync.PAUSE_S", 0.0)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = province.build(tmp_path_factory.mktemp("xem trước") / "tỉnh.gpkg", parcels=PARCELS)
    province.detect(path)
    return path


@pytest.fixture
def own(built, tmp_path):
    shutil.copytree(built.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    return Path(shutil.copy(built, tmp_path / "tỉnh.gpkg"))


def publish(data, target, **more):
    return jobs.publish(PUBLISH.read({"data": str(data), "target": str(target), **more}), SILENT)


def plan(data, target, report=SILENT, **more):
    return jobs.plan(PLAN.read({"data": str(data), "target": str(target), **more}), report)


def edit(data):
    """A use that changed, a parcel that moved by a metre, one that is gone, and one that is new."""
    rewritten(data, "parcel", province.uid(100), land_use="ONT")
    frame = dataset.read(data, "parcel").set_index("uid")
    moved = frame.loc[[province.uid(101)]].reset_index()
    with geopackage.writing(data) as database:
        database.execute("DELETE FROM parcel WHERE uid IN (?, ?)", (province.uid(101), province.uid(102)))
    moved["geometry"] = moved.geometry.translate(1.0)
    fresh = province.frame([{"uid": province.uid(900), "code": "9", "geometry": province.square(613000, 1221000)}])
    dataset.append(data, "parcel", moved)
    dataset.append(data, "parcel", fresh)


def by_uid(told, layer="parcel"):
    return {one["uid"]: one for one in told["examples"] if one["layer"] == layer}


@pytest.mark.parametrize("form", ["gpkg", "parquet", "fgb", "csv", "geojson"])
def test_a_folder_tells_what_its_features_were_from_any_of_its_forms(own, tmp_path, form):
    folder = tmp_path / "trung tâm"
    publish(own, folder, formats=[form], layers="parcel,hydrant")
    edit(own)
    told = plan(own, folder, layers="parcel,hydrant")
    assert (told["created"], told["updated"], told["deleted"]) == (1, 2, 1)
    found = by_uid(told)
    assert list(found) == [province.uid(number) for number in (100, 101, 102, 900)]
    use, moved, gone, new = found.values()
    assert (use["before"]["land_use"], use["after"]["land_use"]) == ("ODT", "ONT")
    assert {name for name in use["after"] if use["before"].get(name) != use["after"][name]} == {"land_use"}
    assert {name for name in moved["after"] if moved["before"].get(name) != moved["after"][name]} == {"geometry"}
    assert (
        moved["after"]["geometry"]["coordinates"][0][0][0][0] > moved["before"]["geometry"]["coordinates"][0][0][0][0]
    )
    assert (gone["after"], gone["before"]["parcel_no"]) == (None, "2")
    assert new["before"] is None
    assert told["leaving"]["parcel"] == ["code", "sheet_no", "parcel_no", "land_use", "area_legal_m2", "ward_code"]
    assert province.CANARY not in json.dumps(told, ensure_ascii=False)


def test_typed_values_come_back_as_they_left(own, tmp_path):
    folder = tmp_path / "đích"
    for number, form in enumerate(("gpkg", "parquet", "fgb", "csv", "geojson")):
        publish(own, folder, formats=[form], layers="hydrant")
        rewritten(own, "hydrant", province.uid(23), dn_mm=125 + number, outlets=form)
        (one,) = plan(own, folder, layers="hydrant")["examples"]
        assert {name for name in one["after"] if one["before"].get(name) != one["after"][name]} == {"dn_mm", "outlets"}
        assert (one["before"]["test_date"], one["before"]["test_pass"]) == ("2026-01-15", True)


def test_a_folder_without_fields_says_that_it_cannot_tell(own, tmp_path):
    folder, heard = tmp_path / "đích", Heard()
    publish(own, folder, formats=["ngsi"])
    rewritten(own, "parcel", province.uid(100), land_use="ONT")
    told = plan(own, folder, heard)
    assert "ioc.before_unknown" in heard.codes
    assert (told["updated"], told["examples"][0]["before"]) == (1, None)


def test_a_folder_that_is_gone_will_be_new_again(own, tmp_path):
    publish(own, tmp_path / "đích", layers="parcel")
    shutil.rmtree(tmp_path / "đích")
    told = plan(own, tmp_path / "đích", layers="parcel")
    assert (told["created"], told["unchanged"], len(told["examples"])) == (PARCELS, 0, EXAMPLES)
    assert {one["before"] for one in told["examples"]} == {None}
    assert publish(own, tmp_path / "đích", layers="parcel")["created"] == PARCELS


def test_a_withdrawn_alert_is_gone_from_the_folder(own, tmp_path):
    publish(own, tmp_path / "đích", layers="alert")
    (run,) = (own.with_suffix(".dothi") / "runs").glob("*.gpkg")
    rewritten(run, "alert", province.uid(300), status="rejected")
    (one,) = plan(own, tmp_path / "đích", layers="alert")["examples"]
    assert (one["uid"], one["before"]["status"], one["after"]) == (province.uid(300), "new", None)


def service(kind):
    """A service to start, its address, and what else it needs."""
    if kind == "broker":
        return broker.serving(broker.Broker()), "ngsi-ld+{}", {"context": "https://ioc.example/c.jsonld"}
    return gateway.serving(gateway.Gateway()), "rest+{}", {"contract": str(gateway.CONTRACT)}


@pytest.mark.parametrize("kind", ["broker", "gateway"])
def test_a_service_is_asked_for_what_it_holds(own, kind):
    serving, address, more = service(kind)
    with serving as at:
        name = address.format(at)
        publish(own, name, layers="parcel", **more)
        edit(own)
        told = plan(own, name, layers="parcel", **more)
        assert (told["created"], told["updated"], told["deleted"]) == (1, 2, 1)
        found = list(by_uid(told).values())
        assert [(one["before"] is None, one["after"] is None) for one in found] == [
            (False, False), (False, False), (False, True), (True, False),
        ]  # fmt: skip
        assert found[0]["before"] != found[0]["after"]
        assert "land_use" in told["leaving"]["parcel"]
        assert ("code" in told["leaving"]["parcel"]) is (kind == "broker")  # the contract has no member for it
    with pytest.raises(EnvironmentTroubleError) as error:
        plan(own, name, layers="parcel", **more)
    assert error.value.code == "ioc.no_answer"


def behind(data, name):
    """What the status of a named target says is behind."""
    (one,) = jobs.status(STATUS.read({"data": str(data), "target": name, "behind": True}), SILENT)["targets"]
    return one.get("behind"), one.get("behind_error")


@pytest.mark.parametrize("kind", ["folder", "broker", "gateway"])
def test_what_is_behind_is_known_without_asking_the_target(own, tmp_path, kind):
    serving, address, more = service(kind) if kind != "folder" else (nullcontext(""), str(tmp_path / "đích"), {})
    with serving as at:
        profiles.save(own, profiles.Profile("x", address.format(at), layers=("parcel",), secret="/none.json", **more))
        assert behind(own, "x") == (None, None)  # nothing was ever published
        if kind != "folder":
            profiles.save(own, profiles.Profile("x", address.format(at), layers=("parcel",), **more))
        publish(own, "x")
        profiles.save(own, profiles.Profile("x", address.format(at), layers=("parcel",), secret="/none.json", **more))
    edit(own)
    with states.opened(state_path(own, profiles.find(own, "x")), identity(own)):  # somebody publishes meanwhile
        assert behind(own, "x") == ({"created": 1, "updated": 2, "deleted": 1, "unproved": 0}, None)


def identity(data):
    """What the state of the target belongs to."""
    with states.looked_at(state_path(data, profiles.find(data, "x"))) as state:
        return state.note("identity")


def test_what_cannot_be_compared_says_why(own, tmp_path):
    profiles.save(own, profiles.Profile("x", str(tmp_path / "đích"), layers=("parcel",)))
    publish(own, "x")
    profiles.save(own, profiles.Profile("x", str(tmp_path / "đích"), layers=("parcel",), wards=("00000",)))
    told, error = behind(own, "x")
    assert (told, error["code"]) == (None, "ioc.wards_unknown")


@pytest.mark.skipif(not postgis.is_there(), reason="PostgreSQL 15 with PostGIS is not on this machine")
def test_a_database_is_asked_and_its_shapes_are_readable(own):
    with postgis.cluster() as cluster:
        name = cluster.database("tinh")
        publish(own, name, layers="parcel")
        edit(own)
        use, moved, gone, new = by_uid(plan(own, name, layers="parcel")).values()
    assert (use["before"]["land_use"], use["after"]["land_use"]) == ("ODT", "ONT")
    assert moved["before"]["geom_vn2000"].startswith("MULTIPOLYGON (((612025")
    assert moved["after"]["geom_vn2000"].startswith("MULTIPOLYGON (((612026")
    assert (gone["after"], new["before"]) == (None, None)

"""REST by contract: a province at a gateway that is built from the same OpenAPI file; once, whole, proved, and safe."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from dothi.engine.contract.ioc import PUBLISH, REPAIR, STATUS, VERIFY
from dothi.engine.jobs import ioc as jobs
from dothi.ioc import profile as profiles
from dothi.ioc.sync import OUTCOMES
from dothi.ioc.web import LARGEST
from dothi.layers.errors import EnvironmentTroubleError, InputError
from dothi.layers.report import SILENT
from dothi.tests.doubles.gateway.server import CONTRACT, Gateway, serving
from dothi.tests.unit.ioc import province
from dothi.tests.unit.ioc.test_broker import rewritten

LAYERS = ("parcel", "hydrant", "alert")


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr("dothi.ioc.sync.PAUSE_S", 0.0)


@pytest.fixture
def centre():
    gateway = Gateway()
    with serving(gateway) as address:
        yield gateway, address


@pytest.fixture
def own(data, tmp_path):
    """A copy of the province of these tests, with its runs."""
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    return Path(shutil.copy(data, tmp_path / "tỉnh.gpkg"))


def aim(data, address, contract=CONTRACT, **more):
    profiles.save(data, profiles.Profile("truc", f"rest+{address}", contract=str(contract), **more))


def publish(data, **more):
    return jobs.publish(PUBLISH.read({"data": str(data), "target": "truc", **more}), SILENT)


def verify(data):
    return jobs.verify(VERIFY.read({"data": str(data), "target": "truc"}), SILENT)


def seven(result):
    return {name: result[name] for name in OUTCOMES if result[name]}


def writes(gateway):
    return [one for one in gateway.seen if one[0] in ("PUT", "DELETE") or one[1].endswith(("/lo", "/xoa"))]


def test_the_province_arrives_once_and_is_proved(own, centre):
    gateway, address = centre
    aim(own, address)
    first = publish(own)
    there = sum(len(held) for held in gateway.held.values())
    assert seven(first) == {"created": there}
    assert {name: len(held) for name, held in gateway.held.items()} == {"parcel": 3, "hydrant": 1, "alert": 2}
    before = writes(gateway)
    assert seven(publish(own)) == {"unchanged": there}
    assert writes(gateway) == before
    assert seven(verify(own)) == {"unchanged": there}
    assert seven(jobs.status(STATUS.read({"data": str(own), "target": "truc"}), SILENT)) == {"unchanged": there}


def test_bodies_are_as_the_mapping_says(own, centre):
    gateway, address = centre
    aim(own, address)
    publish(own)
    hydrant = gateway.held["hydrant"][province.uid(23)]
    assert hydrant["kieu"] == "tru_noi"
    assert hydrant["ngayThu"] == "2026-01-15"
    assert (hydrant["apSuatBar"], hydrant["dat"], hydrant["moPhong"]) == (2.5, True, False)
    parcel = gateway.held["parcel"][province.uid(100)]
    assert set(parcel) == {"type", "id", "geometry", "properties"}
    assert parcel["properties"] == {
        "soTo": "12", "soThua": "0", "loaiDat": "dat_o_do_thi", "dienTich": 400.25, "maXa": "25747", "nguon": "dothi",
        "moPhong": False,
    }  # fmt: skip
    ring = parcel["geometry"]["coordinates"][0][0]
    assert sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in pairwise(ring)) < 0  # counter-clockwise


def test_the_canary_never_leaves(own, centre):
    gateway, address = centre
    aim(own, address)
    publish(own)
    sent = b"".join(gateway.bodies).decode()
    assert province.uid(100) in sent
    assert province.CANARY not in sent
    assert json.dumps(province.CANARY)[1:-1] not in sent


def test_a_field_that_a_target_does_not_get_is_not_sent(own, centre):
    gateway, address = centre
    aim(own, address, without=("hydrant.static_pressure_bar",))
    publish(own, layers=["hydrant"])
    assert "apSuatBar" not in gateway.held["hydrant"][province.uid(23)]


def test_a_word_that_the_code_list_lacks_is_left_out_and_said_and_the_contract_decides(own, centre):
    gateway, address = centre
    aim(own, address)
    rewritten(own, "parcel", province.uid(101), land_use="SKK")  # the list has no word for it, and it is required
    result = publish(own, layers=["parcel"])
    assert seven(result) == {"created": 2, "failed": 1}
    assert province.uid(101) not in gateway.held["parcel"]
    assert province.uid(101) not in b"".join(gateway.bodies).decode()
    (left,) = [one for one in result["left_out"] if one["reason"] == "value_not_allowed"]
    assert (left["attribute"], left["uids"]) == ("land_use", [province.uid(101)])


def test_changes_and_deletions_are_that_there(own, centre):
    gateway, address = centre
    aim(own, address)
    publish(own)
    rewritten(own, "hydrant", province.uid(23), hydrant_type="wall", test_date=None)
    rewritten(own, "parcel", province.uid(102), land_use="LUA")
    assert seven(publish(own))["updated"] == 2
    assert gateway.held["hydrant"][province.uid(23)]["kieu"] == "gan_tuong"
    assert "ngayThu" not in gateway.held["hydrant"][province.uid(23)]
    assert seven(publish(own)) == {"unchanged": 6}


def test_what_the_centre_changed_is_a_conflict_and_is_not_written_over(own, centre):
    gateway, address = centre
    aim(own, address)
    publish(own)
    gateway.held["hydrant"][province.uid(23)]["kieu"] = "be_nuoc"
    rewritten(own, "hydrant", province.uid(23), hydrant_type="wall")
    assert seven(publish(own)) == {"conflicts": 1, "unchanged": 5}
    assert gateway.held["hydrant"][province.uid(23)]["kieu"] == "be_nuoc"
    assert seven(publish(own, write_over=True)) == {"updated": 1, "unchanged": 5}
    assert gateway.held["hydrant"][province.uid(23)]["kieu"] == "gan_tuong"


def test_a_change_between_reading_and_writing_is_not_written_over(own, centre):
    gateway, address = centre
    aim(own, address)
    publish(own)
    rewritten(own, "hydrant", province.uid(23), hydrant_type="wall")

    def somebody_else(method, path):
        if method == "PUT" and path.endswith(province.uid(23)):
            gateway.held["hydrant"][province.uid(23)]["kieu"] = "be_nuoc"
        return ""

    gateway.faults = somebody_else
    assert seven(publish(own)) == {"conflicts": 1, "unchanged": 5}
    assert gateway.held["hydrant"][province.uid(23)]["kieu"] == "be_nuoc"
    gateway.faults = lambda method, path: ""
    assert seven(publish(own)) == {"conflicts": 1, "unchanged": 5}


def test_every_fault_ends_with_both_sides_equal(tmp_path, centre):
    gateway, address = centre
    own = province.detect(province.build(tmp_path / "tỉnh.gpkg", parcels=60)) and tmp_path / "tỉnh.gpkg"
    aim(own, address)
    random = Random(5)
    met = []

    def faults(method, path):
        if random.random() < 0.3:
            # A listing that is read while the server forgets everything proves nothing of any fault.
            met.append(random.choice(("lost", "answer lost", "kept nothing", "half", "500", "413", "429")))
            return met[-1] if method != "GET" or met[-1] in ("lost", "500", "answer lost", "429") else ""
        return "restart empty" if random.random() < 0.02 else ""

    gateway.faults = faults
    for _ in range(6):
        with suppress(EnvironmentTroubleError, InputError):  # silent too often, or 413 for the probe itself
            publish(own)
    gateway.faults = lambda method, path: ""
    publish(own)
    assert set(seven(publish(own))) == {"unchanged"}
    assert set(seven(verify(own))) == {"unchanged"}
    assert len(set(met)) == 7
    clean = Gateway()
    with serving(clean) as other:
        shutil.rmtree(own.with_suffix(".dothi") / "ioc")
        aim(own, other)
        publish(own)
    assert gateway.held == clean.held


def test_a_lost_state_is_made_again_from_the_listing(own, centre):
    gateway, address = centre
    aim(own, address)
    publish(own)
    gateway.held["parcel"]["thừa"] = {**gateway.held["parcel"][province.uid(100)], "id": "thừa"}
    (state,) = (own.with_suffix(".dothi") / "ioc").glob("truc.sqlite")  # the copied memory has others
    state.unlink()
    repaired = jobs.repair(REPAIR.read({"data": str(own), "target": "truc"}), SILENT)
    assert seven(repaired) == {"unchanged": 6, "deleted": 1}
    assert "thừa" not in gateway.held["parcel"]


def test_a_listing_in_pages_smaller_than_asked_for_is_read_whole(tmp_path, centre):
    _, address = centre
    own = province.build(tmp_path / "tỉnh.gpkg", parcels=250)
    aim(own, address)
    assert publish(own, layers=["parcel"])["created"] == 250
    assert (
        jobs.verify(VERIFY.read({"data": str(own), "target": "truc", "layers": ["parcel"]}), SILENT)["unchanged"] == 250
    )


def test_the_centres_instruction_is_kept_with_sender_and_time(own, centre):
    gateway, address = centre
    aim(own, address)
    gateway.said = [{"ma": province.uid(300), "loai": "instruction", "noiDung": "Kiểm tra ngay",
                     "nguoiGui": "Trung tâm", "thoiGian": "2026-06-02T01:00:00Z"}]  # fmt: skip
    publish(own)
    gateway.said = []
    publish(own)
    (told,) = jobs.status(STATUS.read({"data": str(own), "target": "truc"}), SILENT)["targets"]
    assert "Kiểm tra ngay" in json.dumps(told, ensure_ascii=False)


def test_a_changed_code_list_changes_what_is_there(own, centre, tmp_path):
    gateway, address = centre
    contract = tmp_path / "hợp đồng"
    shutil.copytree(CONTRACT, contract)
    aim(own, address, contract)
    publish(own)
    rewrite(contract, "mapping.toml", 'ODT = "dat_o_do_thi"', 'ODT = "dat_o_nong_thon"')
    assert seven(publish(own)) == {"updated": 3, "unchanged": 3}
    assert gateway.held["parcel"][province.uid(100)]["properties"]["loaiDat"] == "dat_o_nong_thon"


def rewrite(folder, name, old, new):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


DEEP = "[" * 500 + "]" * 500
UNKNOWN, WRONG, LACKS = "ioc.contract_unknown", "ioc.contract_wrong", "ioc.contract_lacks"
POINT = '"schemas.json#/Diem"'
BAD = {
    "an operation that is not there": ("mapping.toml", '"xoaThuaDat"', '"boThuaDat"', LACKS),
    "no operation at all": ("mapping.toml", "remove = { operation = \"xoaTruNuoc\" }\n", "", LACKS),
    "a field that is not there": ("mapping.toml", '"sheet_no"', '"sheet"', UNKNOWN),
    "a personal field": ("mapping.toml", '"sheet_no"', '"owner_name"', UNKNOWN),
    "a field that may not leave": ("mapping.toml", 'soHieu = "code"\nkieu', 'soHieu = "brand"\nkieu', UNKNOWN),
    "a word of no domain": ("mapping.toml", "LUA =", "LUAX =", UNKNOWN),
    "a word that the contract lacks": ("mapping.toml", '"gan_tuong"', '"treo_tuong"', UNKNOWN),
    "a member that the contract lacks": ("mapping.toml", "soTo =", "soBanDo =", UNKNOWN),
    "a parameter that the contract lacks": ("mapping.toml", '"trang"', '"page"', UNKNOWN),
    "a word that the mapping does not have": ("mapping.toml", "[limits]", "[limits]\nspeed = 1", UNKNOWN),
    "no limit": ("mapping.toml", "records = 100", "records = 0", WRONG),
    "no TOML": ("mapping.toml", "[limits]", "[limits", WRONG),
    "a reference over the network": ("openapi.json", POINT, '"https://evil.example/a.json#/Diem"', WRONG),
    "a reference out of the folder": ("openapi.json", POINT, '"../../secret.json#/Diem"', WRONG),
    "a reference to nothing": ("openapi.json", POINT, '"schemas.json#/Nowhere"', WRONG),
    "an old OpenAPI": ("openapi.json", '"3.1.0"', '"2.0"', WRONG),
    "too deep": ("openapi.json", '"servers": [', f'"x-deep": {DEEP}, "servers": [', WRONG),
    "no JSON": ("openapi.json", '"openapi"', "openapi", WRONG),
    "an example that its own schema refuses": ("openapi.json", '"soHieu": "THU"', '"soHieu": 5', WRONG),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_contract_is_refused_before_anything_is_sent(own, centre, tmp_path, name):
    gateway, address = centre
    file, old, new, code = BAD[name]
    contract = tmp_path / "hợp đồng"
    shutil.copytree(CONTRACT, contract)
    rewrite(contract, file, old, new)
    aim(own, address, contract)
    with pytest.raises(InputError) as error:
        publish(own)
    assert error.value.code == code
    assert str(contract) in error.value.sentence("vi")
    assert gateway.seen == []


def test_a_target_without_a_contract_says_so(own, centre):
    gateway, address = centre
    with pytest.raises(InputError) as error:
        jobs.publish(PUBLISH.read({"data": str(own), "target": f"rest+{address}"}), SILENT)
    assert error.value.code == "ioc.contract_missing"
    assert gateway.seen == []


def test_simulated_data_are_not_sent_where_the_contract_cannot_say_so(tmp_path, centre):
    _, address = centre
    own = province.build(tmp_path / "tỉnh.gpkg", simulated=True)
    contract = tmp_path / "hợp đồng"
    shutil.copytree(CONTRACT, contract)
    rewrite(contract, "mapping.toml", 'moPhong = "@simulated"', "")
    aim(own, address, contract)
    with pytest.raises(InputError) as error:
        publish(own, layers=["hydrant"])
    assert (error.value.code, error.value.arguments["operation"]) == ("ioc.contract_lacks", "@simulated")


HOSTILE: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "not JSON": (200, b"<html>", {}),
    "a list for a record": (200, b"[]", {}),
    "a text for a record": (200, b'"x"', {}),
    "another record": (200, b'{"ma": "somebody-else"}', {}),
    "too deep": (200, DEEP.encode(), {}),
    "NaN": (200, b'{"ma": NaN}', {}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_proves_nothing(own, centre, name):
    gateway, address = centre
    aim(own, address)
    gateway.answer = lambda operation: HOSTILE[name] if operation == "docTruNuoc" else None
    with pytest.raises(EnvironmentTroubleError) as error:
        publish(own, layers=["hydrant"])
    assert error.value.code == "ioc.no_answer"


def test_a_redirect_is_not_followed_and_a_large_answer_is_cut(own, centre):
    gateway, address = centre
    aim(own, address)
    gateway.answer = lambda operation: (302, b"", {"Location": "https://evil.example/"})
    with pytest.raises(InputError) as error:
        publish(own, layers=["hydrant"])
    assert error.value.code == "ioc.redirected"
    gateway.answer = lambda operation: (200, b" " * (LARGEST + 1), {})
    with pytest.raises(InputError) as error:
        publish(own, layers=["hydrant"])
    assert error.value.code == "ioc.answer_too_large"


def test_missing_rights_are_found_by_the_dry_run(own, centre):
    gateway, address = centre
    aim(own, address)
    gateway.answer = lambda operation: (405, b'{"detail": "read only"}', {}) if operation == "ghiTruNuoc" else None
    with pytest.raises(InputError) as error:
        publish(own, layers=["hydrant"])
    assert (error.value.code, error.value.arguments["reason"]) == ("ioc.not_writable", "read only")
    gateway.answer = lambda operation: None
    gateway.token = "right"
    with pytest.raises(InputError) as error:
        publish(own, layers=["hydrant"])
    assert error.value.code == "ioc.not_allowed"
    assert gateway.held["hydrant"] == {}


WITH_PASSWORD = "https://user:pw@lgsp.example"  # pragma: allowlist secret


def test_a_layer_whose_trial_was_refused_does_not_hold_up_the_others(own, centre):
    gateway, address = centre
    aim(own, address)
    gateway.answer = lambda operation: (405, b'{"detail": "read only"}', {}) if operation == "ghiTruNuoc" else None
    with pytest.raises(InputError):
        publish(own, layers=["hydrant"])
    assert seven(publish(own, layers=["parcel"]))["created"] > 0


@pytest.mark.parametrize("address", ["http://lgsp.example", "ftp://127.0.0.1", WITH_PASSWORD])
def test_an_address_that_is_not_safe_is_refused(own, address):
    aim(own, address)
    with pytest.raises(InputError) as error:
        publish(own)
    assert error.value.code in ("ioc.address_wrong", "ioc.secret_in_address", "ioc.target_unknown")

"""The board: what it says of a folder and of a broker, and what nobody gets out of it."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

import dothi
from dothi.engine.contract.ioc import BOARD, PUBLISH
from dothi.engine.jobs import ioc as jobs
from dothi.engine.jobs.ioc_board import received_from
from dothi.ioc.board import folder as board_folder
from dothi.ioc.board.alerts import bounds, of_cap
from dothi.ioc.board.folder import Folder
from dothi.ioc.board.server import listening
from dothi.layers.errors import EnvironmentTroubleError, InputError, UsageError
from dothi.layers.report import SILENT
from dothi.tests.doubles.gateway import server as gateways
from dothi.tests.doubles.ngsi_ld.server import Broker, serving
from dothi.tests.unit.ioc import province
from dothi.tests.unit.ioc.test_alert_life import decide, own, publish  # noqa: F401 - own is a fixture
from dothi.tests.unit.ioc.test_broker import CONTEXT

ROOT = Path(dothi.__file__).resolve().parent
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"


@contextmanager
def served(received):
    with listening(received, 0) as (server, address):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield address
        finally:
            server.shutdown()
            thread.join()


def ask(address, path, method="GET", host=None):
    """Status, headers and body; the path goes out as it is, dots and all."""
    name, port = address.removeprefix("http://").rstrip("/").split(":")
    connection = http.client.HTTPConnection(name, int(port), timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"{name}:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), content


def drop(path, layers, files):
    """A folder as anybody could hand one over: a manifest that lists ``files``."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    listed = [
        {"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]
    manifest = {
        "format": "dothi-drop/1", "province": "lam_dong", "simulated": True, "data_date": "2026-06-01T00:00:00.000Z",
        "layers": layers, "files": listed, "entities": [],
    }  # fmt: skip
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def layer(layer_id, name="Lớp"):
    names = {"vi": name, "en": name}
    return {"id": layer_id, "name": names, "geometry": "MultiPolygon", "features": 1, "extent": [107, 11, 107.1, 11.1]}


def alert(code):
    square = [[[107.0, 11.0], [107.1, 11.0], [107.1, 11.1], [107.0, 11.1], [107.0, 11.0]]]
    feature = {
        "type": "Feature", "id": "8a6c", "geometry": {"type": "Polygon", "coordinates": square},
        "properties": {"code": code, "status": code, "relation": code, "concession_code": code, "area_m2": 12.0},
    }  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


@pytest.fixture
def hostile(tmp_path):
    """Names that would run as markup."""
    files = {"geojson/alert.geojson": alert(HOSTILE)}
    return drop(tmp_path / "thả", [layer("alert", HOSTILE), layer("../../etc/passwd")], files)


def test_a_folder_is_shown_as_its_manifest_says(published):
    told = Folder(Path(published["folder"])).summary()
    assert {one["id"]: one["count"] for one in told["layers"]} == published["counts"]["features"]
    assert [(one["code"], one["state"], one["severity"]) for one in told["alerts"]] == [
        ("CB-0", "raised", "high"), ("CB-1", "raised", "medium"),
    ]  # fmt: skip
    assert told["alerts"][0]["bounds"] is not None
    assert told["alerts"][0]["issued_at"].endswith("Z")
    proof = Folder(Path(published["folder"])).proof()
    assert (proof.wrong, proof.checked) == (0, published["counts"]["files"])


@pytest.mark.parametrize("formats", [["geojson", "cap"], ["geojson", "ngsi", "cap"]])
def test_the_life_of_an_alert_is_seen_to_its_end(own, tmp_path, formats):  # noqa: F811
    folder = tmp_path / "thả"
    publish(own, folder, formats=formats)
    life = decide(own, "rejected")
    publish(own, folder, formats=formats)
    told = Folder(folder).summary()["alerts"]
    last = told[-1]  # what was withdrawn needs no look
    assert (last["uid"], last["code"], last["state"]) == (life.uid, life.code, "withdrawn")
    assert last["bounds"] is not None
    assert {one["state"] for one in told[:-1]} == {"raised"}


def test_a_changed_file_is_told_by_its_name(published, tmp_path):
    folder = Path(shutil.copytree(published["folder"], tmp_path / "bản sao"))
    with (folder / "geojson" / "parcel.geojson").open("ab") as file:
        file.write(b" ")
    (folder / "thêm.txt").write_text("x", encoding="utf-8")
    proof = Folder(folder).proof()
    assert (proof.wrong, proof.problems) == (2, ["geojson/parcel.geojson", "thêm.txt"])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "dothi-drop/1"}', '{"format": "dothi-drop/1", "layers": [1], "files": []}']
)
def test_what_is_no_publication_is_refused_in_words(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Folder(tmp_path).summary()
    assert caught.value.code == "ioc.board.no_publication"


def test_nothing_but_the_page_and_listed_layers_is_answered(published, tmp_path):
    folder = Path(shutil.copytree(published["folder"], tmp_path / "thả"))
    (tmp_path / "secret.geojson").write_text("{}", encoding="utf-8")
    (folder / "geojson" / "parcel.geojson").unlink()
    (folder / "geojson" / "parcel.geojson").symlink_to(tmp_path / "secret.geojson")
    with served(Folder(folder)) as address:
        for path in (
            "/layers/../manifest.geojson", "/layers/..%2fmanifest.geojson", "/../secret.geojson", "//etc/passwd",
            "/layers/nothing.geojson", "/manifest.json", "/layers/parcel.geojson", "/README.md", "/maplibre/",
            "/fonts/", "/layers/building.geojson/..", "/%2e%2e/", "/words.json/x", "/board.mjs%00",
        ):  # fmt: skip
            assert ask(address, path)[0] == 404, path
        status, headers, content = ask(address, "/layers/building.geojson")
        assert (status, headers["Content-Type"]) == (200, "application/geo+json")
        assert len(json.loads(content)["features"]) == 3
        assert ask(address, "/", "POST")[0] == 501
        assert ask(address, "/", host="evil.example:80")[0] == 403  # a name that leads here is not enough
        assert ask(address, "/received.json", "HEAD")[2] == b""


def test_every_answer_forbids_other_places_and_is_not_kept(published):
    with served(Folder(Path(published["folder"]))) as address:
        for path in ("/", "/board.mjs", "/words.json", "/received.json", "/proof.json", "/nothing"):
            _, headers, _ = ask(address, path)
            assert headers["Content-Security-Policy"].startswith("default-src 'self';")
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "Access-Control-Allow-Origin" not in headers
        words = json.loads(ask(address, "/words.json")[2])
        assert set(words["sentences"]["vi"]) == set(words["sentences"]["en"])
        assert words["values"]["review"]["in_field"]["vi"] == "Đang kiểm tra thực địa"


def test_a_folder_that_vanishes_is_told_on_the_page(published, tmp_path):
    folder = Path(shutil.copytree(published["folder"], tmp_path / "thả"))
    with served(Folder(folder)) as address:
        shutil.rmtree(folder)
        status, _, content = ask(address, "/received.json")
    assert (status, json.loads(content)["code"]) == (503, "ioc.board.no_publication")


def test_a_layer_that_is_too_large_is_counted_and_not_drawn(published, monkeypatch):
    monkeypatch.setattr(board_folder, "LARGEST", 500)
    folder = Folder(Path(published["folder"]))
    drawn = {one["id"]: one["drawn"] for one in folder.summary()["layers"]}
    assert not drawn["building"]
    assert folder.features("building") is None


def test_a_message_with_a_document_type_is_not_read():
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbb">]><alert>&b;</alert>'
    for content in (bomb.encode(), bomb.encode("utf-16"), b"<alert>", b"\xff\xfe"):
        with pytest.raises(ValueError, match=r".*"):
            of_cap(content)


@pytest.mark.parametrize("coordinates", [None, [], [[]], "x", [200, 0], [1], [["a", 1]], [[[1, 2], [None, 3]]]])
def test_shapes_that_are_none_have_no_bounds(coordinates):
    assert bounds({"type": "Polygon", "coordinates": coordinates}) is None


def test_the_page_is_what_its_checksums_say():
    vendored = ROOT / "resources" / "board" / "maplibre"
    for line in (vendored / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((vendored / name).read_bytes()).hexdigest() == digest


def test_a_broker_is_asked_and_proved_against_the_data(own):  # noqa: F811
    broker = Broker()
    with serving(broker) as address:
        target = f"ngsi-ld+{address}"
        publish(own, target, layers=None)
        entity = next(one for key, one in broker.tenants[""].held.items() if ":Alert:" in key)
        entity["acknowledgement"] = {
            "type": "Property", "value": "Đã nhận", "observedAt": "2026-06-01T02:00:00Z",
            "sender": {"type": "Property", "value": "IOC Lâm Đồng"},
        }  # fmt: skip
        given = BOARD.read({"data": str(own), "target": target, "context": CONTEXT})
        with received_from(jobs._profile(own, given), given) as received:
            told = received.summary()
            counts = {one["id"]: one["count"] for one in told["layers"]}
            assert (told["kind"], counts["building"], counts["hydrant"]) == ("broker", 2, 1)
            said = [one for alert in told["alerts"] for one in alert["said"]]
            assert [(one["text"], one["sender"]) for one in said] == [("Đã nhận", "IOC Lâm Đồng")]
            assert len(json.loads(received.features("building") or b"")["features"]) == 2
            assert received.features("no_layer") is None
            assert received.proof().wrong == 0
            del broker.tenants[""].held[next(key for key in broker.tenants[""].held if ":FireHydrant:" in key)]
            proof = received.proof()
            assert proof.wrong == 1
            assert proof.problems[0].startswith("hydrant ")


def test_a_gateway_is_asked_and_its_words_are_turned_back_into_ours(data, tmp_path):
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    own, centre = Path(shutil.copy(data, tmp_path / "tỉnh.gpkg")), gateways.Gateway()  # noqa: F811
    with gateways.serving(centre) as address:
        given = {"data": str(own), "target": f"rest+{address}", "contract": str(gateways.CONTRACT)}
        jobs.publish(PUBLISH.read(given), SILENT)
        centre.said.append(
            {"ma": province.uid(300), "loai": "instruction", "noiDung": "Kiểm tra", "nguoiGui": "Trực ban",
             "thoiGian": "2026-06-02T03:00:00Z"}
        )  # fmt: skip
        asked = BOARD.read(given)
        with received_from(jobs._profile(own, asked), asked) as received:
            told = received.summary()
            assert (told["kind"], {one["id"]: one["count"] for one in told["layers"]}) == (
                "gateway", {"alert": 2, "hydrant": 1, "parcel": 3},
            )  # fmt: skip
            new = next(one for one in told["alerts"] if one["uid"] == province.uid(300))
            assert (new["state"], new["review"], new["code"], new["area_m2"]) == ("raised", "new", "CB-0", 1500.0)
            assert new["issued_at"].endswith("Z")
            assert [one["text"] for one in new["said"]] == ["Kiểm tra"]
            assert new["bounds"] is not None
            assert len(json.loads(received.features("parcel") or b"")["features"]) == 3
            assert received.proof().wrong == 0
            del centre.held["parcel"][province.uid(100)]
            assert received.proof().problems == [f"parcel {province.uid(100)}"]


def test_what_to_show_must_be_said_once(data):
    for given in ({}, {"folder": "a", "data": str(data), "target": "b"}, {"data": str(data)}, {"target": "a"}):
        with pytest.raises(UsageError) as caught:
            jobs.board(BOARD.read(given), SILENT)
        assert caught.value.code == "ioc.board.folder_or_target"


def test_a_port_that_somebody_has_is_told(published):
    with served(Folder(Path(published["folder"]))) as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        with pytest.raises(EnvironmentTroubleError) as caught, listening(Folder(Path(published["folder"])), port):
            pass
    assert caught.value.code == "ioc.board.port"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_command_serves_until_ctrl_c_and_ends_well(published):
    words = [sys.executable, "-I", str(ROOT / "engine" / "launch.py"), "ioc", "board", "--folder", published["folder"]]
    variables = {**os.environ, "DOTHI_LANGUAGE": "vi"}
    # A shell in the background gives its children no Ctrl-C; a person's terminal does.
    attended = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        [*words, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
        preexec_fn=attended,
    ) as process:
        line = process.stderr.readline()
        address = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        assert ask(address, "/received.json")[0] == 200
        process.send_signal(signal.SIGINT)
        out, left = process.communicate(timeout=20)
    assert (process.returncode, json.loads(out)) == (0, {"address": address})
    assert "Đã đóng" in left

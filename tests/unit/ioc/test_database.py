"""A province in a PostGIS publication schema: exact, once, and readable through its views."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import psycopg
import pytest
import shapely

from dothi.engine.contract.ioc import BOARD, PUBLISH, STATUS, VERIFY
from dothi.engine.jobs import ioc as jobs
from dothi.engine.jobs.ioc_board import received_from
from dothi.ioc.board.service import Held
from dothi.ioc.sync import OUTCOMES
from dothi.layers.errors import DothiError, EnvironmentTroubleError, InputError
from dothi.layers.report import SILENT
from dothi.scripts import postgis
from dothi.store import dataset
from dothi.tests.unit.ioc import province
from dothi.tests.unit.ioc.test_broker import rewritten

pytestmark = pytest.mark.skipif(not postgis.is_there(), reason="PostgreSQL 15 with PostGIS is not on this machine")


@pytest.fixture(scope="module")
def server():
    """A server on a socket."""
    with postgis.cluster() as cluster:
        yield cluster


@pytest.fixture
def centre(server):
    """Address of an empty database with PostGIS."""
    server.ask("DROP DATABASE IF EXISTS fresh WITH (FORCE)")
    return server.database("fresh"), f"host={server.folder} dbname=fresh"


def publish(data, address, **more):
    return jobs.publish(PUBLISH.read({"data": str(data), "target": address, **more}), SILENT)


def seven(result):
    return {name: result[name] for name in OUTCOMES if result[name]}


@pytest.fixture
def own(data, tmp_path):
    shutil.copytree(data.with_suffix(".dothi"), tmp_path / "tỉnh.dothi")
    return Path(shutil.copy(data, tmp_path / "tỉnh.gpkg"))


def test_every_layer_arrives_and_is_proved(own, centre):
    address, there = centre
    first = publish(own, address)
    assert set(seven(first)) == {"created"}
    assert seven(publish(own, address)) == {"unchanged": first["created"]}
    proof = jobs.verify(VERIFY.read({"data": str(own), "target": address}), SILENT)
    assert seven(proof) == {"unchanged": first["created"]}
    status = jobs.status(STATUS.read({"data": str(own), "target": address}), SILENT)
    assert seven(status) == {"unchanged": first["created"]}
    with psycopg.connect(there) as database:
        views = {row[0] for row in database.execute("SELECT viewname FROM pg_views WHERE schemaname = 'ioc'")}
    assert {"parcel", "parcel_vn2000", "alert"} <= views


def test_coordinates_there_are_the_bits_that_left(own, centre):
    address, there = centre
    publish(own, address, layers=["parcel"])
    rows = dataset.read(own, "parcel", ["code"])
    with psycopg.connect(there) as database:
        found: dict[str, bytes] = dict(
            database.execute("SELECT uid, ST_AsBinary(geom) FROM ioc.parcel_vn2000").fetchall()
        )
        systems = database.execute("SELECT DISTINCT ST_SRID(geom) FROM ioc.parcel").fetchall()
    assert systems == [(4326,)]
    for uid, shape in zip(rows["uid"], rows.geometry, strict=True):
        assert shapely.equals_exact(shapely.from_wkb(bytes(found[uid])), shape, tolerance=0)


def test_a_change_there_is_a_conflict_and_a_change_here_an_update(own, centre):
    address, there = centre
    publish(own, address, layers=["luminaire"])
    uids = dataset.read(own, "luminaire", ["code"])["uid"].tolist()
    with psycopg.connect(there) as database:
        database.execute("UPDATE ioc.luminaire_data SET power_w = 1 WHERE uid = %s", (uids[0],))
    for uid in uids[:2]:
        rewritten(own, "luminaire", uid, power_w=77)
    assert seven(publish(own, address, layers=["luminaire"]))["conflicts"] == 1
    assert seven(publish(own, address, layers=["luminaire"], write_over=True))["updated"] == 1
    with psycopg.connect(there) as database:
        assert database.execute(
            "SELECT DISTINCT power_w FROM ioc.luminaire WHERE uid = ANY(%s)", (uids[:2],)
        ).fetchall() == [(77,)]


def test_what_the_centre_wrote_is_heard_once(own, centre):
    address, there = centre
    publish(own, address, layers=["luminaire"])
    uid = dataset.read(own, "luminaire", ["code"])["uid"].iloc[0]
    with psycopg.connect(there) as database:
        database.execute(
            "CREATE TABLE ioc.said (layer text, uid text, kind text, text text, sender text, at timestamptz)"
        )
        database.execute(
            "INSERT INTO ioc.said VALUES ('luminaire', %s, 'acknowledgement', 'Đã nhận', 'IOC', now())", (uid,)
        )
    for _ in range(2):
        publish(own, address, layers=["luminaire"])
    told = jobs.status(STATUS.read({"data": str(own), "target": address}), SILENT)["targets"][0]["said"]
    assert [(one["text"], one["sender"]) for one in told] == [("Đã nhận", "IOC")]


@pytest.mark.parametrize(
    ("address", "kind", "code"),
    [
        ("postgresql://user:pw@127.0.0.1/x", InputError, "ioc.secret_in_address"),  # pragma: allowlist secret
        ("postgresql://127.0.0.1/x?schema=a;b", InputError, "ioc.address_wrong"),
        ("postgresql://127.0.0.1/x?options=-c", InputError, "ioc.address_wrong"),
        ("postgresql://127.0.0.1:9/x", EnvironmentTroubleError, "ioc.no_answer"),
    ],
)
def test_addresses_that_cannot_be(own, address, kind, code, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(DothiError) as error:
        publish(own, address)
    assert (type(error.value), error.value.code) == (kind, code)
    assert "pw" not in str(error.value)


def test_a_database_without_postgis_is_named(own, server):
    server.ask("DROP DATABASE IF EXISTS plain WITH (FORCE)")
    address = server.database("plain", postgis=False)
    with pytest.raises(InputError) as error:
        publish(own, address)
    assert error.value.code == "ioc.no_postgis"


def test_the_board_shows_what_the_database_holds_and_keeps_nobody_waiting(own, centre):
    address, there = centre
    publish(own, address)
    with psycopg.connect(there) as database:
        database.execute(
            "CREATE TABLE ioc.said (layer text, uid text, kind text, text text, sender text, at timestamptz)"
        )
        database.execute(
            "INSERT INTO ioc.said VALUES ('alert', %s, 'acknowledgement', 'Đã nhận', 'IOC', '2026-06-01T02:00:00Z')",
            (province.uid(301),),
        )
    given = BOARD.read({"data": str(own), "target": address})
    with received_from(jobs._profile(own, given), given) as received:
        told = received.summary()
        counts = {one["id"]: one["count"] for one in told["layers"]}
        assert (told["kind"], counts["parcel"], counts["alert"]) == ("database", 3, 2)
        assert [(one["code"], one["state"], one["severity"]) for one in told["alerts"]] == [
            ("CB-0", "raised", "high"), ("CB-1", "raised", "medium"),
        ]  # fmt: skip
        assert told["alerts"][0]["issued_at"].startswith("20")
        assert [one["text"] for one in told["alerts"][1]["said"]] == ["Đã nhận"]
        zones = json.loads(received.features("planned_zone") or b"")["features"]
        assert zones[0]["properties"] == {"code": "A-01", "land_use": "ODT"}
        assert received.proof().wrong == 0
        # A publisher goes on while somebody looks, and what somebody looks at cannot be changed.
        rewritten(own, "parcel", province.uid(100), land_use="ONT")
        assert seven(publish(own, address))["updated"] == 1
        assert received.proof().wrong == 0
        assert isinstance(received, Held)
        with pytest.raises(EnvironmentTroubleError) as refused:
            received.target.remove([("parcel", f"parcel/{province.uid(100)}")])
        assert refused.value.arguments["status"] == "25006"  # a transaction that only reads

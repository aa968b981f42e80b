"""A small data set that all four kinds of target take, and the other sides with their own way of being looked at."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dothi.engine.contract.ioc import PLAN, PUBLISH, REPAIR, STATUS, VERIFY
from dothi.engine.jobs import ioc as jobs
from dothi.ioc import profile as profiles
from dothi.layers.report import SILENT
from dothi.scripts import postgis
from dothi.store import dataset
from dothi.tests.doubles.gateway import server as gateways
from dothi.tests.doubles.ngsi_ld import server as brokers
from dothi.tests.unit.ioc import province

from .processes import FORMS, seven

KINDS = ("file", "ngsi-ld", "postgresql", "rest")
PARCELS, HYDRANTS = 24, 12
NAME = "truc"


@dataclass(frozen=True)
class Centre:
    """One other side. ``held`` reads it without the product: uid → what stands there for :func:`renamed`."""

    kind: str
    address: str
    held: Callable[[], dict[str, str]]
    more: dict[str, Any] = field(default_factory=dict)
    double: Any = None

    def aim(self, data: Path, **scope: Any) -> Path:
        """Make it a target of ``data``."""
        profiles.save(data, profiles.Profile(NAME, self.address, **self.more, **scope))
        return data


def publish(data: Path, report: Any = SILENT, **more: Any) -> dict[str, int]:
    """Publish to the target that was aimed at; the counts that are not zero."""
    return seven(jobs.publish(PUBLISH.read({"data": str(data), "target": NAME, "formats": FORMS, **more}), report))


def verify(data: Path) -> dict[str, int]:
    """Read everything back."""
    return seven(jobs.verify(VERIFY.read({"data": str(data), "target": NAME}), SILENT))


def repair(data: Path, **more: Any) -> dict[str, int]:
    """Make the state again."""
    return seven(jobs.repair(REPAIR.read({"data": str(data), "target": NAME, **more}), SILENT))


def plan(data: Path) -> dict[str, Any]:
    """What publishing would do."""
    return jobs.plan(PLAN.read({"data": str(data), "target": NAME}), SILENT)


def status(data: Path) -> dict[str, Any]:
    """What is known of the target."""
    told: dict[str, Any] = jobs.status(STATUS.read({"data": str(data), "target": NAME}), SILENT)["targets"][0]
    return told


@contextmanager
def edited(data: Path) -> Iterator[sqlite3.Connection]:
    """The data set as another program changes it: in one transaction, without the triggers that need GDAL."""
    with closing(sqlite3.connect(data)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        yield database


def rebuilt(database: sqlite3.Connection, layer: str, order: str = "fid") -> None:
    """The table as another program writes it: the same rows in ``order``, without the promises that ours gives."""
    columns = [(row[1], row[2]) for row in database.execute(f'PRAGMA table_info("{layer}")') if row[1] != "fid"]
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    listed = ", ".join(f'"{name}"' for name, _ in columns)
    database.execute(f"CREATE TABLE made (fid INTEGER PRIMARY KEY, {declared})")
    database.execute(f'INSERT INTO made ({listed}) SELECT {listed} FROM "{layer}" ORDER BY {order}')
    database.execute(f'DROP TABLE "{layer}"')
    database.execute(f'ALTER TABLE made RENAME TO "{layer}"')


def renamed(data: Path, number: int, name: str) -> None:
    """Change the number of a parcel."""
    with edited(data) as database:
        database.execute("UPDATE parcel SET parcel_no = ? WHERE uid = ?", (name, province.uid(100 + number)))


def there(data: Path) -> dict[str, str]:
    """What every target should hold of ``data``, read without the product."""
    with closing(sqlite3.connect(data)) as database:
        return dict(
            database.execute("SELECT uid, parcel_no FROM parcel UNION ALL SELECT uid, code FROM hydrant").fetchall()
        )


def build(path: Path, crs: str = province.LAND) -> Path:
    """Parcels and hydrants, whose personal fields hold the canary."""
    dataset.create(path, ("parcel", "hydrant"), crs, profile="binh_duong")
    dataset.set_meta(path, judged_on="2026-06-01")
    rows = province.contents(PARCELS)
    hydrants = [
        province.asset(400 + n, f"H-{n}", province.E + 9 * n, province.N, hydrant_type="pillar", dn_mm=100)
        for n in range(HYDRANTS)
    ]
    dataset.append(path, "parcel", province.frame(rows["parcel"]))
    dataset.append(path, "hydrant", province.frame(hydrants))
    return path


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dothi.ioc.sync.PAUSE_S", 0.0)


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data set that tests copy."""
    return build(tmp_path_factory.mktemp("faults") / "mẫu.gpkg")


@pytest.fixture
def machine(pattern: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A data set of its own on a machine of its own: nothing but the target is shared."""

    def made(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        return Path(shutil.copy(pattern, folder / "tỉnh.gpkg"))

    return made


@pytest.fixture
def own(machine: Callable[[str], Path]) -> Path:
    """One data set."""
    return machine("máy")


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgis.Cluster]:
    """A real PostgreSQL with PostGIS on a socket."""
    if not postgis.is_there():
        pytest.skip("PostgreSQL 15 with PostGIS is not on this machine")
    with postgis.cluster() as cluster:
        cluster.database("pattern")
        yield cluster


@pytest.fixture(params=KINDS)
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
    """Each kind of other side, empty."""
    make = {"file": _folder, "ngsi-ld": _broker, "rest": _gateway}
    if request.param == "postgresql":
        yield _database(request.getfixturevalue("cluster"))
        return
    with make[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Centre]:
    """A broker alone, where the fault has nothing to do with the kind of target."""
    with _broker(tmp_path) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Centre]:
    """A folder alone."""
    with _folder(tmp_path) as made:
        yield made


@pytest.fixture
def postgres(cluster: postgis.Cluster) -> Centre:
    """A database alone."""
    return _database(cluster)


@contextmanager
def _folder(tmp_path: Path) -> Iterator[Centre]:
    place = tmp_path / "đích đến"

    def held() -> dict[str, str]:
        found = {}
        for layer, name in (("parcel", "parcel_no"), ("hydrant", "code")):
            path = place / "geojson" / f"{layer}.geojson"
            if path.is_file():
                for one in json.loads(path.read_text(encoding="utf-8"))["features"]:
                    assert one["id"] not in found
                    found[one["id"]] = one["properties"][name]
        return found

    yield Centre("file", str(place), held)


@contextmanager
def _broker(tmp_path: Path) -> Iterator[Centre]:
    double = brokers.Broker()

    def held() -> dict[str, str]:
        return {
            key.rpartition(":")[2]: entity["parcelNumber" if ":Parcel:" in key else "code"]["value"]
            for key, entity in double.tenants[""].held.items()
        }

    with brokers.serving(double) as address:
        more = {"context": "https://ioc.example/dothi-v1.jsonld"}
        yield Centre("ngsi-ld", f"ngsi-ld+{address}", held, more, double)


@contextmanager
def _gateway(tmp_path: Path) -> Iterator[Centre]:
    double = gateways.Gateway()

    def held() -> dict[str, str]:
        found = {key: one["properties"]["soThua"] for key, one in double.held["parcel"].items()}
        return found | {key: one["soHieu"] for key, one in double.held["hydrant"].items()}

    with gateways.serving(double) as address:
        yield Centre("rest", f"rest+{address}", held, {"contract": str(gateways.CONTRACT)}, double)


def _database(cluster: postgis.Cluster) -> Centre:
    cluster.ask("DROP DATABASE IF EXISTS centre WITH (FORCE)")
    cluster.ask(
        f'CREATE DATABASE centre TEMPLATE pattern OWNER "{"root" if os.geteuid() == 0 else os.environ["USER"]}"'
    )
    there = f"host={cluster.folder} dbname=centre"

    def held() -> dict[str, str]:
        with psycopg.connect(there) as database:
            found: dict[str, str] = {}
            for layer, name in (("parcel", "parcel_no"), ("hydrant", "code")):
                if database.execute(f"SELECT to_regclass('ioc.{layer}')").fetchone() != (None,):
                    rows = database.execute(f"SELECT uid, {name} FROM ioc.{layer}").fetchall()
                    assert not found.keys() & {row[0] for row in rows}
                    found |= dict(rows)
            return found

    return Centre("postgresql", f"postgresql:///centre?host={cluster.folder}", held, double=there)

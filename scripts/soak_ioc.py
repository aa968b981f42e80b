"""Publishing under siege: random edits, a server with every known fault, a publisher killed again and again.

A province is edited at random and published to the double of a broker or of a gateway (``--kind``), which loses
answers, says 200 without writing, takes half of a batch, wants smaller ones, is busy, or starts again empty. Each
publication is a process of its own and may be ended by SIGKILL at a moment drawn by lot. At the end both sides must be
equal, record by record, with nothing doubled and nothing lost, and the state must agree.
``python -P -m dothi.scripts.soak_ioc [--kind gateway] [--edits 20000] [--kills 500] [--seed 1] [--report FILE]``.
"""

# ruff: noqa: S608 - names of our own layers

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from dothi.engine.contract.ioc import PUBLISH, VERIFY
from dothi.engine.jobs import ioc as jobs
from dothi.layers.errors import DothiError
from dothi.layers.report import SILENT
from dothi.store import dataset

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("parcel", "lighting_pole", "hydrant")
CRS = "EPSG:9210"
TENANT = "soak"
LONGEST_S = 0.6  # a publication is killed within its first so many seconds, or not at all


@dataclass(frozen=True)
class Kind:
    """A kind of target: the module of its double, how its address is written, what else it needs, what its records are
    called, and the page of its report.
    """

    double: str
    address: str
    given: dict[str, str]
    records: str
    title: str

    def target(self, address: str) -> dict[str, str]:
        """Parameters that name the double at ``address``."""
        return {"target": self.address.format(address), **self.given}

    def held(self, dump: dict[str, Any]) -> dict[str, Any]:
        """Key → record of all that the double holds of ours."""
        if self.double.endswith("ngsi_ld"):
            return dict(dump["held"].get(TENANT, {}))
        return {f"{layer}/{key}": one for layer, of in dump["held"].items() for key, one in of.items()}


KINDS = {
    "broker": Kind(
        "dothi.tests.doubles.ngsi_ld",
        f"ngsi-ld+{{}}?tenant={TENANT}",
        {"context": "https://ioc.example/dothi-v1.jsonld"},
        "entities",
        "Soak of publishing",
    ),
    "gateway": Kind(
        "dothi.tests.doubles.gateway",
        "rest+{}",
        {"contract": str(ROOT / "tests" / "doubles" / "gateway" / "contract")},
        "records",
        "Soak of publishing to a gateway",
    ),
}


@dataclass
class Province:
    """A data set edited through SQLite as other programs do it: rows come, change, move and go."""

    path: Path
    dice: random.Random
    made: int = 0
    edits: Counter[str] = field(default_factory=Counter)

    def build(self, parcels: int = 150) -> None:
        """Begin with some parcels and hydrants."""
        dataset.create(self.path, LAYERS, CRS, profile="binh_duong")
        dataset.set_meta(self.path, province="binh_duong", judged_on="2026-06-01", simulated=True)
        rows = [{"code": f"T-{n}", "land_use": "ODT", "geometry": self._square()} for n in range(parcels)]
        dataset.append(self.path, "parcel", gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS))
        rows = [{"code": f"H-{n}", "geometry": self._point()} for n in range(parcels // 3)]
        dataset.append(self.path, "hydrant", gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS))
        self.made = parcels
        with closing(sqlite3.connect(self.path)) as database, database:
            # The triggers of the spatial index call functions that plain SQLite lacks.
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f'DROP TRIGGER "{name}"')

    def edit(self, count: int) -> None:
        """``count`` random edits, each in its own transaction."""
        with closing(sqlite3.connect(self.path)) as database:
            for _ in range(count):
                what = self.dice.choices(("changed", "new", "gone", "renumbered"), [70, 16, 13, 1])[0]
                with database:
                    getattr(self, f"_{what}")(database)
                self.edits[what] += 1

    def _changed(self, database: sqlite3.Connection) -> None:
        layer = self.dice.choice(("parcel", "hydrant"))
        uid = self._some(database, layer)
        if uid is None:
            return
        if self.dice.random() < 0.3:
            shape = self._square() if layer == "parcel" else self._point()
            blob = database.execute(f'SELECT geom FROM "{layer}" WHERE uid = ?', (uid,)).fetchone()[0]
            head = 8 + {0: 0, 1: 32}[(blob[3] >> 1) & 7]
            database.execute(
                f'UPDATE "{layer}" SET geom = ? WHERE uid = ?',
                (_header(blob, shape, head) + shapely.to_wkb(shape, byte_order=1), uid),
            )
        else:
            database.execute(f'UPDATE "{layer}" SET remark = NULL, code = ? WHERE uid = ?', (self._code(layer), uid))

    def _new(self, database: sqlite3.Connection) -> None:
        layer = self.dice.choice(("parcel", "hydrant"))
        row = database.execute(f'SELECT geom FROM "{layer}" LIMIT 1').fetchone()
        if row is None:
            return
        shape = self._square() if layer == "parcel" else self._point()
        head = 8 + {0: 0, 1: 32}[(row[0][3] >> 1) & 7]
        blob = _header(row[0], shape, head) + shapely.to_wkb(shape, byte_order=1)
        uid = f"{self.dice.getrandbits(128):032x}"
        row = {"uid": uid, "code": self._code(layer), "geom": blob} | ({"land_use": "ODT"} if layer == "parcel" else {})
        marks = ", ".join("?" * len(row))
        database.execute(f'INSERT INTO "{layer}" ({", ".join(row)}) VALUES ({marks})', tuple(row.values()))

    def _gone(self, database: sqlite3.Connection) -> None:
        layer = self.dice.choice(("parcel", "hydrant"))
        if database.execute(f'SELECT count(*) FROM "{layer}"').fetchone()[0] > 20:
            database.execute(f'DELETE FROM "{layer}" WHERE uid = ?', (self._some(database, layer),))

    def _renumbered(self, database: sqlite3.Connection) -> None:
        """Some programs give every row a new number: no feature has changed by that."""
        database.execute('UPDATE "parcel" SET fid = fid + 100000')

    def _some(self, database: sqlite3.Connection, layer: str) -> str | None:
        uids = [row[0] for row in database.execute(f'SELECT uid FROM "{layer}" ORDER BY uid')]
        return self.dice.choice(uids) if uids else None

    def _code(self, layer: str) -> str:
        self.made += 1
        return f"{layer[0].upper()}-{self.made}"

    def _square(self) -> shapely.MultiPolygon:
        east, north = 598000 + self.dice.random() * 2000, 1214000 + self.dice.random() * 2000
        return shapely.MultiPolygon([shapely.box(east, north, east + 20, north + 25)])

    def _point(self) -> shapely.Point:
        return shapely.Point(598000 + self.dice.random() * 2000, 1214000 + self.dice.random() * 2000)


def _header(blob: bytes, shape: Any, head: int) -> bytes:
    """The GeoPackage header of ``blob`` with the envelope of ``shape`` where it has one."""
    if head == 8:
        return blob[:8]
    west, south, east, north = shape.bounds
    return blob[:8] + struct.pack("<4d" if blob[3] & 1 else ">4d", west, east, south, north)


class Double:
    """The other side as a process of its own."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process, self.address = process, address

    def say(self, words: str) -> str:
        """One line there and one back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def double(module: str, trouble: float, seed: int) -> Iterator[Double]:
    """Start the double."""
    command = [sys.executable, "-P", "-m", module, f"--trouble={trouble}", f"--seed={seed}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Double(process, process.stdout.readline().strip())
        assert process.stdin is not None
        process.stdin.close()


def publish(data: Path, target: dict[str, str], kill_after: float | None) -> str:
    """Publish in a process of its own: ``done``, ``killed``, or the code of the error it ended with."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            jobs.publish(PUBLISH.read({"data": str(data), **target, "allow_vanish": True}), SILENT)
            os.write(writing, b"done")
        except DothiError as error:
            os.write(writing, error.code.encode())
        finally:
            os._exit(0)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as told:
        said = told.read().decode()
    return said if said or not os.WIFSIGNALED(status) else "killed"


def soak(folder: Path, edits: int, kills: int, seed: int, kind: str = "broker") -> dict[str, Any]:
    """Lay siege and compare; returns what the report says."""
    of = KINDS[kind]
    dice = random.Random(seed)  # noqa: S311 - moments, not secrets
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "tỉnh.gpkg"
    for old in folder.rglob("*"):
        if old.is_file():
            old.unlink()
    province = Province(data, dice)
    province.build()
    begun, ended = time.monotonic(), Counter[str]()
    each = max(1, edits // max(1, round(kills * 1.6)))
    with double(of.double, 0.15, seed) as server:
        target = of.target(server.address)
        while province.edits.total() < edits or ended["killed"] < kills:
            province.edit(min(each, max(1, edits - province.edits.total())))
            kill = dice.random() < 0.75 and ended["killed"] < kills
            ended[publish(data, target, dice.random() * LONGEST_S if kill else None)] += 1
        server.say("trouble 0")
        last = [publish(data, target, None) for _ in range(2)]
        proof = jobs.verify(VERIFY.read({"data": str(data), **target}), SILENT)
        there = json.loads(server.say("dump"))
    rows = {layer: len(dataset.read(data, layer, ["code"])) for layer in LAYERS}
    held = of.held(there)
    with closing(sqlite3.connect(next((data.with_suffix(".dothi") / "ioc").glob("*.sqlite")))) as state:
        proved = state.execute("SELECT count(*) FROM record WHERE mark = 0").fetchone()[0]
        other = state.execute("SELECT count(*) FROM record WHERE mark NOT IN (0, 5, 6)").fetchone()[0]
    return {
        "kind": kind,
        "edits": dict(province.edits),
        "publications": dict(ended),
        "faults": there["faults"],
        "requests": there["requests"],
        "features": rows,
        "records_there": len(held),
        "state_proved": proved,
        "state_unsettled": other,
        "last_runs": last,
        "missing": proof["created"],
        "different": proof["updated"],
        "too_many": proof["deleted"],
        "same": proof["unchanged"],
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "equal": not any(proof[name] for name in ("created", "updated", "deleted"))
        and len(held) == proved == proof["unchanged"] == sum(rows.values())
        and not other,
    }


def written(told: dict[str, Any], seed: int) -> str:
    """The report as a page."""

    def table(values: dict[str, Any]) -> str:
        return "\n".join(f"| {name} | {value:,} |" for name, value in values.items())

    of = KINDS[told["kind"]]
    one = of.records.removesuffix("s") if of.records != "entities" else "entity"
    verdict = f"equal, {one} by {one}" if told["equal"] else "NOT EQUAL"
    return f"""# {of.title}

Made by `make soak` (`scripts/soak_ioc.py`, seed {seed}); do not edit. {platform.machine()}, {os.cpu_count()} cores,
Python {platform.python_version()}, {told["minutes"]} minutes.

**At the end both sides are {verdict}**: {told["same"]:,} features here, {told["records_there"]:,} {of.records} there,
{told["state_proved"]:,} proved in the state; missing {told["missing"]}, different {told["different"]}, too many
{told["too_many"]}, unsettled in the state {told["state_unsettled"]}.

| edits of the data set | |
|---|---|
{table(told["edits"])}

| publications, each a process of its own | |
|---|---|
{table(told["publications"])}

| faults of the server, in {told["requests"]:,} requests | |
|---|---|
{table(told["faults"])}

*lost*: nothing done and no answer; *answer lost*: done, no answer; *kept nothing*: success said and nothing done;
*half*: every second {one} of a batch refused; *413*: the batch is too large; *restart empty*: the server forgets all.
"""


def main() -> int:
    """Soak, write the report, and return 1 where the sides differ."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kind", choices=tuple(KINDS), default="broker")
    options.add_argument("--edits", type=int, default=20_000)
    options.add_argument("--kills", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "soak-ioc")
    options.add_argument("--report", type=Path)
    given = options.parse_args()
    told = soak(given.folder, given.edits, given.kills, given.seed, given.kind)
    if given.report:
        given.report.parent.mkdir(parents=True, exist_ok=True)
        given.report.write_text(written(told, given.seed), encoding="utf-8")
    print(json.dumps(told, ensure_ascii=False, indent=1))
    return 0 if told["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())

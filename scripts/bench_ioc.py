"""Publishing a million features to a folder, beside bare writers; the difference of a hundred changes; a broker's rate.

All sides in one run on the same warm file. The bare writers are ``ogr2ogr`` (GeoPackage, GeoJSON, CSV, FlatGeobuf) and
``geopandas.to_parquet``. Ours transforms by the pinned operation, validates, writes all five, hashes them and keeps its
memory of every feature. ``python -P -m dothi.scripts.bench_ioc [--features 1000000] [--folder build/bench-ioc]``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import geopandas as gpd
import numpy as np
import shapely

from dothi.scripts.soak_ioc import KINDS, double
from dothi.store import dataset

ROOT = Path(__file__).resolve().parent.parent
DOTHI = ROOT / ".venv" / "bin" / "dothi"
CRS = "EPSG:9210"
PART = 100_000
MOST_RATIO, MOST_DIFFERENCE_S, MOST_MB, LEAST_RATE = 2.5, 3.0, 1000, 2000
BARE = {"GPKG": "gpkg", "GeoJSON": "geojson", "CSV": "csv", "FlatGeobuf": "fgb"}


def ground(path: Path, features: int) -> None:
    """A province with a layer of ``features`` lots on a lattice, made once."""
    if path.is_file() and len_of(path) == features:
        return
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.create(path, ["parcel"], CRS, profile="binh_duong")
    dataset.set_meta(path, province="binh_duong", judged_on="2026-06-01", simulated=True)
    side = int(np.ceil(np.sqrt(features)))
    for start in range(0, features, PART):
        number = np.arange(start, min(features, start + PART))
        east, north = 580000 + (number % side) * 25.0, 1200000 + (number // side) * 25.0
        shapes = shapely.multipolygons(shapely.box(east, north, east + 20, north + 20).reshape(-1, 1))
        frame = gpd.GeoDataFrame({"code": [f"T-{n}" for n in number], "land_use": "ODT"}, geometry=shapes, crs=CRS)
        dataset.append(path, "parcel", frame)


def len_of(path: Path) -> int:
    """Rows of the layer."""
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM parcel").fetchone()[0])


def timed(command: list[str], out: IO[bytes] | int = subprocess.DEVNULL) -> tuple[float, float]:
    """Wall seconds and peak MB of a program, which may write to ``out``; of this program alone, not of those before."""
    begun = time.perf_counter()
    with TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
        if status:
            errors.seek(0)
            raise SystemExit(f"{command}: {errors.read().decode()}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def bare(data: Path, folder: Path) -> float:
    """Seconds of the bare writers, one after the other."""
    total = 0.0
    for driver, suffix in BARE.items():
        out = folder / f"bare.{suffix}"
        out.unlink(missing_ok=True)
        command = ["ogr2ogr", "-f", driver, str(out), str(data), "parcel"]
        if driver == "GeoJSON":
            command[3:3] = ["-lco", "RFC7946=YES"]
        if driver == "CSV":
            command[3:3] = ["-lco", "GEOMETRY=AS_WKT"]
        total += timed(command)[0]
    code = (
        "import geopandas, sys; geopandas.read_file(sys.argv[1], layer='parcel', use_arrow=True)"
        ".to_parquet(sys.argv[2], schema_version='1.1.0', write_covering_bbox=True)"
    )
    return total + timed([sys.executable, "-c", code, str(data), str(folder / "bare.parquet")])[0]


def change(data: Path, count: int) -> None:
    """Change ``count`` rows, spread over the layer."""
    with closing(sqlite3.connect(data)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        step = max(1, len_of(data) // count)
        database.execute("UPDATE parcel SET code = code || 'x' WHERE fid % ? = 1 AND fid <= ? * ?", (step, step, count))


def told(*words: str) -> tuple[dict[str, Any], float, float]:
    """The result of a job of ours, wall seconds and peak MB."""
    with TemporaryFile() as out:
        seconds, memory = timed([str(DOTHI), *words, "--json"], out)
        out.seek(0)
        return json.load(out), seconds, memory


def main() -> int:
    """Measure, print figures with their budgets, and return 1 where one is not kept."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--features", type=int, default=1_000_000)
    options.add_argument("--entities", type=int, default=50_000)
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "bench-ioc")
    given = options.parse_args()
    data, out = given.folder / "triệu.gpkg", given.folder / "thả"
    ground(data, given.features)
    shutil.rmtree(data.with_suffix(".dothi"), ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    start_up = min(timed([str(DOTHI), "ioc", "status", "--data", str(data), "--json"])[0] for _ in range(3))
    where = ["--data", str(data), "--target", str(out)]
    forms = ["--formats", "gpkg,geojson,csv,fgb,parquet"]
    first, ours, memory = told("ioc", "publish", *where, *forms)
    peers = bare(data, given.folder)
    change(data, 100)
    plan, difference, plan_memory = told("ioc", "plan", *where)
    after, seconds_after, after_memory = told("ioc", "publish", *where, *forms)
    print(f"ioc: published again with them: {seconds_after:.1f} s", flush=True)
    kept = [
        figure(
            f"first publication of {given.features:,} ({ours:.1f} s, bare {peers:.1f} s)", ours / peers, MOST_RATIO, "×"
        ),
        figure("difference of 100 changes, after start-up", difference - start_up, MOST_DIFFERENCE_S, "s"),
        figure("memory, first publication", memory, MOST_MB, "MB"),
        figure("memory, difference", plan_memory, MOST_MB, "MB"),
        figure("memory, publication after it", after_memory, MOST_MB, "MB"),
    ]
    assert first["created"] == given.features, first
    assert (plan["updated"], plan["created"], plan["deleted"]) == (100, 0, 0), plan
    assert (after["updated"], after["unchanged"]) == (100, given.features - 100), after
    small = given.folder / "nhỏ.gpkg"
    ground(small, given.entities)
    shutil.rmtree(small.with_suffix(".dothi"), ignore_errors=True)
    kind = KINDS["broker"]
    with double(kind.double, 0.0, 1) as broker:
        address, context = f"ngsi-ld+{broker.address}", kind.given["context"]
        sent, seconds, _ = told("ioc", "publish", "--data", str(small), "--target", address, "--context", context)
    assert sent["created"] == given.entities, sent
    rate = given.entities / (seconds - start_up)
    kept.append(figure("entities to the broker, read back", rate, LEAST_RATE, "a second", least=True))
    return int(not all(kept))


def figure(what: str, value: float, budget: float, unit: str, *, least: bool = False) -> bool:
    """Print one figure beside its budget; whether it is kept."""
    kept = value >= budget if least else value <= budget
    bound = f"{'≥' if least else '≤'} {budget:,}"
    print(f"ioc: {what}: {value:,.2f} {unit}, budget {bound}: {'kept' if kept else 'NOT KEPT'}", flush=True)
    return kept


if __name__ == "__main__":
    sys.exit(main())

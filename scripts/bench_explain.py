"""One lot's verdict, and that of a drawn building, through ``dothi serve``, warm, in a data set of a million lots.

``python -m dothi.scripts.bench_explain [--lots 1000000] [--zones 10000] [--asked 40] [--folder build/bench]``. One
process answers one question after the other, each about another place; the median after the first ones counts.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from ..store.nearby import wkb_of
from . import zoning_town
from .bench_zoning import figure
from .files import ROOT

MOST_MS = 100.0
COLD = 5  # the first questions, which load libraries, rules and the pages of the file


def chosen(path: Path, count: int) -> list[str]:
    """``count`` lots of the data set, the same at every run."""
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as database:
        last = int(database.execute("SELECT max(fid) FROM parcel").fetchone()[0])
        numbers = np.random.default_rng(zoning_town.SEED).integers(1, last, count).tolist()
        return [database.execute("SELECT uid FROM parcel WHERE fid = ?", (n,)).fetchone()[0] for n in numbers]


def drawn(path: Path, count: int) -> list[dict[str, Any]]:
    """``count`` buildings as an editor would hand them over: every other one is new, the others are moved by 1 m."""
    fields = ("use", "floors", "height_m", "floor_area_m2", "parcel")
    asked = []
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as database:
        last = int(database.execute("SELECT max(fid) FROM building").fetchone()[0])
        statement = f"SELECT uid, geom, {', '.join(fields)} FROM building WHERE fid = ?"  # noqa: S608  # nosec B608 - names of this file
        for number, fid in enumerate(np.random.default_rng(zoning_town.SEED).integers(1, last, count).tolist()):
            uid, blob, *values = database.execute(statement, (fid,)).fetchone()
            shape = shapely.transform(shapely.from_wkb(wkb_of(blob)), lambda points: points + np.array([1.0, 0.0]))
            known = dict(zip(fields, values, strict=True))
            asked.append({"layer": "building", "wkt": shape.wkt, "uid": uid if number % 2 else None, "values": known})
    return asked


def answered(path: Path, questions: list[dict[str, Any]]) -> list[float]:
    """Milliseconds from each question to its answer."""
    command = [str(Path(sys.executable).parent / "dothi"), "serve"]
    took = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as served:
        if served.stdin is None or served.stdout is None:
            sys.exit("dothi serve has no pipes")
        for number, about in enumerate(questions):
            asked = {"id": number, "job": "zoning.explain", "parameters": {"data": str(path), **about}}
            started = time.perf_counter()
            served.stdin.write(json.dumps(asked) + "\n")
            served.stdin.flush()
            told: dict[str, object] = {}
            while told.get("id") != number:
                line = served.stdout.readline()
                if not line:
                    sys.exit("dothi serve ended")
                told = json.loads(line)
            if told["event"] != "answer":
                sys.exit(str(told))
            took.append(1000.0 * (time.perf_counter() - started))
        served.stdin.close()
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lots", type=int, default=1_000_000)
    parser.add_argument("--zones", type=int, default=10_000)
    parser.add_argument("--asked", type=int, default=40)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    given = parser.parse_args()
    path = zoning_town.build(given.folder, given.lots, given.zones)
    count = COLD + given.asked
    kept = []
    for what, questions in (
        (f"one of {given.lots} lots", [{"uid": uid} for uid in chosen(path, count)]),
        (f"a drawn building among {given.lots} lots", [{"drawn": one} for one in drawn(path, count)]),
    ):
        took = answered(path, questions)
        warm = sorted(took[COLD:])
        slow = warm[int(0.95 * len(warm))]
        print(
            f"first answer {took[0]:.0f} ms; warm: 95 of 100 within {slow:.0f} ms, slowest {warm[-1]:.0f} ms",
            flush=True,
        )
        median = statistics.median(warm)
        what = f"zoning.explain through serve, {what}, warm"
        kept.append(figure(what, median, "ms", f"at most {MOST_MS:.0f}", kept=median <= MOST_MS))
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())

"""One lot's verdict through ``dothi serve``, warm, in a data set of a million lots with buildings and streets.

``python -m dothi.scripts.bench_explain [--lots 1000000] [--zones 10000] [--asked 40] [--folder build/bench]``. One
process answers one question after the other, each about another lot; the median after the first ones counts.
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

import numpy as np

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


def answered(path: Path, uids: list[str]) -> list[float]:
    """Milliseconds from each question to its answer."""
    command = [str(Path(sys.executable).parent / "dothi"), "serve"]
    took = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as served:
        if served.stdin is None or served.stdout is None:
            sys.exit("dothi serve has no pipes")
        for number, uid in enumerate(uids):
            asked = {"id": number, "job": "zoning.explain", "parameters": {"data": str(path), "uid": uid}}
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
    took = answered(path, chosen(path, COLD + given.asked))
    print(f"first answer {took[0]:.0f} ms; slowest warm {max(took[COLD:]):.0f} ms", flush=True)
    median = statistics.median(took[COLD:])
    what = f"zoning.explain through serve, one of {given.lots} lots, warm"
    return int(not figure(what, median, "ms", f"at most {MOST_MS:.0f}", kept=median <= MOST_MS))


if __name__ == "__main__":
    sys.exit(main())

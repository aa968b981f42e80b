"""A simulated year of scenes through the watch, killed at random moments, against a year that nobody disturbed.

Nights over copies of one province are killed (SIGKILL, the moment drawn by lot) and begun again until the year is done,
copy after copy, until so many kills are reached. Each copy must end as the undisturbed one: the same states to the bit,
cases, events, sightings, runs and steps, nothing doubled, nothing missing.
``python scripts/soak_watch.py [--kills 100] [--step 10] [--seed 1] [--folder build/soak] [--series-only]``.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from datetime import date
from pathlib import Path

from dothi.tests.unit.surveillance import night_watch

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Soak, print JSON, and return 1 where an ending differs."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--step", type=int, default=10, help="days between scenes of the watched year")
    options.add_argument("--longest", type=float, default=2.0, help="seconds that a night lives at most")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "soak")
    options.add_argument("--series-only", action="store_true")
    given = options.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    begun = time.monotonic()
    days = night_watch.days(given.step, date(2025, 1, 1))
    original = night_watch.province(given.folder / "gốc", days)
    whole = copied(original, given.folder / "trọn")
    night_watch.watch(whole, not given.series_only)
    expected = night_watch.ending(whole)
    rng = random.Random(given.seed)  # noqa: S311 - moments, not secrets
    killed, rounds, wrong = 0, 0, []
    while killed < given.kills:
        rounds += 1
        data = copied(original, given.folder / f"lần {rounds}")
        killed += night_watch.killed_nights(data, not given.series_only, given.kills - killed, given.longest, rng)
        found = night_watch.ending(data)
        wrong += [f"{rounds}: {name}" for name in expected if found[name] != expected[name]]
        shutil.rmtree(data.parent)
        print(f"{killed} kills, {rounds} years, {wrong or 'all the same'}", file=sys.stderr, flush=True)
    told = {
        "days_watched": sum(day >= night_watch.BEGINS for day in days),
        "kills": killed,
        "years": rounds,
        "cases": [case["code"] for case in expected["cases"]],
        "runs": len(expected["runs"]),
        "different": wrong,
        "minutes": round((time.monotonic() - begun) / 60.0, 1),
    }
    print(json.dumps(told, indent=2, ensure_ascii=False))
    return 1 if wrong else 0


def copied(data: Path, folder: Path) -> Path:
    """A copy of a province; files keep their times, by which the library knows them."""
    shutil.copytree(data.parent, folder, copy_function=shutil.copy2)
    return folder / data.name


if __name__ == "__main__":
    sys.exit(main())

"""A full Sentinel-2 tile pair (10980², 4 bands, tiled GeoTIFF, DEFLATE level 1, warm), file to file, and a dune coast.

Every round runs, one after the other on the same files: the bare read of both stacks with rasterio (block rows of the
files, GDAL's threads on all processors), ``dothi change map`` (IR-MAD, start-up included), and once Orfeo ToolBox's
MAD; then a quarter of the tile (start-up taken off both by a pair of almost nothing), and a coast of 60 × 15 km from
two dates to alerts. Wall time counts; processor time is printed beside it, which says more on a busy machine.
``python -m dothi.scripts.bench_change_tile [--runs 3] [--size 10980] [--folder build/bench]``.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from .bench_change import _ground, run
from .files import ROOT

OTB = "otbcli_MultivariateAlterationDetector"
BANDS = ("B02", "B03", "B04", "B08")
TILE = 512
# A pair this small costs the start of the program and nothing else; it keeps one pit a block row, as the others do.
SMALLEST = 600
MOST_READS, LEAST_FASTER, MOST_MB, MOST_QUARTER, MOST_COAST = 5.0, 4.0, 1500.0, 0.3, 6.0
READ = f"""
import sys, rasterio
from rasterio.windows import Window
with rasterio.Env(GDAL_NUM_THREADS="ALL_CPUS"):
    for name in sys.argv[1:]:
        with rasterio.open(name) as file:
            for row in range(0, file.height, {TILE}):
                file.read(window=Window(0, row, file.width, min({TILE}, file.height - row)))
"""


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds, processor seconds, peak memory (MB)."""

    wall: float
    processor: float
    memory: float


def make_pair(folder: Path, width: int, height: int) -> tuple[Path, Path]:
    """Two dates of land with texture at all scales, noise, another gain, and pits of 12 × 12 pixels; made once."""
    names = tuple(folder / f"{which}-{width}x{height}-deflate.tif" for which in ("before", "after"))
    if all(name.exists() for name in names):
        return names[0], names[1]
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20261122)
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": 4, "width": width, "height": height, "crs": "EPSG:32649",
        "transform": Affine(10, 0, 180_000, 0, -10, 1_230_000), "tiled": True, "blockxsize": TILE, "blockysize": TILE,
        "compress": "deflate", "zlevel": 1,
    }  # fmt: skip
    parts = [name.with_suffix(".part") for name in names]
    with rasterio.open(parts[0], "w", **profile) as first, rasterio.open(parts[1], "w", **profile) as second:
        for start in range(0, height, TILE):
            rows = min(TILE, height - start)
            ground = _ground(rng, rows, width)
            for date, file in enumerate((first, second)):
                file.descriptions = BANDS
                noise = 25.0 * rng.standard_normal(ground.shape, dtype=np.float32)
                numbers = ground * (1.0 + 0.04 * date) + noise + 60.0 * date
                for _ in range(date * (width // 600)):
                    row, column = rng.integers(0, rows - 12), rng.integers(0, width - 12)
                    numbers[:, row : row + 12, column : column + 12] += 1200.0
                file.write(np.clip(numbers, 1, 65_000).astype(np.uint16), window=Window(0, start, width, rows))
    for part, name in zip(parts, names, strict=True):
        part.replace(name)
    return names[0], names[1]


def made_pair(folder: Path, width: int, height: int) -> tuple[Path, Path]:
    """:func:`make_pair` in a process of its own: a child's peak memory is never told lower than its parent's was."""
    with ProcessPoolExecutor(1) as worker:
        return worker.submit(make_pair, folder, width, height).result()


def cost(command: Sequence[str]) -> Cost:
    """Run one whole process."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    _, memory, _ = run(command)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, used, memory)


def medians(runs: int, commands: dict[str, Sequence[str]]) -> dict[str, Cost]:
    """Median of wall and processor time over the rounds, the largest peak; the first round only warms the files."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            once = cost(command)
            if turn:
                found[name].append(once)
    return {
        name: Cost(
            statistics.median(c.wall for c in costs),
            statistics.median(c.processor for c in costs),
            max(c.memory for c in costs),
        )
        for name, costs in found.items()
    }


def quarter_of(whole: Cost, quarter: Cost, start: Cost, clock: str) -> float:
    """Share of the work that a quarter of the tile costs, start of the program and imports taken off both."""
    told = [getattr(cost, clock) - getattr(start, clock) for cost in (quarter, whole)]
    return float(told[0] / told[1])


def main() -> int:
    """Measure, print, and return 1 where a budget is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--size", type=int, default=10980)
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    given = options.parse_args()
    engine = [sys.executable, "-I", "-X", "utf8", str(ROOT / "engine" / "launch.py")]
    whole = [str(name) for name in made_pair(given.folder, given.size, given.size)]
    quarter = [str(name) for name in made_pair(given.folder, given.size // 2, given.size // 2)]
    start = [str(name) for name in made_pair(given.folder, SMALLEST, SMALLEST)]
    coast = [str(name) for name in made_pair(given.folder, 6000, 1500)]
    kept: list[bool] = []

    def tell(line: str, good: bool) -> None:
        kept.append(good)
        print(line, flush=True)

    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:

        def mapped(pair: list[str]) -> list[str]:
            images = ["--before", pair[0], "--after", pair[1]]
            return [*engine, "change", "map", *images, "--out", f"{scratch}/map.tif", "--json"]

        found = medians(
            given.runs,
            {
                "read": [sys.executable, "-I", "-c", READ, *whole],
                "map": mapped(whole),
                "quarter": mapped(quarter),
                "start": mapped(start),
            },
        )
        for name, c in found.items():
            print(f"{name}: {c.wall:.1f} s, {c.processor:.1f} processor seconds, {c.memory:.0f} MB")
        read, full, part = found["read"], found["map"], found["quarter"]
        tell(
            f"IR-MAD on {given.size}² × 4: {full.wall / read.wall:.2f} bare reads, in processor time "
            f"{full.processor / read.processor:.2f} (budget {MOST_READS:.0f})",
            full.wall <= MOST_READS * read.wall,
        )
        tell(f"IR-MAD on {given.size}² × 4: {full.memory:.0f} MB (budget {MOST_MB:.0f} MB)", full.memory <= MOST_MB)
        share, worked = (quarter_of(full, part, found["start"], clock) for clock in ("wall", "processor"))
        tell(
            f"a quarter of the tile: {share:.2f} of the time without the start, in processor time {worked:.2f} "
            f"(budget {MOST_QUARTER})",
            share <= MOST_QUARTER,
        )
        if otb := shutil.which(OTB):
            theirs = cost([otb, "-in1", whole[0], "-in2", whole[1], "-out", f"{scratch}/otb.tif", "float"])
            print(
                f"Orfeo ToolBox: {theirs.wall:.1f} s, {theirs.processor:.1f} processor seconds, {theirs.memory:.0f} MB"
            )
            ratio = theirs.wall / full.wall
            tell(
                f"IR-MAD beside Orfeo ToolBox's MAD: {ratio:.2f} times as fast, in processor time "
                f"{theirs.processor / full.processor:.2f} (budget {LEAST_FASTER:.0f})",
                ratio >= LEAST_FASTER,
            )
        else:
            print("Orfeo ToolBox is not installed (Debian: otb-bin): nothing to compare with")
        days = ["--date-before", "2025-02-16", "--date-after", "2026-02-21"]
        images = ["--before", coast[0], "--after", coast[1]]
        detect = [*engine, "change", "detect", *images, *days, "--out", scratch, "--json"]
        alerts = medians(given.runs, {"coast": detect})["coast"]
        tell(
            f"a coast of 60 × 15 km to alerts: {alerts.wall:.1f} s, {alerts.processor:.1f} processor seconds, "
            f"{len(os.sched_getaffinity(0))} processors (budget {MOST_COAST:.0f} s)",
            alerts.wall <= MOST_COAST,
        )
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())

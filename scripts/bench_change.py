"""Change between two 3000 × 3000 × 4 images, file to file: the whole ``dothi`` process against Orfeo ToolBox's MAD.

The pair is made here (deterministic): land with texture at all scales, another gain per date, noise, and 60 pits. Both
sides read the same tiled GeoTIFF, one after the other in each round, files warm, and the median of the rounds counts.
``python scripts/bench_change.py [--runs 5] [--size 3000] [--folder build/bench]``. Without ``otbcli_…`` (Debian
``otb-bin``) only our side and the memory are measured.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261122
BANDS = ("B02", "B03", "B04", "B08")
OTB = "otbcli_MultivariateAlterationDetector"
MOST_MB = 700.0
PITS_A_TILE = 60  # in each 3000 × 3000
STRIP = 500


def pits(size: int) -> int:
    """How many pits a pair of that size has."""
    return PITS_A_TILE * max(1, (size // 3000) ** 2)


def make_pair(folder: Path, size: int) -> tuple[Path, Path]:
    """Two scenes of ``size`` × ``size`` pixels, uint16, tiled, uncompressed; made strip by strip, once."""
    folder.mkdir(parents=True, exist_ok=True)
    names = tuple(folder / f"{which}-{size}.tif" for which in ("before", "after"))
    if all(name.exists() for name in names):
        return names[0], names[1]
    rng = np.random.default_rng(SEED)
    profile = {
        "driver": "GTiff", "dtype": "uint16", "count": 4, "width": size, "height": size, "crs": "EPSG:32649",
        "transform": Affine(10, 0, 180_000, 0, -10, 1_230_000), "tiled": True, "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    places = rng.integers(20, size - 40, (pits(size), 2))
    with rasterio.open(names[0], "w", **profile) as first, rasterio.open(names[1], "w", **profile) as second:
        for start in range(0, size, STRIP):
            rows = min(STRIP, size - start)
            ground = _ground(rng, rows, size)
            for date, file in enumerate((first, second)):
                file.descriptions = BANDS
                numbers = ground * (1.0 + 0.04 * date) + rng.normal(0.0, 25.0, ground.shape) + 60.0 * date
                if date:
                    for row, column in places[(places[:, 0] >= start) & (places[:, 0] < start + rows - 12)]:
                        numbers[:, row - start : row - start + 12, column : column + 12] += 1200.0
                window = Window(0, start, size, rows)
                file.write(np.clip(numbers, 1, 65_000).astype(np.uint16), window=window)
    return names[0], names[1]


def _ground(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float64]:
    """Four bands that share a texture of patches from 4 to 128 pixels."""
    ground = np.zeros((4, rows, columns))
    for step in (4, 16, 64, 128):
        coarse = rng.normal(0.0, 1.0, (2, -(-rows // step), -(-columns // step)))
        fine = coarse.repeat(step, axis=1).repeat(step, axis=2)[:, :rows, :columns]
        for band, (a, b) in enumerate(((1.0, 0.2), (0.9, 0.4), (0.7, 0.8), (0.2, 1.1))):
            ground[band] += 120.0 * (a * fine[0] + b * fine[1])
    return ground + np.array([2200.0, 2500.0, 2900.0, 3600.0])[:, None, None]


def made_pair(folder: Path, size: int) -> tuple[Path, Path]:
    """:func:`make_pair` in a process of its own: a child's peak memory is never told lower than its parent's was."""
    with ProcessPoolExecutor(1) as worker:
        return worker.submit(make_pair, folder, size).result()


def run(command: Sequence[str]) -> tuple[float, float, str]:
    """Seconds, peak memory (MB) and standard output of one whole process."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as spoken, tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(command, stdout=spoken, stderr=complaints)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        for file in (spoken, complaints):
            file.seek(0)
        if child.returncode != 0:
            raise RuntimeError(f"{command[0]}: {complaints.read().decode(errors='replace')[-800:]}")
        return seconds, usage.ru_maxrss / 1024.0, spoken.read().decode()


def main() -> int:
    """Measure, print, and return 1 where a budget is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--size", type=int, default=3000)
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    given = options.parse_args()
    engine = [sys.executable, "-I", "-X", "utf8", str(ROOT / "engine" / "launch.py")]
    before, after = made_pair(given.folder, given.size)
    images = ["--before", str(before), "--after", str(after)]
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        out = Path(scratch)
        sides = {
            "change map --method mad": [
                *engine, "change", "map", *images, "--method", "mad", "--out", str(out / "mad.tif"), "--json",
            ],
            "change detect (IR-MAD to polygons)": [
                *engine, "change", "detect", *images, "--date-before", "2025-02-16", "--date-after", "2026-02-21",
                "--out", str(out), "--json",
            ],
        }  # fmt: skip
        otb = shutil.which(OTB)
        if otb:
            sides["Orfeo ToolBox MAD"] = [
                otb, "-in1", str(before), "-in2", str(after), "-out", str(out / "otb.tif"), "float",
            ]  # fmt: skip
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        for turn in range(given.runs + 1):
            for name, command in sides.items():
                seconds, memory, spoken = run(command)
                if turn:  # the first round warms the files
                    measured[name].append((seconds, memory))
                elif name.startswith("change detect"):
                    print(f"alerts: {json.loads(spoken)['count']}, pits made: {pits(given.size)}")
        medians = {name: statistics.median(s for s, _ in rows) for name, rows in measured.items()}
        peaks = {name: max(m for _, m in rows) for name, rows in measured.items()}
        print(f"{given.size} × {given.size} × 4, {given.runs} rounds, {len(os.sched_getaffinity(0))} processors")
        for name in sides:
            bound = f" (budget {MOST_MB:.0f} MB)" if name.startswith("change") else ""
            print(f"{name}: {medians[name]:.2f} s, {peaks[name]:.0f} MB{bound}")
        missed = any(peaks[name] > MOST_MB for name in sides if name.startswith("change"))
        if otb:
            map_ratio = medians["Orfeo ToolBox MAD"] / medians["change map --method mad"]
            detect_ratio = medians["Orfeo ToolBox MAD"] / medians["change detect (IR-MAD to polygons)"]
            print(f"MAD file to file: {map_ratio:.2f} times as fast as Orfeo ToolBox (budget 2)")
            print(f"IR-MAD to polygons: {detect_ratio:.2f} times as fast as Orfeo ToolBox's MAD alone (budget 1)")
            missed |= map_ratio < 2.0 or detect_ratio < 1.0
        else:
            print("Orfeo ToolBox is not installed (Debian: otb-bin): nothing to compare with")
        for size in (1500, 6000):
            pair = made_pair(given.folder, size)
            command = ["change", "detect", "--before", str(pair[0]), "--after", str(pair[1]), "--out", str(out)]
            seconds, memory, _ = run([*engine, *command, "--json"])
            print(f"change detect (IR-MAD) {size} × {size}: {seconds:.2f} s, {memory:.0f} MB (budget {MOST_MB:.0f} MB)")
            missed |= memory > MOST_MB
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

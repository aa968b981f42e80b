"""The whole check by twenty rules, file to stored run, against QGIS's ``native:intersection`` alone on the same files.

``python -m dothi.scripts.bench_zoning [--runs 5] [--lots 200000] [--zones 2000] [--folder build/bench] [--growth]``.
Each side is a process of its own, one after the other in each round, files warm; the median of the rounds counts.
``--growth`` also measures four times the lots in as many zones more.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

from ..processing.zoning.rulebook.rules import OUTCOMES
from ..store import dataset
from . import zoning_edits, zoning_town
from .files import ROOT

# What is judged: densities by use, floor-area ratios, setback, red line, land use, and what the zones allow.
RULES = (
    "plan.far",
    "plan.height",
    "plan.land_use",
    "plan.net_density",
    "qcvn01.far.detached",
    "qcvn01.far.existing",
    "qcvn01.far.tall",
    "qcvn01.green_share.apartment",
    "qcvn01.green_share.factory",
    "qcvn01.green_share.public",
    "qcvn01.net_density.apartment",
    "qcvn01.net_density.detached",
    "qcvn01.net_density.detached_small",
    "qcvn01.net_density.factory",
    "qcvn01.net_density.factory_tall",
    "qcvn01.net_density.mixed",
    "qcvn01.net_density.public_existing",
    "qcvn01.net_density.public_new",
    "qcvn01.red_line",
    "qcvn01.setback",
)
TIMES_QGIS = 8.0
MOST_MB = 1536
GROWTH, MOST_GROWTH = 4, 4.5
EDITS = (100, 1_000)


_LOOK = 0.1  # seconds between two looks at the memory of processes


def timed(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """Seconds, peak MB and output of one process; the disk is at rest before.

    The peak is that of the process and those that it begins together, looked at ten times a second, as the system
    counts each: what they share counts for both.
    """
    os.sync()
    peaks, started = [0], time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(command, env=environment, stdout=out, stderr=complaints) as process,
    ):
        ended = Event()

        def look() -> None:
            while not ended.wait(_LOOK):
                peaks.append(sum(map(_resident, _with_children(process.pid))))

        looking = Thread(target=look)
        looking.start()
        process.wait()
        seconds = time.perf_counter() - started
        ended.set()
        looking.join()
        for told in (out, complaints):
            told.seek(0)
        if process.returncode:
            sys.exit(complaints.read()[-2000:] + out.read()[-2000:])
        return seconds, max(peaks) / 1024**2, out.read()


def _with_children(pid: int) -> list[int]:
    """A process and all that it began, directly or not; without what has ended meanwhile."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        begun = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(one for child in begun for one in _with_children(child))]


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; none once it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def ours(path: Path, environment: dict[str, str]) -> tuple[float, float, str]:
    """One whole check; its run is thrown away."""
    command = [str(Path(sys.executable).parent / "dothi"), "zoning", "check", "--data", str(path), "--json"]
    command += ["--rules", ",".join(RULES), "--full"]
    seconds, peak, out = timed(command, environment)
    told = json.loads(out)
    Path(told["run"]).unlink()
    return seconds, peak, "\n".join(map(_verdicts, told["by_rule"]))


def _verdicts(rule: Mapping[str, Any]) -> str:
    """How many verdicts one rule gave: a rule that judges nothing measures nothing."""
    return f"  {rule['rule']}: " + ", ".join(f"{rule[outcome]} {outcome}" for outcome in OUTCOMES)


def after_edits(town: Path, environment: dict[str, str]) -> None:
    """A second check after edits, against a whole one; what it costs with no edits is its share that grows with the
    data: start, one look at every row, copying the run. The rest grows with the edits.
    """
    path = town.with_name(f"{town.stem}-edited.gpkg")
    shutil.copyfile(town, path)
    shutil.copytree(dataset.beside(town) / "rules", dataset.beside(path) / "rules", dirs_exist_ok=True)
    command = [str(Path(sys.executable).parent / "dothi"), "zoning", "check", "--data", str(path), "--json"]
    command += ["--rules", ",".join(RULES)]
    timed([*command, "--full"], environment)
    whole = timed([*command, "--full"], environment)[0]
    took = {}
    for seed, count in enumerate((0, *EDITS)):
        zoning_edits.edit(path, count, seed)
        took[count], peak, out = timed(command, environment)
        told = json.loads(out)
        if told["changed"] is None or abs(told["changed"] - count) > count // 10:
            sys.exit(f"{count} edits, {told['changed']} found")
        print(
            f"{count} edits: {took[count]:.2f} s, {peak:.0f} MB, {took[count] / whole:.1%} of a whole check", flush=True
        )
    shutil.rmtree(dataset.beside(path))
    path.unlink()
    few, many = (max(took[count] - took[0], 0.0) for count in EDITS)
    print(f"with no edits {took[0]:.2f} s; {EDITS[0]} edits cost {few:.2f} s more, {EDITS[1]} cost {many:.2f} s more")


def qgis(path: Path, environment: dict[str, str], folder: Path) -> tuple[float, float, str]:
    """QGIS's own intersection of lots and zones, which judges nothing; its result stays in memory."""
    command = ["qgis_process", "run", "native:intersection", "--", f"INPUT={path}|layername=parcel"]
    command += [f"OVERLAY={path}|layername=planned_zone", "OUTPUT=TEMPORARY_OUTPUT"]
    profile = {"QT_QPA_PLATFORM": "offscreen", "QGIS_CUSTOM_CONFIG_PATH": str(folder / "qgis")}
    seconds, peak, _ = timed(command, environment | profile)
    return seconds, peak, ""


def figure(what: str, value: float, unit: str, budget: str, *, kept: bool) -> bool:
    """Say one figure beside its budget."""
    print(f"{what}: {value:.2f} {unit} (budget {budget}{'' if kept else ', NOT KEPT'})", flush=True)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--lots", type=int, default=200_000)
    parser.add_argument("--zones", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--no-qgis", action="store_true")
    parser.add_argument("--growth", action="store_true")
    given = parser.parse_args()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    path = zoning_town.build(given.folder, given.lots, given.zones)
    sides = {"dothi": lambda: ours(path, clean)}
    if given.growth:
        larger = zoning_town.build(given.folder, GROWTH * given.lots, GROWTH * given.zones)
        sides["larger"] = lambda: ours(larger, clean)
    if not given.no_qgis:
        sides["native:intersection"] = lambda: qgis(path, clean, given.folder)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    peaks: dict[str, list[float]] = {name: [] for name in sides}
    for run in range(given.runs):
        for name, measure in sides.items():
            took, peak, told = measure()
            seconds[name].append(took)
            peaks[name].append(peak)
            print(f"run {run + 1}: {name} {took:.1f} s, {peak:.0f} MB", flush=True)
            if told and run == 0:
                print(told, flush=True)
    mine = statistics.median(seconds["dothi"])
    most = max(peaks["dothi"])
    print(f"{len(RULES)} rules, {given.lots} lots: {mine:.1f} s")
    kept = [figure("zoning.check, memory", most, "MB", f"at most {MOST_MB}", kept=most <= MOST_MB)]
    if "native:intersection" in seconds:
        times = statistics.median(seconds["native:intersection"]) / mine
        what = "zoning.check, file to run, faster than native:intersection alone"
        kept.append(figure(what, times, "×", f"at least {TIMES_QGIS:.0f}", kept=times >= TIMES_QGIS))
    if "larger" in seconds:
        grown = statistics.median(seconds["larger"]) / mine
        what = f"zoning.check, time of {GROWTH} × the lots"
        kept.append(figure(what, grown, "×", f"at most {MOST_GROWTH}", kept=grown <= MOST_GROWTH))
    after_edits(path, clean)
    return int(not all(kept))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())

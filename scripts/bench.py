"""All benchmarks in turn, and all figures together at the end: each beside its budget.

``python -m dothi.scripts.bench [NAME…]``. A benchmark is ``scripts/bench_NAME.py``; of what it prints, each line that
names a budget is a figure. It ends with 0 when its budgets are kept. The figures also go to ``build/bench.txt``.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

from ..layers.messages import sentence
from .files import ROOT

LANGUAGE = os.environ.get("DOTHI_LANGUAGE", "vi")
IN_QGIS = {"bench_findings", "bench_startup"}  # measured by QGIS's own Python


def measure(script: Path) -> tuple[list[str], bool]:
    """Run one benchmark, echo it; its figures, and whether it ended well."""
    python = str(ROOT / ".venv-qgis" / "bin" / "python") if script.stem in IN_QGIS else sys.executable
    words = [python, "-P", "-X", "utf8", "-u", "-m", f"dothi.scripts.{script.stem}"]
    figures = []
    with subprocess.Popen(
        words, cwd=ROOT / "build", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as run:
        for line in run.stdout or ():
            print(line, end="", flush=True)
            if "budget" in line:
                figures.append(line.strip())
    return figures or [script.stem], run.returncode == 0


def main(wanted: list[str]) -> int:
    """Run the benchmarks named, all where none is named. Returns 1 when one did not keep its budget."""
    scripts = sorted(Path(__file__).parent.glob("bench_*.py"))
    chosen = [script for script in scripts if not wanted or script.stem.removeprefix("bench_") in wanted]
    (ROOT / "build").mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    measured = [measure(script) for script in chosen]
    lines = [f"{'✓' if kept else '✗'} {figure}" for figures, kept in measured for figure in figures]
    report = "\n".join([sentence("doors.bench", LANGUAGE, **machine), *lines])
    (ROOT / "build" / "bench.txt").write_text(report + "\n", encoding="utf-8")
    print(report)
    return int(not all(kept for _, kept in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""All benchmarks in turn, and one table: each figure beside its budget.

``python -m dothi.scripts.bench [NAME…]``. A benchmark is ``scripts/bench_NAME.py``; it prints what it likes and, last,
one JSON line ``{"rows": [{"what", "value", "unit", "budget", "kept"}]}``. The table also goes to ``build/bench.json``.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..layers.messages import number, sentence
from .files import ROOT

LANGUAGE = os.environ.get("DOTHI_LANGUAGE", "vi")


def measure(script: Path) -> list[dict[str, Any]]:
    """Run one benchmark; its rows. A benchmark that fails gives one row that says so."""
    words = [sys.executable, "-I", "-X", "utf8", "-m", f"dothi.scripts.{script.stem}"]
    done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, flush=True)
    for line in reversed(done.stdout.splitlines()):
        if line.startswith('{"rows"'):
            rows: list[dict[str, Any]] = json.loads(line)["rows"]
            return rows
    return [{"what": script.stem, "value": None, "unit": "", "budget": None, "kept": False}]


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text, one a line."""
    lines = []
    for row in rows:
        value = "–" if row["value"] is None else number(row["value"], LANGUAGE)
        budget = "" if row["budget"] is None else f"({row['budget']})"
        lines.append(f"{'✓' if row['kept'] else '✗'} {row['what']:<60} {value:>10} {row['unit']:<4} {budget}")
    return "\n".join(lines)


def main(wanted: list[str]) -> int:
    """Run the benchmarks named, all where none is named. Returns 1 when a budget is not kept."""
    scripts = sorted(Path(__file__).parent.glob("bench_*.py"))
    chosen = [script for script in scripts if not wanted or script.stem.removeprefix("bench_") in wanted]
    rows = [row for script in chosen for row in measure(script)]
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    out = ROOT / "build" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({**machine, "rows": rows}, ensure_ascii=False, indent=1), encoding="utf-8")
    print(sentence("doors.bench", LANGUAGE, **machine))
    print(table(rows))
    return int(not all(row["kept"] for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

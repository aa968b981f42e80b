"""Bandit over the shipped rooms: nothing above low without a named exception, and every exception carries its reason.

``python -m dothi.scripts.check_bandit FOLDER``. Bandit is asked to ignore its own ``# nosec`` marks, so that this
script sees all it could find: a finding stands only where its statement carries ``# nosec B608 - why`` (or, for a low
one, ``# noqa: S603 - why``, which ruff reads for the same rule); the why may also be the comment on the line above.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOMS = ("__init__.py", "engine", "ioc", "layers", "processing", "qgis_plugin", "store")

_MARK = re.compile(
    r"#\s*(?:nosec\s+(?P<nosec>B\d{3}(?:\s*,\s*B\d{3})*)|noqa:\s*S\d{3}[^#]*?)(?P<reason>\s+[-–:]\s+\w.{5,})?(?=#|$)"
)
_COMMENT = re.compile(r"\s*#\s*(\w.{15,})")


def findings(folder: Path) -> list[dict[str, Any]]:
    """What bandit finds in the rooms of ``folder``, its marks ignored."""
    rooms = [str(folder / room) for room in ROOMS if (folder / room).exists()]
    command = [sys.executable, "-I", "-m", "bandit", "-q", "-r", "-f", "json", "--ignore-nosec", *rooms]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(f"bandit said nothing: {done.stderr[-500:]}")
    report = json.loads(done.stdout)
    if report["errors"]:
        raise RuntimeError(f"bandit could not read: {report['errors']}")
    found: list[dict[str, Any]] = report["results"]
    return found


def reason(finding: Mapping[str, Any]) -> str:
    """Why ``finding`` may stand, as its marked line or the comment above it says; empty where neither does."""
    lines = Path(finding["filename"]).read_text(encoding="utf-8").splitlines()
    first, last = min(finding["line_range"]), max(finding["line_range"])
    above = _COMMENT.match(lines[first - 2]) if first > 1 else None
    for line in lines[first - 1 : last]:
        for mark in _MARK.finditer(line):
            if finding["issue_severity"] != "LOW" and finding["test_id"] not in (mark["nosec"] or ""):
                continue
            if mark["reason"]:
                return mark["reason"].strip(" -–:")
            if above:
                return above[1]
    return ""


def unexplained(folder: Path) -> Iterator[str]:
    """One line for each finding that carries no reason."""
    for finding in findings(folder):
        if not reason(finding):
            where = Path(finding["filename"]).resolve().relative_to(folder.resolve())
            yield (
                f"{where}:{finding['line_number']}: {finding['test_id']} {finding['issue_severity'].lower()}: "
                f"{finding['issue_text'].splitlines()[0]}"
            )


if __name__ == "__main__":
    problems = list(unexplained(Path(sys.argv[1])))
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))

"""Run both suites (in the engine's environment and inside QGIS), even when the first fails, and sum them up.

``python -m dothi.scripts.run_tests [unit] [plugin]``. Neither suite is started from the repository root, nor is the
root on ``sys.path``: QGIS has a top-level module ``processing`` of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..layers.messages import sentence
from .files import ROOT

LANGUAGE = os.environ.get("DOTHI_LANGUAGE", "vi")


@dataclass(frozen=True)
class Suite:
    """Tests that share one Python: ``package`` below ``dothi.tests``, ``python`` relative to the root."""

    package: str
    python: str
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


SUITES = (
    # Two processes, a file of tests to each in turn: fixtures of a file are made once.
    Suite("unit", ".venv/bin/python", options=("-n", "2", "--dist", "loadfile")),
    # Debian's own pytest plugins are kept out, so that the suite is the same everywhere.
    Suite(
        "plugin",
        ".venv-qgis/bin/python",
        {
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONFAULTHANDLER": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "pytest_timeout",
        },
    ),
)


@dataclass
class Outcome:
    """How a suite ended."""

    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    exit_code: int = 0
    seconds: float = 0.0


def run(suite: Suite, folder: Path) -> Outcome:
    """Run ``suite`` with its working files in ``folder``."""
    report = folder / f"{suite.package}.xml"
    environment = {**os.environ, **suite.environment, "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile")}
    if given := environment.get("DOTHI_TEST_DATA"):
        environment["DOTHI_TEST_DATA"] = str(Path(given).resolve())
    command = [
        str(ROOT / suite.python), "-P", "-X", "utf8", "-m", "pytest", "--pyargs", f"dothi.tests.{suite.package}",
        "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT),
        f"--junitxml={report}", *suite.options,
    ]  # fmt: skip
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False)
    return read(report, done.returncode, time.monotonic() - began)


def read(report: Path, exit_code: int, seconds: float) -> Outcome:
    """The outcome from pytest's own report; a run that died or ran nothing counts as failed."""
    outcome = Outcome(exit_code=exit_code, seconds=seconds)
    if report.exists():
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own pytest wrote it
            if case.find("failure") is not None or case.find("error") is not None:
                outcome.failed += 1
            elif (skip := case.find("skipped")) is not None:
                outcome.skipped[skip.get("message", "")] += 1
            else:
                outcome.passed += 1
    if exit_code != 0 and outcome.failed == 0:
        outcome.failed = 1
    return outcome


def main(wanted: list[str]) -> int:
    """Run the suites named, all of them where none is named. Returns the exit code."""
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="dothi-tests-") as temporary:
        for suite in SUITES:
            if not wanted or suite.package in wanted:
                print(sentence(f"doors.suite_{suite.package}", LANGUAGE), flush=True)
                outcomes[suite.package] = run(suite, Path(temporary))
    skipped = sum((outcome.skipped for outcome in outcomes.values()), Counter[str]())
    for name, one in outcomes.items():
        counts = {"passed": one.passed, "failed": one.failed, "skipped": one.skipped.total()}
        print(
            sentence(
                "doors.suite_result", LANGUAGE, suite=name, seconds=round(one.seconds), exit=one.exit_code, **counts
            )
        )
    for reason, count in skipped.most_common():
        print(sentence("doors.suite_skipped", LANGUAGE, count=count, reason=reason))
    failed = sum(one.failed for one in outcomes.values())
    print(f"{sum(one.passed for one in outcomes.values())} passed, {failed} failed, {skipped.total()} skipped")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

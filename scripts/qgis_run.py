"""Run one algorithm of the plugin headless, the way anyone can: ``qgis_process --json run dothi:…``."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import ROOT, shown
from .qgis_profile import environment


class RefusedError(Exception):
    """The algorithm said no; the text is its last words."""


@dataclass(frozen=True)
class Done:
    """What an algorithm gave back, and in how many seconds, start of QGIS included."""

    results: dict[str, Any]
    seconds: float


def command(algorithm: str, parameters: Mapping[str, Any]) -> list[str]:
    """The words of the command line; paths below the root are shown relative to it, a list is a word each."""
    words = [
        f"--{name}={shown(value) if isinstance(value, Path) else value}"
        for name, given in parameters.items()
        for value in (given if isinstance(given, (list, tuple)) else [given])
    ]
    return ["qgis_process", "--json", "run", f"dothi:{algorithm}", *words]


def run(algorithm: str, parameters: Mapping[str, Any], profile: Path) -> Done:
    """Run it in ``profile``, from the root. Raises :class:`RefusedError`."""
    began = time.monotonic()
    done = subprocess.run(
        command(algorithm, parameters),
        cwd=ROOT,
        env=environment(profile, headless=True),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        told = {}
    if done.returncode != 0 or "results" not in told:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise RefusedError("\n".join(dict.fromkeys(lines[-12:])))  # QGIS says the last one twice
    return Done({name: _value(value) for name, value in told["results"].items()}, seconds)


def _value(value: Any) -> Any:
    """A result as Python sees it: objects may come as JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value

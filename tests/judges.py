"""Judges that want other versions than ours answer from an environment of their own: ``make judges``."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import dothi

PYTHON = Path(dothi.__file__).resolve().parent / ".venv-judges" / ("Scripts" if os.name == "nt" else "bin") / "python"
needed = pytest.mark.skipif(not PYTHON.is_file(), reason="no .venv-judges here: run make judges")


def asked(program: str, *arguments: str | Path, given: Any = None) -> Any:
    """What ``program`` prints as its last line, as JSON; ``given`` is JSON on its standard input."""
    words = [str(PYTHON), "-I", "-c", program, *map(str, arguments)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, input=json.dumps(given))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])

"""detect-secrets over the files of the repository: it must find nothing.

``python -m dothi.scripts.check_secrets``. The locks are left out: their hashes are what it looks for. A false alarm is
marked where it stands with ``pragma: allowlist secret`` and a word why.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .files import ROOT, tracked


def secrets(folder: Path, files: list[Path]) -> Iterator[str]:
    """One line for each place of ``files`` (relative to ``folder``) that looks like a secret."""
    names = [str(path) for path in files if path.suffix != ".lock"]
    command = [sys.executable, "-I", "-m", "detect_secrets", "scan", "--no-verify", "--all-files", *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    for name, found in sorted(json.loads(done.stdout)["results"].items()):
        for secret in found:
            yield f"{name}:{secret['line_number']}: {secret['type']}"


if __name__ == "__main__":
    problems = list(secrets(ROOT, tracked()))
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(bool(problems))

"""The list as shown, into a table for office programs: the algorithm that the toolbox runs, in the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ..language import language, tr
from .background import Background

ALGORITHM = "dothi:export_findings"
SUFFIXES = ("xlsx", "csv")


def ask_for_file(parent: QWidget, suggested: Path, suffix: str) -> Path | None:
    """Where to write; the dialog itself asks before an old file is replaced. None: the user thought better of it."""
    wanted = f"{suffix.upper()} (*.{suffix})"
    chosen, _ = QFileDialog.getSaveFileName(
        parent, tr("job.zoning.export_findings.title"), str(suggested.with_suffix(f".{suffix}")), wanted
    )
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix.lower() == f".{suffix}" else path.with_name(f"{path.name}.{suffix}")


class Export:
    """One export under way; ``ended(path, rows, trouble)`` is called once in the thread of the window."""

    def __init__(self, ended: Callable[[Path, int, str], None]) -> None:
        self._ended = ended
        self._background = Background()

    def start(self, data: str, run: Path, uids: Sequence[str], path: Path, *, replace: bool) -> None:
        """Let the engine write the findings ``uids`` of ``run``, in that order, to ``path``."""
        asked: dict[str, Any] = {
            "data": data, "table": str(path), "run": str(run), "language": language(), "uids": list(uids),
            "replace": replace,
        }  # fmt: skip
        self._background.start(
            ALGORITHM, asked, lambda results, trouble: self._ended(path, int(results.get("rows") or 0), trouble)
        )

    def stop(self) -> None:
        """Give up; nothing is left of the table."""
        self._background.stop()
